/* carry_values: an exact map, and an index of the last bytes of the run's values for finding them in texts. Ends differ more than beginnings:
 * tokens share their first bytes, counted ids theirs. */
#include "output/carry_values.h"

#include "base/err.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"

#include <stdlib.h>

#define SEEN_BITS 16
#define SAME_END  64 /* values with the same end: more are not found in texts, lest somebody makes us compare for ever */

struct value {
	struct list link; /* v->by_age */
	uint64_t hash;
	uint64_t lane;
	struct value *next; /* with the same end */
	struct slice cookie, old, now;
	char bytes[];
};

struct carry_values {
	struct hash_key key;
	struct map exact, ends;
	struct list by_age;
	size_t count, bytes, max, max_bytes;
	uint64_t dropped;
	uint8_t seen[1u << (SEEN_BITS - 3)]; /* ends that were ever put: most of a text is told apart by a look at a bit */
};

static bool same_value(const void *entry, const void *key)
{
	const struct value *e = entry;
	const struct carry_key *k = key;
	return e->lane == k->lane && slice_eq(e->cookie, k->cookie) && slice_eq(e->old, k->old);
}

static const uint8_t *end_of(struct slice s)
{
	return s.ptr + s.len - CARRY_SHORTEST;
}

static bool same_end(const void *entry, const void *key)
{
	return memcmp(end_of(((const struct value *)entry)->old), key, CARRY_SHORTEST) == 0;
}

static size_t seen_bit(const uint8_t *end)
{
	uint64_t n = 0;
	memcpy(&n, end, CARRY_SHORTEST);
	return (size_t)((n * 0x9e3779b97f4a7c15u) >> (64 - SEEN_BITS));
}

static uint64_t end_hash(const struct carry_values *v, const uint8_t *end)
{
	return hash_bytes(v->key, slice_of(end, CARRY_SHORTEST));
}

static uint64_t exact_hash(const struct carry_values *v, const struct carry_key *k)
{
	uint64_t parts[3] = { k->lane, hash_bytes(v->key, k->cookie), hash_bytes(v->key, k->old) };
	return hash_bytes(v->key, slice_of(parts, sizeof parts));
}

struct carry_values *carry_values_new(size_t max_values, size_t max_bytes)
{
	struct carry_values *v = calloc(1, sizeof *v);
	if (!v)
		return NULL;
	v->key = hash_key_random();
	v->max = max_values;
	v->max_bytes = max_bytes;
	map_init(&v->exact, SIZE_MAX, same_value);
	map_init(&v->ends, SIZE_MAX, same_end);
	list_init(&v->by_age);
	return v;
}

static bool anywhere(const struct value *e)
{
	return e->lane == 0 && e->cookie.len == 0 && e->old.len >= CARRY_SHORTEST;
}

static int index_end(struct carry_values *v, struct value *e)
{
	const uint8_t *end = end_of(e->old);
	uint64_t hash = end_hash(v, end);
	size_t bit = seen_bit(end);
	struct value *first = v->ends.cap ? map_find(&v->ends, hash, end) : NULL;
	v->seen[bit / 8] = (uint8_t)(v->seen[bit / 8] | 1u << bit % 8);
	if (!first)
		return map_put(&v->ends, hash, e);
	size_t n = 1;
	for (const struct value *at = first; at->next && n < SAME_END; at = at->next)
		n++;
	if (n == SAME_END)
		return ERR_LIMIT;
	e->next = first->next;
	first->next = e;
	return 0;
}

static void unindex_end(struct carry_values *v, struct value *e)
{
	const uint8_t *end = end_of(e->old);
	uint64_t hash = end_hash(v, end);
	struct value *at = map_find(&v->ends, hash, end);
	if (at == e) {
		(void)map_remove(&v->ends, hash, end);
		if (e->next)
			(void)map_put(&v->ends, hash, e->next); /* there is room: one was taken out */
		return;
	}
	while (at && at->next != e)
		at = at->next;
	if (at)
		at->next = e->next;
}

static size_t weight(const struct value *e)
{
	return sizeof *e + e->cookie.len + e->old.len + e->now.len;
}

