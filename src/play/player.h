/* player: messages to one target over the network, and what came back.
 *
 * Takes requests ready to send (bytes already edited); gives one result for each, in the order they end. Owns the connections, the
 * lanes, the queue, an epoll descriptor. One player per target: a slow target delays no other. Connections are made by libcurl
 * (CURLOPT_CONNECT_ONLY: DNS, IPv6, TLS, unix sockets); bytes then go through the plain socket, or curl_easy_send/recv for TLS.
 * With options.parts it speaks HTTP/2, by libcurl's transfers; answers are then given as HTTP/1.1 text, and bytes counted as such.
 * Never blocks, reads no clock: `now_ns` is monotonic. */
#ifndef REPLAY_PLAY_PLAYER_H
#define REPLAY_PLAY_PLAYER_H

#include "base/hist.h"
#include "model/framing.h"
#include "model/message.h"
#include "model/own_flows.h"
#include "model/request_parts.h"
#include "model/tally.h"
#include "play/reach.h"

struct player_options {  /* 0 anywhere: the default */
	const char *url; /* http://, https://, unix:/path (http over it); borrowed until player_new returns */
	const struct framing_ops *framing;
	struct own_flows *own_flows; /* may be NULL */
	bool no_lanes;               /* pool connections instead of one per recorded client */
	size_t connections;          /* most at once: 0, as many as lanes (no_lanes: 64) */
	size_t queue_messages;       /* waiting, not in flight: 1,000 … then submit says WAIT */
	size_t queue_bytes;          /* 64 MiB */
	int64_t timeout_ns;          /* for the answer, and for the connection: 5 s (GoReplay) */
	int64_t idle_ns;             /* an unused connection is closed after: 30 s */
	size_t response_bytes;       /* longer answers are counted as failed (too long): 64 MiB */
	bool keep_response;          /* results hold the answer's bytes */
	struct play_reach reach;     /* TLS, proxy, pinned addresses */
	unsigned pipeline;           /* requests of a lane sent before the first of them is answered: 1 */
	uint64_t redirects;     /* answers that lead elsewhere on the target are followed so often, by sink.redirect; needs keep_response */
	request_parts_fn parts; /* HTTP/2, and how a request is taken apart for it; NULL: HTTP/1.1, bytes as they are */
	int64_t max_lateness_ns;   /* the schedule counts as held while lateness p99 stays below: 10 ms */
	int64_t (*clock_ns)(void); /* monotonic; asked for the times of sends and answers. NULL: now_ns is taken, exact to the tick */
};

/* What out_http knows of a request and the player cannot see in the bytes. */
struct player_hints {
	struct slice method; /* borrowed until submit returns */
	bool retry;          /* RFC 9110 §9.2.2 allows one more try */
	bool last_of_lane;   /* `Connection: close`: the lane's next request needs a new connection */
	bool alone;          /* Upgrade, CONNECT: nothing may be sent behind it before it is answered */
	bool expects;        /* Expect: 100-continue: its content waits for 100 (Continue), for a second at most */
	uint32_t tag;        /* comes back in the result */
};

enum target_row { /* every submitted request is in exactly one PART once it has ended */
	          TARGET_SUBMITTED,
	          TARGET_ANSWERED,
	          TARGET_FAILED_RESOLVE,
	          TARGET_FAILED_CONNECT,
	          TARGET_FAILED_TLS,
	          TARGET_NOT_TRIED, /* the target was down: see health.h */
	          TARGET_FAILED_TIMEOUT,
	          TARGET_FAILED_CLOSED, /* reset or closed before the answer's end */
	          TARGET_FAILED_GARBAGE,
	          TARGET_FAILED_TOO_LONG,
	          TARGET_FAILED_MEMORY,
	          TARGET_UNFINISHED,      /* still waiting when the run ended */
	          TARGET_INCOMPLETE,      /* not sent: the recorded request lacks bytes (counted by out_http) */
	          TARGET_NOT_REQUEST,     /* not sent: responses have nothing to be sent */
	          TARGET_NOT_IN_VERSION,  /* not sent: HTTP/2 has no way to say it, or its content is damaged */
	          TARGET_QUEUE_FULL,      /* not sent: a live input does not wait */
	          TARGET_RETRIED,         /* NOTE */
	          TARGET_RECONNECTED,     /* NOTE: no connection within the time-out while others were made: tried once more */
	          TARGET_CONTINUE_LATE,   /* NOTE: no 100 (Continue) within a second, the content was sent all the same */
	          TARGET_CONTENT_UNASKED, /* NOTE: answered instead of 100 (Continue): the content was not sent */
	          TARGET_CONNECTIONS,     /* NOTE: opened */
	          TARGET_STATUS_1XX,
	          TARGET_STATUS_2XX,
	          TARGET_STATUS_3XX,
	          TARGET_STATUS_4XX,
	          TARGET_STATUS_5XX,
	          TARGET_STATUS_OTHER,        /* NOTES */
	          TARGET_SENT_INCOMPLETE,     /* NOTE: sent though recorded incompletely (counted by out_http) */
	          TARGET_UPGRADED,            /* NOTE: answers after which the connection is no HTTP: ended cleanly */
	          TARGET_REDIRECTS,           /* NOTE: followed: those answers are no results, and stand in no STATUS row */
	          TARGET_REDIRECTS_ELSEWHERE, /* NOTE: not followed: they lead away from the target */
	          TARGET_REDIRECTS_SPENT,     /* NOTE: not followed: options.redirects had been */
	          TARGET_OLD_VERSION,         /* NOTE: HTTP/2 was wanted, and the target has none */
	          TARGET_BYTES_SENT,
	          TARGET_BYTES_RECEIVED, /* NOTES */
	          TARGET_ROWS
};
extern const struct tally_table target_table;

