/* pacer: due times, also for time stamps that no clock ever showed; rates, ramps and stages by their closed form. */
#include "play/pacer.h"

#include "base/clock.h"
#include "base/err.h"

#include <criterion/criterion.h>
#include <math.h>

#define START 5000000000

static const struct {
	double speed;
	int64_t first, ts, due;
} cases[] = {
	{ 1, 1000, 1000, START },
	{ 1, 1700000000000000000, 1700000000000000001, START + 1 },
	{ 1, 1700000000000000000, 1710000000000000001, START + 10000000000000001 }, /* 115 days: more than a double holds */
	{ 2, 1700000000000000000, 1700000003000000000, START + 1500000000 },
	{ 0.5, 1000, 2000, START + 2000 },
	{ 1, 1000, 999, START }, /* nothing is due before the start */
	{ 1, INT64_MAX, INT64_MIN, START },
	{ 1, INT64_MIN, INT64_MAX, INT64_MAX / 2 },
	{ 0.0001, 0, INT64_MAX, INT64_MAX / 2 },
	{ 1e6, 0, INT64_MAX, START + INT64_MAX / 1000000 },
};

Test(pacer, due)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pacer p = { .speed = cases[i].speed };
		pacer_begin(&p, START, cases[i].first);
		int64_t off = pacer_due(&p, cases[i].ts, true) - cases[i].due;
		/* Doubles far out; nanoseconds otherwise. */
		int64_t allowed = cases[i].due > START + 1000000000000000000 ? 1 : 0;
		cr_expect(off >= -allowed - (cases[i].speed >= 1e6) && off <= allowed + (cases[i].speed >= 1e6), "case %zu: off by %lld", i,
		          (long long)off);
	}
}

/* Pauses of 10 s become 2 s; shorter ones stay; what follows keeps its distance to the nanosecond. */
Test(pacer, long_pauses_are_cut)
{
	static const int64_t seconds[] = { 0, 1, 11, 12, 12, 22, 24 }, due[] = { 0, 1, 3, 4, 4, 6, 8 };
	struct pacer p = { .speed = 1, .max_wait_ns = 2 * NS_PER_S };
	pacer_begin(&p, START, 100);
	for (size_t i = 0; i < sizeof due / sizeof *due; i++)
		cr_expect_eq(pacer_due(&p, 100 + seconds[i] * NS_PER_S, true), START + due[i] * NS_PER_S, "message %zu", i);
	cr_expect_eq(p.cut_ns, 16 * NS_PER_S);
	/* The pause is what the replay would wait: at ten times the speed 10 s are 1 s. */
	p = (struct pacer){ .speed = 10, .max_wait_ns = 2 * NS_PER_S };
	pacer_begin(&p, START, 0);
	cr_expect_eq(pacer_due(&p, 10 * NS_PER_S, true), START + NS_PER_S);
	cr_expect_eq(pacer_due(&p, 100 * NS_PER_S, true), START + 3 * NS_PER_S);
}

Test(pacer, a_pause_of_centuries_is_cut_too)
{
	struct pacer p = { .speed = 1, .max_wait_ns = NS_PER_S };
	pacer_begin(&p, START, INT64_MIN);
	cr_expect_eq(pacer_due(&p, INT64_MAX, true), START + NS_PER_S);
	cr_expect_eq(pacer_due(&p, INT64_MAX, true), START + NS_PER_S);
	cr_expect_eq(pacer_due(&p, INT64_MIN, true), START, "and what is stamped before the first is due at the start");
}

Test(pacer, at_a_rate_responses_ride_along)
{
	struct stages s;
	cr_assert_eq(stages_parse("1000", &s), 0);
	struct pacer p = { .stages = &s };
	pacer_begin(&p, START, 0);
	cr_expect_eq(pacer_due(&p, 5, false), START);
	for (int k = 0; k < 5; k++) {
		cr_expect_eq(pacer_due(&p, 12345 * (9 - k), true), START + k * NS_PER_MS);
		cr_expect_eq(pacer_due(&p, 0, false), START + k * NS_PER_MS);
	}
	pacer_begin(&p, START + 77, 3);
	cr_expect_eq(pacer_due(&p, 0, true), START + 5 * NS_PER_MS, "a second round goes on with the schedule");
}

static double rate_at(const struct stages *s, double t, double *seen)
{
	*seen = 0;
	for (size_t i = 0; i < s->n; i++) {
		double d = s->list[i].length_ns ? (double)s->list[i].length_ns / 1e9 : INFINITY;
		double a = s->list[i].from, b = s->list[i].to;
		if (t < d) {
			*seen += a * t + (isinf(d) ? 0 : (b - a) * t * t / 2 / d);
			return isinf(d) ? a : a + (b - a) * t / d;
		}
		*seen += (a + b) / 2 * d;
		t -= d;
	}
	return 0;
}

