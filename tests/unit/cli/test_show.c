/* show: golden text and JSON of records, hostile ones among them. */
#include "cli/show.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <jansson.h>

static struct message *record(enum message_type type, uint8_t flags, struct slice bytes)
{
	struct message *m = message_new(type, 1 << 20);
	cr_assert_not_null(m);
	m->id = message_id_make(0x0123456789abcdefULL, 1);
	m->ts_ns = 1714979289000000005LL;
	m->latency_ns = 1240000;
	m->flags = flags;
	cr_assert(endpoint_parse("127.0.0.1:5000", &m->src));
	cr_assert(endpoint_parse("[2001:db8::1]:80", &m->dst));
	cr_assert_eq(buf_append(&m->data, bytes), 0);
	return m;
}

#define TITLE "0123456789abcdef00000001  2024-05-06T07:08:09.000000005Z  1.24 ms  127.0.0.1:5000 -> [2001:db8::1]:80  "

static const struct {
	enum message_type type;
	uint8_t flags;
	bool whole;
	struct slice bytes;
	const char *text;
} rows[] = {
#define BYTES(text)                                                                                                                        \
	{                                                                                                                                  \
		(const uint8_t *)(text), sizeof(text) - 1                                                                                  \
	}
	{ MESSAGE_REQUEST, 0, false, BYTES("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"), "# request " TITLE "28 B\nGET /a HTTP/1.1\nHost: x\n\n" },
	{ MESSAGE_REQUEST, MESSAGE_GAP | MESSAGE_CUT, false, BYTES("POST / HTTP/1.1\r\n\r\n{\"x\":7}"),
	  "# request " TITLE "26 B  gap,cut\nPOST / HTTP/1.1\n\n{\"x\":7}\n\n" },
	{ MESSAGE_RESPONSE, 0, false, BYTES("HTTP/1.1 200 OK\r\nX: \x1b[2J\x07\r\n\r\n\x1b]0;title\x07\n"),
	  "# response " TITLE "40 B\nHTTP/1.1 200 OK\nX: \\x1b[2J\\x07\n\n\\x1b]0;title\\x07\n\n" },
	{ MESSAGE_REPLAYED, 0, false, BYTES("HTTP/1.1 204 No Content\r\n\r\n"),
	  "# replayed " TITLE "27 B  target 0\nHTTP/1.1 204 No Content\n\n" },
	{ MESSAGE_RESPONSE, 0, false, BYTES("HTTP/1.1 200 OK\r\n\r\n\x00\x01\xff text"),
	  "# response " TITLE "27 B\nHTTP/1.1 200 OK\n\n# 8 bytes that are no text\n"
	  "00000000  00 01 ff 20 74 65 78 74                          |... text|\n\n" },
	{ MESSAGE_RESPONSE, 0, true, BYTES("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
	  "# response " TITLE "60 B\nHTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nabc\n\n" },
	{ MESSAGE_RESPONSE, MESSAGE_HEAD, false, BYTES("tail of a body"), "# response " TITLE "14 B  head\ntail of a body\n\n" },
	{ MESSAGE_REQUEST, 0, false, BYTES(""), "# request " TITLE "0 B\n\n" },
};

Test(show, text)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct message *m = record(rows[i].type, rows[i].flags, rows[i].bytes);
		struct buf out;
		buf_init(&out, 1 << 20);
		cr_assert_eq(show_text(&out, m, rows[i].whole), 0);
		cr_assert(slice_eq(buf_slice(&out), slice_str(rows[i].text)), "row %zu got:\n%.*s", i, (int)out.len, out.ptr);
		buf_release(&out);
		message_unref(m);
	}
}

