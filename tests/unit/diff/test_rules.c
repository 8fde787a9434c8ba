/* rules: the grammar and its sentences, which endpoints, what is hidden, and the rates. */
#include "diff/rules.h"

#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct slice str(const char *text)
{
	return slice_str(text);
}

static struct rules *rules_of(const char *text)
{
	struct rules *r = rules_new();
	struct err err = { 0 };
	cr_assert_not_null(r);
	cr_assert_eq(rules_add_text(r, str(text), "rules.txt", &err), 0, "%s", err.text);
	return r;
}

static struct endpoint_rules *for_items(const struct rules *r)
{
	struct endpoint_rules *e = rules_for(r, str("GET"), str("/api/items/{id}"), str("/api/items/42"));
	cr_assert_not_null(e);
	return e;
}

static int hide(const struct endpoint_rules *e, const char *path, enum difference_kind kind, const char *a, const char *b)
{
	struct difference d = { .path = guard_copy(str(path)), .kind = kind };
	d.control = guard_copy(str(a));
	d.candidate = guard_copy(str(b));
	int rule = rules_hide(e, &d);
	guard_free(d.path);
	guard_free(d.control);
	guard_free(d.candidate);
	return rule;
}

/* --- what is hidden --------------------------------------------------------------------------------------------- */

