/* limiter: the ids dropped lie in a table of small sets, the newest of a set in the place of its oldest. */
#include "input/limiter.h"

#include "base/clock.h"
#include "base/hash.h"

#include <stdlib.h>

#define SETS 16384
#define WAYS 8 /* 1 MiB in all: responses come soon after their requests */

struct limiter {
	uint64_t per_second, passed;
	int64_t second; /* the one that `passed` counts */
	struct hash_key key;
	uint64_t dropped[SETS][WAYS];
};

struct limiter *limiter_new(uint64_t per_second)
{
	struct limiter *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->per_second = per_second;
	l->second = INT64_MIN;
	l->key = hash_key_random();
	return l;
}

static uint64_t *set_of(struct limiter *l, uint64_t hash)
{
	return l->dropped[hash % SETS];
}

static uint64_t hash_of(const struct limiter *l, const struct message *m)
{
	return hash_bytes(l->key, slice_of(m->id.hex, m->id.len)) | 1; /* 0 is an empty place */
}

static bool was_dropped(struct limiter *l, const struct message *m)
{
	uint64_t hash = hash_of(l, m);
	const uint64_t *set = set_of(l, hash >> 1);
	for (int i = 0; i < WAYS; i++)
		if (set[i] == hash)
			return true;
	return false;
}

static void remember(struct limiter *l, const struct message *m)
{
	uint64_t hash = hash_of(l, m), *set = set_of(l, hash >> 1);
	memmove(set + 1, set, (WAYS - 1) * sizeof *set);
	set[0] = hash;
}

/* The same id may come again in a later round of a loop. */
static void forget(struct limiter *l, const struct message *m)
{
	uint64_t hash = hash_of(l, m), *set = set_of(l, hash >> 1);
	for (int i = 0; i < WAYS; i++)
		if (set[i] == hash)
			set[i] = 0;
}

bool limiter_passes(struct limiter *l, const struct message *m, int64_t start_ns, int64_t at_ns)
{
	if (m->type != MESSAGE_REQUEST)
		return !was_dropped(l, m);
	int64_t second = (at_ns - start_ns) / NS_PER_S;
	if (second != l->second) {
		l->second = second;
		l->passed = 0;
	}
	if (l->passed >= l->per_second) {
		remember(l, m);
		return false;
	}
	l->passed++;
	forget(l, m);
	return true;
}

void limiter_free(struct limiter *l)
{
	free(l);
}