Test(show, long_bodies_are_cut_between_characters)
{
	struct message *m = record(MESSAGE_RESPONSE, 0, slice_str("HTTP/1.1 200 OK\r\n\r\n."));
	for (int i = 0; i < 5000; i++)
		cr_assert_eq(buf_append_str(&m->data, "\xe2\x82\xac"), 0);
	struct buf out;
	buf_init(&out, 1 << 20);
	cr_assert_eq(show_text(&out, m, false), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	cr_assert(strstr((const char *)out.ptr, "\xe2\x82\xac\n# ... 10,905 bytes more: --body shows them\n"), "%s", out.ptr);
	cr_assert_null(strstr((const char *)out.ptr, "\\x"));
	buf_clear(&out);
	cr_assert_eq(show_text(&out, m, true), 0);
	cr_assert_gt(out.len, 15000);
	buf_release(&out);
	message_unref(m);
}

static json_t *as_json(const struct message *m, bool decoded)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	cr_assert_eq(show_json(&out, m, decoded), 0);
	cr_assert_eq(out.ptr[out.len - 1], '\n');
	cr_assert_eq(slice_find_byte(buf_slice(&out), '\n'), out.len - 1, "one line");
	json_t *root = json_loadb((const char *)out.ptr, out.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	cr_assert_not_null(root, "%.*s", (int)out.len, out.ptr);
	buf_release(&out);
	return root;
}

static const char *text_of(json_t *root, const char *key)
{
	const char *text = json_string_value(json_object_get(root, key));
	return text ? text : "(none)";
}

Test(show, json)
{
	struct message *m = record(MESSAGE_REQUEST, MESSAGE_CUT, slice_str("POST /a?b HTTP/1.1\r\nHost: x\r\nA: 1\r\nA: 2\r\n\r\nbody\n"));
	json_t *root = as_json(m, false);
	cr_assert_str_eq(text_of(root, "type"), "request");
	cr_assert_str_eq(text_of(root, "id"), "0123456789abcdef00000001");
	cr_assert_str_eq(text_of(root, "time"), "2024-05-06T07:08:09.000000005Z");
	cr_assert_eq(json_integer_value(json_object_get(root, "ts_ns")), 1714979289000000005LL);
	cr_assert_eq(json_integer_value(json_object_get(root, "latency_ns")), 1240000);
	cr_assert_str_eq(text_of(root, "src"), "127.0.0.1:5000");
	cr_assert_str_eq(text_of(root, "dst"), "[2001:db8::1]:80");
	cr_assert_str_eq(json_string_value(json_array_get(json_object_get(root, "flags"), 0)), "cut");
	cr_assert_str_eq(text_of(root, "method"), "POST");
	cr_assert_str_eq(text_of(root, "target"), "/a?b");
	cr_assert_eq(json_array_size(json_object_get(root, "headers")), 3);
	json_t *third = json_array_get(json_object_get(root, "headers"), 2);
	cr_assert_str_eq(json_string_value(json_array_get(third, 0)), "A");
	cr_assert_str_eq(json_string_value(json_array_get(third, 1)), "2");
	cr_assert_str_eq(text_of(root, "body"), "body\n");
	cr_assert_null(json_object_get(root, "body_encoding"));
	cr_assert_eq(json_integer_value(json_object_get(root, "body_size")), 5);
	json_decref(root);
	message_unref(m);
}

Test(show, json_of_bytes_that_are_no_text)
{
	struct message *m = record(MESSAGE_RESPONSE, 0, slice_of("HTTP/1.1 200 OK\r\n\r\n\xff\x00\x01", 22));
	json_t *root = as_json(m, false);
	cr_assert_str_eq(text_of(root, "body"), "/wAB");
	cr_assert_str_eq(text_of(root, "body_encoding"), "base64");
	cr_assert_eq(json_integer_value(json_object_get(root, "status")), 200);
	json_decref(root);
	message_unref(m);

	m = record(MESSAGE_RESPONSE, MESSAGE_HEAD, slice_str("no head"));
	root = as_json(m, true);
	cr_assert(json_is_false(json_object_get(root, "head")));
	cr_assert_str_eq(text_of(root, "body"), "no head");
	json_decref(root);
	message_unref(m);
}

Test(show, json_decoded)
{
	struct message *m =
	        record(MESSAGE_RESPONSE, 0, slice_str("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
	json_t *root = as_json(m, true);
	cr_assert_str_eq(text_of(root, "body"), "abc");
	cr_assert(json_is_true(json_object_get(root, "body_decoded")));
	json_decref(root);
	message_unref(m);
}

Test(show, any_bytes_give_one_line_of_json_and_harmless_text)
{
	unsigned seed = 11;
	for (int round = 0; round < 2000; round++) {
		char bytes[64];
		for (size_t i = 0; i < sizeof bytes; i++) {
			seed = seed * 1103515245u + 12345u;
			bytes[i] = (char)(seed >> 16);
		}
		if (round % 2)
			memcpy(bytes, "GET / HTTP/1.1\r\nA:", 18);
		if (round % 4 == 3)
			memcpy(bytes + 30, "\r\n\r\n", 4);
		struct message *m = record(MESSAGE_REQUEST, 0, slice_of(bytes, sizeof bytes));
		json_decref(as_json(m, round % 8 > 3));
		struct buf out;
		buf_init(&out, 1 << 20);
		cr_assert_eq(show_text(&out, m, false), 0);
		for (size_t i = 0; i < out.len; i++)
			cr_assert(out.ptr[i] >= 0x20 || out.ptr[i] == '\n' || out.ptr[i] == '\t');
		buf_release(&out);
		message_unref(m);
	}
}

Test(show, every_allocation_may_fail)
{
	struct message *m =
	        record(MESSAGE_RESPONSE, 0, slice_str("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
	for (unsigned long n = 1;; n++) {
		struct buf out;
		buf_init(&out, 1 << 20);
		alloc_fail_at(n);
		int r = show_text(&out, m, true);
		r = r ? r : show_json(&out, m, true);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0, "allocation %lu", n);
		buf_release(&out);
		if (!failed)
			break;
	}
	message_unref(m);
}
