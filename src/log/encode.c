/* encode: one row of a table per form. */
#include "log/encode.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

/* Measured on varied JSON answers and small requests (FORMAT.md has the figures): zstd 3 takes 1.8 times the time of 1 for files 4% smaller;
 * gzip 6 almost three times that of 4 for 11%. */
enum { ZSTD_LEVEL = 1, GZIP_LEVEL = 4 };

struct form_ops {
	int (*open)(struct encoder *e, int level);
	int (*chunk)(struct encoder *e, const struct chunk *c);
	int (*finish)(struct encoder *e, struct slice ledger_json);
	void (*close)(struct encoder *e);
};

struct encoder {
	const struct form_ops *ops;
	ZSTD_CCtx *zstd;
	z_stream gzip;
	bool gzip_open;
	uint64_t offset;          /* where the bytes in out will stand */
	struct frame_entry frame; /* of the chunk in out */
	struct frame_index index;
	struct buf out;
};

/* --- native ------------------------------------------------------------------------------------------------------ */

static int native_open(struct encoder *e, int level)
{
	e->zstd = ZSTD_createCCtx();
	if (!e->zstd)
		return ERR_NOMEM;
	size_t rc = ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_compressionLevel, level ? level : ZSTD_LEVEL);
	if (ZSTD_isError(rc) || ZSTD_isError(ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_checksumFlag, 1)))
		return ERR_USAGE;
	return 0;
}

static int native_chunk(struct encoder *e, const struct chunk *c)
{
	size_t bound = ZSTD_compressBound(c->text.len);
	int rc = buf_reserve(&e->out, FRAME_HEADER_BYTES + bound);
	if (rc)
		return rc;
	/* Room in the index first, so that a frame in the file is never one the index cannot name. */
	struct frame_entry none = { 0 };
	uint64_t end = e->index.end;
	if (frame_index_add(&e->index, &none))
		return ERR_NOMEM;
	e->index.n--;
	e->index.end = end;
	size_t n = ZSTD_compress2(e->zstd, e->out.ptr + FRAME_HEADER_BYTES, bound, c->text.ptr, c->text.len);
	if (ZSTD_isError(n))
		return ERR_NOMEM;
	e->frame = (struct frame_entry){
		.offset = e->offset,
		.stored = n,
		.text = c->text.len,
		.first_ns = c->first_ns,
		.last_ns = c->last_ns,
		.records = c->records,
		.shard = c->shard,
		.header = FRAME_HEADER_BYTES,
	};
	frame_header_encode(e->out.ptr, &e->frame);
	e->out.len = FRAME_HEADER_BYTES + n;
	return 0;
}

/* The ledger becomes a line of its own: a newline within JSON is only ever space between tokens. */
static int add_ledger(struct buf *ledgers, struct slice json)
{
	size_t start = ledgers->len;
	if (json.len == 0)
		return 0;
	int rc = buf_append(ledgers, json);
	if (rc)
		return rc;
	for (size_t i = start; i < ledgers->len; i++)
		if (ledgers->ptr[i] == '\n' || ledgers->ptr[i] == '\r')
			ledgers->ptr[i] = ' ';
	return buf_append_str(ledgers, "\n");
}

static int native_finish(struct encoder *e, struct slice ledger_json)
{
	int rc = add_ledger(&e->index.ledgers, ledger_json);
	return rc ? rc : frame_index_encode(&e->index, e->offset, &e->out);
}

static void native_close(struct encoder *e)
{
	(void)ZSTD_freeCCtx(e->zstd);
}

/* --- gzip: a member per chunk ---------------------------------------------------------------------------------------- */

static int gzip_open(struct encoder *e, int level)
{
	int rc = deflateInit2(&e->gzip, level ? level : GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	e->gzip_open = rc == Z_OK;
	return rc == Z_OK ? 0 : rc == Z_STREAM_ERROR ? ERR_USAGE : ERR_NOMEM;
}

static int gzip_chunk(struct encoder *e, const struct chunk *c)
{
	if (c->text.len > UINT_MAX || deflateReset(&e->gzip) != Z_OK)
		return ERR_LIMIT;
	size_t bound = deflateBound(&e->gzip, c->text.len);
	int rc = bound > UINT_MAX ? ERR_LIMIT : buf_reserve(&e->out, bound);
	if (rc)
		return rc;
	e->gzip.next_in = c->text.ptr;
	e->gzip.avail_in = (uInt)c->text.len;
	e->gzip.next_out = e->out.ptr;
	e->gzip.avail_out = (uInt)bound;
	if (deflate(&e->gzip, Z_FINISH) != Z_STREAM_END)
		return ERR_FORMAT;
	e->out.len = bound - e->gzip.avail_out;
	return 0;
}

static void gzip_close(struct encoder *e)
{
	if (e->gzip_open)
		(void)deflateEnd(&e->gzip);
}

/* --- the table --------------------------------------------------------------------------------------------------------- */

static int no_open(struct encoder *e, int level)
{
	(void)e;
	(void)level;
	return 0;
}

static int no_finish(struct encoder *e, struct slice ledger_json)
{
	(void)e;
	(void)ledger_json;
	return 0;
}

static void no_close(struct encoder *e)
{
	(void)e;
}

static const struct form_ops forms[] = {
	[LOG_NATIVE] = { native_open, native_chunk, native_finish, native_close },
	[LOG_PLAIN] = { no_open, NULL, no_finish, no_close },
	[LOG_GZIP] = { gzip_open, gzip_chunk, no_finish, gzip_close },
};

struct encoder *encoder_new(enum log_form form, int level, struct err *err)
{
	struct encoder *e = calloc(1, sizeof *e);
	int rc = ERR_NOMEM;
	if (e) {
		e->ops = &forms[form];
		buf_init(&e->out, SIZE_MAX / 4);
		frame_index_init(&e->index);
		rc = e->ops->open(e, level);
	}
	if (rc == 0)
		return e;
	(void)err_set(err, (enum err_code)rc, rc == ERR_USAGE ? "compression level %d is out of range" : "out of memory", level);
	encoder_free(e);
	return NULL;
}

void encoder_free(struct encoder *e)
{
	if (!e)
		return;
	e->ops->close(e);
	frame_index_release(&e->index);
	buf_release(&e->out);
	free(e);
}

struct frame_index *encoder_index(struct encoder *e)
{
	return &e->index;
}

int encoder_chunk(struct encoder *e, const struct chunk *c, uint64_t offset, struct slice *out)
{
	if (!e->ops->chunk) {
		*out = buf_slice(&c->text);
		return 0;
	}
	buf_clear(&e->out);
	e->offset = offset;
	int rc = e->ops->chunk(e, c);
	*out = buf_slice(&e->out);
	return rc;
}

void encoder_commit(struct encoder *e)
{
	if (e->frame.header)
		(void)frame_index_add(&e->index, &e->frame);
}

int encoder_finish(struct encoder *e, uint64_t offset, struct slice ledger_json, struct slice *out)
{
	buf_clear(&e->out);
	e->offset = offset;
	int rc = e->ops->finish(e, ledger_json);
	*out = buf_slice(&e->out);
	return rc;
}
