/* book_series: points in whatever order times come, halved where there are too many; together with another's. */
#include "diff/book_series.h"

#include "base/clock.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

#define START (1700000000 * NS_PER_S)

static uint64_t compared_in(const struct series *s)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s->count; i++)
		n += s->points[i].compared;
	return n;
}

Test(series, seconds_in_any_order)
{
	struct series s = { 0 };
	cr_assert(series_add(&s, START + 5 * NS_PER_S + 7, 1000000, 2000000, SERIES_SAME));
	cr_assert(series_add(&s, START + 2 * NS_PER_S, -1, -1, 4));
	cr_assert(series_add(&s, START + 9 * NS_PER_S, 3000000, -1, SERIES_BEYOND));
	cr_assert(series_add(&s, 0, 1, 1, 1), "no time: not part of it");
	cr_assert_eq(s.start_ns, START + 2 * NS_PER_S);
	cr_assert_eq(s.step_ns, NS_PER_S);
	cr_assert_eq(s.count, 8);
	cr_assert_eq(s.points[0].mark_count, 1);
	cr_assert_eq(s.points[0].marks[0], 4);
	cr_assert_eq(s.points[3].compared, 1);
	cr_assert_float_eq((double)series_quantile(s.points[3].control, 0.5), 1e6, 0.07e6);
	cr_assert_float_eq((double)series_quantile(s.points[3].candidate, 0.99), 2e6, 0.14e6);
	cr_assert_eq(series_quantile(s.points[0].control, 0.5), 0);
	cr_assert_eq(s.points[7].beyond, 1);
	series_free(&s);
}

Test(series, halved)
{
	struct series s = { 0 };
	for (int64_t i = 0; i < 10000; i++)
		cr_assert(series_add(&s, START + NS_PER_S + i * NS_PER_S, 1000, 1000, i % 10 ? SERIES_SAME : (uint32_t)i));
	cr_assert_leq(s.count, SERIES_POINTS);
	cr_assert_eq(s.step_ns, 4 * NS_PER_S);
	cr_assert_eq(s.start_ns % s.step_ns, 0);
	cr_assert_eq(compared_in(&s), 10000);
	cr_assert_eq(s.marks, 1000);
	uint64_t marks = 0;
	for (size_t i = 0; i < s.count; i++)
		for (uint32_t k = 0; k < s.points[i].mark_count; k++, marks++) {
			int64_t at = START + NS_PER_S + s.points[i].marks[k] * NS_PER_S;
			cr_assert_eq((at - s.start_ns) / s.step_ns, (int64_t)i, "a mark stays in its moment's point");
		}
	cr_assert_eq(marks, 1000);
	/* Far earlier: begins there, of longer steps. */
	cr_assert(series_add(&s, START - 20000 * NS_PER_S, 1, 1, SERIES_SAME));
	cr_assert_leq(s.count, SERIES_POINTS);
	cr_assert_eq(s.points[0].compared, 1);
	cr_assert_eq(compared_in(&s), 10001);
	series_free(&s);
}

Test(series, merged)
{
	static const uint32_t names[] = { 7, SERIES_BEYOND };
	struct series a = { 0 }, b = { 0 };
	for (int64_t i = 0; i < 100; i++)
		cr_assert(series_add(&a, START + i * NS_PER_S, 1000, 1000, SERIES_SAME));
	for (int64_t i = 0; i < 5000; i++)
		cr_assert(series_add(&b, START - 10 * NS_PER_S + i * NS_PER_S, 1000, 1000, i < 2 ? (uint32_t)i : SERIES_SAME));
	cr_assert(series_merge(&a, &b, names));
	cr_assert_eq(a.step_ns, b.step_ns);
	cr_assert_eq(compared_in(&a), 5100);
	cr_assert_eq(a.points[0].marks[0], 7);
	cr_assert_eq(a.points[0].beyond, 1);
	series_free(&a);
	series_free(&b);
}

Test(series, memory_out)
{
	for (unsigned long n = 1;; n++) {
		struct series s = { 0 };
		bool whole = true;
		alloc_fail_at(n);
		for (int64_t i = 0; i < 200; i++)
			whole &= series_add(&s, START + i * NS_PER_S, 1, 1, 1);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		uint64_t marks = s.marks, beyond = 0;
		for (size_t i = 0; i < s.count; i++)
			beyond += s.points[i].beyond;
		cr_assert(whole ? marks + beyond == 200 : compared_in(&s) < 200);
		series_free(&s);
		if (!failed)
			break;
	}
}
