/* parts: a recorded HTTP/1 request taken apart for HTTP/2. Pure. See model/request_parts.h. */
#ifndef REPLAY_OUTPUT_PARTS_H
#define REPLAY_OUTPUT_PARTS_H

#include "model/request_parts.h"

int parts_of(struct slice request, struct request_parts *out);

/* A request's target as path and query: that of an absolute form too (RFC 9112 §3.2.2). */
struct slice parts_origin_form(struct slice target);

#endif
