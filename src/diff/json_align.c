/* json_align: arrays: equal ends put away, then ids, then a longest common subsequence, then what moved, then the gaps. */
#include "diff/json_align.h"

#include "diff/json_array.h"

#include <stdlib.h>

#define ELEMENTS_MAX (1u << 20) /* of both sides, that are left: beyond that they go in place */
#define LCS_STEPS    (1u << 24)
#define LOOKS        (1u << 19)
#define KEEP_ROOM    (1u << 20)
#define ID_LIKENESS  50 /* objects with two ids are one whose id changed when they share that much */

void json_aligner_init(struct json_aligner *al)
{
	*al = (struct json_aligner){ 0 };
}

void json_aligner_release(struct json_aligner *al)
{
	free(al->pairs);
	free(al->room);
	json_lcs_release(&al->lcs);
	json_aligner_init(al);
}

void json_aligner_begin(struct json_aligner *al, const struct json_tree *a, const struct json_tree *b)
{
	if (al->cap > KEEP_ROOM || al->room_cap > KEEP_ROOM || al->lcs.cap > 4 * KEEP_ROOM)
		json_aligner_release(al);
	al->a = a;
	al->b = b;
	al->n = 0;
	al->lcs.steps = LCS_STEPS;
	al->looks = LOOKS;
}

int json_aligner_push(struct json_aligner *al, uint32_t a, uint32_t b)
{
	if (al->n == al->cap) {
		size_t cap = al->cap ? al->cap * 2 : 64;
		struct json_pair *pairs = realloc(al->pairs, cap * sizeof *pairs);
		if (!pairs)
			return ERR_NOMEM;
		al->pairs = pairs;
		al->cap = cap;
	}
	al->pairs[al->n++] = (struct json_pair){ a, b };
	return 0;
}

int json_aligner_room(struct json_aligner *al, size_t n)
{
	if (n <= al->room_cap)
		return 0;
	size_t cap = n + n / 2;
	uint64_t *room = realloc(al->room, cap * sizeof *room);
	if (!room)
		return ERR_NOMEM;
	al->room = room;
	al->room_cap = cap;
	return 0;
}

/* --- taking apart -------------------------------------------------------------------------------------------------- */

static int push_unless_same(struct json_aligner *al, uint32_t x, uint32_t y)
{
	return json_same_bytes(&al->a->nodes[x], &al->b->nodes[y]) ? 0 : json_aligner_push(al, x, y);
}

/* Where the two stop being the same. */
struct front {
	uint32_t x, y, passed;
};

static int pass_front(struct json_aligner *al, uint32_t a, uint32_t b, struct front *f)
{
	uint32_t a_end = al->a->nodes[a].next, b_end = al->b->nodes[b].next;
	*f = (struct front){ a + 1, b + 1, 0 };
	int rc = 0;
	while (rc == 0 && f->x < a_end && f->y < b_end && al->a->nodes[f->x].hash == al->b->nodes[f->y].hash) {
		rc = push_unless_same(al, f->x, f->y);
		f->x = al->a->nodes[f->x].next;
		f->y = al->b->nodes[f->y].next;
		f->passed++;
	}
	return rc;
}

/* Too many: side by side from the front on. */
static int push_in_place(struct json_aligner *al, uint32_t a, uint32_t b, const struct front *f)
{
	uint32_t x = f->x, y = f->y, a_end = al->a->nodes[a].next, b_end = al->b->nodes[b].next;
	int rc = 0;
	for (; rc == 0 && x < a_end && y < b_end; x = al->a->nodes[x].next, y = al->b->nodes[y].next)
		rc = push_unless_same(al, x, y);
	for (; rc == 0 && x < a_end; x = al->a->nodes[x].next)
		rc = json_aligner_push(al, x, 0);
	for (; rc == 0 && y < b_end; y = al->b->nodes[y].next)
		rc = json_aligner_push(al, 0, y);
	return rc;
}

static void collect(const struct json_tree *t, uint32_t from, uint32_t n, uint32_t *nodes, uint32_t *with)
{
	for (uint32_t i = 0; i < n; i++, from = t->nodes[from].next) {
		nodes[i] = from;
		with[i] = JSON_LCS_NONE;
	}
}

static int take_apart(struct json_array *r, struct json_aligner *al, const struct front *f, uint32_t n, uint32_t m)
{
	size_t all = (size_t)n + m;
	int rc = json_aligner_room(al, 6 * all + 8);
	/* A table of (n + 1)(m + 1). */
	if (rc == 0)
		rc = json_lcs_reserve(&al->lcs, 2 * JSON_ARRAY_CELLS + 4);
	if (rc != 0)
		return rc;
	*r = (struct json_array){ .al = al, .n = n, .m = m, .common = f->passed, .entries = al->room, .room = al->room + all };
	uint32_t *at = (uint32_t *)(al->room + 2 * all);
	r->x = at;
	r->y = at + n;
	r->x_with = at + all;
	r->y_with = at + all + n;
	r->kinds = at + 2 * all;
	r->lists = at + 4 * all;
	r->saved = at + 6 * all;
	collect(al->a, f->x, n, r->x, r->x_with);
	collect(al->b, f->y, m, r->y, r->y_with);
	while (r->n && r->m && al->a->nodes[r->x[r->n - 1]].hash == al->b->nodes[r->y[r->m - 1]].hash && rc == 0) {
		rc = push_unless_same(al, r->x[--r->n], r->y[--r->m]);
		r->common++;
	}
	return rc;
}

/* --- the whole ----------------------------------------------------------------------------------------------------- */

static int by_id(struct json_array *r, bool any_order, bool *reordered)
{
	*reordered = !json_array_rises(r);
	if (any_order || *reordered)
		json_array_fill(r, (struct json_array_gap){ 0, r->n, 0, r->m }, true, ID_LIKENESS);
	else
		json_array_fill_between(r, ID_LIKENESS);
	return 0;
}

static int push_all(struct json_array *r)
{
	int rc = 0;
	for (uint32_t x = 0; x < r->n && rc == 0; x++)
		rc = r->x_with[x] == JSON_LCS_NONE ? json_aligner_push(r->al, r->x[x], 0)
		                                   : push_unless_same(r->al, r->x[x], r->y[r->x_with[x]]);
	for (uint32_t y = 0; y < r->m && rc == 0; y++)
		if (r->y_with[y] == JSON_LCS_NONE)
			rc = json_aligner_push(r->al, 0, r->y[y]);
	return rc;
}

int json_align_arrays(struct json_aligner *al, uint32_t a, uint32_t b, bool any_order, bool *reordered)
{
	struct front f;
	struct json_array r;
	*reordered = false;
	int rc = pass_front(al, a, b, &f);
	uint32_t n = al->a->nodes[a].children - f.passed, m = al->b->nodes[b].children - f.passed;
	if (rc != 0 || (n == 0 && m == 0))
		return rc;
	if (n > ELEMENTS_MAX || m > ELEMENTS_MAX - n)
		return push_in_place(al, a, b, &f);
	rc = take_apart(&r, al, &f, n, m);
	if (rc == 0 && r.n && r.m)
		rc = json_array_by_id(&r) ? by_id(&r, any_order, reordered) : json_array_by_equality(&r, any_order, reordered);
	return rc == 0 ? push_all(&r) : rc;
}
