/* exchange_view: endpoint names by pattern and by folding; answers taken apart. */
#include "output/exchange_view.h"

#include <criterion/criterion.h>

static void named(const struct endpoint_names *names, const char *line, const char *folded)
{
	struct buf text, buffer;
	struct request_view v;
	buf_init(&text, 4096);
	buf_init(&buffer, 4096);
	cr_assert_eq(buf_printf(&text, "%s HTTP/1.1\r\nHost: a\r\n\r\n", line), 0);
	cr_assert(view_request(names, buf_slice(&text), &buffer, &v), "%s", line);
	cr_expect(slice_eq(v.folded, slice_str(folded)), "%s: %.*s", line, (int)v.folded.len, (const char *)v.folded.ptr);
	buf_release(&text);
	buf_release(&buffer);
}

Test(exchange_view, patterns_name_endpoints_before_folding)
{
	const char *patterns[] = { "/shop/{name}/items/*", "POST /api/orders/**", "/exact" };
	struct err err = { .code = ERR_NONE };
	struct endpoint_names *n = endpoint_names_new(&(struct text_list){ patterns, 3 }, &err);
	cr_assert_not_null(n, "%s", err.text);
	const struct {
		const char *line, *folded;
	} cases[] = {
		{ "GET /shop/zoo/items/x", "/shop/{name}/items/*" },
		{ "GET /shop/zoo/items/x?y=/z", "/shop/{name}/items/*" },
		{ "GET /shop//items/x", "/shop//items/x" },
		{ "GET /shop/zoo/items", "/shop/zoo/items" },
		{ "GET /shop/zoo/items/x/y", "/shop/zoo/items/x/y" },
		{ "POST /api/orders/1/2/3", "/api/orders/**" },
		{ "GET /api/orders/1", "/api/orders/{id}" },
		{ "GET /exact", "/exact" },
		{ "OPTIONS *", "*" },
		{ "GET /users/123", "/users/{id}" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		named(n, cases[i].line, cases[i].folded);
	endpoint_names_free(n);
	named(NULL, "GET /shop/zoo/items/77", "/shop/zoo/items/{id}");
}

Test(exchange_view, a_pattern_that_is_no_path_is_refused)
{
	const char *bad[] = { "items/{id}", "GET", "GET items", "" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = { .code = ERR_NONE };
		cr_expect_null(endpoint_names_new(&(struct text_list){ &bad[i], 1 }, &err), "%s", bad[i]);
		cr_expect_eq(err.code, ERR_USAGE);
	}
}

Test(exchange_view, answers)
{
	struct answer a;
	struct slice whole = slice_str("HTTP/1.1 201 Created\r\ncontent-TYPE: text/plain\r\nX: y\r\n\r\nhello");
	cr_assert(view_answer(whole, &a));
	cr_expect_eq(a.status, 201);
	cr_expect(slice_eq(a.content_type, slice_str("text/plain")));
	cr_expect(slice_eq(a.body, slice_str("hello")));
	cr_expect_not(a.coded);
	struct slice chunked = slice_str("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
	cr_assert(view_answer(chunked, &a));
	cr_expect(a.coded);
	struct buf body;
	buf_init(&body, 100);
	cr_expect_eq(view_decode(chunked, &body), 0);
	cr_expect(slice_eq(buf_slice(&body), slice_str("hello")));
	buf_release(&body);
	cr_expect_not(view_answer(slice_str("GET / HTTP/1.1\r\n\r\n"), &a));
	cr_expect_not(view_answer(slice_str("HTTP/1.1 20"), &a));
	cr_expect_not(view_answer(slice_of(NULL, 0), &a));
}
