/* ordered: a heap of cursors, one per frame (or chunk of a plain file), by the time of the next record in it.
 *
 * A frame is decompressed when its first record's turn comes and let go after its last. When too many overlap, the one that is wanted last
 * is let go early and read again. Owns the index, the cursors and what is loaded. */
#include "base/heap.h"
#include "base/list.h"
#include "base/units.h"
#include "log/opened.h"
#include "log/record.h"
#include "log/scan.h"
#include "log/unpack.h"

#include <errno.h>
#include <stdlib.h>

#define HELD_DEFAULT (256u << 20) /* bytes of loaded frames before one is let go early */
#define MEASURE_MAX  (64u << 20)  /* text of a frame without a header that is still taken for one of a log */
#define TEXT_SLACK   (64u << 20)  /* a frame may be longer than the longest record by this */
#define FIRST_ROOM   (8u << 20)   /* allocated at once on a header's word; more only as text really comes */
#define CHUNK_TEXT   (1u << 20)   /* of a plain file */
#define FRAMES_LIMIT (1u << 27)

struct place {
	int64_t ts_ns;
	uint32_t turn; /* order in the frame, for equal times */
	uint32_t len;  /* UINT32_MAX: find out again */
	size_t at;
};

struct cursor_of_frame {
	struct list loaded; /* in ordered.loaded while it is */
	const struct frame_entry *frame;
	struct buf text;
	struct place *places;
	size_t n, cap, next;
	bool counted; /* what is damaged or outside in it has been counted */
};

struct ordered {
	struct opened_log *s;
	struct frame_index index;
	struct scan_report report;
	struct cursor_of_frame *cursors; /* one per index entry */
	struct heap heap;
	struct list loaded;
	size_t held, held_max;
	struct buf stored, spare; /* compressed bytes; a text buffer to use again */
	struct unpacker *unpacker;
	uint64_t done_bytes, all_bytes;
};

static uint8_t *stored_bytes(struct ordered *o, const struct frame_entry *e, int *rc)
{
	buf_clear(&o->stored);
	*rc = buf_reserve(&o->stored, (size_t)e->stored); /* lies within the file: scan saw to it */
	if (*rc)
		return NULL;
	int64_t got = log_read_at(o->s->fd, e->offset + e->header, o->stored.ptr, (size_t)e->stored);
	*rc = got < 0 ? ERR_IO : got < (int64_t)e->stored ? ERR_FORMAT : 0;
	return o->stored.ptr;
}

/* The text of a frame. ERR_FORMAT: damaged, or longer than limit. */
static int load_zstd(struct ordered *o, const struct frame_entry *e, size_t limit, struct buf *text)
{
	int rc;
	struct slice in = slice_of(stored_bytes(o, e, &rc), (size_t)e->stored);
	if (rc)
		return rc;
	text->max = limit;
	unpacker_reset(o->unpacker);
	size_t want = e->text < FIRST_ROOM ? (size_t)e->text + 1 : FIRST_ROOM;
	enum unpack_result r = UNPACK_GOING;
	while (r == UNPACK_GOING) {
		if (text->len == text->cap || text->cap < want) {
			rc = buf_reserve(text, text->len < want ? want - text->len : 1);
			if (rc)
				return rc == ERR_LIMIT ? ERR_FORMAT : rc;
		}
		struct unpack_step step;
		r = unpacker_run(o->unpacker, in, text->ptr + text->len, text->cap - text->len, &step);
		in = slice_from(in, step.used);
		text->len += step.made;
		if (r == UNPACK_GOING && in.len == 0 && text->len < text->cap)
			return ERR_FORMAT; /* wants bytes that are not there */
	}
	return r == UNPACK_FRAME_END ? 0 : r == UNPACK_NOMEM ? ERR_NOMEM : ERR_FORMAT;
}

