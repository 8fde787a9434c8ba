/* unpack: one row of a table per form. */
#include "log/unpack.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

struct decode_ops {
	bool (*open)(struct unpacker *d);
	enum unpack_result (*run)(struct unpacker *d, struct slice in, uint8_t *out, size_t room, struct unpack_step *step);
	void (*reset)(struct unpacker *d);
	void (*close)(struct unpacker *d);
	struct slice magic[2]; /* what a frame begins with: looked for after damage */
};

struct unpacker {
	const struct decode_ops *ops;
	ZSTD_DCtx *zstd;
	z_stream gzip;
	bool gzip_open;
	bool inside;
	bool lost; /* after damage: looking for the next frame */
};

/* --- plain -------------------------------------------------------------------------------------------------------- */

static bool plain_open(struct unpacker *d)
{
	(void)d;
	return true;
}

static enum unpack_result plain_run(struct unpacker *d, struct slice in, uint8_t *out, size_t room, struct unpack_step *step)
{
	(void)d;
	size_t n = in.len < room ? in.len : room;
	if (n)
		memcpy(out, in.ptr, n);
	step->used = step->made = n;
	return UNPACK_GOING;
}

static void plain_reset(struct unpacker *d)
{
	(void)d;
}

/* --- gzip: members one behind the other (RFC 1952 §2.2) ------------------------------------------------------------- */

static bool gzip_open(struct unpacker *d)
{
	d->gzip_open = inflateInit2(&d->gzip, 15 + 16) == Z_OK;
	return d->gzip_open;
}

static enum unpack_result gzip_run(struct unpacker *d, struct slice in, uint8_t *out, size_t room, struct unpack_step *step)
{
	uInt in_len = in.len < UINT_MAX ? (uInt)in.len : UINT_MAX;
	uInt out_len = room < UINT_MAX ? (uInt)room : UINT_MAX;
	d->gzip.next_in = (Bytef *)(uintptr_t)in.ptr;
	d->gzip.avail_in = in_len;
	d->gzip.next_out = out;
	d->gzip.avail_out = out_len;
	int rc = inflate(&d->gzip, Z_NO_FLUSH);
	step->used = in_len - d->gzip.avail_in;
	step->made = out_len - d->gzip.avail_out;
	d->inside = d->inside || step->used > 0;
	if (rc == Z_STREAM_END) {
		(void)inflateReset(&d->gzip);
		d->inside = false;
		return UNPACK_FRAME_END;
	}
	if (rc == Z_MEM_ERROR)
		return UNPACK_NOMEM;
	return rc == Z_OK || rc == Z_BUF_ERROR ? UNPACK_GOING : UNPACK_DAMAGED;
}

static void gzip_reset(struct unpacker *d)
{
	(void)inflateReset(&d->gzip);
}

static void gzip_close(struct unpacker *d)
{
	if (d->gzip_open)
		(void)inflateEnd(&d->gzip);
}

/* --- zstd: skippable frames are passed over by the library ---------------------------------------------------------- */

static bool zstd_open(struct unpacker *d)
{
	d->zstd = ZSTD_createDCtx();
	return d->zstd != NULL;
}

static enum unpack_result zstd_run(struct unpacker *d, struct slice in, uint8_t *out, size_t room, struct unpack_step *step)
{
	ZSTD_inBuffer from = { in.ptr, in.len, 0 };
	ZSTD_outBuffer to = { out, room, 0 };
	size_t rc = ZSTD_decompressStream(d->zstd, &to, &from);
	step->used = from.pos;
	step->made = to.pos;
	if (step->used)
		d->inside = rc != 0;
	if (!ZSTD_isError(rc))
		return rc == 0 ? UNPACK_FRAME_END : UNPACK_GOING;
	return ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation ? UNPACK_NOMEM : UNPACK_DAMAGED;
}

static void zstd_reset(struct unpacker *d)
{
	(void)ZSTD_DCtx_reset(d->zstd, ZSTD_reset_session_only);
}

static void zstd_close(struct unpacker *d)
{
	(void)ZSTD_freeDCtx(d->zstd);
}

/* --- the table -------------------------------------------------------------------------------------------------------- */

#define MAGIC(text)                                                                                                                        \
	{                                                                                                                                  \
		(const uint8_t *)(text), sizeof(text) - 1                                                                                  \
	}

static const struct decode_ops forms[] = {
	[UNPACK_PLAIN] = { plain_open, plain_run, plain_reset, plain_reset, { { NULL, 0 } } },
	[UNPACK_GZIP] = { gzip_open, gzip_run, gzip_reset, gzip_close, { MAGIC("\x1f\x8b\x08") } },
	[UNPACK_ZSTD] = { zstd_open,
	                  zstd_run,
	                  zstd_reset,
	                  zstd_close,
	                  { MAGIC("\x28\xb5\x2f\xfd"), MAGIC("\x57\x2a\x4d\x18\x38\0\0\0replayF") } },
};

struct unpacker *unpacker_new(enum unpack_form form)
{
	struct unpacker *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->ops = &forms[form];
	if (d->ops->open(d))
		return d;
	unpacker_free(d);
	return NULL;
}

void unpacker_free(struct unpacker *d)
{
	if (!d)
		return;
	d->ops->close(d);
	free(d);
}

void unpacker_reset(struct unpacker *d)
{
	d->ops->reset(d);
	d->inside = d->lost = false;
}

bool unpacker_inside(const struct unpacker *d)
{
	return d->inside || d->lost;
}

/* How many bytes stand before the first magic. */
static size_t magic_at(const struct unpacker *d, struct slice in)
{
	size_t best = in.len;
	for (int i = 0; i < 2; i++) {
		struct slice magic = d->ops->magic[i];
		const uint8_t *hit = magic.len && in.len ? memmem(in.ptr, in.len, magic.ptr, magic.len) : NULL;
		if (hit && (size_t)(hit - in.ptr) < best)
			best = (size_t)(hit - in.ptr);
	}
	return best;
}

enum unpack_result unpacker_run(struct unpacker *d, struct slice in, uint8_t *out, size_t room, struct unpack_step *step)
{
	*step = (struct unpack_step){ 0 };
	if (d->lost) {
		/* A magic cut in two by the end of the input is not seen: that costs one frame more. */
		size_t skip = magic_at(d, in);
		step->used = skip;
		if (skip == in.len)
			return UNPACK_GOING;
		d->lost = false;
		return UNPACK_GOING;
	}
	enum unpack_result r = d->ops->run(d, in, out, room, step);
	if (r != UNPACK_DAMAGED)
		return r;
	d->ops->reset(d);
	d->inside = false;
	d->lost = true;
	/* At least one byte forward, or the same damage would be found again. */
	if (step->used == 0 && in.len)
		step->used = 1;
	return r;
}
