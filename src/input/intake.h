/* intake: a descriptor read through one buffer, so that what is asked for lies in one piece; what is compressed is unpacked on the way.
 *
 * Owns the buffers, not the descriptor. Grows only by bytes that have come: a length claimed by a hostile file costs nothing. */
#ifndef REPLAY_INPUT_INTAKE_H
#define REPLAY_INPUT_INTAKE_H

#include "base/err.h"
#include "base/slice.h"
#include "log/unpack.h"

struct intake {
	uint8_t *buf;
	size_t cap, at, end; /* bytes [at, end) are there and not used */
	uint64_t base;       /* offset of buf[0] in the file, or in what it unpacks to */
	int fd;
	bool ended; /* the descriptor has no more */
	/* Where the file is compressed. */
	struct unpacker *unpacker; /* NULL: it is not */
	uint8_t *packed;
	size_t packed_cap, packed_at, packed_end; /* of its bytes, those read and not unpacked */
	uint64_t packed_base;
	bool packed_ended; /* the descriptor has no more */
	bool cut;          /* it ended inside a frame or member */
};

/* first: bytes read from the descriptor before, copied. 0 or ERR_NOMEM. */
int intake_init(struct intake *w, int fd, struct slice first);
void intake_release(struct intake *w);

/* The file is compressed in that form: what was not used yet is taken for packed bytes. 0 or ERR_NOMEM. */
int intake_unpack(struct intake *w, enum unpack_form form);

/* Reads until n bytes are there: 0; 1 when the file ends before; negative: ERR_IO (errno says why), ERR_NOMEM, or ERR_FORMAT: the packed
 * bytes are damaged. */
int intake_fill(struct intake *w, size_t n);

static inline size_t intake_left(const struct intake *w)
{
	return w->end - w->at;
}

/* As intake_fill, without a call where they are there already. */
static inline int intake_want(struct intake *w, size_t n)
{
	return intake_left(w) >= n ? 0 : intake_fill(w, n);
}

/* The next n bytes: only after intake_want(n) gave 0. Valid until the next intake_fill. */
static inline struct slice intake_peek(const struct intake *w, size_t n)
{
	return slice_cut(slice_of(w->buf + w->at, intake_left(w)), 0, n);
}

static inline void intake_skip(struct intake *w, size_t n)
{
	w->at += n < intake_left(w) ? n : intake_left(w);
}

static inline uint64_t intake_offset(const struct intake *w)
{
	return w->base + w->at;
}

/* How far into the file itself that is. */
static inline uint64_t intake_file_offset(const struct intake *w)
{
	return w->unpacker ? w->packed_base + w->packed_at : intake_offset(w);
}

#endif
