/* runs_judge: why a finding of the earlier run is not in the later one: fixed, or hidden, not asked, not compared. */
#include "report/runs_compare.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define SURE(path, kind, compared, differ, rate) STATE("sure", path, kind, compared, differ, rate)
#define STATE(state, path, kind, compared, differ, rate)                                                                                   \
	"{\"endpoint\":\"GET /a\",\"path\":\"" path "\",\"kind\":\"" kind "\",\"state\":\"" state "\",\"compared\":" #compared             \
	",\"differ\":" #differ ",\"rate\":" #rate ",\"rate_low\":" #rate ",\"rate_high\":" #rate "}"
#define RARE         SURE("$.x.y", "value", 1000, 10, 0.01)
#define OFTEN        SURE("$.x.y", "value", 1000, 500, 0.5)
#define LATE         SURE("latency", "latency", 1000, 500, 0.5)
#define EXPECT(rule) SURE(rule, "expect", 1000, 10, 0.01)

static const struct row {
	const char *name;
	const char *before, *before_more; /* its finding; what else that file has */
	const char *now, *now_more, *compared;
	enum run_change_kind kind;
	const char *why; /* NULL: none */
} rows[] = {
	{ "as many exchanges", RARE, "", "", "", "1000", RUN_FIXED, NULL },
	{ "nearly as many", RARE, "", "", "", "900", RUN_FIXED, NULL },
	{ "so many that it would show", RARE, "", "", "", "300", RUN_FIXED, NULL },
	{ "too few", RARE, "", "", "", "200", RUN_NOT_COMPARED, "too few exchanges to tell: 200, of 1000 earlier" },
	{ "few, but it was frequent", OFTEN, "", "", "", "5", RUN_FIXED, NULL },
	{ "too few even so", OFTEN, "", "", "", "4", RUN_NOT_COMPARED, "too few exchanges to tell: 4, of 1000 earlier" },
	{ "not one", OFTEN, "", "", "", "0", RUN_NOT_COMPARED, "its endpoint was not compared" },
	{ "every answer has another status", OFTEN, "", SURE("status 200>500", "value", 1000, 1000, 1), "", "1000", RUN_NOT_COMPARED,
	  "1000 of 1000 exchanges differ by what stands before it: status 200>500" },
	{ "or none came", OFTEN, "", STATE("unsure", "answer", "missing", 1000, 998, 1), "", "1000", RUN_NOT_COMPARED,
	  "998 of 1000 exchanges differ by what stands before it: answer" },
	{ "a few have another status", OFTEN, "", SURE("status 200>500", "value", 1000, 100, 0.1), "", "1000", RUN_FIXED, NULL },
	{ "what holds it is gone", OFTEN, "", SURE("$.x", "missing", 1000, 1000, 1), "", "1000", RUN_NOT_COMPARED,
	  "1000 of 1000 exchanges differ by what stands before it: $.x" },
	{ "what holds it is of another type", OFTEN, "", SURE("$", "type", 1000, 1000, 1), "", "1000", RUN_NOT_COMPARED,
	  "1000 of 1000 exchanges differ by what stands before it: $" },
	{ "no JSON any more", OFTEN, "", SURE("body", "type", 1000, 1000, 1), "", "1000", RUN_NOT_COMPARED,
	  "1000 of 1000 exchanges differ by what stands before it: body" },
	{ "what is beside it is gone", OFTEN, "", SURE("$.x.yy", "missing", 1000, 1000, 1), "", "1000", RUN_FIXED, NULL },
	{ "an element is gone, others are there", SURE("$.l[*].y", "value", 1000, 500, 0.5), "", SURE("$.l[*]", "missing", 1000, 1000, 1),
	  "", "1000", RUN_FIXED, NULL },
	{ "another order hides no values", OFTEN, "", SURE("$.x", "order", 1000, 1000, 1), "", "1000", RUN_FIXED, NULL },
	{ "another status is another finding", SURE("status 200>503", "value", 1000, 500, 0.5), "",
	  SURE("status 200>500", "value", 1000, 1000, 1), "", "1000", RUN_FIXED, NULL },
	{ "other endpoints do not matter", OFTEN, "",
	  "{\"endpoint\":\"GET /b\",\"path\":\"status 200>500\",\"kind\":\"value\",\"state\":\"sure\",\"differ\":1000}", "", "1000",
	  RUN_FIXED, NULL },

	{ "noise now", OFTEN, "", STATE("noise", "$.x.y", "value", 1000, 500, 0.5), "", "1000", RUN_HIDDEN, "it is taken for noise now" },
	{ "noise, and less of it", OFTEN, "", STATE("noise", "$.x.y", "value", 1000, 5, 0.005), "", "1000", RUN_FIXED, NULL },
	{ "a rule that is new", OFTEN, "", "", ",\"rules\":[{\"rule\":\"hide $.x\",\"where\":\"r:1\"}]", "1000", RUN_HIDDEN,
	  "by the rule hide $.x" },
	{ "a rule that both have", OFTEN, ",\"rules\":[{\"rule\":\"hide $.x\",\"where\":\"old:7\"}]", "",
	  ",\"rules\":[{\"rule\":\"hide $.x\",\"where\":\"r:1\"}]", "1000", RUN_FIXED, NULL },
	{ "another rule", OFTEN, "", "", ",\"rules\":[{\"rule\":\"hide $.z\",\"where\":\"r:1\"}]", "1000", RUN_FIXED, NULL },
	{ "what is no rule", OFTEN, "", "", ",\"rules\":[7,{\"where\":\"hide $.x\"},null]", "1000", RUN_FIXED, NULL },
	{ "headers count no more", SURE("header:etag", "value", 1000, 1000, 1), ",\"settings\":{\"all_headers\":true}", "",
	  ",\"settings\":{\"all_headers\":false}", "1000", RUN_HIDDEN, "by the rule built in" },
	{ "they count still", SURE("header:etag", "value", 1000, 1000, 1), ",\"settings\":{\"all_headers\":true}", "",
	  ",\"settings\":{\"all_headers\":true}", "1000", RUN_FIXED, NULL },
	{ "stamps of the moment count no more", OFTEN, ",\"settings\":{\"timestamps\":true}", "", "", "1000", RUN_HIDDEN,
	  "perhaps: --diff-timestamps was not given" },
	{ "but a status is none", SURE("status 200>503", "value", 1000, 500, 0.5), ",\"settings\":{\"timestamps\":true}", "", "", "1000",
	  RUN_FIXED, NULL },

	{ "times not asked", LATE, "", "", ",\"settings\":{\"latency_share\":null}", "1000", RUN_NOT_ASKED,
	  "--diff-latency was not given" },
	{ "times asked", LATE, ",\"settings\":{\"latency_share\":0.2}", "", ",\"settings\":{\"latency_share\":0.2}", "1000", RUN_FIXED,
	  NULL },
	{ "slower is allowed now", LATE, ",\"settings\":{\"latency_share\":0.2}", "",
	  ",\"settings\":{\"latency_share\":0.5},\"latencies\":[{\"endpoint\":\"GET /a\",\"ratio_low\":1.3}]", "1000", RUN_NOT_ASKED,
	  "--diff-latency allows 50% now" },
	{ "it would be allowed, and is faster", LATE, ",\"settings\":{\"latency_share\":0.2}", "",
	  ",\"settings\":{\"latency_share\":0.5},\"latencies\":[{\"endpoint\":\"GET /a\",\"ratio_low\":1.1}]", "1000", RUN_FIXED, NULL },
	{ "times beside another status", LATE, "", SURE("status 200>500", "value", 1000, 1000, 1), ",\"settings\":{\"latency_share\":0.2}",
	  "1000", RUN_FIXED, NULL },
	{ "expected no more", EXPECT("GET /a: status 200"), "", "", ",\"expectations\":[\"GET /a: status 201\"]", "1000", RUN_NOT_ASKED,
	  "it is expected no more" },
	{ "expected still", EXPECT("GET /a: status 200"), "", "", ",\"expectations\":[{\"rule\":\"GET /a: status 200\",\"answers\":1000}]",
	  "1000", RUN_FIXED, NULL },
	{ "not said what is expected", EXPECT("GET /a: status 200"), "", "", "", "1000", RUN_FIXED, NULL },
	{ "required of no answer", EXPECT("GET /a: require $.x"), "", SURE("status 200>500", "value", 1000, 1000, 1),
	  ",\"expectations\":[\"GET /a: require $.x\"]", "1000", RUN_NOT_COMPARED,
	  "1000 of 1000 exchanges differ by what stands before it: status 200>500" },
	{ "is not asked rather than not compared", LATE, "", "", "", "0", RUN_NOT_ASKED, "--diff-latency was not given" },
	{ "is not compared rather than hidden", OFTEN, "", "", ",\"rules\":[{\"rule\":\"hide $.x\"}]", "0", RUN_NOT_COMPARED,
	  "its endpoint was not compared" },
};

