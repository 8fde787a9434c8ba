/* request_parts: a request taken apart, for whoever must say it in another version of HTTP.
 *
 * play/ asks through a pointer (player_options.parts), output/parts.c answers with what http/ knows. */
#ifndef REPLAY_MODEL_REQUEST_PARTS_H
#define REPLAY_MODEL_REQUEST_PARTS_H

#include "base/buf.h"

struct request_parts {
	struct slice method, target; /* in the request; the target in origin form, or "*" */
	struct buf fields;           /* name, zero, value, zero and so on: what is not of the connection only; one Host at most */
	struct slice content;        /* without its chunks: in the request, or in `decoded` */
	struct buf decoded;
};

/* Takes apart into *out, whose buffers are cleared first; they stay the caller's. 0; ERR_FORMAT: these bytes cannot be said otherwise
 * (CONNECT, damaged chunks, a field whose name is none); ERR_NOMEM. */
typedef int (*request_parts_fn)(struct slice request, struct request_parts *out);

#endif
