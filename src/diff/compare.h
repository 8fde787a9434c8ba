/* compare: two answers to one request: the same, or where they differ.
 *
 * Status first: where it differs nothing else is compared, since an error's body is another thing. Then headers, then the body, decoded: by JSON, form,
 * lines, or length, as both Content-Types say and the bytes bear out; a lying one falls back, counted. Equal bytes cost a memcmp. */
#ifndef REPLAY_DIFF_COMPARE_H
#define REPLAY_DIFF_COMPARE_H

#include "base/buf.h"
#include "diff/json_diff.h"

struct answer {
	int status;
	struct slice fields;       /* field lines */
	struct slice content_type; /* its value; empty: none */
	struct slice message;      /* all its bytes, for decode */
	struct slice body;         /* as it came: still coded */
	bool coded;                /* by Transfer- or Content-Encoding: decode before comparing */
};

/* Appends message's decoded body. 0; ERR_FORMAT: damaged or unknown coding; ERR_LIMIT; ERR_NOMEM. From http/, which this folder does not see. */
typedef int (*body_decode_fn)(struct slice message, struct buf *out);

/* Why bodies were not compared as what their Content-Type says: counted, told in the report. */
enum fallback {
	FALLBACK_NONE,
	FALLBACK_NOT_JSON,  /* called JSON, is none (or cut short) */
	FALLBACK_DUPLICATE, /* a key stands twice in an object */
	FALLBACK_LIMIT,     /* too deep, too large */
	FALLBACK_CODING,    /* the coding is damaged or unknown: compared as it came */
	FALLBACKS
};
extern const char *const fallback_names[FALLBACKS]; /* for people */

struct comparer;
/* body_max: decoded, 64 MiB. NULL when out of memory. */
struct comparer *comparer_new(body_decode_fn decode, size_t body_max);
void comparer_free(struct comparer *c);

/* True: they are the same, nothing was told. False: each difference went to the sink. */
bool compare_answers(struct comparer *c, const struct answer *control, const struct answer *candidate, const struct json_advice *advice,
                     struct difference_sink sink);
/* Memory was out in the last comparison: it said false, and what it told is not all there is. */
bool comparer_out_of_memory(const struct comparer *c);
const uint64_t *comparer_fallbacks(const struct comparer *c); /* FALLBACKS counts */

#endif