/* Stand for the rules of diff/: "hide PREFIX". */
struct known {
	char rule[64];
	bool built_in;
};

static int add(void *arg, const char *rule, const char *where, struct err *err)
{
	struct known *k = arg;
	cr_assert_not_null(where);
	(void)snprintf(k->rule, sizeof k->rule, "%s", rule);
	return strcmp(rule, "bad") == 0 ? err_set(err, ERR_USAGE, "%s: bad", where) : 0;
}

static void add_built_in(void *arg)
{
	((struct known *)arg)->built_in = true;
}

static int hides(void *arg, const char *endpoint, const char *path, const char *kind, const char **rule)
{
	const struct known *k = arg;
	bool by_rule = k->rule[0] && strncmp(path, k->rule + 5, strlen(k->rule + 5)) == 0;
	cr_assert_str_eq(endpoint, "GET /a");
	cr_assert_not_null(kind);
	*rule = by_rule ? k->rule : k->built_in && strncmp(path, "header:", 7) == 0 ? "built in" : NULL;
	return 0;
}

static void write_run(char out[static 2048], const char *finding, const char *more, const char *compared)
{
	(void)snprintf(
	        out, 2048,
	        "{\"format\":\"replay-verdict\",\"version\":1,\"findings\":[%s],\"endpoints\":[{\"endpoint\":\"GET /a\",\"compared\":%s},"
	        "{\"endpoint\":\"GET /b\",\"compared\":7}]%s}",
	        finding, compared, more);
}