static int load_plain(struct ordered *o, const struct frame_entry *e, size_t limit, struct buf *text)
{
	(void)limit;
	text->max = SIZE_MAX / 2;
	int rc = buf_reserve(text, (size_t)e->stored);
	if (rc)
		return rc;
	int64_t got = log_read_at(o->s->fd, e->offset, text->ptr, (size_t)e->stored);
	if (got < 0)
		return ERR_IO;
	text->len = (size_t)got;
	return 0;
}

static int load_text(struct ordered *o, const struct frame_entry *e, size_t limit, struct buf *text)
{
	buf_clear(text);
	return (o->s->kind == LOG_KIND_TEXT ? load_plain : load_zstd)(o, e, limit, text);
}

/* Only the last chunk of a plain file may end with a record that lacks its separator. */
static bool ends_file(const struct ordered *o, const struct frame_entry *e)
{
	return o->s->kind == LOG_KIND_TEXT && e == &o->index.list[o->index.n - 1];
}

static int add_place(struct cursor_of_frame *c, const struct record_mark *mark, size_t at)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? c->cap * 2 : c->frame->records < 65536 ? c->frame->records + 16 : 65536;
		struct place *places = realloc(c->places, cap * sizeof *places);
		if (!places)
			return ERR_NOMEM;
		c->places = places;
		c->cap = cap;
	}
	c->places[c->n] = (struct place){ .ts_ns = mark->ts_ns, .turn = (uint32_t)c->n, .at = at };
	c->places[c->n].len = mark->used < UINT32_MAX ? (uint32_t)mark->used : UINT32_MAX;
	c->n++;
	return 0;
}

static int earlier(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	if (x->ts_ns != y->ts_ns)
		return x->ts_ns < y->ts_ns ? -1 : 1;
	return x->turn < y->turn ? -1 : x->turn > y->turn;
}

static void sort_places(struct cursor_of_frame *c)
{
	for (size_t i = 1; i < c->n; i++)
		if (c->places[i].ts_ns < c->places[i - 1].ts_ns) {
			qsort(c->places, c->n, sizeof *c->places, earlier);
			return;
		}
}

static void tell_damaged_record(struct opened_log *s, uint64_t at)
{
	char n[UNITS_TEXT];
	opened_note(
	        s, NOTE_DAMAGED_RECORD,
	        "bytes from %s on are no record (or a record whose n= disagrees with its length) and are left out up to the next separator",
	        format_count(n, at));
}

/* Finds the records of a loaded frame and counts, the first time, what will not be given. */
static int find_records(struct ordered *o, struct cursor_of_frame *c)
{
	struct opened_log *s = o->s;
	struct slice text = buf_slice(&c->text);
	bool last = ends_file(o, c->frame), in_damage = false;
	c->n = c->next = 0;
	for (size_t at = 0; at < text.len;) {
		struct record_mark mark;
		enum record_result r = record_scan(slice_from(text, at), last, s->options.message_bytes, &mark);
		if (r == RECORD_MORE) {
			r = RECORD_DAMAGED;
			mark.used = text.len - at;
		}
		bool wanted = r == RECORD_OK && opened_wants(s, mark.ts_ns);
		if (wanted && add_place(c, &mark, at))
			return ERR_NOMEM;
		if (!c->counted && !wanted && (r == RECORD_OK || !in_damage)) {
			s->counts[LOG_READ_SEEN]++;
			s->counts[r == RECORD_OK ? LOG_READ_OUTSIDE : LOG_READ_DAMAGED_RECORDS]++;
		}
		if (!c->counted && r == RECORD_DAMAGED) {
			s->counts[LOG_READ_SKIPPED_BYTES] += mark.used;
			tell_damaged_record(s, c->frame->offset + (s->kind == LOG_KIND_TEXT ? at : 0));
		}
		in_damage = r == RECORD_DAMAGED && !mark.resynced;
		at += mark.used;
	}
	c->counted = true;
	if (!s->options.file_order)
		sort_places(c);
	return 0;
}

/* --- loading and letting go ------------------------------------------------------------------------------------------------ */

static size_t weight(const struct cursor_of_frame *c)
{
	return c->text.cap + c->cap * sizeof *c->places;
}

