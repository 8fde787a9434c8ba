/* encode: a chunk of record text to the bytes of a file, by the log's form.
 *
 * Every chunk becomes something that stands by itself (a frame with its header, a gzip member, plain text), so a file may be cut behind any of
 * them. Touches no descriptor. */
#ifndef REPLAY_LOG_ENCODE_H
#define REPLAY_LOG_ENCODE_H

#include "log/frame.h"
#include "log/writer.h"

struct chunk {
	struct chunk *next;
	struct buf text;
	int64_t first_ns, last_ns; /* smallest and largest timestamp in it */
	uint32_t records, shard;
	struct log_writer *front; /* which filled it; nothing to the encoder */
};

struct encoder;

struct encoder *encoder_new(enum log_form form, int level, struct err *err);
void encoder_free(struct encoder *e);

/* The index that the native form ends with; appending fills it with what the file holds already. */
struct frame_index *encoder_index(struct encoder *e);

/* Bytes that go to the file at `offset`; borrowed until the next call. 0 or a negative error. */
int encoder_chunk(struct encoder *e, const struct chunk *c, uint64_t offset, struct slice *out);
/* They are in the file: the index may name them. Never fails: room was made before. */
void encoder_commit(struct encoder *e);
/* What ends the file. Empty where the form has no end. */
int encoder_finish(struct encoder *e, uint64_t offset, struct slice ledger_json, struct slice *out);

#endif
