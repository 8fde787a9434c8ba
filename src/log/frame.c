/* frame: little-endian layouts, each closed by a CRC-32. */
#include "log/frame.h"

#include "base/cursor.h"

#include <stdlib.h>
#include <zlib.h>

#define MAGIC_OURS     0x184D2A57u /* one of the sixteen skippable magics of RFC 8878 §3.1.2 */
#define MAGIC_SEEK     0x184D2A5Eu /* zstd's seekable format, 0.1.0 */
#define MAGIC_FOOTER   0x8F92EAB1u
#define MAGIC_ZSTD     0xFD2FB528u
#define MAGIC_TAIL     0x31586972u /* "riX1" */
#define INDEX_FIXED    32          /* magic, size, signature, counts */
#define INDEX_ENTRY    48
#define SEEK_ENTRY     8
#define SKIPPABLE_HEAD 8

static const uint8_t frame_signature[8] = { 'r', 'e', 'p', 'l', 'a', 'y', 'F', 1 };
static const uint8_t index_signature[8] = { 'r', 'e', 'p', 'l', 'a', 'y', 'I', 1 };

static uint8_t *put_u32(uint8_t *at, uint32_t n)
{
	for (int i = 0; i < 4; i++, n >>= 8)
		*at++ = (uint8_t)n;
	return at;
}

static uint8_t *put_u64(uint8_t *at, uint64_t n)
{
	return put_u32(put_u32(at, (uint32_t)n), (uint32_t)(n >> 32));
}

static uint8_t *put_bytes(uint8_t *at, const void *from, size_t n)
{
	if (n)
		memcpy(at, from, n);
	return at + n;
}

static uint32_t crc_of(const uint8_t *from, size_t n)
{
	return (uint32_t)crc32_z(crc32_z(0, NULL, 0), from, n);
}

void frame_index_init(struct frame_index *x)
{
	*x = (struct frame_index){ 0 };
	buf_init(&x->ledgers, 1 << 26);
}

void frame_index_release(struct frame_index *x)
{
	free(x->list);
	buf_release(&x->ledgers);
	*x = (struct frame_index){ 0 };
}

int frame_index_add(struct frame_index *x, const struct frame_entry *e)
{
	if (x->n == x->cap) {
		size_t cap = x->cap ? x->cap * 2 : 64;
		struct frame_entry *list = realloc(x->list, cap * sizeof *list);
		if (!list)
			return ERR_NOMEM;
		x->list = list;
		x->cap = cap;
	}
	x->list[x->n++] = *e;
	x->end = frame_end(e);
	return 0;
}

/* --- frame header ------------------------------------------------------------------------------------------------ */

void frame_pattern(uint8_t out[FRAME_PATTERN])
{
	uint8_t *at = put_u32(out, MAGIC_OURS);
	at = put_u32(at, FRAME_HEADER_BYTES - SKIPPABLE_HEAD);
	(void)put_bytes(at, frame_signature, sizeof frame_signature);
}

void frame_header_encode(uint8_t out[FRAME_HEADER_BYTES], const struct frame_entry *e)
{
	frame_pattern(out);
	uint8_t *at = put_u64(out + FRAME_PATTERN, (uint64_t)e->first_ns);
	at = put_u64(at, (uint64_t)e->last_ns);
	at = put_u32(at, e->records);
	at = put_u32(at, e->shard);
	at = put_u64(at, e->text);
	at = put_u64(at, e->stored);
	at = put_u32(at, 0);
	(void)put_u32(at, crc_of(out, (size_t)(at - out)));
}

bool frame_header_claimed(struct slice bytes)
{
	struct slice there = slice_cut(bytes, FRAME_SIGNATURE_AT, sizeof frame_signature);
	return slice_eq(there, slice_of(frame_signature, sizeof frame_signature));
}

bool frame_header_decode(struct slice bytes, struct frame_entry *out)
{
	uint8_t pattern[FRAME_PATTERN];
	frame_pattern(pattern);
	struct cursor c = cursor_of(bytes);
	if (!slice_eq(cursor_take(&c, FRAME_PATTERN), slice_of(pattern, FRAME_PATTERN)))
		return false;
	struct frame_entry e = { .header = FRAME_HEADER_BYTES };
	e.first_ns = (int64_t)cursor_u64le(&c);
	e.last_ns = (int64_t)cursor_u64le(&c);
	e.records = cursor_u32le(&c);
	e.shard = cursor_u32le(&c);
	e.text = cursor_u64le(&c);
	e.stored = cursor_u64le(&c);
	cursor_skip(&c, 4);
	uint32_t crc = cursor_u32le(&c);
	if (c.ran_short || crc != crc_of(bytes.ptr, FRAME_HEADER_BYTES - 4) || e.first_ns > e.last_ns)
		return false;
	*out = e;
	return true;
}

