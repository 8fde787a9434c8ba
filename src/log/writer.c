/* writer: the front, which fills chunks, and the thread behind it, which empties them.
 *
 * Only `cur` and the counters beside it belong to the front; encoder and sink belong to the thread until it is joined; the rest stands under
 * the mutex. Chunks go round: front, queue, thread, free list. */
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

struct shared {
	pthread_mutex_t mutex;
	pthread_cond_t work, room; /* for the thread; for the front */
	struct chunk *first, *last, *free;
	size_t queued_bytes; /* of text, with what the thread has in hand */
	bool stop;
	struct err err;
	int64_t safe_until_ns;
	uint64_t written, failed, text_bytes, frames, file_bytes;
};

struct log_writer {
	struct log_writer_options options;
	char *path;
	char note[SINK_NOTE];
	struct encoder *encoder;
	struct sink sink;
	struct shared *shared; /* not inline: a const writer may still lock it */
	pthread_t thread;
	bool running;

	struct chunk *cur; /* never NULL between calls */
	int64_t due_ns;    /* when cur must go; TIME_NEVER while it is empty */
	uint64_t offered, queue_full, refused;
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
static void set_failure(struct log_writer *w, int error)
{
	struct shared *s = w->shared;
	char n[UNITS_TEXT], until[TIME_TEXT], safe[128] = "nothing was written";
	if (s->written)
		(void)snprintf(safe, sizeof safe, "%s records up to %s are safe in the file", format_count(n, s->written),
		               log_time_text(until, s->safe_until_ns));
	(void)err_set(&s->err, error ? ERR_IO : ERR_NOMEM, "cannot write %s: %s; %s", w->path, error ? strerror(error) : "out of memory",
	              safe);
}

static void store_chunk(struct log_writer *w, const struct chunk *c)
{
	struct shared *s = w->shared;
	struct slice bytes;
	int error = 0;
	int rc = s->err.code; /* written by this thread only, so readable here without the mutex */
	if (rc == 0) {
		rc = encoder_chunk(w->encoder, c, w->sink.end + w->sink.preamble.len, &bytes);
		if (rc == 0)
			rc = sink_write(&w->sink, bytes, &error);
		if (rc == 0)
			encoder_commit(w->encoder);
	}
	(void)pthread_mutex_lock(&s->mutex);
	if (rc) {
		set_failure(w, error);
		s->failed += c->records;
	} else {
		s->written += c->records;
		s->text_bytes += c->text.len;
		s->file_bytes = w->sink.end;
		s->frames++;
		if (c->last_ns > s->safe_until_ns)
			s->safe_until_ns = c->last_ns;
	}
	(void)pthread_mutex_unlock(&s->mutex);
}

static void chunk_free(struct chunk *c)
{
	if (c)
		buf_release(&c->text);
	free(c);
}

/* Under the mutex. A chunk that one great record has blown up is not kept. */
static void chunk_recycle(struct log_writer *w, struct chunk *c)
{
	struct shared *s = w->shared;
	s->queued_bytes -= c->text.len;
	if (c->text.cap > 4 * w->options.frame_bytes) {
		chunk_free(c);
	} else {
		c->next = s->free;
		s->free = c;
	}
	(void)pthread_cond_signal(&s->room);
}

static void *thread_main(void *arg)
{
	struct log_writer *w = arg;
	struct shared *s = w->shared;
	(void)pthread_mutex_lock(&s->mutex);
	for (;;) {
		while (!s->first && !s->stop)
			(void)pthread_cond_wait(&s->work, &s->mutex);
		struct chunk *c = s->first;
		if (!c)
			break;
		s->first = c->next;
		(void)pthread_mutex_unlock(&s->mutex);
		store_chunk(w, c);
		(void)pthread_mutex_lock(&s->mutex);
		chunk_recycle(w, c);
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return NULL;
}

/* Signals are for the program's own threads. */
static int thread_start(struct log_writer *w)
{
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&w->thread, NULL, thread_main, w);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc)
		return rc;
	w->running = true;
	(void)pthread_setname_np(w->thread, "replay-log");
	return 0;
}

