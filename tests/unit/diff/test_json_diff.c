/* json_diff: what is told, path by path: each row two texts and every difference they make. */
#include "diff/json_diff.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "support/unit_rng.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* "path kind", sorted, once each, with ", " between. */
struct heard {
	char lines[256][DIFFERENCE_PATH_MAX + 16];
	size_t n, calls;
	struct difference last;
};

static void hear(void *arg, const struct difference *d)
{
	struct heard *h = arg;
	char line[DIFFERENCE_PATH_MAX + 16];
	h->calls++;
	h->last = *d;
	cr_assert_leq(d->path.len, DIFFERENCE_PATH_MAX);
	(void)snprintf(line, sizeof line, "%.*s %s", (int)d->path.len, (const char *)d->path.ptr, difference_kind_name(d->kind));
	for (size_t i = 0; i < h->n; i++)
		if (strcmp(h->lines[i], line) == 0)
			return;
	if (h->n < 256)
		strcpy(h->lines[h->n++], line);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void join(struct heard *h, char *out, size_t room)
{
	size_t len = 0;
	out[0] = 0;
	qsort(h->lines, h->n, sizeof *h->lines, by_text);
	for (size_t i = 0; i < h->n && len < room; i++)
		len += (size_t)snprintf(out + len, room - len, "%s%s", i ? ", " : "", h->lines[i]);
}

/* Laid against a guard page. What was told, or the reason why not, as one line. */
static const char *told(const char *control, const char *candidate, bool lines, const struct json_advice *advice)
{
	static char out[1 << 16];
	static struct heard h;
	struct slice a = guard_copy(slice_str(control)), b = guard_copy(slice_str(candidate));
	struct json_differ *d = json_differ_new();
	const char *why = NULL;
	h = (struct heard){ .n = 0 };
	int rc = json_differ_compare(d, a, b, lines, advice, (struct difference_sink){ &h, hear }, &why);
	join(&h, out, sizeof out);
	cr_assert_eq(rc != 0, why != NULL);
	if (rc != 0) {
		cr_assert_eq(h.n, 0, "nothing is told when it is no JSON");
		(void)snprintf(out, sizeof out, "%s", why);
	}
	json_differ_free(d);
	guard_free(a);
	guard_free(b);
	return out;
}

struct row {
	const char *control, *candidate, *expect;
};

static void check(const struct row *rows, size_t n, bool lines)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = told(rows[i].control, rows[i].candidate, lines, NULL);
		cr_expect_str_eq(got, rows[i].expect, "%s\n%s\ntold     %s\nexpected %s", rows[i].control, rows[i].candidate, got,
		                 rows[i].expect);
	}
}

#define CHECK(...)                                                                                                                         \
	do {                                                                                                                               \
		static const struct row rows[] = { __VA_ARGS__ };                                                                          \
		check(rows, sizeof rows / sizeof *rows, false);                                                                            \
	} while (0)

