/* start: what the first bytes of a stream, or of a message, are.
 *
 * Takes the bytes from such a place on; gives a verdict as soon as they allow one. Owns nothing. A request line is known by its
 * end ("HTTP/1." and a digit), so any method token will do (RFC 9110 §5.6.2); a status line by its beginning. */
#ifndef REPLAY_HTTP_START_H
#define REPLAY_HTTP_START_H

#include "base/slice.h"

enum { HTTP_STATUS_PREFIX = 13 }; /* "HTTP/1.1 200 ": a status line is known by so much */

enum http_start {
	START_MORE,     /* not told yet */
	START_REQUEST,  /* a whole request line of RFC 9112 §3 */
	START_RESPONSE, /* a status line of RFC 9112 §4, as far as its code */
	START_TLS,
	START_HTTP2,
	START_SSH,
	START_PROXY,    /* a line of the PROXY protocol, version 1: what it is about follows behind it */
	START_PROXY_V2, /* its binary form, whole, from behind its empty lines on */
	START_OTHER,
};

/* *checked: how many of these bytes an earlier call has judged (0 at first; written), so that a line that comes byte by byte is
 * not read over and over. */
enum http_start http_start_judge(struct slice s, size_t *checked);

/* Bytes that were no verdict yet: are they the beginning of a message all the same ("GET /", "HTTP/1.")? */
bool http_start_likely(struct slice s);

/* Does it begin with a method of RFC 9110 §9.3 or RFC 5789, or a frequent one of WebDAV, and a blank? */
bool http_start_common_method(struct slice s);

/* RFC 9110 §5.6.2 */
bool http_is_tchar(uint8_t c);

/* The code of a status line that was judged START_RESPONSE. */
int http_start_status(struct slice s);

#endif
