/* answers: each cause of lateness gets its stretch; answers become messages within a bound; endpoints by path; lines when they are due. */
#include "output/answers.h"

#include "base/clock.h"
#include "report/ledger.h"
#include "report/measure.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <stdio.h>

static int64_t no_time(void)
{
	return 1000;
}

static void no_note(void *arg, int level, const char *sentence)
{
	(void)arg, (void)level, (void)sentence;
}

static const struct io_env env = { .mono_ns = no_time, .real_minus_mono_ns = 1000000, .note = no_note };

static struct answers open_with(struct answers_options o)
{
	struct answers a;
	struct err err = { .code = ERR_NONE };
	cr_assert_eq(answers_init(&a, &o, &env, &err), 0);
	return a;
}

Test(answers, why_late)
{
	static const struct {
		int64_t refused, due, taken, free, open, sent; /* microseconds */
		double late[LATE_CAUSES];
	} rows[] = {
		{ 0, 100, 100, 0, 0, 100, { 0, 0, 0 } },
		{ 0, 100, 100, 50, 60, 130, { 0, 0, 30 } },
		{ 0, 100, 110, 0, 0, 130, { 0, 0, 30 } },
		{ 0, 100, 110, 150, 50, 160, { 40, 0, 20 } },   /* 10 until it was taken, 40 for the lane, 10 more */
		{ 0, 100, 110, 0, 190, 200, { 0, 80, 20 } },    /* its connection */
		{ 0, 100, 110, 150, 190, 200, { 40, 40, 20 } }, /* the lane, then a new connection */
		{ 160, 100, 170, 0, 0, 180, { 60, 0, 20 } },    /* the queue was full until 160 */
		{ 500, 100, 170, 0, 0, 180, { 70, 0, 10 } },    /* and was full again since */
		{ 0, 100, 20, 40, 50, 101, { 0, 0, 1 } },       /* taken ahead of its time */
		{ 0, 100, 20, 160, 50, 160, { 60, 0, 0 } },
		{ 0, 100, 110, 900, 900, 200, { 90, 0, 10 } }, /* never more than there is */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct answers a = open_with((struct answers_options){ 0 });
		struct message *m = message_new(MESSAGE_REQUEST, 10);
		m->due_ns = rows[i].due * 1000;
		a.refused_ns = rows[i].refused * 1000;
		struct play_result r = {
			.request = m, .outcome = TARGET_FAILED_CLOSED, .due_ns = m->due_ns, .sent_ns = rows[i].sent * 1000
		};
		r.taken_ns = rows[i].taken * 1000;
		r.free_ns = rows[i].free * 1000;
		r.open_ns = rows[i].open * 1000;
		answers_take(&a, &r);
		for (int k = 0; k < LATE_CAUSES; k++)
			cr_expect_float_eq(a.late_ns[k], rows[i].late[k] * 1000, 0.5, "row %zu, cause %d: %g", i, k, a.late_ns[k] / 1000);
		message_unref(m);
		answers_release(&a);
	}
}