static int run(const struct row *row, struct runs_compare **c, struct err *err)
{
	static char before[2048], now[2048];
	struct known known = { .built_in = false };
	const struct runs_rules rules = { &known, add, add_built_in, hides };
	write_run(before, row->before, row->before_more, "1000");
	write_run(now, row->now, row->now_more, row->compared);
	struct slice first = guard_copy(slice_str(before)), second = guard_copy(slice_str(now));
	int r = runs_compare_new(first, second, &rules, c, err);
	guard_free(first);
	guard_free(second);
	return r;
}

static const struct run_change *of_earlier(const struct runs_compare *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->changes[i].before.there)
			return &c->changes[i];
	return NULL;
}

Test(runs_judge, what_became_of_it)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct runs_compare *c;
		struct err err = { 0 };
		cr_assert_eq(run(&rows[i], &c, &err), 0, "%s: %s", rows[i].name, err.text);
		const struct run_change *change = of_earlier(c);
		cr_assert_not_null(change, "%s", rows[i].name);
		cr_expect_eq(change->kind, rows[i].kind, "%s: %s, %s", rows[i].name, run_change_name(change->kind), change->why);
		cr_expect(rows[i].why ? change->why && strcmp(change->why, rows[i].why) == 0 : !change->why, "%s: %s", rows[i].name,
		          change->why);
		runs_compare_free(c);
	}
}

Test(runs_judge, a_rule_that_cannot_be_read)
{
	const struct row row = { "", OFTEN, "", "", ",\"rules\":[{\"rule\":\"bad\",\"where\":\"r:9\"}]", "1000", RUN_CHANGES, NULL };
	struct runs_compare *c;
	struct err err = { 0 };
	cr_assert_eq(run(&row, &c, &err), ERR_USAGE);
	cr_assert_str_eq(err.text, "r:9: bad");
	cr_assert_null(c);
}

Test(runs_judge, why_is_shown)
{
	struct runs_compare *c;
	struct buf out;
	buf_init(&out, 1u << 16);
	cr_assert_eq(run(&rows[3], &c, NULL), 0);
	cr_assert_eq(runs_compare_text(c, 0, false, &out), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str("0 new, 0 lasting, 0 fixed, 1 not compared any more\nbefore: ?\nnow:    ?\n\n"
	                                              "not compared any more\n  GET /a  $.x.y\n    value  1.0% \xe2\x86\x92 ?  "
	                                              "too few exchanges to tell: 200, of 1000 earlier\n")),
	          "%.*s", (int)out.len, out.ptr);
	buf_clear(&out);
	cr_assert_eq(runs_compare_json(c, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	cr_assert_not_null(strstr((const char *)out.ptr, "\"why\":\"too few exchanges to tell: 200, of 1000 earlier\""));
	cr_assert_not_null(strstr((const char *)out.ptr, "\"hidden\":0"));
	buf_release(&out);
	runs_compare_free(c);
}

Test(runs_judge, every_allocation_may_fail)
{
	for (unsigned long n = 1;; n++) {
		struct runs_compare *c;
		struct err err = { 0 };
		alloc_fail_at(n);
		int r = run(&rows[20], &c, &err);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0);
		runs_compare_free(c);
		if (!failed)
			break;
	}
}
