/* writer: fronts, which fill chunks, and the one thread behind them, which empties them into the file.
 *
 * A front belongs to the thread that writes through it: its chunk and the counters beside that need no lock. Encoder and sink belong to the
 * file's thread until it is joined; the rest stands under the mutex. Chunks go round: front, queue, thread, free list. */
#include "log/writer.h"

#include "base/clock.h"
#include "base/units.h"
#include "log/encode.h"
#include "log/opened.h"
#include "log/record.h"
#include "log/sink.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_FRAME (1u << 20)
#define DEFAULT_QUEUE (64u << 20)
#define FRAME_MAX     (256u << 20)
#define CHUNK_MAX     (3ull << 30) /* of text: zstd's seek table counts in 32 bits */
#define RETRY_NS      (10 * NS_PER_MS)
#define WAIT_FRAMES   4

static const struct tally_row rows[] = {
	[LOG_OFFERED] = { "offered", "records offered", TALLY_TOTAL, false },
	[LOG_WRITTEN] = { "written", "written", TALLY_PART, false },
	[LOG_QUEUE_FULL] = { "queue_full", "dropped, the disk was too slow", TALLY_PART, true },
	[LOG_FAILED] = { "failed", "lost, the file could not be written", TALLY_PART, true },
	[LOG_TEXT_BYTES] = { "text_bytes", "bytes before compression", TALLY_NOTE, false },
	[LOG_FILE_BYTES] = { "file_bytes", "bytes in the file", TALLY_NOTE, false },
	[LOG_FRAMES] = { "frames", "frames", TALLY_NOTE, false },
};
const struct tally_table log_writer_table = { "output", rows, LOG_WRITER_ROWS };

/* What the fronts of a file share. */
struct back {
	struct log_writer_options options;
	char *path;
	char note[SINK_NOTE];
	struct encoder *encoder;
	struct sink sink;
	pthread_t thread;

	pthread_mutex_t mutex;
	pthread_cond_t work, room; /* for the thread; for the fronts */
	struct chunk *first, *last, *free;
	size_t queued_bytes; /* of text, with what the thread has in hand */
	unsigned fronts;
	bool stop;
	struct err err;
	int64_t safe_until_ns;
	uint64_t written, file_bytes;
};

struct log_writer {
	struct back *back;
	bool counts_file; /* the file's bytes stand in its account; those of other fronts add to it */
	uint32_t shard;
	struct chunk *cur; /* never NULL between calls */
	int64_t due_ns;    /* when cur must go; TIME_NEVER while it is empty */
	uint64_t offered, queue_full, refused;

	unsigned queued; /* chunks of its own with the thread; this and what follows stands under the mutex */
	uint64_t written, failed, text_bytes, frames;
};

static bool name_ends(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);
	return n >= m && strcmp(path + n - m, end) == 0;
}

enum log_form log_form_of_name(const char *path)
{
	if (name_ends(path, ".gor"))
		return LOG_PLAIN;
	return name_ends(path, ".gz") ? LOG_GZIP : LOG_NATIVE;
}

/* --- the thread -------------------------------------------------------------------------------------------------- */

/* The one sentence of a writer that has failed. Under the mutex. */
static void set_failure(struct back *b, int error)
{
	char n[UNITS_TEXT], until[TIME_TEXT], safe[128] = "nothing was written";
	if (b->written)
		(void)snprintf(safe, sizeof safe, "%s records up to %s are safe in the file", format_count(n, b->written),
		               log_time_text(until, b->safe_until_ns));
	(void)err_set(&b->err, error ? ERR_IO : ERR_NOMEM, "cannot write %s: %s; %s", b->path, error ? strerror(error) : "out of memory",
	              safe);
}

static void store_chunk(struct back *b, const struct chunk *c)
{
	struct log_writer *front = c->front;
	struct slice bytes;
	int error = 0;
	int rc = b->err.code; /* written by this thread only, so readable here without the mutex */
	if (rc == 0) {
		rc = encoder_chunk(b->encoder, c, b->sink.end + b->sink.preamble.len, &bytes);
		if (rc == 0)
			rc = sink_write(&b->sink, bytes, &error);
		if (rc == 0)
			encoder_commit(b->encoder);
	}
	(void)pthread_mutex_lock(&b->mutex);
	if (rc) {
		set_failure(b, error);
		front->failed += c->records;
	} else {
		b->written += c->records;
		b->file_bytes = b->sink.end;
		front->written += c->records;
		front->text_bytes += c->text.len;
		front->frames++;
		if (c->last_ns > b->safe_until_ns)
			b->safe_until_ns = c->last_ns;
	}
	(void)pthread_mutex_unlock(&b->mutex);
}

