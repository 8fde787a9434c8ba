/* opened: what the two ways of reading share: the file, the options, the counts, what was told.
 *
 * Owned by reader.c; ordered.c and stream.c borrow it. */
#ifndef REPLAY_LOG_OPENED_H
#define REPLAY_LOG_OPENED_H

#include "log/reader.h"

enum opened_note_kind { NOTE_EMPTY, NOTE_REBUILT, NOTE_TAIL, NOTE_DAMAGED_FRAME, NOTE_DAMAGED_RECORD, NOTE_TRUNCATED, NOTE_ORDER, NOTES };

struct opened_log {
	int fd;
	const char *name;
	bool regular;  /* can be read at any place */
	uint64_t size; /* 0 where not regular */
	enum log_kind kind;
	struct log_reader_options options;
	uint64_t counts[LOG_READER_ROWS];
	bool told[NOTES];
	struct buf head; /* the first bytes, where they cannot be read twice */
};

/* Tells a sentence about the file, the first of each kind only. */
void opened_note(struct opened_log *s, enum opened_note_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Is the time within --from and --to? */
bool opened_wants(const struct opened_log *s, int64_t ts_ns);
/* Does a stretch of time touch it? */
bool opened_wants_span(const struct opened_log *s, int64_t first_ns, int64_t last_ns);

/* "2026-11-24T05:47:26.123Z" */
#define TIME_TEXT 40
char *log_time_text(char out[TIME_TEXT], int64_t ts_ns);

int opened_no_memory(struct err *err);
int opened_read_failed(const struct opened_log *s, struct err *err); /* errno */

/* --- ordered.c: a regular file whose stretches are known: merged, each loaded when its time comes ----------------- */

struct ordered;
struct frame_index;

/* Index of the file's frames or chunks. *out is NULL, without an error, where it must be read as a stream. */
int ordered_open(struct opened_log *s, struct ordered **out, struct err *err);
enum log_read ordered_next(struct ordered *o, struct message **out, struct err *err);
double ordered_progress(const struct ordered *o);
const struct frame_index *ordered_index(const struct ordered *o);
void ordered_close(struct ordered *o);

/* --- stream.c: everything else: from front to back, put in order within a window ---------------------------------- */

struct stream;

struct stream *stream_open(struct opened_log *s, struct err *err);
enum log_read stream_next(struct stream *t, struct message **out, struct err *err);
uint64_t stream_at(const struct stream *t); /* bytes of the file read */
void stream_close(struct stream *t);

#endif