static const struct {
	const char *rule, *path;
	enum difference_kind kind;
	const char *control, *candidate;
	bool hidden;
} hides[] = {
	{ "$.meta", "$.meta.ts", DIFFERENCE_VALUE, "1", "2", true },
	{ "$.meta", "$.meta", DIFFERENCE_MISSING, "1", "", true },
	{ "$.meta", "$.metal", DIFFERENCE_VALUE, "1", "2", false },
	{ "GET /api/*: $.meta", "$.meta", DIFFERENCE_VALUE, "1", "2", true },
	{ "POST /api/*: $.meta", "$.meta", DIFFERENCE_VALUE, "1", "2", false },
	{ "header:X-Thing", "header:x-thing", DIFFERENCE_VALUE, "1", "2", true },
	{ "header:Set-Cookie[Sid].Path", "header:set-cookie[Sid].path", DIFFERENCE_VALUE, "/", "/x", true },
	{ "header:Set-Cookie[Sid]", "header:set-cookie[sid]", DIFFERENCE_MISSING, "/", "", false },
	{ "status", "status 200>503", DIFFERENCE_VALUE, "200", "503", true },
	{ "status 200>503", "status 200>503", DIFFERENCE_VALUE, "200", "503", true },
	{ "status 200>503 # that one", "status 200>404", DIFFERENCE_VALUE, "200", "404", false },
	{ "status kind value", "status 200>404", DIFFERENCE_VALUE, "200", "404", true },
	{ "latency", "latency", DIFFERENCE_LATENCY, "", "", true },
	{ "**", "latency", DIFFERENCE_LATENCY, "", "", true },
	{ "**", "GET /x: status 200", DIFFERENCE_EXPECT, "", "", false },
	{ "status", "status 200", DIFFERENCE_EXPECT, "", "", false },
	{ "answer", "answer", DIFFERENCE_MISSING, "200", "timed out", true },
	{ "body", "body", DIFFERENCE_LENGTH, "", "", true },
	{ "form:page", "form:page", DIFFERENCE_VALUE, "1", "2", true },
	{ "$[\"odd # key\"] # a comment", "$[\"odd # key\"]", DIFFERENCE_VALUE, "1", "2", true },
	/* order */
	{ "$.tags order", "$.tags", DIFFERENCE_ORDER, "", "", true },
	{ "$.tags order", "$.tags", DIFFERENCE_VALUE, "1", "2", false },
	{ "body order", "body", DIFFERENCE_ORDER, "", "", true },
	/* tolerance */
	{ "form:x tolerance 0.01", "form:x", DIFFERENCE_VALUE, "1.00", "1.009", true },
	{ "form:x tolerance 0.01", "form:x", DIFFERENCE_VALUE, "1.00", "1.02", false },
	{ "form:x tolerance 0.01", "form:x", DIFFERENCE_VALUE, "1.00", "one", false },
	{ "$.x tolerance 1e1", "$.x", DIFFERENCE_TYPE, "1", "2", false },
	/* case */
	{ "$.x case", "$.x", DIFFERENCE_VALUE, "Word", "wORD", true },
	{ "$.x case", "$.x", DIFFERENCE_VALUE, "Word", "Words", false },
	/* like */
	{ "$.x like uuid", "$.x", DIFFERENCE_VALUE, "123e4567-e89b-12d3-a456-426614174000", "523e4567-e89b-12d3-a456-426614174000", true },
	{ "$.x like uuid", "$.x", DIFFERENCE_VALUE, "123e4567-e89b-12d3-a456-426614174000", "none", false },
	{ "$.x like uuid", "$.x", DIFFERENCE_MISSING, "123e4567-e89b-12d3-a456-426614174000", "", false },
	{ "$.x like number", "$.x", DIFFERENCE_TYPE, "1", "2", false },
	{ "$.x like timestamp", "$.x", DIFFERENCE_VALUE, "2024-01-01T00:00:00Z", "1700000000", true },
	{ "$.x like /v[0-9]+/", "$.x", DIFFERENCE_VALUE, "v1", "v22", true },
	{ "$.x like /v[0-9]+/", "$.x", DIFFERENCE_VALUE, "v1", "v22 ", false },
	{ "$.x like /v[0-9]+/", "$.x", DIFFERENCE_VALUE, "v1", "xv2", false },
	{ "$.x like /a|ab/", "$.x", DIFFERENCE_VALUE, "a", "ab", true },
	{ "$.x like /a b # c/ # comment", "$.x", DIFFERENCE_VALUE, "a b # c", "a b # c", true },
	{ "$.x like //static/.*/", "$.x", DIFFERENCE_VALUE, "/static/1", "/static/2", true },
	{ "$.x like /\\/static\\/.*/", "$.x", DIFFERENCE_VALUE, "/static/1", "/static/2", true },
	{ "$.x like //", "$.x", DIFFERENCE_VALUE, "", "", true },
	{ "$.x like /.\xc3\xa4./", "$.x", DIFFERENCE_VALUE, "b\xc3\xa4r", "h\xc3\xa4\xc3\xbc", true },
	{ "$.x like /.*/", "$.x", DIFFERENCE_VALUE, "fine", "\xff\xfe", false },
	{ "$.x like /(a+)+b/", "$.x", DIFFERENCE_VALUE, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", "aab", false },
	/* kind */
	{ "$.x kind missing", "$.x", DIFFERENCE_MISSING, "1", "", true },
	{ "$.x kind missing", "$.x", DIFFERENCE_EXTRA, "", "1", false },
	{ "$.x kind length", "$.x", DIFFERENCE_VALUE, "1", "2", false },
	/* rate */
	{ "$.x rate 1/2", "$.x", DIFFERENCE_VALUE, "1", "2", false },
	/* what "**" covers and has no single value is not judged by what is shown of it */
	{ "** like number", "body", DIFFERENCE_VALUE, "1", "2", false },
	{ "** like number", "$.x", DIFFERENCE_VALUE, "1", "2", true },
};

Test(rules, what_is_hidden)
{
	for (size_t i = 0; i < sizeof hides / sizeof hides[0]; i++) {
		struct rules *r = rules_of(hides[i].rule);
		struct endpoint_rules *e = for_items(r);
		int last = (int)rules_count(r) - 1;
		cr_expect_eq(hide(e, hides[i].path, hides[i].kind, hides[i].control, hides[i].candidate), hides[i].hidden ? last : -1,
		             "'%s' of %s", hides[i].rule, hides[i].path);
		endpoint_rules_free(e);
		rules_free(r);
	}
}

/* --- endpoints -------------------------------------------------------------------------------------------------- */

Test(rules, which_endpoints)
{
	static const struct {
		const char *scope;
		bool applies; /* to GET /api/items/{id}, asked for as /api/items/42 */
	} cases[] = {
		{ "", true },
		{ "*: ", true },
		{ "* *: ", true },
		{ "GET: ", true },
		{ "get: ", true },
		{ "POST: ", false },
		{ "/api/*: ", true },
		{ "GET /api/*: ", true },
		{ "GET\t/api/*:\t", true },
		{ "* /api/*: ", true },
		{ "GET *: ", true },
		{ "GET */items/*: ", true },
		{ "GET /api/items/{id}: ", true },
		{ "GET /api/items/42: ", true },
		{ "GET /api/items/43: ", false },
		{ "GET /api/items/*: ", true },
		{ "GET /api/items: ", false },
		{ "GET /API/*: ", false },
		{ "POST /api/*: ", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char line[64];
		(void)snprintf(line, sizeof line, "%s$.x", cases[i].scope);
		struct rules *r = rules_of(line);
		struct endpoint_rules *e = for_items(r);
		cr_expect_eq(hide(e, "$.x", DIFFERENCE_VALUE, "1", "2") >= 0, cases[i].applies, "%s", line);
		endpoint_rules_free(e);
		rules_free(r);
	}
	static const struct {
		const char *rules;
		bool own; /* makes a difference between /api/items/42 and its endpoint */
	} paths[] = {
		{ "", false },
		{ "$.x", false },
		{ "GET: $.x", false },
		{ "/api/*: $.x", false },
		{ "GET /api/items/{id}: $.x", false },
		{ "GET /api/items/42: $.x", true },
		{ "GET /api/items/43: $.x", false },
		{ "/api/items/4*: $.x", true },
		{ "/a: $.x\n/a: $.y\n/*/42: $.x", true },
	};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		struct rules *r = rules_of(paths[i].rules);
		cr_expect_eq(rules_of_own_path(r, str("/api/items/{id}"), str("/api/items/42")), paths[i].own, "%s", paths[i].rules);
		cr_expect_not(rules_of_own_path(r, str("/api/items/42"), str("/api/items/42")));
		rules_free(r);
	}
	struct rules *r = rules_of("GET /api/items:batch: $.x");
	struct endpoint_rules *e = rules_for(r, str("GET"), str("/api/items:batch"), str("/api/items:batch"));
	cr_expect(hide(e, "$.x", DIFFERENCE_VALUE, "1", "2") >= 0, "colons within a path do no harm");
	endpoint_rules_free(e);
	rules_free(r);
}

/* --- what is built in ------------------------------------------------------------------------------------------- */

Test(rules, volatile_headers_are_built_in)
{
	static const char *const names[] = {
		"date",
		"age",
		"server",
		"etag",
		"last-modified",
		"expires",
		"content-length",
		"via",
		"connection",
		"keep-alive",
		"x-runtime",
		"x-request-id",
		"x-correlation-id",
		"transfer-encoding",
		"x-trace-id",
		"traceparent",
		"x-amzn-trace-id",
		"x-timer",
		"server-timing",
		"x-response-time",
		"x-served-by",
		"x-cache",
		"x-cache-hits",
		"cf-ray",
		"alt-svc",
		"nel",
		"report-to",
		"x-ratelimit-remaining",
		"x-b3-traceid",
		"x-b3-spanid",
		"x-ratelimit-reset",
	};
	struct rules *r = rules_new();
	struct endpoint_rules *e = for_items(r);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char path[64];
		(void)snprintf(path, sizeof path, "header:%s", names[i]);
		int rule = hide(e, path, DIFFERENCE_MISSING, "x", "");
		cr_assert_geq(rule, 0, "%s", path);
		cr_expect(strncmp(rules_text(r, rule), "built in: header:", 17) == 0, "%s", rules_text(r, rule));
		cr_expect_str_eq(rules_where(r, rule), "built in");
	}
	static const char *const others[] = { "header:content-type", "header:cache-control", "header:location",
		                              "header:vary",         "header:x-b",           "header:*" };
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		cr_expect_eq(hide(e, others[i], DIFFERENCE_VALUE, "x", "y"), -1, "%s", others[i]);
	endpoint_rules_free(e);
	rules_without_volatile(r);
	e = for_items(r);
	cr_expect_eq(hide(e, "header:date", DIFFERENCE_VALUE, "x", "y"), -1);
	endpoint_rules_free(e);
	rules_free(r);
}

