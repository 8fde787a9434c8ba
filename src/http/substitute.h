/* substitute: a request with other values in its target, its fields and its body, and the lengths that follow from that.
 *
 * Takes a whole request and two questions that know the values; gives the changed request. Method, version, field names, Host and the framing
 * fields are never touched; a body with a content coding stays as it is. Chunks keep their borders, with their sizes mended. */
#ifndef REPLAY_HTTP_SUBSTITUTE_H
#define REPLAY_HTTP_SUBSTITUTE_H

#include "base/buf.h"

struct substitute_place {
	size_t at, len;
	struct slice instead; /* borrowed until the next question */
};

struct substitute {
	void *arg;
	/* The first known value in text at or behind `from`; false: none. coded: a URL or a form, in which reserved bytes stand as %XX. */
	bool (*find)(void *arg, struct slice text, size_t from, bool coded, struct substitute_place *out);
	/* Another value for that cookie? *instead as above. */
	bool (*cookie)(void *arg, struct slice name, struct slice value, struct slice *instead);
};

/* Appends to *out; *changes is how many values were put in, 0: the bytes are the same. 0, ERR_FORMAT (no request), ERR_LIMIT, ERR_NOMEM. */
int http_substitute(struct slice request, const struct substitute *s, struct buf *out, size_t *changes);

#endif
