/* stages: rates, ramps and stages by their closed form, checked against the area under them. */
#include "play/stages.h"

#include "base/clock.h"
#include "base/err.h"

#include <criterion/criterion.h>
#include <math.h>

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