Test(rules, of_a_cookie_only_its_value_and_end_are_volatile)
{
	struct rules *r = rules_new();
	struct endpoint_rules *e = for_items(r);
	int rule = hide(e, "header:set-cookie[sid]", DIFFERENCE_VALUE, "x", "y");
	cr_assert_geq(rule, 0);
	cr_expect_str_eq(rules_text(r, rule), "built in: header:set-cookie[*] kind value");
	cr_expect_geq(hide(e, "header:set-cookie[sid].expires", DIFFERENCE_VALUE, "x", "y"), 0);
	cr_expect_eq(hide(e, "header:set-cookie[sid].expires", DIFFERENCE_MISSING, "x", ""), -1);
	cr_expect_eq(hide(e, "header:set-cookie[sid]", DIFFERENCE_MISSING, "x", ""), -1);
	cr_expect_eq(hide(e, "header:set-cookie[sid].path", DIFFERENCE_VALUE, "/", "/x"), -1);
	cr_expect_eq(hide(e, "header:set-cookie[sid].secure", DIFFERENCE_MISSING, "x", ""), -1);
	endpoint_rules_free(e);
	rules_free(r);
}

/* --- advice and rates ------------------------------------------------------------------------------------------- */

Test(rules, advice_is_all_rules_together)
{
	struct rules *r = rules_of("$.meta\n$.tags order\n$ tolerance 0.01\n$.price tolerance 0.5\n$.price tolerance 0.1\n"
	                           "$.tags like uuid\n$.a kind missing\n$.b rate 1/2\nPOST: $.c\n** order\n");
	struct endpoint_rules *e = for_items(r);
	static const struct {
		const char *path;
		struct path_advice advice;
	} cases[] = {
		{ "$", { .any_order = true, .tolerance = 0.01 } },
		{ "$.meta.ts", { .skip = true, .any_order = true, .tolerance = 0.01 } },
		{ "$.tags", { .any_order = true, .tolerance = 0.01 } },
		{ "$.price", { .any_order = true, .tolerance = 0.5 } },
		{ "$.a", { .any_order = true, .tolerance = 0.01 } },
		{ "$.b", { .any_order = true, .tolerance = 0.01 } },
		{ "$.c", { .any_order = true, .tolerance = 0.01 } },
		{ "body", { .any_order = true } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct path_advice a = rules_advise(e, str(cases[i].path));
		cr_expect_eq(a.skip, cases[i].advice.skip, "%s", cases[i].path);
		cr_expect_eq(a.any_order, cases[i].advice.any_order, "%s", cases[i].path);
		cr_expect_eq(a.tolerance, cases[i].advice.tolerance, "%s", cases[i].path);
		cr_expect_eq(rules_skips(e, str(cases[i].path)) >= 0, a.skip, "%s", cases[i].path);
	}
	cr_expect_str_eq(rules_text(r, rules_skips(e, str("$.meta.ts"))), "$.meta");
	endpoint_rules_free(e);
	rules_free(r);
}

Test(rules, the_rate_of_the_path_itself_goes_first_then_the_highest)
{
	struct rules *r = rules_of("$.meta rate 900/1000\n$.meta.ts kind value rate 39/2000\n$.meta.ts kind value rate 10/2000\n"
	                           "$.meta.ts kind missing rate 0/2000\nstatus 200>503 kind value rate 2/100\nPOST: $.x rate 1/2\n");
	struct endpoint_rules *e = for_items(r);
	static const struct {
		const char *path;
		enum difference_kind kind;
		uint64_t differ, of; /* of 0: none */
	} cases[] = {
		{ "$.meta", DIFFERENCE_VALUE, 900, 1000 },    { "$.meta.x", DIFFERENCE_ORDER, 900, 1000 },
		{ "$.meta.ts", DIFFERENCE_VALUE, 39, 2000 },  { "$.meta.ts", DIFFERENCE_MISSING, 0, 2000 },
		{ "$.meta.ts", DIFFERENCE_EXTRA, 900, 1000 }, { "status 200>503", DIFFERENCE_VALUE, 2, 100 },
		{ "status 503>200", DIFFERENCE_VALUE, 0, 0 }, { "$.x", DIFFERENCE_VALUE, 0, 0 },
		{ "header:date", DIFFERENCE_VALUE, 0, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t differ = 0, of = 0;
		bool there = rules_rate(e, str(cases[i].path), cases[i].kind, &differ, &of);
		cr_expect_eq(there, cases[i].of != 0, "%zu", i);
		cr_expect(differ == cases[i].differ && of == cases[i].of, "%zu: %llu/%llu", i, (unsigned long long)differ,
		          (unsigned long long)of);
	}
	endpoint_rules_free(e);
	rules_free(r);
}

Test(rules, a_rate_for_anything_else_goes_last)
{
	struct rules *r = rules_of("GET /api/*: $.meta rate 5/1000\nGET /api/*: $.meta.ts rate 1/1000\nGET /api/*: ** rate 90/1000\n");
	struct endpoint_rules *e = for_items(r);
	static const struct {
		const char *path;
		uint64_t differ;
	} cases[] = { { "$.meta.ts", 1 }, { "$.meta", 5 }, { "$.meta.x", 5 }, { "$.x", 90 }, { "status 200>503", 90 }, { "odd", 90 } };
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint64_t differ = 0, of = 0;
		cr_expect(rules_rate(e, str(cases[i].path), DIFFERENCE_VALUE, &differ, &of));
		cr_expect_eq(differ, cases[i].differ, "%s: %llu", cases[i].path, (unsigned long long)differ);
	}
	endpoint_rules_free(e);
	rules_free(r);
}

Test(rules, as_written_and_where)
{
	struct rules *r =
	        rules_of("\xef\xbb\xbf# a comment\r\n\r\n  GET /Api/*:  header:X-Thing  kind value   # why\r\n\t$.x\t# y\r\n$.last");
	int n = (int)rules_count(r);
	cr_expect_str_eq(rules_text(r, n - 3), "GET /Api/*:  header:X-Thing  kind value");
	cr_expect_str_eq(rules_where(r, n - 3), "rules.txt:3");
	cr_expect_str_eq(rules_text(r, n - 2), "$.x");
	cr_expect_str_eq(rules_where(r, n - 2), "rules.txt:4");
	cr_expect_str_eq(rules_text(r, n - 1), "$.last");
	struct err err = { 0 };
	cr_expect_eq(rules_add(r, str("$.y # z"), "--diff-ignore", &err), 0);
	cr_expect_str_eq(rules_text(r, n), "$.y");
	cr_expect_str_eq(rules_where(r, n), "--diff-ignore");
	rules_free(r);
}

/* --- sentences -------------------------------------------------------------------------------------------------- */

static const struct {
	const char *line, *sentence;
} bad[] = {
	{ "foo", "rules.txt:2: 'foo' is no rule: 'foo' begins neither an endpoint, a colon and a space behind it, nor what may follow one; "
	         "right would be 'GET "
	         "/api/*: $.meta.time'" },
	{ "GET /api/*:$.x", "behind the endpoint stand a colon and a space, as in 'GET /api/*: $.meta.time'" },
	{ "/api/*:$.x", "behind the endpoint stand a colon and a space" },
	{ "GET /api/*", "begins neither an endpoint" },
	{ "GET /api/*:", "behind the endpoint stands a path, as in 'GET /api/*: $.meta.time'" },
	{ "GET: # nothing", "behind the endpoint stands a path" },
	{ "GET /api/*: # nothing", "behind the endpoint stands a path" },
	{ "GET api: $.x", "the endpoint's path 'api' should begin with / or *" },
	{ "GET /api?x=1: $.x", "'/api?x=1' should end before the '?'" },
	{ "G,T /api: $.x", "'G,T' is no method" },
	{ "GET|POST: $.x", "'GET|POST' is no method" },
	{ "GET: meta.time", "of the path 'meta.time': a path begins with $, header:, form:, status, body, answer or latency" },
	{ "$.items[3].x", "of the path '$.items[3].x': elements have no numbers here: [*] is any element" },
	{ "status 200>x", "with its change" },
	{ "$.a ordr", "'ordr' is none of what may stand behind a path: order, tolerance, case, like, kind, rate" },
	{ "$.a order case", "'case' is too much" },
	{ "header:vary order", "only arrays in JSON ($...) and the lines of a text body (body) have an order" },
	{ "$.a tolerance", "as in 'tolerance 0.01'" },
	{ "$.a tolerance -1", "'-1' is no such number" },
	{ "$.a tolerance 5%", "'5%' is no such number" },
	{ "$.a tolerance 1e999", "'1e999' is no such number" },
	{ "$.a tolerance 0", "'0' is no such number" },
	{ "body tolerance 1", "'tolerance' is for values in JSON ($...), form: and header: only" },
	{ "body case", "'case' is for values" },
	{ "status like number", "'like' is for values" },
	{ "body like /x/", "'like' is for values" },
	{ "$.a like", "behind 'like' stands timestamp, uuid, number, token, hex or /REGEX/, and not ''" },
	{ "$.a like date", "and not 'date'" },
	{ "$.a like /x", "the expression '/x' lacks the slash at its end" },
	{ "$.a like /(/", "'(' is no regular expression: missing closing parenthesis, at its byte 1" },
	{ "$.a like /\\C/", "is no regular expression" },
	{ "$.a like /x/ y", "'y' is too much" },
	{ "$.a kind", "behind 'kind' stands value, type, missing, extra, order or length, and not ''" },
	{ "$.a kind latency", "and not 'latency'" },
	{ "$.a kind value rat 1/2", "'rat 1/2' is too much" },
	{ "$.a rate", "as in 'rate 39/2000'" },
	{ "$.a rate 3/2", "and not '3/2'" },
	{ "$.a rate 0/0", "and not '0/0'" },
	{ "$.a rate -1/2", "and not '-1/2'" },
	{ "$.a rate 99999999999999999999/2", "and not '99999999999999999999/2'" },
	{ "latency rate 1/2", "latency has no rate" },
	{ "$.a\x01", "its byte 4 is a control character (0x01)" },
	{ "$.a\rx", "its byte 4 is a control character (0x0d)" },
	{ "\xff\xfe: $.a", "rules.txt:2: '\?\?: $.a' is no rule: '\?\?' is no method" },
};

Test(rules, each_bad_rule_is_one_sentence)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char text[128];
		(void)snprintf(text, sizeof text, "# first\n%s\n$.good\n", bad[i].line);
		struct slice guarded = guard_copy(slice_of(text, strlen(text)));
		struct rules *r = rules_new();
		size_t before = rules_count(r);
		struct err err = { 0 };
		cr_expect_eq(rules_add_text(r, guarded, "rules.txt", &err), ERR_USAGE, "%s", bad[i].line);
		cr_expect(strncmp(err.text, "rules.txt:2: '", 14) == 0, "%s", err.text);
		cr_expect(strstr(err.text, bad[i].sentence), "%s: %s", bad[i].line, err.text);
		cr_expect_null(strchr(err.text, '\n'));
		cr_expect_eq(rules_count(r), before);
		rules_free(r);
		guard_free(guarded);
	}
}

