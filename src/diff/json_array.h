/* json_array: within the folder: an array against an array, taken apart for json_align.c.
 *
 * What is left once equal beginnings and ends are put away: nodes x[n] and y[m]; of each the partner's index, or JSON_LCS_NONE. All in the aligner's
 * room, for one call. */
#ifndef REPLAY_DIFF_JSON_ARRAY_H
#define REPLAY_DIFF_JSON_ARRAY_H

#include "diff/json_align.h"

#define JSON_ARRAY_CELLS (1u << 14) /* n * m of what is looked at closely: in the room of json_lcs */

struct json_array {
	struct json_aligner *al;
	uint32_t n, m;
	uint32_t *x, *y;
	uint32_t *x_with, *y_with;
	uint32_t common; /* put away: the same on both sides */
	uint32_t *kinds; /* n + m, room for more: see the users */
	uint32_t *lists;
	uint32_t *saved;          /* 2 n */
	uint64_t *entries, *room; /* n + m each */
};

/* Matches by the value of an id-like key. False: there is none that serves, nothing is matched. */
bool json_array_by_id(struct json_array *r);

/* Pairs what has no partner from x[from..end) and y[at..stop): in order, or in any. `least`: what two must have in common, 0..100. */
struct json_array_gap {
	uint32_t from, end, at, stop;
};
void json_array_fill(struct json_array *r, struct json_array_gap gap, bool any_order, unsigned least);

/* Likewise in each gap between elements that have partners, which stand in order. */
void json_array_fill_between(struct json_array *r, unsigned least);
/* Do the partners stand in order? */
bool json_array_rises(const struct json_array *r);

/* Matches equal elements, and what is left by place or by what it has in common. 0 or ERR_NOMEM. */
int json_array_by_equality(struct json_array *r, bool any_order, bool *reordered);

#endif