static void unload(struct ordered *o, struct cursor_of_frame *c)
{
	if (list_empty(&c->loaded))
		return;
	o->held -= weight(c);
	list_remove(&c->loaded);
	if (!o->spare.ptr && c->text.cap <= FIRST_ROOM) {
		o->spare = c->text;
		buf_init(&c->text, 0);
	}
	buf_release(&c->text);
	free(c->places);
	c->places = NULL;
	c->cap = 0;
}

static void make_room(struct ordered *o, const struct cursor_of_frame *keep)
{
	while (o->held > o->held_max) {
		struct cursor_of_frame *last = NULL;
		for (struct list *l = o->loaded.next; l != &o->loaded; l = l->next) {
			struct cursor_of_frame *c = LIST_ENTRY(l, struct cursor_of_frame, loaded);
			if (c != keep && (!last || c->places[c->next].ts_ns > last->places[last->next].ts_ns))
				last = c;
		}
		if (!last)
			return;
		unload(o, last);
	}
}

static void lose_frame(struct ordered *o, const struct cursor_of_frame *c)
{
	struct opened_log *s = o->s;
	const struct frame_entry *e = c->frame;
	char at[UNITS_TEXT], n[UNITS_TEXT], from[TIME_TEXT], to[TIME_TEXT];
	s->counts[LOG_READ_DAMAGED_FRAMES]++;
	s->counts[LOG_READ_SKIPPED_BYTES] += e->stored;
	s->counts[LOG_READ_SEEN] += e->records;
	s->counts[LOG_READ_DAMAGED_RECORDS] += e->records;
	opened_note(s, NOTE_DAMAGED_FRAME, "the frame at byte %s is damaged: its %s records, from %s to %s, are left out",
	            format_count(at, e->offset), format_count(n, e->records), log_time_text(from, e->first_ns),
	            log_time_text(to, e->last_ns));
}

/* 0, also for a damaged frame (then without records). */
static int load(struct ordered *o, struct cursor_of_frame *c, struct err *err)
{
	size_t next = c->next; /* where it stood when it was let go early */
	if (o->spare.ptr) {
		c->text = o->spare;
		buf_init(&o->spare, 0);
	}
	int rc = load_text(o, c->frame, o->s->options.message_bytes + TEXT_SLACK, &c->text);
	list_append(&o->loaded, &c->loaded);
	if (rc == ERR_FORMAT) {
		lose_frame(o, c);
		c->n = c->next = 0;
		rc = 0;
	} else if (rc == 0) {
		rc = find_records(o, c);
		c->next = next < c->n ? next : c->n;
	}
	o->held += weight(c);
	if (rc)
		return rc == ERR_IO ? opened_read_failed(o->s, err) : opened_no_memory(err);
	make_room(o, c);
	return 0;
}

/* Equal times go by the place in the file: the heap's turn is the frame's number. */
static int push(struct ordered *o, struct cursor_of_frame *c, int64_t ts_ns)
{
	size_t number = (size_t)(c - o->cursors);
	o->heap.turn = number;
	return heap_push(&o->heap, o->s->options.file_order ? (int64_t)number : ts_ns, c);
}

static enum log_read give(struct ordered *o, struct cursor_of_frame *c, struct message **out, struct err *err)
{
	const struct place *p = &c->places[c->next];
	struct slice bytes = slice_from(buf_slice(&c->text), p->at);
	if (p->len != UINT32_MAX)
		bytes.len = p->len;
	size_t used;
	if (record_read(bytes, ends_file(o, c->frame), o->s->options.message_bytes, &used, out) != RECORD_OK) {
		(void)opened_no_memory(err);
		return LOG_READ_FAIL;
	}
	c->next++;
	return LOG_READ_MESSAGE;
}

