/* capture: packets to messages: joins wire/ and http/, which do not see each other.
 *
 * Takes packets in the order captured; gives finished messages from a queue. Owns the decoder, the flow table, every connection's framing. */
#ifndef REPLAY_INPUT_CAPTURE_H
#define REPLAY_INPUT_CAPTURE_H

#include "input/source.h"
#include "model/packet.h"

struct capture;

/* own_flows may be NULL; clock is asked only when there are some. NULL when out of memory. */
struct capture *capture_new(const struct capture_options *options, const struct io_env *env);
void capture_free(struct capture *c);

void capture_push(struct capture *c, const struct packet *packet);
void capture_tick(struct capture *c, int64_t unix_now_ns); /* time passes though no packet comes */
void capture_finish(struct capture *c);                    /* no more packets: unfinished messages come out, flagged */

bool capture_ready(const struct capture *c);     /* would capture_next give one? */
struct message *capture_next(struct capture *c); /* a reference, the caller's now; NULL: none ready */
void capture_tally(const struct capture *c, struct tally_sink *sink);

#endif
