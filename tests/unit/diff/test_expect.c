/* expect: what an answer has to be: status, fields, latency; and the sentences for what is no expectation. */
#include "diff/expect.h"

#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct slice str(const char *text)
{
	return slice_str(text);
}

static struct expect *expect_of(const char *text)
{
	struct expect *e = expect_new();
	struct err err = { 0 };
	cr_assert_not_null(e);
	cr_assert_eq(expect_add_text(e, str(text), "rules.txt", &err), 0, "%s", err.text);
	return e;
}

static uint64_t for_items(const struct expect *e)
{
	return expect_for(e, str("GET"), str("/api/items/{id}"), str("/api/items/42"));
}

static const struct {
	const char *rule;
	int status;
	const char *body;
	bool broken;
} answers[] = {
	{ "require $", 200, "[1]", false },
	{ "status 200,404", 200, "", false },
	{ "status 200,404", 404, "", false },
	{ "status 200, 404", 404, "", false },
	{ "status 200 ,404", 404, "", false },
	{ "status 200,404", 500, "", true },
	{ "status 200 404", 404, "", false },
	{ "status 2xx", 299, "", false },
	{ "status 2xx", 300, "", true },
	{ "status 2XX,30x", 304, "", false },
	{ "status 30x", 310, "", true },
	{ "status 200-299,404", 250, "", false },
	{ "status 200-299,404", 199, "", true },
	{ "status 2xx-3xx", 399, "", false },
	{ "status 2xx", 0, "", true },
	{ "status 2xx", -1, "", true },
	{ "status 5xx", 600, "", true },
	{ "require $", 200, "{}", false },
	{ "require $", 200, "", true },
	{ "require $", 200, "\xef\xbb\xbf{}", false },
	{ "require $.id", 200, "{\"id\":1}", false },
	{ "require $.id", 201, "{\"id\":null}", false },
	{ "require $.id", 200, "{\"ID\":1}", true },
	{ "require $.id", 200, "[{\"id\":1}]", true },
	{ "require $.id", 200, "<html>", true },
	{ "require $.id", 200, "{\"id\":1", true },
	{ "require $.id", 404, "<html>", false },
	{ "require $.id", 204, "", false },
	{ "require $.id", 205, "", false },
	{ "require $.id", 200, "{\"id\":1,\"x\":1,\"x\":2}", false }, /* a key twice: not judged */
	{ "require $.id $.name", 200, "{\"id\":1}", true },
	{ "require $.id $.name", 200, "{\"id\":1,\"name\":2}", false },
	{ "require $.a.b", 200, "{\"a\":{\"b\":1}}", false },
	{ "require $.a.b", 200, "{\"a\":1,\"b\":1}", true },
	{ "require $.items[*].price", 200, "{\"items\":[{\"price\":1},{\"price\":2}]}", false },
	{ "require $.items[*].price", 200, "{\"items\":[{\"price\":1},{\"cost\":2}]}", true },
	{ "require $.items[*].price", 200, "{\"items\":[]}", false },
	{ "require $.items[*].price", 200, "{\"items\":{}}", true },
	{ "require $.items[*].price", 200, "{}", true },
	{ "require $.items[*]", 200, "{\"items\":[1]}", false },
	{ "require $[*][*].x", 200, "[[{\"x\":1}],[]]", false },
	{ "require $[*][*].x", 200, "[[{\"x\":1}],[2]]", true },
	{ "require $.users.*.name", 200, "{\"users\":{\"a\":{\"name\":1},\"b\":{\"name\":1}}}", false },
	{ "require $.users.*.name", 200, "{\"users\":{\"a\":{\"name\":1},\"b\":{}}}", true },
	{ "require $.users.*.name", 200, "{\"users\":{}}", false },
	{ "require $.u*.name", 200, "{\"u1\":{\"name\":1},\"v\":{}}", false },
	{ "require $[\"odd key\"].x", 200, "{\"odd key\":{\"x\":1}}", false },
	{ "require $[\"odd key\"].x", 200, "{\"odd\\u0020key\":{\"x\":1}}", false },
	{ "require $[\"q\\\"q\"]", 200, "{\"q\\\"q\":1}", false },
	{ "require $.\xc3\xa4", 200, "{\"\\u00e4\":1}", false },
	{ "require $[*].id", 200, "{\"id\":1}\n{\"id\":2}\n", false },
	{ "require $[*].id", 200, "{\"id\":1}\n{\"ix\":2}\n", true },
	{ "latency max < 1ns", 200, "", false },
};

