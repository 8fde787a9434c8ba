/* json_align: arrays: equal ends put away, then ids, then a longest common subsequence, then what moved, then the gaps. */
#include "diff/json_align.h"

#include "diff/json_array.h"
#include "diff/json_sort.h"

#include <stdlib.h>

#define ELEMENTS_MAX (1u << 20) /* of both sides, that are left: beyond that they go in place */
#define LCS_STEPS    (1u << 24)
#define LOOKS        (1u << 19)
#define KEEP_ROOM    (1u << 20)
#define ID_LIKENESS  50 /* objects with two ids are one whose id changed when they share that much */
#define FULL_RUN     8

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
	collect(al->a, f->x, n, r->x, r->x_with);
	collect(al->b, f->y, m, r->y, r->y_with);
	while (r->n && r->m && al->a->nodes[r->x[r->n - 1]].hash == al->b->nodes[r->y[r->m - 1]].hash && rc == 0) {
		rc = push_unless_same(al, r->x[--r->n], r->y[--r->m]);
		r->common++;
	}
	return rc;
}

/* --- equal elements ------------------------------------------------------------------------------------------------ */

static uint64_t hash_of(const struct json_array *r, uint32_t i)
{
	return i < r->n ? r->al->a->nodes[r->x[i]].hash : r->al->b->nodes[r->y[i - r->n]].hash;
}

/* A small number for each hash: kinds[i], x first, then y. How many. */
static uint32_t number_kinds(struct json_array *r)
{
	uint32_t all = r->n + r->m, count = 0, run_first = 0;
	uint32_t *first = r->lists; /* an element of each kind */
	for (uint32_t i = 0; i < all; i++)
		r->entries[i] = json_sort_entry(hash_of(r, i), i);
	json_sort(r->entries, r->room, all);
	for (uint32_t i = 0; i < all; i++) {
		if (i == 0 || r->entries[i] >> 32 != r->entries[i - 1] >> 32)
			run_first = count;
		uint32_t element = (uint32_t)r->entries[i], kind = count;
		uint32_t back = count - run_first > FULL_RUN ? count - FULL_RUN : run_first;
		for (uint32_t k = back; k < count; k++)
			if (hash_of(r, first[k]) == hash_of(r, element))
				kind = k;
		r->kinds[element] = kind;
		if (kind == count)
			first[count++] = element;
	}
	return count;
}

/* Those of one side whose kind the other has too, for what else is there can be in no common subsequence. */
static uint32_t keep_shared(const uint32_t *kinds, uint32_t n, const uint32_t *has, uint32_t *kept, uint32_t *index)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < n; i++)
		if (has[kinds[i]]) {
			kept[count] = kinds[i];
			index[count++] = i;
		}
	return count;
}

static int match_in_order(struct json_array *r, uint32_t kinds, uint32_t *matched)
{
	size_t all = (size_t)r->n + r->m;
	uint32_t *has = r->lists, *a = (uint32_t *)r->entries, *a_index = a + r->n, *b = (uint32_t *)r->room, *b_index = b + r->m,
	         *match = r->kinds + all;
	memset(has, 0, kinds * sizeof *has);
	for (uint32_t i = 0; i < r->m; i++)
		has[r->kinds[r->n + i]] = 1;
	uint32_t n = keep_shared(r->kinds, r->n, has, a, a_index);
	memset(has, 0, kinds * sizeof *has);
	for (uint32_t i = 0; i < r->n; i++)
		has[r->kinds[i]] = 1;
	uint32_t m = keep_shared(r->kinds + r->n, r->m, has, b, b_index);
	int rc = json_lcs_match(&r->al->lcs, a, n, b, m, kinds, match);
	for (uint32_t i = 0; i < n && rc == 0; i++)
		if (match[i] != JSON_LCS_NONE) {
			r->x_with[a_index[i]] = b_index[match[i]];
			r->y_with[b_index[match[i]]] = a_index[i];
			++*matched;
		}
	return rc;
}

/* Equal elements that stand elsewhere: moved[x] is where. How many. */
static uint32_t find_moved(struct json_array *r, uint32_t kinds, uint32_t *moved)
{
	uint32_t *head = r->lists, *next = (uint32_t *)r->entries, count = 0;
	for (uint32_t k = 0; k < kinds; k++)
		head[k] = JSON_LCS_NONE;
	for (uint32_t y = r->m; y-- > 0;)
		if (r->y_with[y] == JSON_LCS_NONE) {
			next[y] = head[r->kinds[r->n + y]];
			head[r->kinds[r->n + y]] = y;
		}
	for (uint32_t x = 0; x < r->n; x++) {
		moved[x] = JSON_LCS_NONE;
		if (r->x_with[x] != JSON_LCS_NONE || head[r->kinds[x]] == JSON_LCS_NONE)
			continue;
		moved[x] = head[r->kinds[x]];
		head[r->kinds[x]] = next[moved[x]];
		count++;
	}
	return count;
}

