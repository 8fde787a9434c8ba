/* pacer: due times, also for time stamps that no clock ever showed. */
#include "play/pacer.h"

#include <criterion/criterion.h>

#define START 5000000000

static const struct {
	double speed;
	int64_t first, ts, due;
} cases[] = {
	{ 1, 1000, 1000, START },
	{ 1, 1700000000000000000, 1700000000000000001, START + 1 },
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
		struct pacer p = { .speed = cases[i].speed, .start_ns = START, .first_ns = cases[i].first };
		int64_t off = pacer_due(&p, cases[i].ts) - cases[i].due;
		cr_expect(off >= -1 && off <= 1, "case %zu: off by %lld", i, (long long)off);
	}
}
