/* verdict_text: golden pages, every width, hostile text. */
#include "report/utf8.h"
#include "report/verdict_cells.h"
#include "report/verdict_text.h"
#include "support/unit_alloc.h"
#include "support/unit_verdict.h"

#include <criterion/criterion.h>

static struct buf render(const struct verdict *v, size_t columns, bool colour)
{
	struct buf out;
	buf_init(&out, 1u << 20);
	cr_assert_eq(verdict_text(v, &(struct verdict_text_options){ .columns = columns, .colour = colour }, &out), 0);
	return out;
}

static void expect_lines(const struct buf *out, const char *const *lines, size_t n)
{
	struct slice rest = buf_slice(out);
	for (size_t i = 0; i < n; i++) {
		struct slice line = slice_cut(rest, 0, slice_find_byte(rest, '\n'));
		cr_assert(slice_eq(line, slice_str(lines[i])), "line %zu: <%.*s> is not <%s>", i + 1, (int)line.len, line.ptr, lines[i]);
		rest = slice_from(rest, line.len + 1);
	}
}

Test(verdict_text, wide)
{
	static const char *const lines[] = {
		"DIFFERENT: 3 findings in 3 of 8 endpoints; 412 of 20,000 exchanges (2.1%); 1 more perhaps",
		"FAILED: more than the 1% that --diff-fail allows",
		"recorded \xe2\x86\x92 http://127.0.0.1:8082; noise measured by http://127.0.0.1:8083",
		"",
		"  #  differs 95%          noise    how sure         kind     where, and an example: control \xe2\x86\x92 candidate",
		"  1  100%    93.0\xe2\x80\x93"
		"100%    0%       sure             value    GET /api/items/{id}  $.items[*].price",
		"                                                             12.50 \xe2\x86\x92 12.05  000000000000000000000001",
		"  2  50.0%   46.5\xe2\x80\x93"
		"53.5%   0.05%    sure             type     GET /search  $.items[*].id",
		"                                                             9007199254740993 \xe2\x86\x92 \"9007199254740993\"  "
		"daa66d2c7ddf743f00000004",
	};
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 4, .endpoints = 8 });
	struct buf out = render(v, 140, false);
	expect_lines(&out, lines, sizeof lines / sizeof *lines);
	buf_release(&out);
	verdict_free(v);
}

Test(verdict_text, narrow)
{
	static const char *const lines[] = {
		"DIFFERENT: 1 finding in 1 of 8 endpoints; 412 of 20,000 exchanges (2.1%)",
		"FAILED: more than the 1% that --diff-fail allows",
		"recorded \xe2\x86\x92 http://127.0.0.1:8082",
		"",
		"  1  GET /api/items/{id}  $.items[*].price",
		"     value  100% (93.0\xe2\x80\x93"
		"100%) of 2,000  sure, noise unknown",
		"     12.50 \xe2\x86\x92 12.05  000000000000000000000001",
		"  noise unknown: no second control and no learned rules, so every difference counts",
	};
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 1, .endpoints = 8, .alone = true });
	struct buf out = render(v, 80, false);
	expect_lines(&out, lines, sizeof lines / sizeof *lines);
	buf_release(&out);
	verdict_free(v);
}

Test(verdict_text, same)
{
	struct verdict v = { .control = "a.gor.zst", .candidate = "b.gor.zst", .seen = 2, .compared = 2, .same = 2, .endpoint_count = 1 };
	struct buf out = render(&v, 80, false);
	cr_assert(slice_eq(buf_slice(&out),
	                   slice_str("same: no finding; 2 exchanges in 1 endpoint compared\na.gor.zst \xe2\x86\x92 b.gor.zst\n")));
	buf_release(&out);
}

static bool holds(const struct buf *out, const char *text)
{
	return memmem(out->ptr, out->len, text, strlen(text)) != NULL;
}

