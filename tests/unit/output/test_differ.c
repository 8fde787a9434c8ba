/* differ: answers in any order, what is never asked, recorded or target controls, rounds of confirmation, bounds; every exchange counted once. */
#include "output/differ.h"

#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct rules *rules;

static struct differ *open_differ(bool control, bool second, uint64_t confirm, size_t waiting_bytes)
{
	struct err err = { .code = ERR_NONE };
	if (!rules)
		rules = rules_new();
	struct differ_options o = {
		.book = { .control = "control",
		          .candidate = "candidate",
		          .second = second ? "second" : NULL,
		          .rules = rules,
		          .decode = view_decode,
		          .alpha = 0.01,
		          .latency_share = -1,
		          .fail_share = -1,
		          .seed = 1 },
		.asked = { [SIDE_CONTROL] = control, [SIDE_SECOND] = second },
		.confirm = confirm,
		.waiting_bytes = waiting_bytes,
	};
	struct differ *d = differ_new(&o, 1, &err);
	cr_assert_not_null(d, "%s", err.text);
	return d;
}

static struct message *request(uint32_t n)
{
	struct message *m = message_new(MESSAGE_REQUEST, 4096);
	m->id = message_id_make(7, n);
	m->ts_ns = 1000000000LL * (n + 1);
	cr_assert_eq(buf_printf(&m->data, "GET /items/%u?q=1 HTTP/1.1\r\nHost: a\r\n\r\n", n), 0);
	return m;
}

static struct buf answer_text(int status, const char *body)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	cr_assert_eq(buf_printf(&b, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", status,
	                        strlen(body), body),
	             0);
	return b;
}

static void recorded(struct differ_part *p, const struct message *q, int status, const char *body)
{
	struct buf b = answer_text(status, body);
	struct message *m = message_new(MESSAGE_RESPONSE, 1 << 20);
	m->id = q->id;
	m->ts_ns = q->ts_ns + 5000000;
	cr_assert_eq(buf_append(&m->data, buf_slice(&b)), 0);
	differ_recorded(p, m);
	message_unref(m);
	buf_release(&b);
}

static void answered(struct differ_part *p, enum differ_side side, struct message *q, enum target_row outcome, const char *body)
{
	struct buf b = answer_text(200, body);
	const struct play_result r = {
		.request = q,
		.outcome = outcome,
		.status = outcome == TARGET_ANSWERED ? 200 : 0,
		.sent_ns = 1000,
		.done_ns = 2000,
		.response = outcome == TARGET_ANSWERED ? buf_slice(&b) : slice_of(NULL, 0),
	};
	differ_answered(p, side, &r, 0);
	buf_release(&b);
}

static struct verdict *verdict_of(struct differ *d)
{
	struct err err = { .code = ERR_NONE };
	struct verdict *v = differ_verdict(d, &err);
	cr_assert_not_null(v, "%s", err.text);
	cr_expect_eq(v->seen, v->compared + v->not_comparable, "%lu seen", (unsigned long)v->seen);
	cr_expect_eq(v->compared, v->same + v->noise + v->different);
	return v;
}

static uint64_t cause(const struct verdict *v, const char *part)
{
	for (size_t i = 0; i < v->cause_count; i++)
		if (strstr(v->causes[i].text, part))
			return v->causes[i].count;
	return 0;
}

Test(differ, recorded_control_before_and_behind_the_answer)
{
	struct differ *d = open_differ(false, false, 0, 0);
	struct differ_part *p = differ_part(d, 0);
	for (uint32_t i = 0; i < 4; i++) {
		struct message *q = request(i);
		differ_asked(p, SIDE_CANDIDATE, q);
		if (i & 1)
			recorded(p, q, 200, "{\"a\":1}");
		answered(p, SIDE_CANDIDATE, q, TARGET_ANSWERED, i < 2 ? "{\"a\":1}" : "{\"a\":2}");
		if (!(i & 1)) {
			recorded(p, q, 103, ""); /* an interim answer is none */
			recorded(p, q, 200, "{\"a\":1}");
		}
		message_unref(q);
	}
	struct verdict *v = verdict_of(d);
	cr_expect_eq(v->compared, 4);
	cr_expect_eq(v->same, 2);
	cr_expect_eq(v->different, 2);
	cr_assert_eq(v->sure_count, 1);
	cr_expect_str_eq(v->findings[0].path, "$.a");
	cr_expect_str_eq(v->findings[0].endpoint, "GET /items/{id}");
	cr_expect_eq(v->findings[0].differ, 2);
	verdict_free(v);
	differ_free(d);
}

