/* conn: what becomes of a request, by the target's behaviour on its connection. */
#include "unit/play/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct player_hints none, retry = { .retry = true };

Test(conn, sends_a_lane_in_order_over_one_connection)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .keep_response = true });
	for (int i = 0; i < 5; i++)
		cr_assert_eq(rig_submit(&r, 7, (const char *[]){ "a ok", "b ok", "c ok", "d ok", "e ok" }[i], none), 0);
	rig_until(&r, 5);
	cr_expect_str_eq(unit_server_log(r.server), "0:a ok\n0:b ok\n0:c ok\n0:d ok\n0:e ok\n");
	cr_expect_str_eq(r.requests[2].response, "K c ok\n");
	cr_expect_eq(r.requests[2].status, 200);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 1);
	cr_expect_eq(rig_count(&r, TARGET_STATUS_2XX), 5);
	cr_expect_eq(rig_count(&r, TARGET_BYTES_SENT), 25);
	cr_expect_eq(rig_count(&r, TARGET_BYTES_RECEIVED), 35);
	for (size_t i = 0; i < 5; i++)
		cr_expect_eq(r.order[i], i);
	rig_balanced(&r);
	rig_close(&r);
}

/* One request each: the outcome, and whether the connection is used by the lane's next request. */
static const struct one_case {
	const char *word;
	enum target_row outcome;
	bool reused;
	const char *response;
} one_cases[] = {
	{ "x ok", TARGET_ANSWERED, true, "K x ok\n" },
	{ "x last", TARGET_ANSWERED, false, "C x last\n" },
	{ "x lastshut", TARGET_ANSWERED, false, "C x lastshut\n" },
	{ "x shut", TARGET_FAILED_CLOSED, false, "" },
	{ "x half", TARGET_FAILED_CLOSED, false, "" },
	{ "x reset", TARGET_FAILED_CLOSED, false, "" },
	{ "x interim", TARGET_ANSWERED, true, "K x interim\n" },
	{ "x only1xx", TARGET_FAILED_CLOSED, false, "" },
	{ "x tunnel", TARGET_ANSWERED, false, "U\n" },
	{ "x garbage", TARGET_FAILED_GARBAGE, false, "" },
	{ "x toend", TARGET_ANSWERED, false, "Z x toend" },
	{ "x extra", TARGET_ANSWERED, false, "K x extra\n" },
	{ "x endless", TARGET_FAILED_TOO_LONG, false, "" },
};

Test(conn, counts_by_cause_and_goes_on)
{
	for (size_t i = 0; i < sizeof one_cases / sizeof *one_cases; i++) {
		const struct one_case *c = &one_cases[i];
		struct rig r = { 0 };
		rig_open(&r, (struct player_options){ .keep_response = true, .response_bytes = 1u << 20 });
		cr_assert_eq(rig_submit(&r, 1, c->word, retry), 0);
		cr_assert_eq(rig_submit(&r, 1, "y ok", none), 0);
		rig_until(&r, 2);
		rig_expect(&r, 0, c->outcome);
		rig_expect(&r, 1, TARGET_ANSWERED);
		cr_expect_str_eq(r.requests[0].response, c->response, "%s", c->word);
		cr_expect_eq(unit_server_accepted(r.server), c->reused ? 1 : 2, "%s: %u connections", c->word,
		             unit_server_accepted(r.server));
		cr_expect_eq(rig_count(&r, TARGET_RETRIED), 0, "a fresh connection's failure is the answer");
		rig_balanced(&r);
		rig_close(&r);
	}
}

/* Every split of an answer gives the same result. Not so for bytes behind an answer: once the next request has left, nobody can tell
 * them from its answer. */
