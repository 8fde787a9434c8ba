/* json_lcs, json_sort: against the plain table of all pairs of prefixes, and against bounds. */
#include "diff/json_lcs.h"
#include "diff/json_sort.h"
#include "support/unit_alloc.h"
#include "support/unit_rng.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define MOST 40

static uint32_t longest(const uint32_t *a, uint32_t n, const uint32_t *b, uint32_t m)
{
	static uint32_t table[MOST + 1][MOST + 1];
	for (uint32_t i = 0; i <= n; i++)
		for (uint32_t k = 0; k <= m; k++) {
			uint32_t best = 0;
			if (i && k) {
				best = table[i - 1][k] > table[i][k - 1] ? table[i - 1][k] : table[i][k - 1];
				if (a[i - 1] == b[k - 1])
					best = table[i - 1][k - 1] + 1;
			}
			table[i][k] = best;
		}
	return table[n][m];
}

/* How many were matched; each is the same on both sides, and they rise. */
static uint32_t check(const uint32_t *a, uint32_t n, const uint32_t *b, uint32_t m, const uint32_t *match)
{
	uint32_t count = 0, least = 0;
	for (uint32_t x = 0; x < n; x++) {
		if (match[x] == JSON_LCS_NONE)
			continue;
		cr_assert_lt(match[x], m);
		cr_assert_eq(a[x], b[match[x]]);
		cr_assert(count == 0 || match[x] > least);
		least = match[x];
		count++;
	}
	return count;
}

Test(json_lcs, is_the_longest)
{
	struct rng r = { 3 };
	struct json_lcs l = { .steps = UINT64_MAX };
	for (unsigned round = 0; round < 20000; round++) {
		uint32_t a[MOST], b[MOST], match[MOST], kinds = 1 + (uint32_t)rng_below(&r, 8);
		uint32_t n = (uint32_t)rng_below(&r, MOST + 1), m = (uint32_t)rng_below(&r, MOST + 1);
		for (uint32_t i = 0; i < n; i++)
			a[i] = (uint32_t)rng_below(&r, kinds);
		for (uint32_t i = 0; i < m; i++)
			b[i] = (uint32_t)rng_below(&r, kinds);
		cr_assert_eq(json_lcs_match(&l, a, n, b, m, kinds, match), 0);
		cr_assert_eq(check(a, n, b, m, match), longest(a, n, b, m));
	}
	json_lcs_release(&l);
}

/* Without steps: in order all the same, and the longest where nothing stands twice. */
Test(json_lcs, beyond_its_bounds_is_still_common_and_in_order)
{
	struct rng r = { 4 };
	struct json_lcs l = { .steps = 0 };
	for (unsigned round = 0; round < 20000; round++) {
		uint32_t a[MOST], b[MOST], match[MOST];
		bool unique = round % 2;
		for (uint32_t i = 0; i < MOST; i++) {
			a[i] = unique ? i : (uint32_t)rng_below(&r, 6);
			b[i] = unique ? i : (uint32_t)rng_below(&r, 6);
		}
		for (uint32_t i = MOST; unique && i-- > 1;) {
			uint32_t k = (uint32_t)rng_below(&r, i + 1), keep = b[i];
			b[i] = b[k];
			b[k] = keep;
		}
		l.steps = 0;
		cr_assert_eq(json_lcs_match(&l, a, MOST, b, MOST, MOST, match), 0);
		uint32_t got = check(a, MOST, b, MOST, match);
		cr_assert(unique ? got == longest(a, MOST, b, MOST) : got > 0);
	}
	json_lcs_release(&l);
}

Test(json_lcs, large_sequences_cost_little)
{
	enum { N = 200000 };
	uint32_t *a = malloc(N * sizeof *a), *b = malloc(N * sizeof *b), *match = malloc(N * sizeof *match);
	cr_assert(a && b && match);
	struct json_lcs l = { .steps = 1u << 24 };
	for (uint32_t i = 0; i < N; i++) {
		a[i] = i;
		b[i] = N - 1 - i;
	}
	cr_assert_eq(json_lcs_match(&l, a, N, b, N, N, match), 0);
	cr_expect_eq(check(a, N, b, N, match), 1);
	cr_expect_leq(l.cap, 8 * N);
	json_lcs_release(&l);
	free(a);
	free(b);
	free(match);
}

Test(json_lcs, an_allocation_may_fail)
{
	static const uint32_t a[] = { 1, 2, 3 }, b[] = { 3, 2, 1 };
	uint32_t match[3];
	bool failed = true;
	for (unsigned long n = 1; failed; n++) {
		struct json_lcs l = { .steps = n % 2 ? 100 : 0 };
		alloc_fail_at(n / 2 + 1);
		int rc = json_lcs_match(&l, a, 3, b, 3, 4, match);
		failed = alloc_failed();
		alloc_fail_at(0);
		cr_expect_eq(rc, failed ? ERR_NOMEM : 0);
		json_lcs_release(&l);
	}
}

Test(json_sort, sorts_by_the_upper_half_and_keeps_the_order_of_the_rest)
{
	struct rng r = { 5 };
	static uint64_t entries[3000], room[3000];
	for (size_t n = 0; n < 3000; n = n * 5 / 4 + 1) {
		for (size_t i = 0; i < n; i++)
			entries[i] = json_sort_entry(rng_next(&r) & (n % 2 ? ~0ULL : 0x700000000ULL), (uint32_t)i);
		json_sort(entries, room, n);
		for (size_t i = 1; i < n; i++)
			cr_assert_lt(entries[i - 1], entries[i]);
	}
}
