/* pacer: when a recorded message is due: start + (timestamp - first timestamp) / speed, always from the start, so that nothing drifts. */
#ifndef REPLAY_PLAY_PACER_H
#define REPLAY_PLAY_PACER_H

#include <stdint.h>

struct pacer {
	double speed;     /* above 0 */
	int64_t start_ns; /* monotonic */
	int64_t first_ns; /* Unix time of the first message */
};

static inline int64_t pacer_due(const struct pacer *p, int64_t ts_ns)
{
	return p->start_ns + (int64_t)((double)(ts_ns - p->first_ns) / p->speed);
}

#endif