struct play_result {
	struct message *request;          /* borrowed */
	enum target_row outcome;          /* TARGET_ANSWERED or why not */
	int status;                       /* 0: none */
	int64_t due_ns, sent_ns, done_ns; /* monotonic; due is the send where there was no schedule; sent 0: it never was */
	/* Why it was sent no sooner: when the player got it, when the lane's request before it had ended, when the connection was there
	 * (0: there was none before it; it needed none). */
	int64_t taken_ns, free_ns, open_ns;
	bool retried;          /* sent_ns is that of the second send */
	uint64_t redirects;    /* followed since the first send, which sent_ns is of: the answer is the last one's */
	uint32_t tag;          /* the hint's */
	struct slice response; /* with keep_response; borrowed */
};

/* What a redirect leads to. */
struct play_lead {
	struct message *m;   /* a reference: the request to be sent next, due when the one before was; NULL: none */
	bool elsewhere;      /* none, since it leads away from the target */
	struct slice method; /* in m's bytes */
	bool retry;          /* as in the hints */
};

/* Called from within player_submit, _tick and _give_up; must not call the player. */
struct player_sink {
	void *arg;
	void (*result)(void *arg, const struct play_result *r); /* may be NULL */
	/* Just before a request's first byte is sent: gives a reference to what shall be sent instead, or NULL: it stays. May be NULL. */
	struct message *(*prepare)(void *arg, const struct message *m);
	/* An answer with 301, 302, 303, 307 or 308 to m came, the so-manyth redirect (from 0) of what was submitted. With options.redirects. */
	struct play_lead (*redirect)(void *arg, const struct message *m, uint64_t nth, int status, struct slice answer);
	/* The target went down, and why no connection could be made (down_ns 0); or it is back after down_ns. Not oftener than each 5 s. May be NULL. */
	void (*health)(void *arg, int64_t down_ns, const char *why);
};

struct player_numbers {
	const uint64_t *counts; /* TARGET_ROWS */
	const struct hist *from_due, *from_send, *lateness;
	size_t in_flight, waiting, connections;
	const char *last_error; /* why the last connection could not be made; "" */
};

struct player;

/* Checks the URL; resolves and connects nothing yet. */
struct player *player_new(const struct player_options *options, struct player_sink sink, struct err *err);

/* 0: taken (a reference of its own), and counted in TARGET_SUBMITTED: it gets exactly one result, perhaps before this returns. ERR_LIMIT: the queue is
 * full, nothing is counted. m->due_ns is when it should leave: not before, and then at once where its lane is free. A request that comes early
 * (some 100 ms) finds its connection made when it is due. */
int player_submit(struct player *p, struct message *m, const struct player_hints *hints, int64_t now_ns);

int player_pollfd(const struct player *p);
int64_t player_deadline(const struct player *p);
int player_tick(struct player *p, int64_t now_ns, struct err *err);
bool player_idle(const struct player *p);              /* nothing waits, nothing in flight */
void player_give_up(struct player *p, int64_t now_ns); /* everything unfinished gets its result: TARGET_UNFINISHED */
uint64_t *player_counts(struct player *p);             /* for the rows that out_http counts */
void player_numbers(const struct player *p, struct player_numbers *out);
void player_free(struct player *p); /* closes everything; what is unfinished gets no result any more: give up before */

/* From a URL: the value for Host (host, and port where it is not the scheme's own) and the base path without a slash at its end.
 * 0 or ERR_USAGE with a sentence. */
int player_url_parts(const char *url, struct buf *host, struct buf *base_path, struct err *err);

#endif
