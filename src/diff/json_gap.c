/* json_gap: what has no partner, paired: in place where the numbers are the same, else so that the pairs have most in common. */
#include "diff/json_array.h"

/* Indices without partner, into to; how many. */
static uint32_t left_over(const uint32_t *with, uint32_t from, uint32_t end, uint32_t *to)
{
	uint32_t n = 0;
	for (uint32_t i = from; i < end; i++)
		if (with[i] == JSON_LCS_NONE)
			to[n++] = i;
	return n;
}

struct gap {
	uint32_t n, m;
	const uint32_t *x, *y; /* what is left over */
	unsigned least;
};

static void pair(struct json_array *r, uint32_t x, uint32_t y)
{
	r->x_with[x] = y;
	r->y_with[y] = x;
}

static unsigned alike(struct json_array *r, uint32_t x, uint32_t y)
{
	return json_alike(r->al->a, r->x[x], r->al->b, r->y[y]);
}

static void in_place(struct json_array *r, const struct gap *g)
{
	for (uint32_t i = 0; i < g->n && i < g->m; i++)
		if (g->least == 0 || alike(r, g->x[i], g->y[i]) >= g->least)
			pair(r, g->x[i], g->y[i]);
}

/* The best partner of x[i] that is left, with more than `least` in common; m: none. */
static uint32_t best_left(const struct json_array *r, const struct gap *g, const uint8_t *likeness, unsigned least)
{
	uint32_t hit = g->m;
	unsigned best = 0;
	for (uint32_t k = 0; k < g->m; k++)
		if (likeness[k] >= least && likeness[k] + 1u > best && r->y_with[g->y[k]] == JSON_LCS_NONE) {
			best = likeness[k] + 1u;
			hit = k;
		}
	return hit;
}

/* Each takes the best that is left; those that have little in common come after all that have much. */
static void by_likeness(struct json_array *r, const struct gap *g)
{
	static const unsigned rounds[] = { 100, 60, 30, 0 };
	uint8_t *likeness = (uint8_t *)r->al->lcs.room;
	for (uint32_t i = 0; i < g->n; i++)
		for (uint32_t k = 0; k < g->m; k++)
			likeness[(size_t)i * g->m + k] = (uint8_t)alike(r, g->x[i], g->y[k]);
	for (size_t round = 0; round < sizeof rounds / sizeof *rounds; round++) {
		unsigned least = rounds[round] > g->least ? rounds[round] : g->least;
		for (uint32_t i = 0; i < g->n; i++) {
			if (r->x_with[g->x[i]] != JSON_LCS_NONE)
				continue;
			uint32_t hit = best_left(r, g, likeness + (size_t)i * g->m, least);
			if (hit < g->m)
				pair(r, g->x[i], g->y[hit]);
		}
	}
}

/* In order and with most in common: score[i][k] is the best for what stands from x[i] and y[k] on. A pair counts for itself too, so that as many as
 * can be are paired, unless they have too little in common. */
static void by_score(struct json_array *r, const struct gap *g)
{
	uint32_t *score = r->al->lcs.room, width = g->m + 1;
	unsigned each = 101 * (g->n < g->m ? g->n : g->m);
	for (uint32_t i = g->n + 1; i-- > 0;)
		for (uint32_t k = width; k-- > 0;) {
			uint32_t *cell = &score[i * width + k];
			*cell = 0;
			if (i == g->n || k == g->m)
				continue;
			uint32_t skip_x = cell[width], skip_y = cell[1];
			unsigned a = alike(r, g->x[i], g->y[k]);
			uint32_t both = a >= g->least ? cell[width + 1] + each + a : 0;
			*cell = skip_x > skip_y ? skip_x : skip_y;
			if (both > *cell)
				*cell = both;
		}
	for (uint32_t i = 0, k = 0; i < g->n && k < g->m;) {
		const uint32_t *cell = &score[i * width + k];
		unsigned a = alike(r, g->x[i], g->y[k]);
		if (a >= g->least && *cell == cell[width + 1] + each + a)
			pair(r, g->x[i++], g->y[k++]);
		else if (*cell == cell[width])
			i++;
		else
			k++;
	}
}

void json_array_fill(struct json_array *r, struct json_array_gap gap, bool any_order, unsigned least)
{
	uint32_t *x = r->lists, *y = r->lists + r->n;
	struct gap g = { .x = x, .y = y, .least = least };
	g.n = left_over(r->x_with, gap.from, gap.end, x);
	g.m = left_over(r->y_with, gap.at, gap.stop, y);
	if (g.n == 0 || g.m == 0)
		return;
	uint64_t cells = (uint64_t)g.n * g.m;
	bool closely = cells <= JSON_ARRAY_CELLS && cells <= r->al->looks;
	if (closely)
		r->al->looks -= cells;
	if (closely && any_order)
		by_likeness(r, &g);
	else if (closely && (g.n != g.m || least > 0))
		by_score(r, &g);
	else
		in_place(r, &g);
}
