/* book: what is counted of each exchange, and what the verdict says of it; limits; memory that runs out. */
#include "diff/book.h"

#include "book_rig.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define GET_A "GET /a"

struct fixture {
	struct rules *rules;
	struct expect *expect;
	struct book *b;
};

static struct fixture fixture_with(const char *rules, const char *expect, struct book_options *o)
{
	struct fixture f = { .rules = rules_new() };
	struct err err = { 0 };
	cr_assert(f.rules);
	cr_assert_eq(rules_add_text(f.rules, slice_str(rules), "rules.txt", &err), 0, "%s", err.text);
	if (expect) {
		f.expect = expect_new();
		cr_assert_eq(expect_add_text(f.expect, slice_str(expect), "expect.txt", &err), 0, "%s", err.text);
	}
	o->rules = f.rules;
	o->expect = f.expect;
	f.b = book_new(o, &err);
	cr_assert(f.b);
	return f;
}

static void fixture_end(struct fixture *f)
{
	book_free(f->b);
	rules_free(f->rules);
	expect_free(f->expect);
}

static struct book_answer json(int status, const char *body)
{
	return (struct book_answer){
		.there = true,
		.latency_ns = 1000000,
		.answer = { .status = status,
		            .content_type = slice_str("application/json"),
		            .message = slice_str(body),
		            .body = slice_str(body) },
	};
}

static struct book_answer failed(const char *why)
{
	return (struct book_answer){ .failed = why, .latency_ns = -1 };
}

static const struct book_answer not_asked = { .latency_ns = -1 };

static enum exchange_verdict add_at(struct book *b, const char *path, struct book_answer control, struct book_answer candidate,
                                    struct book_answer second)
{
	struct book_exchange x = {
		.id = "0123456789abcdef00000001",
		.request = slice_str("GET /a HTTP/1.1\r\n\r\n"),
		.method = slice_str("GET"),
		.path = slice_str(path),
		.folded = slice_str(path),
		.control = control,
		.candidate = candidate,
		.second = second,
	};
	return book_add(b, &x);
}

static enum exchange_verdict add(struct book *b, struct book_answer control, struct book_answer candidate, struct book_answer second)
{
	return add_at(b, "/a", control, candidate, second);
}

static struct verdict *verdict_of(struct book *b)
{
	struct err err = { 0 };
	struct verdict *v = book_verdict(b, &err);
	cr_assert(v, "%s", err.text);
	cr_assert_eq(v->seen, v->compared + v->not_comparable);
	cr_assert_eq(v->compared, v->same + v->noise + v->different);
	uint64_t sums[4] = { 0 };
	for (size_t i = 0; i < v->endpoint_count; i++) {
		sums[0] += v->endpoints[i].compared;
		sums[1] += v->endpoints[i].same;
		sums[2] += v->endpoints[i].noise;
		sums[3] += v->endpoints[i].different;
	}
	cr_assert(sums[0] == v->compared && sums[1] == v->same && sums[2] == v->noise && sums[3] == v->different);
	return v;
}

static const struct verdict_finding *at(const struct verdict *v, const char *path, enum difference_kind kind)
{
	const struct verdict_finding *f = find_finding(v, GET_A, path, kind);
	cr_assert(f, "%s %s is not among the findings", path, difference_kind_name(kind));
	return f;
}

/* --- exchanges ---------------------------------------------------------------------------------------------------------------------- */