Test(expect, what_an_answer_breaks)
{
	struct json_tree tree;
	json_tree_init(&tree);
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct expect *e = expect_of(answers[i].rule);
		struct slice body = guard_copy(str(answers[i].body));
		cr_expect_eq(for_items(e), 1);
		cr_expect_eq(expect_broken(e, 1, answers[i].status, body, &tree), answers[i].broken, "'%s' of %d '%s'", answers[i].rule,
		             answers[i].status, answers[i].body);
		cr_expect_eq(expect_broken(e, 0, answers[i].status, body, &tree), 0, "a rule that is not asked for is not broken");
		cr_expect_eq(expect_needs_body(e, 1), strncmp(answers[i].rule, "require", 7) == 0, "%s", answers[i].rule);
		cr_expect_not(expect_needs_body(e, 0));
		cr_expect_str_eq(expect_text(e, 0), answers[i].rule);
		guard_free(body);
		expect_free(e);
	}
	json_tree_release(&tree);
}

Test(expect, latency)
{
	static const struct {
		const char *rule;
		bool late; /* of 1 ms, 2 ms, ... 100 ms */
	} cases[] = {
		{ "latency p50 < 49ms", true },    { "latency p50 < 52ms", false },  { "latency p75 <74ms", true },
		{ "latency p75<77ms", false },     { "latency p90 < 89ms", true },   { "latency p90 < 92ms", false },
		{ "latency p95 < 94ms", true },    { "latency p95 < 97ms", false },  { "latency p99 < 98ms", true },
		{ "latency p99 <= 101ms", false }, { "latency p99.9 < 99ms", true }, { "latency max < 100ms", true },
		{ "latency max <= 100ms", false }, { "latency max <=99.9ms", true }, { "latency max < 1s", false },
	};
	static struct hist h, none;
	hist_init(&h);
	hist_init(&none);
	for (int i = 1; i <= 100; i++)
		hist_record(&h, i * 1000000ll);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct expect *e = expect_of(cases[i].rule);
		cr_expect_eq(expect_late(e, 1, &h), cases[i].late, "%s", cases[i].rule);
		cr_expect_eq(expect_late(e, 0, &h), 0);
		cr_expect_eq(expect_late(e, 1, &none), 0, "nothing was measured, nothing is late");
		expect_free(e);
	}
}

Test(expect, which_rules_concern_an_endpoint)
{
	struct expect *e = expect_of("\xef\xbb\xbf# the contract\r\n"
	                             "GET /api/*: status 2xx   # always\r\n"
	                             "\r\n"
	                             "POST /api/*: status 201\r\n"
	                             "require $.id\r\n"
	                             "*: latency p99 < 1s\r\n"
	                             "/other: status 200");
	cr_expect_eq(expect_count(e), 5);
	cr_expect_str_eq(expect_text(e, 0), "GET /api/*: status 2xx");
	cr_expect_eq(for_items(e), 1u | 4u | 8u);
	cr_expect_eq(expect_for(e, str("POST"), str("/api/x"), str("/api/x")), 2u | 4u | 8u);
	cr_expect_eq(expect_for(e, str("HEAD"), str("/other"), str("/other")), 8u | 16u, "an answer to HEAD has no fields");
	cr_expect(expect_of_own_path(e, str("/{name}"), str("/other")));
	cr_expect_not(expect_of_own_path(e, str("/api/{name}"), str("/api/other")));
	cr_expect_not(expect_of_own_path(e, str("/other"), str("/other")));
	struct json_tree tree;
	json_tree_init(&tree);
	cr_expect_eq(expect_broken(e, for_items(e), 200, str("{}"), &tree), 4);
	cr_expect_eq(expect_broken(e, for_items(e), 500, str("{}"), &tree), 1);
	json_tree_release(&tree);
	expect_free(e);
}

