/* player: what becomes of requests, by the target's behaviour. */
#include "support/unit_alloc.h"
#include "unit/play/rig.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct player_hints none, retry = { .retry = true };

Test(player, sends_a_lane_in_order_over_one_connection)
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

Test(player, counts_by_cause_and_goes_on)
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

Test(player, counts_interim_and_upgraded_answers)
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

Test(player, tells_the_framing_the_method)
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

Test(player, keeps_long_answers_whole)
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

Test(player, sends_long_requests_in_parts)
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
Test(player, retries_once_on_a_fresh_connection_where_allowed)
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

Test(player, notices_an_idle_connection_that_the_target_closed)
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

Test(player, closes_a_connection_that_speaks_unasked)
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

Test(player, an_answer_and_a_close_in_one_breath)
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

Test(player, ends_the_connection_where_the_lane_did)
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

Test(player, a_hanging_request_times_out_and_its_lane_goes_on)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .timeout_ns = 2 * NS_PER_S });
	cr_assert_eq(rig_submit(&r, 1, "a hang", none), 0);
	cr_assert_eq(rig_submit(&r, 1, "b ok", none), 0);
	cr_assert_eq(rig_submit(&r, 2, "c ok", none), 0);
	rig_until(&r, 1);
	rig_expect(&r, 2, TARGET_ANSWERED);
	rig_idle_steps(&r, 5);
	cr_expect_eq(r.done, 1);
	int64_t deadline = player_deadline(r.player);
	cr_expect_gt(deadline, r.now_ns);
	cr_expect_leq(deadline, r.now_ns + 2 * NS_PER_S);
	/* Lane 2 is answered again meanwhile: the target is alive, so b waits its turn. */
	r.now_ns = deadline - NS_PER_S;
	cr_assert_eq(rig_submit(&r, 2, "d ok", none), 0);
	rig_until(&r, 2);
	r.now_ns = deadline;
	rig_until(&r, 4);
	rig_expect(&r, 0, TARGET_FAILED_TIMEOUT);
	rig_expect(&r, 1, TARGET_ANSWERED);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, an_answer_that_drips_is_ended_by_the_time_out)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .timeout_ns = 50 * NS_PER_MS });
	cr_assert_eq(rig_submit(&r, 1, "a drip", none), 0);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_FAILED_TIMEOUT);
	rig_close(&r);
}

Test(player, a_silent_target_fails_a_whole_queue_at_once)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .timeout_ns = NS_PER_S });
	for (int i = 0; i < 100; i++)
		cr_assert_eq(rig_submit(&r, 1, "a hang", none), 0);
	rig_idle_steps(&r, 20);
	cr_expect_eq(r.done, 0);
	r.now_ns += NS_PER_S;
	rig_until(&r, 1);
	rig_idle_steps(&r, 20);
	cr_expect_eq(r.done, 1, "one slow answer is no silence");
	r.now_ns += NS_PER_S;
	rig_until(&r, 100);
	for (size_t i = 0; i < 100; i++)
		rig_expect(&r, i, TARGET_FAILED_TIMEOUT);
	rig_balanced(&r);
	rig_close(&r);
}

/* A listener whose queue is full: Linux then drops every SYN, so that connect() hangs. */
static int full_listener(char url[64], int fillers[], int n)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	cr_assert(fd >= 0 && bind(fd, (struct sockaddr *)&in, sizeof in) == 0 && listen(fd, 0) == 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	for (int i = 0; i < n; i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], (struct sockaddr *)&in, sizeof in);
	}
	(void)snprintf(url, 64, "http://127.0.0.1:%u", ntohs(in.sin_port));
	return fd;
}

Test(player, a_target_that_accepts_nothing_times_out)
{
	struct rig r = { 0 };
	char url[64];
	int fillers[4], listener = full_listener(url, fillers, 4);
	rig_open(&r, (struct player_options){ .url = url, .timeout_ns = 10 * NS_PER_S });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	cr_assert_eq(rig_submit(&r, 1, "b ok", none), 0);
	cr_assert_eq(rig_submit(&r, 2, "c ok", none), 0);
	rig_idle_steps(&r, 3);
	cr_expect_eq(r.done, 0);
	r.now_ns += 10 * NS_PER_S;
	rig_until(&r, 3);
	for (size_t i = 0; i < 3; i++)
		rig_expect(&r, i, TARGET_FAILED_TIMEOUT);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 0);
	rig_balanced(&r);
	rig_close(&r);
	for (int i = 0; i < 4; i++)
		(void)close(fillers[i]);
	(void)close(listener);
}

