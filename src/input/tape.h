/* tape: messages that several readers take in the same order at different times: a window between the fastest reader and the slowest.
 *
 * Takes messages at one end; gives each reader each of them once. Holds so many bytes in memory; what goes over lies in an unlinked temporary
 * file (0600, in $TMPDIR) until the slowest has passed. Reader 0 is never behind another, the last never ahead of one. */
#ifndef REPLAY_INPUT_TAPE_H
#define REPLAY_INPUT_TAPE_H

#include "base/err.h"
#include "model/message.h"

struct tape;

struct tape *tape_new(size_t readers, size_t memory_bytes);       /* NULL: out of memory */
int tape_put(struct tape *t, struct message *m, struct err *err); /* takes the reference, also on failure */
bool tape_has(const struct tape *t, size_t reader);
/* The time stamp of that reader's next message; tape_has must hold. */
int tape_peek(const struct tape *t, size_t reader, int64_t *ts_ns, struct err *err);
/* The reader's next message, with nobody else holding it. NULL: *err says why, and the reader has not moved. */
struct message *tape_take(struct tape *t, size_t reader, struct err *err);
uint64_t tape_left(const struct tape *t);    /* still to be taken, over all readers */
uint64_t tape_spilled(const struct tape *t); /* messages that went through the file */
void tape_free(struct tape *t);

#endif