/* No noise is measured: each difference counts. */
Test(book, unmeasured)
{
	struct book_options o = rig_options(NULL, false);
	struct fixture f = fixture_with("", NULL, &o);
	cr_assert_eq(add(f.b, json(200, "{\"x\":1}"), json(200, "{\"x\":1}"), not_asked), EXCHANGE_SAME);
	cr_assert_eq(add(f.b, json(200, "{\"x\":1}"), json(200, "{\"x\":2}"), not_asked), EXCHANGE_DIFFERENT);
	cr_assert_eq(add(f.b, json(200, "{\"x\":1}"), failed("timed out"), not_asked), EXCHANGE_DIFFERENT);
	struct verdict *v = verdict_of(f.b);
	cr_assert_eq(v->compared, 3);
	cr_assert_eq(v->same, 1);
	cr_assert_eq(v->different, 2);
	cr_assert_eq(v->sure_count, 2);
	cr_assert(v->failed);
	cr_assert_null(v->second);
	cr_assert_str_eq(v->findings[0].path, "answer", "no answer at all comes first");
	cr_assert_str_eq(v->findings[0].examples[0].candidate, "timed out");
	const struct verdict_finding *x = at(v, "$.x", DIFFERENCE_VALUE);
	cr_assert_eq(x->state, FINDING_SURE);
	cr_assert_eq(x->reason, REASON_UNMEASURED);
	cr_assert_eq(x->differ, 1);
	cr_assert_eq(x->compared, 3);
	cr_assert_eq(x->noise_of, 0);
	cr_assert_float_eq(x->rate_low, 0.0084, 1e-4);
	cr_assert_eq(x->example_count, 1);
	cr_assert_str_eq(x->examples[0].control, "1");
	cr_assert_str_eq(x->examples[0].candidate, "2");
	cr_assert_str_eq(x->examples[0].exchange->id, "0123456789abcdef00000001");
	cr_assert(slice_eq(x->examples[0].exchange->candidate, slice_str("{\"x\":2}")));
	verdict_free(v);
	fixture_end(&f);
}

/* The same key differs between the controls: noise of that exchange; where they agree it is none. */
Test(book, noise_of_the_exchange)
{
	struct book_options o = rig_options(NULL, true);
	struct fixture f = fixture_with("", NULL, &o);
	cr_assert_eq(add(f.b, json(200, "{\"x\":1}"), json(200, "{\"x\":2}"), json(200, "{\"x\":3}")), EXCHANGE_NOISE);
	cr_assert_eq(add(f.b, json(200, "{\"x\":1}"), json(200, "{\"x\":2}"), json(200, "{\"x\":2}")), EXCHANGE_NOISE);
	cr_assert_eq(add(f.b, json(200, "{\"x\":1}"), json(200, "{\"x\":1}"), json(200, "{\"x\":2}")), EXCHANGE_SAME);
	for (int i = 0; i < 5; i++)
		cr_assert_eq(add(f.b, json(200, "{\"x\":1}"), json(200, "{\"x\":2}"), json(200, "{\"x\":1}")), EXCHANGE_DIFFERENT);
	cr_assert_eq(add(f.b, json(200, "{\"x\":1,\"y\":1}"), json(200, "{\"x\":1,\"y\":2}"), json(200, "{\"x\":2,\"y\":1}")),
	             EXCHANGE_DIFFERENT, "another path is no excuse");
	cr_assert_eq(add(f.b, json(200, "{\"x\":1}"), json(200, "{\"x\":1}"), failed("refused")), EXCHANGE_SAME);
	struct verdict *v = verdict_of(f.b);
	const struct verdict_finding *x = at(v, "$.x", DIFFERENCE_VALUE);
	cr_assert_eq(x->differ, 7);
	cr_assert_eq(x->noise, 4);
	cr_assert_eq(x->noise_of, 10);
	cr_assert_eq(x->only_candidate, 5);
	cr_assert_eq(x->only_control, 2);
	cr_assert_eq(x->state, FINDING_NOISE);
	cr_assert_eq(at(v, "$.y", DIFFERENCE_VALUE)->state, FINDING_UNSURE, "once, and no noise: perhaps");
	cr_assert_eq(v->different, 0);
	cr_assert_not(v->failed);
	cr_assert_null(find_finding(v, GET_A, "answer", DIFFERENCE_MISSING), "the second control alone did not answer");
	/* Its examples are those in which the controls agreed. */
	for (unsigned i = 0; i < x->example_count; i++)
		cr_assert(slice_eq(x->examples[i].exchange->second, slice_str("{\"x\":1}")));
	verdict_free(v);
	fixture_end(&f);
}

/* Where one of the two answered with another status, its body says nothing of the other's: no excuse, and no evidence either. */
Test(book, another_status_ends_it)
{
	struct book_options o = rig_options(NULL, true);
	struct fixture f = fixture_with("", NULL, &o);
	for (int i = 0; i < 40; i++)
		(void)add(f.b, json(200, "{\"x\":1}"), json(200, "{\"x\":2}"), i % 2 ? json(503, "") : json(200, "{\"x\":3}"));
	struct verdict *v = verdict_of(f.b);
	const struct verdict_finding *x = at(v, "$.x", DIFFERENCE_VALUE);
	cr_assert_eq(x->differ, 40);
	cr_assert_eq(x->only_candidate, 0);
	cr_assert_eq(x->state, FINDING_NOISE);
	cr_assert_eq(v->different, 0);
	verdict_free(v);
	fixture_end(&f);
}

