/* frame: the bytes of the native log round the compressed ones: frame headers, the time index, zstd's seek table.
 *
 * Takes bytes, gives bytes; both the writer and the reader use it, so that the two never disagree. Layouts: FORMAT.md. */
#ifndef REPLAY_LOG_FRAME_H
#define REPLAY_LOG_FRAME_H

#include "base/buf.h"

#define FRAME_HEADER_BYTES 64
#define FRAME_INDEX_TAIL   24
#define SEEK_TABLE_FOOTER  9
#define FRAME_SIGNATURE_AT 8  /* of a header: magic, size, then the signature */
#define FRAME_PATTERN      16 /* the first bytes of every header, always the same: what a scan looks for */

/* A stretch of a log that is read as one: a frame of the native log, a chunk of a plain one. */
struct frame_entry {
	uint64_t offset; /* in the file, of the header where there is one */
	uint64_t stored; /* bytes in the file, without the header */
	uint64_t text;   /* bytes of records; 0: not known */
	int64_t first_ns, last_ns;
	uint32_t records, shard;
	uint32_t header; /* bytes before the stored ones: FRAME_HEADER_BYTES or 0 */
};

static inline uint64_t frame_end(const struct frame_entry *e)
{
	return e->offset + e->header + e->stored;
}

struct frame_index {
	struct frame_entry *list; /* by offset */
	size_t n, cap;
	uint64_t end;       /* of the last whole frame: appending goes on here */
	struct buf ledgers; /* the ledgers of all runs that wrote, one a line, the newest last */
	bool final;         /* came from the file's own index */
};

void frame_index_init(struct frame_index *x);
void frame_index_release(struct frame_index *x);
int frame_index_add(struct frame_index *x, const struct frame_entry *e); /* 0 or ERR_NOMEM; moves end */

void frame_header_encode(uint8_t out[FRAME_HEADER_BYTES], const struct frame_entry *e);
/* False: no header, a damaged one or one of another version. The offset is the caller's to fill in. */
bool frame_header_decode(struct slice bytes, struct frame_entry *out);
/* The bytes carry a header's signature, whether or not the rest is sound. */
bool frame_header_claimed(struct slice bytes);
void frame_pattern(uint8_t out[FRAME_PATTERN]);

/* Appends the index frame that is to stand at `offset`, and the seek table behind it. 0 or a negative error. */
int frame_index_encode(const struct frame_index *x, uint64_t offset, struct buf *out);

/* Bytes of the seek table that ends with this footer; 0: that is no footer. */
uint64_t seek_table_bytes(struct slice footer);
/* Where the index frame starts, by its last FRAME_INDEX_TAIL bytes, and how long it is. False: no tail of one. */
bool frame_index_tail(struct slice tail, uint64_t *offset, uint64_t *length);
/* The whole index frame, read from `offset`. 0, ERR_NOMEM or ERR_FORMAT (damaged, or moved). */
int frame_index_decode(struct slice frame, uint64_t offset, struct frame_index *out);

/* A skippable frame (RFC 8878 §3.1.2): its whole length; 0: the bytes are none. */
uint64_t skippable_bytes(struct slice bytes);
bool zstd_frame_starts(struct slice bytes);

#endif
