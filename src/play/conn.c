/* conn: one connection, from connect() to close().
 *
 *   CONNECTING --connected--> IDLE --conn_send_next--> BUSY --answer's end--> IDLE (may be used again) or CLOSED
 *
 * A request is sent straight from its message's bytes and its answer read into the player's one buffer; the framing table says where it
 * ends. Costs one send and one recv per small exchange. */
#include "play/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#define READS_AT_ONCE 4 /* an endless answer must not keep the others waiting; epoll brings us back */

static void enter(struct list *l, struct conn *c, enum conn_state state, int64_t since_ns)
{
	c->state = state;
	c->since_ns = since_ns;
	list_remove(&c->link);
	list_append(l, &c->link);
}

int conn_open(struct player *p, struct lane *l)
{
	size_t size = (sizeof(struct conn) + p->o.framing->size + 15) & ~(size_t)15;
	struct conn *c = aligned_alloc(16, size);
	if (!c)
		return ERR_NOMEM;
	*c = (struct conn){ .lane = l };
	list_init(&c->link);
	buf_init(&c->response, p->o.response_bytes);
	c->attempt = connector_start(p->connector, c, p->now_ns);
	if (!c->attempt) {
		free(c);
		return ERR_NOMEM;
	}
	l->conn = c;
	p->open++;
	p->n_connecting++;
	enter(&p->connecting, c, CONN_CONNECTING, p->now_ns);
	return 0;
}

void conn_close(struct player *p, struct conn *c)
{
	if (c->state == CONN_CONNECTING) {
		p->n_connecting--;
		if (c->attempt)
			connector_cancel(p->connector, c->attempt, p->now_ns);
		c->attempt = NULL;
	} else {
		connector_close(p->connector, &c->t, p->now_ns);
	}
	p->open--;
	c->lane->conn = NULL;
	enter(&p->graveyard, c, CONN_CLOSED, p->now_ns);
}

void conns_bury(struct player *p)
{
	for (struct list *first; (first = list_first(&p->graveyard));) {
		struct conn *c = LIST_ENTRY(first, struct conn, link);
		list_remove(&c->link);
		buf_release(&c->response);
		free(c);
	}
}

struct task *conn_take_task(struct player *p, struct conn *c)
{
	struct task *t = c->task;
	if (t) {
		p->in_flight--;
		c->lane->free_ns = p->now_ns;
	}
	c->task = NULL;
	return t;
}

void conn_fail(struct player *p, struct conn *c, enum target_row why)
{
	struct lane *l = c->lane;
	struct task *t = conn_take_task(p, c);
	conn_close(p, c);
	if (t)
		outcome_end(p, t, why, NULL);
	lane_go(p, l);
}

/* --- connecting ------------------------------------------------------------------------------------------------------------------ */

void conn_connected(void *arg, void *token, struct transport t)
{
	struct player *p = arg;
	struct conn *c = token;
	struct lane *l = c->lane;
	c->attempt = NULL;
	c->t = t;
	c->open_ns = p->now_ns;
	p->n_connecting--;
	p->refusals = 0;
	p->backoff_ns = 0;
	p->no_connect_ns = 0;
	p->counts[TARGET_CONNECTIONS]++;
	enter(&p->idle, c, CONN_IDLE, p->now_ns);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = c };
	if (epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, t.fd, &ev) != 0) {
		lane_fail_first(p, l, TARGET_FAILED_MEMORY);
		conn_close(p, c);
	}
	lane_go(p, l);
}

static enum target_row row_of(enum connect_failure why)
{
	static const enum target_row row[] = {
		[CONNECT_RESOLVE] = TARGET_FAILED_RESOLVE,  [CONNECT_REFUSED] = TARGET_FAILED_CONNECT,
		[CONNECT_TLS] = TARGET_FAILED_TLS,          [CONNECT_TIMEOUT] = TARGET_FAILED_TIMEOUT,
		[CONNECT_NO_MEMORY] = TARGET_FAILED_MEMORY, [CONNECT_NO_DESCRIPTOR] = TARGET_FAILED_CONNECT,
	};
	return row[why];
}

/* While nothing connects, connecting is not tried for each request anew: after a few failures there is a pause of 10 ms, doubling to 1 s, in
 * which requests that need a connection fail at once by the last cause. Attempts that began before the pause do not prolong it. */
static void back_off(struct player *p, int64_t began_ns, enum target_row why)
{
	bool others = p->open > p->n_connecting;
	bool slow = why == TARGET_FAILED_TIMEOUT; /* one of these is enough */
	if (others || began_ns < p->no_connect_ns || (++p->refusals < BACKOFF_AFTER && !slow))
		return;
	p->backoff_ns = p->backoff_ns ? p->backoff_ns * 2 : BACKOFF_MIN_NS;
	if (p->backoff_ns > BACKOFF_MAX_NS)
		p->backoff_ns = BACKOFF_MAX_NS;
	p->no_connect_ns = p->now_ns + p->backoff_ns;
	p->cause = why;
}

