/* headers: where two answers' header fields differ.
 *
 * Names in any case, in any order; several lines of one name, and values that are lists, compare as lists (RFC 9110 §5.3), list members in any order;
 * Set-Cookie (RFC 6265 §4.1) by cookie name, its value and attributes apart: header:set-cookie[sid] (value), header:set-cookie[sid].path. */
#ifndef REPLAY_DIFF_HEADERS_H
#define REPLAY_DIFF_HEADERS_H

#include "model/difference.h"

/* Field lines as they came, without the empty line. Paths are "header:name", the name in lower case. More than 1,000 fields: the rest is compared as
 * one field, "header:*". */
void headers_compare(struct slice control, struct slice candidate, struct difference_sink sink);

#endif
