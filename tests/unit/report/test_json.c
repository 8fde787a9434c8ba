/* json: what is written is JSON whatever the bytes; jansson reads it back. */
#include "report/json.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <math.h>

static void write_all(struct json *j)
{
	json_open(j, '{');
	json_key(j, "text");
	json_text(j, slice_str("a\"\\\n\t\x01\x7f\xc2\x9b\xc3\xa9\xff"));
	json_key(j, "null");
	json_str(j, NULL);
	json_key(j, "list");
	json_open(j, '[');
	json_u64(j, UINT64_MAX);
	json_i64(j, INT64_MIN);
	json_number(j, 1.25, 3);
	json_number(j, NAN, 3);
	json_bool(j, true);
	json_open(j, '{');
	json_close(j, '}');
	json_open(j, '[');
	json_close(j, ']');
	json_raw(j, slice_str("[1]"));
	json_close(j, ']');
	json_key(j, "b");
	json_bool(j, false);
	json_close(j, '}');
}

static const char written[] = "{\"text\":\"a\\\"\\\\\\n\\t\\u0001\\u007f\\u009b\xc3\xa9\xef\xbf\xbd\",\"null\":null,"
                              "\"list\":[18446744073709551615,-9223372036854775808,1.250,null,true,{},[],[1]],\"b\":false}";

Test(json, writes)
{
	struct buf out;
	buf_init(&out, 4096);
	struct json j = json_into(&out);
	write_all(&j);
	cr_assert_eq(json_error(&j), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str(written)), "%.*s", (int)out.len, out.ptr);
	buf_release(&out);
}

Test(json, any_two_bytes_are_read_back)
{
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			uint8_t two[2] = { (uint8_t)a, (uint8_t)b };
			struct buf out;
			buf_init(&out, 64);
			struct json j = json_into(&out);
			json_text(&j, slice_of(two, 2));
			json_t *back = json_loadb((const char *)out.ptr, out.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
			cr_assert_not_null(back, "%02x %02x", a, b);
			if (a < 0x80 && b < 0x80)
				cr_assert(slice_eq(slice_of(json_string_value(back), json_string_length(back)), slice_of(two, 2)));
			json_decref(back);
			buf_release(&out);
		}
}

Test(json, base64)
{
	/* RFC 4648 §10 */
	static const char *const rows[][2] = { { "", "\"\"" },
		                               { "f", "\"Zg==\"" },
		                               { "fo", "\"Zm8=\"" },
		                               { "foo", "\"Zm9v\"" },
		                               { "foob", "\"Zm9vYg==\"" },
		                               { "fooba", "\"Zm9vYmE=\"" },
		                               { "foobar", "\"Zm9vYmFy\"" } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf out;
		buf_init(&out, 64);
		struct json j = json_into(&out);
		json_base64(&j, slice_str(rows[i][0]));
		cr_assert(slice_eq(buf_slice(&out), slice_str(rows[i][1])), "%s", rows[i][0]);
		buf_release(&out);
	}
}

Test(json, every_allocation_may_fail)
{
	for (unsigned long n = 1;; n++) {
		struct buf out;
		buf_init(&out, 4096);
		struct json j = json_into(&out);
		alloc_fail_at(n);
		write_all(&j);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(json_error(&j), failed ? ERR_NOMEM : 0);
		buf_release(&out);
		if (!failed)
			break;
	}
}
