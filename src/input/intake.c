/* intake: the remainder moves to the front when more is read; reads are large. */
#include "input/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Fits the second-level cache: what the kernel has just copied is read again while it is there. */
#define INTAKE_BYTES ((size_t)1 << 18)

int intake_init(struct intake *w, int fd, struct slice first)
{
	*w = (struct intake){ .fd = fd, .cap = INTAKE_BYTES > first.len ? INTAKE_BYTES : first.len };
	w->buf = malloc(w->cap);
	if (!w->buf)
		return ERR_NOMEM;
	if (first.len)
		memcpy(w->buf, first.ptr, first.len);
	w->end = first.len;
	return 0;
}

void intake_release(struct intake *w)
{
	free(w->buf);
	w->buf = NULL;
	w->at = w->end = w->cap = 0;
}

static int make_room(struct intake *w)
{
	if (w->at > 0) {
		memmove(w->buf, w->buf + w->at, w->end - w->at);
		w->base += w->at;
		w->end -= w->at;
		w->at = 0;
	}
	if (w->end < w->cap)
		return 0;
	uint8_t *more = realloc(w->buf, w->cap * 2);
	if (!more)
		return ERR_NOMEM;
	w->buf = more;
	w->cap *= 2;
	return 0;
}

int intake_fill(struct intake *w, size_t n)
{
	while (intake_left(w) < n) {
		if (w->ended)
			return 1;
		/* Moving little is worth a large read behind it; otherwise only a full buffer is moved. */
		if ((w->at > w->cap / 2 || w->end == w->cap) && make_room(w) != 0)
			return ERR_NOMEM;
		ssize_t got = read(w->fd, w->buf + w->end, w->cap - w->end);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR_IO;
		w->ended = got == 0;
		w->end += (size_t)got;
	}
	return 0;
}
