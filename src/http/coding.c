/* coding: zlib, brotli and zstd behind one door. Output goes through a piece of fixed size, so that out's cap bounds a bomb. */
#include "http/coding.h"

#include <brotli/decode.h>
#include <zlib.h>
#include <zstd.h>

enum {
	PIECE = 16 * 1024,
	ZSTD_WINDOW_LOG = 23, /* 8 MiB: RFC 9659 allows no more in a content coding */
};

enum coding coding_by_name(struct slice name)
{
	static const struct {
		const char *name;
		enum coding coding;
	} known[] = {
		{ "identity", CODING_IDENTITY }, { "gzip", CODING_GZIP }, { "x-gzip", CODING_GZIP },
		{ "deflate", CODING_DEFLATE },   { "br", CODING_BROTLI }, { "zstd", CODING_ZSTD },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (slice_eq_nocase(name, slice_str(known[i].name)))
			return known[i].coding;
	return CODING_UNKNOWN;
}

/* As much of it as the cap allows. */
static int put(struct buf *out, const void *bytes, size_t n)
{
	size_t room = out->max - out->len;
	int rc = buf_append(out, slice_of(bytes, n < room ? n : room));
	return rc || n <= room ? rc : ERR_LIMIT;
}

/* RFC 1950 §2.2: method 8, and the check bits. Else it is bare RFC 1951, which some servers send as "deflate". */
static bool is_zlib(struct slice in)
{
	return in.len >= 2 && (in.ptr[0] & 15) == 8 && (in.ptr[0] << 8 | in.ptr[1]) % 31 == 0;
}

static int inflate_member(z_stream *z, struct buf *out)
{
	uint8_t piece[PIECE];
	for (;;) {
		z->next_out = piece;
		z->avail_out = sizeof piece;
		int r = inflate(z, Z_NO_FLUSH);
		int rc = put(out, piece, sizeof piece - z->avail_out);
		if (rc)
			return rc;
		if (r == Z_STREAM_END)
			return 0;
		if (r == Z_MEM_ERROR)
			return ERR_NOMEM;
		if (r != Z_OK || (z->avail_in == 0 && z->avail_out > 0))
			return ERR_FORMAT;
	}
}

static int undo_zlib(enum coding coding, struct slice in, struct buf *out)
{
	z_stream z = { 0 };
	int window = coding == CODING_GZIP ? 15 + 16 : is_zlib(in) ? 15 : -15;
	if (in.len > UINT32_MAX)
		return ERR_LIMIT;
	if (inflateInit2(&z, window) != Z_OK)
		return ERR_NOMEM;
	z.next_in = (Bytef *)(uintptr_t)in.ptr;
	z.avail_in = (uInt)in.len;
	int rc = inflate_member(&z, out);
	/* RFC 1952 §2.2: members may follow each other. What is no member behind the first is let pass, as browsers do. */
	while (rc == 0 && coding == CODING_GZIP && z.avail_in >= 2 && z.next_in[0] == 0x1f && z.next_in[1] == 0x8b) {
		if (inflateReset(&z) != Z_OK)
			break;
		rc = inflate_member(&z, out);
	}
	(void)inflateEnd(&z);
	return rc;
}

static int undo_brotli(struct slice in, struct buf *out)
{
	BrotliDecoderState *b = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	if (!b)
		return ERR_NOMEM;
	uint8_t piece[PIECE];
	BrotliDecoderResult r;
	int rc;
	do {
		uint8_t *at = piece;
		size_t room = sizeof piece;
		r = BrotliDecoderDecompressStream(b, &in.len, &in.ptr, &room, &at, NULL);
		rc = put(out, piece, sizeof piece - room);
	} while (rc == 0 && r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT);
	BrotliDecoderDestroyInstance(b);
	return rc || r == BROTLI_DECODER_RESULT_SUCCESS ? rc : ERR_FORMAT;
}

static int undo_zstd(struct slice in, struct buf *out)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	if (!d)
		return ERR_NOMEM;
	(void)ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	uint8_t piece[PIECE];
	ZSTD_inBuffer from = { in.ptr, in.len, 0 };
	size_t r;
	int rc;
	bool full;
	do {
		ZSTD_outBuffer to = { piece, sizeof piece, 0 };
		r = ZSTD_decompressStream(d, &to, &from);
		rc = ZSTD_isError(r) ? ERR_FORMAT : 0;
		if (to.pos) {
			int stored = put(out, piece, to.pos);
			rc = stored ? stored : rc;
		}
		full = to.pos == to.size;
	} while (rc == 0 && (from.pos < from.size || (r > 0 && full)));
	(void)ZSTD_freeDCtx(d);
	return rc || r == 0 ? rc : ERR_FORMAT;
}

int coding_undo(enum coding coding, struct slice in, struct buf *out)
{
	switch (coding) {
	case CODING_IDENTITY:
		return put(out, in.ptr, in.len);
	case CODING_GZIP:
	case CODING_DEFLATE:
		return undo_zlib(coding, in, out);
	case CODING_BROTLI:
		return undo_brotli(in, out);
	case CODING_ZSTD:
		return undo_zstd(in, out);
	case CODING_UNKNOWN:
		break;
	}
	int rc = put(out, in.ptr, in.len);
	return rc ? rc : ERR_FORMAT;
}
