/* utf8: bytes that may be text, told apart from bytes that are not (RFC 3629), and shown without obeying them.
 *
 * Takes slices; gives code points, or text that cannot drive a terminal. */
#ifndef REPLAY_REPORT_UTF8_H
#define REPLAY_REPORT_UTF8_H

#include "base/buf.h"

#define UTF8_BAD UINT32_MAX

/* The next code point of a non-empty slice, which moves on behind it; UTF8_BAD takes one byte. */
uint32_t utf8_next(struct slice *rest);

/* How many of the first bytes are printable ASCII: what most text is made of, passed over quickly. */
static inline size_t utf8_plain_run(struct slice s)
{
	size_t n = 0;
	while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f)
		n++;
	return n;
}

bool utf8_valid(struct slice s);

/* Appends s with everything visible: control characters, direction overrides and bad bytes as \n, \t, \x1b or \u{202e}; a backslash stays
 * one. With `lines`, line ends and tabs stay what they are (CR LF as LF). 0 or a negative error. */
int utf8_visible(struct buf *out, struct slice s, bool lines);

#endif
