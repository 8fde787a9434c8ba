/* log_pairs: by id, by request, in any order; what one log lacks; ids that come again; the bound; the n-th allocation fails. */
#include "input/log_pairs.h"

#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct message *make(enum message_type type, uint64_t lane, uint32_t n, const char *text)
{
	struct message *m = message_new(type, 1 << 20);
	m->id = message_id_make(lane, n);
	cr_assert_eq(buf_append_str(&m->data, text), 0);
	return m;
}

static void add(struct log_pairs *p, enum log_side side, enum message_type type, uint64_t lane, uint32_t n, const char *text)
{
	struct message *m = make(type, lane, n, text);
	cr_expect_eq(log_pairs_add(p, side, m), 0);
	message_unref(m);
}

static struct log_pairs *open_pairs(bool by_request, size_t bytes)
{
	const struct log_pairs_options o = { .by_request = by_request,
		                             .answers = { MESSAGE_RESPONSE, MESSAGE_REPLAYED },
		                             .waiting_bytes = bytes };
	struct log_pairs *p = log_pairs_new(&o);
	cr_assert_not_null(p);
	return p;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK(body)  "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" body

static void expect_pair(struct log_pairs *p, const char *control, const char *candidate)
{
	struct log_pair pair;
	cr_assert(log_pairs_next(p, true, &pair));
	const char *want[] = { control, candidate };
	for (int s = 0; s < LOG_SIDES; s++) {
		cr_assert_eq(want[s] != NULL, pair.answer[s] != NULL, "side %d", s);
		if (want[s])
			cr_expect(slice_eq(message_bytes(pair.answer[s]), slice_str(want[s])), "side %d", s);
	}
	log_pair_release(&pair);
}

Test(log_pairs, by_id_in_any_order)
{
	struct log_pairs *p = open_pairs(false, 0);
	add(p, LOG_CANDIDATE, MESSAGE_REQUEST, 1, 1, GET("/a"));
	add(p, LOG_CANDIDATE, MESSAGE_REPLAYED, 1, 1, OK("x"));
	add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, 2, GET("/b"));
	cr_expect_eq(log_pairs_behind(p, LOG_CONTROL), 1);
	cr_expect_eq(log_pairs_behind(p, LOG_CANDIDATE), 1);
	add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, 1, GET("/a"));
	add(p, LOG_CONTROL, MESSAGE_RESPONSE, 1, 1, "HTTP/1.1 103 Early Hints\r\n\r\n");
	add(p, LOG_CONTROL, MESSAGE_REPLAYED, 1, 1, OK("?")); /* not what was asked for */
	struct log_pair none;
	cr_expect_not(log_pairs_next(p, false, &none));
	add(p, LOG_CONTROL, MESSAGE_RESPONSE, 1, 1, OK("y"));
	expect_pair(p, OK("y"), OK("x"));
	expect_pair(p, NULL, NULL);
	cr_expect_not(log_pairs_next(p, true, &none));
	log_pairs_free(p);
}

Test(log_pairs, by_request_the_nth_with_the_nth)
{
	struct log_pairs *p = open_pairs(true, 0);
	for (uint32_t i = 0; i < 3; i++)
		add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, i, GET("/same"));
	add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, 9, GET("/other"));
	add(p, LOG_CONTROL, MESSAGE_RESPONSE, 1, 1, OK("1"));
	add(p, LOG_CONTROL, MESSAGE_RESPONSE, 1, 0, OK("0"));
	add(p, LOG_CONTROL, MESSAGE_RESPONSE, 1, 2, OK("2"));
	for (uint32_t i = 0; i < 3; i++) {
		add(p, LOG_CANDIDATE, MESSAGE_REQUEST, 5 + i, 0, "GET /same HTTP/1.1\r\nHost: elsewhere\r\n\r\n");
		add(p, LOG_CANDIDATE, MESSAGE_REPLAYED, 5 + i, 0, i == 0 ? OK("a") : i == 1 ? OK("b") : OK("c"));
	}
	expect_pair(p, OK("0"), OK("a"));
	expect_pair(p, OK("1"), OK("b"));
	expect_pair(p, OK("2"), OK("c"));
	struct log_pair left;
	cr_assert(log_pairs_next(p, true, &left));
	cr_expect(left.asked[LOG_CONTROL] && !left.asked[LOG_CANDIDATE]);
	log_pair_release(&left);
	log_pairs_free(p);
}

