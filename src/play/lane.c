/* lane: requests of one recorded client in order, and the turn for a connection.
 *
 * Connections are capped (options.connections). A lane that needs one and finds none free waits in slot_waiting, first come first served; the
 * connection that has been idle longest is closed to make room. With no_lanes, lanes have no key: they are the pooled connections, and
 * take their requests from `shared`. */
#include "play/engine.h"

#include <stdlib.h>

static bool same_lane(const void *entry, const void *key)
{
	return ((const struct lane *)entry)->key == *(const uint64_t *)key;
}

static uint64_t lane_hash(const struct player *p, uint64_t key)
{
	return hash_bytes(p->key, slice_of(&key, sizeof key));
}

void lanes_init(struct player *p)
{
	map_init(&p->lanes, SIZE_MAX, same_lane);
	p->key = hash_key_random();
	list_init(&p->all_lanes);
	list_init(&p->slot_waiting);
}

static struct lane *lane_new(struct player *p, uint64_t key)
{
	struct lane *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->key = key;
	list_init(&l->slot_link);
	list_init(&l->link);
	if (!p->o.no_lanes && map_put(&p->lanes, lane_hash(p, key), l) != 0) {
		free(l);
		return NULL;
	}
	list_append(&p->all_lanes, &l->link);
	p->n_lanes++;
	return l;
}

struct lane *lane_get(struct player *p, uint64_t key)
{
	struct lane *l = p->lanes.cap ? map_find(&p->lanes, lane_hash(p, key), &key) : NULL;
	return l ? l : lane_new(p, key);
}

static void lane_free(struct player *p, struct lane *l)
{
	if (!p->o.no_lanes)
		(void)map_remove(&p->lanes, lane_hash(p, l->key), &l->key);
	list_remove(&l->slot_link);
	list_remove(&l->link);
	p->n_lanes--;
	free(l);
}

void lane_end(struct player *p, struct lane *l)
{
	if (!l->timed) /* else early_run comes by */
		lane_free(p, l);
}

static void count_waiting(struct player *p, const struct task *t)
{
	p->waiting++;
	p->waiting_bytes += t->m->data.len;
}

static void count_left(struct player *p, const struct task *t)
{
	p->waiting--;
	p->waiting_bytes -= t->m->data.len;
}

void lane_wait(struct player *p, struct lane *l, struct task *t)
{
	task_append(&l->waiting, t);
	count_waiting(p, t);
}

void lanes_wait_shared(struct player *p, struct task *t)
{
	count_waiting(p, t);
	if (!task_early(p, t) || early_task(p, t) != 0)
		task_append(&p->shared, t);
}

void lane_retry(struct player *p, struct lane *l, struct task *t)
{
	task_prepend(&l->waiting, t);
	count_waiting(p, t);
}

struct task *lane_next(struct player *p, struct lane *l)
{
	struct task *t = task_pop(&l->waiting);
	if (t)
		count_left(p, t);
	return t;
}

void lane_fail_first(struct player *p, struct lane *l, enum target_row why)
{
	struct task *t = lane_next(p, l);
	if (t)
		outcome_end(p, t, why, NULL);
}

static void fail_overdue(struct player *p, struct task_queue *q)
{
	while (q->first && q->first->taken_ns + p->o.timeout_ns <= p->now_ns) {
		struct task *t = task_pop(q);
		count_left(p, t);
		outcome_end(p, t, TARGET_FAILED_TIMEOUT, NULL);
	}
}

void lane_fail_overdue(struct player *p, struct lane *l)
{
	fail_overdue(p, &l->waiting);
	fail_overdue(p, &p->shared);
}

static bool slot_free(struct player *p)
{
	if (p->n_connecting >= p->health.at_once)
		return false;
	if (p->open < p->o.connections)
		return true;
	struct list *oldest = list_first(&p->idle);
	if (!oldest)
		return false;
	struct conn *c = LIST_ENTRY(oldest, struct conn, link);
	struct lane *l = c->lane;
	conn_close(p, c);
	if (!l->waiting.first)
		lane_end(p, l);
	return p->open < p->o.connections;
}

static void want_slot(struct player *p, struct lane *l, bool first)
{
	l->wants_slot = true;
	list_append(first ? p->slot_waiting.next : &p->slot_waiting, &l->slot_link);
}

void lane_wait_first(struct player *p, struct lane *l)
{
	want_slot(p, l, true);
}

void lane_wait_last(struct player *p, struct lane *l)
{
	want_slot(p, l, false);
}

/* A connection for a lane that has tasks and none; or its tasks end for want of one. */
static void connect_lane(struct player *p, struct lane *l)
{
	while (l->waiting.first && !l->conn) {
		if (!health_may_try(&p->health, p->now_ns))
			lane_fail_first(p, l, TARGET_NOT_TRIED);
		else if (conn_open(p, l) != 0)
			lane_fail_first(p, l, TARGET_FAILED_MEMORY);
	}
}

