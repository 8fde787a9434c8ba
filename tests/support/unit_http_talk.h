/* unit_http_talk: HTTP conversations as a capture might show them, and the exact truth of them.
 *
 * From a seed alone: several connections, each with what HTTP/1 allows and what clients and servers do besides (unit_http_talk.c); laid
 * into TCP segments, IP packets and frames, then repeated, overlapped, reordered, fragmented and, where the seed says so, lost in several
 * ways (unit_http_lay.c). The truth: every message with its bytes, and for every byte of every stream when it was captured, if at all. */
#ifndef REPLAY_TESTS_UNIT_HTTP_TALK_H
#define REPLAY_TESTS_UNIT_HTTP_TALK_H

#include "base/buf.h"
#include "model/endpoint.h"
#include "model/packet.h"
#include "support/unit_rng.h"

enum { HTTP_TALK_CLIENT, HTTP_TALK_SERVER };

enum http_talk_body { TALK_BODY_NONE, TALK_BODY_SIZED, TALK_BODY_CHUNKED, TALK_BODY_CLOSE };

struct http_talk_message {
	bool is_response, interim;
	bool unfinished; /* its sender never ended it: a perfect capture flags it too */
	bool to_head;    /* its own method, or that of the request it answers, decides about the body: HEAD, CONNECT */
	enum http_talk_body body;
	uint32_t exchange; /* within the connection, from 1 */
	size_t blank;      /* where the empty lines before it begin */
	size_t from, head, end;
};

enum http_talk_kind { TALK_HTTP, TALK_TUNNEL, TALK_TLS, TALK_SSH, TALK_HTTP2, TALK_OTHER, TALK_KINDS };

/* A piece of a stream that is sent at once, or the end of it. */
struct http_talk_event {
	int side;
	size_t from, end;
	bool blind;   /* its sender did not wait for what the other side was sending */
	bool in_turn; /* is captured where it was sent, not moved */
	bool fin, rst;
};

struct http_talk_conn {
	enum http_talk_kind kind;
	struct endpoint side[2];
	struct endpoint client; /* whom the messages are from: another one than side[0] behind the PROXY protocol */
	struct buf stream[2];
	struct http_talk_message *messages;
	size_t n;
	struct http_talk_event *events;
	size_t n_events;
	bool has_tunnel, pipelined, conflicts;
	bool ends_by_peer; /* a FIN or RST ends it */
	/* Written by the laying out. Per byte: the time of the packet that brought it, 0 where none did; is it the first of a segment? */
	int64_t *ns[2];
	bool *starts[2];
	bool from_syn;    /* the capture has the handshake */
	bool end_seen[2]; /* and the FIN of this side, or a RST */
	bool lossy;
};

struct http_talk_options {
	uint64_t seed;
	bool lossy;
	bool slow;            /* seconds pass between the packets: gaps are declared in between. Nothing is reordered */
	size_t message_bytes; /* some bodies are longer than this; 0: no limit matters */
};

struct http_talk {
	struct http_talk_options o;
	struct rng rng;
	struct http_talk_conn *conns;
	size_t n_conns;
	struct packet *packets;
	size_t n_packets;
	struct buf bytes; /* of the packets */
	uint64_t tokens;
};

struct http_talk *http_talk_new(const struct http_talk_options *options);
void http_talk_free(struct http_talk *t);

/* unit_http_lay.c: from streams and events to packets. */
void http_talk_lay(struct http_talk *t);

#endif