Test(differ, each_that_cannot_be_compared_has_its_cause)
{
	struct differ *d = open_differ(true, false, 0, 0);
	struct differ_part *p = differ_part(d, 0);
	struct message *q[5];
	for (uint32_t i = 0; i < 5; i++)
		q[i] = request(i);
	differ_not_asked(p, SIDE_CANDIDATE, q[0]);
	differ_not_asked(p, SIDE_CONTROL, q[0]);
	differ_asked(p, SIDE_CONTROL, q[1]);
	differ_asked(p, SIDE_CANDIDATE, q[1]);
	answered(p, SIDE_CONTROL, q[1], TARGET_FAILED_TIMEOUT, "");
	answered(p, SIDE_CANDIDATE, q[1], TARGET_ANSWERED, "{}");
	differ_asked(p, SIDE_CONTROL, q[2]);
	differ_asked(p, SIDE_CANDIDATE, q[2]);
	answered(p, SIDE_CONTROL, q[2], TARGET_ANSWERED, "{}"); /* the other never comes */
	differ_asked(p, SIDE_CONTROL, q[3]);
	differ_withdrawn(p, SIDE_CONTROL, q[3]);
	differ_asked(p, SIDE_CONTROL, q[3]);
	differ_asked(p, SIDE_CANDIDATE, q[3]);
	answered(p, SIDE_CANDIDATE, q[3], TARGET_UNFINISHED, "");
	answered(p, SIDE_CONTROL, q[3], TARGET_UNFINISHED, "");
	/* An answer that does not come is a difference where the control's did. */
	differ_asked(p, SIDE_CONTROL, q[4]);
	differ_asked(p, SIDE_CANDIDATE, q[4]);
	answered(p, SIDE_CANDIDATE, q[4], TARGET_FAILED_CLOSED, "");
	answered(p, SIDE_CONTROL, q[4], TARGET_ANSWERED, "{}");
	for (int i = 0; i < 5; i++)
		message_unref(q[i]);
	struct verdict *v = verdict_of(d);
	cr_expect_eq(v->seen, 5);
	cr_expect_eq(v->compared, 1);
	cr_expect_eq(v->not_comparable, 4);
	cr_assert_eq(v->finding_count, 1);
	cr_expect_eq(v->findings[0].kind, DIFFERENCE_MISSING);
	cr_expect_eq(strncmp(v->findings[0].path, "answer", 6), 0, "%s", v->findings[0].path);
	verdict_free(v);
	differ_free(d);
}

Test(differ, a_looped_id_keeps_its_rounds_apart)
{
	struct differ *d = open_differ(true, false, 0, 0);
	struct differ_part *p = differ_part(d, 0);
	struct message *q = request(1);
	for (int i = 0; i < 3; i++)
		differ_asked(p, SIDE_CANDIDATE, q);
	for (int i = 0; i < 3; i++)
		differ_asked(p, SIDE_CONTROL, q);
	const char *bodies[] = { "{\"n\":0}", "{\"n\":1}", "{\"n\":2}" };
	for (int i = 0; i < 3; i++)
		answered(p, SIDE_CANDIDATE, q, TARGET_ANSWERED, bodies[i]);
	for (int i = 0; i < 3; i++)
		answered(p, SIDE_CONTROL, q, TARGET_ANSWERED, bodies[i]);
	message_unref(q);
	struct verdict *v = verdict_of(d);
	cr_expect_eq(v->same, 3);
	cr_expect_eq(v->seen, 3);
	verdict_free(v);
	differ_free(d);
}

Test(differ, confirmation_asks_all_targets_again_so_many_times)
{
	struct differ *d = open_differ(true, true, 3, 0);
	struct differ_part *p = differ_part(d, 0);
	struct message *q = request(1);
	for (enum differ_side s = 0; s < SIDES; s++)
		differ_asked(p, s, q);
	for (enum differ_side s = 0; s < SIDES; s++)
		answered(p, s, q, TARGET_ANSWERED, s == SIDE_CANDIDATE ? "{\"a\":2}" : "{\"a\":1}");
	int rounds = 0;
	for (; differ_busy(p) && rounds < 10; rounds++) {
		struct message *again[SIDES];
		for (enum differ_side s = 0; s < SIDES; s++) {
			cr_assert(differ_again(p, s));
			again[s] = differ_again_take(p, s);
			cr_expect_eq(message_lane(&again[s]->id), message_lane(&q->id));
			cr_expect(!message_id_eq(&again[s]->id, &q->id));
			if (rounds == 0 && s == SIDE_CONTROL) {
				differ_again_refused(p, s, again[s]); /* its queue was full: it comes again */
				message_unref(again[s]);
				again[s] = differ_again_take(p, s);
			}
			differ_asked(p, s, again[s]);
		}
		for (enum differ_side s = 0; s < SIDES; s++) {
			answered(p, s, again[s], TARGET_ANSWERED, s == SIDE_CANDIDATE ? "{\"a\":2}" : "{\"a\":1}");
			message_unref(again[s]);
		}
	}
	cr_expect_eq(rounds, 3);
	message_unref(q);
	struct verdict *v = verdict_of(d);
	cr_expect_eq(v->seen, 1);
	cr_assert_eq(v->sure_count, 1);
	cr_expect_eq(v->findings[0].reason, REASON_CONFIRMED);
	cr_expect_eq(v->findings[0].confirmed, 1);
	verdict_free(v);
	differ_free(d);
}