Test(json_diff, same_values_are_no_difference)
{
	CHECK({ "{\"a\":1,\"b\":2}", " { \"b\" : 2.0, \"a\" : 10e-1 } ", "" }, { "[1,\"\\u0041\\/\",null]", "[1.0, \"A/\", null]", "" },
	      { "{\"\\u0061\":[{}]}", "{\"a\":[ {} ]}", "" }, { "-0", "0.0e5", "" }, { "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"", "" },
	      { "[[],{},\"\"]", "[ [ ] , { } , \"\" ]", "" });
}

Test(json_diff, objects_go_by_key)
{
	CHECK({ "{\"a\":1}", "{\"a\":2}", "$.a value" }, { "{\"a\":1}", "{\"a\":\"1\"}", "$.a type" },
	      { "{\"a\":true}", "{\"a\":false}", "$.a value" }, { "{\"a\":null}", "{}", "$.a missing" },
	      { "{\"a\":null}", "{\"a\":0}", "$.a type" }, { "{}", "{\"a\":null}", "$.a extra" },
	      { "{\"a\":{\"b\":{\"c\":1,\"d\":2}}}", "{\"a\":{\"b\":{\"d\":2,\"c\":3}}}", "$.a.b.c value" },
	      { "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":4,\"d\":2,\"a\":1}", "$.b missing, $.c value, $.d extra" },
	      { "{\"a\":{\"b\":1}}", "{\"a\":[1]}", "$.a type" }, { "1", "\"1\"", "$ type" }, { "[]", "{}", "$ type" },
	      { "9007199254740993", "9007199254740992", "$ value" }, { "1e400", "1e401", "$ value" },
	      { "0.1", "0.10000000000000000001", "$ value" });
}

Test(json_diff, keys_in_paths_are_readable_and_harmless)
{
	CHECK({ "{\"odd key\":1}", "{\"odd key\":2}", "$[\"odd key\"] value" },
	      { "{\"$ref\":1,\"_x9\":1}", "{\"$ref\":2,\"_x9\":2}", "$.$ref value, $._x9 value" },
	      { "{\"\":1}", "{\"\":2}", "$[\"\"] value" }, { "{\"9a\":1}", "{\"9a\":2}", "$[\"9a\"] value" },
	      { "{\"a.b\":1}", "{\"a.b\":2}", "$[\"a.b\"] value" }, { "{\"*\":1}", "{\"*\":2}", "$[\"*\"] value" },
	      { "{\"a\\\"\\\\b\":1}", "{\"a\\\"\\\\b\":2}", "$[\"a\\\"\\\\b\"] value" },
	      { "{\"\\u0000\\n\\u001b[2J\":1}", "{\"\\u0000\\n\\u001b[2J\":2}", "$[\"\\u0000\\n\\u001b[2J\"] value" },
	      { "{\"caf\xc3\xa9\":1}", "{\"caf\xc3\xa9\":2}", "$[\"caf\xc3\xa9\"] value" },
	      { "{\"caf\\u00e9\":1}", "{\"caf\xc3\xa9\":2}", "$[\"caf\xc3\xa9\"] value" },
	      { "{\"\xff\xc3x\":1}", "{\"\xff\xc3x\":2}", "$[\"\\xff\\xc3x\"] value" },
	      { "{\"a\xe2\x82\":1}", "{\"a\xe2\x82\":2}", "$[\"a\\xe2\\x82\"] value" },
	      { "{\"\xe2\x80\xae\xc2\x85\":1}", "{\"\xe2\x80\xae\xc2\x85\":2}", "$[\"\\u202e\\u0085\"] value" },
	      { "{\"\\ud800\":1}", "{\"\\ud800\":2}", "$[\"\\ud800\"] value" },
	      { "{\"\xf3\xa0\x80\x81\":1}", "{\"\xf3\xa0\x80\x81\":2}", "$[\"\\udb40\\udc01\"] value" });
}

Test(json_diff, keys_that_are_data_fold_to_one_path)
{
	CHECK({ "{\"users\":{\"17\":{\"n\":1},\"18\":{\"n\":1}}}", "{\"users\":{\"17\":{\"n\":1},\"18\":{\"n\":2}}}", "$.users.*.n value" },
	      { "{\"17\":1,\"18\":2,\"19\":3}", "{\"17\":1,\"18\":2,\"20\":3}", "$.* extra, $.* missing" },
	      { "{\"2024-01-01\":1,\"2024-01-02\":2}", "{\"2024-01-01\":1,\"2024-01-02\":3}", "$.* value" },
	      { "{\"2024-01\":1,\"2024-02\":2}", "{\"2024-01\":1,\"2024-02\":3}", "$.* value" },
	      { "{\"123e4567-e89b-12d3-a456-426614174000\":1}", "{\"123e4567-e89b-12d3-a456-426614174000\":2}", "$.* value" },
	      { "{\"deadbeef01\":1,\"cafe12345\":2}", "{\"deadbeef01\":1,\"cafe12345\":3}", "$.* value" },
	      { "{\"tok_a8Zk29sKq0Lm5Xw\":1,\"tok_b9Yk38sJq1Mn4Vx\":2}", "{\"tok_a8Zk29sKq0Lm5Xw\":1,\"tok_b9Yk38sJq1Mn4Vx\":3}",
	        "$.* value" },
	      { "{\"line1\":1,\"line2\":2}", "{\"line1\":1,\"line2\":3}", "$.line2 value" },
	      { "{\"feed\":1,\"face\":2,\"decade\":1}", "{\"feed\":1,\"face\":3,\"decade\":2}", "$.decade value, $.face value" },
	      { "{\"17\":1,\"name\":2,\"price\":3}", "{\"17\":2,\"name\":2,\"price\":3}", "$[\"17\"] value" },
	      { "{\"aaaa1111bbbb\":{\"p\":1,\"q\":1}}", "{\"cccc2222dddd\":{\"p\":2,\"q\":1}}", "$.* value, $.*.p value" });
}

Test(json_diff, many_keys_of_one_shape_are_a_map)
{
	static char a[8192], b[8192];
	for (unsigned n = 63; n <= 64; n++) {
		size_t len = (size_t)snprintf(a, sizeof a, "{");
		for (unsigned i = 0; i < n; i++)
			len += (size_t)snprintf(a + len, sizeof a - len, "%s\"w%c%c\":{\"n\":%u}", i ? "," : "", 'a' + i / 26, 'a' + i % 26,
			                        i + 10);
		(void)snprintf(a + len, sizeof a - len, "}");
		strcpy(b, a);
		b[len - 2] = '0';
		cr_expect_str_eq(told(a, b, false, NULL), n == 64 ? "$.*.n value" : "$.wck.n value");
	}
}

Test(json_diff, arrays_of_objects_go_by_their_ids)
{
	CHECK({ "[{\"id\":1,\"p\":1},{\"id\":2,\"p\":1},{\"id\":3,\"p\":1}]", "[{\"id\":1,\"p\":1},{\"id\":3,\"p\":9}]",
	        "$[*] missing, $[*].p value" },
	      { "[{\"id\":1,\"p\":1},{\"id\":2,\"p\":2}]", "[{\"id\":2,\"p\":2},{\"id\":1,\"p\":1}]", "$ order" },
	      { "[{\"id\":1,\"p\":1},{\"id\":2,\"p\":2}]", "[{\"p\":3,\"id\":2.0},{\"id\":1,\"p\":1}]", "$ order, $[*].p value" },
	      { "{\"o\":[{\"sku\":\"a\",\"n\":1},{\"sku\":\"b\",\"n\":2}]}",
	        "{\"o\":[{\"sku\":\"a\",\"n\":1},{\"sku\":\"b\",\"n\":3},{\"sku\":\"c\",\"n\":2}]}", "$.o[*] extra, $.o[*].n value" },
	      { "[{\"order_id\":7,\"n\":1},{\"order_id\":8,\"n\":1}]", "[{\"order_id\":8,\"n\":1}]", "$[*] missing" },
	      /* ids that are new each time are no ids */
	      { "[{\"id\":1,\"p\":1},{\"id\":2,\"p\":1},{\"id\":3,\"p\":1}]", "[{\"id\":7,\"p\":1},{\"id\":8,\"p\":2},{\"id\":9,\"p\":1}]",
	        "$[*].id value, $[*].p value" },
	      /* nor are those that two share */
	      { "[{\"code\":1,\"p\":1},{\"code\":1,\"p\":2}]", "[{\"code\":1,\"p\":1},{\"code\":1,\"p\":3}]", "$[*].p value" },
	      /* one changed id among others is a value, not one gone and one new */
	      { "[{\"id\":1,\"p\":1,\"q\":2},{\"id\":2,\"p\":5,\"q\":6},{\"id\":3,\"p\":7,\"q\":7}]",
	        "[{\"id\":1,\"p\":1,\"q\":2},{\"id\":9,\"p\":5,\"q\":6},{\"id\":3,\"p\":7,\"q\":8}]", "$[*].id value, $[*].q value" },
	      /* one gone and another new has little in common */
	      { "[{\"id\":1,\"p\":1,\"q\":2},{\"id\":2,\"p\":5,\"q\":6},{\"id\":3,\"p\":7,\"q\":7}]",
	        "[{\"id\":1,\"p\":1,\"q\":2},{\"id\":9,\"p\":8,\"q\":9},{\"id\":3,\"p\":7,\"q\":8}]",
	        "$[*] extra, $[*] missing, $[*].q value" });
}

Test(json_diff, other_arrays_go_by_what_is_equal)
{
	CHECK({ "[1,2,3]", "[1,3]", "$[*] missing" }, { "[1,3]", "[1,2,3]", "$[*] extra" }, { "[1,2,3]", "[1,5,3]", "$[*] value" },
	      { "[1,2,3]", "[1,\"2\",3]", "$[*] type" }, { "[]", "[1]", "$[*] extra" }, { "[1]", "[]", "$[*] missing" },
	      { "{\"tags\":[\"a\",\"b\",\"c\"]}", "{\"tags\":[\"c\",\"a\",\"b\"]}", "$.tags order" }, { "[1,2]", "[2,1]", "$ order" },
	      { "[1,1,2]", "[1,2,1]", "$ order" }, { "[1,2,3,4,5,6]", "[2,1,3,4,5,7]", "$ order, $[*] value" },
	      { "[{\"a\":1,\"t\":3},{\"a\":2,\"t\":4},{\"a\":3,\"t\":5}]", "[{\"a\":3,\"t\":5},{\"a\":1,\"t\":9},{\"a\":2,\"t\":4}]",
	        "$ order, $[*].t value" },
	      { "[5,7]", "[7,9]", "$[*] value" }, { "[1,2,3,4,5]", "[1,3,3,4,4]", "$[*] value" },
	      { "[\"a\",\"b\",\"c\"]", "[\"b\",\"c\",\"d\"]", "$[*] extra, $[*] missing" },
	      { "[[1,2],[3,4]]", "[[1,2],[3,5]]", "$[*][*] value" }, { "[{\"a\":1},{\"a\":2}]", "[{\"a\":1},{\"a\":3}]", "$[*].a value" },
	      /* every element differs in a field of its own, and the first is gone: the others still find theirs */
	      { "[{\"n\":\"a\",\"x\":1,\"t\":1},{\"n\":\"b\",\"x\":2,\"t\":2},{\"n\":\"c\",\"x\":3,\"t\":3}]",
	        "[{\"n\":\"b\",\"x\":2,\"t\":8},{\"n\":\"c\",\"x\":3,\"t\":9}]", "$[*] missing, $[*].t value" });
}

/* Elements without an id, and a field that is never the same. */
Test(json_diff, changed_elements_find_each_other)
{
	CHECK({ "[{\"n\":\"a\",\"x\":1,\"y\":1,\"t\":1},{\"n\":\"b\",\"x\":2,\"y\":2,\"t\":2},{\"n\":\"c\",\"x\":3,\"y\":3,\"t\":3}]",
	        "[{\"n\":\"c\",\"x\":3,\"y\":3,\"t\":7},{\"n\":\"a\",\"x\":1,\"y\":1,\"t\":8},{\"n\":\"b\",\"x\":2,\"y\":2,\"t\":9}]",
	        "$ order, $[*].t value" },
	      { "[{\"node\":{\"n\":\"a\",\"x\":1,\"t\":1}},{\"node\":{\"n\":\"b\",\"x\":2,\"t\":2}},{\"node\":{\"n\":\"c\",\"x\":3,\"t\":3}"
	        "}]",
	        "[{\"node\":{\"n\":\"a\",\"x\":1,\"t\":4}},{\"node\":{\"n\":\"c\",\"x\":3,\"t\":5}}]", "$[*] missing, $[*].node.t value" },
	      { "[\"/img/1.png?v=1\",\"/img/2.png?v=1\",\"/css/a.css?v=1\"]", "[\"/img/1.png?v=2\",\"/css/a.css?v=2\"]",
	        "$[*] missing, $[*] value" },
	      { "[10.01,500,20.01]", "[10.02,20.02]", "$[*] missing, $[*] value" },
	      /* two ids, of which the second serves */
	      { "[{\"user_id\":1,\"order_id\":7,\"n\":1},{\"user_id\":1,\"order_id\":8,\"n\":1},{\"user_id\":2,\"order_id\":9,\"n\":1}]",
	        "[{\"user_id\":1,\"order_id\":9,\"n\":3},{\"user_id\":1,\"order_id\":7,\"n\":2},{\"user_id\":1,\"order_id\":8,\"n\":2}]",
	        "$ order, $[*].n value, $[*].user_id value" });
}

/* --- one cause, one difference ------------------------------------------------------------------------------------- */

struct element {
	unsigned id, a, b, c, time;
	bool on;
};

static size_t write_elements(char *out, size_t room, const struct element *e, size_t n, bool ids)
{
	size_t len = (size_t)snprintf(out, room, "{\"items\":[");
	for (size_t i = 0; i < n; i++) {
		len += (size_t)snprintf(out + len, room - len, "%s{", i ? "," : "");
		if (ids)
			len += (size_t)snprintf(out + len, room - len, "\"id\":%u,", e[i].id);
		len += (size_t)snprintf(out + len, room - len, "\"a\":%u,\"b\":\"b%u\",\"c\":[%u],\"on\":%s,\"t\":%u}", e[i].a, e[i].b,
		                        e[i].c, e[i].on ? "true" : "false", e[i].time);
	}
	return len + (size_t)snprintf(out + len, room - len, "]}");
}

static void fill_element(struct rng *r, struct element *e)
{
	*e = (struct element){ (unsigned)rng_below(r, 1000000),
		               (unsigned)rng_below(r, 10000),
		               (unsigned)rng_below(r, 10000),
		               (unsigned)rng_below(r, 10000),
		               0,
		               rng_below(r, 2) };
}

/* What is done to a list of n: how many there are then. */
static size_t spoil(struct rng *r, struct element *e, size_t n, unsigned how)
{
	size_t at = rng_below(r, n), other = (at + 1 + rng_below(r, n - 1)) % n;
	struct element keep = e[at];
	switch (how) {
	case 0:
		e[at].a += 20000;
		return n;
	case 1:
		memmove(e + at, e + at + 1, (n - at - 1) * sizeof *e);
		return n - 1;
	case 2:
		memmove(e + at + 1, e + at, (n - at) * sizeof *e);
		fill_element(r, &e[at]);
		return n + 1;
	case 3:
		e[at] = e[other];
		e[other] = keep;
		return n;
	default:
		e[at].c += 20000;
		return n;
	}
}

Test(json_diff, one_cause_is_one_difference)
{
	static const char *const expect[] = { "$.items[*].a value", "$.items[*] missing", "$.items[*] extra", "$.items order",
		                              "$.items[*].c[*] value" };
	static char a[1 << 16], b[1 << 16], both[128];
	struct rng r = { 6 };
	for (unsigned round = 0; round < 4000; round++) {
		struct element e[64];
		bool ids = rng_below(&r, 2), times = rng_below(&r, 2);
		size_t n = 2 + rng_below(&r, 40);
		unsigned how = (unsigned)rng_below(&r, 5);
		for (size_t i = 0; i < n; i++)
			fill_element(&r, &e[i]);
		(void)write_elements(a, sizeof a, e, n, ids);
		n = spoil(&r, e, n, how);
		for (size_t i = 0; i < n && times; i++)
			e[i].time = 1 + (unsigned)rng_below(&r, 1000000);
		(void)write_elements(b, sizeof b, e, n, ids);
		/* "$.items order" sorts before "$.items[*].t value", the rest likewise. */
		(void)snprintf(both, sizeof both, "%s%s", expect[how], times ? ", $.items[*].t value" : "");
		const char *got = told(a, b, false, NULL);
		cr_assert_str_eq(got, both, "%s\n%s\ntold     %s\nexpected %s", a, b, got, both);
	}
}

Test(json_diff, what_is_no_json_is_said)
{
	CHECK({ "{\"a\":1", "{}", "control: ends in the middle of a value" },
	      { "{}", "{\"a\"", "candidate: ends in the middle of a value" },
	      { "{\"a\":1,\"\\u0061\":2}", "{}", "control: a key stands twice" }, { "{} x", "{}", "control: more stands behind the value" },
	      { "{}", "\xef\xbb\xbf{}", "candidate: begins with a byte order mark" },
	      { "\xef\xbb\xbf{\"a\":1}", "\xef\xbb\xbf{\"a\":2}", "$.a value" }, { "{}", "", "candidate: nothing there" },
	      { "{}", "<html>", "candidate: not JSON" });
}

Test(json_diff, lines_are_an_array)
{
	static const struct row rows[] = {
		{ "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\r\n\r\n{\"a\": 2}", "" },
		{ "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n{\"a\":3}\n", "$[*].a value" },
		{ "{\"id\":1}\n{\"id\":2}\n", "{\"id\":2}\n{\"id\":1}\n", "$ order" },
		{ "{\"a\":1}\n{\"a\":2}\n", "{\"a\":1}\n", "$[*] missing" },
		{ "\x1e{\"a\":1}\n\x1e{\"a\":2}\n", "\x1e{\"a\":1}\n\x1e{\"a\":4}\n", "$[*].a value" },
		{ "{} {}", "{}", "control: more stands behind the value" },
		{ "{}\n{", "{}", "control: ends in the middle of a value" },
		{ "{}\n]", "{}", "control: not JSON" },
		{ " \n", "{}", "control: nothing there" },
	};
	check(rows, sizeof rows / sizeof *rows, true);
}

static struct path_advice advise(void *arg, struct slice path)
{
	const struct {
		const char *path;
		struct path_advice advice;
	} *rows = arg;
	for (size_t i = 0; rows[i].path; i++)
		if (slice_eq(path, slice_str(rows[i].path)))
			return rows[i].advice;
	return (struct path_advice){ 0 };
}

Test(json_diff, advice_is_taken)
{
	static const struct {
		const char *path;
		struct path_advice advice;
	} advice[] = {
		{ "$.skip", { .skip = true } },     { "$.any", { .any_order = true } },   { "$.any[*].n", { .tolerance = 0.5 } },
		{ "$.near", { .tolerance = 0.1 } }, { "$.list[*].ts", { .skip = true } }, { NULL, { 0 } },
	};
	static const struct row rows[] = {
		{ "{\"skip\":1}", "{\"skip\":{}}", "" },
		{ "{\"skip\":1}", "{}", "" },
		{ "{}", "{\"skip\":1}", "" },
		{ "{\"near\":1.0}", "{\"near\":1.1}", "" },
		{ "{\"near\":1.0}", "{\"near\":1.11}", "$.near value" },
		{ "{\"near\":1.0}", "{\"near\":\"1.0\"}", "$.near type" },
		{ "{\"any\":[1,2,3]}", "{\"any\":[3,1,2]}", "" },
		{ "{\"any\":[1,2,3]}", "{\"any\":[3,1]}", "$.any[*] missing" },
		{ "{\"any\":[1,2,3]}", "{\"any\":[3,9,1]}", "$.any[*] value" },
		{ "{\"any\":[{\"k\":1,\"s\":\"a\",\"n\":1},{\"k\":2,\"s\":\"b\",\"n\":1}]}",
		  "{\"any\":[{\"k\":2,\"s\":\"b\",\"n\":2},{\"k\":1,\"s\":\"a\",\"n\":1.5}]}", "$.any[*].n value" },
		{ "{\"any\":[{\"id\":1,\"s\":1},{\"id\":2,\"s\":1}]}", "{\"any\":[{\"id\":2,\"s\":1},{\"id\":1,\"s\":1}]}", "" },
		{ "{\"list\":[{\"v\":1,\"ts\":1},{\"v\":2,\"ts\":2}]}", "{\"list\":[{\"v\":1,\"ts\":7},{\"v\":2,\"ts\":8}]}", "" },
		{ "{\"list\":[{\"v\":1,\"ts\":1},{\"v\":2,\"ts\":2}]}", "{\"list\":[{\"v\":2,\"ts\":7}]}", "$.list[*] missing" },
	};
	const struct json_advice with = { .arg = (void *)(uintptr_t)advice, .advise = advise };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *got = told(rows[i].control, rows[i].candidate, false, &with);
		cr_expect_str_eq(got, rows[i].expect, "%s\n%s\ntold %s, expected %s", rows[i].control, rows[i].candidate, got,
		                 rows[i].expect);
	}
}

