/* tops: how often each of many texts came, in bounded memory: texts behind the cap are counted together. */
#ifndef REPLAY_CLI_TOPS_H
#define REPLAY_CLI_TOPS_H

#include "base/hash.h"
#include "base/map.h"

struct top {
	uint64_t count;
	size_t len;
	char text[];
};

struct tops {
	struct map map; /* of struct top */
	struct hash_key key;
	uint64_t other; /* of texts that found no room */
};

void tops_init(struct tops *t, size_t max_texts);
void tops_release(struct tops *t);
void tops_count(struct tops *t, struct slice text); /* cut at 512 bytes; out of memory counts as other */

/* The most frequent first, equal ones by text: up to n of them into out. Gives how many; *rest: the counts of all the others. 0 and everything
 * in *rest when out of memory. */
size_t tops_best(const struct tops *t, const struct top **out, size_t n, uint64_t *rest);

#endif
