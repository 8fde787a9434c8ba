/* headers: what counts as another value of a field, and what does not. */
#include "diff/headers.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "told.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct row {
	const char *name, *control, *candidate, *told;
} rows[] = {
	{ "equal", "A: 1\r\nB: 2\r\n", "A: 1\r\nB: 2\r\n", "" },
	{ "order of fields", "A: 1\r\nB: 2\r\n", "B: 2\r\nA: 1\r\n", "" },
	{ "case of names", "Content-LENGTH: 1\r\n", "content-length: 1\r\n", "" },
	{ "space and line ends", "A:1\r\nB:  2 \n", "A: 1\nB:2\r\n", "" },
	{ "value", "Cache-Control: max-age=60\r\n", "Cache-Control: no-store\r\n", "value header:cache-control max-age=60|no-store" },
	{ "missing", "A: 1\r\nB: 2\r\n", "A: 1\r\n", "missing header:b 2|" },
	{ "extra", "B: 2\r\n", "A: 1\r\nB: 2\r\n", "extra header:a |1" },
	{ "an empty value is one", "A:\r\n", "", "missing header:a |" },
	{ "a value gone empty", "A: x\r\n", "A:\r\n", "value header:a x|" },
	{ "several", "A: 1\r\nB: 2\r\nC: 3\r\n", "C: 4\r\nA: 1\r\nD: 5\r\n", "missing header:b 2|\nvalue header:c 3|4\nextra header:d |5" },
	{ "one name that begins another", "X-Feature: 1\r\nX-Features: 2\r\n", "X-Features: 2\r\nX-Feature: 3\r\n",
	  "value header:x-feature 1|3" },
	{ "folded (RFC 9112 5.2)", "A: one\r\n  two\r\nB: 1\r\n", "A: one two\r\nB: 1\r\n", "" },
	{ "folded, another", "A: one\r\n\ttwo\r\n", "A: one three\r\n", "value header:a one^/\ttwo|one three" },
	{ "folded list", "Vary: a,\r\n b\r\n", "Vary: b, a\r\n", "" },
	/* lists */
	{ "lines as a list", "X-A: 1\r\nX-A: 2\r\n", "X-A: 1, 2\r\n", "" },
	{ "space in lists", "X-A: 1,2\r\n", "X-A: 1 , 2\r\n", "" },
	{ "order in a set", "Vary: Accept, Origin\r\n", "Vary: origin,accept\r\n", "" },
	{ "order of a set's lines", "Allow: GET\r\nAllow: PUT\r\n", "Allow: PUT, GET\r\n", "" },
	{ "methods have case", "Allow: GET\r\n", "Allow: get\r\n", "value header:allow GET|get" },
	{ "empty members of a set", "Vary: a,,b,\r\n", "Vary: a, b\r\n", "" },
	{ "directives", "Cache-Control: max-age=0, No-Cache\r\n", "Cache-Control: no-cache, max-age=0\r\n", "" },
	{ "order elsewhere", "X-A: 1, 2\r\n", "X-A: 2, 1\r\n", "order header:x-a 1, 2|2, 1" },
	{ "order of lines elsewhere", "X-A: 1\r\nX-A: 2\r\n", "X-A: 2\r\nX-A: 1\r\n", "order header:x-a 1, 2|2, 1" },
	{ "order of codings", "Content-Encoding: gzip, br\r\n", "Content-Encoding: br, GZIP\r\n",
	  "order header:content-encoding gzip, br|br, GZIP" },
	{ "a member gone", "Vary: a, b\r\n", "Vary: a\r\n", "value header:vary a, b|a" },
	{ "a line gone", "X-A: 1\r\nX-A: 2\r\n", "X-A: 1\r\n", "value header:x-a 1, 2|1" },
	{ "a member twice", "Vary: a, a, b\r\n", "Vary: a, b, b\r\n", "value header:vary a, a, b|a, b, b" },
	{ "commas in quotes", "X-A: \"1,2\"\r\n", "X-A: \"2,1\"\r\n", "value header:x-a \"1,2\"|\"2,1\"" },
	{ "escaped quotes", "X-A: \"a\\\",b\", c\r\n", "X-A: c, \"a\\\",b\"\r\n", "order header:x-a \"a\\\",b\", c|c, \"a\\\",b\"" },
	{ "a location is one value", "Location: /?a=1,2\r\n", "Location: /?a=2,1\r\n", "value header:location /?a=1,2|/?a=2,1" },
	{ "a location's case", "Location: /A\r\n", "Location: /a\r\n", "value header:location /A|/a" },
	{ "a location's commas", "Location: /a,,b\r\n", "Location: /a,b\r\n", "value header:location /a,,b|/a,b" },
	{ "a date", "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n", "Date: Tue, 15 Nov 1994 08:12:32 GMT\r\n",
	  "value header:date Tue, 15 Nov 1994 08:12:31 GMT|Tue, 15 Nov 1994 08:12:32 GMT" },
	{ "media types, as they mean", "Content-Type: text/html;charset=UTF-8\r\n", "content-type: Text/HTML; charset=\"utf-8\"\r\n", "" },
	{ "another charset", "Content-Type: text/html; charset=UTF-8\r\n", "Content-Type: text/html\r\n",
	  "value header:content-type text/html; charset=UTF-8|text/html" },
	/* lines that are none */
	{ "no colon", "nonsense here\r\nA: 1\r\n", "A: 1\r\n", "missing header:nonsense%20here |" },
	{ "no name", ": x\r\n", ": y\r\n", "value header: x|y" },
	{ "no line end", "A: 1", "A: 1\r\n", "" },
	{ "a stray CR before a name", "A: 1\n\rA: 2\n", "A: 2\n\rA: 1\n", "order header:a 1, 2|2, 1" },
	{ "neither name nor value", "A: 1\n\r:", "A: 1\n", "" },
	{ "only an end", "\r\n", "", "" },
	{ "odd names", "A%\x01\xff\xc3\xa4: 1\r\n", "", "missing header:a%25%01%FF\xc3\xa4 1|" },
	/* cookies: the finer points are in test_cookies.c */
	{ "cookies in any order", "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n", "Set-Cookie: b=2\r\nSet-Cookie: a=1\r\n", "" },
	{ "a cookie's value", "Set-Cookie: a=1; Path=/\r\nX: 1\r\n", "X: 1\r\nset-cookie: a=2; path=/\r\n",
	  "value header:set-cookie[a] 1|2" },
	{ "a cookie gone", "Set-Cookie: a=1; Path=/\r\n", "", "missing header:set-cookie[a] a=1; Path=/|" },
};

