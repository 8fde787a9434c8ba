/* heap: sift up, sift down. */
#include "base/heap.h"

#include <stdbool.h>
#include <stdlib.h>

void heap_init(struct heap *h, size_t max_items)
{
	*h = (struct heap){ .max = max_items };
}

void heap_release(struct heap *h)
{
	free(h->nodes);
	*h = (struct heap){ .max = h->max };
}

static bool before(const struct heap_node *a, const struct heap_node *b)
{
	return a->key != b->key ? a->key < b->key : a->turn < b->turn;
}

int heap_push(struct heap *h, int64_t key, void *item)
{
	if (h->len >= h->max)
		return ERR_LIMIT;
	if (h->len == h->cap) {
		size_t cap = h->cap ? h->cap * 2 : 64;
		struct heap_node *nodes = realloc(h->nodes, cap * sizeof *nodes);
		if (!nodes)
			return ERR_NOMEM;
		h->nodes = nodes;
		h->cap = cap;
	}
	struct heap_node node = { key, h->turn++, item };
	size_t i = h->len++;
	while (i > 0 && before(&node, &h->nodes[(i - 1) / 2])) {
		h->nodes[i] = h->nodes[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->nodes[i] = node;
	return 0;
}

void *heap_pop(struct heap *h)
{
	if (h->len == 0)
		return NULL;
	void *item = h->nodes[0].item;
	struct heap_node last = h->nodes[--h->len];
	size_t i = 0;
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= h->len)
			break;
		if (child + 1 < h->len && before(&h->nodes[child + 1], &h->nodes[child]))
			child++;
		if (!before(&h->nodes[child], &last))
			break;
		h->nodes[i] = h->nodes[child];
		i = child;
	}
	if (h->len)
		h->nodes[i] = last;
	return item;
}
