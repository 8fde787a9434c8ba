/* differ: joins each request with its recorded response and with what the targets answered, and gives whole exchanges to a book (diff/book.h).
 *
 * Takes what out_http sees, in whatever order it comes. One part a shard, which only that shard's thread calls; differ_verdict merges them. What waits for
 * its other answers is bounded in bytes: the oldest goes, counted as not comparable. */
#ifndef REPLAY_OUTPUT_DIFFER_H
#define REPLAY_OUTPUT_DIFFER_H

#include "diff/book.h"
#include "model/message.h"
#include "output/exchange_view.h"
#include "play/player.h"

/* The targets of a comparison. The recorded response is the control where no target is. */
enum differ_side { SIDE_CANDIDATE, SIDE_CONTROL, SIDE_SECOND, SIDES };

#define CONFIRM_MAX 100

struct differ_options {
	struct book_options book; /* what it points to is borrowed until differ_free */
	const struct endpoint_names *names;
	bool asked[SIDES];    /* which sides are targets; the candidate always is */
	uint64_t confirm;     /* --diff-confirm: rounds; 0: none */
	size_t waiting_bytes; /* in each part: 256 MiB */
};

struct differ;
struct differ_part;

struct differ *differ_new(const struct differ_options *options, unsigned parts, struct err *err);
void differ_free(struct differ *d); /* NULL is allowed */
struct differ_part *differ_part(struct differ *d, unsigned shard);
/* The side of the next target given as a baseline: CONTROL, then SECOND, of those that are asked. SIDES: there are too many. */
enum differ_side differ_next_baseline(struct differ_part *p);

/* A request is about to be given to a side's target: an answer is to come, or one of the two below. */
void differ_asked(struct differ_part *p, enum differ_side side, struct message *request);
void differ_withdrawn(struct differ_part *p, enum differ_side side, const struct message *request); /* not now after all */
void differ_not_asked(struct differ_part *p, enum differ_side side, struct message *request);       /* and never will be */
void differ_answered(struct differ_part *p, enum differ_side side, const struct play_result *r, int64_t real_minus_mono_ns);
void differ_recorded(struct differ_part *p, struct message *response);

/* --diff-confirm: is there a request to send to that side once more? Then the first of them, a reference; and back again, where the target could not
 * take it now. */
bool differ_again(const struct differ_part *p, enum differ_side side);
struct message *differ_again_take(struct differ_part *p, enum differ_side side);
void differ_again_refused(struct differ_part *p, enum differ_side side, const struct message *m);
void differ_stop_confirming(struct differ_part *p); /* rounds under way are the last */
bool differ_busy(const struct differ_part *p);      /* some round is not over yet */

/* Once all outputs have ended: what still waits is counted, the parts become one. Call once. NULL and *err: out of memory. */
struct verdict *differ_verdict(struct differ *d, struct err *err);
int differ_learned(struct differ *d, struct buf *out); /* after it, of a learning book */

#endif