static void drop(struct carry_values *v, struct value *e)
{
	const struct carry_key k = { e->lane, e->cookie, e->old };
	if (anywhere(e))
		unindex_end(v, e);
	(void)map_remove(&v->exact, e->hash, &k);
	list_remove(&e->link);
	v->count--;
	v->bytes -= weight(e);
	free(e);
}

void carry_values_free(struct carry_values *v)
{
	if (!v)
		return;
	for (struct list *first; (first = list_first(&v->by_age));) {
		list_remove(first);
		free(LIST_ENTRY(first, struct value, link));
	}
	map_release(&v->exact);
	map_release(&v->ends);
	free(v);
}

static struct slice copy(char **at, struct slice s)
{
	char *to = *at;
	if (s.len)
		memcpy(to, s.ptr, s.len);
	*at += s.len;
	return slice_of(to, s.len);
}

int carry_values_put(struct carry_values *v, struct carry_key key, struct slice value)
{
	uint64_t hash = exact_hash(v, &key);
	struct value *known = v->exact.cap ? map_find(&v->exact, hash, &key) : NULL;
	if (!known && slice_eq(key.old, value))
		return 0;
	if (known && slice_eq(known->now, value)) {
		list_remove(&known->link);
		list_append(&v->by_age, &known->link);
		return 0;
	}
	struct value *e = malloc(sizeof *e + key.cookie.len + key.old.len + value.len);
	if (!e)
		return ERR_NOMEM;
	char *at = e->bytes;
	*e = (struct value){ .hash = hash, .lane = key.lane };
	e->cookie = copy(&at, key.cookie);
	e->old = copy(&at, key.old);
	e->now = copy(&at, value);
	list_init(&e->link);
	if (known)
		drop(v, known);
	if (map_put(&v->exact, hash, e) != 0) {
		free(e);
		return ERR_NOMEM;
	}
	list_append(&v->by_age, &e->link);
	v->count++;
	v->bytes += weight(e);
	int rc = anywhere(e) ? index_end(v, e) : 0;
	if (rc) {
		drop(v, e);
		v->dropped += rc == ERR_LIMIT;
		return rc == ERR_LIMIT ? 0 : rc;
	}
	while (v->count > v->max || (v->bytes > v->max_bytes && v->count > 1)) {
		drop(v, LIST_ENTRY(list_first(&v->by_age), struct value, link));
		v->dropped++;
	}
	return 0;
}

bool carry_values_get(const struct carry_values *v, struct carry_key key, struct slice *value)
{
	const struct value *e = v->exact.cap ? map_find(&v->exact, exact_hash(v, &key), &key) : NULL;
	if (e)
		*value = e->now;
	return e != NULL;
}

static bool word_byte(uint8_t c)
{
	uint8_t low = ascii_lower(c);
	return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool carry_is_word(struct slice text, size_t at, size_t len)
{
	size_t end = at + len;
	bool before = at > 0 && word_byte(text.ptr[at - 1]) && word_byte(text.ptr[at]);
	bool behind = end < text.len && word_byte(text.ptr[end]) && word_byte(text.ptr[end - 1]);
	return !before && !behind;
}

bool carry_values_find(const struct carry_values *v, struct slice text, size_t from, size_t *at, size_t *len)
{
	if (v->ends.count == 0 || text.len < CARRY_SHORTEST)
		return false;
	for (size_t i = from; i + CARRY_SHORTEST <= text.len; i++) {
		const uint8_t *end = text.ptr + i;
		size_t bit = seen_bit(end), longest = 0;
		if (!(v->seen[bit / 8] >> bit % 8 & 1))
			continue;
		for (const struct value *e = map_find(&v->ends, end_hash(v, end), end); e; e = e->next) {
			size_t last = i + CARRY_SHORTEST;
			if (e->old.len <= longest || e->old.len > last - from)
				continue;
			if (memcmp(text.ptr + last - e->old.len, e->old.ptr, e->old.len) == 0 &&
			    carry_is_word(text, last - e->old.len, e->old.len))
				longest = e->old.len;
		}
		if (longest == 0)
			continue;
		*at = i + CARRY_SHORTEST - longest;
		*len = longest;
		return true;
	}
	return false;
}

size_t carry_values_count(const struct carry_values *v)
{
	return v->count;
}

uint64_t carry_values_dropped(const struct carry_values *v)
{
	return v->dropped;
}
