/* lines: the same lines from either end, and what two texts begin and end with. */
#include "diff/lines.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

Test(lines, from_both_ends)
{
	static const struct {
		const char *text, *lines[5];
	} rows[] = {
		{ "", { 0 } },
		{ "a", { "a" } },
		{ "a\n", { "a" } },
		{ "a\r\nb", { "a", "b" } },
		{ "\n\r\n\n", { "", "", "" } },
		{ "a\rb\n\r", { "a\rb", "\r" } },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice s = guard_copy(slice_str(rows[i].text)), rest = s, line;
		size_t n = 0;
		for (; lines_next(&rest, &line); n++)
			cr_assert(rows[i].lines[n] && slice_eq(line, slice_str(rows[i].lines[n])), "%zu", i);
		cr_assert_null(rows[i].lines[n]);
		for (rest = s; lines_last(&rest, &line);)
			cr_assert(n-- && slice_eq(line, slice_str(rows[i].lines[n])), "%zu", i);
		cr_assert_eq(n, 0u);
		guard_free(s);
	}
}

Test(lines, common)
{
	static const struct {
		const char *a, *b;
		bool exact;
		size_t start_a, start_b, end_a, end_b;
	} rows[] = {
		{ "a\nb\nc\n", "a\nx\nc\n", true, 2, 2, 2, 2 },
		{ "a\r\nb\nc\n", "a\nx\nc\r\n", false, 3, 2, 2, 3 },
		{ "a\r\nb\nc\n", "a\nx\nc\r\n", true, 0, 0, 0, 0 },
		{ "a\nb", "a\nb\n", true, 2, 2, 0, 0 },
		{ "a\nb", "a\nb\n", false, 3, 4, 3, 4 },
		{ "ab\n", "b\n", true, 0, 0, 0, 0 },
		{ "", "a", true, 0, 0, 0, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice a = guard_copy(slice_str(rows[i].a)), b = guard_copy(slice_str(rows[i].b));
		size_t x, y;
		lines_common_start(a, b, rows[i].exact, &x, &y);
		cr_assert(x == rows[i].start_a && y == rows[i].start_b, "%zu: %zu, %zu", i, x, y);
		lines_common_end(a, b, rows[i].exact, &x, &y);
		cr_assert(x == rows[i].end_a && y == rows[i].end_b, "%zu: %zu, %zu", i, x, y);
		guard_free(a);
		guard_free(b);
	}
}
