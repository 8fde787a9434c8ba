/* book_keys: found by hash; made while there is room; beyond that, one for all the rest. */
#include "diff/book_inner.h"

#include <limits.h>
#include <stdlib.h>

struct endpoint_name {
	struct slice method, folded;
};

struct key_name {
	struct slice path;
	enum difference_kind kind;
};

struct slice endpoint_method(const struct endpoint_book *e)
{
	return slice_of(e->name, e->method_len);
}

struct slice endpoint_folded(const struct endpoint_book *e)
{
	size_t from = e->method_len ? e->method_len + 1 : 0;
	return slice_of(e->name + from, e->name_len - from);
}

static bool same_endpoint(const void *entry, const void *key)
{
	const struct endpoint_book *e = entry;
	const struct endpoint_name *name = key;
	return slice_eq(endpoint_folded(e), name->folded) && slice_eq(endpoint_method(e), name->method);
}

static bool same_key(const void *entry, const void *key)
{
	const struct key_book *k = entry;
	const struct key_name *name = key;
	return k->kind == name->kind && slice_eq(slice_of(k->path, k->path_len), name->path);
}

/* The same for the same seed, whatever the table's key: what is drawn by it can be drawn again. */
static uint64_t draws_from(const struct book *b, const struct endpoint_book *e, struct slice path, enum difference_kind kind)
{
	uint64_t named = hash_bytes((struct hash_key){ b->options.seed, kind }, slice_of(e->name, e->name_len));
	return hash_bytes((struct hash_key){ b->options.seed, named }, path);
}

/* --- endpoints ---------------------------------------------------------------------------------------------------------------------- */

void book_endpoint_free(struct endpoint_book *e)
{
	if (!e)
		return;
	reservoir_free(&e->slow);
	endpoint_rules_free(e->rules);
	map_release(&e->keys);
	free(e->latency);
	free(e->checked);
	free(e->name);
	free(e);
}

static struct endpoint_book *endpoint_new(struct book *b, struct slice method, struct slice folded)
{
	struct endpoint_book *e = calloc(1, sizeof *e);
	if (!e)
		return NULL;
	size_t space = method.len ? method.len + 1 : 0;
	e->name_len = space + folded.len;
	e->method_len = method.len;
	e->name = malloc(e->name_len + 1);
	if (!e->name) {
		free(e);
		return NULL;
	}
	if (method.len) {
		memcpy(e->name, method.ptr, method.len);
		e->name[method.len] = ' ';
	}
	if (folded.len)
		memcpy(e->name + space, folded.ptr, folded.len);
	e->name[e->name_len] = 0;
	map_init(&e->keys, BOOK_ENDPOINT_KEYS, same_key);
	e->slow.random = draws_from(b, e, slice_str("latency"), DIFFERENCE_LATENCY);
	return e;
}

/* Takes e. */
static struct endpoint_book *put_in_order(struct book *b, struct endpoint_book *e)
{
	if (b->endpoint_count == b->endpoint_cap) {
		size_t cap = b->endpoint_cap ? b->endpoint_cap * 2 : 16;
		struct endpoint_book **more = realloc(b->ordered, cap * sizeof(struct endpoint_book *));
		if (!more) {
			book_endpoint_free(e);
			return NULL;
		}
		b->ordered = more;
		b->endpoint_cap = cap;
	}
	e->at = b->endpoint_count;
	b->ordered[b->endpoint_count++] = e;
	return e;
}

struct endpoint_book *book_other_endpoint(struct book *b)
{
	if (!b->other) {
		struct endpoint_book *e = endpoint_new(b, slice_of(NULL, 0), slice_str("(other endpoints)"));
		b->other = e ? put_in_order(b, e) : NULL;
	}
	return b->other;
}