/* "different" is known only when it is known which keys are sure. */
Test(book, different_counts_sure_findings)
{
	struct book_options o = rig_options(NULL, true);
	o.fail_share = 0.3;
	struct fixture f = fixture_with("", NULL, &o);
	for (int i = 0; i < 40; i++) /* a sure one */
		(void)add(f.b, json(200, "{\"x\":1,\"n\":1}"), json(200, "{\"x\":2,\"n\":1}"), json(200, "{\"x\":1,\"n\":1}"));
	for (int i = 0; i < 30; i++) { /* noise: either side as often */
		(void)add(f.b, json(200, "{\"n\":1}"), json(200, "{\"n\":2}"), json(200, "{\"n\":1}"));
		(void)add(f.b, json(200, "{\"n\":1}"), json(200, "{\"n\":1}"), json(200, "{\"n\":2}"));
	}
	for (int i = 0; i < 5; i++) /* both in one */
		(void)add(f.b, json(200, "{\"x\":1,\"n\":1}"), json(200, "{\"x\":2,\"n\":2}"), json(200, "{\"x\":1,\"n\":1}"));
	(void)add(f.b, json(200, "{\"z\":1}"), json(200, "{\"z\":2}"), json(200, "{\"z\":1}"));
	struct verdict *v = verdict_of(f.b);
	cr_assert_eq(at(v, "$.x", DIFFERENCE_VALUE)->state, FINDING_SURE);
	cr_assert_eq(at(v, "$.n", DIFFERENCE_VALUE)->state, FINDING_NOISE);
	cr_assert_eq(at(v, "$.z", DIFFERENCE_VALUE)->state, FINDING_UNSURE);
	cr_assert_eq(v->different, 45);
	cr_assert_eq(v->noise, 31);
	cr_assert_eq(v->same, 30);
	cr_assert(v->failed, "45 of 106");
	verdict_free(v);
	o.fail_share = 0.5;
	struct fixture g = fixture_with("", NULL, &o);
	cr_assert_eq(book_merge(g.b, f.b), 0);
	v = verdict_of(g.b);
	cr_assert_eq(v->different, 45);
	cr_assert_not(v->failed);
	verdict_free(v);
	fixture_end(&g);
	fixture_end(&f);
}

Test(book, not_comparable)
{
	struct book_options o = rig_options(NULL, true);
	struct fixture f = fixture_with("", NULL, &o);
	struct book_answer x = json(200, "{}");
	cr_assert_eq(add(f.b, failed("refused"), x, x), EXCHANGE_NOT_COMPARABLE);
	cr_assert_eq(add(f.b, x, not_asked, x), EXCHANGE_NOT_COMPARABLE);
	cr_assert_eq(add(f.b, not_asked, x, not_asked), EXCHANGE_NOT_COMPARABLE);
	book_not_comparable(f.b, slice_str("GET"), slice_str("/b"), NC_NOT_FINISHED);
	cr_assert_eq(add(f.b, x, x, not_asked), EXCHANGE_SAME, "without the second: compared, noise not measured");
	struct verdict *v = verdict_of(f.b);
	cr_assert_eq(v->not_comparable, 4);
	cr_assert_eq(v->cause_count, 4);
	for (size_t i = 0; i < v->cause_count; i++)
		cr_assert_eq(v->causes[i].count, 1);
	cr_assert_eq(v->endpoint_count, 2);
	verdict_free(v);
	fixture_end(&f);
}

/* --- rules -------------------------------------------------------------------------------------------------------------------------- */

static const struct verdict_hidden *hidden_by(const struct verdict *v, const char *rule)
{
	for (size_t i = 0; i < v->hidden_count; i++)
		if (strcmp(v->hidden[i].rule, rule) == 0)
			return &v->hidden[i];
	return NULL;
}