Test(rules, on_the_command_line_a_rule_has_to_be_there)
{
	static const char *const none[] = { "", "  ", "# a comment" };
	struct rules *r = rules_new();
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		struct err err = { 0 };
		cr_expect_eq(rules_add(r, str(none[i]), "--diff-ignore", &err), ERR_USAGE);
		cr_expect(strstr(err.text, "holds no rule; one looks like 'GET /api/*: $.meta.time'"), "%s", err.text);
	}
	rules_free(r);
}

/* --- limits ----------------------------------------------------------------------------------------------------- */

Test(rules, a_line_may_have_4096_bytes)
{
	static char line[4200];
	memset(line, 'a', sizeof line);
	memcpy(line, "$.", 2);
	struct rules *r = rules_new();
	struct err err = { 0 };
	cr_expect_eq(rules_add(r, slice_of(line, 4096), "--diff-ignore", &err), 0, "%s", err.text);
	cr_expect_eq(rules_add(r, slice_of(line, 4097), "--diff-ignore", &err), ERR_USAGE);
	cr_expect(strstr(err.text, "it has 4097 bytes, and a line may have 4096"), "%s", err.text);
	cr_expect(strstr(err.text, "aaa...' is no rule"), "%s", err.text);
	rules_free(r);
}

Test(rules, there_may_be_10000)
{
	struct rules *r = rules_new();
	size_t built_in = rules_count(r);
	struct err err = { 0 };
	for (int i = 0; i < 10000; i++)
		cr_assert_eq(rules_add(r, str("$.x"), "--diff-ignore", &err), 0);
	cr_expect_eq(rules_add(r, str("$.x"), "--diff-ignore", &err), ERR_LIMIT);
	cr_expect(strstr(err.text, "one rule more than the 10000"), "%s", err.text);
	cr_expect_eq(rules_count(r) - built_in, 10000);
	rules_free(r);
}