Test(player, a_refusing_target_is_not_tried_for_every_request)
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
	for (size_t i = 0; i < 300; i++)
		rig_expect(&r, i, TARGET_FAILED_CONNECT);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 0);
	struct player_numbers now;
	player_numbers(r.player, &now);
	cr_expect(strstr(now.last_error, "onnect") != NULL, "%s", now.last_error);
	/* After the pause it is tried again. */
	r.now_ns += 2 * NS_PER_S;
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_until(&r, 301);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, an_unknown_name_is_its_own_cause)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .url = "http://no-such-name.invalid" }); /* RFC 6761 §6.4 */
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_FAILED_RESOLVE);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, says_when_its_queue_is_full)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .queue_messages = 10 });
	unit_server_mute(r.server, true);
	int taken = 0;
	while (taken < 100 && rig_submit(&r, 1, "a ok", none) == 0)
		taken++;
	cr_expect_eq(taken, 10);
	cr_expect_eq(rig_submit(&r, 2, "b ok", none), ERR_LIMIT);
	unit_server_mute(r.server, false);
	rig_until(&r, 10);
	cr_expect_eq(rig_submit(&r, 2, "b ok", none), 0);
	rig_until(&r, 11);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, the_queue_is_bounded_in_bytes_too)
{
	struct rig r = { 0 };
	char text[1001];
	memset(text, 'x', 1000);
	memcpy(text + 997, " ok", 4);
	rig_open(&r, (struct player_options){ .queue_bytes = 5000 });
	int taken = 0;
	while (taken < 100 && rig_submit(&r, 1, text, none) == 0)
		taken++;
	cr_expect_eq(taken, 4);
	rig_until(&r, 4);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, one_hanging_target_delays_no_other)
{
	struct rig slow = { 0 }, fast = { 0 };
	rig_open(&slow, (struct player_options){ 0 });
	rig_open(&fast, (struct player_options){ 0 });
	for (int i = 0; i < 50; i++) {
		cr_assert_eq(rig_submit(&slow, 1, "a hang", none), 0);
		cr_assert_eq(rig_submit(&fast, 1, "a ok", none), 0);
	}
	rig_until(&fast, 50);
	cr_expect_eq(slow.done, 0);
	player_give_up(slow.player, slow.now_ns);
	cr_expect_eq(slow.done, 50);
	for (size_t i = 0; i < 50; i++)
		rig_expect(&slow, i, TARGET_UNFINISHED);
	rig_balanced(&slow);
	rig_balanced(&fast);
	rig_close(&slow);
	rig_close(&fast);
}

Test(player, gives_up_in_every_state)
{
	for (int steps = 0; steps < 12; steps++)
		for (int pooled = 0; pooled < 2; pooled++) {
			struct rig r = { 0 };
			size_t files = rig_open_files();
			rig_open(&r, (struct player_options){ .no_lanes = pooled, .connections = 3 });
			for (int i = 0; i < 40; i++)
				cr_assert_eq(rig_submit(&r, (uint64_t)i % 7, i % 5 ? "a ok" : "a hang", retry), 0);
			rig_idle_steps(&r, steps);
			player_give_up(r.player, r.now_ns);
			rig_balanced(&r);
			cr_assert_eq(rig_submit(&r, 1, "after ok", none), 0, "a player that gave up is still one");
			rig_until(&r, 41);
			rig_expect(&r, 40, TARGET_ANSWERED);
			rig_close(&r);
			cr_expect_eq(rig_open_files(), files);
		}
}

Test(player, is_freed_in_every_state_without_a_leak)
{
	size_t files = rig_open_files();
	for (int steps = 0; steps < 12; steps++) {
		struct rig r = { 0 };
		rig_open(&r, (struct player_options){ .connections = 5 });
		for (int i = 0; i < 40; i++)
			cr_assert_eq(rig_submit(&r, (uint64_t)i % 7, i % 5 ? "a ok" : "a hang", retry), 0);
		rig_idle_steps(&r, steps);
		rig_close(&r);
	}
	cr_expect_eq(rig_open_files(), files);
}

