/* json_lcs: forward only; how far each diagonal came with d differences is kept for all d, a triangle, to walk back through. */
#include "diff/json_lcs.h"

#include <stdbool.h>
#include <stdlib.h>

#define DIFFERENCES_MAX 1024

struct sides {
	const uint32_t *a, *b;
	uint32_t n, m;
};

void json_lcs_release(struct json_lcs *l)
{
	free(l->room);
	*l = (struct json_lcs){ 0 };
}

int json_lcs_reserve(struct json_lcs *l, size_t n)
{
	if (n <= l->cap)
		return 0;
	uint32_t *room = realloc(l->room, n * sizeof *room);
	if (!room)
		return ERR_NOMEM;
	l->room = room;
	l->cap = n;
	return 0;
}

static inline size_t row_of(uint32_t d)
{
	return (size_t)d * (d + 1) / 2;
}

/* Where diagonal i of d + 1 begins, after its d-th difference: from the one below (an element of a left out) or above (of b). */
static inline uint32_t begin_of(const uint32_t *before, uint32_t d, uint32_t i)
{
	if (d == 0)
		return 0;
	if (i == 0)
		return before[0];
	if (i == d || before[i - 1] >= before[i])
		return before[i - 1] + 1;
	return before[i];
}

/* Row d: true when the end was reached, on diagonal *last. */
static bool advance(struct json_lcs *l, const struct sides *s, uint32_t d, uint32_t *last)
{
	uint32_t *row = l->room + row_of(d);
	const uint32_t *before = d ? l->room + row_of(d - 1) : NULL;
	uint64_t steps = d + 1;
	bool done = false;
	for (uint32_t i = 0; i <= d && !done; i++) {
		uint32_t x = begin_of(before, d, i), from = x;
		/* Diagonal k = x - y = 2i - d. */
		int64_t y = (int64_t)x + d - 2 * (int64_t)i;
		while (x < s->n && y >= 0 && y < s->m && s->a[x] == s->b[y])
			x++, y++;
		steps += x - from;
		row[i] = x;
		done = x >= s->n && y >= s->m;
		*last = i;
	}
	l->steps = l->steps > steps ? l->steps - steps : 0;
	return done;
}

static void walk_back(const struct json_lcs *l, uint32_t d, uint32_t i, uint32_t *match)
{
	for (;; d--) {
		const uint32_t *before = d ? l->room + row_of(d - 1) : NULL;
		uint32_t x = l->room[row_of(d) + i], from = begin_of(before, d, i);
		while (x > from) {
			x--;
			match[x] = (uint32_t)((int64_t)x + d - 2 * (int64_t)i);
		}
		if (d == 0)
			return;
		bool below = i > 0 && (i == d || before[i - 1] >= before[i]);
		i -= below;
	}
}

/* 1: done; 0: beyond the bounds. */
static int match_exactly(struct json_lcs *l, const struct sides *s, uint32_t *match)
{
	uint32_t d_max = s->n > DIFFERENCES_MAX || s->m > DIFFERENCES_MAX - s->n ? DIFFERENCES_MAX : s->n + s->m;
	for (uint32_t d = 0, last; d <= d_max && l->steps; d++) {
		size_t need = row_of(d + 1);
		if (need > l->cap && json_lcs_reserve(l, need * 2) != 0)
			return ERR_NOMEM;
		if (advance(l, s, d, &last)) {
			walk_back(l, d, last, match);
			return 1;
		}
	}
	return 0;
}

/* The k-th of its kind with the k-th: into match. head: kinds, next: m. */
static void match_by_turn(const struct sides *s, uint32_t kinds, uint32_t *head, uint32_t *next, uint32_t *match)
{
	for (uint32_t k = 0; k < kinds; k++)
		head[k] = JSON_LCS_NONE;
	for (uint32_t y = s->m; y-- > 0;) {
		next[y] = head[s->b[y]];
		head[s->b[y]] = y;
	}
	for (uint32_t x = 0; x < s->n; x++) {
		match[x] = head[s->a[x]];
		if (match[x] != JSON_LCS_NONE)
			head[s->a[x]] = next[match[x]];
	}
}

/* Keeps of match a longest part that rises. ends[k]: the x with the least match at which a rising run of k + 1 can end; before[x]: the x before it. */
static void keep_rising(const struct sides *s, uint32_t *match, uint32_t *ends, uint32_t *before)
{
	uint32_t longest = 0;
	for (uint32_t x = 0; x < s->n; x++) {
		if (match[x] == JSON_LCS_NONE)
			continue;
		uint32_t low = 0, high = longest;
		while (low < high) {
			uint32_t middle = (low + high) / 2;
			if (match[ends[middle]] < match[x])
				low = middle + 1;
			else
				high = middle;
		}
		before[x] = low ? ends[low - 1] : JSON_LCS_NONE;
		ends[low] = x;
		longest += low == longest;
	}
	uint32_t keep = longest ? ends[longest - 1] : JSON_LCS_NONE;
	for (uint32_t x = s->n; x-- > 0;) {
		if (x == keep)
			keep = before[x];
		else
			match[x] = JSON_LCS_NONE;
	}
}

int json_lcs_match(struct json_lcs *l, const uint32_t *a, uint32_t n, const uint32_t *b, uint32_t m, uint32_t kinds, uint32_t *match)
{
	struct sides s = { .a = a, .b = b, .n = n, .m = m };
	for (uint32_t x = 0; x < n; x++)
		match[x] = JSON_LCS_NONE;
	if (n == 0 || m == 0)
		return 0;
	int rc = match_exactly(l, &s, match);
	if (rc != 0)
		return rc > 0 ? 0 : rc;
	rc = json_lcs_reserve(l, (size_t)kinds + m + 2 * (size_t)n);
	if (rc != 0)
		return rc;
	match_by_turn(&s, kinds, l->room, l->room + kinds, match);
	keep_rising(&s, match, l->room, l->room + n);
	return 0;
}