Test(json_diff, values_are_given_as_they_stand)
{
	struct heard h = { .n = 0 };
	struct json_differ *d = json_differ_new();
	const char *why;
	cr_assert_eq(json_differ_compare(d, slice_str("{\"a\":\"x\\n\"}"), slice_str("{\"a\":\"y\"}"), false, NULL,
	                                 (struct difference_sink){ &h, hear }, &why),
	             0);
	cr_expect(slice_eq(h.last.control, slice_str("x\\n")));
	cr_expect(slice_eq(h.last.candidate, slice_str("y")));
	cr_assert_eq(json_differ_compare(d, slice_str("{\"a\":[1, 2]}"), slice_str("{}"), false, NULL, (struct difference_sink){ &h, hear },
	                                 &why),
	             0);
	cr_expect(slice_eq(h.last.control, slice_str("[1, 2]")));
	cr_expect_eq(h.last.candidate.len, 0);
	json_differ_free(d);
}

/* Deep, and with keys longer than a path may be. */
Test(json_diff, long_paths_are_cut)
{
	static char a[65536], b[65536];
	size_t n = 0;
	for (unsigned i = 0; i < 300; i++)
		n += (size_t)sprintf(a + n, "{\"key%u\":", i);
	n += (size_t)sprintf(a + n, "1");
	for (unsigned i = 0; i < 300; i++)
		a[n++] = '}';
	strcpy(b, a);
	b[strlen(b) - 301] = '2';
	struct heard h = { .n = 0 };
	struct json_differ *d = json_differ_new();
	const char *why;
	cr_assert_eq(json_differ_compare(d, slice_str(a), slice_str(b), false, NULL, (struct difference_sink){ &h, hear }, &why), 0);
	cr_expect_eq(h.calls > 0, true);
	size_t len = strlen(h.lines[0]) - strlen(" value");
	cr_expect_leq(len, DIFFERENCE_PATH_MAX);
	cr_expect_eq(memcmp(h.lines[0] + len - 3, "...", 3), 0, "%s", h.lines[0]);
	json_differ_free(d);
}

