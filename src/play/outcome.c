/* outcome: the end of a task: one count, its times, one call of the sink. */
#include "play/engine.h"

#include <stdlib.h>

static const struct tally_row rows[TARGET_ROWS] = {
	[TARGET_SUBMITTED] = { "submitted", "requests for the target", TALLY_TOTAL, false },
	[TARGET_ANSWERED] = { "answered", "answered", TALLY_PART, false },
	[TARGET_FAILED_RESOLVE] = { "failed_resolve", "failed: no address for the name", TALLY_PART, true },
	[TARGET_FAILED_CONNECT] = { "failed_connect", "failed: no connection (refused or unreachable)", TALLY_PART, true },
	[TARGET_FAILED_TLS] = { "failed_tls", "failed: TLS", TALLY_PART, true },
	[TARGET_NOT_TRIED] = { "not_tried", "not tried: the target was down", TALLY_PART, true },
	[TARGET_FAILED_TIMEOUT] = { "failed_timeout", "failed: timed out", TALLY_PART, true },
	[TARGET_FAILED_CLOSED] = { "failed_closed", "failed: connection closed before the answer's end", TALLY_PART, true },
	[TARGET_FAILED_GARBAGE] = { "failed_garbage", "failed: the answer is no HTTP", TALLY_PART, true },
	[TARGET_FAILED_TOO_LONG] = { "failed_too_long", "failed: answer over the size limit", TALLY_PART, true },
	[TARGET_FAILED_MEMORY] = { "failed_memory", "failed: out of memory here", TALLY_PART, true },
	[TARGET_UNFINISHED] = { "unfinished", "unfinished when the run ended", TALLY_PART, true },
	[TARGET_INCOMPLETE] = { "incomplete", "not sent: recorded incompletely", TALLY_PART, true },
	[TARGET_NOT_REQUEST] = { "not_request", "not sent: no request", TALLY_PART, false },
	[TARGET_NOT_IN_VERSION] = { "not_in_version", "not sent: cannot be said in HTTP/2", TALLY_PART, true },
	[TARGET_QUEUE_FULL] = { "queue_full", "not sent: the queue was full", TALLY_PART, true },
	[TARGET_RETRIED] = { "retried", "sent once more on a fresh connection", TALLY_NOTE, false },
	[TARGET_RECONNECTED] = { "reconnected", "connected at the second try, the first timed out", TALLY_NOTE, false },
	[TARGET_CONTINUE_LATE] = { "continue_late", "content sent without 100 (Continue), which did not come in time", TALLY_NOTE, false },
	[TARGET_CONTENT_UNASKED] = { "content_unasked", "content not sent, answered before 100 (Continue)", TALLY_NOTE, false },
	[TARGET_CONNECTIONS] = { "connections", "connections made", TALLY_NOTE, false },
	[TARGET_STATUS_1XX] = { "status_1xx", "answers 1xx", TALLY_NOTE, false },
	[TARGET_STATUS_2XX] = { "status_2xx", "answers 2xx", TALLY_NOTE, false },
	[TARGET_STATUS_3XX] = { "status_3xx", "answers 3xx", TALLY_NOTE, false },
	[TARGET_STATUS_4XX] = { "status_4xx", "answers 4xx", TALLY_NOTE, false },
	[TARGET_STATUS_5XX] = { "status_5xx", "answers 5xx", TALLY_NOTE, false },
	[TARGET_STATUS_OTHER] = { "status_other", "answers with another status", TALLY_NOTE, false },
	[TARGET_SENT_INCOMPLETE] = { "sent_incomplete", "sent though recorded incompletely", TALLY_NOTE, false },
	[TARGET_UPGRADED] = { "upgraded", "answers after which the connection is no HTTP", TALLY_NOTE, false },
	[TARGET_REDIRECTS] = { "redirects", "redirects followed", TALLY_NOTE, false },
	[TARGET_REDIRECTS_ELSEWHERE] = { "redirects_elsewhere", "redirects not followed: they lead away from the target", TALLY_NOTE,
	                                 false },
	[TARGET_REDIRECTS_SPENT] = { "redirects_spent", "redirects not followed: as many had been as may be", TALLY_NOTE, false },
	[TARGET_OLD_VERSION] = { "old_version", "answered in HTTP/1.1, the target has no HTTP/2", TALLY_NOTE, false },
	[TARGET_BYTES_SENT] = { "bytes_sent", "bytes sent", TALLY_NOTE, false },
	[TARGET_BYTES_RECEIVED] = { "bytes_received", "bytes received", TALLY_NOTE, false },
};
const struct tally_table target_table = { "target", rows, TARGET_ROWS };

struct task *task_new(struct player *p)
{
	struct task *t = p->free_tasks;
	if (!t)
		return calloc(1, sizeof *t);
	p->free_tasks = t->next;
	*t = (struct task){ 0 };
	return t;
}

void task_free(struct player *p, struct task *t)
{
	message_unref(t->m);
	t->m = NULL;
	t->next = p->free_tasks;
	p->free_tasks = t;
}

void task_method(struct task *t, struct slice method)
{
	t->method_len = (uint8_t)(method.len < METHOD_KEPT ? method.len : METHOD_KEPT);
	if (t->method_len)
		memcpy(t->method, method.ptr, t->method_len);
}

void outcome_status(struct player *p, int status)
{
	int class = status / 100;
	p->counts[class >= 1 && class <= 5 ? TARGET_STATUS_1XX + class - 1 : TARGET_STATUS_OTHER]++;
}

void outcome_tell(struct player *p, const struct task *t, enum target_row outcome, const struct answer *answer)
{
	struct play_result r = { .request = t->m, .outcome = outcome, .sent_ns = t->sent_ns, .done_ns = player_now(p) };
	r.due_ns = t->m->due_ns ? t->m->due_ns : t->sent_ns;
	r.taken_ns = t->taken_ns;
	r.free_ns = t->free_ns;
	r.open_ns = t->open_ns;
	r.retried = t->redirects ? t->first_retried : t->retried;
	r.redirects = t->redirects;
	r.tag = t->tag;
	p->counts[outcome]++;
	if (answer) {
		r.status = answer->status;
		r.response = answer->bytes;
		outcome_status(p, answer->status);
		hist_record(&p->from_due, r.done_ns - r.due_ns);
		hist_record(&p->from_send, r.done_ns - r.sent_ns);
	}
	if (p->sink.result)
		p->sink.result(p->sink.arg, &r);
}

void outcome_end(struct player *p, struct task *t, enum target_row outcome, const struct answer *answer)
{
	outcome_tell(p, t, outcome, answer);
	task_free(p, t);
}