static const struct {
	const char *line, *sentence;
} bad[] = {
	{ "foo", "'foo' is no expectation: 'foo' begins neither an endpoint" },
	{ "GET /x: $.id", "behind the endpoint stands status, require or latency, as in 'GET /api/*: status 200,404', and not '$.id'" },
	{ "GET /x:", "behind the endpoint stands status, require or latency" },
	{ "GET /x:status 200", "behind the endpoint stand a colon and a space, as in 'GET /api/*: status 200,404'" },
	{ "status", "'' is no status; right would be 'status 200,404', 'status 2xx' or 'status 200-299'" },
	{ "status 20", "'20' is no status" },
	{ "status 2000", "'2000' is no status" },
	{ "status 099", "'099' is no status" },
	{ "status 600", "'600' is no status" },
	{ "status xxx", "'xxx' is no status" },
	{ "status 200,", "'' is no status" },
	{ "status 200,,201", "',201' is no status" },
	{ "status 200-", "'200-' is no status" },
	{ "status 300-200", "'300-200' is no status" },
	{ "status 200 or 404", "'or' is no status" },
	{ "require", "behind 'require' stand fields of JSON" },
	{ "require id", "of the field 'id': it should begin with $, as in $.id" },
	{ "require $.items[0]", "[*] is any element" },
	{ "require $.**.id", "** says no place where a field has to be" },
	{ "require $.a...", "it is not whole" },
	{ "latency", "behind 'latency' stands p50, p75, p90, p95, p99, p99.9 or max, and not ''" },
	{ "latency p98 < 1s", "and not 'p98'" },
	{ "latency p99", "a latency has a limit, as in 'latency p99 < 200ms'" },
	{ "latency p99 > 1s", "a latency has a limit" },
	{ "latency p99 <", "a latency has a limit" },
	{ "latency p99 < 200", "'200' is no time" },
	{ "latency p99 < 0", "'0' is no time" },
	{ "latency p99 < 1s and more", "'and more' is too much" },
};

Test(expect, each_bad_line_is_one_sentence)
{
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char text[128];
		(void)snprintf(text, sizeof text, "status 200\n%s\n", bad[i].line);
		struct slice guarded = guard_copy(slice_of(text, strlen(text)));
		struct expect *e = expect_new();
		struct err err = { 0 };
		cr_expect_eq(expect_add_text(e, guarded, "rules.txt", &err), ERR_USAGE, "%s", bad[i].line);
		cr_expect(strncmp(err.text, "rules.txt:2: '", 14) == 0, "%s", err.text);
		cr_expect(strstr(err.text, bad[i].sentence), "%s: %s", bad[i].line, err.text);
		cr_expect_eq(expect_count(e), 1);
		expect_free(e);
		guard_free(guarded);
	}
}

Test(expect, there_may_be_64_rules_and_64_fields_in_each)
{
	struct expect *e = expect_new();
	struct err err = { 0 };
	for (int i = 0; i < 64; i++)
		cr_assert_eq(expect_add_text(e, str("status 200"), "rules.txt", &err), 0);
	cr_expect_eq(expect_add_text(e, str("# one\nstatus 200"), "rules.txt", &err), ERR_LIMIT);
	cr_expect_str_eq(err.text, "rules.txt:2: this is one expectation more than the 64 that there may be");
	cr_expect_eq(for_items(e), UINT64_MAX);
	expect_free(e);

	char line[8 + 65 * 4] = "require";
	for (int i = 0; i < 64; i++)
		strcat(line, " $.x");
	expect_free(expect_of(line));
	strcat(line, " $.x");
	e = expect_new();
	err = (struct err){ 0 };
	cr_expect_eq(expect_add_text(e, str(line), "rules.txt", &err), ERR_USAGE);
	cr_expect(strstr(err.text, "a line may require 64 fields"), "%s", err.text);
	expect_free(e);
}

static bool once_through(void)
{
	struct err err = { 0 };
	struct expect *e = expect_new();
	if (!e)
		return false;
	int rc = expect_add_text(e, str("GET /x: require $.a $.b[*].c\nstatus 200\nlatency max < 1s\n"), "rules.txt", &err);
	cr_expect(rc == 0 || rc == ERR_NOMEM, "%s", err.text);
	struct json_tree tree;
	json_tree_init(&tree);
	/* Fields that could not be looked for are not said to be gone. */
	cr_expect_eq(expect_broken(e, UINT64_MAX, 200, str("{\"a\":1,\"b\":[]}"), &tree), 0);
	bool whole = rc == 0 && tree.n > 0;
	json_tree_release(&tree);
	expect_free(e);
	return whole;
}

Test(expect, every_allocation_may_fail)
{
	unsigned long n = 1;
	for (bool failed = true; failed; n++) {
		alloc_fail_at(n);
		bool whole = once_through();
		failed = alloc_failed();
		alloc_fail_at(0);
		cr_expect(failed || whole, "%lu", n);
	}
	cr_expect_gt(n, 8);
}
