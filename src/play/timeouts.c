/* timeouts: what has waited too long.
 *
 * One duration for connecting and for answers, one for idle connections: so each list is in order of its deadlines, and only its head
 * is looked at.
 *
 * A target that hangs must not hold up a whole queue one time-out after the other: where requests went out and not a single byte came
 * back for twice the duration, those that have waited in that lane for one time out together. Twice, since one slow answer is no silence. */
#include "play/engine.h"

static int64_t head_deadline(const struct list *l, int64_t after_ns)
{
	const struct list *first = list_first(l);
	if (!first)
		return TIME_NEVER;
	int64_t since_ns = LIST_ENTRY(first, struct conn, link)->since_ns;
	return since_ns > TIME_NEVER - after_ns ? TIME_NEVER : since_ns + after_ns;
}

static struct conn *overdue(const struct player *p, const struct list *l, int64_t after_ns)
{
	return head_deadline(l, after_ns) <= p->now_ns ? LIST_ENTRY(list_first(l), struct conn, link) : NULL;
}

void timeouts_run(struct player *p)
{
	struct conn *c;
	while ((c = overdue(p, &p->connecting, p->o.timeout_ns)))
		conn_connect_timeout(p, c);
	while ((c = overdue(p, &p->busy, p->o.timeout_ns))) {
		if (p->unheard_ns && p->now_ns - p->unheard_ns >= 2 * p->o.timeout_ns)
			lane_fail_overdue(p, c->lane);
		conn_fail(p, c, TARGET_FAILED_TIMEOUT);
	}
	const struct list *held;
	while ((held = list_first(&p->holding)) && LIST_ENTRY(held, struct conn, hold_link)->hold_since_ns + CONTINUE_WAIT_NS <= p->now_ns)
		conn_continue_late(p, LIST_ENTRY(held, struct conn, hold_link));
	while ((c = overdue(p, &p->idle, p->o.idle_ns)))
		conn_expire(p, c);
}

int64_t timeouts_next(const struct player *p)
{
	int64_t at = head_deadline(&p->connecting, p->o.timeout_ns);
	int64_t busy = head_deadline(&p->busy, p->o.timeout_ns), idle = head_deadline(&p->idle, p->o.idle_ns);
	at = busy < at ? busy : at;
	const struct list *held = list_first(&p->holding);
	int64_t late = held ? LIST_ENTRY(held, struct conn, hold_link)->hold_since_ns + CONTINUE_WAIT_NS : TIME_NEVER;
	at = late < at ? late : at;
	return idle < at ? idle : at;
}