Test(book, hidden_by_rules)
{
	struct book_options o = rig_options(NULL, false);
	struct fixture f = fixture_with("GET /a: $.t\n$.v kind value\nGET /b: $.x\n", NULL, &o);
	struct book_answer a = json(200, "{\"t\":1,\"v\":1,\"x\":1}"), b = json(200, "{\"t\":2,\"v\":2,\"x\":1}"), c = a;
	c.answer.message = slice_str("{\"t\":1,\"v\":1,\"x\":1} ");
	a.answer.fields = slice_str("Date: x\r\n");
	c.answer.fields = slice_str("Date: y\r\n");
	cr_assert_eq(add(f.b, a, b, not_asked), EXCHANGE_NOISE, "a header that is gone is hidden like its value");
	b.answer.fields = a.answer.fields;
	cr_assert_eq(add(f.b, a, b, not_asked), EXCHANGE_NOISE);
	cr_assert_eq(add(f.b, a, c, not_asked), EXCHANGE_SAME, "built-in rules make no noise");
	struct verdict *v = verdict_of(f.b);
	const struct verdict_hidden *t = hidden_by(v, "GET /a: $.t"), *value = hidden_by(v, "$.v kind value"),
	                            *date = hidden_by(v, "built in: header:date");
	cr_assert(t && value && date);
	cr_assert_eq(t->exchanges, 2);
	cr_assert_str_eq(t->where, "rules.txt:1");
	cr_assert_str_eq(t->path, "$.t");
	cr_assert_str_eq(t->endpoint, GET_A);
	cr_assert_eq(value->exchanges, 2);
	cr_assert_geq(date->exchanges, 1);
	cr_assert_null(hidden_by(v, "GET /b: $.x"));
	verdict_free(v);
	fixture_end(&f);
}

/* A rule for one request's own path is not one for all of its endpoint. */
Test(book, rules_by_own_path)
{
	struct book_options o = rig_options(NULL, false);
	struct fixture f = fixture_with("GET /items/7: $.x\n", NULL, &o);
	for (int i = 0; i < 20; i++) {
		char path[16];
		(void)snprintf(path, sizeof path, "/items/%d", i % 10);
		struct book_exchange x = {
			.id = "1",
			.method = slice_str("GET"),
			.path = slice_str(path),
			.folded = slice_str("/items/{id}"),
			.control = json(200, "{\"x\":1}"),
			.candidate = json(200, "{\"x\":2}"),
			.second = not_asked,
		};
		cr_assert_eq(book_add(f.b, &x), i % 10 == 7 ? EXCHANGE_NOISE : EXCHANGE_DIFFERENT);
	}
	fixture_end(&f);
}

Test(book, learned_rates)
{
	struct book_options o = rig_options(NULL, false);
	struct fixture f =
	        fixture_with("GET /a: $.x kind value rate 40/2000\nGET /a: $.y rate 40/2000\nGET /a: ** rate 0/2000\n", NULL, &o);
	for (int i = 0; i < 1000; i++) {
		const char *body = i < 22   ? "{\"x\":2,\"y\":1,\"z\":1}"
		                   : i < 90 ? "{\"x\":1,\"y\":2,\"z\":1}"
		                   : i < 91 ? "{\"x\":1,\"y\":1,\"z\":2}"
		                            : "{\"x\":1,\"y\":1,\"z\":1}";
		(void)add(f.b, json(200, "{\"x\":1,\"y\":1,\"z\":1}"), json(200, body), not_asked);
	}
	struct verdict *v = verdict_of(f.b);
	const struct verdict_finding *x = at(v, "$.x", DIFFERENCE_VALUE), *y = at(v, "$.y", DIFFERENCE_VALUE),
	                             *z = at(v, "$.z", DIFFERENCE_VALUE);
	cr_assert_eq(x->state, FINDING_NOISE);
	cr_assert_eq(x->noise, 40);
	cr_assert_eq(x->noise_of, 2000);
	cr_assert_eq(y->state, FINDING_SURE);
	cr_assert_eq(y->reason, REASON_TEST);
	cr_assert_eq(z->state, FINDING_UNSURE, "once where nothing was seen of 2,000");
	cr_assert_eq(v->different, 68);
	verdict_free(v);
	fixture_end(&f);
}