struct endpoint_book *book_endpoint(struct book *b, struct slice method, struct slice folded)
{
	struct endpoint_name name = { method, folded };
	uint64_t hash = hash_bytes(b->key, folded) + 31 * hash_bytes(b->key, method);
	struct endpoint_book *e = map_find(&b->endpoints, hash, &name);
	if (e)
		return e;
	if (!b->endpoints.same)
		map_init(&b->endpoints, BOOK_ENDPOINTS, same_endpoint);
	if (b->endpoints.count == BOOK_ENDPOINTS) {
		b->let_go++;
		return book_other_endpoint(b);
	}
	e = endpoint_new(b, method, folded);
	if (!e)
		return NULL;
	if (b->options.rules && !(e->rules = rules_for(b->options.rules, method, folded, folded))) {
		book_endpoint_free(e);
		return NULL;
	}
	if (b->options.expect)
		e->expects = expect_for(b->options.expect, method, folded, folded);
	e = put_in_order(b, e);
	if (e && map_put(&b->endpoints, hash, e) != 0) {
		b->endpoint_count--;
		book_endpoint_free(e);
		return NULL;
	}
	return e;
}

bool book_path_of_all(struct slice path)
{
	return slice_starts(path, slice_str("status ")) || slice_eq(path, slice_str("answer"));
}

/* --- keys --------------------------------------------------------------------------------------------------------------------------- */

static void key_free(struct key_book *k)
{
	free(k->path);
	free(k);
}

static struct key_book *key_new(struct book *b, struct endpoint_book *e, struct slice path, enum difference_kind kind)
{
	struct key_book *k = calloc(1, sizeof *k);
	char *copy = k ? slice_copy(path) : NULL;
	if (!copy) {
		free(k);
		return NULL;
	}
	k->endpoint = e;
	k->path = copy;
	k->path_len = path.len;
	k->kind = kind;
	k->of_all = book_path_of_all(path);
	k->forms = UINT_MAX;
	k->examples.random = draws_from(b, e, path, kind);
	if (b->key_count == b->key_cap) {
		size_t cap = b->key_cap ? b->key_cap * 2 : 64;
		struct key_book **more = realloc(b->keys, cap * sizeof(struct key_book *));
		if (!more) {
			key_free(k);
			return NULL;
		}
		b->keys = more;
		b->key_cap = cap;
	}
	k->number = (uint32_t)b->key_count;
	b->keys[b->key_count++] = k;
	return k;
}

/* What is beyond the limits is counted together, and tested like any other. */
struct key_book *book_other_key(struct book *b, struct endpoint_book *e)
{
	if (!e->other)
		e->other = key_new(b, e, slice_str("(other paths)"), DIFFERENCE_VALUE);
	return e->other;
}

static uint64_t key_hash(const struct book *b, struct key_name name)
{
	return hash_bytes((struct hash_key){ b->key.k0, b->key.k1 + name.kind }, name.path);
}

struct key_book *book_key_find(const struct book *b, const struct endpoint_book *e, struct slice path, enum difference_kind kind)
{
	struct key_name name = { slice_cut(path, 0, DIFFERENCE_PATH_MAX), kind };
	return map_find(&e->keys, key_hash(b, name), &name);
}

struct key_book *book_key(struct book *b, struct endpoint_book *e, struct slice path, enum difference_kind kind)
{
	struct key_name name = { slice_cut(path, 0, DIFFERENCE_PATH_MAX), kind };
	uint64_t hash = key_hash(b, name);
	struct key_book *k = map_find(&e->keys, hash, &name);
	if (k)
		return k;
	/* The rules of a contract are few, and a broken one is never lost among others. */
	bool room = e->keys.count < BOOK_ENDPOINT_KEYS - BOOK_EXPECTS && b->key_count < BOOK_KEYS;
	if (!room && kind != DIFFERENCE_EXPECT) {
		b->let_go++;
		return book_other_key(b, e);
	}
	k = key_new(b, e, name.path, kind);
	if (k && map_put(&e->keys, hash, k) != 0) {
		b->key_count--;
		key_free(k);
		return NULL;
	}
	return k;
}
