/* book_touch: what rules hide is counted by rule, also where their say is asked before anything is compared; and which rules there were is told. */
#include "diff/book.h"

#include "book_rig.h"

#include <criterion/criterion.h>

static struct book_answer answer(const char *body)
{
	struct book_answer a = { .there = true, .latency_ns = -1 };
	a.answer.status = 200;
	a.answer.content_type = slice_str("application/json");
	a.answer.message = a.answer.body = slice_str(body);
	return a;
}

static enum exchange_verdict add(struct book *b, const char *control, const char *candidate)
{
	struct book_exchange x = { .id = "1", .method = slice_str("GET"), .path = slice_str("/a"), .folded = slice_str("/a") };
	x.control = answer(control);
	x.candidate = answer(candidate);
	return book_add(b, &x);
}

static const struct verdict_hidden *hidden_by(const struct verdict *v, const char *rule)
{
	for (size_t i = 0; i < v->hidden_count; i++)
		if (strcmp(v->hidden[i].rule, rule) == 0)
			return &v->hidden[i];
	return NULL;
}

Test(book_touch, what_order_and_tolerance_hide_is_counted)
{
	struct rules *rules = rules_new();
	struct expect *expect = expect_new();
	cr_assert_eq(rules_add_text(rules, slice_str("$.l order\n$.n tolerance 0.1\n$.never\n"), "rules.txt", NULL), 0);
	cr_assert_eq(expect_add_text(expect, slice_str("/a: status 200\n/b: status 200\n"), "promise.txt", NULL), 0);
	struct book_options o = rig_options(rules, false);
	o.expect = expect;
	struct book *b = book_new(&o, NULL);
	static const char same[] = "{\"l\":[1,2,3],\"n\":1.0}";
	cr_assert_eq(add(b, same, "{\"l\":[3,1,2],\"n\":1.0}"), EXCHANGE_NOISE);
	cr_assert_eq(add(b, same, "{\"l\":[1,2,3],\"n\":1.05}"), EXCHANGE_NOISE);
	cr_assert_eq(add(b, same, "{\"l\":[1,2,3],\"n\":0.95}"), EXCHANGE_NOISE);
	cr_assert_eq(add(b, same, "{\"n\":1,\"l\":[1,2,3]}"), EXCHANGE_SAME, "an equal number needs no tolerance");
	struct verdict *v = book_verdict(b, NULL);
	const struct verdict_hidden *order = hidden_by(v, "$.l order"), *near = hidden_by(v, "$.n tolerance 0.1");
	cr_assert(order && near);
	cr_assert_eq(order->exchanges, 1);
	cr_assert_str_eq(order->path, "$.l");
	cr_assert_eq(near->exchanges, 2);
	cr_assert_null(hidden_by(v, "$.never"));
	cr_assert_eq(v->finding_count, 0);
	cr_assert_eq(v->rule_count, 3);
	cr_assert_str_eq(v->rules[2].rule, "$.never");
	cr_assert_str_eq(v->rules[2].where, "rules.txt:3");
	cr_assert_eq(v->expectation_count, 2);
	cr_assert_str_eq(v->expectations[0].rule, "/a: status 200");
	cr_assert_eq(v->expectations[0].answers, 4);
	cr_assert_eq(v->expectations[1].answers, 0, "it is for another endpoint");
	cr_assert(!v->all_headers);
	verdict_free(v);
	book_free(b);
	rules_free(rules);
	expect_free(expect);
}

/* Without a control there is nothing to compare with but the contract, and where that says nothing of an endpoint, nothing. */
Test(book_touch, a_contract_for_another_endpoint_compares_nothing)
{
	static const char *const contracts[] = { "/b: status 200\n", "/a: status 200\n" };
	for (unsigned i = 0; i < 2; i++) {
		struct expect *expect = expect_new();
		cr_assert_eq(expect_add_text(expect, slice_str(contracts[i]), "promise.txt", NULL), 0);
		struct book_options o = rig_options(NULL, false);
		o.expect = expect;
		struct book *b = book_new(&o, NULL);
		struct book_exchange x = { .id = "1", .method = slice_str("GET"), .path = slice_str("/a"), .folded = slice_str("/a") };
		x.control.latency_ns = x.second.latency_ns = -1;
		x.candidate = answer("{}");
		cr_assert_eq(book_add(b, &x), i ? EXCHANGE_SAME : EXCHANGE_NOT_COMPARABLE);
		struct verdict *v = book_verdict(b, NULL);
		cr_assert_eq(v->compared, i);
		cr_assert_eq(v->expectations[0].answers, i);
		verdict_free(v);
		book_free(b);
		expect_free(expect);
	}
}
