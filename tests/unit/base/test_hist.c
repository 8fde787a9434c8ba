/* hist: quantiles within the promised error, exact extremes, merging as if recorded together. */
#include "base/hist.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

Test(hist, quantiles_are_within_one_percent)
{
	enum { N = 10000 };
	static int64_t values[N];
	static struct hist h, left, right;
	hist_init(&h);
	hist_init(&left);
	hist_init(&right);
	uint64_t seed = 1;
	for (int i = 0; i < N; i++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		values[i] = (int64_t)(seed >> (24 + seed % 30));
		hist_record(&h, values[i]);
		hist_record(i % 3 ? &left : &right, values[i]);
	}
	qsort(values, N, sizeof *values, by_value);
	hist_merge(&left, &right);
	static const double quantiles[] = { 0.0001, 0.5, 0.9, 0.99, 0.999, 1 };
	for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
		int64_t exact = values[(size_t)(quantiles[i] * N) - 1];
		int64_t got = hist_quantile(&h, quantiles[i]);
		cr_expect(got >= exact && got <= exact + exact / 100 + 1, "q%g: %lld for %lld", quantiles[i], (long long)got,
		          (long long)exact);
		cr_expect_eq(hist_quantile(&left, quantiles[i]), got);
	}
	cr_expect_eq(h.min_ns, values[0]);
	cr_expect_eq(h.max_ns, values[N - 1]);
	cr_expect_eq(left.count, N);
}

Test(hist, edges)
{
	static struct hist h;
	hist_init(&h);
	cr_expect_eq(hist_quantile(&h, 0.5), 0);
	hist_record(&h, -5);
	hist_record(&h, INT64_MAX);
	cr_expect_eq(h.count, 2);
	cr_expect_eq(h.min_ns, 0);
	cr_expect_eq(hist_quantile(&h, 1), (1LL << HIST_TOP_BIT) - 1);
}