uint64_t skippable_bytes(struct slice bytes)
{
	struct cursor c = cursor_of(bytes);
	uint32_t magic = cursor_u32le(&c);
	uint32_t size = cursor_u32le(&c);
	return !c.ran_short && (magic & 0xFFFFFFF0u) == 0x184D2A50u ? SKIPPABLE_HEAD + (uint64_t)size : 0;
}

bool zstd_frame_starts(struct slice bytes)
{
	struct cursor c = cursor_of(bytes);
	return cursor_u32le(&c) == MAGIC_ZSTD;
}

/* --- index and seek table -------------------------------------------------------------------------------------------- */

/* Entries of the seek table must add up to every offset, so what lies between our frames (the old index of a log
 * that another was appended to with cat) is listed as a frame without content. */
static uint64_t pieces_between(uint64_t from, uint64_t to)
{
	return to > from ? (to - from + UINT32_MAX - 1) / UINT32_MAX : 0;
}

static uint64_t seek_entries(const struct frame_index *x, uint64_t index_offset)
{
	uint64_t n = 1, at = 0; /* the index frame itself */
	for (size_t i = 0; i < x->n; i++) {
		n += pieces_between(at, x->list[i].offset) + 2;
		at = frame_end(&x->list[i]);
	}
	return n + pieces_between(at, index_offset);
}

static uint8_t *put_seek_entry(uint8_t *at, uint64_t stored, uint64_t text)
{
	return put_u32(put_u32(at, (uint32_t)stored), (uint32_t)text);
}

static uint8_t *put_between(uint8_t *at, uint64_t from, uint64_t to)
{
	for (; to > from; from += UINT32_MAX)
		at = put_seek_entry(at, to - from < UINT32_MAX ? to - from : UINT32_MAX, 0);
	return at;
}

static uint8_t *put_seek_table(uint8_t *at, const struct frame_index *x, uint64_t offset, uint64_t index_bytes)
{
	uint64_t entries = seek_entries(x, offset), done = 0;
	at = put_u32(at, MAGIC_SEEK);
	at = put_u32(at, (uint32_t)(entries * SEEK_ENTRY + SEEK_TABLE_FOOTER));
	for (size_t i = 0; i < x->n; i++) {
		const struct frame_entry *e = &x->list[i];
		at = put_between(at, done, e->offset);
		at = put_seek_entry(at, e->header, 0);
		at = put_seek_entry(at, e->stored, e->text);
		done = frame_end(e);
	}
	at = put_between(at, done, offset);
	at = put_seek_entry(at, index_bytes, 0);
	at = put_u32(at, (uint32_t)entries);
	*at++ = 0; /* no checksums here: each frame has its own */
	return put_u32(at, MAGIC_FOOTER);
}

static uint8_t *put_entry(uint8_t *at, const struct frame_entry *e)
{
	at = put_u64(at, e->offset);
	at = put_u64(at, e->stored);
	at = put_u64(at, e->text);
	at = put_u64(at, (uint64_t)e->first_ns);
	at = put_u64(at, (uint64_t)e->last_ns);
	at = put_u32(at, e->records);
	return put_u32(at, e->shard);
}

