/* text: kinds of difference between lines, the unified diff, and what is text at all. */
#include "diff/text.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "support/unit_rng.h"
#include "told.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const struct row {
	const char *control, *candidate, *told;
} rows[] = {
	{ "a\nb\n", "a\nb\n", "" },
	{ "a\nb\nc\n", "a\nx\nc\n", "value body b|x" },
	{ "a\nb\nc\nd\ne\n", "a\nx\nc\ny\ne\n", "value body b/c/d|x/c/y" },
	{ "a\nb\nc\n", "a\nc\n", "missing body b|" },
	{ "a\nb\nc\nd\n", "b\nd\n", "missing body a|" },
	{ "a\nb\nc\nd\n", "d\n", "missing body a/b/c|" },
	{ "a\nc\n", "a\nb\nc\n", "extra body |b" },
	{ "a\n", "a\nb\nc\n", "extra body |b/c" },
	{ "a\nb\nc\n", "c\na\nb\n", "order body a/b/c|c/a/b" },
	{ "x\na\nb\ny\n", "x\nb\na\ny\n", "order body a/b|b/a" },
	{ "a\na\nb\n", "a\nb\nb\n", "value body a|b" },
	{ "a\r\nb\r\n", "a\r\nc\r\n", "value body b|c" },
	{ "a\r\nb\r\n", "a\nb\n", "value body a^/|a/" },
	{ "a\nb\nc", "a\nb\nc\n", "value body c|c/" },
	{ "a\r\nb\n", "a\nx\n", "value body b|x" },
	{ "a\n\nb\n", "a\nb\n", "missing body |" },
	{ "", "a", "extra body |a" },
	{ "one line", "another line", "value body one line|another line" },
	{ "a\nb", "a", "missing body b|" },
};

Test(text, table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice a = guard_copy(slice_str(rows[i].control)), b = guard_copy(slice_str(rows[i].candidate));
		struct told t;
		text_compare(a, b, told_sink(&t));
		told_is(&t, rows[i].told, rows[i].control);
		guard_free(a);
		guard_free(b);
	}
}

Test(text, long_lines_show_the_place)
{
	size_t n = 10u << 20;
	char *a = malloc(n), *b = malloc(n);
	cr_assert(a && b);
	memset(a, 'x', n);
	memset(b, 'x', n);
	memcpy(b + n / 2, "HERE", 4);
	struct told t;
	text_compare(slice_of(a, n), slice_of(b, n), told_sink(&t));
	cr_assert_eq(t.n, 1u);
	cr_assert(strstr(t.text, "xHEREx"), "%s", t.text);
	struct buf out;
	buf_init(&out, 64u << 20);
	cr_assert_eq(text_unified(slice_of(a, n), slice_of(b, n), "a", "b", &out), 0);
	cr_assert_gt(out.len, 2 * n);
	buf_release(&out);
	free(a);
	free(b);
}

static const char *const diffs[][3] = {
	{ "a\nb\nc\n", "a\nb\nc\n", "" },
	{ "a\nb\nc\n", "a\nx\nc\n", "--- A\n+++ B\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n" },
	{ "", "a\n", "--- A\n+++ B\n@@ -0,0 +1 @@\n+a\n" },
	{ "a\n", "", "--- A\n+++ B\n@@ -1 +0,0 @@\n-a\n" },
	{ "a", "a\n", "--- A\n+++ B\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n" },
	{ "a\nb", "x\nb", "--- A\n+++ B\n@@ -1,2 +1,2 @@\n-a\n+x\n b\n\\ No newline at end of file\n" },
	{ "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n", "--- A\n+++ B\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n" },
	/* six equal lines between: one hunk; seven: two */
	{ "a\n1\n2\n3\n4\n5\n6\nb\n", "x\n1\n2\n3\n4\n5\n6\ny\n",
	  "--- A\n+++ B\n@@ -1,8 +1,8 @@\n-a\n+x\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n+y\n" },
	{ "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "x\n1\n2\n3\n4\n5\n6\n7\ny\n",
	  "--- A\n+++ B\n@@ -1,4 +1,4 @@\n-a\n+x\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-b\n+y\n" },
	{ "a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n",
	  "--- A\n+++ B\n@@ -1,7 +1,6 @@\n-a\n-b\n c\n+b\n a\n b\n-b\n a\n+c\n" }, /* the example in Myers' paper */
};

