/* fields: walking field lines, and values that are equal in other bytes. */
#include "diff/fields.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

Test(fields, walk)
{
	struct slice s = guard_copy(slice_str(" stray\r\nA: 1\r\nB :\t2 \n\nC:\r\n three\r\n\tfour\r\nodd\r\nD:"));
	static const char *const expected[][2] = {
		{ "stray", "" }, { "A", "1" }, { "B", "2" }, { "C", "three\r\n\tfour" }, { "odd", "" }, { "D", "" },
	};
	struct slice rest = s, name, value;
	size_t n = 0;
	for (; fields_next(&rest, &name, &value); n++) {
		cr_assert_lt(n, sizeof expected / sizeof *expected);
		cr_assert(slice_eq(name, slice_str(expected[n][0])), "%zu", n);
		cr_assert(slice_eq(value, slice_str(expected[n][1])), "%zu", n);
	}
	cr_assert_eq(n, sizeof expected / sizeof *expected);
	cr_assert(slice_eq(fields_find(s, "b"), slice_str("2")));
	cr_assert(fields_find(s, "d").ptr && fields_find(s, "d").len == 0);
	cr_assert_null(fields_find(s, "e").ptr);
	guard_free(s);
}

Test(fields, equal_values)
{
	static const struct {
		const char *a, *b;
		unsigned form;
		bool equal;
	} rows[] = {
		{ "x", "x", VALUE_EXACT, true },
		{ "x", "X", VALUE_EXACT, false },
		{ "x", "X", VALUE_NOCASE, true },
		{ "x", "xy", VALUE_NOCASE, false },
		{ "a  b", "a b", VALUE_EXACT, false },
		{ "a\r\n b", "a b", VALUE_EXACT, true },
		{ "a\r\n\t b  c", "a b c", VALUE_EXACT, true },
		{ "a\r\n b", "A B", VALUE_NOCASE, true },
		{ "a/b;c=\"d\"", "a/b ; c = d", VALUE_PARAMETERS, true },
		{ "", " ", VALUE_PARAMETERS, true },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice a = guard_copy(slice_str(rows[i].a)), b = guard_copy(slice_str(rows[i].b));
		cr_assert_eq(fields_value_equal(a, b, rows[i].form), rows[i].equal, "%zu", i);
		cr_assert_eq(fields_value_equal(b, a, rows[i].form), rows[i].equal, "%zu", i);
		guard_free(a);
		guard_free(b);
	}
}
