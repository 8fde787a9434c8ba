/* pacer: due times, also for time stamps that no clock ever showed, and what rides along at a rate. */
#include "play/pacer.h"

#include "base/clock.h"

#include <criterion/criterion.h>

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
