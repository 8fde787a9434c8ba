/* writer: messages to a log file: plain, gzip or the native seekable zstd, by the file's name.
 *
 * Takes messages; copies their text at once into a buffer of about 1 MiB, which a thread of its own compresses and writes; that queue
 * is bounded. Owns the file, the thread, the buffers. Several threads may write to one file, each through a writer of its own: frames are whole
 * ones of one writer, and readers put them in order. */
#ifndef REPLAY_LOG_WRITER_H
#define REPLAY_LOG_WRITER_H

#include "model/message.h"
#include "model/tally.h"

enum log_form { LOG_NATIVE, LOG_PLAIN, LOG_GZIP };

/* ".gor" plain, ".gz" gzip, any other the native log. */
enum log_form log_form_of_name(const char *path);

/* What the writer asks of the system; tests put a full disk here. errno as the system calls have it. */
struct log_io {
	int64_t (*write)(int fd, const void *bytes, size_t n);
	int (*truncate)(int fd, int64_t length);
};

struct log_writer_options { /* 0 anywhere: the default */
	bool append;        /* go on after the last whole frame of an existing file; else an existing file is an error */
	bool wait;          /* a full queue makes write() wait (convert) instead of refusing (live) */
	int64_t flush_ns;   /* a frame is closed after that time: 1 s */
	size_t frame_bytes; /* of text in a frame: 1 MiB */
	size_t queue_bytes; /* of text that waits for the thread: 64 MiB for live, 4 frames with `wait` */
	int level;          /* zstd or gzip level */
	uint32_t shard;
	const struct log_io *io; /* NULL: the system's */
};

struct log_writer;

struct log_writer *log_writer_open(const char *path, const struct log_writer_options *options, struct err *err);

/* What appending did to the file's end, one sentence; NULL: nothing worth saying. Lives as long as w. */
const char *log_writer_note(const struct log_writer *w);

/* One more writer to the same file, for another thread; its frames bear that shard. NULL: out of memory. */
struct log_writer *log_writer_another(struct log_writer *first, uint32_t shard, struct err *err);

/* 0: taken. ERR_LIMIT: the queue is full, nothing taken (never with `wait`). Any other error: the file is of no use any more (full disk …),
 * what was written before stands, and err says what; that error comes back at every later call. */
int log_writer_write(struct log_writer *w, const struct message *m, int64_t now_ns, struct err *err);

int64_t log_writer_deadline(const struct log_writer *w); /* when tick must be called for the flush interval; TIME_NEVER */
int log_writer_tick(struct log_writer *w, int64_t now_ns, struct err *err);

/* Hands over what is held and waits until it is in the file: the counts are final then (but for the index's own bytes). 0 or the error. */
int log_writer_flush(struct log_writer *w, struct err *err);

enum log_writer_row { LOG_OFFERED, LOG_WRITTEN, LOG_QUEUE_FULL, LOG_FAILED, LOG_TEXT_BYTES, LOG_FILE_BYTES, LOG_FRAMES, LOG_WRITER_ROWS };
extern const struct tally_table log_writer_table;
/* Of what went through this writer; the file's size stands in the first one's. A snapshot: what waits for the thread is offered but not yet
 * written. After a failure, records that never reached the file are in LOG_FAILED. */
void log_writer_counts(const struct log_writer *w, uint64_t out[LOG_WRITER_ROWS]);

/* Writes all that is held and frees w; the last writer of a file also writes the final index with the ledger (native), closes, and joins the
 * thread. 0 or the first error. */
int log_writer_close(struct log_writer *w, struct slice ledger_json, struct err *err);

#endif
