/* json: writing JSON (RFC 8259), one value after the other, into a buffer.
 *
 * Commas are its affair; matching brackets the caller's. The first error sticks and is what json_error gives. */
#ifndef REPLAY_REPORT_JSON_H
#define REPLAY_REPORT_JSON_H

#include "base/buf.h"

struct json {
	struct buf *out;
	bool comma; /* a value stands before */
	int error;
};

static inline struct json json_into(struct buf *out)
{
	return (struct json){ .out = out };
}

static inline int json_error(const struct json *j)
{
	return j->error;
}

void json_open(struct json *j, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);
void json_key(struct json *j, const char *name);
void json_text(struct json *j, struct slice text); /* bytes that are no UTF-8 become U+FFFD */
void json_str(struct json *j, const char *text);   /* NULL: null */
void json_u64(struct json *j, uint64_t n);
void json_i64(struct json *j, int64_t n);
void json_number(struct json *j, double n, int decimals); /* null where n is not finite */
void json_bool(struct json *j, bool yes);
void json_raw(struct json *j, struct slice value);    /* already JSON */
void json_base64(struct json *j, struct slice bytes); /* as a string (RFC 4648 §4) */

#endif