/* A connection made before its request is due: where it is in nobody's way, and tried once only. */
static void connect_ahead(struct player *p, struct lane *l)
{
	struct task *t = l->waiting.first;
	if (l->conn || l->wants_slot || t->ahead)
		return;
	t->ahead = true;
	if (list_empty(&p->slot_waiting) && p->open < p->o.connections && p->n_connecting < p->health.at_once &&
	    health_may_try(&p->health, p->now_ns))
		(void)conn_open(p, l);
}

/* True: nothing is to be done for that lane before its first task is due. */
static bool too_early(struct player *p, struct lane *l)
{
	if (!l->waiting.first || !task_early(p, l->waiting.first))
		return false;
	connect_ahead(p, l);
	return l->timed || early_lane(p, l) == 0; /* no memory: early is better than never */
}

static void take_shared(struct player *p, struct lane *l)
{
	if (!p->shared.first || l->waiting.first || (l->conn && l->conn->state != CONN_IDLE))
		return;
	task_append(&l->waiting, task_pop(&p->shared)); /* it counts as waiting as before */
}

/* Nothing can be done for the lane before its connection says something: the common case when a request is submitted. */
static bool must_wait(const struct player *p, const struct lane *l)
{
	return l->conn && (l->conn->state == CONN_CONNECTING || (l->conn->state == CONN_BUSY && p->o.pipeline < 2));
}

void lane_go_connected(struct player *p, struct lane *l)
{
	if (must_wait(p, l))
		return;
	for (;;) {
		take_shared(p, l);
		if (too_early(p, l))
			return;
		if (l->conn || l->wants_slot || !l->waiting.first)
			break;
		if (health_may_try(&p->health, p->now_ns) && (!list_empty(&p->slot_waiting) || !slot_free(p)))
			want_slot(p, l, false);
		else
			connect_lane(p, l);
	}
	if (!l->waiting.first) {
		if (!l->conn)
			lane_end(p, l);
	} else if (l->conn && conn_may_send(p, l->conn)) {
		conn_write(p, l->conn);
	}
}

void lanes_settle(struct player *p)
{
	for (struct list *first; (first = list_first(&p->slot_waiting));) {
		if (health_may_try(&p->health, p->now_ns) && !slot_free(p))
			return;
		struct lane *l = LIST_ENTRY(first, struct lane, slot_link);
		list_remove(&l->slot_link);
		l->wants_slot = false;
		connect_lane(p, l);
		if (!l->conn)
			lane_go(p, l);
	}
}

void lanes_share(struct player *p)
{
	while (p->shared.first) {
		/* The connection used last is the warmest, and the others may grow old and be closed. */
		struct list *warmest = list_empty(&p->idle) ? NULL : p->idle.prev;
		struct lane *l = warmest ? LIST_ENTRY(warmest, struct conn, link)->lane : NULL;
		if (!l && p->n_lanes < p->o.connections) {
			l = lane_new(p, 0);
			if (!l && p->n_lanes == 0) {
				struct task *t = task_pop(&p->shared);
				count_left(p, t);
				outcome_end(p, t, TARGET_FAILED_MEMORY, NULL);
				continue;
			}
		}
		if (!l)
			return;
		lane_go(p, l);
	}
}

static void drop_queue(struct player *p, struct task_queue *q)
{
	for (struct task *t; (t = task_pop(q));) {
		count_left(p, t);
		outcome_end(p, t, TARGET_UNFINISHED, NULL);
	}
}

void lanes_drop(struct player *p)
{
	for (struct list *at = p->all_lanes.next; at != &p->all_lanes; at = at->next)
		drop_queue(p, &LIST_ENTRY(at, struct lane, link)->waiting);
	for (struct task *t; (t = heap_pop(&p->early_shared));)
		task_append(&p->shared, t);
	drop_queue(p, &p->shared);
	while (heap_pop(&p->early))
		;
	for (struct list *first; (first = list_first(&p->all_lanes));)
		lane_free(p, LIST_ENTRY(first, struct lane, link));
}

static void free_queue(struct player *p, struct task_queue *q)
{
	for (struct task *t; (t = task_pop(q));)
		task_free(p, t);
}

void lanes_release(struct player *p)
{
	for (struct task *t; (t = heap_pop(&p->early_shared));)
		task_append(&p->shared, t);
	free_queue(p, &p->shared);
	while (heap_pop(&p->early))
		;
	for (struct list *first; (first = list_first(&p->all_lanes));) {
		struct lane *l = LIST_ENTRY(first, struct lane, link);
		free_queue(p, &l->waiting);
		lane_free(p, l);
	}
	map_release(&p->lanes);
}
