/* send: a connection's outgoing side. A request is sent straight from its message's bytes.
 *
 * With Expect: 100-continue (RFC 9110 §10.1.1) the head goes alone; the content follows 100 (Continue), or a second without it. With
 * options.pipeline a lane's due requests follow each other without waiting for answers (RFC 9112 §9.3.2). */
#include "play/engine.h"

#include <sys/epoll.h>

void conn_want_write(struct player *p, struct conn *c, bool on)
{
	if (c->wants_write == on)
		return;
	c->wants_write = on;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | (on ? EPOLLOUT : 0u), .data.ptr = c };
	(void)epoll_ctl(p->epoll_fd, EPOLL_CTL_MOD, c->t.fd, &ev);
}

/* The caller's last word on the bytes: what earlier answers said is known by now. */
void task_prepare(struct player *p, struct task *t)
{
	struct message *instead = p->sink.prepare && !t->retried ? p->sink.prepare(p->sink.arg, t->m) : NULL;
	if (!instead)
		return;
	message_unref(t->m);
	t->m = instead;
}

void conn_await(struct player *p, struct conn *c)
{
	struct task *t = c->flight.first;
	c->received = 0;
	buf_clear(&c->response);
	p->o.framing->init(c->framing, slice_of(t->method, t->method_len));
	conn_enter(&p->busy, c, CONN_BUSY, t->sent_ns > p->now_ns ? t->sent_ns : p->now_ns);
}

/* Where sending is to pause; SIZE_MAX: nowhere. */
static size_t hold_at(const struct player *p, const struct task *t)
{
	size_t head = t->expects && p->o.framing->request_head ? p->o.framing->request_head(message_bytes(t->m)) : 0;
	return head && head < t->m->data.len ? head : SIZE_MAX;
}

void task_sending(struct player *p, struct task *t, int64_t free_ns, int64_t open_ns)
{
	int64_t now_ns = player_now(p);
	if (!p->unheard_ns)
		p->unheard_ns = now_ns;
	if (t->redirects)
		return;
	t->free_ns = free_ns;
	t->open_ns = open_ns;
	t->sent_ns = now_ns;
	if (t->m->due_ns && !t->retried)
		hist_record(&p->lateness, t->sent_ns - t->m->due_ns);
}

static void begin(struct player *p, struct conn *c)
{
	struct task *t = lane_next(p, c->lane);
	task_append(&c->flight, t);
	c->n_flight++;
	c->writing = t;
	c->sent = 0;
	p->in_flight++;
	task_prepare(p, t);
	c->hold = hold_at(p, t);
	task_sending(p, t, c->lane->free_ns, c->open_ns);
	if (c->flight.first == t)
		conn_await(p, c);
}

/* May another request follow those in flight? */
static bool may_pipeline(const struct player *p, const struct conn *c)
{
	if (p->o.pipeline < 2)
		return false;
	const struct task *last = c->flight.last;
	if (c->n_flight >= p->o.pipeline || c->lane->serial || last->last_of_lane || last->alone || c->send_broken || c->peer_done)
		return false;
	return list_empty(&p->slot_waiting) || c->answers < TURN_ANSWERS;
}

bool conn_may_send(const struct player *p, const struct conn *c)
{
	/* The next task and its message are looked at last: their memory is cold. */
	if (c->writing || (c->state != CONN_IDLE && (c->state != CONN_BUSY || !may_pipeline(p, c))))
		return false;
	const struct task *next = c->lane->waiting.first;
	return next && !task_early(p, next);
}

enum wrote { WROTE_ALL, WROTE_SOME, WROTE_HEAD, WROTE_NO_MORE };

static enum wrote write_bytes(struct player *p, struct conn *c)
{
	struct slice bytes = message_bytes(c->writing->m);
	size_t end = c->hold < bytes.len ? c->hold : bytes.len;
	while (c->sent < end) {
		ssize_t n = c->t.ops->send(&c->t, slice_cut(bytes, c->sent, end - c->sent));
		if (n == TRANSPORT_AGAIN)
			return WROTE_SOME;
		if (n < 0)
			return WROTE_NO_MORE;
		c->sent += (size_t)n;
		p->counts[TARGET_BYTES_SENT] += (uint64_t)n;
	}
	return end < bytes.len ? WROTE_HEAD : WROTE_ALL;
}

void conn_write(struct player *p, struct conn *c)
{
	while (c->writing || conn_may_send(p, c)) {
		if (!c->writing)
			begin(p, c);
		enum wrote wrote = write_bytes(p, c);
		if (wrote == WROTE_SOME) {
			conn_want_write(p, c, true);
			return;
		}
		if (wrote == WROTE_NO_MORE) {
			/* The target may have answered early and closed (RFC 9112 §9.5): what it said counts. */
			c->send_broken = true;
			conn_read(p, c);
			return;
		}
		if (wrote == WROTE_HEAD) {
			if (list_empty(&c->hold_link)) {
				c->hold_since_ns = p->now_ns;
				list_append(&p->holding, &c->hold_link);
			}
			break;
		}
		c->writing = NULL;
	}
	conn_want_write(p, c, c->unread);
}

void conn_stop_holding(struct conn *c)
{
	list_remove(&c->hold_link);
	c->hold = SIZE_MAX;
}

void conn_continue_late(struct player *p, struct conn *c)
{
	p->counts[TARGET_CONTINUE_LATE]++;
	conn_stop_holding(c);
	conn_write(p, c);
}