Test(rules, a_path_that_was_cut_is_a_rule_for_itself)
{
	struct rules *r = rules_of("GET: $.a[\"long key, cut... kind value rate 1/2\n$.b[\"odd... key\"] kind value\n");
	struct endpoint_rules *e = for_items(r);
	uint64_t differ, of;
	cr_expect(rules_rate(e, str("$.a[\"long key, cut..."), DIFFERENCE_VALUE, &differ, &of));
	cr_expect_not(rules_rate(e, str("$.a[\"long key"), DIFFERENCE_VALUE, &differ, &of));
	cr_expect_geq(hide(e, "$.b[\"odd... key\"]", DIFFERENCE_VALUE, "1", "2"), 0);
	endpoint_rules_free(e);
	rules_free(r);
}

/* --- memory ----------------------------------------------------------------------------------------------------- */

static bool once_through(void)
{
	struct err err = { 0 };
	struct rules *r = rules_new();
	if (!r)
		return false;
	int rc = rules_add_text(r, str("/*: $.a\nGET: header:X order"), "rules.txt", &err);
	cr_expect(rc == ERR_NOMEM || (rc == ERR_USAGE && strstr(err.text, "have an order")), "%d", rc);
	bool whole = rc != ERR_NOMEM && rules_add(r, str("$.b like /x+/"), "--diff-ignore", &err) == 0;
	struct endpoint_rules *e = rules_for(r, str("GET"), str("/"), str("/"));
	whole = whole && e;
	if (e)
		cr_expect(hide(e, "$.a.b", DIFFERENCE_VALUE, "x", "xx") >= 0 || !whole);
	endpoint_rules_free(e);
	rules_free(r);
	return whole;
}

