/* book_sets: a table by the sets themselves, and their numbers. */
#include "diff/book_inner.h"

#include <stdlib.h>

struct set_name {
	const struct endpoint_book *endpoint;
	const uint32_t *keys;
	uint32_t n;
};

static bool same_set(const void *entry, const void *key)
{
	const struct key_set *s = entry;
	const struct set_name *name = key;
	return s->endpoint == name->endpoint && s->n == name->n && memcmp(s->keys, name->keys, name->n * sizeof *name->keys) == 0;
}

static struct key_set *set_new(struct set_table *t, struct endpoint_book *e, const uint32_t *keys, uint32_t n)
{
	size_t bytes = sizeof(struct key_set) + n * sizeof *keys;
	if (t->bytes + bytes > BOOK_SET_BYTES || t->count >= BOOK_SETS)
		return NULL;
	if (t->count == t->cap) {
		size_t cap = t->cap ? t->cap * 2 : 64;
		struct key_set **more = realloc(t->all, cap * sizeof(struct key_set *));
		if (!more)
			return NULL;
		t->all = more;
		t->cap = cap;
	}
	struct key_set *s = calloc(1, bytes);
	if (!s)
		return NULL;
	s->endpoint = e;
	s->number = (uint32_t)t->count;
	s->n = n;
	memcpy(s->keys, keys, n * sizeof *keys);
	t->bytes += bytes;
	return s;
}

uint32_t sets_add(struct book *b, struct endpoint_book *e, const uint32_t *keys, uint32_t n, uint64_t count)
{
	struct set_table *t = &b->sets;
	struct set_name name = { e, keys, n };
	if (!t->by_keys.same)
		map_init(&t->by_keys, BOOK_SETS, same_set);
	uint64_t hash = hash_bytes(b->key, slice_of(keys, n * sizeof *keys));
	struct key_set *s = map_find(&t->by_keys, hash, &name);
	if (!s && (s = set_new(t, e, keys, n))) {
		if (map_put(&t->by_keys, hash, s) == 0) {
			t->all[t->count++] = s;
		} else {
			free(s);
			s = NULL;
		}
	}
	if (!s) {
		e->beyond += count;
		b->let_go += count;
		return SERIES_BEYOND;
	}
	s->count += count;
	return s->number;
}

void sets_free(struct set_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->all[i]);
	free(t->all);
	map_release(&t->by_keys);
}