Test(conn, an_answer_in_pieces_is_the_same_answer)
{
	for (size_t i = 0; i < sizeof one_cases / sizeof *one_cases; i++) {
		const struct one_case *c = &one_cases[i];
		if (strcmp(c->word, "x endless") == 0 || strcmp(c->word, "x extra") == 0)
			continue;
		for (size_t n = 1; n < 20; n++) {
			struct rig r = { 0 };
			rig_open(&r, (struct player_options){ .keep_response = true });
			unit_server_trickle(r.server, n);
			cr_assert_eq(rig_submit(&r, 1, c->word, retry), 0);
			cr_assert_eq(rig_submit(&r, 1, "y interim", none), 0);
			rig_until(&r, 2);
			rig_expect(&r, 0, c->outcome);
			rig_expect(&r, 1, TARGET_ANSWERED);
			cr_expect_str_eq(r.requests[0].response, c->response, "%s by %zu", c->word, n);
			cr_expect_str_eq(r.requests[1].response, "K y interim\n", "behind %s by %zu", c->word, n);
			rig_balanced(&r);
			rig_close(&r);
		}
	}
}

Test(conn, counts_interim_and_upgraded_answers)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ 0 });
	cr_assert_eq(rig_submit(&r, 1, "x interim", none), 0);
	cr_assert_eq(rig_submit(&r, 1, "x tunnel", none), 0);
	rig_until(&r, 2);
	cr_expect_eq(rig_count(&r, TARGET_STATUS_1XX), 3, "two interim answers and one 101");
	cr_expect_eq(rig_count(&r, TARGET_STATUS_2XX), 1);
	cr_expect_eq(rig_count(&r, TARGET_UPGRADED), 1);
	cr_expect_eq(r.requests[1].status, 101);
	rig_balanced(&r);
	rig_close(&r);
}

Test(conn, tells_the_framing_the_method)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ 0 });
	cr_assert_eq(rig_submit(&r, 1, "x ok", (struct player_hints){ .method = slice_str("HEAD") }), 0);
	cr_assert_eq(rig_submit(&r, 1, "y ok", (struct player_hints){ .method = slice_str("HEADINGSOUTHWARDS") }), 0);
	rig_until(&r, 2);
	cr_expect_eq(r.requests[0].status, 204);
	cr_expect_eq(r.requests[1].status, 200);
	rig_close(&r);
}

Test(conn, keeps_long_answers_whole)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .keep_response = true });
	cr_assert_eq(rig_submit(&r, 1, "x long", none), 0);
	cr_assert_eq(rig_submit(&r, 1, "y ok", none), 0);
	rig_until(&r, 2);
	cr_expect_eq(r.requests[0].response_len, 300003);
	cr_expect_str_eq(r.requests[1].response, "K y ok\n");
	cr_expect_eq(unit_server_accepted(r.server), 1);
	rig_balanced(&r);
	rig_close(&r);
}

Test(conn, sends_long_requests_in_parts)
{
	struct rig r = { 0 };
	enum { LEN = 8000000 };
	char *text = malloc(LEN + 1);
	cr_assert(text != NULL);
	memset(text, 'b', LEN);
	memcpy(text + LEN - 3, " ok", 4);
	rig_open(&r, (struct player_options){ .keep_response = true });
	unit_server_mute(r.server, true);
	cr_assert_eq(rig_submit(&r, 1, text, none), 0);
	rig_idle_steps(&r, 20);
	cr_expect_lt(rig_count(&r, TARGET_BYTES_SENT), LEN + 1, "a socket buffer held it all: no partial write was seen");
	unit_server_mute(r.server, false);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_ANSWERED);
	cr_expect_eq(rig_count(&r, TARGET_BYTES_SENT), LEN + 1);
	cr_expect_eq(r.requests[0].response_len, LEN + 3);
	free(text);
	rig_balanced(&r);
	rig_close(&r);
}