Test(headers, table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice a = guard_copy(slice_str(rows[i].control)), b = guard_copy(slice_str(rows[i].candidate));
		struct told t;
		headers_compare(a, b, told_sink(&t));
		told_is(&t, rows[i].told, rows[i].name);
		guard_free(a);
		guard_free(b);
	}
}

/* Each side says of the other what the other says of it. */
Test(headers, the_other_way_round)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct told t, u;
		headers_compare(slice_str(rows[i].control), slice_str(rows[i].candidate), told_sink(&t));
		headers_compare(slice_str(rows[i].candidate), slice_str(rows[i].control), told_sink(&u));
		cr_assert_eq(t.n, u.n, "%s", rows[i].name);
		headers_compare(slice_str(rows[i].control), slice_str(rows[i].control), told_sink(&t));
		cr_assert_eq(t.n, 0u, "%s", rows[i].name);
	}
}

/* However the fields end, nothing is read beyond them. */
Test(headers, every_prefix_is_safe)
{
	struct slice s =
	        slice_str("A: 1,\"x\\\"\r\n y\r\nSet-Cookie: a=1; Path=/; Max-Age=0\r\nVary: a, b\r\nContent-Type: a/b; c=\"d\"\r\n");
	/* The last quote means nothing either. */
	for (size_t n = 0; n <= s.len; n++) {
		struct slice at_edge = guard_copy(slice_cut(s, 0, n));
		struct told t, u;
		headers_compare(at_edge, s, told_sink(&t));
		headers_compare(s, at_edge, told_sink(&u));
		cr_assert_eq(t.n, u.n);
		cr_assert(n >= s.len - 3 ? t.n == 0 : t.n > 0, "%zu bytes: %s", n, t.text);
		guard_free(at_edge);
	}
}

static struct slice many(char *room, size_t size, unsigned n, unsigned step)
{
	size_t len = 0;
	for (unsigned i = 0; i < n; i++)
		len += (size_t)snprintf(room + len, size - len, "X-%04u: %u\r\n", i * step % 10007, i * step % 10007);
	return slice_of(room, len);
}

Test(headers, a_thousand_fields)
{
	static char a[32768], b[32768];
	struct told t;
	headers_compare(many(a, sizeof a, 1000, 1), many(b, sizeof b, 999, 1), told_sink(&t));
	told_is(&t, "missing header:x-0999 999|", "1000");
	headers_compare(many(a, sizeof a, 1001, 1), many(b, sizeof b, 1000, 1), told_sink(&t));
	told_is(&t, "missing header:* X-1000: 1000|", "1001");
	headers_compare(many(a, sizeof a, 1002, 1), many(b, sizeof b, 1002, 1), told_sink(&t));
	told_is(&t, "", "1002, equal");
	struct slice x = many(a, sizeof a, 1001, 1), y = many(b, sizeof b, 1001, 1);
	b[y.len - 3] = '9';
	headers_compare(x, y, told_sink(&t));
	told_is(&t, "value header:* X-1000: 1000|X-1000: 1009", "1001, the last");
}

Test(headers, no_memory_for_many)
{
	static char a[4096], b[4096];
	struct slice x = many(a, sizeof a, 70, 1), y = many(b, sizeof b, 69, 1);
	for (unsigned long n = 1; n <= 2; n++) {
		struct told t;
		alloc_fail_at(n);
		headers_compare(x, y, told_sink(&t));
		cr_assert(alloc_failed());
		alloc_fail_at(0);
		cr_assert_eq(t.n, 1u, "%s", t.text);
		cr_assert(strstr(t.text, "value header:* "), "%s", t.text);
		alloc_fail_at(n);
		headers_compare(y, x, told_sink(&t));
		alloc_fail_at(0);
		cr_assert_eq(t.n, 1u, "%s", t.text);
	}
}

Test(headers, long_names_and_long_lists)
{
	static char a[20000], b[20000];
	memset(a, 'n', 600);
	a[600] = ':';
	struct told t;
	headers_compare(slice_of(a, 601), slice_str(""), told_sink(&t));
	cr_assert(strstr(t.text, "nnn..."), "%s", t.text);
	size_t na = 0, nb = 0;
	for (int i = 0; i < 300; i++) {
		na += (size_t)snprintf(a + na, sizeof a - na, "Vary: %d\r\n", i);
		nb += (size_t)snprintf(b + nb, sizeof b - nb, "Vary: %d\r\n", 299 - i);
	}
	headers_compare(slice_of(a, na), slice_of(b, nb), told_sink(&t));
	cr_assert_eq(t.n, 1u); /* too many to tell that they are the same */
	headers_compare(slice_of(a, na), slice_of(a, na - 3), told_sink(&t));
	cr_assert_eq(t.n, 1u);
}
