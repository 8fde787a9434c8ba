/* reader: messages out of a log, in time order, whatever its form.
 *
 * Takes a path ("-": standard input); tells forms by their magic bytes. Owns what it has read ahead. Damage costs the frame or record it is
 * in, is counted, and the first of each kind is told through `note`. Frames that overlap in time are merged; a file without its index
 * (a crash) has it rebuilt from the frame headers. A plain file is indexed in a first pass over it; a pipe or gzip stream is put in
 * order within a bounded window. */
#ifndef REPLAY_LOG_READER_H
#define REPLAY_LOG_READER_H

#include "model/message.h"
#include "model/tally.h"

struct log_reader_options {     /* 0 anywhere: the default */
	int64_t from_ns, to_ns; /* Unix time, from inclusive, to exclusive; 0: no bound */
	size_t message_bytes;   /* a longer record is damaged: 1 GiB */
	size_t held_bytes; /* of what waits to be put in order: 256 MiB of frames that overlap, 24 MiB of a pipe's or gzip file's messages */
	bool file_order;   /* as written, without merging: faster, less memory */
	void *arg;
	void (*note)(void *arg, const char *sentence); /* what was skipped or rebuilt; may be NULL */
};

enum log_kind { LOG_KIND_TEXT, LOG_KIND_GZIP, LOG_KIND_ZSTD, LOG_KIND_PCAP, LOG_KIND_PCAPNG, LOG_KIND_EMPTY, LOG_KIND_OTHER };

/* By the first bytes (8 are enough) of a file. */
enum log_kind log_kind_of(struct slice first_bytes);

struct log_reader;

struct log_reader *log_reader_open(const char *path, const struct log_reader_options *options, struct err *err);

enum log_read { LOG_READ_MESSAGE, LOG_READ_END, LOG_READ_FAIL };
enum log_read log_reader_next(struct log_reader *r, struct message **out, struct err *err);

void log_reader_close(struct log_reader *r);

enum log_reader_row {
	LOG_READ_SEEN,
	LOG_READ_GIVEN,
	LOG_READ_OUTSIDE /* --from/--to */,
	LOG_READ_DAMAGED_RECORDS,
	LOG_READ_DAMAGED_FRAMES /* NOTE */,
	LOG_READ_SKIPPED_BYTES /* NOTE */,
	LOG_READER_ROWS
};
extern const struct tally_table log_reader_table;
const uint64_t *log_reader_counts(const struct log_reader *r);

/* What is known without reading the records; zeros where the form does not tell. */
struct log_info {
	enum log_kind kind;
	uint64_t file_bytes, text_bytes, frames, records;
	int64_t first_ns, last_ns;
	bool indexed;             /* the file had its final index */
	struct slice ledger_json; /* the writing run's ledger; lives as long as the reader */
};
void log_reader_info(const struct log_reader *r, struct log_info *out);

/* Share of the file read so far, 0..1; negative where not known (a pipe). */
double log_reader_progress(const struct log_reader *r);

#endif
