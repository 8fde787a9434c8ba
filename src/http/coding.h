/* coding: one content coding undone (RFC 9110 §8.4.1). */
#ifndef REPLAY_HTTP_CODING_H
#define REPLAY_HTTP_CODING_H

#include "base/buf.h"

enum coding { CODING_IDENTITY, CODING_GZIP, CODING_DEFLATE, CODING_BROTLI, CODING_ZSTD, CODING_UNKNOWN };

/* By its name in any case; "x-gzip" is gzip. */
enum coding coding_by_name(struct slice name);

/* Appends the content to *out: 0; ERR_FORMAT (damaged, ends too early, unknown: what could be decoded is there), ERR_LIMIT, ERR_NOMEM. */
int coding_undo(enum coding coding, struct slice in, struct buf *out);

#endif
