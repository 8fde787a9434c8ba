/* text_list: texts that an option gathered, in order. Borrowed: they are argv's. */
#ifndef REPLAY_MODEL_TEXT_LIST_H
#define REPLAY_MODEL_TEXT_LIST_H

#include <stddef.h>

struct text_list {
	const char *const *text;
	size_t n;
};

#endif
