/* player: the public calls and the tick. What a request goes through stands in engine.h. */
#include "play/player.h"

#include "play/engine.h"
#include "play/h2.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

static void defaults(struct player_options *o)
{
	if (!o->connections)
		o->connections = o->no_lanes ? 64 : SIZE_MAX;
	if (!o->queue_messages)
		o->queue_messages = 1000;
	if (!o->queue_bytes)
		o->queue_bytes = 64u << 20;
	if (!o->timeout_ns)
		o->timeout_ns = 5 * NS_PER_S;
	if (!o->pipeline)
		o->pipeline = 1;
	if (!o->idle_ns)
		o->idle_ns = 30 * NS_PER_S;
	if (!o->response_bytes)
		o->response_bytes = 64u << 20;
	if (!o->max_lateness_ns)
		o->max_lateness_ns = 10 * NS_PER_MS;
}

/* --- HTTP/1.1: the connections of conn.c ----------------------------------------------------------------------------------------- */

static int connected_open(struct player *p, const struct play_url *url, struct err *err)
{
	struct connector_options co = { .url = url, .reach = &p->o.reach, .timeout_ns = p->o.timeout_ns };
	co.own_flows = p->o.own_flows;
	co.epoll_fd = p->epoll_fd;
	struct connector_sink sink = { p, conn_connected, conn_refused };
	p->read_buffer = malloc(READ_BUFFER_BYTES);
	if (!p->read_buffer)
		return err_set(err, ERR_NOMEM, "target \"%s\": no memory for its buffer", p->o.url);
	p->connector = connector_new(&co, sink, err);
	return p->connector ? 0 : ERR_NOMEM;
}

static void connected_event(struct player *p, const struct epoll_event *e)
{
	if (connector_owns(e->data.u64))
		connector_event(p->connector, e->data.u64, e->events, p->now_ns);
	else
		conn_event(p, e->data.ptr, e->events);
}

static void connected_tick(struct player *p)
{
	if (connector_deadline(p->connector) <= p->now_ns)
		connector_tick(p->connector, p->now_ns);
	timeouts_run(p);
}

/* What follows from any call: free connection slots are given on. */
static void connected_settle(struct player *p)
{
	if (p->o.no_lanes)
		lanes_share(p);
	if (!list_empty(&p->slot_waiting))
		lanes_settle(p);
}

static int64_t connected_deadline(const struct player *p)
{
	int64_t a = connector_deadline(p->connector), b = timeouts_next(p);
	return a < b ? a : b;
}

static void connected_end_all(struct player *p, bool with_results)
{
	if (!p->connector)
		return;
	struct list *lists[] = { &p->connecting, &p->busy, &p->idle };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		for (struct list *first; (first = list_first(lists[i]));) {
			struct conn *c = LIST_ENTRY(first, struct conn, link);
			for (struct task *t; (t = conn_take_task(p, c));)
				if (with_results)
					outcome_end(p, t, TARGET_UNFINISHED, NULL);
				else
					task_free(p, t);
			conn_close(p, c);
		}
	conns_bury(p);
}

static void connected_close(struct player *p)
{
	connector_free(p->connector);
	free(p->read_buffer);
}

static const struct carrier carrier_connected = { connected_open,   lane_go_connected,  connected_event,   connected_tick,
	                                          connected_settle, connected_deadline, connected_end_all, connected_close };

/* --- the public calls ------------------------------------------------------------------------------------------------------------ */

static int open_parts(struct player *p, const struct play_url *url, struct err *err)
{
	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll_fd < 0)
		return err_set_errno(err, "target \"%s\": no epoll descriptor", p->o.url);
	return p->carrier->open(p, url, err);
}

struct player *player_new(const struct player_options *options, struct player_sink sink, struct err *err)
{
	struct play_url url;
	if (play_url_parse(options->url, &url, err) != 0 || play_reach_check(&options->reach, err) != 0)
		return NULL;
	if (url.scheme == PLAY_UNIX && options->reach.proxy) {
		(void)err_set(err, ERR_USAGE, "target \"%s\": no proxy leads to a unix socket", options->url);
		return NULL;
	}
	struct player *p = calloc(1, sizeof *p);
	if (!p) {
		(void)err_set(err, ERR_NOMEM, "target \"%s\": no memory", options->url);
		return NULL;
	}
	p->o = *options;
	defaults(&p->o);
	p->sink = sink;
	if (!sink.redirect)
		p->o.redirects = 0;
	p->carrier = p->o.parts ? &carrier_h2 : &carrier_connected;
	p->apart = p->o.parts && p->o.no_lanes;
	p->o.no_lanes = p->o.no_lanes && !p->apart;
	p->epoll_fd = -1;
	lanes_init(p);
	health_init(&p->health);
	heap_init(&p->early, SIZE_MAX);
	heap_init(&p->early_shared, SIZE_MAX);
	struct list *lists[] = { &p->connecting, &p->idle, &p->busy, &p->graveyard, &p->holding };
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		list_init(lists[i]);
	hist_init(&p->from_due);
	hist_init(&p->from_send);
	hist_init(&p->lateness);
	if (open_parts(p, &url, err) != 0) {
		player_free(p);
		return NULL;
	}
	p->o.url = NULL;
	return p;
}

