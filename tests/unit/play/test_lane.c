/* lane: order, and turns for connections that are fewer than the lanes. */
#include "unit/play/rig.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct player_hints none;

Test(lane, lanes_take_turns_with_few_connections)
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

Test(lane, a_busy_lane_gives_way_to_those_that_wait)
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

Test(lane, pooled_connections_are_shared)
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

Test(lane, descriptors_run_out_and_lanes_take_turns)
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

Test(lane, thousands_of_lanes)
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
