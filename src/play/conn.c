/* conn: one connection, from connect() to close().
 *
 *   CONNECTING --connected--> IDLE --conn_write--> BUSY --last answer's end--> IDLE (may be used again) or CLOSED
 *
 * An answer is read into the player's one buffer; the framing table says where it ends. Costs one send and one recv per small exchange.
 * While bytes of that buffer are still to be looked at, nothing is sent: a send that fails reads what the target said last. */
#include "play/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#define READS_AT_ONCE 4 /* an endless answer must not keep the others waiting; epoll brings us back */

void conn_enter(struct list *l, struct conn *c, enum conn_state state, int64_t since_ns)
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
	list_init(&c->hold_link);
	buf_init(&c->response, p->o.response_bytes);
	c->attempt = connector_start(p->connector, c, p->now_ns);
	if (!c->attempt) {
		free(c);
		return ERR_NOMEM;
	}
	l->conn = c;
	p->open++;
	p->n_connecting++;
	health_trying(&p->health);
	conn_enter(&p->connecting, c, CONN_CONNECTING, p->now_ns);
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
	list_remove(&c->hold_link);
	conn_enter(&p->graveyard, c, CONN_CLOSED, p->now_ns);
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
	struct task *t = task_pop(&c->flight);
	if (!t)
		return NULL;
	p->in_flight--;
	c->n_flight--;
	c->lane->free_ns = p->now_ns;
	if (c->writing == t)
		c->writing = NULL;
	return t;
}

/* The connection has ended, and requests were sent behind the one that has its outcome already: back to the lane with those that may be
 * sent again. refused: the target said it would close, so it has not acted upon them (RFC 9112 §9.6). */
static void give_back(struct player *p, struct conn *c, bool refused)
{
	const struct task *unsent = c->sent == 0 && !c->t.ops->records ? c->writing : NULL;
	struct task *back = NULL;
	for (struct task *t; (t = conn_take_task(p, c));) {
		c->lane->serial = true;
		if (t != unsent && !refused && (t->retried || !t->retry)) {
			outcome_end(p, t, TARGET_FAILED_CLOSED, NULL);
			continue;
		}
		if (t != unsent)
			p->counts[TARGET_RETRIED]++;
		t->retried |= t != unsent;
		t->next = back;
		back = t;
	}
	while (back) {
		struct task *t = back;
		back = t->next;
		lane_retry(p, c->lane, t);
	}
}

void conn_fail(struct player *p, struct conn *c, enum target_row why)
{
	struct lane *l = c->lane;
	struct task *t = conn_take_task(p, c);
	conn_close(p, c);
	if (t)
		outcome_end(p, t, why, NULL);
	give_back(p, c, false);
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
	if (health_connected(&p->health, c->since_ns, p->now_ns) == HEALTH_CAME_BACK && p->sink.health)
		p->sink.health(p->sink.arg, p->now_ns - p->health.down_ns, "");
	p->counts[TARGET_CONNECTIONS]++;
	conn_enter(&p->idle, c, CONN_IDLE, p->now_ns);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = c };
	if (epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, t.fd, &ev) != 0) {
		lane_fail_first(p, l, TARGET_FAILED_MEMORY);
		conn_close(p, c);
	}
	lane_go(p, l);
}

enum target_row conn_failure_row(enum connect_failure why)
{
	static const enum target_row row[] = {
		[CONNECT_RESOLVE] = TARGET_FAILED_RESOLVE,  [CONNECT_REFUSED] = TARGET_FAILED_CONNECT,
		[CONNECT_TLS] = TARGET_FAILED_TLS,          [CONNECT_TIMEOUT] = TARGET_FAILED_TIMEOUT,
		[CONNECT_NO_MEMORY] = TARGET_FAILED_MEMORY, [CONNECT_NO_DESCRIPTOR] = TARGET_FAILED_CONNECT,
	};
	return row[why];
}

static void note_failure(struct player *p, const struct conn *c, bool slow)
{
	const struct health_failure f = { .began_ns = c->since_ns, .slow = slow, .others = p->open > p->n_connecting };
	if (health_failed(&p->health, &f, p->now_ns) == HEALTH_WENT_DOWN && p->sink.health)
		p->sink.health(p->sink.arg, 0, p->last_error);
}

/* A target whose listen queue is full lets some wait: worth a second try, since nothing was sent. */
static bool may_reconnect(const struct player *p, struct task *t, enum target_row why)
{
	if (why != TARGET_FAILED_TIMEOUT || p->open == p->n_connecting || t->reconnected)
		return false;
	t->reconnected = true;
	return true;
}

