/* redirects: method, content and fields by RFC 9110 §15.4; each input against a guard page; memory runs out at each allocation. */
#include "output/redirects.h"

#include "http/head.h"

#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define POST "POST /a/b?c HTTP/1.1\r\nHost: h\r\nContent-Type: t\r\nX:  y \r\ncontent-length: 3\r\nExpect: 100-continue\r\nZ: z\r\n\r\nabc"
#define FORM "POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n3\r\nabc\r\n0\r\nT: t\r\n\r\n"

static const struct one_case {
	const char *request;
	int status;
	const char *location, *to;
	bool elsewhere, retry;
} cases[] = {
	{ POST, 303, "x", "GET /a/x HTTP/1.1\r\nHost: h\r\nX:  y \r\nZ: z\r\n\r\n", false, true },
	{ POST, 302, "/x?y", "GET /x?y HTTP/1.1\r\nHost: h\r\nX:  y \r\nZ: z\r\n\r\n", false, true },
	{ POST, 301, "http://t:8080/x", "GET /x HTTP/1.1\r\nHost: h\r\nX:  y \r\nZ: z\r\n\r\n", false, true },
	{ POST, 307, "/longer/than/it/was",
	  "POST /longer/than/it/was HTTP/1.1\r\nHost: h\r\nContent-Type: t\r\nX:  y \r\ncontent-length: 3\r\nExpect: 100-continue\r\nZ: "
	  "z\r\n\r\nabc",
	  false, false },
	{ POST, 308, "/",
	  "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: t\r\nX:  y \r\ncontent-length: 3\r\nExpect: 100-continue\r\nZ: z\r\n\r\nabc", false,
	  false },
	{ FORM, 303, "e", "GET /e HTTP/1.1\r\n\r\n", false, true },
	{ FORM, 308, "e", "POST /e HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n3\r\nabc\r\n0\r\nT: t\r\n\r\n", false,
	  false },
	{ "PUT /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 302, "/b", "PUT /b HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", false, true },
	{ "PUT /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx", 303, "/b", "GET /b HTTP/1.1\r\n\r\n", false, true },
	{ "HEAD /a HTTP/1.1\r\n\r\n", 303, "/b", "HEAD /b HTTP/1.1\r\n\r\n", false, true },
	{ "GET http://t:8080/a/b HTTP/1.1\r\nHost: t\r\n\r\n", 302, "c", "GET /a/c HTTP/1.1\r\nHost: t\r\n\r\n", false, true },
	{ "PURGE /a HTTP/1.0\nX: 1\nno field\n\n", 301, "/b", "PURGE /b HTTP/1.0\nX: 1\nno field\n\n", false, false },
	{ "GET  /a  HTTP/1.1\r\nX: a\r\n b\r\n\r\n", 301, "/b", "GET  /b  HTTP/1.1\r\nX: a\r\n b\r\n\r\n", false, true },
	{ " HTTP/x /a HTTP/1.1\r\n\r\n", 301, "/b", " HTTP/x /b HTTP/1.1\r\n\r\n", false, false },
	{ "OPTIONS * HTTP/1.1\r\n\r\n", 301, "/b", "OPTIONS /b HTTP/1.1\r\n\r\n", false, true },
	{ "GET /a HTTP/1.1\r\n\r\n", 302, "https://t:8080/x", NULL, true, false },
	{ "GET /a HTTP/1.1\r\n\r\n", 302, "//evil/x", NULL, true, false },
	{ "GET /a HTTP/1.1\r\n\r\n", 302, NULL, NULL, false, false },
};

static struct message *message_of(const char *text)
{
	struct message *m = message_new(MESSAGE_REQUEST, strlen(text));
	cr_assert(m && buf_append_str(&m->data, text) == 0);
	m->id = message_id_make(7, 8);
	m->ts_ns = 9;
	m->due_ns = 10;
	return m;
}

static void expect_lead(const struct one_case *c, const struct message *m, const struct play_lead *lead)
{
	cr_expect_eq(lead->elsewhere, c->elsewhere, "%s to %s", c->request, c->location);
	cr_expect_eq(lead->m != NULL, c->to != NULL, "%s to %s", c->request, c->location);
	if (!lead->m || !c->to)
		return;
	struct slice got = message_bytes(lead->m);
	cr_expect(slice_eq(got, slice_str(c->to)), "%s: %.*s", c->request, (int)got.len, (const char *)got.ptr);
	struct http_head head;
	cr_expect(http_head_parse(got, &head) && slice_eq(head.method, lead->method), "the method");
	cr_expect_eq(lead->retry, c->retry, "%s", c->request);
	cr_expect(message_id_eq(&lead->m->id, &m->id) && lead->m->ts_ns == 9 && lead->m->due_ns == 10 && lead->m->refs == 1);
}

static void answer_of(const struct one_case *c, char *out, size_t size)
{
	const char *line = c->location ? "X: y\r\nLOCATION:   " : "", *end = c->location ? " \r\n" : "";
	(void)snprintf(out, size, "HTTP/1.1 %d Found\r\n%s%s%s\r\nbody", c->status, line, c->location ? c->location : "", end);
}

Test(redirects, leads)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[512];
		answer_of(&cases[i], text, sizeof text);
		struct slice answer = guard_copy(slice_str(text));
		struct message *m = message_of(cases[i].request);
		struct play_lead lead = redirects_lead("http://T:8080/base", m, cases[i].status, answer);
		expect_lead(&cases[i], m, &lead);
		message_unref(lead.m);
		message_unref(m);
		guard_free(answer);
	}
}

Test(redirects, each_allocation_may_fail)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (unsigned long n = 1;; n++) {
			char text[512];
			answer_of(&cases[i], text, sizeof text);
			struct message *m = message_of(cases[i].request);
			alloc_fail_at(n);
			struct play_lead lead = redirects_lead("http://t:8080", m, cases[i].status, slice_str(text));
			bool failed = alloc_failed();
			alloc_fail_at(0);
			if (failed)
				cr_expect_null(lead.m);
			else
				expect_lead(&cases[i], m, &lead);
			message_unref(lead.m);
			message_unref(m);
			if (!failed)
				break;
		}
}

Test(redirects, what_is_no_answer_or_no_request)
{
	struct message *m = message_of("GET /a HTTP/1.1\r\n\r\n"), *none = message_of("GET /a HTTP/1.1\r\nX");
	static const char *const answers[] = { "", "HTTP/1.1 302 Found\r\nLocation: /b\r\n", "GET / HTTP/1.1\r\nLocation: /b\r\n\r\n" };
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		cr_expect_null(redirects_lead("http://t", m, 302, slice_str(answers[i])).m);
	cr_expect_null(redirects_lead("http://t", none, 302, slice_str("HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n")).m);
	message_unref(none);
	message_unref(m);
}
