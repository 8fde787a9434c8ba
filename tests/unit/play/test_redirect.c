/* redirect: what an answer leads to is sent on the same lane before anything else, and the request still has one result. */
#include "unit/play/rig.h"

#include <criterion/criterion.h>

static const struct player_hints none, retry = { .retry = true }, last = { .last_of_lane = true };

/* "a ok lead" leads to "a ok"; "away lead" elsewhere; "none lead" nowhere. */
static struct play_lead lead(void *arg, const struct message *m, uint64_t nth, int status, struct slice answer)
{
	struct rig *r = arg;
	(void)r;
	struct slice text = message_bytes(m);
	cr_expect_eq(status, 302);
	cr_expect(slice_starts(slice_from(answer, 2), slice_cut(text, 0, text.len - 1)), "the answer to that request");
	if (slice_starts(text, slice_str("away")))
		return (struct play_lead){ .elsewhere = true };
	if (slice_starts(text, slice_str("none")))
		return (struct play_lead){ 0 };
	size_t at = text.len;
	while (at > 0 && text.ptr[at - 1] != ' ')
		at--;
	struct message *to = message_new(MESSAGE_REQUEST, text.len);
	cr_assert(to && buf_append(&to->data, slice_cut(text, 0, at - 1)) == 0 && buf_append_str(&to->data, "\n") == 0);
	to->id = m->id;
	to->due_ns = m->due_ns;
	return (struct play_lead){ .m = to, .method = slice_str(nth ? "GET" : "POST"), .retry = true };
}

static struct player_options follow(uint64_t n)
{
	return (struct player_options){ .redirects = n, .keep_response = true };
}

static const struct lead_case {
	const char *text, *log;
	uint64_t followed, elsewhere, spent;
	unsigned connections;
	int status;
	const char *response;
} cases[] = {
	{ "a ok", "0:a ok\n0:next ok\n", 0, 0, 0, 1, 200, "K a ok\n" },
	{ "a ok lead", "0:a ok lead\n0:a ok\n0:next ok\n", 1, 0, 0, 1, 200, "K a ok\n" },
	{ "a ok lead lead", "0:a ok lead lead\n0:a ok lead\n0:a ok\n0:next ok\n", 2, 0, 0, 1, 200, "K a ok\n" },
	{ "a ok lead lead lead", "0:a ok lead lead lead\n0:a ok lead lead\n0:a ok lead\n0:next ok\n", 2, 0, 1, 1, 302, "R a ok lead\n" },
	{ "away lead", "0:away lead\n0:next ok\n", 0, 1, 0, 1, 302, "R away lead\n" },
	{ "none lead", "0:none lead\n0:next ok\n", 0, 0, 0, 1, 302, "R none lead\n" },
	{ "a ok leadlast", "0:a ok leadlast\n1:a ok\n1:next ok\n", 1, 0, 0, 2, 200, "K a ok\n" },
	{ "a last lead", "0:a last lead\n0:a last\n1:next ok\n", 1, 0, 0, 2, 200, "C a last\n" },
	{ "a shutonce lead", "0:a shutonce lead\n0:a shutonce\n1:a shutonce\n1:next ok\n", 1, 0, 0, 2, 200, "K a shutonce\n" },
};

static void run_case(const struct lead_case *c, struct player_options o)
{
	struct rig r = { .redirect = lead };
	size_t files = rig_open_files();
	rig_open(&r, o);
	cr_assert_eq(rig_submit(&r, 1, c->text, none), 0);
	cr_assert_eq(rig_submit(&r, 1, "next ok", none), 0);
	rig_until(&r, 2);
	rig_expect(&r, 0, TARGET_ANSWERED);
	rig_expect(&r, 1, TARGET_ANSWERED);
	cr_expect_eq(r.order[0], 0, "%s: the client's next request comes after it", c->text);
	cr_expect_str_eq(unit_server_log(r.server), c->log, "%s: %s", c->text, unit_server_log(r.server));
	cr_expect_str_eq(r.requests[0].response, c->response);
	cr_expect_eq(r.requests[0].status, c->status);
	cr_expect_eq(r.requests[0].redirects, c->followed);
	cr_expect_not(r.requests[0].retried, "what was submitted was sent once");
	cr_expect_eq(rig_count(&r, TARGET_REDIRECTS), c->followed, "%s", c->text);
	cr_expect_eq(rig_count(&r, TARGET_REDIRECTS_ELSEWHERE), c->elsewhere, "%s", c->text);
	cr_expect_eq(rig_count(&r, TARGET_REDIRECTS_SPENT), c->spent, "%s", c->text);
	cr_expect_eq(rig_count(&r, TARGET_STATUS_3XX), c->status == 302, "statuses are those of results");
	cr_expect_eq(unit_server_accepted(r.server), c->connections, "%s", c->text);
	rig_balanced(&r);
	rig_close(&r);
	cr_expect_eq(rig_open_files(), files);
}

