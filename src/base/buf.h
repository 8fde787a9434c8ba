/* buf: bytes that grow up to a cap named at creation.
 *
 * Owns its memory. A failed append leaves the buffer as it was. */
#ifndef REPLAY_BASE_BUF_H
#define REPLAY_BASE_BUF_H

#include "base/err.h"
#include "base/slice.h"

struct buf {
	uint8_t *ptr;
	size_t len, cap;
	size_t max; /* len never exceeds this */
};

static inline struct slice buf_slice(const struct buf *b)
{
	return slice_of(b->ptr, b->len);
}

void buf_init(struct buf *b, size_t max_bytes);
void buf_release(struct buf *b);

/* Room for n more bytes behind len: 0, ERR_LIMIT or ERR_NOMEM. */
int buf_reserve(struct buf *b, size_t n);

int buf_append(struct buf *b, struct slice s);
int buf_append_str(struct buf *b, const char *text);
int buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first n bytes (clamped); keeps the memory. */
void buf_consume(struct buf *b, size_t n);

static inline void buf_clear(struct buf *b)
{
	b->len = 0;
}

/* A slice's bytes with a NUL behind them, the caller's to free; NULL: no memory. */
char *slice_copy(struct slice s);

#endif