int frame_index_encode(const struct frame_index *x, uint64_t offset, struct buf *out)
{
	uint64_t entries = seek_entries(x, offset);
	uint64_t bytes = INDEX_FIXED + (uint64_t)x->n * INDEX_ENTRY + x->ledgers.len + FRAME_INDEX_TAIL;
	if (bytes > UINT32_MAX || entries > (UINT32_MAX - SEEK_TABLE_FOOTER) / SEEK_ENTRY)
		return ERR_LIMIT;
	int rc = buf_reserve(out, (size_t)(bytes + SKIPPABLE_HEAD + entries * SEEK_ENTRY + SEEK_TABLE_FOOTER));
	if (rc)
		return rc;
	uint8_t *start = out->ptr + out->len;
	uint8_t *at = put_u32(start, MAGIC_OURS);
	at = put_u32(at, (uint32_t)(bytes - SKIPPABLE_HEAD));
	at = put_bytes(at, index_signature, sizeof index_signature);
	at = put_u64(at, x->n);
	at = put_u64(at, x->ledgers.len);
	for (size_t i = 0; i < x->n; i++)
		at = put_entry(at, &x->list[i]);
	at = put_bytes(at, x->ledgers.ptr, x->ledgers.len);
	at = put_u64(at, offset);
	at = put_u64(at, bytes);
	at = put_u32(at, crc_of(start, (size_t)(at - start)));
	at = put_u32(at, MAGIC_TAIL);
	at = put_seek_table(at, x, offset, bytes);
	out->len = (size_t)(at - out->ptr);
	return 0;
}

uint64_t seek_table_bytes(struct slice footer)
{
	struct cursor c = cursor_of(footer);
	uint32_t entries = cursor_u32le(&c);
	uint8_t descriptor = cursor_u8(&c);
	uint32_t magic = cursor_u32le(&c);
	/* Bit 7: a checksum an entry, which we never write; bits 2 to 6 are reserved. */
	if (c.ran_short || magic != MAGIC_FOOTER || (descriptor & 0xFCu) != 0)
		return 0;
	return SKIPPABLE_HEAD + (uint64_t)entries * SEEK_ENTRY + SEEK_TABLE_FOOTER;
}

bool frame_index_tail(struct slice tail, uint64_t *offset, uint64_t *length)
{
	struct cursor c = cursor_of(tail);
	*offset = cursor_u64le(&c);
	*length = cursor_u64le(&c);
	cursor_skip(&c, 4);
	uint32_t magic = cursor_u32le(&c);
	return !c.ran_short && magic == MAGIC_TAIL && *length >= INDEX_FIXED + FRAME_INDEX_TAIL;
}

static struct frame_entry get_entry(struct cursor *c)
{
	struct frame_entry e = { .header = FRAME_HEADER_BYTES };
	e.offset = cursor_u64le(c);
	e.stored = cursor_u64le(c);
	e.text = cursor_u64le(c);
	e.first_ns = (int64_t)cursor_u64le(c);
	e.last_ns = (int64_t)cursor_u64le(c);
	e.records = cursor_u32le(c);
	e.shard = cursor_u32le(c);
	return e;
}

/* Frames stand one behind the other, all before `limit`. */
static bool entry_fits(const struct frame_entry *e, uint64_t after, uint64_t limit)
{
	return e->offset >= after && e->offset <= limit && limit - e->offset >= e->header && limit - e->offset - e->header >= e->stored &&
	       e->first_ns <= e->last_ns;
}

int frame_index_decode(struct slice frame, uint64_t offset, struct frame_index *out)
{
	struct slice tail = slice_from(frame, frame.len > FRAME_INDEX_TAIL ? frame.len - FRAME_INDEX_TAIL : 0);
	uint64_t said_offset, said_length;
	if (!frame_index_tail(tail, &said_offset, &said_length) || said_offset != offset || said_length != frame.len)
		return ERR_FORMAT;
	struct cursor crc = cursor_of(slice_from(tail, 16));
	if (cursor_u32le(&crc) != crc_of(frame.ptr, frame.len - 8))
		return ERR_FORMAT;
	struct cursor c = cursor_of(slice_cut(frame, SKIPPABLE_HEAD, frame.len - SKIPPABLE_HEAD - FRAME_INDEX_TAIL));
	bool ours = slice_eq(cursor_take(&c, 8), slice_of(index_signature, 8));
	uint64_t n = cursor_u64le(&c), ledger_bytes = cursor_u64le(&c);
	if (!ours || c.ran_short || n > cursor_left(&c) / INDEX_ENTRY || ledger_bytes != cursor_left(&c) - n * INDEX_ENTRY)
		return ERR_FORMAT;
	for (uint64_t i = 0; i < n; i++) {
		struct frame_entry e = get_entry(&c);
		if (!entry_fits(&e, out->end, offset))
			return ERR_FORMAT;
		if (frame_index_add(out, &e))
			return ERR_NOMEM;
	}
	out->end = offset;
	out->final = true;
	return buf_append(&out->ledgers, cursor_rest(&c));
}
