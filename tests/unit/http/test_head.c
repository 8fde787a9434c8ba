/* head, edit: heads read and requests edited, byte for byte. */
#include "http/head.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

#define expect_slice(got, text) cr_expect(slice_eq(got, slice_str(text)), "%.*s, not %s", (int)(got).len, (const char *)(got).ptr, text)

Test(head, reads_a_request)
{
	const char *text = "GET /a?b HTTP/1.1\r\nHost: x\r\nA : 1\r\nB:\r\n\r\nbody";
	struct slice copy = guard_copy(slice_str(text));
	struct http_head h;
	cr_assert(http_head_parse(copy, &h));
	cr_expect_not(h.is_response);
	expect_slice(h.method, "GET");
	expect_slice(h.target, "/a?b");
	expect_slice(h.version, "HTTP/1.1");
	expect_slice(h.fields, "Host: x\r\nA : 1\r\nB:\r\n");
	cr_expect_eq(h.head_len, strlen(text) - 4);
	expect_slice(http_field(&h, "host"), "x");
	expect_slice(http_field(&h, "a"), "1");
	cr_expect_not_null(http_field(&h, "b").ptr);
	cr_expect_eq(http_field(&h, "b").len, 0);
	cr_expect_null(http_field(&h, "c").ptr);
	/* No shorter piece holds a whole head. */
	for (size_t n = 0; n < h.head_len; n++) {
		struct slice piece = guard_copy(slice_cut(copy, 0, n));
		struct http_head short_head;
		cr_expect_not(http_head_parse(piece, &short_head), "%zu bytes", n);
		guard_free(piece);
	}
	guard_free(copy);
}

Test(head, reads_a_response)
{
	struct http_head h;
	cr_assert(http_head_parse(slice_str("HTTP/1.0 404 Not Found\nA: b\n\tc\n d\n\n"), &h));
	cr_expect(h.is_response);
	cr_expect_eq(h.status, 404);
	expect_slice(h.reason, "Not Found");
	expect_slice(http_field(&h, "A"), "b\n\tc\n d");
	cr_assert(http_head_parse(slice_str("HTTP/1.1 200\r\n\r\n"), &h));
	cr_expect_eq(h.reason.len, 0);
	cr_expect_eq(h.fields.len, 0);
	cr_expect_eq(h.head_len, 16);
}

Test(head, refuses_what_is_none)
{
	static const char *const none[] = {
		"", "\r\n", "GET /\r\n\r\n", "GET\r\n\r\n", "HTTP/1.1 20 x\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n", "\n\n"
	};
	struct http_head h;
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		cr_expect_not(http_head_parse(slice_str(none[i]), &h), "%s", none[i]);
}

Test(head, knows_idempotent_methods)
{
	cr_expect(http_method_idempotent(slice_str("PUT")));
	cr_expect_not(http_method_idempotent(slice_str("POST")));
	cr_expect_not(http_method_idempotent(slice_str("get")));
	cr_expect_not(http_method_idempotent(slice_str("GETX")));
}

