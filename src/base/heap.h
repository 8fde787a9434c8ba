/* heap: a binary min-heap of (key, item); among equal keys, first in is first out. */
#ifndef REPLAY_BASE_HEAP_H
#define REPLAY_BASE_HEAP_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct heap_node {
	int64_t key;
	uint64_t turn; /* order of arrival, for equal keys */
	void *item;
};

struct heap {
	struct heap_node *nodes;
	size_t len, cap, max;
	uint64_t turn;
};

void heap_init(struct heap *h, size_t max_items);
void heap_release(struct heap *h);                      /* the items stay the caller's */
int heap_push(struct heap *h, int64_t key, void *item); /* 0, ERR_LIMIT or ERR_NOMEM */

/* The smallest, or NULL when empty; valid until the next push or pop. */
static inline const struct heap_node *heap_peek(const struct heap *h)
{
	return h->len ? &h->nodes[0] : NULL;
}

void *heap_pop(struct heap *h); /* NULL when empty */

#endif
