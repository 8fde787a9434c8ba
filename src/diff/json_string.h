/* json_string: what a JSON string says, its escapes undone (RFC 8259 §7).
 *
 * Takes strings as json_tree.h gives them: valid, without their quotes. */
#ifndef REPLAY_DIFF_JSON_STRING_H
#define REPLAY_DIFF_JSON_STRING_H

#include "base/slice.h"

/* Byte by byte: \u as UTF-8; a surrogate without its other half as three bytes, as if it were a character. */
struct json_unescape {
	struct slice rest;
	uint8_t held[3];
	unsigned holds;
};
int json_unescape_next(struct json_unescape *u); /* -1 at the end */

/* Of the bytes it says: as the scanner hashes a string without escapes. */
uint64_t json_string_hash(struct slice text);

int json_string_hex(uint8_t digit); /* 0..15; -1: none */

#endif
