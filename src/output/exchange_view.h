/* exchange_view: requests and answers as a comparison wants them: joins http/ and diff/, which do not see each other.
 *
 * Takes bytes; gives slices of them, and an endpoint's name. Owns the patterns. */
#ifndef REPLAY_OUTPUT_EXCHANGE_VIEW_H
#define REPLAY_OUTPUT_EXCHANGE_VIEW_H

#include "diff/book.h"
#include "model/message.h"
#include "model/text_list.h"

/* --endpoint: patterns that name endpoints before paths are folded: [METHOD ]/api/items/{id}/x: a segment {in braces} or * stands for any one,
 * a last segment ** for all that follows. */
struct endpoint_names;
struct endpoint_names *endpoint_names_new(const struct text_list *patterns, struct err *err); /* copies; NULL and *err */
void endpoint_names_free(struct endpoint_names *n);                                           /* NULL is allowed */

struct request_view {
	struct slice method, path; /* of the request's bytes; path without query */
	struct slice folded;       /* "/api/items/{id}": of the buffer */
};
/* names may be NULL. The buffer is overwritten. False: no request, or out of memory. */
bool view_request(const struct endpoint_names *names, struct slice request, struct buf *buffer, struct request_view *out);

/* False: no answer (then *out is zeroed). */
bool view_answer(struct slice message, struct answer *out);

/* An answer that is kept as a message, with its times: of a recorded one from the request's first byte to the answer's last, as the player counts it too. answer
 * NULL: there is none, and `failed` stays the caller's to say. */
void view_kept_answer(const struct message *request, const struct message *answer, struct book_answer *out);

int view_decode(struct slice message, struct buf *out); /* a body_decode_fn */

#endif
