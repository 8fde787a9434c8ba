/* framing: where an HTTP response ends, for whoever reads one off a connection.
 *
 * play/ takes such a table, http/ offers one (http/response_framing.c), output/ joins the two. The state is `size` bytes that
 * the caller provides, 16-aligned; nothing to free. */
#ifndef REPLAY_MODEL_FRAMING_H
#define REPLAY_MODEL_FRAMING_H

#include "base/slice.h"

enum framing {
	FRAMING_MORE,    /* all bytes used, the message goes on */
	FRAMING_INTERIM, /* a 1xx answer ended (RFC 9110 §15.2); the final one follows */
	FRAMING_DONE,    /* the message ended */
	FRAMING_TUNNEL,  /* the head ended and what follows is no HTTP (101, 2xx to CONNECT) */
	FRAMING_BAD,     /* not HTTP/1 */
};

struct framing_ops {
	size_t size;
	/* method: of the request it answers: HEAD and CONNECT decide about the body (RFC 9112 §6.3). */
	void (*init)(void *state, struct slice method);
	/* Reads bytes until the message ends; *used tells how many belonged to it. After INTERIM go on with the rest. */
	enum framing (*push)(void *state, struct slice bytes, size_t *used);
	/* The connection ended: DONE where the body ends with it, BAD otherwise. */
	enum framing (*finish)(void *state);
	int (*status)(const void *state);             /* of the last head read; 0 before */
	bool (*keep_alive)(const void *state);        /* after DONE: may the connection be used again (RFC 9112 §9.3) */
	size_t (*request_head)(struct slice request); /* bytes before a request's content; 0: not known */
};

#endif
