/* number: equal means the same number, and equal ones hash alike. */
#include "diff/number.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <math.h>

static const char *const classes[][8] = {
	{ "0", "-0", "0.0", "0e5", "-0.000E-7", "0e99999999999999999999" },
	{ "1", "1.0", "10e-1", "0.1e1", "1E0", "1e+00", "100e-0000000000000000000000000002", "0.00000000000000000001e20" },
	{ "-1", "-1.0", "-10e-1" },
	{ "10", "1e1", "10.0", "1.0e+1" },
	{ "3" },
	{ "-2" },
	{ "9007199254740992", "9007199254740992.0", "9.007199254740992e15" },
	{ "9007199254740993", "9007199254740993.0", "9.007199254740993e15" },
	{ "1e400", "10e399", "0.1e401" },
	{ "1e401" },
	{ "-1e400" },
	{ "123456789012345678901234567890", "12345678901234567890123456789e1", "1.2345678901234567890123456789e29" },
	{ "123456789012345678901234567891" },
	{ "1000000000000000000000000000000", "1e30" },
	{ "0.1", "1e-1", "0.10" },
	{ "0.10000000000000000001" },
	{ "1e99999999999999999999", "1.0e99999999999999999999", "1e+0099999999999999999999" },
	{ "1e-99999999999999999999" },
	{ "1e88888888888888888888" },
	{ "12e99999999999999999999" },
	{ "123456789012345678" },
	{ "1234567890123456789", "1234567890123456.789e3" },
};

Test(number, equal_numbers_and_only_they_are_equal)
{
	const size_t n = sizeof classes / sizeof *classes;
	for (size_t i = 0; i < n * 8; i++)
		for (size_t k = 0; k < n * 8; k++) {
			const char *x = classes[i / 8][i % 8], *y = classes[k / 8][k % 8];
			if (!x || !y)
				continue;
			struct slice a = guard_copy(slice_str(x)), b = guard_copy(slice_str(y));
			cr_expect_eq(number_equal(a, b), i / 8 == k / 8, "%s %s", x, y);
			cr_expect_eq(number_hash(a) == number_hash(b), i / 8 == k / 8, "%s %s", x, y);
			guard_free(a);
			guard_free(b);
		}
}

Test(number, near_is_within_the_tolerance_as_people_count)
{
	static const struct {
		const char *a, *b;
		double tolerance;
		bool near;
	} rows[] = {
		{ "1.0", "1.1", 0.1, true },
		{ "1.1", "1", 0.1, true },
		{ "1.0", "1.1000000001", 0.1, false },
		{ "0.3", "0.2", 0.1, true },
		{ "-0.05", "0.05", 0.1, true },
		{ "-0.06", "0.05", 0.1, false },
		{ "0", "0.5", 0.5, true },
		{ "0", "0e50", 0.5, true },
		{ "0.50001", "0", 0.5, false },
		{ "9007199254740993", "9007199254740992", 1, true },
		{ "9007199254740993", "9007199254740992", 0.5, false },
		{ "12345678901234567890.5", "12345678901234567890.75", 0.25, true },
		{ "12345678901234567890.5", "12345678901234567890.75", 0.24, false },
		{ "1e400", "1e400", 1, true },
		{ "1e400", "1.0e400", 1, true },
		{ "1e400", "1e401", 1, false },
		{ "1e5000", "2e5000", 1e300, false },
		{ "1e99999999999999999999", "1e99999999999999999999", 1, true },
		{ "1e99999999999999999999", "1", 1, false },
		{ "1e-99999999999999999999", "0", 1, false },
		{ "1e-400", "0", 0.1, true },
		{ "1e-5000", "1e30", 0.1, false },
		{ "1", "1.05", 0, false },
		{ "1", "1.0", 0, true },
		{ "1", "2", -1, false },
		{ "1e18", "1000000000000000001", 1, true },
		{ "1e60", "1.0000000001e60", 1e51, true },
		{ "1e60", "1.0000000001e60", 1e49, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_expect_eq(number_near(slice_str(rows[i].a), slice_str(rows[i].b), rows[i].tolerance), rows[i].near, "%s %s", rows[i].a,
		             rows[i].b);
		cr_expect_eq(number_near(slice_str(rows[i].b), slice_str(rows[i].a), rows[i].tolerance), rows[i].near, "%s %s", rows[i].b,
		             rows[i].a);
	}
}

Test(number, has_about_a_value)
{
	static const struct {
		const char *text;
		double value;
	} rows[] = {
		{ "0", 0 },
		{ "-0.0e9", 0 },
		{ "12.5", 12.5 },
		{ "-1e3", -1000 },
		{ "123456789012345678901234567890", 123456789012345678901234567890.0 },
		{ "1e400", HUGE_VAL },
		{ "-1e99999999999999999999", -HUGE_VAL },
		{ "1e-99999999999999999999", 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double got = number_value(slice_str(rows[i].text)), slack = fabs(rows[i].value) * 1e-15;
		cr_expect(got == rows[i].value || fabs(got - rows[i].value) <= slack, "%s: %g", rows[i].text, got);
	}
}
