/* player: its queue, its end in every state, and the end of memory. */
#include "support/unit_alloc.h"
#include "unit/play/rig.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

static const struct player_hints none, retry = { .retry = true };

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
			rig_open(&r, (struct player_options){ .keep_response = true, .no_lanes = pooled, .connections = 2, .pipeline = 8 });
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

/* Sixteen answers without an end: a tick stays short, and each connection has its turn. */
Test(player, endless_answers_take_turns)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .timeout_ns = 3600 * NS_PER_S, .response_bytes = SIZE_MAX });
	for (uint64_t lane = 0; lane < 16; lane++)
		cr_assert_eq(rig_submit(&r, lane, "x endless", none), 0);
	rig_idle_steps(&r, 100);
	cr_assert_eq(rig_submit(&r, 16, "y ok", none), 0);
	for (int i = 0; i < 2000 && r.done == 0; i++) {
		uint64_t before = rig_count(&r, TARGET_BYTES_RECEIVED);
		rig_step(&r);
		cr_assert_leq(rig_count(&r, TARGET_BYTES_RECEIVED) - before, 1u << 20);
	}
	rig_expect(&r, 16, TARGET_ANSWERED);
	player_give_up(r.player, r.now_ns);
	rig_balanced(&r);
	rig_close(&r);
}