static void chunk_free(struct chunk *c)
{
	if (c)
		buf_release(&c->text);
	free(c);
}

/* Under the mutex. A chunk that one great record has blown up is not kept. */
static void chunk_recycle(struct back *b, struct chunk *c)
{
	b->queued_bytes -= c->text.len;
	c->front->queued--;
	if (c->text.cap > 4 * b->options.frame_bytes) {
		chunk_free(c);
	} else {
		c->next = b->free;
		b->free = c;
	}
	(void)pthread_cond_broadcast(&b->room);
}

static void *thread_main(void *arg)
{
	struct back *b = arg;
	(void)pthread_mutex_lock(&b->mutex);
	for (;;) {
		while (!b->first && !b->stop)
			(void)pthread_cond_wait(&b->work, &b->mutex);
		struct chunk *c = b->first;
		if (!c)
			break;
		b->first = c->next;
		(void)pthread_mutex_unlock(&b->mutex);
		store_chunk(b, c);
		(void)pthread_mutex_lock(&b->mutex);
		chunk_recycle(b, c);
	}
	(void)pthread_mutex_unlock(&b->mutex);
	return NULL;
}

/* Signals are for the program's own threads. */
static int thread_start(struct back *b)
{
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&b->thread, NULL, thread_main, b);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		(void)pthread_setname_np(b->thread, "replay-log");
	return rc;
}

/* --- a front ------------------------------------------------------------------------------------------------------- */

static struct chunk *chunk_new(const struct back *b)
{
	struct chunk *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	buf_init(&c->text, CHUNK_MAX);
	if (buf_reserve(&c->text, b->options.frame_bytes)) {
		chunk_free(c);
		return NULL;
	}
	return c;
}

static void chunk_empty(struct chunk *c)
{
	c->records = 0;
	buf_clear(&c->text);
}

static bool queue_has_room(const struct back *b, size_t bytes)
{
	size_t queued = b->queued_bytes, limit = b->options.queue_bytes;
	return queued == 0 || (queued <= limit && bytes <= limit - queued);
}

/* The chunk that takes cur's place. Under the mutex. */
static struct chunk *chunk_take(struct back *b)
{
	struct chunk *c = b->free;
	if (!c)
		return chunk_new(b);
	b->free = c->next;
	c->next = NULL;
	chunk_empty(c);
	return c;
}

/* Gives cur to the thread. ERR_LIMIT where the queue is full and `wait` is not set; cur stays then. */
static int hand_over(struct log_writer *w, bool wait, struct err *err)
{
	struct back *b = w->back;
	struct chunk *c = w->cur;
	if (c->records == 0)
		return 0;
	int rc = 0;
	(void)pthread_mutex_lock(&b->mutex);
	while (wait && !b->err.code && !queue_has_room(b, c->text.len))
		(void)pthread_cond_wait(&b->room, &b->mutex);
	struct chunk *next = NULL;
	if (b->err.code)
		rc = err_set(err, b->err.code, "%s", b->err.text);
	else if (!queue_has_room(b, c->text.len))
		rc = ERR_LIMIT;
	else if (!(next = chunk_take(b)))
		rc = err_set(err, ERR_NOMEM, "out of memory");
	if (next) {
		c->front = w;
		c->shard = w->shard;
		*(b->first ? &b->last->next : &b->first) = c;
		b->last = c;
		b->queued_bytes += c->text.len;
		w->queued++;
		w->cur = next;
		w->due_ns = TIME_NEVER;
		(void)pthread_cond_signal(&b->work);
	}
	(void)pthread_mutex_unlock(&b->mutex);
	return rc;
}

static void chunk_note(struct log_writer *w, const struct message *m, int64_t now_ns)
{
	struct chunk *c = w->cur;
	if (c->records++ == 0) {
		c->first_ns = c->last_ns = m->ts_ns;
		w->due_ns = now_ns > TIME_NEVER - w->back->options.flush_ns ? TIME_NEVER : now_ns + w->back->options.flush_ns;
	}
	if (m->ts_ns < c->first_ns)
		c->first_ns = m->ts_ns;
	if (m->ts_ns > c->last_ns)
		c->last_ns = m->ts_ns;
}