/* RFC 9110 §9.2.2: the second request of a connection that closes under it. */
Test(conn, retries_once_on_a_fresh_connection_where_allowed)
{
	static const struct {
		const char *second;
		struct player_hints hints;
		enum target_row outcome;
		unsigned retried;
	} cases[] = {
		{ "b shutonce", { .retry = true }, TARGET_ANSWERED, 1 },     { "b shutonce", { .retry = false }, TARGET_FAILED_CLOSED, 0 },
		{ "b shut", { .retry = true }, TARGET_FAILED_CLOSED, 1 },    { "b half", { .retry = true }, TARGET_FAILED_CLOSED, 0 },
		{ "b only1xx", { .retry = true }, TARGET_FAILED_CLOSED, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig r = { 0 };
		rig_open(&r, (struct player_options){ 0 });
		cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
		cr_assert_eq(rig_submit(&r, 1, cases[i].second, cases[i].hints), 0);
		cr_assert_eq(rig_submit(&r, 1, "c ok", none), 0);
		rig_until(&r, 3);
		rig_expect(&r, 0, TARGET_ANSWERED);
		rig_expect(&r, 1, cases[i].outcome);
		rig_expect(&r, 2, TARGET_ANSWERED);
		cr_expect_eq(rig_count(&r, TARGET_RETRIED), cases[i].retried, "%s", cases[i].second);
		for (size_t k = 0; k < 3; k++)
			cr_expect_eq(r.order[k], k, "order is kept across a retry");
		rig_balanced(&r);
		rig_close(&r);
	}
}

Test(conn, notices_an_idle_connection_that_the_target_closed)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ 0 });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_until(&r, 1);
	unit_server_close_all(r.server);
	rig_idle_steps(&r, 5);
	struct player_numbers now;
	player_numbers(r.player, &now);
	cr_expect_eq(now.connections, 0);
	cr_assert_eq(rig_submit(&r, 1, "b ok", none), 0);
	rig_until(&r, 2);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 2);
	cr_expect_eq(rig_count(&r, TARGET_RETRIED), 0);
	rig_balanced(&r);
	rig_close(&r);
}

Test(conn, closes_a_connection_that_speaks_unasked)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .keep_response = true });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_until(&r, 1);
	unit_server_greet(r.server, "K unasked\n");
	rig_idle_steps(&r, 5);
	cr_assert_eq(rig_submit(&r, 1, "b ok", none), 0);
	rig_until(&r, 2);
	cr_expect_str_eq(r.requests[1].response, "K b ok\n");
	cr_expect_eq(unit_server_accepted(r.server), 2);
	rig_close(&r);
}

Test(conn, an_answer_and_a_close_in_one_breath)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ 0 });
	for (int i = 0; i < 50; i++)
		cr_assert_eq(rig_submit(&r, 1, "a okshut", retry), 0);
	rig_until(&r, 50);
	for (size_t i = 0; i < 50; i++)
		rig_expect(&r, i, TARGET_ANSWERED);
	rig_balanced(&r);
	rig_close(&r);
}

Test(conn, ends_the_connection_where_the_lane_did)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ 0 });
	cr_assert_eq(rig_submit(&r, 1, "a ok", (struct player_hints){ .last_of_lane = true }), 0);
	cr_assert_eq(rig_submit(&r, 1, "b ok", none), 0);
	rig_until(&r, 2);
	cr_expect_str_eq(unit_server_log(r.server), "0:a ok\n1:b ok\n");
	rig_balanced(&r);
	rig_close(&r);
}

Test(conn, a_refusing_target_is_not_tried_for_every_request)
{
	struct rig r = { 0 };
	struct unit_server *gone = unit_server_new(NULL);
	char url[64];
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u", unit_server_port(gone));
	unit_server_free(gone);
	rig_open(&r, (struct player_options){ .url = url });
	for (int i = 0; i < 300; i++)
		cr_assert_eq(rig_submit(&r, (uint64_t)i % 10, "a ok", retry), 0);
	rig_until(&r, 300);
	cr_expect_geq(rig_count(&r, TARGET_FAILED_CONNECT), 3);
	cr_expect_leq(rig_count(&r, TARGET_FAILED_CONNECT), 20, "then it is down, and nobody tries");
	cr_expect_eq(rig_count(&r, TARGET_FAILED_CONNECT) + rig_count(&r, TARGET_NOT_TRIED), 300);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 0);
	struct player_numbers now;
	player_numbers(r.player, &now);
	cr_expect(strstr(now.last_error, "onnect") != NULL, "%s", now.last_error);
	/* After the pause it is tried again. */
	r.now_ns += 2 * NS_PER_S;
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_until(&r, 301);
	rig_expect(&r, 300, TARGET_FAILED_CONNECT);
	rig_balanced(&r);
	rig_close(&r);
}
