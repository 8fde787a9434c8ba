/* record: the text form of a message, GoReplay's with words added (src/log/FORMAT.md).
 *
 *     TYPE ID TIMESTAMP LATENCY n=LENGTH [s=SRC d=DST] [f=FLAGS] [t=TARGET]\n  bytes  \n🐵🙈🙉\n
 */
#ifndef REPLAY_LOG_RECORD_H
#define REPLAY_LOG_RECORD_H

#include "model/message.h"

#define RECORD_SEPARATOR       "\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n"
#define RECORD_SEPARATOR_BYTES 14
#define RECORD_HEAD_MAX        4096 /* of a header line read; ours are shorter than RECORD_HEAD_WRITTEN */
#define RECORD_HEAD_WRITTEN    320

/* Appends the record of m. 0 or a negative error. */
int record_write(struct buf *out, const struct message *m);

enum record_result {
	RECORD_OK,
	RECORD_MORE,    /* the bytes end inside a record */
	RECORD_DAMAGED, /* *used bytes are no record: skip them and go on */
	RECORD_NOMEM,
};

/* Reads one record from the start of `bytes`. With `last`, nothing follows: a final record without its separator counts.
 * *used: bytes it took. *out: a new message. max_bytes: a longer one is damaged. */
enum record_result record_read(struct slice bytes, bool last, size_t max_bytes, size_t *used, struct message **out);

/* What record_scan says of a record without making a message of it. */
struct record_mark {
	int64_t ts_ns;
	size_t used;   /* OK, DAMAGED: bytes it took */
	size_t need;   /* MORE: do not ask again with fewer bytes than this */
	bool resynced; /* DAMAGED: the skipped bytes end with a separator, so the next byte starts a record */
};

/* record_read without the message: never RECORD_NOMEM. Bytes it calls OK are OK to record_read. */
enum record_result record_scan(struct slice bytes, bool last, size_t max_bytes, struct record_mark *mark);

#endif