Test(player, idle_connections_and_lanes_go)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .idle_ns = NS_PER_S });
	size_t files = rig_open_files();
	for (int i = 0; i < 100; i++)
		cr_assert_eq(rig_submit(&r, (uint64_t)i, "a ok", none), 0);
	rig_until(&r, 100);
	struct player_numbers now;
	player_numbers(r.player, &now);
	cr_expect_eq(now.connections, 100);
	r.now_ns += NS_PER_S;
	rig_idle_steps(&r, 20);
	player_numbers(r.player, &now);
	cr_expect_eq(now.connections, 0);
	cr_expect_eq(rig_open_files(), files);
	cr_expect_eq(player_deadline(r.player), TIME_NEVER);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, lanes_take_turns_with_few_connections)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .connections = 3 });
	for (int i = 0; i < 400; i++)
		cr_assert_eq(rig_submit(&r, (uint64_t)i % 40, "a ok", none), 0);
	struct player_numbers now;
	for (int i = 0; r.done < 400 && i < 20000; i++) {
		rig_step(&r);
		player_numbers(r.player, &now);
		cr_assert_leq(now.connections, 3);
	}
	cr_expect_eq(r.done, 400);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, a_busy_lane_gives_way_to_those_that_wait)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .connections = 1 });
	for (int i = 0; i < 600; i++)
		cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	cr_assert_eq(rig_submit(&r, 2, "b ok", none), 0);
	rig_until(&r, 601);
	size_t at = 0;
	while (r.order[at] != 600)
		at++;
	cr_expect_lt(at, 300, "the other lane was served as the %zu-th", at);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, pooled_connections_are_shared)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .no_lanes = true, .connections = 4 });
	for (int i = 0; i < 200; i++)
		cr_assert_eq(rig_submit(&r, (uint64_t)i, i == 100 ? "a shut" : "a ok", none), 0);
	rig_until(&r, 200);
	cr_expect_leq(unit_server_accepted(r.server), 5);
	cr_expect_geq(unit_server_accepted(r.server), 2);
	cr_expect_eq(rig_count(&r, TARGET_ANSWERED), 199);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, speaks_through_a_unix_socket)
{
	char path[64], url[80];
	(void)snprintf(path, sizeof path, "/tmp/replay-unit-%d.sock", (int)getpid());
	(void)snprintf(url, sizeof url, "unix:%s", path);
	struct rig r = { .server = unit_server_new(path) };
	struct own_flows *own = own_flows_new();
	rig_open(&r, (struct player_options){ .url = url, .keep_response = true, .own_flows = own });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	cr_assert_eq(rig_submit(&r, 1, "b ok", none), 0);
	rig_until(&r, 2);
	cr_expect_str_eq(r.requests[1].response, "K b ok\n");
	cr_expect_eq(unit_server_accepted(r.server), 1);
	rig_close(&r);
	own_flows_free(own);
	(void)unlink(path);
}

Test(player, a_unix_socket_that_is_not_there_is_refused)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .url = "unix:/nonexistent/replay.sock" });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_FAILED_CONNECT);
	rig_balanced(&r);
	rig_close(&r);
}

/* Two lanes, failures of every kind between them, and each allocation of ours failing once: one result each, whatever happens. */
Test(player, the_nth_allocation_fails)
{
	static const char *const texts[] = { "a ok", "b long", "c okshut", "d interim", "e ok", "f shut", "g ok", "h garbage" };
	for (int pooled = 0; pooled < 2; pooled++) {
		bool failed = true;
		unsigned long n = 1;
		for (; failed && n < 500; n++) {
			struct rig r = { 0 };
			size_t files = rig_open_files();
			rig_open(&r, (struct player_options){ .keep_response = true, .no_lanes = pooled, .connections = 2 });
			for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
				rig_prepare(&r, i % 3, texts[i]);
			alloc_fail_at(n);
			for (size_t i = 0; i < r.n; i++)
				cr_assert_eq(player_submit(r.player, r.requests[i].m, &retry, r.now_ns), 0);
			for (int k = 0; k < 2000 && r.done < r.n; k++)
				rig_step(&r);
			failed = alloc_failed();
			alloc_fail_at(0);
			rig_until(&r, r.n);
			rig_balanced(&r);
			rig_close(&r);
			cr_assert_eq(rig_open_files(), files);
		}
		cr_expect_gt(n, 10);
		cr_expect_lt(n, 500);
	}
}

Test(player, the_nth_allocation_of_its_creation_fails)
{
	struct player_options o = { .url = "http://127.0.0.1:1" };
	size_t files = rig_open_files();
	bool failed = true;
	unsigned long n = 1;
	for (; failed && n < 500; n++) {
		struct err err = { 0 };
		alloc_fail_at(n);
		struct player *p = player_new(&o, (struct player_sink){ 0 }, &err);
		failed = alloc_failed();
		alloc_fail_at(0);
		cr_expect(failed ? !p && err.code == ERR_NOMEM : p != NULL, "allocation %lu: %s", n, err.text);
		player_free(p);
		cr_assert_eq(rig_open_files(), files);
	}
	cr_expect_gt(n, 3);
}

