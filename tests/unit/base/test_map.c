/* map against a plain array: put, find, remove in a pseudo-random order, with colliding hashes. */
#include "base/map.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

struct entry {
	int key;
};

static bool same(const void *entry, const void *key)
{
	return ((const struct entry *)entry)->key == *(const int *)key;
}

Test(map, agrees_with_an_array)
{
	enum { N = 500 };
	static struct entry entries[N];
	bool there[N] = { false };
	struct map m;
	map_init(&m, N, same);
	unsigned seed = 7;
	for (int step = 0; step < 20000; step++) {
		seed = seed * 1103515245u + 12345u;
		int k = (int)(seed >> 8) % N;
		uint64_t hash = (uint64_t)k % 37; /* many collide */
		entries[k].key = k;
		if (there[k])
			cr_assert_eq(map_remove(&m, hash, &k), &entries[k]);
		else
			cr_assert_eq(map_put(&m, hash, &entries[k]), 0);
		there[k] = !there[k];
		int probe = (int)(seed >> 4) % N;
		cr_assert_eq(map_find(&m, (uint64_t)probe % 37, &probe), there[probe] ? &entries[probe] : NULL);
	}
	size_t at = 0, seen = 0;
	while (map_next(&m, &at))
		seen++;
	cr_assert_eq(seen, m.count);
	map_release(&m);
}

Test(map, says_when_it_is_full_or_out_of_memory)
{
	struct map m;
	struct entry e[3] = { { 0 }, { 1 }, { 2 } };
	map_init(&m, 2, same);
	alloc_fail_at(1);
	cr_assert_eq(map_put(&m, 0, &e[0]), ERR_NOMEM);
	cr_assert(alloc_failed());
	cr_assert_eq(map_put(&m, 0, &e[0]), 0);
	cr_assert_eq(map_put(&m, 1, &e[1]), 0);
	cr_assert_eq(map_put(&m, 2, &e[2]), ERR_LIMIT);
	cr_assert_eq(m.count, 2);
	map_release(&m);
}
