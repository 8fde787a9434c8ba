/* carry_extract: rules, fields, cookies, JSON by name wherever it stands; bounds; every cut; locations in pieces. */
#include "output/carry_extract.h"

#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

Test(carry_extract, rules)
{
	static const struct {
		const char *text;
		int kind; /* -1: refused */
		const char *name;
	} rows[] = {
		{ "cookie", CARRY_COOKIE, "" },
		{ "location", CARRY_LOCATION, "" },
		{ "header:X-A", CARRY_HEADER, "X-A" },
		{ "json:a", CARRY_JSON, "a" },
		{ "header:", -1, "" },
		{ "json:", -1, "" },
		{ "cookies", -1, "" },
		{ "", -1, "" },
		{ "Cookie", -1, "" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct carry_rule rule = { 0 };
		bool known = carry_rule_parse(rows[i].text, &rule);
		cr_expect_eq(known, rows[i].kind >= 0, "%s", rows[i].text);
		if (known)
			cr_expect(rule.kind == (enum carry_kind)rows[i].kind && slice_eq(rule.name, slice_str(rows[i].name)), "%s",
			          rows[i].text);
	}
}

/* The items as "rule name=value|…". */
static const char *found(const char *rules_text, struct slice response, int *rc)
{
	static char text[4096];
	struct carry_rule rules[8];
	char copy[256];
	size_t n = 0;
	(void)snprintf(copy, sizeof copy, "%s", rules_text);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		cr_assert(carry_rule_parse(word, &rules[n++]));
	struct buf out;
	buf_init(&out, 65536);
	*rc = carry_extract(rules, n, response, &out);
	struct slice rest = buf_slice(&out);
	struct carry_item item;
	size_t at = 0;
	text[0] = 0;
	while (carry_item_next(&rest, &item))
		at += (size_t)snprintf(text + at, sizeof text - at, "%u %.*s=%.*s|", item.rule, (int)item.name.len, item.name.ptr,
		                       (int)item.value.len, item.value.ptr);
	buf_release(&out);
	return text;
}

static const struct {
	const char *rules, *response, *found;
} rows[] = {
	{ "cookie",
	  "HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/; HttpOnly\r\nset-cookie:b = 2=3 \r\nSet-Cookie: none\r\nSet-Cookie: "
	  "e=\r\nSet-Cookie: \"q\"=\"x\"\r\n\r\n",
	  "0 a=1|0 b=2=3|0 \"q\"=\"x\"|" },
	{ "header:X-T location", "HTTP/1.1 201 Created\r\nx-t: one\r\nLocation: /a/1\r\nX-T: two\r\nX-Ta: no\r\n\r\n",
	  "0 =one|0 =two|1 =/a/1|" },
	{ "json:id",
	  "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n {\"id\" : \"a\\\"b\", "
	  "\"x\":[{\"id\":-12.5e+3},{\"ID\":1,\"id\":null}],\"id2\":\"id\",\"v\":\"\\\"id\\\":7\",\"id\":{\"id\":9}}",
	  "0 id=a\\\"b|0 id=-12.5e+3|0 id=9|" },
	{ "json:id", "HTTP/1.1 200 OK\r\n\r\n\"id\":\"no\"", "" },
	{ "json:id", "HTTP/1.1 200 OK\r\n\r\n{\"id\":\"a\r\nX: y\"}", "" },
	{ "header:X", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nX: c\td\r\n\r\n", "" },
	{ "json:id", "HTTP/1.1 200 OK\r\n\r\n{\"id\":\"unfinished", "" },
	{ "json:id", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{\"id\":\r\n4\r\n\"c\"}\r\n0\r\n\r\n", "0 id=c|" },
	{ "json:a json:b", "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{\"b\":1,\"a\":2}", "0 a=2|1 b=1|" },
};

Test(carry_extract, table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int rc;
		struct slice response = guard_copy(slice_str(rows[i].response));
		const char *got = found(rows[i].rules, response, &rc);
		cr_expect_eq(rc, 0);
		cr_expect_str_eq(got, rows[i].found, "row %zu: %s", i, got);
		guard_free(response);
	}
}

Test(carry_extract, every_cut)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t n = 0; n < strlen(rows[i].response); n++) {
			int rc;
			struct slice response = guard_copy(slice_of(rows[i].response, n));
			(void)found(rows[i].rules, response, &rc);
			cr_expect(rc == 0 || rc == ERR_FORMAT);
			guard_free(response);
		}
}

Test(carry_extract, bounded)
{
	struct buf response;
	int rc;
	buf_init(&response, 1 << 20);
	cr_assert_eq(buf_append_str(&response, "HTTP/1.1 200 OK\r\n\r\n["), 0);
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(buf_append_str(&response, "{\"id\":1},"), 0);
	const char *got = found("json:id", buf_slice(&response), &rc);
	cr_expect_eq(rc, ERR_LIMIT);
	cr_expect_eq(strlen(got), CARRY_VALUES_OF * strlen("0 id=1|"));
	buf_clear(&response);
	cr_assert_eq(buf_append_str(&response, "HTTP/1.1 200 OK\r\nX: "), 0);
	for (int i = 0; i <= CARRY_VALUE_MAX; i++)
		cr_assert_eq(buf_append_str(&response, "x"), 0);
	cr_assert_eq(buf_append_str(&response, "\r\n\r\n"), 0);
	cr_expect_str_eq(found("header:X", buf_slice(&response), &rc), "", "too long to be a value");
	buf_release(&response);
	cr_expect_str_eq(found("cookie", slice_str("GET / HTTP/1.1\r\nSet-Cookie: a=1\r\n\r\n"), &rc), "");
	cr_expect_eq(rc, ERR_FORMAT);
}

Test(carry_extract, without_memory)
{
	const struct carry_rule rules[] = { { CARRY_COOKIE, slice_of(NULL, 0) }, { CARRY_JSON, slice_str("id") } };
	for (unsigned long n = 1;; n++) {
		struct buf out;
		buf_init(&out, 65536);
		alloc_fail_at(n);
		(void)carry_extract(rules, 2, slice_str("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 8\r\n\r\n{\"id\":1}"), &out);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		buf_release(&out);
		if (!failed)
			break;
	}
}

Test(carry_extract, locations)
{
	static const struct {
		const char *location, *path;
	} paths[] = {
		{ "/a", "/a" }, { "http://h:80/a?b", "/a?b" },          { "//h/a", "/a" }, { "a/b", "a/b" }, { "https://h", "" },
		{ "", "" },     { "/x?u=http://h/", "/x?u=http://h/" },
	};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct slice got = carry_location_path(slice_str(paths[i].location));
		cr_expect(slice_eq(got, slice_str(paths[i].path)), "%s: %.*s", paths[i].location, (int)got.len, got.ptr);
	}
	char text[128] = "";
	struct slice rest = slice_str("a/b//c?d=e&#"), piece;
	uint8_t mark;
	while (carry_piece_next(&rest, &mark, &piece))
		(void)snprintf(text + strlen(text), sizeof text - strlen(text), "%c%.*s,", mark ? mark : '-', (int)piece.len, piece.ptr);
	cr_expect_str_eq(text, "-a,/b,/,/c,?d,=e,&,#,");
}
