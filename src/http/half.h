/* half: one direction of a connection: its bytes to messages. Inside of conn; nobody else includes it.
 *
 * half.c walks the bytes, conn.c answers for what needs both directions: who is the client, which request a response answers, who gets
 * the finished message. */
#ifndef REPLAY_HTTP_HALF_H
#define REPLAY_HTTP_HALF_H

#include "http/chunked.h"
#include "http/conn.h"
#include "http/facts.h"
#include "http/pair.h"
#include "http/start.h"

enum half_state {
	HALF_START, /* in step, between messages */
	HALF_SEEK,  /* out of step: a message may begin only where a segment does */
	HALF_HEAD,
	/* The body comes next, or the next message in its place: the head asked for a 100 (RFC 9110 §10.1.1), or nobody knows whether it
	 * answers a HEAD. */
	HALF_EXPECT,
	HALF_SIZED,
	HALF_CHUNKED,
	HALF_CLOSE, /* the body is whatever comes until the end */
	HALF_OVER,  /* nothing more is read */
};

enum { OTHER_STARTS = 4 };

struct half {
	enum half_state state;
	uint8_t side;
	/* The stream. */
	uint64_t told;     /* bytes and gaps up to here were delivered */
	uint64_t rest_end; /* where the bytes at hand end: of a chunk, or of those that were held */
	bool missed;       /* bytes were missed since the last message began */
	uint64_t missed_from;
	bool missed_between; /* and the first of them stood behind a message */
	bool missed_much;    /* nobody knows how many: the capture began behind them, */
	bool missed_more;    /* and more were missed later */
	bool may_start;      /* HALF_SEEK: a segment began here, and only empty lines came since */
	struct {
		bool on, begun;      /* of the first segment behind a hole, where no message begins with it; the client's, */
		bool text, line;     /* bytes that are no empty line came, and some in this line */
		bool empty;          /* the line before this one is empty */
		uint8_t n, head[12]; /* this line's first bytes */
	} watch;
	uint8_t last_byte; /* of the chunk before the one at hand; 0: missed, or none */
	int64_t now_ns;    /* of the chunk at hand */
	/* Bytes whose meaning is still open: a start line that came in pieces. */
	struct buf hold;
	size_t hold_checked;
	struct pair_place hold_at;
	int64_t hold_ts_ns;
	bool hold_inside; /* out of step, and no line ends in front of it: its first letters may be somewhere else */
	struct other_start {
		size_t at;
		uint64_t peer_offset;
		int64_t ts_ns;
	} others[OTHER_STARTS]; /* where in hold the latest segments begin */
	uint8_t n_others;
	bool others_over; /* there were more */
	/* The message. */
	struct message *m; /* NULL: none, or one that nobody wants */
	uint32_t ordinal;
	uint8_t flags; /* enum message_flag */
	bool recorded;
	struct http_facts facts;
	size_t line_at;            /* where in m->data the line begins that has no end yet */
	uint64_t left;             /* HALF_SIZED */
	bool answered;             /* a final answer to this request has begun */
	bool method_unknown;       /* a response whose request we do not know for certain, */
	bool maybe_head;           /* and the likeliest is a HEAD */
	int64_t ts_ns, last_ts_ns; /* of its first and last byte */
	struct chunked chunked;
};

struct http_conn {
	struct http_reader *reader;
	const struct flow_info *flow;
	enum http_conn_row kind; /* EMPTY until bytes came, OTHER until they were told */
	bool enough;
	int client;             /* side; -1 not known */
	struct endpoint behind; /* the client that the PROXY protocol named; family 0: none */
	uint64_t skipped;
	uint64_t tunnel_at; /* a tunnel has begun, behind so many of the client's bytes, which have not all come; 0: none */
	struct half half[2];
	struct pair pair;
};

/* half.c */
void half_data(struct http_conn *c, struct half *h, const struct chunk *chunk);
void half_gap(struct http_conn *c, struct half *h, const struct gap *gap);
void half_end(struct http_conn *c, struct half *h, enum stream_end how);

/* Empty lines before a message (RFC 9112 §2.2). */
static inline size_t half_count_blank(struct slice s)
{
	size_t n = 0;
	while (n < s.len && (s.ptr[n] == '\r' || s.ptr[n] == '\n'))
		n++;
	return n;
}

/* resync.c, for half.c */

bool half_in_doubt(const struct half *h);
/* May a request begin so? The end of a request line whose target holds blanks is one, too ("and so on HTTP/1.1"). */
bool half_plausible(const struct half *h, enum http_start what, struct slice start);
/* before: the byte before the start, or 0. */
static inline bool half_may_be_inside(const struct half *h, uint8_t before)
{
	return half_in_doubt(h) && before != '\n';
}
/* Does a request begin inside of the first segment behind a hole, behind an empty line? Then its sender did not wait for an answer to the one that
 * ends there. */
bool half_sees_pipelining(struct half *h, const struct chunk *chunk);
void half_mark_start(struct half *h, const struct chunk *chunk);
/* Moves what is held, which is a request from some start on, to the right one. False: there is none, or a choice. */
bool half_choose_start(struct half *h);
bool half_try_start(struct half *h, enum http_start *what);

/* conn.c, for half.c */

/* A message of that kind begins at h->hold_at with these bytes. False: nothing more is read of the connection. */
bool conn_begin(struct http_conn *c, struct half *h, enum http_start kind, struct slice start);
/* Its head is whole. */
enum http_body conn_head_done(struct http_conn *c, struct half *h);
/* It ended; goes to the reader. h has none afterwards. */
void conn_give(struct http_conn *c, struct half *h);
/* It is not worth a record. */
void conn_discard(struct http_conn *c, struct half *h);
/* A start line will not become whole. Counted if it was one. */
void conn_discard_start(struct http_conn *c, struct half *h, struct slice start);
/* Bytes that begin no message. Says whether to go on. */
bool conn_not_a_message(struct http_conn *c, struct half *h, enum http_start what);
/* The first bytes of this side begin no message: where its SYN was not seen, the capture may have begun behind them. */
void conn_may_begin_inside(const struct http_conn *c, struct half *h);
/* A header of the PROXY protocol. */
void conn_proxied(struct http_conn *c, struct half *h, struct slice header);
/* What follows is no HTTP; of the client's bytes, those that the server had not acknowledged when it said so. */
void conn_tunnel(struct http_conn *c);

#endif
