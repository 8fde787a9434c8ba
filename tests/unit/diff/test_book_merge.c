/* book_merge: the same exchanges in one book or in several come to the same verdict. */
#include "book_rig.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

static struct book *book_for(struct rules *rules)
{
	struct book_options o = rig_options(rules, true);
	struct book *b = book_new(&o, NULL);
	cr_assert(b);
	return b;
}

static void check_same(const struct verdict *a, const struct verdict *b)
{
	cr_assert_eq(a->seen, b->seen);
	cr_assert_eq(a->same, b->same);
	cr_assert_eq(a->noise, b->noise);
	cr_assert_eq(a->different, b->different);
	cr_assert_eq(a->sure_count, b->sure_count);
	cr_assert_eq(a->finding_count, b->finding_count);
	for (size_t i = 0; i < a->finding_count; i++) {
		const struct verdict_finding *x = &a->findings[i], *y = &b->findings[i];
		cr_assert_str_eq(x->endpoint, y->endpoint);
		cr_assert_str_eq(x->path, y->path);
		cr_assert_eq(x->differ, y->differ);
		cr_assert_eq(x->noise, y->noise);
		cr_assert_eq(x->only_candidate, y->only_candidate);
		cr_assert_eq(x->state, y->state);
		cr_assert(x->q <= y->q && x->q >= y->q);
		cr_assert_eq(x->example_count, y->example_count);
		for (unsigned k = 0; k < y->example_count; k++)
			cr_assert(y->examples[k].exchange->request.len > 0);
	}
	cr_assert_eq(a->hidden_count, b->hidden_count);
	for (size_t i = 0; i < a->hidden_count; i++)
		cr_assert_eq(a->hidden[i].exchanges, b->hidden[i].exchanges);
	cr_assert_eq(a->latency_count, b->latency_count);
	for (size_t i = 0; i < a->latency_count; i++)
		cr_assert_eq(a->latencies[i].candidate->count, b->latencies[i].candidate->count);
	cr_assert_eq(a->second_count, b->second_count);
	for (size_t i = 0; i < a->second_count; i++) {
		cr_assert_eq(a->seconds[i].compared, b->seconds[i].compared);
		cr_assert_eq(a->seconds[i].different, b->seconds[i].different);
		cr_assert_eq(a->seconds[i].candidate_p99_ns, b->seconds[i].candidate_p99_ns);
	}
	for (size_t i = 0; i < a->endpoint_count; i++)
		cr_assert_eq(a->endpoints[i].different, b->endpoints[i].different);
}

/* Dealt out in runs of ten, as if lanes had gone to three shards. */
static struct verdict *in_parts(struct rules *rules, unsigned parts)
{
	struct book *books[3];
	struct rig r = rig_seeded(5, ALL_FAULTS, true);
	for (unsigned i = 0; i < parts; i++)
		books[i] = book_for(rules);
	for (uint64_t n = 0; n < 6000; n++)
		(void)rig_exchange(&r, books[n / 10 % parts], n);
	for (unsigned i = 1; i < parts; i++) {
		cr_assert_eq(book_merge(books[0], books[i]), 0);
		book_free(books[i]);
	}
	struct verdict *v = book_verdict(books[0], NULL);
	cr_assert(v);
	book_free(books[0]);
	return v;
}

Test(merge, parts_are_the_whole)
{
	struct rules *rules = rules_new();
	struct verdict *whole = in_parts(rules, 1);
	for (unsigned parts = 2; parts <= 3; parts++) {
		struct verdict *v = in_parts(rules, parts);
		check_same(whole, v);
		verdict_free(v);
	}
	uint64_t different = 0;
	for (size_t i = 0; i < whole->second_count; i++)
		different += whole->seconds[i].different;
	cr_assert_eq(different, whole->different, "the seconds add up");
	verdict_free(whole);
	rules_free(rules);
}

/* The same seed keeps the same examples. */
Test(merge, examples_by_seed)
{
	struct verdict *v[2];
	for (int i = 0; i < 2; i++)
		v[i] = in_parts(NULL, 1);
	for (size_t i = 0; i < v[0]->finding_count; i++)
		for (unsigned k = 0; k < v[0]->findings[i].example_count; k++)
			cr_assert_str_eq(v[0]->findings[i].examples[k].exchange->id, v[1]->findings[i].examples[k].exchange->id);
	verdict_free(v[0]);
	verdict_free(v[1]);
}

Test(merge, memory_out)
{
	for (unsigned long n = 1;; n++) {
		struct book *a = book_for(NULL), *b = book_for(NULL);
		struct rig r = rig_seeded(5, ALL_FAULTS, true);
		rig_run(&r, a, 20);
		rig_run(&r, b, 40);
		alloc_fail_at(n);
		int rc = book_merge(a, b);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		struct verdict *v = book_verdict(a, NULL);
		cr_assert_eq(v->compared, rc ? 20 : 60);
		cr_assert_eq(v->compared, v->same + v->noise + v->different);
		verdict_free(v);
		book_free(a);
		book_free(b);
		if (!failed) {
			cr_assert_eq(rc, 0);
			break;
		}
	}
}
