/* json_same: arrays by what is equal: a longest common subsequence, then what moved, then the gaps between. */
#include "diff/json_array.h"
#include "diff/json_sort.h"

#define FULL_RUN 8  /* kinds of one short hash that are told apart */
#define MUCH     70 /* of 100 in common */
#define GAIN     30 /* likewise */

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

bool json_array_rises(const struct json_array *r)
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
void json_array_fill_between(struct json_array *r, unsigned least)
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

static void fill_any(struct json_array *r, unsigned least)
{
	json_array_fill(r, (struct json_array_gap){ 0, r->n, 0, r->m }, true, least);
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

/* --- objects and arrays without an id: whichever way leaves them most in common ------------------------------------ */

static uint64_t score(const struct json_array *r)
{
	uint64_t sum = 0;
	for (uint32_t x = 0; x < r->n; x++)
		if (r->x_with[x] != JSON_LCS_NONE)
			sum += json_alike(r->al->a, r->x[x], r->al->b, r->y[r->x_with[x]]);
	return sum;
}

static void save(const struct json_array *r, uint32_t *to)
{
	memcpy(to, r->x_with, r->n * sizeof *to);
}

static void restore(struct json_array *r, const uint32_t *from)
{
	match_none(r);
	for (uint32_t x = 0; x < r->n; x++)
		if (from[x] != JSON_LCS_NONE) {
			r->x_with[x] = from[x];
			r->y_with[from[x]] = x;
		}
}

/* Elements that are the same wherever they stand, then those that have much in common, then what is left. */
static void match_anywhere(struct json_array *r, const uint32_t *moved)
{
	take_moved(r, moved);
	fill_any(r, MUCH);
	fill_any(r, 0);
}

static bool can_weigh(struct json_array *r)
{
	uint64_t cells = (uint64_t)r->n * r->m;
	bool containers = true;
	for (uint32_t x = 0; x < r->n && cells <= JSON_ARRAY_CELLS; x++)
		containers &= r->al->a->nodes[r->x[x]].type >= JSON_TREE_ARRAY;
	if (cells > JSON_ARRAY_CELLS || !containers || r->al->looks < 4 * cells)
		return false;
	r->al->looks -= 3 * (uint64_t)r->n;
	return true;
}

/* In order, or side by side where that leaves as much in common. */
static uint64_t match_best_in_order(struct json_array *r, uint32_t *room)
{
	json_array_fill_between(r, 0);
	uint64_t in_order = score(r);
	if (r->n != r->m)
		return in_order;
	save(r, room);
	match_side_by_side(r);
	uint64_t in_place = score(r);
	if (in_place < in_order)
		restore(r, room);
	return in_place < in_order ? in_order : in_place;
}

/* x_with holds what is the same and in order. True: the elements stand in another order. That takes more than an accident gives: the elements that
 * would change partners gain that much, one with the other. */
static bool weigh(struct json_array *r, const uint32_t *moved)
{
	uint32_t *same = r->saved, *best_with = r->saved + r->n, changed = 0;
	save(r, same);
	uint64_t best = match_best_in_order(r, best_with);
	save(r, best_with);
	restore(r, same);
	match_anywhere(r, moved);
	for (uint32_t x = 0; x < r->n; x++)
		changed += r->x_with[x] != best_with[x];
	if (!json_array_rises(r) && score(r) >= best + (uint64_t)GAIN * changed)
		return true;
	restore(r, best_with);
	return false;
}

/* --- all of them --------------------------------------------------------------------------------------------------- */

int json_array_by_equality(struct json_array *r, bool any_order, bool *reordered)
{
	uint32_t kinds = number_kinds(r), matched = 0, *moved = r->kinds + r->n + r->m;
	int rc = match_in_order(r, kinds, &matched);
	if (rc != 0)
		return rc;
	uint64_t longer = (uint64_t)r->common + (r->n > r->m ? r->n : r->m);
	uint32_t elsewhere = find_moved(r, kinds, moved);
	bool permuted = r->n == r->m && matched + elsewhere == r->n;
	if (!any_order && !permuted && can_weigh(r)) {
		*reordered = weigh(r, moved);
		return 0;
	}
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
		fill_any(r, 0);
	else
		json_array_fill_between(r, 0);
	return 0;
}
