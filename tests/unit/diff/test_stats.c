/* stats: against tables worked by hand, by brute force, and known values. */
#include "diff/stats.h"

#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <math.h>

static void near(double got, double wanted, double relative, const char *what)
{
	cr_assert(fabs(got - wanted) <= relative * fabs(wanted) + 1e-300, "%s: %.15g, not %.15g", what, got, wanted);
}

Test(stats, mcnemar)
{
	static const struct {
		uint64_t candidate, control;
		double p;
	} rows[] = {
		{ 0, 0, 1 },
		{ 0, 7, 1 },
		{ 1, 0, 0.5 },
		{ 10, 0, 1.0 / 1024 },
		{ 8, 3, 232.0 / 2048 },  /* 165 + 55 + 11 + 1 of 2^11 */
		{ 3, 8, 1981.0 / 2048 }, /* all but 1 + 11 + 55 */
		{ 5, 5, 638.0 / 1024 },
		{ 60, 0, 0x1p-60 },
		{ 1000, 0, 0x1p-1000 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		near(stats_mcnemar(rows[i].candidate, rows[i].control), rows[i].p, 1e-12, "mcnemar");
	/* Large counts: the normal distribution's tail, with its correction for continuity. */
	double n = 2e12, z = (2000000 - 0.5) / (sqrt(n) / 2);
	near(stats_mcnemar(1000002000000, 999998000000), erfc(z / M_SQRT2) / 2, 1e-4, "large");
	cr_assert_eq(stats_mcnemar(UINT64_C(1) << 40, 5), 0);
}

Test(stats, binomial_by_brute_force)
{
	for (unsigned n = 1; n <= 40; n++)
		for (unsigned k = 0; k <= n + 1; k++) {
			double sum = 0, rate = 0.13;
			for (unsigned i = k; i <= n; i++)
				sum += exp(lgamma(n + 1.0) - lgamma(i + 1.0) - lgamma(n - i + 1.0)) * pow(rate, i) * pow(1 - rate, n - i);
			near(stats_binomial(k, n, rate), sum, 1e-9, "binomial");
		}
	cr_assert_eq(stats_binomial(3, 10, 0), 0);
	cr_assert_eq(stats_binomial(3, 10, 1), 1);
	cr_assert_eq(stats_binomial(10, 10, 1), 1);
}

Test(stats, odd_one_out)
{
	near(stats_odd_one_out(10, 0, 0), 1.25 * pow(3, -10), 1e-12, "no noise");
	near(stats_odd_one_out_least(10), 1.25 * pow(3, -10), 1e-12, "least");
	cr_assert_eq(stats_odd_one_out(0, 0, 0), 1);
	near(stats_odd_one_out(1, 0, 0), 1.25 / 3, 1e-12, "one");
	cr_assert_eq(stats_odd_one_out(10, 10, 10), 1);
	near(stats_odd_one_out(20, 1, 0), 5 * 22 * 0x1p-21, 1e-12, "one of the controls': McNemar's alone");
	near(stats_odd_one_out(12, 0, 30), 5 * 0x1p-12, 1e-12, "McNemar's speaks louder");
	cr_assert_geq(stats_odd_one_out(12, 0, 1), stats_odd_one_out_least(13));
}

Test(stats, fisher)
{
	near(stats_fisher(3, 4, 1, 4), 17.0 / 70, 1e-12, "the lady that tastes tea");
	near(stats_fisher(4, 4, 0, 4), 1.0 / 70, 1e-12, "and is never wrong");
	near(stats_fisher(1, 4, 3, 4), 69.0 / 70, 1e-12, "mostly wrong");
	near(stats_fisher(10, 2000, 0, 2000), 0.00096561186708, 1e-9, "0.5% against none");
	cr_assert_eq(stats_fisher(0, 10, 5, 10), 1);
	cr_assert_eq(stats_fisher(0, 0, 5, 10), 1);
	cr_assert_eq(stats_fisher(10, 10, 10, 10), 1);
	near(stats_fisher(1, 1, 0, 99), 0.01, 1e-12, "one of a hundred");
	cr_assert_eq(stats_fisher(5, 10, 0, 0), 1, "nothing learned says nothing");
	/* By brute force: choose(now, x) choose(before, marked - x) / choose(all, marked). */
	for (unsigned x = 0; x <= 9; x++) {
		double sum = 0;
		for (unsigned i = x; i <= 9; i++)
			sum += exp(lgamma(31) - lgamma(i + 1.0) - lgamma(31.0 - i) + lgamma(21) - lgamma(10.0 - i) - lgamma(12.0 + i) -
			           (lgamma(51) - lgamma(10) - lgamma(42)));
		near(stats_fisher(x, 30, 9 - x, 20), fmin(1, sum), 1e-9, "brute force");
	}
}

Test(stats, interval)
{
	static const struct {
		uint64_t k, n;
		double low, high;
	} rows[] = {
		{ 0, 10, 0, 0.3084971 },          { 10, 10, 0.6915029, 1 },          { 3, 10, 0.0667395, 0.6524529 },    { 1, 1, 0.025, 1 },
		{ 5, 100, 0.0164319, 0.1128349 }, { 50, 100, 0.3983211, 0.6016789 }, { 10, 2000, 0.0024002, 0.0091759 }, { 0, 0, 0, 1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		double low, high;
		stats_interval(rows[i].k, rows[i].n, 0.95, &low, &high);
		cr_assert_float_eq(low, rows[i].low, 1e-6, "%zu: low %.9f", i, low);
		cr_assert_float_eq(high, rows[i].high, 1e-6, "%zu: high %.9f", i, high);
	}
}

/* What defines the bounds. */
Test(stats, interval_is_exact)
{
	for (uint64_t n = 1; n < 3000; n = n * 3 + 1)
		for (uint64_t k = 1; k <= n; k += 1 + n / 7) {
			double low, high;
			stats_interval(k, n, 0.99, &low, &high);
			near(stats_binomial(k, n, low), 0.005, 1e-6, "the lower bound");
			cr_assert(k == n ? high >= 1 : fabs(1 - stats_binomial(k + 1, n, high) - 0.005) < 1e-8);
		}
	double low, high, near_low, near_high;
	stats_interval(300000000, 1000000000, 0.95, &low, &high);
	stats_interval(300000001, 1000000001, 0.95, &near_low, &near_high);
	near(near_low, low, 1e-6, "where the normal approximation takes over");
	near(near_high, high, 1e-6, "likewise above");
}

Test(stats, false_discovery)
{
	/* Benjamini and Hochberg's own example (1995): four of these fifteen at 5%. */
	static const double p[15] = { 0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
		                      0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0 };
	double q[15];
	int below = 0;
	cr_assert_eq(stats_false_discovery(p, q, 15), 0);
	for (int i = 0; i < 15; i++)
		below += q[i] <= 0.05;
	cr_assert_eq(below, 4);
	near(q[0], 0.0015, 1e-12, "first");
	near(q[14], 1, 1e-12, "last");
	double mixed[3] = { 0.04, 0.01, 0.03 };
	cr_assert_eq(stats_false_discovery(mixed, mixed, 3), 0);
	near(mixed[0], 0.04, 1e-12, "in place");
	near(mixed[1], 0.03, 1e-12, "in place");
	near(mixed[2], 0.04, 1e-12, "never above a larger p's");
	cr_assert_eq(stats_false_discovery(NULL, NULL, 0), 0);
	alloc_fail_at(1);
	cr_assert_lt(stats_false_discovery(p, q, 15), 0);
	alloc_fail_at(0);
}

Test(stats, false_discovery_of_counts)
{
	/* Twenty tests that could never come to 0.3 are as good as not asked; the one that could come to 0.004 is. */
	double p[23], least[23], q[23], any[23];
	for (int i = 0; i < 23; i++) {
		p[i] = 1;
		least[i] = 0.3;
	}
	p[7] = least[7] = 0.004;
	p[9] = 0.9;
	least[9] = 0.003;
	p[20] = 0.0001;
	least[20] = 0;
	cr_assert_eq(stats_false_discovery_of_counts(p, least, q, any, 23), 0);
	near(q[20], 0.0001, 1e-12, "alone at its bound");
	near(any[20], 0.0001, 1e-12, "alone at its bound");
	near(q[7], 0.004 * 3 / 2, 1e-12, "three could, two did");
	near(any[7], 0.004 * 3, 1e-12, "three could");
	near(q[9], 0.9 * 23 / 3 > 1 ? 1 : 0, 1e-12, "the rest");
	/* None of them held back: Benjamini and Hochberg's. */
	double none[23] = { 0 }, plain[23];
	cr_assert_eq(stats_false_discovery_of_counts(p, none, q, any, 23), 0);
	cr_assert_eq(stats_false_discovery(p, plain, 23), 0);
	for (int i = 0; i < 23; i++)
		near(q[i], plain[i], 1e-12, "as if there were no least");
	near(any[7], 0.004 * 23, 1e-12, "Bonferroni's");
	cr_assert_eq(stats_false_discovery_of_counts(NULL, NULL, NULL, NULL, 0), 0);
	for (unsigned long n = 1; n <= 2; n++) {
		alloc_fail_at(n);
		cr_assert_lt(stats_false_discovery_of_counts(p, least, q, any, 23), 0);
		alloc_fail_at(0);
	}
}

Test(stats, median_ranks)
{
	static const struct {
		uint64_t n, low, high;
		double confidence;
	} rows[] = {
		{ 0, 0, 0, 0.99 },   { 1, 0, 0, 0.99 },     { 7, 0, 6, 0.99 }, { 8, 0, 7, 0.99 }, { 11, 0, 10, 0.99 },
		{ 12, 1, 10, 0.99 }, { 100, 39, 60, 0.95 }, { 6, 0, 5, 0.95 }, { 9, 1, 7, 0.95 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t low, high;
		stats_median_ranks(rows[i].n, rows[i].confidence, &low, &high);
		cr_assert_eq(low, rows[i].low, "%zu: %lu", i, (unsigned long)low);
		cr_assert_eq(high, rows[i].high, "%zu: %lu", i, (unsigned long)high);
	}
	for (uint64_t n = 20; n < 200000; n *= 3) {
		uint64_t low, high;
		stats_median_ranks(n, 0.99, &low, &high);
		cr_assert_leq(stats_binomial(n - low, n, 0.5), 0.005);
		cr_assert_gt(stats_binomial(n - low - 1, n, 0.5), 0.005, "the narrowest");
	}
}
