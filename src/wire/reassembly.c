/* reassembly: blocks behind holes, in order; delivery; gaps. */
#include "wire/reassembly.h"

#include <stdlib.h>

/* Blocks of one half: keeps the walk through them short whatever the sender does. At 1,460 bytes each, more than the default limit in bytes. */
#define BLOCKS_MAX 4096

static struct flow_info *info_of(struct half *h)
{
	return &LIST_ENTRY(h - h->side, struct flow, half)->info;
}

static int64_t block_end(const struct block *b)
{
	return b->at + b->len + b->cut;
}

void half_init(struct half *h, uint8_t side)
{
	*h = (struct half){ .side = side, .fin_at = NO_FIN };
	list_init(&h->hole);
}

/* --- the held blocks ------------------------------------------------------------------------------------- */

static void block_unlink(struct flow_table *t, struct half *h, struct block *b)
{
	*(b->prev ? &b->prev->next : &h->first) = b->next;
	*(b->next ? &b->next->prev : &h->last) = b->prev;
	size_t size = sizeof *b + b->len;
	h->n_blocks--;
	h->held_bytes -= size;
	t->held_bytes -= size;
}

void half_drop(struct flow_table *t, struct half *h)
{
	while (h->first) {
		struct block *b = h->first;
		block_unlink(t, h, b);
		free(b);
	}
	list_remove(&h->hole);
}

/* Bytes [from, end) of what arrived, before the block `behind` (NULL: last). */
static bool block_insert(struct flow_table *t, struct half *h, const struct arrival *in, int64_t from, int64_t end, struct block *behind)
{
	struct slice bytes = slice_cut(in->bytes, (size_t)(from - in->at), (size_t)(end - from));
	size_t size = sizeof(struct block) + bytes.len;
	struct block *b = malloc(size);
	if (!b)
		return false;
	*b = (struct block){
		.prev = behind ? behind->prev : h->last,
		.next = behind,
		.at = from,
		.len = (uint32_t)bytes.len,
		.cut = (uint32_t)((size_t)(end - from) - bytes.len),
		.peer_at = in->peer_at,
		.ts_ns = in->ts_ns,
		.seen_ns = t->now_ns,
		.segment_start = from == in->at,
	};
	if (bytes.len)
		memcpy(b->bytes, bytes.ptr, bytes.len);
	*(b->prev ? &b->prev->next : &h->first) = b;
	*(b->next ? &b->next->prev : &h->last) = b;
	h->n_blocks++;
	h->held_bytes += size;
	t->held_bytes += size;
	return true;
}

/* The first block that ends behind `at`, or NULL. From the back: there most segments belong. */
static struct block *block_at(struct half *h, int64_t at)
{
	struct block *found = NULL;
	for (struct block *b = h->last; b && block_end(b) > at; b = b->prev)
		found = b;
	return found;
}

static bool differs(const struct block *b, const struct arrival *in)
{
	int64_t from = b->at > in->at ? b->at : in->at;
	int64_t b_end = b->at + b->len, in_end = in->at + (int64_t)in->bytes.len;
	int64_t end = b_end < in_end ? b_end : in_end;
	return from < end && memcmp(b->bytes + (from - b->at), in->bytes.ptr + (from - in->at), (size_t)(end - from)) != 0;
}

static void note_differences(struct flow_table *t, struct half *h, const struct arrival *in, int64_t end)
{
	for (const struct block *b = block_at(h, in->at); b && b->at < end; b = b->next)
		if (differs(b, in)) {
			t->counts[SEGMENT_OVERLAP_DIFFERS]++;
			return;
		}
}

/* --- delivery -------------------------------------------------------------------------------------------- */

static void heed(struct flow_table *t, struct half *h, enum stream_verdict verdict)
{
	if (verdict == STREAM_WANT)
		return;
	h->enough = true;
	half_drop(t, h);
}

static uint64_t unsigned_offset(int64_t at)
{
	return at > 0 ? (uint64_t)at : 0;
}

/* The gap from next on. `proven`: how far the bytes are known to have been there. */
static void emit_gap(struct flow_table *t, struct half *h, int64_t end, int64_t proven, int64_t peer_at)
{
	struct gap g = {
		.offset = (uint64_t)h->next,
		.len = (uint64_t)(end - h->next),
		.peer_offset = unsigned_offset(peer_at),
		.ts_ns = t->now_ns,
	};
	if (proven > end)
		proven = end;
	g.proven = proven > h->next ? (uint64_t)(proven - h->next) : 0;
	t->counts[SEGMENT_GAPS]++;
	t->counts[SEGMENT_BYTES_MISSED] += g.len;
	t->counts[SEGMENT_BYTES_PROVEN] += g.proven;
	h->gap_from = h->next;
	h->gap_end = end;
	h->next = end;
	heed(t, h, t->reader.gap(t->reader.arg, info_of(h), h->side, &g));
}

/* Bytes at next, and then what the snap length cut off behind them: nothing can fill that any more. */
static void deliver(struct flow_table *t, struct half *h, const struct arrival *in, bool segment_start)
{
	if (in->bytes.len) {
		struct chunk c = {
			.bytes = in->bytes,
			.offset = (uint64_t)h->next,
			.peer_offset = unsigned_offset(in->peer_at),
			.ts_ns = in->ts_ns,
			.segment_start = segment_start,
		};
		h->next += (int64_t)in->bytes.len;
		heed(t, h, t->reader.data(t->reader.arg, info_of(h), h->side, &c));
	}
	if (in->cut && !h->enough)
		emit_gap(t, h, h->next + in->cut, INT64_MAX, in->peer_at);
}

