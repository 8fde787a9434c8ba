/* stream: a pipe, a gzip file, a zstd file without frames of ours: read from front to back, put in order within a window.
 *
 * Text of a frame whose checksum has not been seen yet is held back up to UNSURE_MAX, so that damage in a frame of ordinary size gives no
 * wrong record. Owns what it has read ahead. */
#include "base/heap.h"
#include "base/units.h"
#include "log/opened.h"
#include "log/record.h"
#include "log/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define WINDOW_DEFAULT (24u << 20) /* bytes of messages that wait to be put in order */
#define UNSURE_MAX     (8u << 20)
#define IN_ROOM        (128u << 10)
#define OUT_ROOM       (256u << 10)

struct stream {
	struct opened_log *s;
	struct unpacker *unpacker; /* NULL: plain */
	uint8_t *in;
	size_t in_at, in_len;
	uint64_t at; /* bytes of the file read */
	struct buf text;
	size_t text_at;   /* first byte not yet given */
	size_t sure;      /* bytes of text that may be given */
	bool ended, torn; /* no more text; it ended inside a frame */
	bool in_damage;
	struct heap heap;
	size_t held, window;
	int64_t newest_given;
	bool given;
};

static const enum unpack_form decode_of[] = {
	[LOG_KIND_TEXT] = UNPACK_PLAIN,
	[LOG_KIND_GZIP] = UNPACK_GZIP,
	[LOG_KIND_ZSTD] = UNPACK_ZSTD,
};

static int read_input(struct stream *t, struct err *err)
{
	struct opened_log *s = t->s;
	t->in_at = t->in_len = 0;
	if (s->head.len) { /* what was read to tell the form */
		t->in_len = s->head.len < IN_ROOM ? s->head.len : IN_ROOM;
		memcpy(t->in, s->head.ptr, t->in_len);
		buf_consume(&s->head, t->in_len);
	} else {
		ssize_t n;
		do
			n = read(s->fd, t->in, IN_ROOM);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return opened_read_failed(s, err);
		t->in_len = (size_t)n;
	}
	t->at += t->in_len;
	return 0;
}

static void end_of_input(struct stream *t)
{
	t->ended = true;
	t->torn = unpacker_inside(t->unpacker);
	if (t->torn)
		opened_note(t->s, NOTE_TRUNCATED,
		            "ends inside a %s: the writer was stopped, or the file was cut; whole records before that are read",
		            t->s->kind == LOG_KIND_GZIP ? "gzip member" : "frame");
	t->sure = t->text.len;
}

/* What the bad frame has given so far goes, as far as it has not been given on. */
static void lose_frame(struct stream *t)
{
	struct opened_log *s = t->s;
	char at[UNITS_TEXT];
	s->counts[LOG_READ_DAMAGED_FRAMES]++;
	/* How many records were in it nobody knows: it counts as one, so that the account never says nothing is missing. */
	s->counts[LOG_READ_SEEN]++;
	s->counts[LOG_READ_DAMAGED_RECORDS]++;
	t->in_damage = true;
	t->text.len = t->sure;
	opened_note(s, NOTE_DAMAGED_FRAME, "the %s that was being read at byte %s is damaged and left out",
	            s->kind == LOG_KIND_GZIP ? "gzip member" : "frame", format_count(at, t->at - (t->in_len - t->in_at)));
}

static int decode_more(struct stream *t, struct err *err)
{
	if (buf_reserve(&t->text, OUT_ROOM))
		return opened_no_memory(err);
	struct unpack_step step;
	struct slice in = slice_of(t->in + t->in_at, t->in_len - t->in_at);
	enum unpack_result r = unpacker_run(t->unpacker, in, t->text.ptr + t->text.len, t->text.cap - t->text.len, &step);
	t->in_at += step.used;
	t->text.len += step.made;
	if (r == UNPACK_NOMEM)
		return opened_no_memory(err);
	if (r == UNPACK_DAMAGED)
		lose_frame(t);
	else if (r == UNPACK_FRAME_END || t->s->kind == LOG_KIND_TEXT || t->text.len - t->sure > UNSURE_MAX)
		t->sure = t->text.len;
	/* No progress with all input used: more is needed. */
	if (t->in_at < t->in_len || step.made)
		return 0;
	int rc = read_input(t, err);
	if (rc == 0 && t->in_len == 0)
		end_of_input(t);
	return rc;
}

/* At least `need` bytes that may be given, or the end. */
static int fill(struct stream *t, size_t need, struct err *err)
{
	buf_consume(&t->text, t->text_at);
	t->sure -= t->text_at;
	t->text_at = 0;
	int rc = 0;
	while (rc == 0 && !t->ended && t->sure < need)
		rc = decode_more(t, err);
	return rc;
}