Test(book, thresholds)
{
	static const struct {
		double relative, absolute;
		enum finding_state state;
	} rows[] = { { 0, 0, FINDING_SURE }, { 0.2, 0.0003, FINDING_SURE }, { 3, 0, FINDING_UNSURE }, { 0, 0.2, FINDING_UNSURE } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct book_options o = rig_options(NULL, true);
		o.relative = rows[i].relative;
		o.absolute = rows[i].absolute;
		struct fixture f = fixture_with("", NULL, &o);
		for (int n = 0; n < 1000; n++)
			(void)add(f.b, json(200, "{\"x\":1}"), json(200, n < 150 ? "{\"x\":2}" : "{\"x\":1}"),
			          json(200, n > 940 ? "{\"x\":2}" : "{\"x\":1}"));
		struct verdict *v = verdict_of(f.b);
		cr_assert_eq(at(v, "$.x", DIFFERENCE_VALUE)->state, rows[i].state, "%zu", i);
		cr_assert_eq(at(v, "$.x", DIFFERENCE_VALUE)->reason, rows[i].state == FINDING_SURE ? REASON_TEST : REASON_THRESHOLD);
		verdict_free(v);
		fixture_end(&f);
	}
}

/* --- contract and latency ----------------------------------------------------------------------------------------------------------- */

Test(book, expectations)
{
	struct book_options o = rig_options(NULL, false);
	struct fixture f =
	        fixture_with("", "GET /a: status 200\nGET /a: require $.id\nGET /a: latency p50 < 500us\nGET /b: status 404\n", &o);
	(void)add(f.b, json(200, "{\"id\":1}"), json(200, "{\"id\":1}"), not_asked);
	(void)add(f.b, json(200, "{}"), json(200, "{}"), not_asked);
	cr_assert_eq(add(f.b, json(500, ""), json(500, ""), not_asked), EXCHANGE_DIFFERENT,
	             "the same as the control, and against the contract");
	cr_assert_eq(add(f.b, failed("refused"), json(500, ""), not_asked), EXCHANGE_NOT_COMPARABLE);
	cr_assert_eq(add(f.b, not_asked, json(200, "{\"id\":1}"), not_asked), EXCHANGE_SAME, "nothing but the contract is asked");
	struct verdict *v = verdict_of(f.b);
	cr_assert_eq(v->sure_count, 3);
	const struct verdict_finding *status = at(v, "GET /a: status 200", DIFFERENCE_EXPECT),
	                             *id = at(v, "GET /a: require $.id", DIFFERENCE_EXPECT);
	cr_assert_eq(status->differ, 2);
	cr_assert_eq(status->compared, 5);
	cr_assert_eq(status->reason, REASON_LIMIT);
	cr_assert_str_eq(status->examples[0].candidate, "500");
	cr_assert_null(status->examples[0].control);
	cr_assert_eq(id->differ, 1);
	cr_assert_eq(at(v, "GET /a: latency p50 < 500us", DIFFERENCE_EXPECT)->state, FINDING_SURE);
	cr_assert_eq(v->different, 2);
	cr_assert(v->failed);
	verdict_free(v);
	fixture_end(&f);
}

static struct verdict *latencies(const char *rules, double share, bool second, int64_t control_ns, int64_t candidate_ns)
{
	struct book_options o = rig_options(NULL, second);
	o.latency_share = share;
	struct fixture f = fixture_with(rules, NULL, &o);
	for (int i = 0; i < 30; i++) {
		struct book_answer a = json(200, "{}"), b = a, c = a;
		a.latency_ns = control_ns + i * 100;
		b.latency_ns = candidate_ns + i * 100;
		c.latency_ns = a.latency_ns * (i % 2 ? 15 : 5) / 10; /* noisy */
		(void)add(f.b, a, b, second ? c : not_asked);
	}
	struct verdict *v = verdict_of(f.b);
	fixture_end(&f);
	return v;
}