int log_writer_write(struct log_writer *w, const struct message *m, int64_t now_ns, struct err *err)
{
	w->offered++;
	size_t need = m->data.len + RECORD_HEAD_WRITTEN + RECORD_SEPARATOR_BYTES;
	int rc = 0;
	if (w->cur->text.len + need > w->back->options.frame_bytes || now_ns >= w->due_ns)
		rc = hand_over(w, w->back->options.wait, err);
	/* Full queue: what is due merely stays longer, what does not fit is refused. So is a record beyond CHUNK_MAX. */
	if (rc == ERR_LIMIT && w->cur->text.len + need <= w->back->options.frame_bytes)
		rc = 0;
	if (rc == 0) {
		rc = record_write(&w->cur->text, m);
		if (rc && rc != ERR_LIMIT)
			(void)err_set(err, (enum err_code)rc, "cannot write %s: %s", w->back->path,
			              rc == ERR_NOMEM ? "out of memory" : "a message of no known type");
	}
	if (rc == 0)
		chunk_note(w, m, now_ns);
	else if (rc == ERR_LIMIT)
		w->queue_full++;
	else
		w->refused++;
	return rc;
}

int64_t log_writer_deadline(const struct log_writer *w)
{
	return w->due_ns;
}

int log_writer_tick(struct log_writer *w, int64_t now_ns, struct err *err)
{
	if (now_ns < w->due_ns)
		return 0;
	int rc = hand_over(w, w->back->options.wait, err);
	if (rc != ERR_LIMIT)
		return rc;
	w->due_ns = now_ns + RETRY_NS;
	return 0;
}

int log_writer_flush(struct log_writer *w, struct err *err)
{
	struct back *b = w->back;
	int rc = hand_over(w, true, err);
	(void)pthread_mutex_lock(&b->mutex);
	while (w->queued)
		(void)pthread_cond_wait(&b->room, &b->mutex);
	if (rc && !b->err.code) { /* no memory for the chunk that would follow: nobody may ask again, so this one is lost, counted */
		w->refused += w->cur->records;
		chunk_empty(w->cur);
		w->due_ns = TIME_NEVER;
	}
	if (rc == 0 && b->err.code)
		rc = err_set(err, b->err.code, "%s", b->err.text);
	(void)pthread_mutex_unlock(&b->mutex);
	return rc;
}

void log_writer_counts(const struct log_writer *w, uint64_t out[LOG_WRITER_ROWS])
{
	struct back *b = w->back;
	(void)pthread_mutex_lock(&b->mutex);
	out[LOG_OFFERED] = w->offered;
	out[LOG_WRITTEN] = w->written;
	out[LOG_QUEUE_FULL] = w->queue_full;
	out[LOG_FAILED] = w->failed + w->refused + (b->err.code ? w->cur->records : 0);
	out[LOG_TEXT_BYTES] = w->text_bytes;
	out[LOG_FILE_BYTES] = w->counts_file ? b->file_bytes : 0;
	out[LOG_FRAMES] = w->frames;
	(void)pthread_mutex_unlock(&b->mutex);
}

/* --- life ---------------------------------------------------------------------------------------------------------------- */

static struct log_writer_options with_defaults(const struct log_writer_options *given)
{
	struct log_writer_options o = given ? *given : (struct log_writer_options){ 0 };
	if (o.flush_ns <= 0)
		o.flush_ns = NS_PER_S;
	if (o.frame_bytes == 0)
		o.frame_bytes = DEFAULT_FRAME;
	if (o.frame_bytes > FRAME_MAX)
		o.frame_bytes = FRAME_MAX;
	if (o.queue_bytes == 0)
		o.queue_bytes = o.wait ? WAIT_FRAMES * o.frame_bytes : DEFAULT_QUEUE;
	if (!o.io)
		o.io = &log_io_system;
	return o;
}

static void back_free(struct back *b)
{
	for (struct chunk *c; (c = b->free);) {
		b->free = c->next;
		chunk_free(c);
	}
	(void)pthread_cond_destroy(&b->work);
	(void)pthread_cond_destroy(&b->room);
	(void)pthread_mutex_destroy(&b->mutex);
	encoder_free(b->encoder);
	free(b->path);
	free(b);
}

