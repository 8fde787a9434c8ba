/* cursor: the only way untrusted bytes are read.
 *
 * Takes a slice; gives integers and sub-slices. A read past the end gives 0 (or an empty slice) and sets a
 * flag that stays set, so a decoder may read a whole header and ask once at the end whether it was there. */
#ifndef REPLAY_BASE_CURSOR_H
#define REPLAY_BASE_CURSOR_H

#include "base/slice.h"

struct cursor {
	const uint8_t *at, *end;
	bool ran_short; /* sticky: some read asked for more than was left */
};

static inline struct cursor cursor_of(struct slice s)
{
	return (struct cursor){ .at = s.ptr, .end = s.len ? s.ptr + s.len : s.ptr };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

/* The next n bytes, or an empty slice and the flag. */
static inline struct slice cursor_take(struct cursor *c, size_t n)
{
	if (n > cursor_left(c)) {
		c->ran_short = true;
		c->at = c->end;
		return slice_of(NULL, 0);
	}
	struct slice s = slice_of(c->at, n);
	if (n)
		c->at += n;
	return s;
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
	(void)cursor_take(c, n);
}

static inline struct slice cursor_rest(const struct cursor *c)
{
	return slice_of(c->at, cursor_left(c));
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	struct slice s = cursor_take(c, 1);
	return s.len ? s.ptr[0] : 0;
}

static inline uint16_t cursor_u16be(struct cursor *c)
{
	struct slice s = cursor_take(c, 2);
	uint32_t word = s.len ? (uint32_t)s.ptr[0] << 8 | s.ptr[1] : 0;
	return (uint16_t)word;
}

static inline uint32_t cursor_u32be(struct cursor *c)
{
	struct slice s = cursor_take(c, 4);
	return s.len ? (uint32_t)s.ptr[0] << 24 | (uint32_t)s.ptr[1] << 16 | (uint32_t)s.ptr[2] << 8 | s.ptr[3] : 0;
}

static inline uint16_t cursor_u16le(struct cursor *c)
{
	struct slice s = cursor_take(c, 2);
	uint32_t word = s.len ? (uint32_t)s.ptr[1] << 8 | s.ptr[0] : 0;
	return (uint16_t)word;
}

static inline uint32_t cursor_u32le(struct cursor *c)
{
	struct slice s = cursor_take(c, 4);
	return s.len ? (uint32_t)s.ptr[3] << 24 | (uint32_t)s.ptr[2] << 16 | (uint32_t)s.ptr[1] << 8 | s.ptr[0] : 0;
}

static inline uint64_t cursor_u64le(struct cursor *c)
{
	uint64_t low = cursor_u32le(c);
	uint64_t high = cursor_u32le(c);
	return c->ran_short ? 0 : high << 32 | low;
}

#endif
