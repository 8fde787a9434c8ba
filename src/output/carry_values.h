/* carry_values: the values by which recorded ones are replaced; found by what they were, exactly or anywhere in a text.
 *
 * Bounded: the oldest go first. Owns copies. */
#ifndef REPLAY_OUTPUT_CARRY_VALUES_H
#define REPLAY_OUTPUT_CARRY_VALUES_H

#include "base/slice.h"

#define CARRY_SHORTEST 6 /* below, a value is too common to be replaced wherever it stands */

struct carry_values;

/* What a value is known by. cookie: its name, empty for a value of any place. lane 0: the whole run's. */
struct carry_key {
	uint64_t lane;
	struct slice cookie, old;
};

struct carry_values *carry_values_new(size_t max_values, size_t max_bytes);
void carry_values_free(struct carry_values *v);

/* 0, or ERR_NOMEM. Where old and value are the same an entry that is there is set to it, and none made. */
int carry_values_put(struct carry_values *v, struct carry_key key, struct slice value);
bool carry_values_get(const struct carry_values *v, struct carry_key key, struct slice *value);

/* The first place at or behind `from` where a value of any place stands as a word of its own; the longest of those that end there. */
bool carry_values_find(const struct carry_values *v, struct slice text, size_t from, size_t *at, size_t *len);

size_t carry_values_count(const struct carry_values *v);
uint64_t carry_values_dropped(const struct carry_values *v);

/* Is text[at, at+len) a word of its own: no letter, digit, - or _ goes on at its edges where it has one itself? */
bool carry_is_word(struct slice text, size_t at, size_t len);

#endif
