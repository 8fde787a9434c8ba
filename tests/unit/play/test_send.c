/* send: Expect: 100-continue, and requests that follow each other without waiting. */
#include "unit/play/rig.h"

#include <criterion/criterion.h>

static const struct player_hints none, retry = { .retry = true }, expects = { .expects = true };

/* What the server sees, head by head, and how it ends. */
static const struct expect_case {
	const char *text, *log;
	uint64_t late, unasked;
	unsigned connections;
	const char *response;
} expect_cases[] = {
	{ "a go|content ok", "a go|0:a go|content ok\n0:b ok\n", 0, 0, 1, "K a go|content ok\n" },
	{ "a mum|content ok", "a mum|0:a mum|content ok\n0:b ok\n", 1, 0, 1, "K a mum|content ok\n" },
	{ "a deny|content ok", "a deny|1:b ok\n", 0, 1, 2, "K denied\n" },
	{ "a denylast|content ok", "a denylast|1:b ok\n", 0, 1, 2, "C denied\n" },
	{ "a ok", "0:a ok\n0:b ok\n", 0, 0, 1, "K a ok\n" }, /* no content */
};

Test(send, content_waits_for_100)
{
	for (size_t i = 0; i < sizeof expect_cases / sizeof *expect_cases; i++) {
		const struct expect_case *c = &expect_cases[i];
		struct rig r = { 0 };
		rig_open(&r, (struct player_options){ .keep_response = true });
		cr_assert_eq(rig_submit(&r, 1, c->text, expects), 0);
		cr_assert_eq(rig_submit(&r, 1, "b ok", none), 0);
		for (int k = 0; k < 1000 && !*unit_server_log(r.server); k++)
			rig_idle_steps(&r, 1);
		if (c->late) {
			cr_expect_str_eq(unit_server_log(r.server), "a mum|", "nothing behind the head within a second");
			cr_expect_leq(player_deadline(r.player), r.now_ns + NS_PER_S);
			r.now_ns += NS_PER_S;
		}
		rig_until(&r, 2);
		rig_expect(&r, 0, TARGET_ANSWERED);
		rig_expect(&r, 1, TARGET_ANSWERED);
		cr_expect_str_eq(unit_server_log(r.server), c->log);
		cr_expect_str_eq(r.requests[0].response, c->response);
		cr_expect_eq(rig_count(&r, TARGET_CONTINUE_LATE), c->late, "%s", c->text);
		cr_expect_eq(rig_count(&r, TARGET_CONTENT_UNASKED), c->unasked, "%s", c->text);
		cr_expect_eq(unit_server_accepted(r.server), c->connections, "%s", c->text);
		rig_balanced(&r);
		rig_close(&r);
	}
}

Test(send, a_head_that_is_never_continued_can_be_given_up)
{
	for (int how = 0; how < 3; how++) {
		struct rig r = { 0 };
		size_t files = rig_open_files();
		rig_open(&r, (struct player_options){ 0 });
		cr_assert_eq(rig_submit(&r, 1, "a mum|content ok", expects), 0);
		rig_idle_steps(&r, 10);
		if (how == 0)
			player_give_up(r.player, r.now_ns);
		if (how == 1) {
			unit_server_close_all(r.server);
			rig_until(&r, 1);
			rig_expect(&r, 0, TARGET_FAILED_CLOSED);
		}
		if (how < 2)
			rig_balanced(&r);
		rig_close(&r);
		cr_expect_eq(rig_open_files(), files);
	}
}

static size_t in_flight(const struct rig *r)
{
	struct player_numbers now;
	player_numbers(r->player, &now);
	return now.in_flight;
}

Test(send, a_lane_is_pipelined_only_where_asked)
{
	for (unsigned depth = 0; depth < 20; depth += 4) {
		struct rig r = { 0 };
		rig_open(&r, (struct player_options){ .keep_response = true, .pipeline = depth });
		cr_assert_eq(rig_submit(&r, 1, "w ok", none), 0);
		rig_until(&r, 1);
		unit_server_mute(r.server, true);
		static const char *const words[] = { "a ok", "b interim", "c long", "d ok", "e ok" };
		for (int i = 0; i < 30; i++)
			cr_assert_eq(rig_submit(&r, 1, words[i % 5], none), 0);
		cr_expect_eq(in_flight(&r), depth ? depth : 1);
		unit_server_mute(r.server, false);
		rig_until(&r, 31);
		for (size_t i = 0; i < 31; i++) {
			cr_expect_eq(r.order[i], i);
			rig_expect(&r, i, TARGET_ANSWERED);
		}
		cr_expect_str_eq(r.requests[1].response, "K a ok\n");
		cr_expect_str_eq(r.requests[2].response, "K b interim\n");
		cr_expect_eq(r.requests[3].response_len, 300003);
		cr_expect_str_eq(r.requests[30].response, "K e ok\n");
		cr_expect_eq(unit_server_accepted(r.server), 1);
		rig_balanced(&r);
		rig_close(&r);
	}
}