Test(book, latency)
{
	static const struct {
		const char *rules;
		double share;
		bool second;
		int64_t control_us, candidate_us;
		bool slower;
	} rows[] = {
		{ "", 0.2, false, 4000, 7000, true }, { "", 0.2, false, 4000, 4400, false },        { "", -1, false, 4000, 7000, false },
		{ "", 0, false, 4000, 4000, false },  { "latency", 0.2, false, 4000, 7000, false }, { "", 0.2, true, 4000, 5500, false },
		{ "", 0.2, true, 4000, 7000, true },  { "", 0, false, 4000, 4200, false },          { "", 0.2, false, 7000, 4000, false },
		{ "", 0, false, 40000, 42000, true }, { "", 0.2, false, 280, 900, false },          { "", 0.2, false, 2000, 3500, true },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct verdict *v =
		        latencies(rows[i].rules, rows[i].share, rows[i].second, rows[i].control_us * 1000, rows[i].candidate_us * 1000);
		const struct verdict_finding *found = find_finding(v, GET_A, "latency", DIFFERENCE_LATENCY);
		cr_assert_eq(v->latency_count, 1);
		cr_assert_eq(v->latencies[0].slower, rows[i].slower, "%zu: %f..%f", i, v->latencies[0].ratio_low,
		             v->latencies[0].ratio_high);
		cr_assert_eq(found != NULL, rows[i].slower);
		cr_assert_float_eq(v->latencies[0].ratio, (double)rows[i].candidate_us / (double)rows[i].control_us, 0.02);
		cr_assert_eq(v->latencies[0].control->count, 30);
		cr_assert_eq(v->hidden_count, rows[i].rules[0] != 0);
		if (found) {
			cr_assert_eq(found->reason, REASON_LIMIT);
			cr_assert_eq(found->example_count, VERDICT_EXAMPLES);
			cr_assert_eq(v->different, 0, "slow is no other answer");
			cr_assert(v->failed);
		}
		verdict_free(v);
	}
}

/* --- limits ------------------------------------------------------------------------------------------------------------------------- */

/* Ever new paths, each once: bounded, counted, and together one more key. */
Test(book, keys_beyond_the_limits)
{
	struct book_options o = rig_options(NULL, true);
	struct fixture f = fixture_with("", NULL, &o);
	for (int i = 0; i < 2500; i++) {
		char a[64], b[64];
		(void)snprintf(a, sizeof a, "{\"k%dx\":1,\"a\":1,\"b\":2}", i);
		(void)snprintf(b, sizeof b, "{\"k%dx\":2,\"a\":1,\"b\":2}", i);
		(void)add(f.b, json(200, a), json(200, b), json(200, a));
	}
	struct verdict *v = verdict_of(f.b);
	cr_assert_leq(v->finding_count, 2065);
	cr_assert_eq(v->let_go, 500);
	const struct verdict_finding *other = at(v, "(other paths)", DIFFERENCE_VALUE);
	cr_assert_eq(other->differ, 500);
	cr_assert_eq(other->state, FINDING_SURE, "nothing tells which, but it is surely more than noise");
	cr_assert_eq(v->different, 500);
	verdict_free(v);
	fixture_end(&f);
}

Test(book, endpoints_beyond_the_limits)
{
	struct book_options o = rig_options(NULL, false);
	struct fixture f = fixture_with("GET /p1003: $.x\n", NULL, &o);
	for (int i = 0; i < 1005; i++) {
		char path[16];
		(void)snprintf(path, sizeof path, "/p%d", i);
		enum exchange_verdict got = add_at(f.b, path, json(200, "{\"x\":1}"), json(200, "{\"x\":2}"), not_asked);
		cr_assert_eq(got, i == 1003 ? EXCHANGE_NOISE : EXCHANGE_DIFFERENT);
	}
	struct verdict *v = verdict_of(f.b);
	cr_assert_eq(v->endpoint_count, 1001);
	cr_assert_eq(v->let_go, 5);
	cr_assert_eq(v->different, 1004);
	verdict_free(v);
	fixture_end(&f);
}

/* Large answers, ever new places: of what is beyond 64 MiB the ids and values stay. */
Test(book, kept_bytes_beyond_the_limit)
{
	struct book_options o = rig_options(NULL, false);
	struct fixture f = fixture_with("", NULL, &o);
	static char a[100000], b[100000];
	memset(a, ' ', sizeof a - 1);
	memset(b, ' ', sizeof b - 1);
	for (int i = 0; i < 700; i++) {
		int n = snprintf(a, 64, "{\"k%dx\":1,\"a\":1,\"b\":2}", i);
		a[n] = ' ';
		n = snprintf(b, 64, "{\"k%dx\":2,\"a\":1,\"b\":2}", i);
		b[n] = ' ';
		(void)add(f.b, json(200, a), json(200, b), not_asked);
	}
	struct verdict *v = verdict_of(f.b);
	size_t bytes = 0, without = 0;
	for (size_t i = 0; i < v->finding_count; i++) {
		cr_assert_eq(v->findings[i].example_count, 1);
		const struct verdict_example *e = &v->findings[i].examples[0];
		const struct verdict_exchange *x = e->exchange;
		bytes += x->request.len + x->control.len + x->candidate.len;
		without += x->control.len == 0;
		cr_assert(x->control.len == 0 || x->control.len == VERDICT_KEPT_BYTES);
		cr_assert(x->cut);
		cr_assert_eq(x->id[0], '0');
		cr_assert_str_eq(e->candidate, "2");
	}
	cr_assert_leq(bytes, 64u << 20);
	cr_assert_gt(bytes, 60u << 20);
	cr_assert_gt(without, 100);
	cr_assert_eq(v->let_go, without);
	verdict_free(v);
	fixture_end(&f);
}

