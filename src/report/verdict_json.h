/* verdict_json: a whole comparison as one JSON object: see VERDICT.md. */
#ifndef REPLAY_REPORT_VERDICT_JSON_H
#define REPLAY_REPORT_VERDICT_JSON_H

#include "base/buf.h"
#include "model/verdict.h"

#define VERDICT_FORMAT  "replay-verdict"
#define VERDICT_VERSION 1

/* Appends a message's body without its codings to *out, whose cap holds. 0; a negative error: then out has what could be decoded. */
typedef int (*message_decode_fn)(struct slice message, struct buf *out);
#define VERDICT_DECODED_BYTES (256u << 10) /* of one body */

struct verdict_json_options {
	bool bodies;              /* kept exchanges with their bytes, as base64 */
	size_t bodies_max;        /* of all of them together, before base64; what is beyond goes without. 0: no limit */
	message_decode_fn decode; /* with them, the bodies in codings that browsers do not undo for a page (br, zstd); NULL: never */
	const char *made;         /* when, by what; NULL: not said */
};

/* 0 or a negative error. */
int verdict_json(const struct verdict *v, const struct verdict_json_options *o, struct buf *out);

#endif
