/* tops: a map from text to count; sorted only when asked. */
#include "cli/tops.h"

#include <stdlib.h>

#define TEXT_BYTES_MAX 512

static bool same(const void *entry, const void *key)
{
	const struct top *t = entry;
	return slice_eq(slice_of(t->text, t->len), *(const struct slice *)key);
}

void tops_init(struct tops *t, size_t max_texts)
{
	*t = (struct tops){ .key = hash_key_random() };
	map_init(&t->map, max_texts, same);
}

void tops_release(struct tops *t)
{
	size_t at = 0;
	struct top *one;
	while ((one = map_next(&t->map, &at)))
		free(one);
	map_release(&t->map);
}

void tops_count(struct tops *t, struct slice text)
{
	text = slice_cut(text, 0, TEXT_BYTES_MAX);
	uint64_t hash = hash_bytes(t->key, text);
	struct top *one = map_find(&t->map, hash, &text);
	if (one) {
		one->count++;
		return;
	}
	one = t->map.count < t->map.max ? malloc(sizeof *one + text.len) : NULL;
	if (!one || map_put(&t->map, hash, one)) {
		free(one);
		t->other++;
		return;
	}
	one->count = 1;
	one->len = text.len;
	if (text.len)
		memcpy(one->text, text.ptr, text.len);
}

static int more_first(const void *left, const void *right)
{
	const struct top *a = *(const struct top *const *)left, *b = *(const struct top *const *)right;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
	return order ? order : (a->len > b->len) - (a->len < b->len);
}

size_t tops_best(const struct tops *t, const struct top **out, size_t n, uint64_t *rest)
{
	size_t at = 0, all = 0;
	*rest = t->other;
	const struct top **sorted = malloc((t->map.count + 1) * sizeof *sorted), *one;
	while ((one = map_next(&t->map, &at))) {
		*rest += one->count;
		if (sorted)
			sorted[all++] = one;
	}
	if (all)
		qsort(sorted, all, sizeof *sorted, more_first);
	if (n > all)
		n = all;
	for (size_t i = 0; i < n; i++) {
		out[i] = sorted[i];
		*rest -= sorted[i]->count;
	}
	free(sorted);
	return n;
}