static void connect_failed(struct player *p, struct conn *c, enum target_row why)
{
	struct lane *l = c->lane;
	note_failure(p, c, why == TARGET_FAILED_TIMEOUT);
	conn_close(p, c);
	struct task *t = l->waiting.first;
	if (t && may_reconnect(p, t, why))
		p->counts[TARGET_RECONNECTED]++;
	else if (t && !task_early(p, t)) /* else it is tried again when it is due */
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
		note_failure(p, c, false);
		/* As many as there can be: from now on lanes take turns with those. */
		conn_close(p, c);
		p->o.connections = p->open;
		lane_wait_first(p, l);
		return;
	}
	connect_failed(p, c, conn_failure_row(why));
}

/* --- the answer ------------------------------------------------------------------------------------------------------------------ */

/* Whether another request may follow on this connection, or has followed already. */
static bool may_stay(struct player *p, struct conn *c, size_t left_over)
{
	const struct task *t = c->flight.first;
	if (t == c->writing || t->last_of_lane || !p->o.framing->keep_alive(c->framing))
		return false;
	if (t->next)
		return true;
	if (left_over || c->peer_done || c->send_broken)
		return false;
	return list_empty(&p->slot_waiting) || c->answers < TURN_ANSWERS;
}

/* True: c is no longer to be read. */
static bool answered(struct player *p, struct conn *c, struct slice last_bytes, size_t left_over)
{
	struct lane *l = c->lane;
	struct answer a = { .status = p->o.framing->status(c->framing), .bytes = last_bytes };
	c->answers++;
	bool stays = may_stay(p, c, left_over), more = c->flight.first->next != NULL;
	if (c->writing && c->writing == c->flight.first && c->hold != SIZE_MAX && c->sent == c->hold)
		p->counts[TARGET_CONTENT_UNASKED]++;
	if (p->o.keep_response && c->response.len) {
		if (buf_append(&c->response, last_bytes) != 0) {
			conn_fail(p, c, TARGET_FAILED_MEMORY);
			return true;
		}
		a.bytes = buf_slice(&c->response);
	}
	struct task *t = conn_take_task(p, c);
	bool follows = redirect_follow(p, t, &a);
	if (stays && more) {
		if (follows)
			lane_retry(p, l, t);
		else
			outcome_end(p, t, TARGET_ANSWERED, &a);
		conn_await(p, c);
		c->go_on = true;
		return false;
	}
	if (stays) {
		conn_want_write(p, c, false);
		conn_enter(&p->idle, c, CONN_IDLE, p->now_ns);
	} else {
		conn_close(p, c); /* its memory, and so a.bytes, stays until the tick's end */
	}
	if (!follows)
		outcome_end(p, t, TARGET_ANSWERED, &a);
	give_back(p, c, true);
	if (follows)
		lane_retry(p, l, t); /* before those given back */
	lane_go(p, l);
	return true;
}

/* An interim answer: counted, not kept: the final one is the result. */
static void interim(struct player *p, struct conn *c)
{
	int status = p->o.framing->status(c->framing);
	outcome_status(p, status);
	buf_clear(&c->response);
	if (status == 100 && c->writing && c->writing == c->flight.first && c->hold != SIZE_MAX) {
		conn_stop_holding(c);
		c->go_on = true;
	}
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
		case FRAMING_INTERIM:
			interim(p, c);
			if (bytes.len == 0)
				return false;
			if (used > 0)
				continue;
			break; /* a table that takes nothing would turn us in circles */
		case FRAMING_DONE:
			if (answered(p, c, part, bytes.len))
				return true;
			if (bytes.len == 0)
				return false;
			if (used > 0)
				continue;
			break;
		case FRAMING_TUNNEL:
			p->counts[TARGET_UPGRADED]++;
			return answered(p, c, part, 1);
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
	const struct task *t = c->flight.first;
	if (t->retried || c->received)
		return false;
	return (t == c->writing && c->sent == 0 && !c->t.ops->records) || (c->answers > 0 && t->retry);
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
		(void)answered(p, c, slice_of(NULL, 0), 0);
		return;
	}
	if (!may_retry(c)) {
		conn_fail(p, c, TARGET_FAILED_CLOSED);
		return;
	}
	struct task *t = conn_take_task(p, c);
	t->retried = true;
	p->counts[TARGET_RETRIED]++;
	conn_close(p, c);
	give_back(p, c, false);
	lane_retry(p, l, t);
	lane_go(p, l);
}

void conn_expire(struct player *p, struct conn *c)
{
	ended(p, c, false);
}

void conn_read(struct player *p, struct conn *c)
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
		conn_want_write(p, c, true);
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
	if (c->state == CONN_BUSY && !c->send_broken && (c->go_on || ((events & EPOLLOUT) && c->wants_write))) {
		c->go_on = false;
		conn_write(p, c);
	}
}
