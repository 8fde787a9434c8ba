/* carry_extract: the values of a response that rules ask for, as a list that can be kept.
 *
 * Takes a whole response; gives copies in one buffer. Untrusted bytes, bounded: 64 values, each up to 8 KiB. */
#ifndef REPLAY_OUTPUT_CARRY_EXTRACT_H
#define REPLAY_OUTPUT_CARRY_EXTRACT_H

#include "base/buf.h"

enum carry_kind { CARRY_COOKIE, CARRY_HEADER, CARRY_JSON, CARRY_LOCATION };

struct carry_rule {
	enum carry_kind kind;
	struct slice name; /* HEADER, JSON */
};

#define CARRY_RULES_MAX 32
#define CARRY_VALUES_OF 64
#define CARRY_VALUE_MAX 8192

struct carry_item {
	uint8_t rule; /* its number */
	struct slice name, value;
};

/* "cookie", "header:NAME", "json:FIELD", "location"; false: none of these. */
bool carry_rule_parse(const char *text, struct carry_rule *out);

/* Appends the items to *out (cap it). 0; ERR_FORMAT: no response; ERR_LIMIT or ERR_NOMEM: what was found until then is there. */
int carry_extract(const struct carry_rule *rules, size_t n, struct slice response, struct buf *out);

/* Walks what carry_extract gave: *rest starts as all of it. */
bool carry_item_next(struct slice *rest, struct carry_item *out);

/* Walks the pieces of a location between / ? & = and #: *rest starts as all of it. *mark is the byte before the piece, 0 for none. */
bool carry_piece_next(struct slice *rest, uint8_t *mark, struct slice *piece);

/* Path and query of a Location, without scheme and authority. */
struct slice carry_location_path(struct slice location);

#endif