/* Delivers the blocks that stand at next. */
static void drain(struct flow_table *t, struct half *h)
{
	while (h->first && h->first->at <= h->next && !h->enough) {
		struct block *b = h->first;
		block_unlink(t, h, b);
		struct arrival in = { .bytes = slice_of(b->bytes, b->len), .cut = b->cut, .peer_at = b->peer_at, .ts_ns = b->ts_ns };
		deliver(t, h, &in, b->segment_start);
		free(b);
	}
}

/* --- holes ----------------------------------------------------------------------------------------------- */

/* Where the hole at next ends; next itself when there is none. */
static int64_t hole_end(const struct half *h)
{
	if (h->first)
		return h->first->at;
	if (h->fin_at != NO_FIN)
		return h->fin_at;
	/* One byte that was acknowledged and never seen, and nothing behind it: most likely a FIN. */
	return h->acked > h->next + 1 ? h->acked : h->next;
}

void half_settle(struct flow_table *t, struct half *h)
{
	bool linked = !list_empty(&h->hole);
	if (h->enough || h->ended || !h->started || hole_end(h) <= h->next) {
		if (linked)
			list_remove(&h->hole);
		return;
	}
	if (linked && h->hole_at == h->next)
		return;
	if (linked)
		list_remove(&h->hole);
	h->hole_at = h->next;
	h->hole_since_ns = h->first ? h->first->seen_ns : t->now_ns;
	list_append(&t->holes, &h->hole);
}

void half_rebase(struct flow_table *t, struct half *h, int64_t shift)
{
	h->tentative = false;
	h->base += (uint32_t)shift;
	h->high -= shift;
	h->acked = h->acked > shift ? h->acked - shift : 0;
	if (h->fin_at != NO_FIN)
		h->fin_at -= shift;
	for (struct block *b = h->first; b; b = b->next)
		b->at -= shift;
	drain(t, h);
	half_settle(t, h);
}

void half_give_up(struct flow_table *t, struct half *h)
{
	if (h->tentative && h->first) {
		half_rebase(t, h, h->first->at);
		return;
	}
	int64_t end = hole_end(h);
	if (end > h->next)
		emit_gap(t, h, end, h->acked, h->first ? h->first->peer_at : 0);
	drain(t, h);
	half_settle(t, h);
}

void half_flush(struct flow_table *t, struct half *h)
{
	while (h->started && !h->enough && hole_end(h) > h->next)
		half_give_up(t, h);
}

/* --- segments -------------------------------------------------------------------------------------------- */

static enum segment_row row_of_known(const struct half *h, const struct arrival *in, int64_t end)
{
	if (end == h->high && end == in->at + 1)
		return SEGMENT_PROBE;
	if (in->at < 0)
		return SEGMENT_OUTSIDE;
	return in->at < h->gap_end && end > h->gap_from ? SEGMENT_LATE : SEGMENT_DUPLICATE;
}

/* Part [from, end) of what arrived, in order. */
static void deliver_part(struct flow_table *t, struct half *h, const struct arrival *in, int64_t from, int64_t end)
{
	struct arrival part = *in;
	part.bytes = slice_cut(in->bytes, (size_t)(from - in->at), (size_t)(end - from));
	part.cut = (uint32_t)((size_t)(end - from) - part.bytes.len);
	deliver(t, h, &part, from == in->at);
}

/* Fills what [in->at, end) finds free among and before the blocks. Returns whether it found anything; *failed: out of memory. */
static bool fill(struct flow_table *t, struct half *h, const struct arrival *in, int64_t end, bool *failed)
{
	bool found = false;
	int64_t from = in->at > h->next ? in->at : h->next;
	struct block *b = block_at(h, from); /* the next one that reaches beyond `from` */
	while (from < end && !h->enough) {
		if (b && b->at <= from) {
			from = block_end(b);
			b = b->next;
			continue;
		}
		int64_t stop = b && b->at < end ? b->at : end;
		if (from == h->next) {
			deliver_part(t, h, in, from, stop);
			drain(t, h);
			b = h->first;
			found = true;
		} else if (block_insert(t, h, in, from, stop, b)) {
			found = true;
		} else {
			*failed = true;
		}
		from = stop > h->next ? stop : h->next;
	}
	return found;
}

static void keep_limits(struct flow_table *t, struct half *h)
{
	while (h->held_bytes > t->limits.held_bytes_flow || h->n_blocks > BLOCKS_MAX)
		half_give_up(t, h);
	while (t->held_bytes > t->limits.held_bytes && !list_empty(&t->holes))
		half_give_up(t, LIST_ENTRY(list_first(&t->holes), struct half, hole));
}

enum segment_row half_push(struct flow_table *t, struct half *h, const struct arrival *in)
{
	int64_t end = in->at + (int64_t)in->bytes.len + in->cut;
	if (h->enough) {
		if (end > h->next)
			h->next = h->high = end;
		return SEGMENT_IGNORED;
	}
	if (end <= h->next)
		return row_of_known(h, in, end);
	if (end > h->fin_at || h->ended)
		return SEGMENT_OUTSIDE;
	if (end > h->high)
		h->high = end;
	if (!h->first && in->at == h->next) { /* as nearly always */
		deliver(t, h, in, true);
		if (!list_empty(&h->hole) || h->acked > h->next)
			half_settle(t, h);
		return SEGMENT_DATA;
	}
	bool failed = false;
	if (h->first)
		note_differences(t, h, in, end);
	if (in->at > h->next)
		t->counts[SEGMENT_OUT_OF_ORDER]++;
	bool found = fill(t, h, in, end, &failed);
	half_settle(t, h);
	keep_limits(t, h);
	if (found)
		return SEGMENT_DATA;
	return failed ? SEGMENT_REFUSED : SEGMENT_DUPLICATE;
}