/* Values are valid UTF-8, without NUL, and short, whatever stood there. */
Test(book, values_as_shown)
{
	struct book_options o = rig_options(NULL, false);
	struct fixture f = fixture_with("", NULL, &o);
	static char long_value[2000];
	memset(long_value, 'y', sizeof long_value - 1);
	struct book_answer a = json(200, "{}"), b = json(200, "{}");
	a.answer.fields = slice_of("X-A: one\xff\x80 \xc3\xa4 \xed\xa0\x80\r\n", 20);
	b.answer.fields = slice_of("X-A: \xf0\x9f\x98\x80\xe2\x82\r\n", 13);
	a.answer.message = slice_str("{} ");
	(void)add(f.b, a, b, not_asked);
	char body[2100];
	(void)snprintf(body, sizeof body, "{\"v\":\"%s\"}", long_value);
	(void)add(f.b, json(200, body), json(200, "{\"v\":\"\"}"), not_asked);
	struct verdict *v = verdict_of(f.b);
	const struct verdict_example *e = &at(v, "header:x-a", DIFFERENCE_VALUE)->examples[0];
	cr_assert_str_eq(e->control, "one\xef\xbf\xbd\xef\xbf\xbd \xc3\xa4 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	cr_assert_str_eq(e->candidate, "\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd");
	const struct verdict_example *l = &at(v, "$.v", DIFFERENCE_VALUE)->examples[0];
	cr_assert_eq(strlen(l->control), VERDICT_VALUE_BYTES);
	cr_assert_str_eq(l->control + VERDICT_VALUE_BYTES - 4, "y\xe2\x80\xa6");
	cr_assert_str_eq(l->candidate, "");
	verdict_free(v);
	fixture_end(&f);
}

/* --- memory ------------------------------------------------------------------------------------------------------------------------- */

static bool whole_run(const struct rules *rules, const struct expect *expect)
{
	struct book_options o = rig_options(rules, true);
	struct err err = { 0 };
	o.expect = expect;
	struct book *b = book_new(&o, &err);
	if (!b)
		return false;
	struct rig r = rig_seeded(3, ALL_FAULTS, true);
	for (int i = 0; i < 30; i++) {
		uint32_t number;
		uint64_t n = r.n++;
		if (rig_exchange(&r, b, n) == EXCHANGE_DIFFERENT && book_wants_confirmation(b, 1, &number))
			rig_repeat(&r, b, n, number);
	}
	struct buf learned;
	buf_init(&learned, 1 << 20);
	int rc = book_learned(b, &learned);
	struct verdict *v = book_verdict(b, &err);
	bool whole = rc == 0 && v;
	if (v) {
		cr_assert_eq(v->seen, 30);
		cr_assert_eq(v->seen, v->compared + v->not_comparable);
		cr_assert_eq(v->compared, v->same + v->noise + v->different);
		whole = whole && v->not_comparable == 0 && v->let_go == 0;
	}
	verdict_free(v);
	buf_release(&learned);
	book_free(b);
	return whole;
}

Test(book, memory_out, .timeout = 120)
{
	struct rules *rules = rules_new();
	struct expect *expect = expect_new();
	cr_assert_eq(rules_add_text(rules, slice_str("GET /api/items/3: $.name\n$.at like timestamp\n"), "r", NULL), 0);
	cr_assert_eq(expect_add_text(expect, slice_str("*: status 2xx\n"), "e", NULL), 0);
	unsigned long n = 1;
	for (;; n++) {
		alloc_fail_at(n);
		bool whole = whole_run(rules, expect);
		bool failed_once = alloc_failed();
		alloc_fail_at(0);
		if (!failed_once) {
			cr_assert(whole);
			break;
		}
	}
	cr_assert_gt(n, 100);
	rules_free(rules);
	expect_free(expect);
}