Test(redirect, the_last_answer_is_the_result)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		run_case(&cases[i], follow(2));
		struct player_options pooled = follow(2);
		pooled.no_lanes = true;
		pooled.connections = 1;
		run_case(&cases[i], pooled);
	}
}

Test(redirect, followed_only_where_asked)
{
	struct rig r = { .redirect = lead };
	rig_open(&r, follow(0));
	cr_assert_eq(rig_submit(&r, 1, "a ok lead", none), 0);
	rig_until(&r, 1);
	cr_expect_eq(r.requests[0].status, 302);
	cr_expect_eq(rig_count(&r, TARGET_REDIRECTS), 0);
	cr_expect_eq(rig_count(&r, TARGET_STATUS_3XX), 1);
	rig_balanced(&r);
	rig_close(&r);
}

Test(redirect, a_connection_that_is_not_to_be_used_again)
{
	struct rig r = { .redirect = lead };
	rig_open(&r, follow(5));
	cr_assert_eq(rig_submit(&r, 1, "a ok lead lead", last), 0);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_ANSWERED);
	cr_expect_str_eq(unit_server_log(r.server), "0:a ok lead lead\n1:a ok lead\n2:a ok\n");
	rig_balanced(&r);
	rig_close(&r);
}

/* The times are of the first send and the last answer, whatever lies between. */
Test(redirect, latency_is_from_the_send_to_the_last_answer)
{
	struct rig r = { .redirect = lead };
	rig_open(&r, follow(5));
	cr_assert_eq(rig_submit(&r, 1, "w ok", none), 0);
	rig_until(&r, 1);
	int64_t began = r.now_ns;
	struct message *m = rig_prepare(&r, 1, "a drip lead");
	m->due_ns = began;
	cr_assert_eq(player_submit(r.player, m, &none, r.now_ns), 0);
	for (int i = 0; i < 200 && rig_count(&r, TARGET_REDIRECTS) == 0; i++)
		rig_idle_steps(&r, 1);
	cr_assert_eq(rig_count(&r, TARGET_REDIRECTS), 1);
	r.now_ns += 2 * NS_PER_S;
	rig_idle_steps(&r, 3);
	player_give_up(r.player, r.now_ns);
	rig_expect(&r, 1, TARGET_UNFINISHED);
	cr_expect_eq(r.requests[1].sent_ns, began);
	cr_expect_eq(r.requests[1].due_ns, began);
	struct player_numbers n;
	player_numbers(r.player, &n);
	cr_expect_eq(n.lateness->count, 1, "one lateness, that of the first send");
	rig_balanced(&r);
	rig_close(&r);
}

/* What it leads to fails as any request may: each way has its row, once. */
Test(redirect, what_it_leads_to_may_fail)
{
	static const struct {
		const char *text;
		enum target_row row;
	} fails[] = {
		{ "a half lead", TARGET_FAILED_CLOSED },
		{ "a reset lead", TARGET_FAILED_CLOSED },
		{ "a garbage lead", TARGET_FAILED_GARBAGE },
		{ "a hang lead", TARGET_FAILED_TIMEOUT },
	};
	for (size_t i = 0; i < sizeof fails / sizeof *fails; i++) {
		struct rig r = { .redirect = lead };
		rig_open(&r, follow(3));
		cr_assert_eq(rig_submit(&r, 1, fails[i].text, retry), 0);
		cr_assert_eq(rig_submit(&r, 1, "next ok", retry), 0);
		rig_idle_steps(&r, 20);
		if (fails[i].row == TARGET_FAILED_TIMEOUT)
			r.now_ns += 6 * NS_PER_S;
		rig_until(&r, 2);
		rig_expect(&r, 0, fails[i].row);
		rig_expect(&r, 1, TARGET_ANSWERED);
		rig_balanced(&r);
		rig_close(&r);
	}
}

Test(redirect, pipelined_requests_and_answers_in_pieces)
{
	for (size_t n = 0; n < 30; n += n < 8 ? 1 : 7) {
		struct rig r = { .redirect = lead };
		struct player_options o = follow(4);
		o.pipeline = 8;
		rig_open(&r, o);
		unit_server_trickle(r.server, n);
		static const char *const words[] = { "a ok", "b ok lead", "c ok leadlast", "d interim lead lead", "e last" };
		for (int i = 0; i < 40; i++)
			cr_assert_eq(rig_submit(&r, 1 + (uint64_t)i % 2, words[i % 5], none), 0);
		rig_until(&r, 40);
		for (size_t i = 0; i < 40; i++) {
			rig_expect(&r, i, TARGET_ANSWERED);
			cr_expect_eq(r.requests[i].status, 200);
		}
		cr_expect_eq(rig_count(&r, TARGET_REDIRECTS), 8 + 8 + 16);
		rig_balanced(&r);
		rig_close(&r);
	}
}
