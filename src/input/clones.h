/* clones: a recording several times over, as if so many more clients had done the same.
 *
 * Takes the messages of a merge; gives each of them once for each copy, in time order: copy i's lanes have ids of their own, and its time stamps lie
 * i/copies of the spread later. Bytes stay as they are. Memory is bounded (tape.h), however far the copies are spread. */
#ifndef REPLAY_INPUT_CLONES_H
#define REPLAY_INPUT_CLONES_H

#include "input/merge.h"

#define CLONES_MAX 10000

struct clones;

/* copies: from 1, which gives the recording as it is. The merge is borrowed. NULL: out of memory. */
struct clones *clones_new(struct merge *merge, size_t copies, int64_t spread_ns);
enum log_read clones_next(struct clones *c, struct message **out, struct err *err); /* nobody else holds the message */
int clones_again(struct clones *c, struct err *err);                                /* another round, once this one has ended */
uint64_t clones_left(const struct clones *c); /* copies of messages taken from the merge that were not given out yet */
uint64_t clones_made(const struct clones *c); /* given out, beyond each message's first */
void clones_free(struct clones *c);

/* The id of a message's copy; copy 0 is the message itself. */
struct message_id clone_id(const struct message_id *id, size_t copy);

#endif