enum log_read ordered_next(struct ordered *o, struct message **out, struct err *err)
{
	for (;;) {
		const struct heap_node *top = heap_peek(&o->heap);
		if (!top)
			return LOG_READ_END;
		struct cursor_of_frame *c = top->item;
		bool fresh = list_empty(&c->loaded);
		if (fresh && load(o, c, err))
			return LOG_READ_FAIL;
		/* The index's time may be earlier than the first record that is wanted. */
		bool mine = c->next < c->n && (!fresh || o->s->options.file_order || c->places[c->next].ts_ns <= top->key);
		enum log_read r = mine ? give(o, c, out, err) : LOG_READ_END;
		if (r == LOG_READ_FAIL)
			return r;
		/* Most often the same frame goes on before any other: the heap is left as it is then. */
		if (mine && c->next < c->n && c->places[c->next].ts_ns == top->key)
			return r;
		(void)heap_pop(&o->heap);
		if (c->next < c->n) {
			(void)push(o, c, c->places[c->next].ts_ns); /* never fails: its node was just freed */
		} else {
			o->done_bytes += c->frame->stored;
			unload(o, c);
		}
		if (r == LOG_READ_MESSAGE)
			return r;
	}
}

/* --- the index ------------------------------------------------------------------------------------------------------------------ */

static int measure(void *arg, struct frame_entry *e)
{
	struct ordered *o = arg;
	struct buf text;
	buf_init(&text, MEASURE_MAX);
	int rc = load_text(o, e, MEASURE_MAX, &text);
	struct slice rest = buf_slice(&text);
	e->text = rest.len;
	e->first_ns = INT64_MAX;
	e->last_ns = INT64_MIN;
	while (rc == 0 && rest.len) {
		struct record_mark mark;
		if (record_scan(rest, false, o->s->options.message_bytes, &mark) != RECORD_OK)
			rc = ERR_UNSUPPORTED;
		if (mark.ts_ns < e->first_ns)
			e->first_ns = mark.ts_ns;
		if (mark.ts_ns > e->last_ns)
			e->last_ns = mark.ts_ns;
		e->records++;
		rest = slice_from(rest, mark.used);
	}
	if (rc == 0 && e->records == 0)
		e->first_ns = e->last_ns = 0;
	buf_release(&text);
	return rc == ERR_FORMAT ? ERR_UNSUPPORTED : rc;
}

static int index_zstd(struct ordered *o)
{
	const struct frame_measure m = { o, measure };
	o->unpacker = unpacker_new(UNPACK_ZSTD);
	return o->unpacker ? scan_file(o->s->fd, o->s->size, &m, &o->index, &o->report) : ERR_NOMEM;
}

static void chunk_add_mark(struct frame_entry *e, const struct record_mark *mark, enum record_result r)
{
	if (r == RECORD_OK) {
		if (e->records == 0 || mark->ts_ns < e->first_ns)
			e->first_ns = mark->ts_ns;
		if (e->records == 0 || mark->ts_ns > e->last_ns)
			e->last_ns = mark->ts_ns;
		e->records++;
	}
	e->stored += mark->used;
	e->text = e->stored;
}

/* First pass over a plain file: chunks of about CHUNK_TEXT, cut between records. */
static int index_text(struct ordered *o)
{
	struct buf *b = &o->stored;
	struct frame_entry e = { 0 };
	uint64_t at = 0; /* of the file, behind what b holds */
	size_t need = CHUNK_TEXT, from = 0;
	bool last = o->s->size == 0;
	int rc = 0;
	while (rc == 0 && (!last || from < b->len)) {
		if (!last && b->len - from < need) {
			buf_consume(b, from);
			from = 0;
			size_t want = need + CHUNK_TEXT - b->len;
			/* One byte more than there is shows the end; no more, whatever a record claims. */
			uint64_t left = o->s->size > at ? o->s->size - at + 1 : 1;
			if (want > left)
				want = (size_t)left;
			if (buf_reserve(b, want))
				return ERR_NOMEM;
			int64_t got = log_read_at(o->s->fd, at, b->ptr + b->len, want);
			if (got < 0)
				return ERR_IO;
			b->len += (size_t)got;
			at += (uint64_t)got;
			last = (size_t)got < want;
		}
		struct record_mark mark;
		enum record_result r = record_scan(slice_from(buf_slice(b), from), last, o->s->options.message_bytes, &mark);
		need = r == RECORD_MORE ? mark.need : 1;
		if (r == RECORD_MORE && !last)
			continue;
		if (r == RECORD_MORE)
			mark.used = b->len - from;
		chunk_add_mark(&e, &mark, r);
		from += mark.used;
		if (e.stored >= CHUNK_TEXT || (last && from == b->len)) {
			rc = frame_index_add(&o->index, &e);
			e = (struct frame_entry){ .offset = frame_end(&e) };
		}
	}
	return rc;
}

