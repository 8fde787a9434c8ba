/* json_ids: arrays of objects by a field that names each: "id" and what else people call it. */
#include "diff/json_array.h"
#include "diff/json_sort.h"

#define TRIED   4 /* keys */
#define NO_RANK 100u
#define RUN     64 /* values of one short hash: no accident */

static const char *const names[] = { "id", "_id", "uuid", "guid", "key", "code", "sku", "slug", "number", "name" };
#define NAMES (sizeof names / sizeof *names)

static bool ends(struct slice s, const char *with)
{
	size_t n = strlen(with);
	return s.len > n && slice_eq(slice_from(s, s.len - n), slice_of(with, n));
}

/* The lower the better. */
static unsigned rank_of(struct slice key)
{
	for (unsigned i = 0; i < NAMES; i++)
		if (slice_eq_nocase(key, slice_str(names[i])))
			return i < 4 ? i : i + 2;
	if (ends(key, "_id") || ends(key, "Id") || ends(key, "ID"))
		return 4;
	return ends(key, "_uuid") || ends(key, "Uuid") ? 5 : NO_RANK;
}

static bool is_id_value(const struct json_node *n)
{
	return n->type == JSON_TREE_STRING || n->type == JSON_TREE_NUMBER;
}

/* The key's value in an object: where it was in the last one, or anywhere. 0: it is not there, or no scalar. */
static uint32_t find_field(const struct json_tree *t, uint32_t object, const struct json_node *key, uint32_t nth)
{
	if (t->nodes[object].type != JSON_TREE_OBJECT)
		return 0;
	uint32_t i = object + 1, end = t->nodes[object].next, there = 0;
	for (; i < end && there < nth; there++)
		i = t->nodes[i].next;
	if (i >= end || t->nodes[i].key_hash != key->key_hash)
		for (i = object + 1; i < end && t->nodes[i].key_hash != key->key_hash;)
			i = t->nodes[i].next;
	bool it = i < end && is_id_value(&t->nodes[i]) &&
	          json_tree_text_equal(t->nodes[i].key, t->nodes[i].key_escaped, key->key, key->key_escaped);
	return it ? i : 0;
}

/* Entries of every object's value, sorted; false: some object has none, or two the same. values[i]: its node. */
static bool collect(const struct json_tree *t, const uint32_t *objects, uint32_t n, const struct json_node *key, uint32_t nth,
                    uint64_t *entries, uint64_t *room, uint32_t *values)
{
	for (uint32_t i = 0; i < n; i++) {
		values[i] = find_field(t, objects[i], key, nth);
		if (!values[i])
			return false;
		entries[i] = json_sort_entry(t->nodes[values[i]].hash, i);
	}
	json_sort(entries, room, n);
	for (uint32_t i = 0, run = 0; i < n; i++) {
		if (entries[i] >> 32 != entries[run] >> 32)
			run = i;
		if (i - run > RUN)
			return false;
		for (uint32_t k = run; k < i; k++)
			if (t->nodes[values[(uint32_t)entries[k]]].hash == t->nodes[values[(uint32_t)entries[i]]].hash)
				return false;
	}
	return true;
}

static uint32_t join(struct json_array *r, const uint32_t *x_values, const uint32_t *y_values)
{
	const uint64_t *of_x = r->entries, *of_y = r->entries + r->n;
	uint32_t matched = 0;
	for (uint32_t i = 0, k = 0; i < r->n; i++) {
		while (k < r->m && of_y[k] >> 32 < of_x[i] >> 32)
			k++;
		for (uint32_t at = k; at < r->m && of_y[at] >> 32 == of_x[i] >> 32; at++) {
			uint32_t x = (uint32_t)of_x[i], y = (uint32_t)of_y[at];
			if (r->y_with[y] != JSON_LCS_NONE || !json_tree_equal(r->al->a, x_values[x], r->al->b, y_values[y]))
				continue;
			r->x_with[x] = y;
			r->y_with[y] = x;
			matched++;
			break;
		}
	}
	return matched;
}

static void match_none(struct json_array *r)
{
	for (uint32_t i = 0; i < r->n; i++)
		r->x_with[i] = JSON_LCS_NONE;
	for (uint32_t i = 0; i < r->m; i++)
		r->y_with[i] = JSON_LCS_NONE;
}

/* Unique on both sides, and half of the shorter side in common: ids that are new each time are none. */
static bool serves(struct json_array *r, const struct json_node *key, uint32_t nth)
{
	uint32_t *x_values = r->kinds, *y_values = r->kinds + r->n;
	if (!collect(r->al->a, r->x, r->n, key, nth, r->entries, r->room, x_values) ||
	    !collect(r->al->b, r->y, r->m, key, nth, r->entries + r->n, r->room, y_values))
		return false;
	uint32_t matched = join(r, x_values, y_values);
	uint64_t shorter = (uint64_t)r->common + (r->n < r->m ? r->n : r->m);
	if (2 * ((uint64_t)r->common + matched) >= shorter && (matched || r->common))
		return true;
	match_none(r);
	return false;
}

bool json_array_by_id(struct json_array *r)
{
	const struct json_tree *a = r->al->a;
	if (r->n == 0 || a->nodes[r->x[0]].type != JSON_TREE_OBJECT)
		return false;
	uint32_t end = a->nodes[r->x[0]].next;
	uint32_t below = 0; /* those before were tried: by rank, then by place */
	for (unsigned tried = 0; tried < TRIED; tried++) {
		uint32_t best = NO_RANK << 8, key = 0, nth = 0;
		for (uint32_t i = r->x[0] + 1; i < end && nth < 256; i = a->nodes[i].next, nth++) {
			uint32_t at = rank_of(a->nodes[i].key) << 8 | nth;
			if (at < below || at >= best || !is_id_value(&a->nodes[i]))
				continue;
			best = at;
			key = i;
		}
		if (!key)
			return false;
		if (serves(r, &a->nodes[key], best & 0xff))
			return true;
		below = best + 1;
	}
	return false;
}
