/* limiter: so many requests a second and no more; an exchange is kept or dropped whole.
 *
 * Takes messages in the order of their times. Of the requests dropped it remembers, in a fixed room, those of late: their responses go too. */
#ifndef REPLAY_INPUT_LIMITER_H
#define REPLAY_INPUT_LIMITER_H

#include "model/message.h"

struct limiter;

struct limiter *limiter_new(uint64_t per_second); /* NULL: out of memory */
/* False: dropped. Seconds are counted from start_ns; times are on the same clock, whichever. */
bool limiter_passes(struct limiter *l, const struct message *m, int64_t start_ns, int64_t at_ns);
void limiter_free(struct limiter *l);

#endif