static void connect_failed(struct player *p, struct conn *c, enum target_row why)
{
	struct lane *l = c->lane;
	int64_t began_ns = c->since_ns;
	conn_close(p, c);
	back_off(p, began_ns, why);
	lane_fail_first(p, l, why);
	lane_go(p, l);
}

void conn_connect_timeout(struct player *p, struct conn *c)
{
	(void)snprintf(p->last_error, sizeof p->last_error, "no connection within the time-out");
	connect_failed(p, c, TARGET_FAILED_TIMEOUT);
}

void conn_refused(void *arg, void *token, enum connect_failure why, const char *text)
{
	struct player *p = arg;
	struct conn *c = token;
	struct lane *l = c->lane;
	c->attempt = NULL;
	(void)snprintf(p->last_error, sizeof p->last_error, "%s", text);
	if (why == CONNECT_NO_DESCRIPTOR && p->open > 1) {
		/* As many as there can be: from now on lanes take turns with those. */
		conn_close(p, c);
		p->o.connections = p->open;
		lane_wait_first(p, l);
		return;
	}
	connect_failed(p, c, row_of(why));
}

/* --- sending --------------------------------------------------------------------------------------------------------------------- */

static void conn_read(struct player *p, struct conn *c);

static void want_write(struct player *p, struct conn *c, bool on)
{
	if (c->wants_write == on)
		return;
	c->wants_write = on;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP | (on ? EPOLLOUT : 0u), .data.ptr = c };
	(void)epoll_ctl(p->epoll_fd, EPOLL_CTL_MOD, c->t.fd, &ev);
}

static void conn_write(struct player *p, struct conn *c)
{
	struct slice bytes = message_bytes(c->task->m);
	while (c->sent < bytes.len) {
		ssize_t n = c->t.ops->send(&c->t, slice_from(bytes, c->sent));
		if (n == TRANSPORT_AGAIN) {
			want_write(p, c, true);
			return;
		}
		if (n < 0) {
			/* The target may have answered early and closed (RFC 9112 §9.5): what it said counts. */
			c->send_broken = true;
			conn_read(p, c);
			return;
		}
		c->sent += (size_t)n;
		p->counts[TARGET_BYTES_SENT] += (uint64_t)n;
	}
	want_write(p, c, c->unread);
}

/* The caller's last word on the bytes: what earlier answers said is known by now. */
static void prepare(struct player *p, struct task *t)
{
	struct message *instead = p->sink.prepare && !t->retried ? p->sink.prepare(p->sink.arg, t->m) : NULL;
	if (!instead)
		return;
	message_unref(t->m);
	t->m = instead;
}

void conn_send_next(struct player *p, struct conn *c)
{
	struct task *t = lane_next(p, c->lane);
	c->task = t;
	c->sent = c->received = 0;
	buf_clear(&c->response);
	p->o.framing->init(c->framing, slice_of(t->method, t->method_len));
	p->in_flight++;
	prepare(p, t);
	t->free_ns = c->lane->free_ns;
	t->open_ns = c->open_ns;
	t->sent_ns = player_now(p);
	if (t->m->due_ns && !t->retried)
		hist_record(&p->lateness, t->sent_ns - t->m->due_ns);
	if (!p->unheard_ns)
		p->unheard_ns = t->sent_ns;
	enter(&p->busy, c, CONN_BUSY, t->sent_ns);
	conn_write(p, c);
}

/* --- the answer ------------------------------------------------------------------------------------------------------------------ */

/* Whether another request may follow on this connection. */
static bool may_stay(struct player *p, struct conn *c, size_t left_over)
{
	if (left_over || c->sent < c->task->m->data.len || c->task->last_of_lane || c->peer_done || c->send_broken)
		return false;
	if (!list_empty(&p->slot_waiting) && c->answers % TURN_ANSWERS == 0)
		return false;
	return p->o.framing->keep_alive(c->framing);
}

static void answered(struct player *p, struct conn *c, struct slice last_bytes, size_t left_over)
{
	struct lane *l = c->lane;
	struct answer a = { .status = p->o.framing->status(c->framing), .bytes = last_bytes };
	c->answers++;
	bool stays = may_stay(p, c, left_over);
	if (p->o.keep_response && c->response.len) {
		if (buf_append(&c->response, last_bytes) != 0) {
			conn_fail(p, c, TARGET_FAILED_MEMORY);
			return;
		}
		a.bytes = buf_slice(&c->response);
	}
	struct task *t = conn_take_task(p, c);
	if (stays) {
		want_write(p, c, false);
		enter(&p->idle, c, CONN_IDLE, p->now_ns);
	} else {
		conn_close(p, c); /* its memory, and so a.bytes, stays until the tick's end */
	}
	outcome_end(p, t, TARGET_ANSWERED, &a);
	lane_go(p, l);
}

