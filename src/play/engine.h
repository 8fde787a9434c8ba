/* engine: what the player's files share: tasks, lanes, connections, and who may call whom.
 *
 *   player.c    the public calls, the tick
 *   lane.c      requests in order; which lane gets a connection, and when
 *   early.c     requests taken before they are due
 *   conn.c      one connection: connecting, reading answers, ending
 *   send.c      one connection: sending
 *   h2*.c       instead of conn.c, send.c and timeouts.c: HTTP/2 by libcurl's transfers
 *   health.c    is the target down?
 *   timeouts.c  what has waited too long
 *   redirect.c  answers that lead on
 *   outcome.c   results: counted, measured, told
 *
 * A task is a request that was taken. It waits in its lane (or, with no_lanes, in `shared`), is in flight on a connection, then ends in
 * exactly one outcome_end. A lane lives while it has tasks or a connection. A closed connection's memory stays until the end of the tick, since
 * events of the same batch may still name it. */
#ifndef REPLAY_PLAY_ENGINE_H
#define REPLAY_PLAY_ENGINE_H

#include "base/clock.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "play/connector.h"
#include "play/health.h"
#include "play/player.h"

#include <stdalign.h>
#include <sys/epoll.h>

#define READ_BUFFER_BYTES (64u << 10)
#define EVENTS_PER_TICK   256
#define BYTES_PER_TICK    (512u << 10) /* of answers: then other targets and the schedule have their turn */
#define TURN_ANSWERS      128          /* a lane gives way after so many while others wait for a connection */
#define METHOD_KEPT       16           /* HEAD and CONNECT decide about an answer's body: a longer method is neither */
#define CONTINUE_WAIT_NS  NS_PER_S     /* for 100 (Continue): then the content goes all the same (RFC 9110 §10.1.1) */
#define LAST_ERROR_BYTES  256

struct task {
	struct task *next;
	struct message *m; /* a reference of its own */
	int64_t taken_ns, sent_ns, free_ns, open_ns;
	uint32_t tag;
	bool retry, last_of_lane, alone, expects; /* the hints */
	bool retried;
	bool ahead;         /* a connection was tried for it before it was due */
	bool reconnected;   /* its connection timed out once while others could be made */
	bool first_retried; /* `retried` of what was submitted, once redirects were followed */
	uint64_t redirects; /* followed */
	uint8_t method_len;
	char method[METHOD_KEPT];
};

struct task_queue {
	struct task *first, *last;
};

struct lane;

/* What carries the lanes' requests: connections of our own (player.c, with HTTP/1.1), or h2.c. */
struct carrier {
	int (*open)(struct player *p, const struct play_url *url, struct err *err);
	void (*go)(struct player *p, struct lane *l); /* lane_go's work */
	void (*event)(struct player *p, const struct epoll_event *event);
	void (*tick)(struct player *p);
	void (*settle)(struct player *p);
	int64_t (*deadline)(const struct player *p);
	void (*end_all)(struct player *p, bool with_results); /* what is in flight; also where open failed */
	void (*close)(struct player *p);
};

struct lane {
	uint64_t key;
	struct task_queue waiting;
	struct conn *conn;         /* NULL: none */
	struct exchange *exchange; /* h2.c: what is in flight */
	int64_t free_ns;           /* when its last request ended; 0: there was none */
	struct list link;          /* in p->all_lanes */
	struct list slot_link;     /* in p->slot_waiting */
	bool wants_slot;
	bool timed;  /* in p->early until its first task is due: not to be freed */
	bool serial; /* a connection broke with several requests on it: one at a time from now on (RFC 9112 §9.3.2) */
};

enum conn_state { CONN_CONNECTING, CONN_IDLE, CONN_BUSY, CONN_CLOSED };

