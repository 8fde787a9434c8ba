/* verdict_kept: every exchange once, in the order of the findings that show it. */
#include "base/err.h"
#include "report/verdict_kept.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

static struct verdict_exchange x[5];
static struct verdict_finding findings[] = {
	{ .examples = { { .exchange = &x[3] }, { .exchange = &x[1] } }, .example_count = 2 },
	{ .examples = { { .exchange = &x[1] }, { .exchange = NULL }, { .exchange = &x[4] } }, .example_count = 3 },
	{ .example_count = 0 },
	{ .examples = { { .exchange = &x[0] }, { .exchange = &x[3] } }, .example_count = 2 },
};

Test(verdict_kept, numbers_each_once)
{
	static const size_t order[] = { 3, 1, 4, 0 };
	struct verdict v = { .findings = findings, .finding_count = 4 };
	struct verdict_kept k;
	cr_assert_eq(verdict_kept_init(&k, &v), 0);
	cr_assert_eq(k.count, 4);
	for (size_t i = 0; i < 4; i++) {
		cr_assert_eq(k.list[i], &x[order[i]]);
		cr_assert_eq(verdict_kept_number(&k, &x[order[i]]), i);
	}
	verdict_kept_release(&k);
}

Test(verdict_kept, none)
{
	struct verdict v = { .findings = &findings[2], .finding_count = 1 };
	struct verdict_kept k;
	cr_assert_eq(verdict_kept_init(&k, &v), 0);
	cr_assert_eq(k.count, 0);
	cr_assert_eq(verdict_kept_number(&k, &x[0]), 0);
	verdict_kept_release(&k);
}

Test(verdict_kept, every_allocation_may_fail)
{
	struct verdict v = { .findings = findings, .finding_count = 4 };
	for (unsigned long n = 1; n < 4; n++) {
		struct verdict_kept k;
		alloc_fail_at(n);
		int r = verdict_kept_init(&k, &v);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0);
		cr_assert_eq(failed, n < 3);
		verdict_kept_release(&k);
	}
}