static void count_damage(struct stream *t, const struct record_mark *mark)
{
	struct opened_log *s = t->s;
	char at[UNITS_TEXT];
	if (!t->in_damage) {
		s->counts[LOG_READ_SEEN]++;
		s->counts[LOG_READ_DAMAGED_RECORDS]++;
	}
	s->counts[LOG_READ_SKIPPED_BYTES] += mark->used;
	t->in_damage = !mark->resynced;
	opened_note(s, NOTE_DAMAGED_RECORD,
	            "near byte %s stands no record (or one whose n= disagrees with its length): left out up to the next separator",
	            format_count(at, t->at));
}

/* The next record in the file's order. END: no more. */
static enum log_read read_one(struct stream *t, struct message **out, struct err *err)
{
	struct opened_log *s = t->s;
	for (;;) {
		struct slice rest = slice_of(t->text.ptr ? t->text.ptr + t->text_at : NULL, t->sure - t->text_at);
		struct record_mark mark = { .need = 1 };
		enum record_result r = RECORD_MORE;
		if (rest.len)
			r = record_scan(rest, t->ended && !t->torn, s->options.message_bytes, &mark);
		else if (t->ended)
			return LOG_READ_END;
		if (r == RECORD_MORE && !t->ended) {
			if (fill(t, mark.need, err))
				return LOG_READ_FAIL;
			continue;
		}
		if (r == RECORD_MORE)
			mark.used = rest.len;
		t->text_at += mark.used;
		if (r != RECORD_OK) {
			count_damage(t, &mark);
			continue;
		}
		t->in_damage = false;
		if (!opened_wants(s, mark.ts_ns)) {
			s->counts[LOG_READ_SEEN]++;
			s->counts[LOG_READ_OUTSIDE]++;
			continue;
		}
		size_t used;
		if (record_read(slice_cut(rest, 0, mark.used), true, s->options.message_bytes, &used, out) == RECORD_OK)
			return LOG_READ_MESSAGE;
		(void)opened_no_memory(err);
		return LOG_READ_FAIL;
	}
}

static size_t weight(const struct message *m)
{
	return sizeof *m + m->data.cap;
}

static enum log_read pop_one(struct stream *t, struct message **out)
{
	struct message *m = heap_pop(&t->heap);
	if (!m)
		return LOG_READ_END;
	t->held -= weight(m);
	if (t->given && m->ts_ns < t->newest_given)
		opened_note(t->s, NOTE_ORDER,
		            "records are further out of order than the %zu MiB this form can be put in order within; convert it to a "
		            "native log to have them in order",
		            t->window >> 20);
	if (!t->given || m->ts_ns > t->newest_given)
		t->newest_given = m->ts_ns;
	t->given = true;
	*out = m;
	return LOG_READ_MESSAGE;
}

enum log_read stream_next(struct stream *t, struct message **out, struct err *err)
{
	if (t->s->options.file_order)
		return read_one(t, out, err);
	while (t->held < t->window) {
		struct message *m = NULL;
		enum log_read r = read_one(t, &m, err);
		if (r == LOG_READ_FAIL)
			return r;
		if (r == LOG_READ_END)
			break;
		if (heap_push(&t->heap, m->ts_ns, m)) {
			message_unref(m);
			(void)opened_no_memory(err);
			return LOG_READ_FAIL;
		}
		t->held += weight(m);
	}
	return pop_one(t, out);
}

struct stream *stream_open(struct opened_log *s, struct err *err)
{
	struct stream *t = calloc(1, sizeof *t);
	if (t) {
		t->s = s;
		t->window = s->options.held_bytes ? s->options.held_bytes : WINDOW_DEFAULT;
		heap_init(&t->heap, SIZE_MAX);
		buf_init(&t->text, SIZE_MAX / 2);
		t->in = malloc(IN_ROOM);
		t->unpacker = unpacker_new(decode_of[s->kind]);
	}
	if (t && t->in && t->unpacker)
		return t;
	stream_close(t);
	(void)opened_no_memory(err);
	return NULL;
}

uint64_t stream_at(const struct stream *t)
{
	return t->at;
}

void stream_close(struct stream *t)
{
	if (!t)
		return;
	for (struct message *m; (m = heap_pop(&t->heap));)
		message_unref(m);
	heap_release(&t->heap);
	buf_release(&t->text);
	unpacker_free(t->unpacker);
	free(t->in);
	free(t);
}
