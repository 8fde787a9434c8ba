/* slice, cursor, buf, hash: bytes are read within their bounds and grow within their cap. */
#include "base/buf.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdlib.h>

Test(cursor, never_reads_past_the_end_and_remembers_that_it_was_asked_to)
{
	static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	for (size_t n = 0; n <= sizeof bytes; n++) {
		struct slice s = guard_copy(slice_of(bytes, n));
		struct cursor c = cursor_of(s);
		uint8_t a = cursor_u8(&c);
		uint16_t b = cursor_u16be(&c);
		uint32_t d = cursor_u32be(&c);
		cr_expect_eq(c.ran_short, n < 7);
		cr_expect_eq(a, n >= 1 ? 1 : 0);
		if (n >= 7) {
			cr_expect_eq(b, 0x0203);
			cr_expect_eq(d, 0x04050607u);
		}
		cursor_skip(&c, 100);
		cr_expect(c.ran_short);
		cr_expect_eq(cursor_left(&c), 0);
		guard_free(s);
	}
	struct cursor little = cursor_of(slice_of(bytes, 8));
	cr_expect_eq(cursor_u64le(&little), 0x0807060504030201ULL);
	cr_expect_not(little.ran_short);
}

Test(slice, cuts_are_clamped)
{
	struct slice s = slice_str("hello");
	cr_expect(slice_eq(slice_cut(s, 1, 3), slice_str("ell")));
	cr_expect_eq(slice_cut(s, 9, 3).len, 0);
	cr_expect_eq(slice_cut(s, 3, SIZE_MAX).len, 2);
	cr_expect(slice_starts(s, slice_str("he")));
	cr_expect_not(slice_starts(slice_str("h"), s));
	cr_expect(slice_eq_nocase(slice_str("HoSt"), slice_str("hOsT")));
	cr_expect_not(slice_eq_nocase(slice_str("@"), slice_str("`")));
	cr_expect(slice_eq(slice_trim(slice_str("\t x y  ")), slice_str("x y")));
	cr_expect_eq(slice_trim(slice_str("  ")).len, 0);
	cr_expect_eq(slice_find_byte(s, 'l'), 2);
	cr_expect_eq(slice_find_byte(slice_of(NULL, 0), 'l'), 0);
}

Test(buf, grows_to_its_cap_and_no_further)
{
	struct buf b;
	buf_init(&b, 1000);
	for (int i = 0; i < 100; i++)
		cr_assert_eq(buf_append_str(&b, "0123456789"), 0);
	cr_assert_eq(buf_append_str(&b, "x"), ERR_LIMIT);
	cr_assert_eq(b.len, 1000);
	buf_consume(&b, 995);
	cr_assert(slice_eq(buf_slice(&b), slice_str("56789")));
	cr_assert_eq(buf_printf(&b, "-%d", 42), 0);
	cr_assert(slice_eq(buf_slice(&b), slice_str("56789-42")));
	buf_consume(&b, 5000);
	cr_assert_eq(b.len, 0);
	buf_release(&b);
	alloc_fail_at(1);
	cr_assert_eq(buf_append_str(&b, "x"), ERR_NOMEM);
	cr_assert_eq(b.len, 0);
	cr_assert_eq(buf_append_str(&b, "x"), 0);
	buf_release(&b);
}

Test(slice, is_copied_as_text)
{
	struct slice guarded = guard_copy(slice_str("hello"));
	char *copy = slice_copy(guarded), *empty = slice_copy(slice_of(NULL, 0));
	guard_free(guarded);
	cr_assert_str_eq(copy, "hello");
	cr_assert_str_eq(empty, "");
	free(copy);
	free(empty);
	alloc_fail_at(1);
	cr_assert_null(slice_copy(slice_str("x")));
	alloc_fail_at(0);
}

/* Ids rest on this: it must never change. */
Test(hash, is_stable_and_keyed)
{
	struct hash_key key = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };
	uint8_t in[15];
	for (uint8_t i = 0; i < sizeof in; i++)
		in[i] = i;
	uint64_t h = hash_bytes(key, slice_of(in, sizeof in));
	cr_expect_eq(h, hash_bytes(key, slice_of(in, sizeof in)));
	cr_expect_neq(h, hash_bytes(key, slice_of(in, sizeof in - 1)));
	cr_expect_neq(h, hash_bytes((struct hash_key){ 0, 0 }, slice_of(in, sizeof in)));
	cr_expect_eq(hash_bytes((struct hash_key){ 0, 0 }, slice_str("")), 0xd1fba762150c532cULL);
}
