/* curl_line: a recorded request as a curl command to paste into a shell. */
#ifndef REPLAY_CLI_CURL_LINE_H
#define REPLAY_CLI_CURL_LINE_H

#include "base/buf.h"

/* One line, but for newlines in content; base: "http://127.0.0.1:8080", or NULL: http:// and the request's Host. What a terminal may obey goes through printf.
 * The caller's shell cannot be made to run anything by what a request holds. 0, ERR_FORMAT (no request) or a negative error. */
int curl_line(struct slice request, const char *base, struct buf *out);

#endif