static struct task *task_of(struct player *p, struct message *m, const struct player_hints *hints)
{
	struct task *t = task_new(p);
	if (!t)
		return NULL;
	t->m = message_ref(m);
	t->taken_ns = m->due_ns > p->now_ns ? m->due_ns : p->now_ns;
	t->retry = hints->retry;
	t->last_of_lane = hints->last_of_lane;
	t->alone = hints->alone;
	t->expects = hints->expects;
	t->tag = hints->tag;
	task_method(t, hints->method);
	return t;
}

static int no_memory_for(struct player *p, struct message *m)
{
	struct task t = { .m = m };
	outcome_tell(p, &t, TARGET_FAILED_MEMORY, NULL);
	return 0;
}

int player_submit(struct player *p, struct message *m, const struct player_hints *hints, int64_t now_ns)
{
	if (p->waiting >= p->o.queue_messages || (p->waiting && p->waiting_bytes + m->data.len > p->o.queue_bytes))
		return ERR_LIMIT;
	p->now_ns = now_ns;
	p->counts[TARGET_SUBMITTED]++;
	struct lane *l = p->o.no_lanes ? NULL : lane_get(p, p->apart ? p->next_key++ : message_lane(&m->id));
	struct task *t = l || p->o.no_lanes ? task_of(p, m, hints) : NULL;
	if (!t) {
		int rc = no_memory_for(p, m);
		if (l)
			lane_go(p, l);
		return rc;
	}
	if (l) {
		lane_wait(p, l, t);
		lane_go(p, l);
	} else {
		lanes_wait_shared(p, t);
	}
	p->carrier->settle(p);
	return 0;
}

int player_pollfd(const struct player *p)
{
	return p->epoll_fd;
}

int64_t player_deadline(const struct player *p)
{
	int64_t a = p->carrier->deadline(p), b = early_next(p);
	return a < b ? a : b;
}

/* A target that talks without an end must not take all the time: what is left is told again by epoll (level-triggered), in the same order, so the
 * next tick begins behind it. */
static void take_events(struct player *p, const struct epoll_event *events, size_t n)
{
	size_t first = n ? p->first_event % n : 0, done = 0;
	p->tick_bytes = 0;
	for (; done < n && p->tick_bytes < BYTES_PER_TICK; done++)
		p->carrier->event(p, &events[(first + done) % n]);
	p->first_event = done < n ? first + done : 0;
}

int player_tick(struct player *p, int64_t now_ns, struct err *err)
{
	struct epoll_event events[EVENTS_PER_TICK];
	int n = epoll_wait(p->epoll_fd, events, EVENTS_PER_TICK, 0);
	if (n < 0 && errno != EINTR)
		return err_set_errno(err, "waiting for the target's connections");
	p->now_ns = now_ns;
	early_run(p); /* what is due comes before what has arrived */
	take_events(p, events, n < 0 ? 0 : (size_t)n);
	p->carrier->tick(p);
	p->carrier->settle(p);
	conns_bury(p);
	return 0;
}

bool player_idle(const struct player *p)
{
	return p->waiting == 0 && p->in_flight == 0;
}

void player_give_up(struct player *p, int64_t now_ns)
{
	p->now_ns = now_ns;
	p->carrier->end_all(p, true);
	lanes_drop(p);
}

uint64_t *player_counts(struct player *p)
{
	return p->counts;
}

void player_numbers(const struct player *p, struct player_numbers *out)
{
	*out = (struct player_numbers){ .counts = p->counts, .from_due = &p->from_due, .from_send = &p->from_send };
	out->lateness = &p->lateness;
	out->in_flight = p->in_flight;
	out->waiting = p->waiting;
	out->connections = p->open - p->n_connecting;
	out->last_error = p->last_error;
}

void player_free(struct player *p)
{
	if (!p)
		return;
	p->carrier->end_all(p, false);
	lanes_release(p);
	heap_release(&p->early);
	heap_release(&p->early_shared);
	p->carrier->close(p);
	for (struct task *t; (t = p->free_tasks);) {
		p->free_tasks = t->next;
		free(t);
	}
	if (p->epoll_fd >= 0)
		(void)close(p->epoll_fd);
	free(p);
}