static const struct {
	const char *in, *host, *base, *out; /* out NULL: an error */
} edits[] = {
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "b:8", "", "GET / HTTP/1.1\r\nHost: b:8\r\n\r\n" },
	{ "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", "", "GET / HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "GET / HTTP/1.1\r\nX: y\r\nhOsT:\t a \t\r\nHost: c\r\n\r\nHost: body", "b", "",
	  "GET / HTTP/1.1\r\nX: y\r\nhOsT:\t b \t\r\nHost: b\r\n\r\nHost: body" },
	{ "GET / HTTP/1.1\nHost:a\n\n", "b", "/v2", "GET /v2/ HTTP/1.1\nHost:b\n\n" },
	{ "GET / HTTP/1.1\r\nHost:\r\nA: b\r\n\r\n", "b", "", "GET / HTTP/1.1\r\nHost:b\r\nA: b\r\n\r\n" },
	{ "GET / HTTP/1.1\r\nHost:\r\n a\r\nA: b\r\n\r\n", "b", "", "GET / HTTP/1.1\r\nHost:\r\n b\r\nA: b\r\n\r\n" },
	{ "GET / HTTP/1.1\r\nHost : a\r\n\r\n", "b", "", "GET / HTTP/1.1\r\nHost : b\r\n\r\n" },
	{ "GET / HTTP/1.1\r\nA: b\r\n\r\n", "b", "", "GET / HTTP/1.1\r\nHost: b\r\nA: b\r\n\r\n" },
	{ "GET / HTTP/1.1\n\n", "b", "", "GET / HTTP/1.1\nHost: b\n\n" },
	{ "GET / HTTP/1.1\r\n x\r\nA: b\r\n\r\n", "h", "", "GET / HTTP/1.1\r\n x\r\nHost: h\r\nA: b\r\n\r\n" },
	{ "GET / HTTP/1.0\r\n\r\n", "b", "", "GET / HTTP/1.0\r\n\r\n" },
	{ "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "b", "", "GET / HTTP/1.0\r\nHost: b\r\n\r\n" },
	{ "GET / HTTP/1.1\r\nX-Host: a\r\nHosts: a\r\nHost: a\r\n\r\n", "b", "",
	  "GET / HTTP/1.1\r\nX-Host: a\r\nHosts: a\r\nHost: b\r\n\r\n" },
	{ "GET http://a:1/x?y HTTP/1.1\r\nHost: a:1\r\n\r\n", "b", "/v2", "GET http://b/v2/x?y HTTP/1.1\r\nHost: b\r\n\r\n" },
	{ "GET http://a?y HTTP/1.1\r\nHost: a\r\n\r\n", "", "/v2", "GET http://a/v2?y HTTP/1.1\r\nHost: a\r\n\r\n" },
	{ "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", "b:9", "", "GET http://b:9 HTTP/1.1\r\nHost: b:9\r\n\r\n" },
	{ "GET /r?u=http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "b", "/v", "GET /v/r?u=http://a/ HTTP/1.1\r\nHost: b\r\n\r\n" },
	{ "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "b", "/v2", "OPTIONS * HTTP/1.1\r\nHost: b\r\n\r\n" },
	{ "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "b", "/v2", "CONNECT a:443 HTTP/1.1\r\nHost: b\r\n\r\n" },
	{ "GET  /a b  HTTP/1.1 \r\nHost: a\r\n\r\n", "b", "/v", "GET  /v/a b  HTTP/1.1 \r\nHost: b\r\n\r\n" },
	{ "no request", "b", "", NULL },
	{ "HTTP/1.1 200 OK\r\n\r\n", "b", "", NULL },
};

Test(edit, changes_host_and_path_and_nothing_else)
{
	for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
		struct slice in = guard_copy(slice_str(edits[i].in));
		struct buf out;
		buf_init(&out, 4096);
		cr_assert_eq(buf_append_str(&out, "<"), 0);
		int rc = http_edit_request(in, slice_str(edits[i].host), slice_str(edits[i].base), &out);
		cr_expect_eq(rc, edits[i].out ? 0 : ERR_FORMAT, "%s", edits[i].in);
		struct slice got = slice_from(buf_slice(&out), 1);
		expect_slice(got, edits[i].out ? edits[i].out : "");
		buf_release(&out);
		guard_free(in);
	}
}

Test(edit, leaves_no_half_request_behind)
{
	struct buf out;
	struct slice in = slice_str("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
	for (size_t cap = 1; cap < in.len + 2; cap++) {
		buf_init(&out, cap);
		cr_assert_eq(buf_append_str(&out, "<"), 0);
		cr_expect_eq(http_edit_request(in, slice_str("bb"), slice_str(""), &out), ERR_LIMIT);
		cr_expect_eq(out.len, 1);
		buf_release(&out);
	}
	buf_init(&out, 4096);
	alloc_fail_at(1);
	cr_expect_eq(http_edit_request(in, slice_str("bb"), slice_str(""), &out), ERR_NOMEM);
	cr_expect(alloc_failed());
	alloc_fail_at(0);
	cr_expect_eq(out.len, 0);
	buf_release(&out);
}
