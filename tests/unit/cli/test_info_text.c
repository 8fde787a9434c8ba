/* info: golden text and JSON of a small census, and of nothing. */
#include "cli/info.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <jansson.h>

static struct info info;

static void count(enum message_type type, int64_t ts_ns, uint8_t flags, const char *bytes)
{
	struct message *m = message_new(type, 1 << 16);
	cr_assert_not_null(m);
	m->id = message_id_make(1, 1);
	m->ts_ns = ts_ns;
	m->flags = flags;
	cr_assert_eq(buf_append_str(&m->data, bytes), 0);
	census_count(&info.census, m);
	message_unref(m);
}

static void set_up(void)
{
	info = (struct info){ .path = "a\x1b[2J.gor.zst", .file_bytes = 1000, .is_log = true, .read = ledger_new() };
	info.log = (struct log_info){ .kind = LOG_KIND_ZSTD, .text_bytes = 4000, .frames = 2, .indexed = true };
	census_init(&info.census);
}

static void tear_down(void)
{
	census_release(&info.census);
	ledger_free(info.read);
}

TestSuite(info, .init = set_up, .fini = tear_down);

Test(info, text)
{
	count(MESSAGE_REQUEST, 1714979289000000000LL, 0, "GET /\x1b]0;x HTTP/1.1\r\nHost: a\r\n\r\n");
	count(MESSAGE_RESPONSE, 1714979291000000000LL, MESSAGE_CUT, "HTTP/1.1 200 OK\r\n\r\n");
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(info_text(&info, &out), 0);
	static const char expected[] =
	        "a\\x1b[2J.gor.zst\n"
	        "  form        native log (zstd), 1000 B for 3.91 KiB of text: 4.0 to 1, 2 frames, closed properly\n"
	        "  span        2024-05-06T07:08:09.000000000Z to 2024-05-06T07:08:11.000000000Z: 2.00 s, 0.5 requests/s\n"
	        "  messages    1 requests, 1 responses; 51 B\n"
	        "  complete    1 of 2, 1 cut\n"
	        "  lanes       1\n"
	        "  methods\n"
	        "              1 100.0%  GET\n"
	        "  status\n"
	        "              1 100.0%  200\n"
	        "  hosts\n"
	        "              1 100.0%  a\n"
	        "  endpoints\n"
	        "              1 100.0%  GET /\\x1b]0;x\n"
	        "\n"
	        "read now: ledger\n"
	        "lost: nothing\n"
	        "every total is the sum of its parts\n"
	        "\n";
	cr_assert(slice_eq(buf_slice(&out), slice_str(expected)), "got:\n%.*s", (int)out.len, out.ptr);
	buf_release(&out);
}

Test(info, time_stamps_from_end_to_end_of_their_type)
{
	count(MESSAGE_REQUEST, INT64_MIN, 0, "GET / HTTP/1.1\r\n\r\n");
	count(MESSAGE_REQUEST, INT64_MAX, 0, "GET / HTTP/1.1\r\n\r\n");
	cr_assert_eq(census_span_ns(&info.census), INT64_MAX);
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(info_text(&info, &out), 0);
	cr_assert_eq(info_json(&info, &out), 0);
	buf_release(&out);
}

Test(info, json)
{
	count(MESSAGE_REQUEST, 1714979289000000000LL, 0, "GET /items/7 HTTP/1.1\r\nHost: a\r\n\r\n");
	count(MESSAGE_RESPONSE, 1714979289500000000LL, MESSAGE_GAP, "HTTP/1.1 404 No\r\n\r\n");
	info.written = ledger_new();
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(info_json(&info, &out), 0);
	json_t *root = json_loadb((const char *)out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL);
	cr_assert_not_null(root);
	json_t *endpoint = json_array_get(json_object_get(root, "endpoints"), 0);
	cr_assert_str_eq(json_string_value(json_object_get(root, "form")), "native log (zstd)");
	cr_assert_str_eq(json_string_value(json_object_get(root, "first")), "2024-05-06T07:08:09.000000000Z");
	cr_assert_float_eq(json_real_value(json_object_get(root, "span_seconds")), 0.5, 1e-12);
	cr_assert_eq(json_integer_value(json_object_get(root, "requests")), 1);
	cr_assert_eq(json_integer_value(json_object_get(root, "flag_gap")), 1);
	cr_assert_eq(json_integer_value(json_object_get(json_object_get(root, "status"), "404")), 1);
	cr_assert_str_eq(json_string_value(json_object_get(endpoint, "name")), "GET /items/{id}");
	cr_assert(json_is_true(json_object_get(json_object_get(root, "written"), "balanced")));
	cr_assert(json_is_true(json_object_get(json_object_get(root, "read"), "balanced")));
	json_decref(root);
	buf_release(&out);
	ledger_free(info.written);
}

Test(info, json_of_an_empty_capture)
{
	info.is_log = false;
	struct buf out;
	buf_init(&out, 65536);
	cr_assert_eq(info_json(&info, &out), 0);
	json_t *root = json_loadb((const char *)out.ptr, out.len, 0, NULL);
	cr_assert_not_null(root);
	cr_assert(json_is_null(json_object_get(root, "first")));
	cr_assert(json_is_null(json_object_get(root, "written")));
	cr_assert_eq(json_integer_value(json_object_get(root, "requests")), 0);
	json_decref(root);
	buf_release(&out);
}

Test(info, memory_may_run_out)
{
	count(MESSAGE_REQUEST, 1, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	struct buf out;
	buf_init(&out, 65536);
	alloc_fail_at(1);
	cr_assert_eq(info_text(&info, &out), ERR_NOMEM);
	alloc_fail_at(1);
	cr_assert_eq(info_json(&info, &out), ERR_NOMEM);
	alloc_fail_at(0);
	buf_release(&out);
}
