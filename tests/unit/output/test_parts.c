/* parts: what is taken out of a recorded request, what is left out, what cannot be said; each input against a guard page. */
#include "output/parts.h"

#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void open_parts(struct request_parts *p)
{
	*p = (struct request_parts){ 0 };
	buf_init(&p->fields, 0);
	buf_init(&p->decoded, 0);
}

static void release(struct request_parts *p)
{
	buf_release(&p->fields);
	buf_release(&p->decoded);
}

static const struct one_case {
	const char *request;
	int rc;
	const char *method, *target, *fields, *content; /* a '|' for each zero */
} cases[] = {
	{ "GET /a?b HTTP/1.1\r\nHost: h\r\nX:  y \r\n\r\n", 0, "GET", "/a?b", "Host|h|X|y|", "" },
	{ "GET / HTTP/1.0\n\n", 0, "GET", "/", "", "" },
	{ "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", 0, "GET", "/", "Host|a|", "" },
	{ "GET / HTTP/1.1\r\nConnection: close, X-Hop\r\nx-hop: 1\r\nX-Hopper: 2\r\nKeep-Alive: 3\r\nProxy-Connection: a\r\nUpgrade: "
	  "b\r\n\r\n",
	  0, "GET", "/", "X-Hopper|2|", "" },
	{ "GET / HTTP/1.1\r\nTE: trailers\r\n\r\n", 0, "GET", "/", "TE|trailers|", "" },
	{ "GET / HTTP/1.1\r\nTE: gzip, trailers\r\n\r\n", 0, "GET", "/", "", "" },
	{ "GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", 0, "GET", "/", "X|a   b|", "" },
	{ "GET / HTTP/1.1\r\nX:\r\n\r\n", 0, "GET", "/", "X||", "" },
	{ "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 0, "POST", "/", "", "abc" },
	{ "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 0, "POST", "/", "Content-Length|0|", "" },
	{ "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", 0, "POST", "/", "", "" },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;e\r\nd\r\n0\r\nT: t\r\n\r\n", 0, "POST", "/", "", "abcd" },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 0, "POST", "/", "", "" },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", ERR_FORMAT, 0, 0, 0, 0 },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ERR_FORMAT, 0, 0, 0, 0 },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", ERR_FORMAT, 0, 0, 0, 0 },
	{ "GET http://x:1/p?q HTTP/1.1\r\n\r\n", 0, "GET", "/p?q", "", "" },
	{ "GET HTTPS://x HTTP/1.1\r\n\r\n", 0, "GET", "/", "", "" },
	{ "OPTIONS * HTTP/1.1\r\n\r\n", 0, "OPTIONS", "*", "", "" },
	{ "GET / HTTP/1.1\r\nX\n :y\r\n\r\n", ERR_FORMAT, 0, 0, 0, 0 }, /* a name with a fold in it */
	{ "GET / HTTP/1.1\r\nX y: z\r\n\r\n", ERR_FORMAT, 0, 0, 0, 0 },
	{ "GET / HTTP/1.1\r\nX\xc3\xa9: z\r\n\r\n", ERR_FORMAT, 0, 0, 0, 0 },
	{ "CONNECT a:1 HTTP/1.1\r\n\r\n", ERR_FORMAT, 0, 0, 0, 0 },
	{ "HTTP/1.1 200 OK\r\n\r\n", ERR_FORMAT, 0, 0, 0, 0 },
	{ "GET / HTTP/1.1\r\nHost", ERR_FORMAT, 0, 0, 0, 0 },
	{ "", ERR_FORMAT, 0, 0, 0, 0 },
};
enum { CASES = sizeof cases / sizeof *cases };

static void expect_parts(const struct one_case *c, struct request_parts *p)
{
	cr_expect(slice_eq(p->method, slice_str(c->method)), "%s: method", c->request);
	cr_expect(slice_eq(p->target, slice_str(c->target)), "%s: target", c->request);
	cr_expect(slice_eq(p->content, slice_str(c->content)), "%s: content", c->request);
	for (size_t i = 0; i < p->fields.len; i++)
		if (!p->fields.ptr[i])
			p->fields.ptr[i] = '|';
	cr_expect(slice_eq(buf_slice(&p->fields), slice_str(c->fields)), "%s: fields are %.*s", c->request, (int)p->fields.len,
	          (const char *)p->fields.ptr);
}

/* The same parts serve one request after the other. */
Test(parts, of_each)
{
	struct request_parts p;
	open_parts(&p);
	for (size_t i = 0; i < CASES; i++) {
		struct slice in = guard_copy(slice_str(cases[i].request));
		cr_expect_eq(parts_of(in, &p), cases[i].rc, "%s", cases[i].request);
		if (!cases[i].rc)
			expect_parts(&cases[i], &p);
		guard_free(in);
	}
	release(&p);
}

Test(parts, a_zero_cannot_be_said)
{
	static const char *const places[] = { "G?T / HTTP/1.1\r\n\r\n", "GET /? HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nX?: y\r\n\r\n",
		                              "GET / HTTP/1.1\r\nX: ?\r\n\r\n" };
	struct request_parts p;
	open_parts(&p);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		char text[64];
		(void)snprintf(text, sizeof text, "%s", places[i]);
		size_t len = strlen(text);
		*strchr(text, '?') = 0;
		cr_expect_eq(parts_of(slice_of(text, len), &p), ERR_FORMAT, "%s", places[i]);
	}
	release(&p);
}

Test(parts, any_cut_is_read_within_its_bounds)
{
	struct request_parts p;
	open_parts(&p);
	for (size_t i = 0; i < CASES; i++)
		for (size_t n = 0; n < strlen(cases[i].request); n++) {
			struct slice in = guard_copy(slice_of(cases[i].request, n));
			int rc = parts_of(in, &p);
			cr_expect(rc == 0 || rc == ERR_FORMAT, "%.*s: %d", (int)n, cases[i].request, rc);
			guard_free(in);
		}
	release(&p);
}

Test(parts, without_memory)
{
	bool failed = true;
	for (unsigned long n = 1; failed; n++) {
		struct request_parts p;
		open_parts(&p);
		alloc_fail_at(n);
		int rc = parts_of(slice_str("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"), &p);
		failed = alloc_failed();
		alloc_fail_at(0);
		cr_expect_eq(rc, failed ? ERR_NOMEM : 0);
		release(&p);
	}
}
