/* timeouts: a virtual clock decides; the target only hangs. */
#include "unit/play/rig.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct player_hints none;

Test(timeouts, a_hanging_request_times_out_and_its_lane_goes_on)
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

Test(timeouts, an_answer_that_drips_is_ended_by_the_time_out)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .timeout_ns = 50 * NS_PER_MS });
	cr_assert_eq(rig_submit(&r, 1, "a drip", none), 0);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_FAILED_TIMEOUT);
	rig_close(&r);
}

Test(timeouts, a_silent_target_fails_a_whole_queue_at_once)
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

Test(timeouts, a_target_that_accepts_nothing_times_out)
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
	rig_expect(&r, 0, TARGET_FAILED_TIMEOUT);
	rig_expect(&r, 1, TARGET_NOT_TRIED);
	rig_expect(&r, 2, TARGET_FAILED_TIMEOUT);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 0);
	rig_balanced(&r);
	rig_close(&r);
	for (int i = 0; i < 4; i++)
		(void)close(fillers[i]);
	(void)close(listener);
}

Test(timeouts, idle_connections_and_lanes_go)
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
