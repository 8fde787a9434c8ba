/* buf: doubling growth under a cap. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){ .max = max_bytes };
}

void buf_release(struct buf *b)
{
	free(b->ptr);
	*b = (struct buf){ .max = b->max };
}

int buf_reserve(struct buf *b, size_t n)
{
	if (n > b->max || b->len > b->max - n)
		return ERR_LIMIT;
	size_t need = b->len + n;
	if (need <= b->cap)
		return 0;
	size_t cap = b->cap ? b->cap : 256;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : cap * 2;
	if (cap > b->max)
		cap = b->max;
	uint8_t *grown = realloc(b->ptr, cap);
	if (!grown)
		return ERR_NOMEM;
	b->ptr = grown;
	b->cap = cap;
	return 0;
}

int buf_append(struct buf *b, struct slice s)
{
	if (s.len == 0)
		return 0;
	int rc = buf_reserve(b, s.len);
	if (rc)
		return rc;
	memcpy(b->ptr + b->len, s.ptr, s.len);
	b->len += s.len;
	return 0;
}

int buf_append_str(struct buf *b, const char *text)
{
	return buf_append(b, slice_str(text));
}

int buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int need = vsnprintf(NULL, 0, format, args);
	va_end(args);
	/* vsnprintf writes a NUL behind the text: room for it, but it is no part of the buffer. */
	int rc = need < 0 ? ERR_FORMAT : buf_reserve(b, (size_t)need + 1);
	if (rc == 0) {
		(void)vsnprintf((char *)b->ptr + b->len, (size_t)need + 1, format, again);
		b->len += (size_t)need;
	}
	va_end(again);
	return rc;
}

void buf_consume(struct buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	if (n == 0)
		return;
	memmove(b->ptr, b->ptr + n, b->len - n);
	b->len -= n;
}

char *slice_copy(struct slice s)
{
	char *copy = malloc(s.len + 1);
	if (!copy)
		return NULL;
	if (s.len)
		memcpy(copy, s.ptr, s.len);
	copy[s.len] = 0;
	return copy;
}
