/* utf8: what is text and what is not, and nothing that drives a terminal gets through. */
#include "report/utf8.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

struct row {
	const char *bytes;
	size_t len;
	uint32_t point; /* of the first */
	size_t took;
};

#define ROW(text, point, took)                                                                                                             \
	{                                                                                                                                  \
		text, sizeof text - 1, point, took                                                                                         \
	}

static const struct row rows[] = {
	ROW("a", 'a', 1),
	ROW("\0", 0, 1),
	ROW("\x7f", 0x7f, 1),
	ROW("\xc3\xa9x", 0xe9, 2),
	ROW("\xe2\x82\xac", 0x20ac, 3),
	ROW("\xf0\x9f\x90\xb5", 0x1f435, 4),
	ROW("\xf4\x8f\xbf\xbf", 0x10ffff, 4),
	ROW("\xf4\x90\x80\x80", UTF8_BAD, 1), /* above Unicode */
	ROW("\xed\xa0\x80", UTF8_BAD, 1),     /* a surrogate */
	ROW("\xc0\x80", UTF8_BAD, 1),         /* overlong */
	ROW("\xe0\x80\x80", UTF8_BAD, 1),
	ROW("\xf0\x80\x80\x80", UTF8_BAD, 1),
	ROW("\x80", UTF8_BAD, 1),
	ROW("\xff", UTF8_BAD, 1),
	ROW("\xe2\x82", UTF8_BAD, 1), /* cut off */
	ROW("\xe2x\xac", UTF8_BAD, 1),
	ROW("\xf0\x9f\x90", UTF8_BAD, 1),
};

Test(utf8, decodes_and_refuses)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice at_edge = guard_copy(slice_of(rows[i].bytes, rows[i].len));
		struct slice rest = at_edge;
		cr_assert_eq(utf8_next(&rest), rows[i].point, "row %zu", i);
		cr_assert_eq(at_edge.len - rest.len, rows[i].took, "row %zu", i);
		guard_free(at_edge);
	}
	cr_assert(utf8_valid(slice_str("Gr\xc3\xbc\xc3\x9f"
	                               "e")));
	cr_assert(utf8_valid(slice_of(NULL, 0)));
	cr_assert_not(utf8_valid(slice_str("Gr\xfc\xdf")));
}

static const struct {
	const char *bytes;
	bool lines;
	const char *shown;
} shown[] = {
	{ "plain", false, "plain" },
	{ "a\nb\tc\r", false, "a\\nb\\tc\\r" },
	{ "a\r\nb\tc\r", true, "a\nb\tc\\r" },
	{ "\x1b[31mred\x1b[0m", true, "\\x1b[31mred\\x1b[0m" },
	{ "\x07\x08\x7f", true, "\\x07\\x08\\x7f" },
	{ "\xc2\x9b"
	  "31m",
	  true, "\\u{9b}31m" }, /* CSI as one C1 character */
	{ "\xe2\x80\xae"
	  "abc",
	  true, "\\u{202e}abc" }, /* right-to-left override */
	{ "\xef\xbb\xbf", true, "\\u{feff}" },
	{ "\xff\xc3\xa9\xc3", true, "\\xff\xc3\xa9\\xc3" },
	{ "C:\\x", true, "C:\\x" },
};

Test(utf8, makes_everything_visible)
{
	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		struct slice at_edge = guard_copy(slice_str(shown[i].bytes));
		struct buf out;
		buf_init(&out, 1024);
		cr_assert_eq(utf8_visible(&out, at_edge, shown[i].lines), 0);
		cr_assert(slice_eq(buf_slice(&out), slice_str(shown[i].shown)), "row %zu: %.*s", i, (int)out.len, out.ptr);
		buf_release(&out);
		guard_free(at_edge);
	}
}

Test(utf8, no_control_byte_of_any_kind_survives)
{
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			uint8_t two[2] = { (uint8_t)a, (uint8_t)b };
			struct buf out;
			buf_init(&out, 64);
			cr_assert_eq(utf8_visible(&out, slice_of(two, 2), false), 0);
			for (size_t i = 0; i < out.len; i++)
				cr_assert(out.ptr[i] >= 0x20 && out.ptr[i] != 0x7f, "%02x %02x", a, b);
			cr_assert(utf8_valid(buf_slice(&out)));
			buf_release(&out);
		}
}

Test(utf8, says_when_memory_is_out)
{
	struct buf out;
	buf_init(&out, 1024);
	alloc_fail_at(1);
	cr_assert_eq(utf8_visible(&out, slice_str("some text\x01"), false), ERR_NOMEM);
	cr_assert(alloc_failed());
	alloc_fail_at(0);
	buf_release(&out);
}