Test(send, pipelined_answers_are_the_same_in_pieces)
{
	for (size_t n = 1; n < 30; n++) {
		struct rig r = { 0 };
		rig_open(&r, (struct player_options){ .keep_response = true, .pipeline = 16 });
		unit_server_trickle(r.server, n);
		for (int i = 0; i < 24; i++)
			cr_assert_eq(rig_submit(&r, 1, i % 3 ? "b ok" : "a interim", none), 0);
		rig_until(&r, 24);
		for (size_t i = 0; i < 24; i++) {
			rig_expect(&r, i, TARGET_ANSWERED);
			cr_expect_str_eq(r.requests[i].response, i % 3 ? "K b ok\n" : "K a interim\n");
		}
		rig_balanced(&r);
		rig_close(&r);
	}
}

/* The second of five ends the connection: what becomes of those behind it. */
static const struct behind_case {
	const char *second;
	bool retry;
	enum target_row own, behind;
	uint64_t retried;
} behind_cases[] = {
	{ "x last", false, TARGET_ANSWERED, TARGET_ANSWERED, 3 }, /* RFC 9112 §9.6: they were not acted upon */
	{ "x lastshut", false, TARGET_ANSWERED, TARGET_ANSWERED, 3 },
	{ "x toend", false, TARGET_ANSWERED, TARGET_ANSWERED, 3 },
	{ "x shut", false, TARGET_FAILED_CLOSED, TARGET_FAILED_CLOSED, 0 },
	{ "x half", true, TARGET_FAILED_CLOSED, TARGET_ANSWERED, 3 },
	{ "x half", false, TARGET_FAILED_CLOSED, TARGET_FAILED_CLOSED, 0 },
	{ "x garbage", true, TARGET_FAILED_GARBAGE, TARGET_ANSWERED, 3 },
	{ "x shutonce", true, TARGET_ANSWERED, TARGET_ANSWERED, 4 },
};

Test(send, what_was_sent_behind_the_end_is_sent_again_where_allowed)
{
	for (size_t i = 0; i < sizeof behind_cases / sizeof *behind_cases; i++) {
		const struct behind_case *c = &behind_cases[i];
		const struct player_hints hints = { .retry = c->retry };
		struct rig r = { 0 };
		rig_open(&r, (struct player_options){ .pipeline = 16 });
		cr_assert_eq(rig_submit(&r, 1, "w ok", none), 0);
		rig_until(&r, 1);
		unit_server_mute(r.server, true);
		cr_assert_eq(rig_submit(&r, 1, "a ok", hints), 0);
		cr_assert_eq(rig_submit(&r, 1, c->second, hints), 0);
		for (int k = 0; k < 3; k++)
			cr_assert_eq(rig_submit(&r, 1, "b ok", hints), 0);
		cr_expect_eq(in_flight(&r), 5);
		unit_server_mute(r.server, false);
		rig_until(&r, 6);
		cr_assert_eq(rig_submit(&r, 1, "z ok", none), 0);
		rig_until(&r, 7);
		rig_expect(&r, 1, TARGET_ANSWERED);
		rig_expect(&r, 2, c->own);
		for (size_t k = 3; k < 6; k++)
			rig_expect(&r, k, c->behind);
		rig_expect(&r, 6, TARGET_ANSWERED);
		cr_expect_eq(rig_count(&r, TARGET_RETRIED), c->retried, "%s: %lu", c->second, rig_count(&r, TARGET_RETRIED));
		rig_balanced(&r);
		rig_close(&r);
	}
}

Test(send, nothing_follows_what_may_end_the_connection)
{
	static const struct player_hints hints[] = { { .alone = true }, { .last_of_lane = true } };
	for (size_t i = 0; i < 2; i++) {
		struct rig r = { 0 };
		rig_open(&r, (struct player_options){ .pipeline = 16 });
		cr_assert_eq(rig_submit(&r, 1, "w ok", none), 0);
		rig_until(&r, 1);
		cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
		cr_assert_eq(rig_submit(&r, 1, "b tunnel", hints[i]), 0);
		cr_assert_eq(rig_submit(&r, 1, "c ok", none), 0);
		cr_expect_eq(in_flight(&r), 2);
		rig_until(&r, 4);
		cr_expect_eq(rig_count(&r, TARGET_ANSWERED), 4);
		cr_expect_eq(rig_count(&r, TARGET_RETRIED), 0);
		rig_balanced(&r);
		rig_close(&r);
	}
}

Test(send, pipelined_lanes_give_way_and_give_up)
{
	for (int steps = 0; steps < 10; steps++) {
		struct rig r = { 0 };
		size_t files = rig_open_files();
		rig_open(&r, (struct player_options){ .pipeline = 16, .connections = 2 });
		for (int i = 0; i < 900; i++)
			cr_assert_eq(rig_submit(&r, i < 700 ? 1 : (uint64_t)i % 5, i % 90 == 89 ? "a hang" : "a ok", retry), 0);
		rig_idle_steps(&r, steps);
		player_give_up(r.player, r.now_ns);
		rig_balanced(&r);
		rig_close(&r);
		cr_expect_eq(rig_open_files(), files);
	}
}