static void take_moved(struct json_array *r, const uint32_t *moved)
{
	for (uint32_t x = 0; x < r->n; x++)
		if (moved[x] != JSON_LCS_NONE) {
			r->x_with[x] = moved[x];
			r->y_with[moved[x]] = x;
		}
}

/* --- what is left -------------------------------------------------------------------------------------------------- */

static bool rises(const struct json_array *r)
{
	uint32_t least = 0;
	for (uint32_t x = 0; x < r->n; x++) {
		if (r->x_with[x] == JSON_LCS_NONE)
			continue;
		if (r->x_with[x] < least)
			return false;
		least = r->x_with[x];
	}
	return true;
}

/* Between elements that have partners, which all stand in order. */
static void fill_gaps(struct json_array *r, unsigned least)
{
	struct json_array_gap gap = { 0 };
	for (uint32_t x = 0; x <= r->n; x++) {
		if (x < r->n && r->x_with[x] == JSON_LCS_NONE)
			continue;
		gap.end = x;
		gap.stop = x < r->n ? r->x_with[x] : r->m;
		uint32_t after = gap.stop + 1;
		if (gap.end > gap.from && gap.stop > gap.at)
			json_array_fill(r, gap, false, least);
		gap.from = x + 1;
		gap.at = after;
	}
}

static void fill_all(struct json_array *r, bool any_order, unsigned least)
{
	json_array_fill(r, (struct json_array_gap){ 0, r->n, 0, r->m }, any_order, least);
}

/* How many differ in the gaps between the elements that are the same and in order, each gap as long as its longer side. */
static uint32_t apart_in_gaps(const struct json_array *r)
{
	uint32_t apart = 0, x_gap = 0, at = 0;
	for (uint32_t x = 0; x <= r->n; x++) {
		if (x < r->n && r->x_with[x] == JSON_LCS_NONE) {
			x_gap++;
			continue;
		}
		uint32_t stop = x < r->n ? r->x_with[x] : r->m, y_gap = stop - at;
		apart += x_gap > y_gap ? x_gap : y_gap;
		x_gap = 0;
		at = stop + 1;
	}
	return apart;
}

/* Of two arrays of one length: do no more elements differ side by side? Then they are changed, not moved or gone: fewer causes. */
static bool better_in_place(const struct json_array *r, uint32_t matched, uint32_t moved)
{
	if (r->n != r->m || matched + moved == r->n)
		return false;
	uint32_t apart = 0;
	for (uint32_t i = 0; i < r->n; i++)
		apart += r->kinds[i] != r->kinds[r->n + i];
	return matched == 0 || apart <= (moved ? r->n - matched : apart_in_gaps(r));
}

static void match_none(struct json_array *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		r->x_with[i] = JSON_LCS_NONE;
	for (uint32_t i = 0; i < r->m; i++)
		r->y_with[i] = JSON_LCS_NONE;
}

static void match_side_by_side(struct json_array *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		r->x_with[i] = r->y_with[i] = i;
}

static int by_equality(struct json_array *r, bool any_order, bool *reordered)
{
	uint32_t kinds = number_kinds(r), matched = 0, *moved = r->kinds + r->n + r->m;
	int rc = match_in_order(r, kinds, &matched);
	if (rc != 0)
		return rc;
	uint64_t longer = (uint64_t)r->common + (r->n > r->m ? r->n : r->m);
	uint32_t elsewhere = find_moved(r, kinds, moved);
	if (!any_order && 2 * ((uint64_t)r->common + matched + elsewhere) <= longer)
		elsewhere = 0; /* little is the same: an accident */
	if (!any_order && better_in_place(r, matched, elsewhere)) {
		match_none(r);
		match_side_by_side(r);
		return 0;
	}
	*reordered = elsewhere > 0;
	if (elsewhere)
		take_moved(r, moved);
	if (any_order || elsewhere)
		fill_all(r, true, 0);
	else
		fill_gaps(r, 0);
	return 0;
}

static int by_id(struct json_array *r, bool any_order, bool *reordered)
{
	*reordered = !rises(r);
	if (any_order || *reordered)
		fill_all(r, true, ID_LIKENESS);
	else
		fill_gaps(r, ID_LIKENESS);
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
		rc = json_array_by_id(&r) ? by_id(&r, any_order, reordered) : by_equality(&r, any_order, reordered);
	return rc == 0 ? push_all(&r) : rc;
}