static const struct {
	const char *text;
	uint64_t requests; /* that have a time; 0: no end */
	int64_t last_below_ns;
} plans[] = {
	{ "300", 0, 0 },
	{ "0.5", 0, 0 },
	{ "100:1000:60s", 33000, 60 * NS_PER_S },
	{ "1000:100:60s", 33000, 60 * NS_PER_S },
	{ "0:100:10s", 500, 10 * NS_PER_S },
	{ "100:0:10s", 500, 10 * NS_PER_S },
	{ "100:1000:60s,1000:1000:5m", 333000, 360 * NS_PER_S },
	{ "50:2s,0:3s,50:2s", 200, 7 * NS_PER_S },
	{ "0:0:1s,10", 0, 0 },
	{ "1000:1000.001:60s", 60001, 60 * NS_PER_S }, /* 60000.03: one more begins before the end */
	{ "0.3:10s,0.7:10s", 10, 20 * NS_PER_S },
};

/* Each time is where the area under the rates has reached the number, to a nanosecond's worth; and they never go back. */
Test(stages, the_k_th_request_is_where_the_area_is_k)
{
	for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
		struct stages s;
		cr_assert_eq(stages_parse(plans[i].text, &s), 0, "%s", plans[i].text);
		uint64_t n = plans[i].requests ? plans[i].requests : 5000;
		int64_t before = 0;
		for (uint64_t k = 0; k < n; k++) {
			int64_t t = stages_time(&s, k);
			cr_assert_neq(t, INT64_MAX, "%s: %llu", plans[i].text, (unsigned long long)k);
			cr_assert_geq(t, before);
			double seen, rate = rate_at(&s, (double)t / 1e9, &seen);
			cr_expect_float_eq(seen, (double)k, rate * 2e-9 + 1e-6, "%s: request %llu at %lld: %f", plans[i].text,
			                   (unsigned long long)k, (long long)t, seen);
			before = t;
		}
		if (plans[i].requests) {
			cr_expect_lt(before, plans[i].last_below_ns, "%s", plans[i].text);
			cr_expect_eq(stages_time(&s, n), INT64_MAX, "%s has an end", plans[i].text);
		}
	}
}

Test(stages, ten_days_at_a_fixed_rate_do_not_drift)
{
	struct stages s;
	cr_assert_eq(stages_parse("300", &s), 0);
	for (uint64_t second = 0; second <= 864000; second += 86400)
		cr_expect_eq(stages_time(&s, second * 300), (int64_t)second * NS_PER_S);
	cr_expect_eq(stages_time(&s, 1), 3333333);
	cr_expect_eq(stages_time(&s, UINT64_MAX), INT64_MAX, "past the end of time there is none");
}

static const struct {
	const char *text;
	int r;
} wrong[] = {
	{ "", ERR_USAGE },
	{ "0", ERR_USAGE },
	{ "-5", ERR_USAGE },
	{ "abc", ERR_USAGE },
	{ "1e3", ERR_USAGE },
	{ "0x10", ERR_USAGE },
	{ "nan", ERR_USAGE },
	{ "1.2.3", ERR_USAGE },
	{ "100,", ERR_USAGE },
	{ ",100", ERR_USAGE },
	{ "100,200", ERR_USAGE }, /* the first has no end */
	{ "100:200", ERR_USAGE }, /* a duration needs its unit */
	{ "100:200:", ERR_USAGE },
	{ "100:200:0s", ERR_USAGE },
	{ "100:200:3", ERR_USAGE },
	{ "1:2:3s:4s", ERR_USAGE },
	{ "0:0:5s", ERR_USAGE }, /* nothing is ever sent */
	{ ":::", ERR_USAGE },
	{ "1000000000", ERR_LIMIT },
	{ "1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:"
	  "1s,"
	  "1:1s,1:1s,1:1s,1:1s,1:1s,1:1s,1:1s",
	  ERR_LIMIT },
	{ "11111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111"
	  "11111",
	  ERR_USAGE },
};

Test(stages, what_is_no_plan)
{
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct stages s = { .n = 77 };
		cr_expect_eq(stages_parse(wrong[i].text, &s), wrong[i].r, "'%s'", wrong[i].text);
		cr_expect_eq(s.n, 77, "'%s' changed something", wrong[i].text);
	}
}