Test(text, unified)
{
	for (size_t i = 0; i < sizeof diffs / sizeof *diffs; i++) {
		struct slice a = guard_copy(slice_str(diffs[i][0])), b = guard_copy(slice_str(diffs[i][1]));
		struct buf out;
		buf_init(&out, 4096);
		cr_assert_eq(text_unified(a, b, "A", "B", &out), 0);
		cr_assert(slice_eq(buf_slice(&out), slice_str(diffs[i][2])), "%zu:\n%.*s", i, (int)out.len, (char *)out.ptr);
		buf_release(&out);
		guard_free(a);
		guard_free(b);
	}
}

/* Takes a unified diff back: the control with it is the candidate. */
static void check_applies(struct slice a, struct slice b, struct slice diff)
{
	static const char open_end[] = "\\ No newline at end of file\n";
	struct buf made;
	buf_init(&made, 64u << 20);
	size_t at = 0, line = 1;
	for (int skip = 0; diff.len; skip++) {
		struct slice one = slice_cut(diff, 0, slice_find_byte(diff, '\n') + 1);
		diff = slice_from(diff, one.len);
		if (skip < 2)
			continue;
		if (one.ptr[0] == '@') {
			size_t from = 0, n = 1;
			char head[100] = "";
			memcpy(head, one.ptr, one.len < sizeof head ? one.len : sizeof head - 1);
			cr_assert_geq(sscanf(head, "@@ -%zu,%zu", &from, &n), 1);
			for (from += n == 0; line < from; line++) {
				struct slice same = slice_cut(a, at, slice_find_byte(slice_from(a, at), '\n') + 1);
				cr_assert_eq(buf_append(&made, same), 0);
				at += same.len;
			}
			continue;
		}
		struct slice text = slice_from(one, 1);
		if (slice_starts(diff, slice_str(open_end))) {
			text.len--;
			diff = slice_from(diff, sizeof open_end - 1);
		}
		if (one.ptr[0] != '+') {
			cr_assert(slice_starts(slice_from(a, at), text), "a line of the control");
			at += text.len;
			line++;
		}
		if (one.ptr[0] != '-')
			cr_assert_eq(buf_append(&made, text), 0);
	}
	cr_assert_eq(buf_append(&made, slice_from(a, at)), 0);
	cr_assert(slice_eq(buf_slice(&made), b), "%.*s, not %.*s", (int)made.len, (char *)made.ptr, (int)b.len, b.ptr);
	buf_release(&made);
}

static struct slice random_lines(struct rng *r, char *room, size_t lines, size_t kinds)
{
	size_t n = 0;
	for (size_t i = 0; i < lines; i++) {
		room[n++] = (char)('a' + rng_below(r, kinds));
		if (i + 1 < lines || rng_mille(r, 500))
			room[n++] = '\n';
	}
	return slice_of(room, n);
}

Test(text, unified_applies)
{
	struct rng r = { 7 };
	char a[256], b[256];
	for (int i = 0; i < 3000; i++) {
		struct slice x = random_lines(&r, a, rng_below(&r, 40), 1 + rng_below(&r, 20));
		struct slice y = random_lines(&r, b, rng_below(&r, 40), 1 + rng_below(&r, 20));
		struct buf out;
		buf_init(&out, 8192);
		cr_assert_eq(text_unified(x, y, "A", "B", &out), 0);
		check_applies(x, y, buf_slice(&out));
		buf_release(&out);
	}
}

