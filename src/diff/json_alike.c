/* json_alike: how much two values have in common: by hashes, one level down, a bounded look. */
#include "diff/json_align.h"

#define FIELDS_LOOKED_AT 24
#define SAME_TYPE        10 /* of 100: values that have nothing else in common */

/* The child of b with that key, looked for from `from` on, then from the start. 0: none. */
static uint32_t find_near(const struct json_tree *b, uint32_t object, uint32_t from, uint32_t key_hash)
{
	uint32_t end = b->nodes[object].next;
	for (uint32_t tried = 0; tried < b->nodes[object].children && tried < FIELDS_LOOKED_AT; tried++) {
		if (from >= end)
			from = object + 1;
		if (b->nodes[from].key_hash == key_hash)
			return from;
		from = b->nodes[from].next;
	}
	return 0;
}

static unsigned share(unsigned same, unsigned of)
{
	return of ? SAME_TYPE + same * (100 - SAME_TYPE) / of : SAME_TYPE;
}

static unsigned alike_children(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k)
{
	bool object = a->nodes[i].type == JSON_TREE_OBJECT;
	unsigned same = 0, looked = 0, more = b->nodes[k].children;
	uint32_t y = k + 1, end = b->nodes[k].next;
	for (uint32_t x = i + 1; x < a->nodes[i].next && looked < FIELDS_LOOKED_AT; x = a->nodes[x].next, looked++) {
		uint32_t hit = object ? find_near(b, k, y, a->nodes[x].key_hash) : y < end ? y : 0;
		if (!hit)
			continue;
		/* A field that both have is something in common; its value is more. */
		same += a->nodes[x].hash == b->nodes[hit].hash ? 4 : object;
		y = b->nodes[hit].next;
	}
	return share(same, 4 * (looked > more ? looked : more < FIELDS_LOOKED_AT ? more : FIELDS_LOOKED_AT));
}

unsigned json_alike(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k)
{
	const struct json_node *x = &a->nodes[i], *y = &b->nodes[k];
	if (x->hash == y->hash)
		return 100;
	if (x->type != y->type)
		return 0;
	return x->type == JSON_TREE_OBJECT || x->type == JSON_TREE_ARRAY ? alike_children(a, i, b, k) : SAME_TYPE;
}
