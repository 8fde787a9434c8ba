/* pacer: when a recorded message is due: start + (timestamp - first timestamp) / speed, always from the start, so that nothing drifts.
 * Time stamps are what a file says, so any are taken: nothing is due before the start, and what lies centuries ahead is due never. */
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
	const double most = (double)(INT64_MAX / 4);
	int64_t apart_ns;
	if (__builtin_sub_overflow(ts_ns, p->first_ns, &apart_ns))
		return ts_ns > p->first_ns ? INT64_MAX / 2 : p->start_ns;
	double ahead = (double)apart_ns / p->speed;
	if (ahead >= most)
		return INT64_MAX / 2;
	return ahead > 0 ? p->start_ns + (int64_t)ahead : p->start_ns;
}

#endif