Test(player, descriptors_run_out_and_lanes_take_turns)
{
	struct rig r = { .server = unit_server_new(NULL) };
	pid_t child = fork(); /* the server needs descriptors too: it gets a table of its own */
	if (child == 0)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (child == 0) {
		struct pollfd fd = { .fd = unit_server_pollfd(r.server), .events = POLLIN };
		(void)poll(&fd, 1, 1);
		unit_server_step(r.server);
	}
	unit_server_mute(r.server, true);
	rig_open(&r, (struct player_options){ 0 });
	size_t files = rig_open_files() + 8;
	struct rlimit limit = { files, files };
	cr_assert_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < 200; i++)
		cr_assert_eq(rig_submit(&r, (uint64_t)i % 50, "a ok", none), 0);
	rig_until(&r, 200);
	cr_expect_eq(rig_count(&r, TARGET_ANSWERED), 200);
	rig_balanced(&r);
	rig_close(&r);
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

Test(player, thousands_of_lanes)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .connections = 500, .queue_messages = 5000 });
	for (int i = 0; i < RIG_REQUESTS; i++)
		while (rig_submit(&r, (uint64_t)i, "a ok", none) != 0)
			rig_step(&r);
	rig_until(&r, RIG_REQUESTS);
	cr_expect_eq(rig_count(&r, TARGET_ANSWERED), RIG_REQUESTS);
	rig_balanced(&r);
	rig_close(&r);
}

Test(player, times_are_measured_from_due_and_from_send)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ 0 });
	struct message *m = message_new(MESSAGE_REQUEST, 100);
	cr_assert(m && buf_append_str(&m->data, "a ok\n") == 0);
	m->id = message_id_make(1, 0);
	m->due_ns = r.now_ns - 3 * NS_PER_MS;
	r.requests[r.n++].m = m;
	cr_assert_eq(player_submit(r.player, m, &none, r.now_ns), 0);
	rig_until(&r, 1);
	cr_assert_eq(rig_submit(&r, 1, "unpaced ok", none), 0);
	rig_until(&r, 2);
	struct player_numbers now;
	player_numbers(r.player, &now);
	cr_expect_eq(now.lateness->count, 1, "without a due time there is no lateness");
	cr_expect_geq(now.lateness->min_ns, 3 * NS_PER_MS);
	cr_expect_eq(r.requests[0].due_ns, m->due_ns);
	cr_expect_eq(now.lateness->max_ns, r.requests[0].sent_ns - m->due_ns);
	cr_expect_eq(now.from_due->max_ns, r.requests[0].done_ns - m->due_ns);
	cr_expect_eq(r.requests[1].due_ns, r.requests[1].sent_ns);
	rig_balanced(&r);
	rig_close(&r);
}

/* A capture must know a connection as ours before it can have read a packet of it. */
Test(player, its_connections_are_known_as_own_flows)
{
	struct rig r = { 0 };
	struct own_flows *own = own_flows_new();
	rig_open(&r, (struct player_options){ .own_flows = own });
	cr_assert_eq(rig_submit(&r, 1, "a hang", none), 0);
	/* No tick yet: connect() has begun within submit. */
	int fd = -1;
	struct sockaddr_in in = { 0 };
	for (int i = 3; i < 64 && fd < 0; i++) {
		socklen_t len = sizeof in;
		if (getpeername(i, (struct sockaddr *)&in, &len) == 0 && in.sin_family == AF_INET)
			fd = i;
	}
	cr_assert_geq(fd, 0);
	socklen_t len = sizeof in;
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	struct endpoint local = { .family = 4, .port = ntohs(in.sin_port), .addr = { 127, 0, 0, 1 } }, other = { .family = 4 };
	cr_expect(own_flows_has(own, &local, &other, r.now_ns));
	rig_idle_steps(&r, 5);
	cr_expect(own_flows_has(own, &other, &local, r.now_ns));
	player_give_up(r.player, r.now_ns);
	cr_expect(own_flows_has(own, &local, &other, r.now_ns), "its last packets may still wait in a capture buffer");
	cr_expect_not(own_flows_has(own, &local, &other, r.now_ns + OWN_FLOWS_LINGER_NS + 1));
	rig_close(&r);
	own_flows_free(own);
}