Test(log_pairs, an_id_that_comes_again_ends_the_one_before)
{
	struct log_pairs *p = open_pairs(false, 0);
	add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, 1, GET("/a"));
	add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, 1, GET("/a"));
	add(p, LOG_CANDIDATE, MESSAGE_REQUEST, 1, 1, GET("/a"));
	add(p, LOG_CONTROL, MESSAGE_RESPONSE, 1, 1, OK("y"));
	add(p, LOG_CANDIDATE, MESSAGE_REPLAYED, 1, 1, OK("x"));
	expect_pair(p, NULL, NULL);
	expect_pair(p, OK("y"), OK("x"));
	log_pairs_free(p);
}

Test(log_pairs, of_equal_requests_any_may_leave)
{
	for (uint32_t gone = 0; gone < 3; gone++) {
		struct log_pairs *p = open_pairs(true, 0);
		static const char *const answers[] = { OK("0"), OK("1"), OK("2") };
		for (uint32_t i = 0; i < 3; i++)
			add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, i, GET("/same"));
		add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, gone, GET("/same")); /* its id comes again, so it is the last now */
		expect_pair(p, NULL, NULL);
		static const uint32_t order[3][3] = { { 1, 2, 0 }, { 0, 2, 1 }, { 0, 1, 2 } };
		for (uint32_t i = 0; i < 3; i++) {
			uint32_t n = order[gone][i];
			add(p, LOG_CANDIDATE, MESSAGE_REQUEST, 2, i, GET("/same"));
			add(p, LOG_CANDIDATE, MESSAGE_REPLAYED, 2, i, OK("c"));
			add(p, LOG_CONTROL, MESSAGE_RESPONSE, 1, n, answers[n]);
			expect_pair(p, answers[n], OK("c"));
		}
		log_pairs_free(p);
	}
}

/* A walk over those that wait, for each that comes, would take a minute. */
Test(log_pairs, many_equal_requests_that_the_other_log_lacks, .timeout = 30)
{
	struct log_pairs *p = open_pairs(true, 0);
	struct log_pair pair;
	uint32_t count = 0;
	for (uint32_t i = 0; i < 100000; i++)
		add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, i, GET("/same"));
	for (; log_pairs_next(p, true, &pair); count++) {
		cr_assert(pair.asked[LOG_CONTROL] && !pair.asked[LOG_CANDIDATE]);
		log_pair_release(&pair);
	}
	cr_expect_eq(count, 100000);
	log_pairs_free(p);
}

Test(log_pairs, of_several_targets_one_is_compared)
{
	const struct log_pairs_options o = { .answers = { MESSAGE_REPLAYED, MESSAGE_REPLAYED }, .target = { 2, 0 } };
	struct log_pairs *p = log_pairs_new(&o);
	static const char *const answers[] = { OK("0"), OK("1"), OK("2") };
	cr_assert_not_null(p);
	for (int s = 0; s < LOG_SIDES; s++)
		add(p, (enum log_side)s, MESSAGE_REQUEST, 1, 1, GET("/a"));
	for (uint16_t target = 3; target-- > 0;) {
		struct message *copy = make(MESSAGE_REPLAYED, 1, 1, answers[target]);
		copy->target = target;
		for (int s = 0; s < LOG_SIDES; s++)
			cr_expect_eq(log_pairs_add(p, (enum log_side)s, copy), 0);
		message_unref(copy);
	}
	expect_pair(p, OK("2"), OK("0"));
	log_pairs_free(p);
}

Test(log_pairs, what_waits_is_bounded)
{
	struct log_pairs *p = open_pairs(false, 10000);
	uint32_t gone = 0;
	struct log_pair pair;
	for (uint32_t i = 0; i < 1000; i++) {
		add(p, LOG_CONTROL, MESSAGE_REQUEST, 1, i, GET("/a"));
		for (; log_pairs_next(p, false, &pair); gone++)
			log_pair_release(&pair);
	}
	cr_expect_gt(gone, 900);
	for (; log_pairs_next(p, true, &pair); gone++)
		log_pair_release(&pair);
	cr_expect_eq(gone, 1000);
	cr_expect_eq(log_pairs_behind(p, LOG_CANDIDATE), 0);
	log_pairs_free(p);
}

Test(log_pairs, the_nth_allocation_fails)
{
	bool failed = true;
	for (unsigned long n = 1; failed && n < 100; n++) {
		struct log_pairs *p = open_pairs(true, 0);
		struct message *m = make(MESSAGE_REQUEST, 1, 1, GET("/a"));
		alloc_fail_at(n);
		int rc = log_pairs_add(p, LOG_CONTROL, m);
		failed = alloc_failed();
		alloc_fail_at(0);
		cr_expect_eq(rc, failed ? ERR_NOMEM : 0);
		message_unref(m);
		log_pairs_free(p);
	}
	cr_expect_not(failed);
}
