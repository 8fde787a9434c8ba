/* record: the text form of a message, GoReplay's with words added (src/log/FORMAT.md).
 *
 *     TYPE ID TIMESTAMP LATENCY n=LENGTH [s=SRC d=DST] [f=FLAGS] [t=TARGET]\n  bytes  \n🐵🙈🙉\n
 */
#ifndef REPLAY_LOG_RECORD_H
#define REPLAY_LOG_RECORD_H

#include "model/message.h"

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

#endif
