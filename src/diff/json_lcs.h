/* json_lcs: a longest common subsequence of two sequences of small numbers.
 *
 * Myers' greedy algorithm ("An O(ND) Difference Algorithm", 1986) within bounds on differences and steps; beyond them the k-th of a kind here goes
 * with the k-th there, and the longest run of those that rises in both: n log n, common and in order, not always longest. */
#ifndef REPLAY_DIFF_JSON_LCS_H
#define REPLAY_DIFF_JSON_LCS_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define JSON_LCS_NONE UINT32_MAX

struct json_lcs {
	uint32_t *room; /* kept from one call to the next, in which it is anyone's */
	size_t cap;
	uint64_t steps; /* that may still be made by Myers' algorithm, over all calls */
};

/* match[i]: where in b a[i] is, or JSON_LCS_NONE. All numbers are below `kinds`. 0 or ERR_NOMEM. */
int json_lcs_match(struct json_lcs *l, const uint32_t *a, uint32_t n, const uint32_t *b, uint32_t m, uint32_t kinds, uint32_t *match);
/* At least n numbers at l->room. 0 or ERR_NOMEM. */
int json_lcs_reserve(struct json_lcs *l, size_t n);
void json_lcs_release(struct json_lcs *l);

#endif
