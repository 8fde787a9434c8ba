/* show: a message for people, or as a line of JSON.
 *
 * Takes bytes that anybody may have sent; gives text that cannot drive a terminal. */
#ifndef REPLAY_CLI_SHOW_H
#define REPLAY_CLI_SHOW_H

#include "model/message.h"

/* A header line, the head, the body (cut, or as hexadecimal where it is no text), an empty line. With `whole_body`: all of it (1 MiB as hexadecimal),
 * without transfer and content coding. 0 or a negative error, both. */
int show_text(struct buf *out, const struct message *m, bool whole_body);

/* One object and a newline. The body as recorded, or decoded with `decoded_body`. */
int show_json(struct buf *out, const struct message *m, bool decoded_body);

const char *show_type(const struct message *m); /* "request", "response", "replayed" */

/* The flags' words, one call after the other: n from 0; NULL ends. */
const char *show_flag(const struct message *m, size_t n);

#endif
