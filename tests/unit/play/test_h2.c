/* h2: whatever a target does that has no HTTP/2, each request gets its one result and the tally adds up. What a real one answers: tests/cli/http2.sh. */
#include "unit/play/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

static int parts(struct slice request, struct request_parts *out)
{
	buf_clear(&out->fields);
	if (slice_starts(request, slice_str("unsayable")))
		return ERR_FORMAT;
	out->method = slice_str("GET");
	out->target = slice_str("/");
	out->content = slice_starts(request, slice_str("content")) ? request : slice_of(NULL, 0);
	out->fields.max = 64;
	return buf_append(&out->fields, slice_of("X-Empty\0\0Host\0h", 16));
}

static const struct player_hints none, retry = { .retry = true };

Test(h2, a_target_that_is_none_at_all)
{
	struct rig r = { 0 };
	struct unit_server *s = unit_server_new(NULL);
	char url[64];
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u", unit_server_port(s));
	unit_server_free(s);
	int files = (int)rig_open_files();
	rig_open(&r, (struct player_options){ .parts = parts, .url = url });
	for (uint64_t i = 0; i < 40; i++)
		cr_assert_eq(rig_submit(&r, i % 8, "GET", retry), 0);
	rig_until(&r, 40);
	cr_expect_eq(rig_count(&r, TARGET_FAILED_CONNECT) + rig_count(&r, TARGET_NOT_TRIED), 40);
	cr_expect(rig_count(&r, TARGET_FAILED_CONNECT) > 0);
	cr_expect(rig_count(&r, TARGET_NOT_TRIED) > 0, "a target that is down is not tried for each");
	rig_balanced(&r);
	rig_close(&r);
	cr_expect_eq((int)rig_open_files(), files);
}

Test(h2, a_target_that_speaks_lines)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .parts = parts, .no_lanes = true });
	for (int i = 0; i < 20; i++)
		cr_assert_eq(rig_submit(&r, 1, i % 2 ? "content" : "GET", none), 0);
	for (int i = 0; i < 2000 && r.done < 20; i++) {
		rig_idle_steps(&r, 1);
		unit_server_greet(r.server, "HTTP/1.1 what?\n no frame of HTTP/2 begins so\n");
	}
	cr_assert_eq(r.done, 20);
	cr_expect_eq(rig_count(&r, TARGET_ANSWERED), 0);
	cr_expect_eq(rig_count(&r, TARGET_UNFINISHED), 0);
	rig_balanced(&r);
	rig_close(&r);
}

Test(h2, what_cannot_be_said_holds_up_nobody)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .parts = parts });
	for (int i = 0; i < 5; i++)
		cr_assert_eq(rig_submit(&r, 1, "unsayable", none), 0);
	rig_until(&r, 5);
	cr_expect_eq(rig_count(&r, TARGET_NOT_IN_VERSION), 5);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 0);
	rig_balanced(&r);
	rig_close(&r);
}

Test(h2, a_target_that_says_nothing_times_out)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .parts = parts, .timeout_ns = 200 * NS_PER_MS });
	unit_server_mute(r.server, true);
	for (uint64_t i = 0; i < 6; i++)
		cr_assert_eq(rig_submit(&r, i % 3, "GET", none), 0);
	rig_idle_steps(&r, 5);
	cr_expect_eq(r.done, 0);
	for (int i = 0; i < 3; i++) {
		r.now_ns += 210 * NS_PER_MS;
		rig_idle_steps(&r, 5);
	}
	rig_until(&r, 6);
	cr_expect(rig_count(&r, TARGET_FAILED_TIMEOUT) > 0);
	rig_balanced(&r);
	rig_close(&r);
}

Test(h2, given_up_and_freed_at_any_time)
{
	for (int steps = 0; steps < 6; steps++) {
		struct rig r = { 0 };
		int files = (int)rig_open_files();
		rig_open(&r, (struct player_options){ .parts = parts, .connections = 2 });
		unit_server_mute(r.server, true);
		for (uint64_t i = 0; i < 300; i++)
			cr_assert_eq(rig_submit(&r, i % 250, "content", none), 0);
		rig_idle_steps(&r, steps);
		player_give_up(r.player, r.now_ns);
		cr_expect_eq(r.done, 300);
		rig_balanced(&r);
		rig_close(&r);
		cr_expect_eq((int)rig_open_files(), files);
	}
}

Test(h2, early_requests_wait)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .parts = parts });
	struct message *m = rig_prepare(&r, 1, "unsayable");
	m->due_ns = r.now_ns + 50 * NS_PER_MS;
	cr_assert_eq(player_submit(r.player, m, &none, r.now_ns), 0);
	rig_idle_steps(&r, 3);
	cr_expect_eq(r.done, 0);
	cr_expect(player_deadline(r.player) <= m->due_ns);
	r.now_ns = m->due_ns;
	rig_until(&r, 1);
	rig_balanced(&r);
	rig_close(&r);
}
