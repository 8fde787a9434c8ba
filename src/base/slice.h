/* slice: a view of bytes that somebody else owns.
 *
 * Takes and gives values; owns nothing. Whoever hands out a slice says how long its bytes live. */
#ifndef REPLAY_BASE_SLICE_H
#define REPLAY_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const uint8_t *ptr; /* may be NULL when len is 0 */
	size_t len;
};

static inline struct slice slice_of(const void *ptr, size_t len)
{
	return (struct slice){ .ptr = ptr, .len = len };
}

static inline struct slice slice_str(const char *text)
{
	return slice_of(text, strlen(text));
}

/* The part of s from byte `from`, at most n bytes; clamped to what there is. */
static inline struct slice slice_cut(struct slice s, size_t from, size_t n)
{
	if (from > s.len)
		from = s.len;
	if (n > s.len - from)
		n = s.len - from;
	return slice_of(s.ptr ? s.ptr + from : NULL, n);
}

static inline struct slice slice_from(struct slice s, size_t from)
{
	return slice_cut(s, from, SIZE_MAX);
}

static inline bool slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_starts(struct slice s, struct slice prefix)
{
	return slice_eq(slice_cut(s, 0, prefix.len), prefix);
}

static inline uint8_t ascii_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* ASCII case folded, as RFC 9110 §5.1 has field names. */
static inline bool slice_eq_nocase(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (a.ptr[i] != b.ptr[i] && ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
			return false;
	return true;
}

/* Index of the first byte c, or s.len. */
static inline size_t slice_find_byte(struct slice s, uint8_t c)
{
	const uint8_t *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;
	return hit ? (size_t)(hit - s.ptr) : s.len;
}

/* Without leading and trailing spaces and tabs (OWS of RFC 9110 §5.6.3). */
static inline struct slice slice_trim(struct slice s)
{
	while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = slice_from(s, 1);
	while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

#endif