static unsigned rounds_with(enum target_row outcome, unsigned *confirmed, enum finding_reason *reason)
{
	struct differ *d = open_differ(true, false, 3, 0);
	struct differ_part *p = differ_part(d, 0);
	struct message *q = request(1);
	unsigned rounds = 0;
	for (enum differ_side s = 0; s < SIDE_SECOND; s++)
		differ_asked(p, s, q);
	answered(p, SIDE_CANDIDATE, q, outcome, "");
	answered(p, SIDE_CONTROL, q, TARGET_ANSWERED, "{}");
	for (; differ_busy(p) && rounds < 10; rounds++)
		for (enum differ_side s = 0; s < SIDE_SECOND; s++) {
			struct message *again = differ_again_take(p, s);
			cr_assert_not_null(again);
			differ_asked(p, s, again);
			answered(p, s, again, s == SIDE_CANDIDATE ? outcome : TARGET_ANSWERED, "{}");
			message_unref(again);
		}
	message_unref(q);
	struct verdict *v = verdict_of(d);
	cr_assert_eq(v->finding_count, 1);
	cr_expect_str_eq(v->findings[0].path, "answer");
	*confirmed = (unsigned)v->findings[0].confirmed;
	*reason = v->findings[0].reason;
	verdict_free(v);
	differ_free(d);
	return rounds;
}

/* A server that ends on a request is asked again; one that hangs would cost its time-out each time. */
Test(differ, an_answer_that_does_not_come_is_confirmed)
{
	unsigned confirmed;
	enum finding_reason reason;
	cr_expect_eq(rounds_with(TARGET_FAILED_CLOSED, &confirmed, &reason), 3);
	cr_expect_eq(confirmed, 1);
	cr_expect_eq(reason, REASON_CONFIRMED);
	cr_expect_eq(rounds_with(TARGET_FAILED_TIMEOUT, &confirmed, &reason), 1);
	cr_expect_eq(confirmed, 0);
	cr_expect_eq(reason, REASON_UNMEASURED);
}

/* One that was not sent says nothing about what would have been answered. */
Test(differ, what_was_not_sent_is_no_difference)
{
	static const enum target_row outcomes[] = { TARGET_NOT_TRIED, TARGET_NOT_IN_VERSION, TARGET_FAILED_MEMORY, TARGET_UNFINISHED };
	struct differ *d = open_differ(true, true, 3, 0);
	struct differ_part *p = differ_part(d, 0);
	for (uint32_t i = 0; i < 12; i++) {
		struct message *q = request(i);
		for (enum differ_side s = 0; s < SIDES; s++) {
			differ_asked(p, s, q);
			answered(p, s, q, s == i % 3 ? outcomes[i / 3] : TARGET_ANSWERED, "{}");
		}
		message_unref(q);
	}
	cr_expect_not(differ_busy(p));
	struct verdict *v = verdict_of(d);
	cr_expect_eq(v->seen, 12);
	cr_expect_eq(v->not_comparable, 12);
	cr_expect_eq(v->finding_count, 0);
	cr_expect_eq(cause(v, "not sent"), 6);
	cr_expect_eq(cause(v, "ended before"), 3);
	verdict_free(v);
	differ_free(d);
}

