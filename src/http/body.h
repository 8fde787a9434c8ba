/* body: a message's content without its transfer coding and content coding, for people and for comparison.
 *
 * Chunked by llhttp; gzip and deflate by zlib, br by brotli, zstd by libzstd. */
#ifndef REPLAY_HTTP_BODY_H
#define REPLAY_HTTP_BODY_H

#include "http/head.h"

/* Appends the decoded body of a whole message to *out (whose cap bounds what a bomb can do). 0; ERR_FORMAT: the coding is damaged or
 * unknown (out then holds what could be decoded); ERR_LIMIT; ERR_NOMEM. */
int http_body_decode(struct slice message, const struct http_head *head, struct buf *out);

#endif
