/* value_regex: /REGEX/ in a rule: does a whole value match it? The only file of this folder that knows PCRE2.
 *
 * Compiled expressions may be shared by threads; each thread brings a room of its own to match in. Work is bounded: an expression that would run for long
 * does not match, nor does a value over 64 KiB. */
#ifndef REPLAY_DIFF_VALUE_REGEX_H
#define REPLAY_DIFF_VALUE_REGEX_H

#include "base/err.h"
#include "base/slice.h"

struct value_regex;
struct regex_why {
	char text[128]; /* what PCRE2 says */
	size_t at;      /* and of which byte */
};

/* 0; ERR_USAGE: *why; ERR_NOMEM. */
int value_regex_new(struct slice pattern, struct value_regex **out, struct regex_why *why);
void value_regex_free(struct value_regex *r); /* NULL is allowed */

struct regex_room;
struct regex_room *regex_room_new(void); /* NULL: out of memory */
void regex_room_free(struct regex_room *room);

bool value_regex_matches(const struct value_regex *r, struct regex_room *room, struct slice value);

#endif
