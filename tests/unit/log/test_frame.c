/* Headers, index and seek table: what is encoded decodes, and no flipped bit goes unseen. */
#include "log/frame.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include "base/cursor.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static const struct frame_entry sample = { .stored = 777,
	                                   .text = 12345,
	                                   .first_ns = -5,
	                                   .last_ns = 1700000000123456789,
	                                   .records = 17,
	                                   .shard = 3,
	                                   .header = FRAME_HEADER_BYTES };

Test(frame, header_round_trip_and_every_flip)
{
	uint8_t bytes[FRAME_HEADER_BYTES];
	struct frame_entry e;
	frame_header_encode(bytes, &sample);
	struct slice s = guard_copy(slice_of(bytes, sizeof bytes));
	cr_assert(frame_header_decode(s, &e));
	cr_assert_eq(e.stored, sample.stored);
	cr_assert_eq(e.text, sample.text);
	cr_assert_eq(e.first_ns, sample.first_ns);
	cr_assert_eq(e.last_ns, sample.last_ns);
	cr_assert_eq(e.records, sample.records);
	cr_assert_eq(e.shard, sample.shard);
	cr_assert_eq(skippable_bytes(s), FRAME_HEADER_BYTES);
	guard_free(s);
	for (size_t n = 0; n < sizeof bytes; n++) {
		struct slice cut = guard_copy(slice_of(bytes, n));
		cr_assert_not(frame_header_decode(cut, &e));
		guard_free(cut);
	}
	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		cr_assert_not(frame_header_decode(slice_of(bytes, sizeof bytes), &e), "bit %zu", bit);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
}

static void fill(struct frame_index *x, unsigned n)
{
	frame_index_init(x);
	for (unsigned i = 0; i < n; i++) {
		struct frame_entry e = sample;
		e.offset = x->end + (i == 2 ? 1000 : 0); /* something else stands before the third */
		e.stored = 100 + i;
		e.text = 1000 + i;
		e.records = i;
		cr_assert_eq(frame_index_add(x, &e), 0);
	}
	cr_assert_eq(buf_append_str(&x->ledgers, "{}\n"), 0);
}

Test(frame, index_round_trip_and_every_flip)
{
	struct frame_index x, back;
	struct buf out;
	fill(&x, 5);
	uint64_t offset = x.end + 10;
	buf_init(&out, 1 << 20);
	cr_assert_eq(frame_index_encode(&x, offset, &out), 0);
	uint64_t table = seek_table_bytes(slice_from(buf_slice(&out), out.len - SEEK_TABLE_FOOTER));
	cr_assert(table > 0 && table < out.len);
	struct slice frame = slice_cut(buf_slice(&out), 0, out.len - (size_t)table);
	uint64_t said_offset, said_length;
	cr_assert(frame_index_tail(slice_from(frame, frame.len - FRAME_INDEX_TAIL), &said_offset, &said_length));
	cr_assert_eq(said_offset, offset);
	cr_assert_eq(said_length, frame.len);

	frame_index_init(&back);
	cr_assert_eq(frame_index_decode(frame, offset, &back), 0);
	cr_assert_eq(back.n, x.n);
	cr_assert_eq(memcmp(back.list, x.list, x.n * sizeof *x.list), 0);
	cr_assert(slice_eq(buf_slice(&back.ledgers), slice_str("{}\n")));
	cr_assert_eq(back.end, offset);
	frame_index_release(&back);

	for (size_t bit = 0; bit < 8 * frame.len; bit++) {
		out.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
		frame_index_init(&back);
		int rc = frame_index_decode(frame, offset, &back);
		cr_assert_eq(rc, ERR_FORMAT, "bit %zu", bit);
		frame_index_release(&back);
		out.ptr[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t n = 0; n < frame.len; n++) {
		struct slice cut = guard_copy(slice_from(frame, frame.len - n));
		frame_index_init(&back);
		cr_assert_eq(frame_index_decode(cut, offset, &back), ERR_FORMAT);
		frame_index_release(&back);
		guard_free(cut);
	}
	frame_index_release(&x);
	buf_release(&out);
}

/* By the words of zstd's specification: an entry per frame, skippable ones with content 0; sizes add up to every frame's offset. */
Test(frame, seek_table_adds_up)
{
	struct frame_index x;
	struct buf out;
	fill(&x, 4);
	uint64_t offset = x.end;
	buf_init(&out, 1 << 20);
	cr_assert_eq(frame_index_encode(&x, offset, &out), 0);
	size_t table = (size_t)seek_table_bytes(slice_from(buf_slice(&out), out.len - SEEK_TABLE_FOOTER));
	struct cursor c = cursor_of(slice_from(buf_slice(&out), out.len - table));
	cr_assert_eq(cursor_u32le(&c), 0x184D2A5E);
	cr_assert_eq(cursor_u32le(&c), table - 8);
	uint64_t at = 0, text = 0;
	unsigned entries = 0;
	size_t data = 0;
	for (; cursor_left(&c) > SEEK_TABLE_FOOTER; entries++) {
		uint32_t stored = cursor_u32le(&c), content = cursor_u32le(&c);
		if (content) {
			cr_assert_eq(at, x.list[data].offset + FRAME_HEADER_BYTES);
			cr_assert_eq(stored, x.list[data].stored);
			cr_assert_eq(content, x.list[data].text);
			data++;
		}
		at += stored;
		text += content;
	}
	cr_assert_eq(data, 4);
	cr_assert_eq(at, offset + out.len - table, "the index frame is listed, the seek table is not");
	cr_assert_eq(text, 4 * 1000 + 0 + 1 + 2 + 3);
	cr_assert_eq(cursor_u32le(&c), entries);
	cr_assert_eq(cursor_u8(&c), 0);
	cr_assert_eq(cursor_u32le(&c), 0x8F92EAB1);
	frame_index_release(&x);
	buf_release(&out);
}

Test(frame, gaps_over_4_gib_are_listed_in_pieces)
{
	struct frame_index x;
	struct buf out;
	frame_index_init(&x);
	struct frame_entry e = sample;
	e.offset = 3ull * UINT32_MAX + 5;
	cr_assert_eq(frame_index_add(&x, &e), 0);
	buf_init(&out, 1 << 20);
	cr_assert_eq(frame_index_encode(&x, x.end, &out), 0);
	uint64_t table = seek_table_bytes(slice_from(buf_slice(&out), out.len - SEEK_TABLE_FOOTER));
	cr_assert_eq(table, 8 + 8 * (4 + 2 + 1) + SEEK_TABLE_FOOTER);
	frame_index_release(&x);
	buf_release(&out);
}

Test(frame, index_says_when_memory_is_out)
{
	struct frame_index x;
	struct buf out;
	fill(&x, 3);
	buf_init(&out, 1 << 20);
	alloc_fail_at(1);
	cr_assert_eq(frame_index_encode(&x, x.end, &out), ERR_NOMEM);
	alloc_fail_at(0);
	frame_index_release(&x);
	frame_index_init(&x);
	alloc_fail_at(1);
	cr_assert_eq(frame_index_add(&x, &sample), ERR_NOMEM);
	alloc_fail_at(0);
	cr_assert_eq(x.n, 0);
	frame_index_release(&x);
	buf_release(&out);
}
