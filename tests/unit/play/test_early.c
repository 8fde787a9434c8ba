/* early: requests that come before they are due. */
#include "unit/play/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct player_hints none;

static void submit_due(struct rig *r, uint64_t lane, const char *text, int64_t due_ns)
{
	struct message *m = rig_prepare(r, lane, text);
	m->due_ns = due_ns;
	cr_assert_eq(player_submit(r->player, m, &none, r->now_ns), 0);
}

Test(early, is_sent_when_due_over_a_connection_made_before)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ 0 });
	int64_t due_ns = r.now_ns + 50 * NS_PER_MS;
	submit_due(&r, 1, "a ok", due_ns);
	submit_due(&r, 1, "b ok", due_ns + NS_PER_MS);
	submit_due(&r, 2, "c ok", due_ns + NS_PER_MS);
	rig_idle_steps(&r, 10);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 2);
	cr_expect_str_eq(unit_server_log(r.server), "");
	cr_expect_eq(player_deadline(r.player), due_ns);
	r.now_ns = due_ns - 10 * NS_PER_US; /* rig_step adds them */
	rig_step(&r);
	cr_expect_eq(rig_count(&r, TARGET_BYTES_SENT), 5, "in the very tick");
	rig_until(&r, 1);
	cr_expect_eq(player_deadline(r.player), due_ns + NS_PER_MS);
	r.now_ns = due_ns + NS_PER_MS;
	rig_until(&r, 3);
	cr_expect_eq(r.requests[0].sent_ns, due_ns);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 2);
	struct player_numbers now;
	player_numbers(r.player, &now);
	cr_expect_eq(now.lateness->count, 3);
	rig_balanced(&r);
	rig_close(&r);
}

Test(early, pooled_connections_are_not_held)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .no_lanes = true, .connections = 1 });
	submit_due(&r, 1, "late ok", r.now_ns + 80 * NS_PER_MS);
	submit_due(&r, 2, "soon ok", r.now_ns + 10 * NS_PER_MS);
	submit_due(&r, 3, "now ok", r.now_ns);
	rig_until(&r, 1);
	rig_expect(&r, 2, TARGET_ANSWERED);
	r.now_ns = player_deadline(r.player);
	rig_until(&r, 2);
	rig_expect(&r, 1, TARGET_ANSWERED);
	r.now_ns = player_deadline(r.player);
	rig_until(&r, 3);
	cr_expect_eq(unit_server_accepted(r.server), 1);
	rig_balanced(&r);
	rig_close(&r);
}

Test(early, a_connection_ahead_is_in_nobodys_way_and_tried_once)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .connections = 1 });
	submit_due(&r, 1, "a ok", r.now_ns + 80 * NS_PER_MS);
	rig_idle_steps(&r, 5);
	cr_expect_eq(rig_count(&r, TARGET_CONNECTIONS), 1);
	submit_due(&r, 2, "b ok", r.now_ns); /* takes the slot */
	rig_until(&r, 1);
	rig_expect(&r, 1, TARGET_ANSWERED);
	for (int i = 0; i < 5; i++) {
		unit_server_close_all(r.server);
		rig_idle_steps(&r, 5);
	}
	cr_expect_leq(rig_count(&r, TARGET_CONNECTIONS), 3, "no loop of connections that nobody needs yet");
	r.now_ns += 80 * NS_PER_MS;
	rig_until(&r, 2);
	rig_balanced(&r);
	rig_close(&r);
}

Test(early, a_target_that_refuses_is_tried_again_when_it_is_due)
{
	struct rig r = { 0 };
	struct unit_server *gone = unit_server_new(NULL);
	char url[64];
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u", unit_server_port(gone));
	unit_server_free(gone);
	rig_open(&r, (struct player_options){ .url = url });
	submit_due(&r, 1, "a ok", r.now_ns + 80 * NS_PER_MS);
	rig_idle_steps(&r, 5);
	cr_expect_eq(r.done, 0);
	r.now_ns += 80 * NS_PER_MS;
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_FAILED_CONNECT);
	rig_balanced(&r);
	rig_close(&r);
}

Test(early, can_be_given_up_and_freed)
{
	for (int how = 0; how < 4; how++) {
		struct rig r = { 0 };
		size_t files = rig_open_files();
		rig_open(&r, (struct player_options){ .no_lanes = how % 2 });
		for (int i = 0; i < 20; i++)
			submit_due(&r, (uint64_t)i % 7, "a ok", r.now_ns + i * NS_PER_MS);
		rig_idle_steps(&r, 3);
		if (how < 2) {
			player_give_up(r.player, r.now_ns);
			rig_balanced(&r);
			r.now_ns += NS_PER_S;
			rig_idle_steps(&r, 3);
		}
		rig_close(&r);
		cr_expect_eq(rig_open_files(), files);
	}
}