struct conn {
	enum conn_state state;
	struct lane *lane;
	struct attempt *attempt;  /* CONNECTING */
	struct transport t;       /* IDLE, BUSY */
	struct task_queue flight; /* BUSY: sent, or being sent; the first one's answer is read */
	unsigned n_flight;
	struct task *writing;  /* the last of them, while some of it is to be sent yet */
	size_t sent;           /* of its bytes */
	size_t hold;           /* from there on its bytes wait for 100 (Continue) */
	bool go_on;            /* once the read buffer is done with, sending can go on */
	struct list hold_link; /* p->holding */
	int64_t hold_since_ns;
	size_t received;     /* of the answer, interim ones included */
	unsigned answers;    /* on this connection */
	bool wants_write;    /* EPOLLOUT is armed */
	bool send_broken;    /* nothing more can be sent; the answer may be there already */
	bool peer_done;      /* EPOLLRDHUP was seen */
	bool unread;         /* bytes may wait above the socket; EPOLLOUT is armed to come back for them */
	struct list link;    /* p->connecting, idle, busy or graveyard */
	int64_t since_ns;    /* when it got into that list */
	int64_t open_ns;     /* when it was connected */
	struct buf response; /* keep_response, where the answer came in pieces */
	alignas(16) unsigned char framing[];
};

struct player {
	struct player_options o;
	struct player_sink sink;
	const struct carrier *carrier;
	struct connector *connector; /* HTTP/1.1 */
	struct h2 *h2;               /* HTTP/2 */
	bool apart;                  /* HTTP/2 without lanes: each request is a lane of its own */
	uint64_t next_key;
	int epoll_fd;
	int64_t now_ns;    /* of the call that is running */
	size_t tick_bytes; /* read in this tick */
	size_t first_event;

	struct map lanes; /* by key; empty with no_lanes */
	struct list all_lanes;
	struct hash_key key;
	struct task_queue shared; /* no_lanes */
	size_t n_lanes;
	struct task *free_tasks;

	struct list connecting, idle, busy, graveyard; /* each in order of since_ns */
	size_t open, n_connecting;                     /* connections; of these, being made */
	struct list slot_waiting;                      /* lanes that wait for a connection, in order */
	struct list holding;                           /* connections that wait for 100 (Continue), in order of time */
	struct heap early;                             /* lanes, by when their first task is due */
	struct heap early_shared;                      /* no_lanes: tasks, by when they are due */

	size_t waiting, waiting_bytes, in_flight;
	int64_t unheard_ns; /* when the oldest request left since the target last sent a byte; 0: none */
	struct health health;

	uint64_t counts[TARGET_ROWS];
	struct hist from_due, from_send, lateness;
	char last_error[LAST_ERROR_BYTES];
	uint8_t *read_buffer;
};

static inline int64_t player_now(const struct player *p)
{
	return p->o.clock_ns ? p->o.clock_ns() : p->now_ns;
}

static inline void task_append(struct task_queue *q, struct task *t)
{
	t->next = NULL;
	if (q->first)
		q->last->next = t;
	else
		q->first = t;
	q->last = t;
}

static inline void task_prepend(struct task_queue *q, struct task *t)
{
	t->next = q->first;
	q->first = t;
	if (!t->next)
		q->last = t;
}

static inline struct task *task_pop(struct task_queue *q)
{
	struct task *t = q->first;
	if (t)
		q->first = t->next;
	return t;
}

static inline bool task_early(const struct player *p, const struct task *t)
{
	return t->m->due_ns > p->now_ns;
}

/* outcome.c */
struct answer {
	int status;
	struct slice bytes; /* borrowed; with keep_response */
};
struct task *task_new(struct player *p);
void task_free(struct player *p, struct task *t); /* drops the message */
void task_method(struct task *t, struct slice method);
/* Counts and tells. answer: NULL unless outcome is TARGET_ANSWERED. */
void outcome_tell(struct player *p, const struct task *t, enum target_row outcome, const struct answer *answer);
/* The same, and frees. */
void outcome_end(struct player *p, struct task *t, enum target_row outcome, const struct answer *answer);
void outcome_status(struct player *p, int status);

