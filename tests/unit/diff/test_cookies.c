/* cookies: pairs, attributes, and what makes a client forget. */
#include "diff/cookies.h"
#include "support/unit_guard.h"
#include "told.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define MOST 4

static const struct row {
	const char *name, *control[MOST], *candidate[MOST], *told;
} rows[] = {
	{ "equal", { "a=1; Path=/" }, { "a=1; Path=/" }, "" },
	{ "space and case", { "a=1;Path=/;HttpOnly" }, { "a=1; path=/; httponly" }, "" },
	{ "order of attributes", { "a=1; Secure; Path=/" }, { "a=1; Path=/; Secure" }, "" },
	{ "value", { "sid=x; Path=/" }, { "sid=y; Path=/" }, "value header:set-cookie[sid] x|y" },
	{ "a cookie's name has case",
	  { "sid=x" },
	  { "SID=x" },
	  "missing header:set-cookie[sid] sid=x|\nextra header:set-cookie[SID] |SID=x" },
	{ "attribute", { "a=1; Path=/" }, { "a=1; Path=/app" }, "value header:set-cookie[a].path /|/app" },
	{ "attribute gone", { "a=1; Secure; HttpOnly" }, { "a=1; HttpOnly" }, "missing header:set-cookie[a].secure Secure|" },
	{ "attribute new", { "a=1" }, { "a=1; SameSite=Lax" }, "extra header:set-cookie[a].samesite |SameSite=Lax" },
	{ "value and attribute",
	  { "a=1; Path=/" },
	  { "a=2; Path=/x" },
	  "value header:set-cookie[a] 1|2\nvalue header:set-cookie[a].path /|/x" },
	{ "domain", { "a=1; Domain=.Example.com" }, { "a=1; Domain=example.com" }, "" },
	{ "same site", { "a=1; SameSite=Lax" }, { "a=1; SameSite=lax" }, "" },
	{ "the last of several counts", { "a=1; Path=/x; Path=/" }, { "a=1; Path=/" }, "" },
	{ "several, all new", { "a=1" }, { "a=1; Path=/x; path=/" }, "extra header:set-cookie[a].path |path=/" },
	{ "two of one name: path tells",
	  { "a=1; Path=/x", "a=2; Path=/y" },
	  { "a=2; Path=/y", "a=3; Path=/x" },
	  "value header:set-cookie[a] 1|3" },
	{ "two of one name: one gone",
	  { "a=1; Path=/x", "a=2; Path=/y" },
	  { "a=2; Path=/y" },
	  "missing header:set-cookie[a] a=1; Path=/x|" },
	{ "forgotten by age",
	  { "a=1; Path=/" },
	  { "a=; Path=/; Max-Age=0" },
	  "missing header:set-cookie[a] a=1; Path=/|a=; Path=/; Max-Age=0" },
	{ "forgotten by date",
	  { "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT" },
	  { "a=1" },
	  "extra header:set-cookie[a] a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT|a=1" },
	{ "age goes before date", { "a=1; Max-Age=9; Expires=Thu, 01 Jan 1970 00:00:00 GMT" }, { "a=1; Max-Age=9" }, "" },
	{ "a moment beside an age", { "a=1; Max-Age=60; Expires=Mon, 01" }, { "a=1; Max-Age=60; Expires=Tue, 02" }, "" },
	{ "a moment alone", { "a=1; Expires=Mon, 01" }, { "a=1; Expires=Tue, 02" }, "value header:set-cookie[a].expires Mon, 01|Tue, 02" },
	{ "no name", { "x" }, { "y" }, "value header:set-cookie[] x|y" },
	{ "nothing", { "" }, { ";;=;" }, "extra header:set-cookie[]. |=" },
	{ "a value with =", { "a=b=c" }, { "a=b=d" }, "value header:set-cookie[a] b=c|b=d" },
};

static size_t lay(const char *const text[MOST], struct slice out[MOST])
{
	size_t n = 0;
	for (; n < MOST && text[n]; n++)
		out[n] = guard_copy(slice_str(text[n]));
	return n;
}

Test(cookies, table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice a[MOST], b[MOST];
		size_t na = lay(rows[i].control, a), nb = lay(rows[i].candidate, b);
		struct told t;
		cookies_compare(a, na, b, nb, told_sink(&t));
		told_is(&t, rows[i].told, rows[i].name);
		cookies_compare(a, na, a, na, told_sink(&t));
		told_is(&t, "", rows[i].name);
		for (size_t k = 0; k < na; k++)
			guard_free(a[k]);
		for (size_t k = 0; k < nb; k++)
			guard_free(b[k]);
	}
}

Test(cookies, very_many_attributes)
{
	char a[512], b[512];
	size_t n = 0;
	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(a + n, sizeof a - n, "a%d=%d;", i, i);
	memcpy(b, a, n);
	b[n - 2] = 'x';
	struct slice x = slice_of(a, n), y = slice_of(b, n);
	struct told t;
	cookies_compare(&x, 1, &y, 1, told_sink(&t));
	cr_assert_eq(t.n, 1u);
	cr_assert(strstr(t.text, "value header:set-cookie[a0].* "), "%s", t.text);
}