static size_t count_line(struct slice text, uint8_t sign)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == sign && (i == 0 || text.ptr[i - 1] == '\n');
	return n;
}

/* Beyond the bounds on work: still a right diff, if a coarse one. */
Test(text, unified_is_bounded)
{
	static const size_t sizes[] = { 1000, 5000, 150000 };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf a, b, out;
		buf_init(&a, 64u << 20);
		buf_init(&b, 64u << 20);
		buf_init(&out, 64u << 20);
		for (size_t k = 0; k < sizes[i]; k++) {
			cr_assert_eq(buf_printf(&a, "%zu\n", k), 0);
			cr_assert_eq(buf_printf(&b, "%zu\n", k % 2 ? k : k + 1000000), 0);
		}
		cr_assert_eq(text_unified(buf_slice(&a), buf_slice(&b), "A", "B", &out), 0);
		check_applies(buf_slice(&a), buf_slice(&b), buf_slice(&out));
		size_t gone = count_line(buf_slice(&out), '-') - 1;
		cr_assert_eq(gone, sizes[i] == 1000 ? 500u : sizes[i] - 1, "%zu of %zu", gone, sizes[i]);
		buf_release(&a);
		buf_release(&b);
		buf_release(&out);
	}
}

Test(text, unified_stops_at_whole_lines)
{
	struct slice a = slice_str("a\nb\nc\nd\ne\n"), b = slice_str("a\nB\nc\nD\ne");
	struct buf whole;
	buf_init(&whole, 4096);
	cr_assert_eq(text_unified(a, b, "A", "B", &whole), 0);
	for (size_t max = 0; max <= whole.len + 1; max++) {
		struct buf out;
		buf_init(&out, max);
		int r = text_unified(a, b, "A", "B", &out);
		cr_assert(r == 0 || r == ERR_LIMIT);
		cr_assert(r == ERR_LIMIT || out.len == whole.len);
		cr_assert_eq(max < whole.len, r == ERR_LIMIT, "%zu of %zu", max, whole.len);
		cr_assert(slice_starts(buf_slice(&whole), buf_slice(&out)));
		cr_assert(out.len == 0 || out.ptr[out.len - 1] == '\n');
		buf_release(&out);
	}
	buf_release(&whole);
}

Test(text, without_memory)
{
	struct slice a = slice_str("a\nb\nc\n"), b = slice_str("a\nx\nc\ny\n");
	bool failed = true;
	unsigned long n = 1;
	for (; failed; n++) {
		struct buf out;
		buf_init(&out, 4096);
		alloc_fail_at(n);
		int r = text_unified(a, b, "A", "B", &out);
		failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0);
		buf_release(&out);
	}
	cr_assert_gt(n, 5u);
}

Test(text, looks_like)
{
	static const struct {
		const char *bytes;
		size_t len;
		bool text;
	} cases[] = {
		{ "", 0, true },
		{ "plain\r\n\ttext", 12, true },
		{ "gr\xc3\xbc\xc3\x9f", 6, true },
		{ "gr\xfc\xdf Latin-1 in between much else", 33, true },
		{ "\x89PNG\r\n\x1a\n\0\0", 10, false },
		{ "a\0b", 3, false },
		{ "\xff\xd8\xff\xe0\x10JFIF", 9, false },
		{ "\x1f\x8b\x08\x08\x01\x02\x03", 7, false },
		{ "\x1b[1mbold\x1b[0m", 12, true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice s = guard_copy(slice_of(cases[i].bytes, cases[i].len));
		cr_assert_eq(text_looks_like(s), cases[i].text, "%zu", i);
		guard_free(s);
	}
	char big[4100]; /* a character across the end of what is looked at; a NUL behind it */
	for (size_t i = 0; i < 4099; i += 3)
		memcpy(big + i, "\xe2\x82\xac", i + 3 <= sizeof big ? 3 : sizeof big - i);
	big[4099] = 0;
	cr_assert(text_looks_like(slice_of(big, sizeof big)));
}
