/* headers: where two answers' header fields differ.
 *
 * Names in any case, in any order; several lines of one name, and values that are lists, compare as lists (RFC 9110 §5.3): members in another order are
 * none in fields known for sets (Vary, Allow, Cache-Control, …), DIFFERENCE_ORDER in others. Fields known for one value (Location, ETag, …) are never split.
 * Set-Cookie (RFC 6265 §4.1) by cookie name, its value and attributes apart: header:set-cookie[sid] (value), header:set-cookie[sid].path. */
#ifndef REPLAY_DIFF_HEADERS_H
#define REPLAY_DIFF_HEADERS_H

#include "model/difference.h"

/* Field lines as they came, without the empty line. Paths are "header:name", the name in lower case. More than 1,000 fields: the rest is compared as
 * one field, "header:*" (64 fields when memory is out). */
void headers_compare(struct slice control, struct slice candidate, struct difference_sink sink);

#endif