/* Many of one path leave room for others; in all there are not too many calls. */
Test(json_diff, calls_are_bounded)
{
	size_t room = 1 << 22, n = 0, m = 0;
	char *a = malloc(room), *b = malloc(room);
	cr_assert(a && b);
	struct heard h = { .n = 0 };
	struct json_differ *d = json_differ_new();
	const char *why;
	n += (size_t)sprintf(a, "{\"l\":[0");
	m += (size_t)sprintf(b, "{\"l\":[0");
	for (unsigned i = 0; i < 50000; i++) {
		n += (size_t)sprintf(a + n, ",%u", i);
		m += (size_t)sprintf(b + m, ",-%u", i + 1);
	}
	(void)sprintf(a + n, "],\"z\":1}");
	(void)sprintf(b + m, "],\"z\":2}");
	cr_assert_eq(json_differ_compare(d, slice_str(a), slice_str(b), false, NULL, (struct difference_sink){ &h, hear }, &why), 0);
	cr_expect_leq(h.calls, 1000);
	cr_expect_eq(h.n, 2, "%s, %s, %s", h.lines[0], h.lines[1], h.lines[2]);
	n = m = 0;
	for (unsigned i = 0; i < 30000; i++) {
		n += (size_t)sprintf(a + n, "%c\"k%u\":%s", i ? ',' : '{', i, i % 2 ? "{}" : "0");
		m += (size_t)sprintf(b + m, "%c\"k%u\":%s", i ? ',' : '{', i, i % 2 ? "1" : "2");
	}
	(void)sprintf(a + n, "}");
	(void)sprintf(b + m, "}");
	h = (struct heard){ .n = 0 };
	cr_assert_eq(json_differ_compare(d, slice_str(a), slice_str(b), false, NULL, (struct difference_sink){ &h, hear }, &why), 0);
	cr_expect_eq(h.calls, 10000);
	json_differ_free(d);
	free(a);
	free(b);
}

Test(json_diff, every_allocation_may_fail)
{
	static const char control[] = "{\"m\":{\"17\":1,\"18\":2},\"l\":[1,2,3,4,[5]],\"o\":[{\"id\":1},{\"id\":2}],\"z\":1}";
	static const char candidate[] = "{\"l\":[2,7,3,9,[6],1],\"o\":[{\"id\":2},{\"id\":1}],\"m\":{\"18\":1,\"19\":2},\"y\":1}";
	bool failed = true;
	for (unsigned long n = 1; failed; n++) {
		struct heard h = { .n = 0 };
		const char *why;
		alloc_fail_at(n);
		struct json_differ *d = json_differ_new();
		int rc = d ? json_differ_compare(d, slice_str(control), slice_str(candidate), false, NULL,
		                                 (struct difference_sink){ &h, hear }, &why)
		           : ERR_NOMEM;
		failed = alloc_failed();
		alloc_fail_at(0);
		cr_expect_eq(rc, failed ? ERR_NOMEM : 0);
		json_differ_free(d);
	}
}
