/* json_equal: two values are the same for certain: hashes only say where it is worth looking. */
#include "diff/json_tree.h"
#include "diff/number.h"

/* Objects of one size, whose keys may be in another order: the search begins where the last one ended, so that it is long only for keys that were
 * shuffled. Beyond its bound the hashes are believed. */
#define SEARCH_STEPS (1u << 22)

static bool equal(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k, uint32_t *steps);

static uint32_t find_key(const struct json_tree *b, uint32_t object, uint32_t from, const struct json_node *key, uint32_t *steps)
{
	uint32_t end = b->nodes[object].next;
	for (uint32_t tried = 0; tried < b->nodes[object].children && *steps; tried++, (*steps)--) {
		const struct json_node *y = &b->nodes[from];
		if (y->key_hash == key->key_hash && json_tree_text_equal(y->key, y->key_escaped, key->key, key->key_escaped))
			return from;
		from = y->next < end ? y->next : object + 1;
	}
	return 0;
}

static bool equal_children(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k, uint32_t *steps)
{
	bool object = a->nodes[i].type == JSON_TREE_OBJECT;
	uint32_t y = k + 1, end = b->nodes[k].next;
	for (uint32_t x = i + 1; x < a->nodes[i].next; x = a->nodes[x].next) {
		if (object)
			y = find_key(b, k, y, &a->nodes[x], steps);
		if (y == 0)
			return *steps == 0;
		if (!equal(a, x, b, y, steps))
			return false;
		y = b->nodes[y].next;
		if (object && y >= end)
			y = k + 1;
	}
	return true;
}

static bool equal(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k, uint32_t *steps)
{
	const struct json_node *x = &a->nodes[i], *y = &b->nodes[k];
	if (x->hash != y->hash || x->type != y->type)
		return false;
	if (slice_eq(x->text, y->text))
		return true;
	if (x->type == JSON_TREE_NUMBER)
		return number_equal(x->text, y->text);
	if (x->type == JSON_TREE_STRING)
		return json_tree_text_equal(x->text, x->escaped, y->text, y->escaped);
	return x->children == y->children && equal_children(a, i, b, k, steps);
}

bool json_tree_equal(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k)
{
	uint32_t steps = SEARCH_STEPS;
	return equal(a, i, b, k, &steps);
}