/* Of a difference of which only the place is known. */
Test(rules, may_hide)
{
	static const struct {
		const char *rule, *path;
		enum difference_kind kind;
		bool may;
	} rows[] = {
		{ "$.a", "$.a", DIFFERENCE_TYPE, true },
		{ "$.a", "$.a.b[*]", DIFFERENCE_MISSING, true },
		{ "$.a", "$.b", DIFFERENCE_TYPE, false },
		{ "GET /x: $.a", "$.a", DIFFERENCE_VALUE, true },
		{ "GET /y: $.a", "$.a", DIFFERENCE_VALUE, false },
		{ "$.a order", "$.a", DIFFERENCE_ORDER, true },
		{ "$.a order", "$.a", DIFFERENCE_VALUE, false },
		{ "$.a tolerance 1", "$.a", DIFFERENCE_VALUE, true },
		{ "$.a tolerance 1", "$.a", DIFFERENCE_TYPE, false },
		{ "$.a like uuid", "$.a", DIFFERENCE_VALUE, true },
		{ "$.a like /x/", "$.a", DIFFERENCE_VALUE, true },
		{ "** case", "body", DIFFERENCE_VALUE, false },
		{ "$.a kind missing", "$.a", DIFFERENCE_MISSING, true },
		{ "$.a kind missing", "$.a", DIFFERENCE_EXTRA, false },
		{ "** rate 0/2000", "$.a", DIFFERENCE_VALUE, false },
		{ "latency", "latency", DIFFERENCE_LATENCY, true },
		{ "**", "latency", DIFFERENCE_LATENCY, true },
		{ "**", "GET /x: status 200", DIFFERENCE_EXPECT, false },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct rules *r = rules_new();
		rules_without_volatile(r);
		cr_assert(rules_all_headers(r));
		cr_assert_eq(rules_add(r, slice_str(rows[i].rule), "x", NULL), 0, "%s", rows[i].rule);
		struct endpoint_rules *e = rules_for(r, slice_str("GET"), slice_str("/x"), slice_str("/x"));
		cr_expect_eq(rules_may_hide(e, slice_str(rows[i].path), rows[i].kind) >= 0, rows[i].may, "%s: %s", rows[i].rule,
		             rows[i].path);
		cr_expect_lt(rules_may_hide(e, slice_str("header:etag"), DIFFERENCE_VALUE), rows[i].rule[0] == '*' ? 1000 : 0);
		endpoint_rules_free(e);
		rules_with_volatile(r);
		e = rules_for(r, slice_str("GET"), slice_str("/x"), slice_str("/x"));
		cr_expect_geq(rules_may_hide(e, slice_str("header:etag"), DIFFERENCE_VALUE), 0);
		endpoint_rules_free(e);
		rules_free(r);
	}
}

Test(rules, every_allocation_may_fail)
{
	unsigned long n = 1;
	for (bool failed = true; failed; n++) {
		alloc_fail_at(n);
		bool whole = once_through();
		failed = alloc_failed();
		alloc_fail_at(0);
		cr_expect(failed || whole, "%lu", n);
		cr_expect(!failed || !whole, "%lu: told of a failure", n);
	}
	cr_expect_gt(n, 100);
}