Test(verdict_text, tells_what_was_not_compared_and_hidden)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 30, .endpoints = 14 });
	v->let_go = 1234;
	struct buf out = render(v, 140, false);
	cr_assert(holds(&out, "\n  \xe2\x80\xa6 and 7 more: "));
	cr_assert(holds(&out, "\nslower by over 20% and 1.00 ms (the median"));
	cr_assert(holds(&out, "  POST /api/orders                        1.98 times (1.94\xe2\x80\x93"
	                      "2.03)  p50 "));
	cr_assert(holds(&out, "\n       19,988  built in: header:date  GET /api/items\n"));
	cr_assert(holds(&out, "\n        4,988  $.meta.generated_at (rules.txt:3)  GET /search\n"));
	cr_assert(holds(&out, "  as often between the controls, or as learned:\n"));
	cr_assert(holds(&out, "\nnot comparable: the control did not answer (7); the run ended first (5)\n"));
	cr_assert(holds(&out, "\ncompared otherwise than named: JSON that is none (4)\n"));
	cr_assert(holds(&out, "\nbeyond the limits: 1,234 kinds"));
	buf_release(&out);
	for (size_t i = 0; i < v->latency_count; i++)
		v->latencies[i].slower = false;
	out = render(v, 140, false);
	cr_assert(holds(&out, "no endpoint is called slower by over 20% and 1.00 ms; the largest ratio:\n  POST /api/orders "));
	buf_release(&out);
	verdict_free(v);
}

Test(verdict_text, no_line_is_too_long_and_no_byte_drives_the_terminal)
{
	for (int hostile = 0; hostile < 2; hostile++) {
		struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 25, .endpoints = 9, .hostile = hostile });
		for (size_t columns = 0; columns < 220; columns++) {
			struct buf out = render(v, columns, false);
			size_t limit = columns == 0 ? 100 : columns > 160 ? 160 : columns;
			for (struct slice rest = buf_slice(&out); rest.len;) {
				struct slice line = slice_cut(rest, 0, slice_find_byte(rest, '\n'));
				/* Our own sentences are not cut: below 100 columns some are longer. */
				cr_assert(limit < 100 || cells_width(line) <= limit, "%zu: %.*s", columns, (int)line.len, line.ptr);
				rest = slice_from(rest, line.len + 1);
			}
			for (size_t i = 0; i < out.len; i++)
				cr_assert(out.ptr[i] >= 0x20 || out.ptr[i] == '\n');
			cr_assert(utf8_valid(buf_slice(&out)));
			cr_assert(!holds(&out, "\xe2\x80\xae") && !holds(&out, "\xe2\x80\xa8"));
			buf_release(&out);
		}
		verdict_free(v);
	}
}

Test(verdict_text, colour_changes_nothing_else)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 12, .endpoints = 5 });
	struct buf plain = render(v, 120, false), colour = render(v, 120, true);
	size_t at = 0;
	for (size_t i = 0; i < colour.len; i++) {
		if (colour.ptr[i] == 0x1b) {
			while (colour.ptr[i] != 'm')
				i++;
			continue;
		}
		cr_assert_eq(colour.ptr[i], plain.ptr[at++]);
	}
	cr_assert_eq(at, plain.len);
	cr_assert_gt(colour.len, plain.len);
	buf_release(&plain);
	buf_release(&colour);
	verdict_free(v);
}

Test(verdict_text, every_allocation_may_fail)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 3, .endpoints = 2 });
	unsigned long n = 1;
	for (bool failed = true; failed; n++) {
		struct buf out;
		buf_init(&out, 1u << 20);
		alloc_fail_at(n);
		int r = verdict_text(v, &(struct verdict_text_options){ .columns = 120 }, &out);
		failed = alloc_failed();
		alloc_fail_at(0);
		/* Where a width could not be told, the line is broken elsewhere: no loss. */
		cr_assert(r == 0 || (failed && r == ERR_NOMEM));
		buf_release(&out);
	}
	cr_assert_gt(n, 20);
	verdict_free(v);
}
