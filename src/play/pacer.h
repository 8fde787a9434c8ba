/* pacer: when a recorded message is due. At a speed: start + (time stamp - first time stamp) / speed; at a rate: when the stages say, whatever
 * was recorded. Always worked out from the start, so that nothing drifts.
 *
 * Takes the messages in the order they are given out. Time stamps are what a file says, so any are taken: nothing is due before the start, and
 * what lies centuries ahead is due never. Reads no clock. */
#ifndef REPLAY_PLAY_PACER_H
#define REPLAY_PLAY_PACER_H

#include "play/stages.h"

#include <stdbool.h>

struct pacer {
	double speed;                /* above 0; unused with stages */
	const struct stages *stages; /* borrowed; NULL: as recorded, at that speed */
	int64_t max_wait_ns;         /* a longer pause is cut to this, and what follows comes that much earlier; 0: none is cut */
	int64_t start_ns;            /* monotonic */
	int64_t first_ns;            /* Unix time of the first message */
	int64_t cut_ns;              /* of pauses, so far */
	int64_t last_ns;             /* the latest due time given; 0: none */
	uint64_t paced;              /* messages that had their place in the stages */
};

/* A round begins: its first message is due at start_ns. Stages go on where the round before left them. */
void pacer_begin(struct pacer *p, int64_t start_ns, int64_t first_ns);

/* When the next message is due; INT64_MAX: the stages end before it. With stages, only what is `counted` takes a place; the rest rides along with
 * the one before. */
int64_t pacer_due(struct pacer *p, int64_t ts_ns, bool counted);

#endif
