/* conn: the HTTP/1 messages of one connection: framing of both directions, and pairing.
 *
 * Takes what reassembly says of a flow (model/stream.h); gives messages as they end. Owns the unfinished messages and the requests that
 * wait for their answers. Follows RFC 9112 and stays generous: what a server accepted is recorded. Heads are read
 * line by line by our own scanner (facts.h), because llhttp refuses the bare LF, the unknown method and the odd field that servers
 * take; llhttp keeps the chunked coding (chunked.h). The raw bytes are kept as they came. */
#ifndef REPLAY_HTTP_CONN_H
#define REPLAY_HTTP_CONN_H

#include "model/message.h"
#include "model/stream.h"
#include "model/tally.h"

/* One table of rows for requests, one for responses. */
enum http_row {
	HTTP_SEEN, /* messages that began, or whose answer proves that they were there */
	HTTP_COMPLETE,
	HTTP_INCOMPLETE,  /* given out with a flag */
	HTTP_DISCARDED,   /* no record: its head never became whole, or only its answer was seen */
	HTTP_UNRECORDED,  /* responses with track_responses off */
	HTTP_INTERIM,     /* NOTE: 1xx answers (responses) */
	HTTP_UNPAIRED,    /* NOTE: responses without a request, requests without a response */
	HTTP_CONFLICTING, /* NOTE: what its head says of its end contradicts itself (RFC 9112 §6.3): framed as servers do */
	HTTP_ROWS
};
extern const struct tally_table request_table, response_table;

enum http_conn_row { /* connections by what they carried: each is in exactly one PART */
	             HTTP_CONN_SEEN,
	             HTTP_CONN_HTTP,
	             HTTP_CONN_TUNNEL,
	             HTTP_CONN_TLS,
	             HTTP_CONN_HTTP2,
	             HTTP_CONN_SSH,
	             HTTP_CONN_OTHER,
	             HTTP_CONN_EMPTY,
	             HTTP_CONN_ROWS
};
extern const struct tally_table http_conn_table;

struct http_limits {          /* 0 anywhere: the default */
	size_t message_bytes; /* longer messages are flagged trunc; framing goes on: 64 MiB */
	size_t head_bytes;    /* 1 MiB */
	size_t pending;       /* requests of one connection that wait for an answer: 4,096 */
};

/* Shared by all connections of one capture. */
struct http_reader {
	struct http_limits limits;
	bool skip_responses; /* frame them (pairing needs it), but give none out */
	void *arg;
	void (*message)(void *arg, struct message *m); /* takes the reference */
	uint64_t requests[HTTP_ROWS], responses[HTTP_ROWS], conns[HTTP_CONN_ROWS];
};

struct http_conn;

/* For one flow; *flow outlives it. reader is borrowed. NULL when out of memory. */
struct http_conn *http_conn_new(struct http_reader *reader, const struct flow_info *flow);
enum stream_verdict http_conn_data(struct http_conn *c, int side, const struct chunk *chunk);
enum stream_verdict http_conn_gap(struct http_conn *c, int side, const struct gap *gap);
void http_conn_end(struct http_conn *c, int side, enum stream_end how, int64_t ts_ns);
void http_conn_free(struct http_conn *c);

#endif