/* --- the front ------------------------------------------------------------------------------------------------------- */

static struct chunk *chunk_new(const struct log_writer *w)
{
	struct chunk *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	buf_init(&c->text, CHUNK_MAX);
	if (buf_reserve(&c->text, w->options.frame_bytes)) {
		chunk_free(c);
		return NULL;
	}
	return c;
}

static bool queue_has_room(const struct log_writer *w, size_t bytes)
{
	size_t queued = w->shared->queued_bytes, limit = w->options.queue_bytes;
	return queued == 0 || (queued <= limit && bytes <= limit - queued);
}

/* The chunk that takes cur's place. Under the mutex. */
static struct chunk *chunk_take(struct log_writer *w)
{
	struct chunk *c = w->shared->free;
	if (!c)
		return chunk_new(w);
	w->shared->free = c->next;
	c->next = NULL;
	c->records = 0;
	buf_clear(&c->text);
	return c;
}

/* Gives cur to the thread. ERR_LIMIT where the queue is full and `wait` is not set; cur stays then. */
static int hand_over(struct log_writer *w, bool wait, struct err *err)
{
	struct shared *s = w->shared;
	struct chunk *c = w->cur;
	if (c->records == 0)
		return 0;
	int rc = 0;
	(void)pthread_mutex_lock(&s->mutex);
	while (wait && !s->err.code && !queue_has_room(w, c->text.len))
		(void)pthread_cond_wait(&s->room, &s->mutex);
	struct chunk *next = NULL;
	if (s->err.code)
		rc = err_set(err, s->err.code, "%s", s->err.text);
	else if (!queue_has_room(w, c->text.len))
		rc = ERR_LIMIT;
	else if (!(next = chunk_take(w)))
		rc = err_set(err, ERR_NOMEM, "out of memory");
	if (next) {
		*(s->first ? &s->last->next : &s->first) = c;
		s->last = c;
		s->queued_bytes += c->text.len;
		w->cur = next;
		w->due_ns = TIME_NEVER;
		(void)pthread_cond_signal(&s->work);
	}
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

static void chunk_note(struct log_writer *w, const struct message *m, int64_t now_ns)
{
	struct chunk *c = w->cur;
	if (c->records++ == 0) {
		c->first_ns = c->last_ns = m->ts_ns;
		w->due_ns = now_ns > TIME_NEVER - w->options.flush_ns ? TIME_NEVER : now_ns + w->options.flush_ns;
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
	if (w->cur->text.len + need > w->options.frame_bytes || now_ns >= w->due_ns)
		rc = hand_over(w, w->options.wait, err);
	/* Full queue: what is due merely stays longer, what does not fit is refused. So is a record beyond CHUNK_MAX. */
	if (rc == ERR_LIMIT && w->cur->text.len + need <= w->options.frame_bytes)
		rc = 0;
	if (rc == 0) {
		rc = record_write(&w->cur->text, m);
		if (rc && rc != ERR_LIMIT)
			(void)err_set(err, (enum err_code)rc, "cannot write %s: %s", w->path,
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
	int rc = hand_over(w, w->options.wait, err);
	if (rc != ERR_LIMIT)
		return rc;
	w->due_ns = now_ns + RETRY_NS;
	return 0;
}

int log_writer_flush(struct log_writer *w, struct err *err)
{
	struct shared *s = w->shared;
	int rc = hand_over(w, true, err);
	(void)pthread_mutex_lock(&s->mutex);
	while (s->queued_bytes)
		(void)pthread_cond_wait(&s->room, &s->mutex);
	if (rc == 0 && s->err.code)
		rc = err_set(err, s->err.code, "%s", s->err.text);
	(void)pthread_mutex_unlock(&s->mutex);
	return rc;
}

void log_writer_counts(const struct log_writer *w, uint64_t out[LOG_WRITER_ROWS])
{
	struct shared *s = w->shared;
	(void)pthread_mutex_lock(&s->mutex);
	out[LOG_OFFERED] = w->offered;
	out[LOG_WRITTEN] = s->written;
	out[LOG_QUEUE_FULL] = w->queue_full;
	out[LOG_FAILED] = s->failed + w->refused + (s->err.code ? w->cur->records : 0);
	out[LOG_TEXT_BYTES] = s->text_bytes;
	out[LOG_FILE_BYTES] = s->file_bytes;
	out[LOG_FRAMES] = s->frames;
	(void)pthread_mutex_unlock(&s->mutex);
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

static void writer_free(struct log_writer *w)
{
	struct shared *s = w->shared;
	if (s) {
		while (s->free) {
			struct chunk *c = s->free;
			s->free = c->next;
			chunk_free(c);
		}
		(void)pthread_cond_destroy(&s->work);
		(void)pthread_cond_destroy(&s->room);
		(void)pthread_mutex_destroy(&s->mutex);
		free(s);
	}
	chunk_free(w->cur);
	encoder_free(w->encoder);
	free(w->path);
	free(w);
}

static struct shared *shared_new(void)
{
	struct shared *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->safe_until_ns = INT64_MIN;
	(void)pthread_mutex_init(&s->mutex, NULL);
	(void)pthread_cond_init(&s->work, NULL);
	(void)pthread_cond_init(&s->room, NULL);
	return s;
}

static int writer_open(struct log_writer *w, const char *path, struct err *err)
{
	enum log_form form = log_form_of_name(path);
	w->path = strdup(path);
	w->shared = shared_new();
	w->cur = chunk_new(w);
	if (!w->path || !w->shared || !w->cur)
		return err_set(err, ERR_NOMEM, "out of memory");
	w->encoder = encoder_new(form, w->options.level, w->options.shard, err);
	if (!w->encoder)
		return ERR_NOMEM;
	w->sink = (struct sink){ .fd = -1, .path = w->path, .io = w->options.io };
	int rc = sink_open(&w->sink, w->encoder, form, w->options.append, w->note, err);
	if (rc)
		return rc;
	w->shared->file_bytes = w->sink.end;
	int error = thread_start(w);
	if (error == 0)
		return 0;
	errno = error;
	rc = err_set_errno(err, "cannot start a thread to write %s", path);
	(void)sink_close(&w->sink, NULL);
	return rc;
}

struct log_writer *log_writer_open(const char *path, const struct log_writer_options *options, struct err *err)
{
	struct log_writer *w = calloc(1, sizeof *w);
	if (!w) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		return NULL;
	}
	w->options = with_defaults(options);
	w->due_ns = TIME_NEVER;
	if (writer_open(w, path, err) == 0)
		return w;
	writer_free(w);
	return NULL;
}

const char *log_writer_note(const struct log_writer *w)
{
	return w->note[0] ? w->note : NULL;
}

/* After a failure too: where there is room for an index behind the frames that are safe, it makes the file a whole log. */
static int write_end(struct log_writer *w, struct slice ledger_json, struct err *err)
{
	struct slice bytes;
	int error = 0;
	int rc = encoder_finish(w->encoder, w->sink.end, ledger_json, &bytes);
	if (rc)
		return err_set(err, (enum err_code)rc, "cannot write the index of %s: %s", w->path,
		               rc == ERR_NOMEM ? "out of memory" : "the log has too many frames");
	rc = sink_write(&w->sink, bytes, &error);
	if (rc == 0)
		return 0;
	errno = error;
	return err_set_errno(err, "cannot write the index of %s, which reads without it", w->path);
}

int log_writer_close(struct log_writer *w, struct slice ledger_json, struct err *err)
{
	struct err own = { 0 };
	struct err *first = err ? err : &own;
	int rc = log_writer_flush(w, first);
	(void)pthread_mutex_lock(&w->shared->mutex);
	w->shared->stop = true;
	(void)pthread_cond_signal(&w->shared->work);
	(void)pthread_mutex_unlock(&w->shared->mutex);
	(void)pthread_join(w->thread, NULL);
	int end_rc = write_end(w, ledger_json, first);
	int close_rc = sink_close(&w->sink, first);
	writer_free(w);
	return rc ? rc : end_rc ? end_rc : close_rc;
}
