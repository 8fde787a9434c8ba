/* verdict_cells: what fits, what is cut, what is shown of two long values; no byte of a foreign text drives the terminal. */
#include "report/utf8.h"
#include "report/verdict_cells.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "support/unit_verdict.h"

#include <criterion/criterion.h>

#define DOTS  "\xe2\x80\xa6"
#define ARROW " \xe2\x86\x92 "

static void expect(struct cells *c, const char *text)
{
	cr_assert_eq(c->error, 0);
	cr_assert(slice_eq(buf_slice(c->out), slice_str(text)), "got <%.*s>", (int)c->out->len, c->out->ptr);
	buf_clear(c->out);
	c->at = 0;
}

Test(verdict_cells, clips)
{
	static const struct {
		const char *text;
		size_t columns;
		const char *shown;
		size_t at;
	} rows[] = {
		{ "abc", 3, "abc", 3 },
		{ "abcd", 3, "ab" DOTS, 3 },
		{ "abc", 0, "", 0 },
		{ "\x1b[31m", 20, "\\x1b[31m", 8 },
		{ "a\nb", 3, "a\\" DOTS, 3 },
		{ "\xe4\xbd\xa0\xe5\xa5\xbd", 4, "\xe4\xbd\xa0\xe5\xa5\xbd", 4 }, /* wide: two columns each */
		{ "\xe4\xbd\xa0\xe5\xa5\xbd", 3, "\xe4\xbd\xa0" DOTS, 3 },
		{ "e\xcc\x81x", 2, "e\xcc\x81x", 2 }, /* combining: no column */
		{ "\xff\xfe", 20, "\\xff\\xfe", 8 },
	};
	struct buf out;
	buf_init(&out, 4096);
	struct cells c = cells_into(&out, 80, false);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice text = guard_copy(slice_str(rows[i].text));
		cells_clip(&c, CELL_PLAIN, text, rows[i].columns);
		cr_assert_eq(c.at, rows[i].at, "%s: %zu", rows[i].text, c.at);
		expect(&c, rows[i].shown);
		guard_free(text);
	}
	buf_release(&out);
}

Test(verdict_cells, moves)
{
	struct buf out;
	buf_init(&out, 4096);
	struct cells c = cells_into(&out, 20, false);
	cells_to(&c, 2);
	cells_put(&c, CELL_BAD, "ab");
	cells_to(&c, 6);
	cells_printf(&c, "%d", 7);
	cells_to(&c, 3);
	cr_assert_eq(c.at, 8);
	cr_assert_eq(cells_left(&c), 12);
	cells_end(&c);
	expect(&c, "  ab  7 \n");
	c = cells_into(&out, 20, true);
	cells_put(&c, CELL_BAD, "x");
	cells_put(&c, CELL_PLAIN, "y");
	expect(&c, "\x1b[1;31mx\x1b[0my");
	buf_release(&out);
}

Test(verdict_cells, two_values)
{
	static const struct {
		const char *control, *candidate;
		size_t columns;
		const char *shown;
	} rows[] = {
		{ "1", "2", 30, "1" ARROW "2" },
		{ NULL, "2", 30, "(none)" ARROW "2" },
		{ "1", NULL, 30, "1" ARROW "(none)" },
		{ "", "x", 30, "(empty)" ARROW "x" },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2", 23, DOTS "aa1" ARROW DOTS "aa2" },
		/* The shorter one gives its room away. */
		{ "abcdefghijklmnop", "2", 26, "abcdefghijklmnop" ARROW "2" },
	};
	struct buf out;
	buf_init(&out, 4096);
	struct cells c = cells_into(&out, 80, false);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cells_values(&c, rows[i].control, rows[i].candidate, rows[i].columns);
		expect(&c, rows[i].shown);
	}
	buf_release(&out);
}

/* Whatever the values, they stay within their columns, whole characters each. */
Test(verdict_cells, any_values_fit)
{
	static const char *const parts[] = { "a",         "\xc3\xa9", "\xe4\xbd\xa0", "\x1b",      "\xf0\x9f\x98\x80",
		                             "e\xcc\x81", "\xff",     "\xe2\x80\xae", "0123456789" };
	struct rng rng = { .x = 5 };
	for (int round = 0; round < 3000; round++) {
		char text[2][256] = { "", "" };
		for (int side = 0; side < 2; side++) {
			struct rng same = { .x = (uint64_t)round };
			for (size_t n = rng_below(&rng, 20); n; n--)
				strcat(text[side], parts[rng_below(rng_mille(&rng, 700) ? &same : &rng, sizeof parts / sizeof *parts)]);
		}
		size_t columns = 9 + rng_below(&rng, 60);
		struct buf out;
		buf_init(&out, 1 << 16);
		struct cells c = cells_into(&out, 200, false);
		cells_values(&c, text[0], text[1], columns);
		cr_assert_eq(c.error, 0);
		cr_assert_leq(c.at, columns, "%zu of %zu: %.*s", c.at, columns, (int)out.len, out.ptr);
		cr_assert(utf8_valid(buf_slice(&out)));
		buf_release(&out);
	}
}

Test(verdict_cells, every_allocation_may_fail)
{
	for (unsigned long n = 1;; n++) {
		struct buf out;
		buf_init(&out, 4096);
		struct cells c = cells_into(&out, 80, true);
		alloc_fail_at(n);
		cells_values(&c, UNIT_HOSTILE, "b", 40);
		cells_end(&c);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert(!failed || c.error == ERR_NOMEM || out.len);
		cr_assert(failed || c.error == 0);
		buf_release(&out);
		if (!failed)
			break;
	}
}