static int back_open(struct back *b, struct err *err)
{
	enum log_form form = log_form_of_name(b->path);
	b->encoder = encoder_new(form, b->options.level, err);
	if (!b->encoder)
		return ERR_NOMEM;
	b->sink = (struct sink){ .fd = -1, .path = b->path, .io = b->options.io };
	int rc = sink_open(&b->sink, b->encoder, form, b->options.append, b->note, err);
	if (rc)
		return rc;
	b->file_bytes = b->sink.end;
	int error = thread_start(b);
	if (error == 0)
		return 0;
	errno = error;
	rc = err_set_errno(err, "cannot start a thread to write %s", b->path);
	(void)sink_close(&b->sink, NULL);
	return rc;
}

static struct back *back_new(const char *path, const struct log_writer_options *options)
{
	struct back *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	b->options = with_defaults(options);
	b->safe_until_ns = INT64_MIN;
	(void)pthread_mutex_init(&b->mutex, NULL);
	(void)pthread_cond_init(&b->work, NULL);
	(void)pthread_cond_init(&b->room, NULL);
	b->path = strdup(path);
	if (b->path)
		return b;
	back_free(b);
	return NULL;
}

static void front_free(struct log_writer *w)
{
	if (!w)
		return;
	chunk_free(w->cur);
	free(w);
}

static struct log_writer *front_new(struct back *b, uint32_t shard)
{
	struct log_writer *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->back = b;
	w->shard = shard;
	w->due_ns = TIME_NEVER;
	w->cur = chunk_new(b);
	if (w->cur)
		return w;
	front_free(w);
	return NULL;
}

struct log_writer *log_writer_open(const char *path, const struct log_writer_options *options, struct err *err)
{
	struct back *b = back_new(path, options);
	struct log_writer *w = b ? front_new(b, b->options.shard) : NULL;
	if (!w)
		(void)err_set(err, ERR_NOMEM, "out of memory");
	if (w && back_open(b, err) == 0) {
		w->counts_file = true;
		b->fronts = 1;
		return w;
	}
	front_free(w);
	if (b)
		back_free(b);
	return NULL;
}

struct log_writer *log_writer_another(struct log_writer *first, uint32_t shard, struct err *err)
{
	struct back *b = first->back;
	struct log_writer *w = front_new(b, shard);
	if (!w) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		return NULL;
	}
	(void)pthread_mutex_lock(&b->mutex);
	b->fronts++;
	(void)pthread_mutex_unlock(&b->mutex);
	return w;
}

const char *log_writer_note(const struct log_writer *w)
{
	return w->back->note[0] ? w->back->note : NULL;
}

/* After a failure too: where there is room for an index behind the frames that are safe, it makes the file a whole log. */
static int write_end(struct back *b, struct slice ledger_json, struct err *err)
{
	struct slice bytes;
	int error = 0;
	int rc = encoder_finish(b->encoder, b->sink.end, ledger_json, &bytes);
	if (rc)
		return err_set(err, (enum err_code)rc, "cannot write the index of %s: %s", b->path,
		               rc == ERR_NOMEM ? "out of memory" : "the log has too many frames");
	rc = sink_write(&b->sink, bytes, &error);
	if (rc == 0)
		return 0;
	errno = error;
	return err_set_errno(err, "cannot write the index of %s, which reads without it", b->path);
}

static int back_close(struct back *b, struct slice ledger_json, struct err *err)
{
	(void)pthread_mutex_lock(&b->mutex);
	b->stop = true;
	(void)pthread_cond_signal(&b->work);
	(void)pthread_mutex_unlock(&b->mutex);
	(void)pthread_join(b->thread, NULL);
	int end_rc = write_end(b, ledger_json, err);
	int close_rc = sink_close(&b->sink, err);
	back_free(b);
	return end_rc ? end_rc : close_rc;
}

int log_writer_close(struct log_writer *w, struct slice ledger_json, struct err *err)
{
	struct err own = { 0 };
	struct err *first = err ? err : &own;
	struct back *b = w->back;
	int rc = log_writer_flush(w, first);
	(void)pthread_mutex_lock(&b->mutex);
	bool last = --b->fronts == 0;
	(void)pthread_mutex_unlock(&b->mutex);
	front_free(w);
	int back_rc = last ? back_close(b, ledger_json, first) : 0;
	return rc ? rc : back_rc;
}
