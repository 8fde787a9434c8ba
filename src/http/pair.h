/* pair: which request a response answers, on one connection.
 *
 * Takes where in the streams requests and responses began; gives ordinals. Requests are answered in order (RFC 9112 §9.3.2); where
 * the capture has holes, these facts decide: a server that had not yet acknowledged a request's first byte cannot be answering it, and
 * a client that asks again with nothing new from the server in between does not wait for its answers. Where they leave a choice,
 * the response gets an ordinal of its own: better no pair than a wrong one. Owns the queue of requests without an answer. */
#ifndef REPLAY_HTTP_PAIR_H
#define REPLAY_HTTP_PAIR_H

#include "http/facts.h"

/* Where a message's first byte stands. */
struct pair_place {
	uint64_t offset;      /* in its own stream */
	uint64_t peer_offset; /* what its sender had acknowledged of the other (model/stream.h) */
};

struct pair_waiting {
	struct pair_place at;
	uint32_t ordinal;
	uint8_t method;       /* enum http_method */
	bool after_hole;      /* bytes were missed before it, enough for requests that were lost there, */
	bool after_lost;      /* and surely one was */
	bool after_forgotten; /* or there was no room for the one before it */
};

enum {
	PAIR_EARLY_MAX = 4096, /* as many as segments that reassembly holds behind a hole */
	PAIR_SHORTEST = 14,    /* of messages: "A / HTTP/1.0\n\n"; "HTTP/1.0 200\n\n" */
};

/* What was there before a response. */
struct pair_before {
	uint64_t run_from;    /* where it begins, or the first of the interim ones in front of it */
	uint64_t client_told; /* the server had so much of the client's when it sent the final one before; 0: there was none */
	uint64_t final_from;  /* where that began */
	bool server_hole;     /* an answer may be lost in between, */
	bool from_inside;     /* or not, because the capture began in between */
	bool final_paired;    /* that one answers a request we know */
	bool slack;           /* one of the requests before may have been answered by another than we think */
};

struct pair_early {
	struct pair_place at;
	uint32_t ordinal;
	uint32_t responses; /* with the interim ones before it that have its ordinal */
	struct pair_before before;
};

struct pair {
	struct pair_waiting *queue; /* a ring */
	uint32_t first, count, room, max;
	uint32_t next_ordinal;
	uint32_t forgotten; /* requests that found no room: their answers come first */
	bool lost_count;    /* and nobody knows how many they are; that will be told of the next request */
	uint32_t slack; /* so many more of the first may have been answered: by responses that were lost, or are not known to be theirs */
	uint64_t slack_from;      /* the first of those, or the hole, begins here */
	uint8_t steps;            /* so many exchanges, and perhaps more, were seen whole, one behind the other */
	bool pipelines;           /* this client was seen to ask again before it had an answer */
	bool any_asked;           /* a request has begun, */
	uint64_t asked_told;      /* whose sender had acknowledged so much, the last one */
	uint32_t finals_since;    /* final answers since the last request, which were none to it */
	uint64_t final_since;     /* where the first of them begins */
	bool hole_since;          /* and an answer to it may have been lost */
	bool any_final;           /* a final answer has begun, */
	uint64_t final_from;      /* here, the last one, */
	uint64_t final_told;      /* whose sender had acknowledged so much */
	bool final_paired;        /* and it answers a request we know */
	bool after_interim;       /* the last response was an interim one */
	uint64_t run_from;        /* of the response at hand, as in pair_before */
	uint8_t doubt;            /* so many more exchanges must be in step until a pair is a sure one: a hole was there */
	struct pair_early *early; /* a ring: responses that came before the bytes of their request did: a hole holds those back */
	uint32_t early_first, early_count, early_room;
	uint32_t orphan_interims; /* so many 1xx without a request have taken orphan_ordinal; the final answer takes it too */
	uint32_t orphan_ordinal;
	uint64_t unanswered;  /* requests let go without an answer */
	uint64_t unasked;     /* responses without a request, those too that came early once none can take them any more */
	uint64_t proven_lost; /* requests that we never saw, but their answers */
};

struct pair_answer {
	uint32_t ordinal;
	bool paired;
	bool sure;      /* nothing was missed lately that could make it another's */
	uint8_t method; /* enum http_method, of the request; METHOD_OTHER when there is none */
};

/* What pairing must know of the two streams when a response begins. */
struct pair_holes {
	uint64_t client_told; /* the client's bytes up to here were delivered */
	bool client_missed;   /* bytes of the client's were missed since its last request began */
	bool unseen;          /* the server had acknowledged bytes that hold requests, perhaps, and were missed, or have not come yet */
	bool server_missed;   /* and of the server's, since its last response began, enough for a lost one: */
	uint64_t server_from; /* from here on */
	bool from_inside;     /* but only because the capture began inside of the connection */
};

/* Of the requests between the last one and this. SURELY: the hole is between messages. LOST_AND_SEEN: and all that the server said
 * until then was seen. */
enum pair_lost { PAIR_NONE_LOST, PAIR_MAY_BE_LOST, PAIR_SURELY_LOST, PAIR_LOST_AND_SEEN };

void pair_init(struct pair *p, uint32_t max_waiting);
void pair_release(struct pair *p); /* what still waits counts as unanswered */

/* A request begins. Returns its ordinal. *answered: a final answer was there before it. */
uint32_t pair_request(struct pair *p, struct pair_place at, enum http_method method, enum pair_lost lost, bool *answered);

/* A response began, and nobody knows whether it was an interim one. */
void pair_broken_response(struct pair *p);

/* A response begins; an interim one leaves its request waiting. */
struct pair_answer pair_response(struct pair *p, struct pair_place at, int status, const struct pair_holes *holes);

#endif
