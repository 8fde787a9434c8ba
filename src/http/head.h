/* head: reading and editing the head of a message whose bytes are known to be a message. No llhttp here: start line and fields only.
 *
 * Generous as the framing: bare LF, obs-fold (RFC 9112 §5.2), any case. Slices point into the input. */
#ifndef REPLAY_HTTP_HEAD_H
#define REPLAY_HTTP_HEAD_H

#include "base/buf.h"

struct http_head {
	bool is_response;
	struct slice method, target, version; /* request; version of both */
	int status;                           /* response; 0 in a request */
	struct slice reason;
	struct slice fields; /* all field lines, without the empty line */
	size_t head_len;     /* through the empty line; the body starts there */
};

/* False: no whole head in these bytes. */
bool http_head_parse(struct slice message, struct http_head *out);

/* Walks the field lines: *rest starts as head.fields. False at the end. Value trimmed, folds left in. */
bool http_field_next(struct slice *rest, struct slice *name, struct slice *value);

/* The first field of that name (any case); an empty slice with ptr NULL where there is none. */
struct slice http_field(const struct http_head *head, const char *name);

/* The request with its Host field's value (each of them) replaced, added behind the request line where HTTP/1.1 lacks it, and with
 * base_path ("" or "/v2", no slash at its end) put before the path of an origin-form or absolute-form target. An absolute-form target's
 * authority (RFC 9112 §3.2.2) is replaced too. host "" keeps Host as it is. All other bytes as they were. Appends to *out: 0 or a negative error. */
int http_edit_request(struct slice request, struct slice host, struct slice base_path, struct buf *out);

/* RFC 9110 §9.2.2: may a request with this method be sent again when nothing was answered? */
bool http_method_idempotent(struct slice method);

#endif