static int start(struct ordered *o)
{
	size_t n = o->index.n;
	o->cursors = calloc(n ? n : 1, sizeof *o->cursors);
	if (!o->cursors)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		struct cursor_of_frame *c = &o->cursors[i];
		const struct frame_entry *e = &o->index.list[i];
		list_init(&c->loaded);
		c->frame = e;
		if (opened_wants_span(o->s, e->first_ns, e->last_ns) || e->records == 0) {
			o->all_bytes += e->stored;
			if (push(o, c, e->first_ns))
				return ERR_NOMEM;
		} else {
			o->s->counts[LOG_READ_SEEN] += e->records;
			o->s->counts[LOG_READ_OUTSIDE] += e->records;
		}
	}
	return 0;
}

static void tell_index(const struct ordered *o)
{
	char frames[UNITS_TEXT], bytes[UNITS_TEXT];
	struct opened_log *s = o->s;
	const struct scan_report *r = &o->report;
	s->counts[LOG_READ_SKIPPED_BYTES] += r->skipped_bytes;
	s->counts[LOG_READ_SEEN] += r->lost_records;
	s->counts[LOG_READ_DAMAGED_RECORDS] += r->lost_records;
	if (s->kind != LOG_KIND_ZSTD || o->index.final)
		return;
	(void)format_count(frames, o->index.n);
	(void)format_count(bytes, r->skipped_bytes);
	const char *where = r->tail_bytes == r->skipped_bytes ? "at the end" : "that are damaged";
	if (r->skipped_bytes)
		opened_note(s, NOTE_REBUILT, "no final index (the writer was stopped); rebuilt from %s frame headers; skipped %s bytes %s",
		            frames, bytes, where);
	else
		opened_note(s, NOTE_REBUILT, "no final index (the writer was stopped); rebuilt from %s frame headers", frames);
}

int ordered_open(struct opened_log *s, struct ordered **out, struct err *err)
{
	*out = NULL;
	struct ordered *o = calloc(1, sizeof *o);
	if (!o)
		return opened_no_memory(err);
	o->s = s;
	o->held_max = s->options.held_bytes ? s->options.held_bytes : HELD_DEFAULT;
	list_init(&o->loaded);
	heap_init(&o->heap, FRAMES_LIMIT);
	frame_index_init(&o->index);
	buf_init(&o->stored, SIZE_MAX / 2);
	int rc = s->kind == LOG_KIND_TEXT ? index_text(o) : index_zstd(o);
	if (rc == 0)
		rc = start(o);
	if (rc == 0) {
		tell_index(o);
		*out = o;
		return 0;
	}
	ordered_close(o);
	if (rc == ERR_UNSUPPORTED)
		return 0;
	return rc == ERR_IO ? opened_read_failed(s, err) : opened_no_memory(err);
}

void ordered_close(struct ordered *o)
{
	if (!o)
		return;
	while (!list_empty(&o->loaded))
		unload(o, LIST_ENTRY(o->loaded.next, struct cursor_of_frame, loaded));
	heap_release(&o->heap);
	frame_index_release(&o->index);
	buf_release(&o->stored);
	buf_release(&o->spare);
	unpacker_free(o->unpacker);
	free(o->cursors);
	free(o);
}

double ordered_progress(const struct ordered *o)
{
	return o->all_bytes ? (double)o->done_bytes / (double)o->all_bytes : 1;
}

const struct frame_index *ordered_index(const struct ordered *o)
{
	return &o->index;
}
