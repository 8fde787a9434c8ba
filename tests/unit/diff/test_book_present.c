/* A book's exchanges in time: stamps of the present moment, stalls, bursts; times of answers that are learned. */
#include "book_rig.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define GET_A "GET /a"
#define START (1764064268 * NS_PER_S) /* 2025-11-25T09:51:08Z */

static struct book_answer said(int64_t sent_ns, const char *body)
{
	return (struct book_answer){
		.there = true,
		.sent_ns = sent_ns,
		.latency_ns = NS_PER_MS,
		.answer = { .status = 200,
		            .content_type = slice_str("application/json"),
		            .message = slice_str(body),
		            .body = slice_str(body) },
	};
}

static enum exchange_verdict add(struct book *b, struct book_answer control, struct book_answer candidate, struct book_answer second)
{
	struct book_exchange x = {
		.id = "1",
		.method = slice_str("GET"),
		.path = slice_str("/a"),
		.folded = slice_str("/a"),
		.control = control,
		.candidate = candidate,
		.second = second,
	};
	return book_add(b, &x);
}

static const struct book_answer not_asked = { .latency_ns = -1 };

static struct verdict *ended(struct book *b)
{
	struct verdict *v = book_verdict(b, NULL);
	cr_assert(v);
	book_free(b);
	return v;
}

/* --- the present moment ------------------------------------------------------------------------------------------------------------- */

static struct verdict *two_times(const char *control, const char *candidate, bool counts, enum exchange_verdict *what)
{
	struct rules *rules = rules_new();
	struct book_options o = rig_options(rules, false);
	o.present_counts = counts;
	struct book *b = book_new(&o, NULL);
	*what = add(b, said(START, control), said(START + NS_PER_S, candidate), not_asked);
	struct verdict *v = ended(b);
	rules_free(rules);
	return v;
}

Test(present, is_no_difference)
{
	static const struct {
		const char *control, *candidate;
		bool counts, hidden;
	} rows[] = {
		{ "{\"at\":1764064268001}", "{\"at\":1764064269002}", false, true },
		{ "{\"at\":1764064268001}", "{\"at\":1764064269002}", true, false },
		{ "{\"at\":\"2025-11-25T09:51:08Z\"}", "{\"at\":\"2025-11-25T09:51:09Z\"}", false, true },
		{ "{\"at\":\"2025-11-25T09:51:08Z\"}", "{\"at\":\"2025-11-25T10:51:09Z\"}", false, false }, /* a wrong zone */
		{ "{\"at\":\"2025-11-25T09:51:08Z\"}", "{\"at\":\"2025-11-25 09:51:09Z\"}", false, false }, /* another shape */
		{ "{\"at\":1764064268}", "{\"at\":1764064269000}", false, false },                          /* another unit */
		{ "{\"at\":1764060000}", "{\"at\":1764060001}", false, false },                             /* past */
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enum exchange_verdict what;
		struct verdict *v = two_times(rows[i].control, rows[i].candidate, rows[i].counts, &what);
		cr_assert_eq(what, rows[i].hidden ? EXCHANGE_SAME : EXCHANGE_DIFFERENT, "%zu", i);
		cr_assert_eq(v->finding_count, !rows[i].hidden, "%zu", i);
		cr_assert_eq(v->hidden_count, rows[i].hidden, "%zu", i);
		if (rows[i].hidden) {
			cr_assert_str_eq(v->hidden[0].rule, "built in: the present moment");
			cr_assert_str_eq(v->hidden[0].where, "built in");
			cr_assert_str_eq(v->hidden[0].endpoint, GET_A);
			cr_assert_str_eq(v->hidden[0].path, "$.at");
			cr_assert_eq(v->hidden[0].exchanges, 1);
			cr_assert_eq(v->same, 1);
		}
		verdict_free(v);
	}
}

/* Also of books that are merged, between the controls, of recorded answers; and nothing is learned of them. */
Test(present, counted_and_not_learned)
{
	struct rules *rules = rules_new();
	struct book_options o = rig_options(rules, true);
	o.learning = true;
	struct book *b = book_new(&o, NULL), *other = book_new(&o, NULL);
	const char *then = "{\"at\":1764000000}", *now = "{\"at\":1764064268}", *soon = "{\"at\":1764064269}";
	for (int i = 0; i < 10; i++)
		cr_assert_eq(add(i % 2 ? b : other, said(1764000000 * NS_PER_S, then), said(START, now), said(START, soon)), EXCHANGE_SAME);
	cr_assert_eq(book_merge(b, other), 0);
	book_free(other);
	struct buf out;
	buf_init(&out, 1 << 16);
	cr_assert(book_learned(b, &out) == 0 && buf_append(&out, slice_of("", 1)) == 0);
	cr_assert_null(strstr((const char *)out.ptr, "$.at"));
	struct verdict *v = ended(b);
	cr_assert_eq(v->hidden_count, 1);
	cr_assert_eq(v->hidden[0].exchanges, 10);
	cr_assert_eq(v->finding_count, 0);
	verdict_free(v);
	buf_release(&out);
	rules_free(rules);
}

