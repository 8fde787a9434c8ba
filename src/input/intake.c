/* intake: the remainder moves to the front when more is read; reads are large. */
#include "input/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Fits the second-level cache: what the kernel has just copied is read again while it is there. */
#define INTAKE_BYTES ((size_t)1 << 18)
/* Packed bytes that are unpacked in one step: fewer than the buffer holds. */
#define PACKED_STEP ((size_t)1 << 16)

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
	free(w->packed);
	unpacker_free(w->unpacker);
	*w = (struct intake){ .fd = w->fd };
}

int intake_unpack(struct intake *w, enum unpack_form form)
{
	uint8_t *buf = malloc(INTAKE_BYTES);
	w->unpacker = unpacker_new(form);
	if (!buf || !w->unpacker) {
		free(buf);
		unpacker_free(w->unpacker);
		w->unpacker = NULL;
		return ERR_NOMEM;
	}
	w->packed = w->buf;
	w->packed_cap = w->cap;
	w->packed_at = w->at;
	w->packed_end = w->end;
	w->packed_base = w->base;
	w->buf = buf;
	w->cap = INTAKE_BYTES;
	w->at = w->end = 0;
	w->base = 0;
	return 0;
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

/* One read that no signal broke. */
static ssize_t read_some(int fd, void *to, size_t room)
{
	ssize_t got;
	do
		got = read(fd, to, room);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Some packed bytes more. 0, also at their end, or ERR_IO. */
static int read_packed(struct intake *w)
{
	w->packed_base += w->packed_at;
	w->packed_end -= w->packed_at;
	memmove(w->packed, w->packed + w->packed_at, w->packed_end);
	w->packed_at = 0;
	ssize_t got = read_some(w->fd, w->packed + w->packed_end, w->packed_cap - w->packed_end);
	if (got < 0)
		return ERR_IO;
	w->packed_ended = got == 0;
	w->packed_end += (size_t)got;
	return 0;
}

/* Unpacks up to room bytes: their number, 0 at the end, or negative as intake_fill. What one step gives depends on where its input ends when
 * there is damage in it: so the steps end at places of the file, not where a read happened to end. */
static ssize_t unpack_some(struct intake *w, uint8_t *to, size_t room)
{
	for (;;) {
		size_t there = w->packed_end - w->packed_at;
		size_t n = PACKED_STEP - (size_t)((w->packed_base + w->packed_at) % PACKED_STEP);
		if (there < n && !w->packed_ended) {
			if (read_packed(w) != 0)
				return ERR_IO;
			continue;
		}
		struct unpack_step step;
		enum unpack_result r =
		        unpacker_run(w->unpacker, slice_of(w->packed + w->packed_at, n < there ? n : there), to, room, &step);
		w->packed_at += step.used;
		if (r == UNPACK_NOMEM)
			return ERR_NOMEM;
		if (r == UNPACK_DAMAGED)
			return ERR_FORMAT;
		if (step.made)
			return (ssize_t)step.made;
		if (step.used == 0 && w->packed_ended) {
			w->cut = unpacker_inside(w->unpacker);
			return 0;
		}
	}
}

/* Some bytes more: their number, 0 at the end, or negative as intake_fill. */
static ssize_t take_some(struct intake *w)
{
	uint8_t *to = w->buf + w->end;
	size_t room = w->cap - w->end;
	if (w->unpacker)
		return unpack_some(w, to, room);
	ssize_t got = read_some(w->fd, to, room);
	return got < 0 ? ERR_IO : got;
}

int intake_fill(struct intake *w, size_t n)
{
	while (intake_left(w) < n) {
		if (w->ended)
			return 1;
		/* Moving little is worth a large read behind it; otherwise only a full buffer is moved. */
		if ((w->at > w->cap / 2 || w->end == w->cap) && make_room(w) != 0)
			return ERR_NOMEM;
		ssize_t got = take_some(w);
		if (got < 0)
			return (int)got;
		w->ended = got == 0;
		w->end += (size_t)got;
	}
	return 0;
}
