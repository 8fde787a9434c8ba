/* url: a target's address, as the user writes it.
 *
 * Forms: http://host[:port][/base], https://…, host[:port][/base] (http), unix:/path (http over that socket). */
#ifndef REPLAY_PLAY_URL_H
#define REPLAY_PLAY_URL_H

#include "base/err.h"
#include "base/slice.h"

#define PLAY_URL_HOST_MAX 255 /* RFC 1035 §2.3.4 */
#define PLAY_URL_UNIX_MAX 107 /* sun_path without its zero */

enum play_scheme { PLAY_HTTP, PLAY_HTTPS, PLAY_UNIX };

struct play_url {
	enum play_scheme scheme;
	char host[PLAY_URL_HOST_MAX + 1]; /* an IPv6 address keeps its brackets; "localhost" for unix: */
	uint16_t port;
	struct slice base_path; /* in the text; no slash at its end */
	char unix_path[PLAY_URL_UNIX_MAX + 1];
};

/* 0 or ERR_USAGE with a sentence. *out points into text. */
int play_url_parse(const char *text, struct play_url *out, struct err *err);

#endif