/* --- blocks of time ----------------------------------------------------------------------------------------------------------------- */

struct plan {
	const char *what;
	int exchanges;
	int64_t step_ns;
	int every;      /* the candidate differs each so many, 0: never, */
	int from, upto; /* and from one to another, */
	int again;      /* each so many exchanges later once more, 0: never */
	int noise;      /* the second control differs each so many, 0: never */
	enum finding_state state;
};

static bool is_wrong(const struct plan *p, int i)
{
	int at = p->again ? i % p->again : i;
	return (p->every && i % p->every == 3) || (at >= p->from && at < p->upto);
}

/* What many exchanges that differ come to hangs on when they did. */
Test(blocks_of_time, states)
{
	static const struct plan plans[] = {
		{ "10 of 2,000, all over 8 s", 2000, 4 * NS_PER_MS, 200, 0, 0, 0, 0, FINDING_SURE },
		{ "40 at once: a stall", 2000, NS_PER_MS / 2, 0, 500, 540, 0, 0, FINDING_UNSURE },
		{ "three stalls", 2000, NS_PER_MS, 0, 500, 520, 600, 0, FINDING_UNSURE },
		{ "three stalls beside noise", 2000, NS_PER_MS, 0, 500, 520, 600, 100, FINDING_NOISE },
		{ "a tenth, beside noise of 2%", 2000, 4 * NS_PER_MS, 10, 0, 0, 0, 50, FINDING_SURE },
		{ "all, in one burst of a millisecond", 100, 10000, 1, 0, 100, 0, 0, FINDING_SURE },
		{ "a quarter, in one burst", 300, 1000, 4, 0, 0, 0, 0, FINDING_SURE },
		{ "a tenth of few, in a short run", 400, NS_PER_MS, 10, 0, 0, 0, 0, FINDING_SURE },
		{ "of no known time", 2000, 0, 200, 0, 0, 0, 0, FINDING_SURE },
	};
	for (size_t n = 0; n < sizeof plans / sizeof plans[0]; n++) {
		const struct plan *p = &plans[n];
		struct book_options o = rig_options(NULL, true);
		struct book *b = book_new(&o, NULL);
		uint64_t wrong = 0;
		for (int i = 0; i < p->exchanges; i++) {
			int64_t at = p->step_ns ? START + i * p->step_ns : 0;
			const char *one = "{\"x\":1}", *two = "{\"x\":2}", *three = "{\"x\":3}";
			bool noisy = p->noise && i % p->noise == 7;
			wrong += is_wrong(p, i) && !noisy;
			(void)add(b, said(at, one), said(at, is_wrong(p, i) ? two : one), said(at, noisy ? three : one));
		}
		struct verdict *v = ended(b);
		const struct verdict_finding *f = find_finding(v, GET_A, "$.x", DIFFERENCE_VALUE);
		cr_assert(f, "%s", p->what);
		cr_assert_eq(f->state, p->state, "%s: q %g, %d blocks to %d", p->what, f->q, (int)f->blocks_candidate,
		             (int)f->blocks_control);
		cr_assert_eq(f->only_candidate, wrong, "%s", p->what);
		cr_assert_leq(f->blocks_candidate, f->only_candidate);
		verdict_free(v);
	}
}

/* --- times that are learned --------------------------------------------------------------------------------------------------------- */

Test(learned, latency)
{
	static const struct {
		double share;
		int64_t control_us, candidate_us, second_us;
		const char *rule;
	} rows[] = {
		{ 0.2, 2000, 6000, 0, "GET /a: latency  # 2.99 times" },
		{ 0.2, 2000, 2000, 6000, "GET /a: latency  # 2.99 times" },
		{ 0.2, 2000, 4000, 6000, "GET /a: latency  # 2.99 times" },
		{ 0.2, 2000, 2200, 0, NULL }, /* not so much slower */
		{ 0.2, 28, 90, 0, NULL },     /* by so little */
		{ -1, 2000, 6000, 0, NULL },  /* not asked */
	};
	for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
		struct rules *rules = rules_new();
		struct book_options o = rig_options(rules, rows[n].second_us > 0);
		o.learning = true;
		o.latency_share = rows[n].share;
		struct book *b = book_new(&o, NULL);
		for (int i = 0; i < 100; i++) {
			struct book_answer a = said(START, "{}"), c = a, d = a;
			a.latency_ns = rows[n].control_us * 1000;
			c.latency_ns = rows[n].candidate_us * 1000;
			d.latency_ns = rows[n].second_us * 1000;
			(void)add(b, a, c, rows[n].second_us ? d : not_asked);
		}
		struct buf out;
		buf_init(&out, 1 << 16);
		cr_assert(book_learned(b, &out) == 0 && buf_append(&out, slice_of("", 1)) == 0);
		const char *text = (const char *)out.ptr;
		cr_assert(rows[n].rule ? strstr(text, rows[n].rule) != NULL : !strstr(text, "latency"), "%zu: %s", n, text);
		cr_assert_eq(rules_add_text(rules, slice_str(text), "learned", NULL), 0);
		buf_release(&out);
		book_free(b);
		rules_free(rules);
	}
}
