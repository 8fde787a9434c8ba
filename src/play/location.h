/* location: where a redirect leads: a reference (RFC 3986) resolved against a request of one target. */
#ifndef REPLAY_PLAY_LOCATION_H
#define REPLAY_PLAY_LOCATION_H

#include "base/buf.h"

#define LOCATION_BYTES_MAX 8192

/* url: the target's, as the user wrote it; path: the request's, in origin form, with its query; location: the field's value, any bytes.
 * 0: it leads to the same scheme, host and port, and *out has the new path and query. ERR_FORMAT: it leads elsewhere, or is no reference;
 * ERR_NOMEM. */
int play_location(const char *url, struct slice path, struct slice location, struct buf *out);

#endif
