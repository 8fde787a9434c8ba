/* proxy: headers of both versions, whole, cut and wrong, against a guard page. */
#include "http/proxy.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

static const struct row {
	const char *bytes;
	size_t n;
	const char *client; /* NULL: none */
} rows[] = {
#define ROW(text, client)                                                                                                                  \
	{                                                                                                                                  \
		text, sizeof(text) - 1, client                                                                                             \
	}
	ROW("PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n", "192.0.2.1:56324"),
	ROW("PROXY TCP6 2001:db8::1 2001:db8::2 1 443\r\n", "[2001:db8::1]:1"),
	ROW("PROXY UNKNOWN\r\n", NULL),
	ROW("PROXY TCP4 192.0.2.1\r\n", NULL),
	ROW("PROXY TCP4 a.very.long.address.that.is.none.of.all.and.goes.on.and.on 192.0.2.2 5 80\r\n", NULL),
	ROW("\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x05\0\x50", "192.0.2.1:5"),
	ROW("\0\r\nQUIT\n\x20\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\0\x05\0\x50", NULL),
	ROW("\0\r\nQUIT\n\x21\x11\0\x02\xc0\0", NULL),
	ROW("\0\r\nQUIT\n\x20\0\0\0", NULL),
	ROW("", NULL),
};

Test(proxy, names_the_client)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice header = guard_copy(slice_of(rows[i].bytes, rows[i].n));
		struct endpoint got = { 0 }, want = { 0 };
		bool named = http_proxy_client(header, &got);
		cr_expect_eq(named, rows[i].client != NULL, "row %zu", i);
		cr_expect(!named || (endpoint_parse(rows[i].client, &want) && endpoint_eq(&got, &want)), "row %zu", i);
		guard_free(header);
	}
}

Test(proxy, tells_how_long_a_binary_header_is)
{
	cr_assert_eq(http_proxy_v2_size(slice_of("\0\r\nQUIT\n\x21\x11\x01", 11)), 12);
	cr_assert_eq(http_proxy_v2_size(slice_of("\0\r\nQUIT\n\x21\x11\x01\x02", 12)), 12 + 258);
}