Test(answers, what_was_due_and_never_sent)
{
	static const struct {
		int64_t due, sent;
		enum target_row outcome;
		bool retried;
		uint64_t unsent;
	} rows[] = {
		{ 5, 0, TARGET_FAILED_CONNECT, false, 1 }, { 0, 0, TARGET_FAILED_CONNECT, false, 0 }, { 5, 0, TARGET_UNFINISHED, false, 0 },
		{ 5, 9, TARGET_FAILED_TIMEOUT, false, 0 }, { 5, 9, TARGET_ANSWERED, true, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct answers a = open_with((struct answers_options){ 0 });
		struct message *m = message_new(MESSAGE_REQUEST, 10);
		m->due_ns = rows[i].due;
		struct play_result r = { .request = m, .outcome = rows[i].outcome, .sent_ns = rows[i].sent, .retried = rows[i].retried };
		answers_take(&a, &r);
		cr_expect_eq(a.unsent, rows[i].unsent, "row %zu", i);
		if (rows[i].retried)
			cr_expect_eq(a.late_ns[LATE_MACHINE], 0, "the second send says nothing of the first");
		message_unref(m);
		answers_release(&a);
	}
}

static void answer(struct answers *a, uint32_t n, struct slice bytes)
{
	struct message *m = message_new(MESSAGE_REQUEST, 10);
	m->id = message_id_make(7, n);
	struct play_result r = {
		.request = m, .outcome = TARGET_ANSWERED, .status = 200, .sent_ns = 500, .done_ns = 800, .response = bytes
	};
	answers_take(a, &r);
	message_unref(m);
}

static void account(struct answers *a, uint64_t handed, uint64_t let_go, uint64_t no_memory)
{
	struct ledger *l = ledger_new();
	struct tally_sink sink = ledger_sink(l);
	answers_tally(a, "t", &sink);
	cr_expect(ledger_balanced(l));
	cr_expect_eq(ledger_get(l, "answers", "t", "handed"), handed);
	cr_expect_eq(ledger_get(l, "answers", "t", "let_go"), let_go);
	cr_expect_eq(ledger_get(l, "answers", "t", "no_memory"), no_memory);
	ledger_free(l);
}

Test(answers, as_messages)
{
	struct answers a = open_with((struct answers_options){ .track = true });
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 100; i++)
			answer(&a, i, slice_str("HTTP/1.1 200 OK\r\n\r\n"));
		for (uint32_t i = 0; i < 100; i++) {
			struct message *m = answers_next(&a);
			struct message_id id = message_id_make(7, i);
			cr_assert_not_null(m);
			cr_expect(m->type == MESSAGE_REPLAYED && message_id_eq(&m->id, &id) && m->ts_ns == 1000500 && m->latency_ns == 300);
			cr_expect(slice_eq(message_bytes(m), slice_str("HTTP/1.1 200 OK\r\n\r\n")));
			message_unref(m);
		}
		cr_expect_null(answers_next(&a));
	}
	account(&a, 300, 0, 0);
	answer(&a, 0, slice_of(NULL, 0));
	account(&a, 300, 1, 0); /* not fetched */
	answers_release(&a);
}

Test(answers, bounded)
{
	static char big[8 << 20];
	struct answers a = open_with((struct answers_options){ .track = true });
	for (uint32_t i = 0; i < 20; i++)
		answer(&a, i, slice_of(big, sizeof big));
	for (struct message *m; (m = answers_next(&a));)
		message_unref(m);
	account(&a, 8, 12, 0);
	answers_release(&a);
}

Test(answers, without_memory)
{
	for (unsigned long n = 1;; n++) {
		struct answers a;
		struct err err = { .code = ERR_NONE };
		const struct answers_options o = { .track = true, .measure = true, .stats_ns = NS_PER_S };
		struct http_head head;
		cr_assert(http_head_parse(slice_str("GET /a HTTP/1.1\r\n\r\n"), &head));
		alloc_fail_at(n);
		int rc = answers_init(&a, &o, &env, &err);
		struct message *m = message_new(MESSAGE_REQUEST, 10);
		if (rc == 0 && m) {
			struct play_result r = { .request = m, .outcome = TARGET_ANSWERED, .status = 200, .sent_ns = 1, .done_ns = 2 };
			r.tag = answers_endpoint(&a, &head);
			r.response = slice_str("x");
			answers_take(&a, &r);
			message_unref(answers_next(&a));
		}
		bool failed = alloc_failed();
		alloc_fail_at(0);
		message_unref(m);
		answers_release(&a);
		if (!failed)
			break;
		cr_expect(rc == 0 || rc == ERR_NOMEM);
	}
}

Test(answers, endpoints_by_path)
{
	static const struct {
		const char *line;
		uint32_t endpoint;
	} rows[] = {
		{ "GET /items/1", 1 }, { "GET /items/2?x=1", 1 }, { "POST /items/2", 2 }, { "GET /items/1", 1 },
		{ "GET /", 3 },        { "GET /?a", 3 },          { "GET /items/2", 1 },
	};
	struct answers a = open_with((struct answers_options){ .measure = true });
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[128];
		struct http_head head;
		(void)snprintf(text, sizeof text, "%s HTTP/1.1\r\n\r\n", rows[i].line);
		cr_assert(http_head_parse(slice_str(text), &head));
		cr_expect_eq(answers_endpoint(&a, &head), rows[i].endpoint, "%s", rows[i].line);
	}
	answers_release(&a);
}
