/* json_alike: how much two values have in common: by hashes, two levels down, a bounded look. */
#include "diff/json_align.h"
#include "diff/number.h"

#define FIELDS_LOOKED_AT 24
#define FIELDS_WITHIN    8
#define TEXT_LOOKED_AT   64
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

/* How much two containers have in common whose children are looked at no deeper than that, and no more than `most` of them. */
static unsigned alike_children(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k, uint32_t most)
{
	bool object = a->nodes[i].type == JSON_TREE_OBJECT;
	uint32_t same = 0, looked = 0, more = b->nodes[k].children, y = k + 1, end = b->nodes[k].next;
	for (uint32_t x = i + 1; x < a->nodes[i].next && looked < most; x = a->nodes[x].next, looked++) {
		uint32_t hit = object ? find_near(b, k, y, a->nodes[x].key_hash) : y < end ? y : 0;
		if (!hit)
			continue;
		const struct json_node *p = &a->nodes[x], *q = &b->nodes[hit];
		bool within = p->type == q->type && p->type >= JSON_TREE_ARRAY && most == FIELDS_LOOKED_AT;
		/* A field that both have is something in common; its value is more. */
		if (p->hash == q->hash)
			same += 4;
		else
			same += within ? alike_children(a, x, b, hit, FIELDS_WITHIN) * 4 / 100 : object;
		y = q->next;
	}
	return share(same, 4 * (looked > more ? looked : more < most ? more : most));
}

/* Text that begins and ends alike. */
static unsigned alike_text(struct slice a, struct slice b)
{
	size_t least = a.len < b.len ? a.len : b.len, most = a.len < b.len ? b.len : a.len, front = 0, back = 0;
	least = least < TEXT_LOOKED_AT ? least : TEXT_LOOKED_AT;
	most = most < TEXT_LOOKED_AT ? most : TEXT_LOOKED_AT;
	while (front < least && a.ptr[front] == b.ptr[front])
		front++;
	while (back < least - front && a.ptr[a.len - 1 - back] == b.ptr[b.len - 1 - back])
		back++;
	return SAME_TYPE + (unsigned)((front + back) * 50 / (most ? most : 1));
}

static unsigned alike_numbers(struct slice a, struct slice b)
{
	double x = number_value(a), y = number_value(b), apart = x > y ? x - y : y - x;
	double large = (x < 0 ? -x : x) + (y < 0 ? -y : y);
	return apart <= large / 2000 ? 60 : apart <= large / 20 ? 30 : SAME_TYPE;
}

unsigned json_alike(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k)
{
	const struct json_node *x = &a->nodes[i], *y = &b->nodes[k];
	if (x->hash == y->hash)
		return 100;
	if (x->type != y->type)
		return 0;
	if (x->type == JSON_TREE_NUMBER)
		return alike_numbers(x->text, y->text);
	if (x->type == JSON_TREE_STRING)
		return alike_text(x->text, y->text);
	return x->type >= JSON_TREE_ARRAY ? alike_children(a, i, b, k, FIELDS_LOOKED_AT) : SAME_TYPE;
}
