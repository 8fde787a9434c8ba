/* outcome: times, and a table that is whole. */
#include "unit/play/rig.h"

#include <criterion/criterion.h>
#include <unistd.h>

static const struct player_hints none;

Test(outcome, times_are_measured_from_due_and_from_send)
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

Test(outcome, the_table_is_whole)
{
	cr_expect_eq(target_table.n, TARGET_ROWS);
	size_t totals = 0;
	for (size_t i = 0; i < target_table.n; i++) {
		const struct tally_row *row = &target_table.rows[i];
		cr_assert(row->key && row->text, "row %zu has no name", i);
		totals += row->kind == TALLY_TOTAL;
		for (size_t k = 0; k < i; k++)
			cr_expect_str_neq(row->key, target_table.rows[k].key);
	}
	cr_expect_eq(totals, 1);
	cr_expect_eq(target_table.rows[TARGET_SUBMITTED].kind, TALLY_TOTAL);
}
