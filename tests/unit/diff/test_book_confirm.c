/* book_confirm: what comes back is sure, however seldom it was; what does not is flaky; noise that comes back by chance stays noise. */
#include "book_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct script {
	const char *control, *candidate, *second;
};

static struct book_answer said(const char *body)
{
	struct book_answer a = { .latency_ns = -1 };
	if (!body)
		return a;
	a.there = true;
	a.answer = (struct answer){
		.status = 200, .content_type = slice_str("application/json"), .message = slice_str(body), .body = slice_str(body)
	};
	return a;
}

static struct book_exchange exchange(const struct script *s)
{
	return (struct book_exchange){
		.id = "1",
		.method = slice_str("GET"),
		.path = slice_str("/a"),
		.folded = slice_str("/a"),
		.control = said(s->control),
		.candidate = said(s->candidate),
		.second = said(s->second),
	};
}

static const struct script same = { "{\"x\":1}", "{\"x\":1}", "{\"x\":1}" }, odd = { "{\"x\":1}", "{\"x\":2}", "{\"x\":1}" },
                           noisy = { "{\"x\":1}", "{\"x\":2}", "{\"x\":2}" }, noise = { "{\"x\":1}", "{\"x\":1}", "{\"x\":2}" },
                           silent = { "{\"x\":1}", NULL, "{\"x\":1}" };

static struct book *book_for(struct rules *rules, bool second)
{
	struct book_options o = rig_options(rules, second);
	struct book *b = book_new(&o, NULL);
	cr_assert(b);
	return b;
}

static void add(struct book *b, const struct script *s, int times)
{
	struct book_exchange x = exchange(s);
	for (int i = 0; i < times; i++)
		(void)book_add(b, &x);
}

static void again(struct book *b, uint32_t number, const struct script *s)
{
	struct book_exchange x = exchange(s);
	book_repeat(b, number, &x);
}

static void check(struct book *b, enum finding_state state, enum finding_reason reason, uint64_t confirmed, uint64_t flaky)
{
	struct verdict *v = book_verdict(b, NULL);
	const struct verdict_finding *f = find_finding(v, "GET /a", "$.x", DIFFERENCE_VALUE);
	cr_assert(f);
	cr_assert_eq(f->confirmed, confirmed, "%lu", (unsigned long)f->confirmed);
	cr_assert_eq(f->flaky, flaky, "%lu", (unsigned long)f->flaky);
	cr_assert_eq(f->state, state, "%d", f->state);
	cr_assert_eq(f->reason, reason, "%d", f->reason);
	verdict_free(v);
	book_free(b);
}

Test(confirm, once_and_it_comes_back)
{
	struct book *b = book_for(NULL, true);
	uint32_t number;
	add(b, &same, 100);
	cr_assert_not(book_wants_confirmation(b, 3, &number), "the last one was the same");
	add(b, &odd, 1);
	cr_assert_not(book_wants_confirmation(b, 0, &number), "no rounds are asked for");
	cr_assert(book_wants_confirmation(b, 3, &number));
	for (int i = 0; i < 3; i++)
		again(b, number, &odd);
	again(b, number, &odd); /* one too many is nobody's */
	again(b, 12345, &odd);
	check(b, FINDING_SURE, REASON_CONFIRMED, 1, 0);
}

Test(confirm, it_does_not_come_back)
{
	static const struct script *const rounds[] = { &same, &noisy };
	for (unsigned i = 0; i < 2; i++) {
		struct book *b = book_for(NULL, true);
		uint32_t number;
		add(b, &same, 100);
		add(b, &odd, 1);
		cr_assert(book_wants_confirmation(b, 2, &number));
		again(b, number, &odd);
		again(b, number, rounds[i]);
		check(b, FINDING_UNSURE, REASON_FLAKY, 0, 1);
	}
}

Test(confirm, a_round_without_an_answer_ends_it)
{
	struct book *b = book_for(NULL, true);
	uint32_t number;
	add(b, &odd, 1);
	cr_assert(book_wants_confirmation(b, 3, &number));
	again(b, number, &odd);
	again(b, number, &silent);
	again(b, number, &odd);
	check(b, FINDING_UNSURE, REASON_TEST, 0, 0);
}

/* Neither way: another status says nothing of the body. */
Test(confirm, a_round_of_another_status)
{
	struct book *b = book_for(NULL, true);
	struct book_exchange x = exchange(&odd);
	uint32_t number;
	add(b, &odd, 1);
	cr_assert(book_wants_confirmation(b, 3, &number));
	x.candidate.answer.status = 503;
	again(b, number, &odd);
	book_repeat(b, number, &x);
	again(b, number, &odd);
	check(b, FINDING_UNSURE, REASON_TEST, 0, 0);
}

Test(confirm, without_a_measure_of_noise)
{
	struct book *b = book_for(NULL, false);
	static const struct script alone = { "{\"x\":1}", "{\"x\":2}", NULL }, alone_same = { "{\"x\":1}", "{\"x\":1}", NULL };
	uint32_t number;
	add(b, &alone, 1);
	cr_assert(book_wants_confirmation(b, 1, &number));
	again(b, number, &alone_same);
	check(b, FINDING_UNSURE, REASON_FLAKY, 0, 1);
	b = book_for(NULL, false);
	add(b, &alone, 1);
	cr_assert(book_wants_confirmation(b, 1, &number));
	again(b, number, &alone);
	check(b, FINDING_SURE, REASON_CONFIRMED, 1, 0);
}

/* Noise that came back three times in one exchange may do so by chance; in eight of eight it does not. */
Test(confirm, where_there_is_noise)
{
	for (int asked = 1; asked <= 8; asked += 7) {
		struct book *b = book_for(NULL, true);
		uint32_t number;
		add(b, &noise, 20);
		for (int i = 0; i < asked; i++) {
			add(b, &odd, 1);
			cr_assert(book_wants_confirmation(b, 3, &number));
			for (int k = 0; k < 3; k++)
				again(b, number, &odd);
		}
		add(b, &odd, 1);
		cr_assert_eq(book_wants_confirmation(b, 3, &number), asked < 8, "few a path and kind are sent again");
		if (asked == 1)
			check(b, FINDING_NOISE, REASON_TEST, 1, 0);
		else
			check(b, FINDING_SURE, REASON_CONFIRMED, 8, 0);
	}
}

/* Many at a time, none of them finished: bounded, and nothing is lost of what was counted. */
Test(confirm, many_pending)
{
	struct book *b = book_for(NULL, true);
	uint32_t number, most = 0;
	char body[32];
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(body, sizeof body, "{\"y%d\":1,\"x\":1}", i);
		struct script s = { body, "{\"x\":1}", body };
		add(b, &s, 1);
		if (book_wants_confirmation(b, 1, &number))
			most = number > most ? number : most;
	}
	cr_assert_geq(most, 500);
	struct verdict *v = book_verdict(b, NULL);
	cr_assert_eq(v->compared, 1000);
	verdict_free(v);
	book_free(b);
}
