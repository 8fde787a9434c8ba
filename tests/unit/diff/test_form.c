/* form: names in any order, values of one name in order. */
#include "diff/form.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "told.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const struct row {
	const char *control, *candidate, *told;
} rows[] = {
	{ "a=1&b=2", "b=2&a=1", "" },
	{ "a=1", "a=2", "value form:a 1|2" },
	{ "a=1&b=2", "a=1", "missing form:b 2|" },
	{ "", "a=1", "extra form:a |1" },
	{ "a=b+c", "a=b%20c", "" },
	{ "a=%c3%a4", "a=%C3%A4", "" },
	{ "a%62=1", "ab=1", "" },
	{ "a=%zz%", "a=%25zz%25", "" },
	{ "a=%4", "a=%254", "" },
	{ "a", "a=", "" },
	{ "&&a=1&", "a=1", "" },
	{ "=x", "=y", "value form: x|y" },
	{ "a=1=2", "a=1=3", "value form:a 1=2|1=3" },
	{ "a=1&a=2", "a=2&a=1", "order form:a 1|2" },
	{ "a=1&a=2&a=3", "a=1&a=3", "missing form:a 2|" },
	{ "a=1&a=3", "a=1&a=2&a=3&a=4", "extra form:a |2" },
	{ "a=1&a=2", "a=3&a=4", "value form:a 1|3" },
	{ "a=1&a=2", "a=3", "value form:a 1|3" },
	{ "a=1&a=2&b=1", "a=1&a=9&b=2", "value form:a 2|9\nvalue form:b 1|2" },
	{ "first+name=x", "first%20name=y", "value form:first%20name x|y" },
	{ "%00%ff%c3%a4%25+=x", "", "missing form:%00%FF\xc3\xa4%25%20 x|" },
	{ "items[0][id]=1", "items%5B0%5D%5Bid%5D=2", "value form:items[0][id] 1|2" },
};

Test(form, table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice a = guard_copy(slice_str(rows[i].control)), b = guard_copy(slice_str(rows[i].candidate));
		struct told t, u;
		form_compare(a, b, told_sink(&t));
		told_is(&t, rows[i].told, rows[i].control);
		form_compare(b, a, told_sink(&u));
		cr_assert_eq(t.n, u.n, "%s", rows[i].control);
		guard_free(a);
		guard_free(b);
	}
}

Test(form, without_memory)
{
	struct slice a = slice_str("a=1&b=2"), b = slice_str("a=1&b=3");
	bool failed = true;
	for (unsigned long n = 1; failed; n++) {
		struct told t;
		alloc_fail_at(n);
		form_compare(a, b, told_sink(&t));
		failed = alloc_failed();
		alloc_fail_at(0);
		told_is(&t, failed ? "value form:* a=1&b=2|a=1&b=3" : "value form:b 2|3", "no memory");
	}
}

Test(form, too_many_pairs)
{
	size_t n = 100001 * 2;
	char *a = malloc(n), *b = malloc(n);
	cr_assert(a && b);
	for (size_t i = 0; i < n; i += 2) {
		memcpy(a + i, "a&", 2);
		memcpy(b + i, "a&", 2);
	}
	b[n - 2] = 'b';
	struct told t;
	form_compare(slice_of(a, n - 2), slice_of(b, n), told_sink(&t));
	cr_assert_eq(t.n, 1u);
	form_compare(slice_of(a, n - 2), slice_of(a, n - 4), told_sink(&t));
	told_is(&t, "missing form:a |", "100,000");
	free(a);
	free(b);
}