/* lane.c */
struct lane *lane_get(struct player *p, uint64_t key);             /* found or made; NULL when out of memory */
void lane_wait(struct player *p, struct lane *l, struct task *t);  /* appends; counted as waiting */
void lanes_wait_shared(struct player *p, struct task *t);          /* no_lanes */
void lane_retry(struct player *p, struct lane *l, struct task *t); /* before all others */
struct task *lane_next(struct player *p, struct lane *l);          /* takes the first one out, NULL when there is none */
void lane_fail_first(struct player *p, struct lane *l, enum target_row why);
void lane_fail_overdue(struct player *p, struct lane *l); /* see timeouts.c */
/* Sends, connects or waits for its turn, whatever the lane can do next. The lane may be gone afterwards: a caller's last act with it. */
static inline void lane_go(struct player *p, struct lane *l)
{
	p->carrier->go(p, l);
}
void lane_go_connected(struct player *p, struct lane *l); /* the same over connections of our own */
void lane_end(struct player *p, struct lane *l);          /* without tasks, and with nothing in flight */
void lane_wait_last(struct player *p, struct lane *l);    /* for a slot */
void lane_wait_first(struct player *p, struct lane *l);   /* for a slot, before all others */
void lanes_settle(struct player *p);                      /* gives free slots to waiting lanes */
void lanes_share(struct player *p);                       /* no_lanes: starts connections for what waits */
void lanes_init(struct player *p);
void lanes_drop(struct player *p);    /* all tasks UNFINISHED, no lane left; connections are closed before */
void lanes_release(struct player *p); /* the same without results */

/* early.c */
int early_lane(struct player *p, struct lane *l); /* lane_go comes when its first task is due; 0 or ERR_NOMEM */
int early_task(struct player *p, struct task *t); /* no_lanes; the same */
void early_run(struct player *p);
int64_t early_next(const struct player *p);

/* redirect.c */
/* Asked with each answer, before its result is told. True: the task is another request now, to be put back by lane_retry. */
bool redirect_follow(struct player *p, struct task *t, const struct answer *a);

/* send.c */
/* The task's first byte leaves now: its times. A request that a redirect led to keeps those of the first. */
void task_sending(struct player *p, struct task *t, int64_t free_ns, int64_t open_ns);
void task_prepare(struct player *p, struct task *t);              /* the caller's last word on its bytes */
bool conn_may_send(const struct player *p, const struct conn *c); /* is it this connection's turn to send the lane's first task? */
void conn_await(struct player *p, struct conn *c);                /* the answer to the first of flight is the next to come */
void conn_write(struct player *p, struct conn *c);
void conn_want_write(struct player *p, struct conn *c, bool on);
void conn_stop_holding(struct conn *c);
void conn_continue_late(struct player *p, struct conn *c);

/* conn.c */
int conn_open(struct player *p, struct lane *l); /* 0 or ERR_NOMEM */
void conn_enter(struct list *l, struct conn *c, enum conn_state state, int64_t since_ns);
void conn_read(struct player *p, struct conn *c);
void conn_event(struct player *p, struct conn *c, uint32_t events);
void conn_close(struct player *p, struct conn *c); /* its tasks, if any, are the caller's; the lane is left without a connection */
void conn_fail(struct player *p, struct conn *c,
               enum target_row why);                           /* closes, ends its first task, gives the others back, lets the lane go on */
struct task *conn_take_task(struct player *p, struct conn *c); /* the first, out of flight, or NULL */
void conn_connect_timeout(struct player *p, struct conn *c);
void conn_expire(struct player *p, struct conn *c);              /* idle for too long */
void conns_bury(struct player *p);                               /* frees what was closed */
void conn_connected(void *arg, void *token, struct transport t); /* the connector's sink */
enum target_row conn_failure_row(enum connect_failure why);
void conn_refused(void *arg, void *token, enum connect_failure why, const char *text);

/* timeouts.c */
void timeouts_run(struct player *p);
int64_t timeouts_next(const struct player *p);

#endif
