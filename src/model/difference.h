/* difference: one place where two answers differ, as compared, kept and shown.
 *
 * A path says where, in one notation for all: "status 200>503"; "header:cache-control", "header:set-cookie[sid]"; "$.items[*].price" inside JSON
 * ("$" the root, "[*]" any element, ".*" any key of an object used as a map, ["odd key"] where a key is no identifier); "form:name"; "body" for text
 * and all else. */
#ifndef REPLAY_MODEL_DIFFERENCE_H
#define REPLAY_MODEL_DIFFERENCE_H

#include "base/slice.h"

enum difference_kind {
	DIFFERENCE_VALUE,   /* another value of the same type */
	DIFFERENCE_TYPE,    /* another type: string, number, object, array, boolean, null; another media type of the body */
	DIFFERENCE_MISSING, /* the control has it, the candidate has not */
	DIFFERENCE_EXTRA,   /* the candidate has it, the control has not */
	DIFFERENCE_ORDER,   /* the same elements or lines in another order */
	DIFFERENCE_LENGTH,  /* bytes that are no text: another length */
	DIFFERENCE_LATENCY, /* slower: made by the verdict, never by a comparison */
	DIFFERENCE_EXPECT,  /* a rule of --expect does not hold: likewise */
	DIFFERENCE_KINDS
};

/* "value", "type", … */
const char *difference_kind_name(enum difference_kind kind);

struct difference {
	struct slice path; /* at most DIFFERENCE_PATH_MAX bytes, printable ASCII and UTF-8 */
	enum difference_kind kind;
	struct slice control, candidate; /* the values as they stand in the answers, perhaps long; empty where there is none */
};

#define DIFFERENCE_PATH_MAX 512

/* Takes each difference of two answers, at most once for one path and kind (the first; further ones of that path and kind may be told too and
 * count once). All borrowed until it returns. */
struct difference_sink {
	void *arg;
	void (*differs)(void *arg, const struct difference *d);
};

#endif