/* A file without answers, read again and again: what waits stays few. */
Test(differ, a_looped_id_without_a_record)
{
	struct differ *d = open_differ(false, false, 0, 0);
	struct differ_part *p = differ_part(d, 0);
	struct message *q = request(1);
	for (int i = 0; i < 20000; i++) {
		differ_asked(p, SIDE_CANDIDATE, q);
		answered(p, SIDE_CANDIDATE, q, TARGET_ANSWERED, "{}");
	}
	recorded(p, q, 200, "{}");
	message_unref(q);
	struct verdict *v = verdict_of(d);
	cr_expect_eq(v->seen, 20000);
	cr_expect_eq(v->compared, 1);
	cr_expect_eq(cause(v, "no recorded"), 19999);
	verdict_free(v);
	differ_free(d);
}

/* The user wants an end: what was asked again is waited for, nothing more is begun, and the exchange itself stands. */
Test(differ, a_stop_ends_confirmation)
{
	for (int sent = 0; sent < 2; sent++) {
		struct differ *d = open_differ(true, false, 5, 0);
		struct differ_part *p = differ_part(d, 0);
		struct message *q = request(1), *again[2] = { NULL };
		for (enum differ_side s = 0; s < SIDE_SECOND; s++)
			differ_asked(p, s, q);
		for (enum differ_side s = 0; s < SIDE_SECOND; s++)
			answered(p, s, q, TARGET_ANSWERED, s == SIDE_CANDIDATE ? "{\"a\":2}" : "{\"a\":1}");
		cr_assert(differ_busy(p));
		for (enum differ_side s = 0; sent && s < SIDE_SECOND; s++) {
			again[s] = differ_again_take(p, s);
			differ_asked(p, s, again[s]);
		}
		differ_stop_confirming(p);
		cr_expect_eq(differ_busy(p), sent == 1);
		for (enum differ_side s = 0; sent && s < SIDE_SECOND; s++) {
			answered(p, s, again[s], TARGET_ANSWERED, s == SIDE_CANDIDATE ? "{\"a\":2}" : "{\"a\":1}");
			message_unref(again[s]);
		}
		cr_expect_not(differ_busy(p));
		cr_expect_not(differ_again(p, SIDE_CANDIDATE));
		message_unref(q);
		struct verdict *v = verdict_of(d);
		cr_expect_eq(v->seen, 1);
		cr_expect_eq(v->finding_count, 1);
		verdict_free(v);
		differ_free(d);
	}
}

Test(differ, unsafe_requests_are_never_sent_again)
{
	struct differ *d = open_differ(true, false, 3, 0);
	struct differ_part *p = differ_part(d, 0);
	struct message *q = message_new(MESSAGE_REQUEST, 4096);
	q->id = message_id_make(7, 1);
	cr_assert_eq(buf_append_str(&q->data, "POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 0);
	differ_asked(p, SIDE_CONTROL, q);
	differ_asked(p, SIDE_CANDIDATE, q);
	answered(p, SIDE_CONTROL, q, TARGET_ANSWERED, "1");
	answered(p, SIDE_CANDIDATE, q, TARGET_ANSWERED, "2");
	cr_expect_not(differ_busy(p));
	message_unref(q);
	differ_free(d);
}

Test(differ, what_waits_is_bounded)
{
	struct differ *d = open_differ(true, false, 0, 100000);
	struct differ_part *p = differ_part(d, 0);
	char *body = malloc(10001);
	memset(body, ' ', 10000);
	body[10000] = 0;
	for (uint32_t i = 0; i < 100; i++) {
		struct message *q = request(i);
		differ_asked(p, SIDE_CANDIDATE, q);
		answered(p, SIDE_CANDIDATE, q, TARGET_ANSWERED, body);
		message_unref(q);
	}
	struct verdict *v = verdict_of(d);
	cr_expect_eq(v->seen, 100);
	cr_expect_eq(v->not_comparable, 100);
	cr_expect_gt(cause(v, "too"), 80);
	verdict_free(v);
	differ_free(d);
	free(body);
}

/* Whatever allocation fails, each exchange is counted once and nothing leaks. */
Test(differ, the_nth_allocation_fails)
{
	bool failed = true;
	for (unsigned long n = 1; failed && n < 3000; n++) {
		struct differ *d = open_differ(false, false, 0, 0);
		struct differ_part *p = differ_part(d, 0);
		struct message *q = request(1);
		alloc_fail_at(n);
		differ_asked(p, SIDE_CANDIDATE, q);
		failed = alloc_failed();
		alloc_fail_at(0);
		recorded(p, q, 200, "{\"a\":1}");
		answered(p, SIDE_CANDIDATE, q, TARGET_ANSWERED, "{\"a\":2}");
		message_unref(q);
		struct verdict *v = verdict_of(d);
		cr_expect_eq(v->seen, 1);
		verdict_free(v);
		differ_free(d);
	}
	cr_expect_not(failed);
}