static bool keep_part(struct player *p, struct conn *c, struct slice bytes)
{
	return !p->o.keep_response || buf_append(&c->response, bytes) == 0;
}

/* True when the answer, or the connection, has ended by these bytes: c is no longer to be read. */
static bool take_bytes(struct player *p, struct conn *c, struct slice bytes)
{
	for (;;) {
		size_t used = 0;
		enum framing f = p->o.framing->push(c->framing, bytes, &used);
		if (used > bytes.len)
			used = bytes.len;
		struct slice part = slice_cut(bytes, 0, used);
		bytes = slice_from(bytes, used);
		c->received += used;
		if (c->received > p->o.response_bytes && f != FRAMING_BAD) {
			conn_fail(p, c, TARGET_FAILED_TOO_LONG);
			return true;
		}
		switch (f) {
		case FRAMING_MORE:
			if (keep_part(p, c, part))
				return false;
			conn_fail(p, c, TARGET_FAILED_MEMORY);
			return true;
		case FRAMING_INTERIM: /* counted, not kept: the final answer is the result */
			outcome_status(p, p->o.framing->status(c->framing));
			buf_clear(&c->response);
			if (bytes.len == 0)
				return false;
			if (used > 0)
				continue;
			break; /* a table that takes nothing would turn us in circles */
		case FRAMING_DONE:
			answered(p, c, part, bytes.len);
			return true;
		case FRAMING_TUNNEL:
			p->counts[TARGET_UPGRADED]++;
			answered(p, c, part, 1);
			return true;
		case FRAMING_BAD:
			break;
		}
		conn_fail(p, c, TARGET_FAILED_GARBAGE);
		return true;
	}
}

/* One more try where the request cannot have been acted upon, or may be twice (RFC 9110 §9.2.2, RFC 9112 §9.3.1). A transport of records
 * may have sent some of a message that it does not own to have taken. */
static bool may_retry(const struct conn *c)
{
	if (c->task->retried || c->received)
		return false;
	return (c->sent == 0 && !c->t.ops->records) || (c->answers > 0 && c->task->retry);
}

/* The connection is at its end. clean: the peer closed it, as opposed to a reset. */
static void ended(struct player *p, struct conn *c, bool clean)
{
	struct lane *l = c->lane;
	if (c->state == CONN_IDLE) {
		conn_close(p, c);
		lane_go(p, l);
		return;
	}
	c->peer_done = true;
	if (clean && c->received && p->o.framing->finish(c->framing) == FRAMING_DONE) {
		answered(p, c, slice_of(NULL, 0), 0);
		return;
	}
	if (!may_retry(c)) {
		conn_fail(p, c, TARGET_FAILED_CLOSED);
		return;
	}
	struct task *t = conn_take_task(p, c);
	t->retried = true;
	p->counts[TARGET_RETRIED]++;
	lane_retry(p, l, t);
	conn_close(p, c);
	lane_go(p, l);
}

void conn_expire(struct player *p, struct conn *c)
{
	ended(p, c, false);
}

static void conn_read(struct player *p, struct conn *c)
{
	c->unread = false;
	for (int reads = 0; c->send_broken || reads < READS_AT_ONCE; reads++) {
		ssize_t n = c->t.ops->recv(&c->t, p->read_buffer, READ_BUFFER_BYTES);
		if (n == TRANSPORT_AGAIN) {
			if (c->send_broken)
				ended(p, c, false);
			return;
		}
		if (n <= 0) {
			ended(p, c, n == 0);
			return;
		}
		p->counts[TARGET_BYTES_RECEIVED] += (uint64_t)n;
		p->tick_bytes += (size_t)n;
		p->unheard_ns = 0;
		if (c->state == CONN_IDLE) { /* nobody asked for anything */
			ended(p, c, false);
			return;
		}
		if (take_bytes(p, c, slice_of(p->read_buffer, (size_t)n)))
			return;
		if ((size_t)n < READ_BUFFER_BYTES && !c->t.ops->records && !c->send_broken && !c->peer_done)
			return; /* the socket is empty, else it would have filled the buffer */
	}
	if (c->t.ops->records) { /* epoll does not see what has been taken from the socket already */
		c->unread = true;
		want_write(p, c, true);
	}
}

void conn_event(struct player *p, struct conn *c, uint32_t events)
{
	if (c->state != CONN_IDLE && c->state != CONN_BUSY)
		return;
	if (events & EPOLLRDHUP)
		c->peer_done = true;
	if (c->unread || (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)))
		conn_read(p, c);
	if ((events & EPOLLOUT) && c->state == CONN_BUSY && c->wants_write && !c->send_broken)
		conn_write(p, c);
}
