/* clock: the two clocks of the system, in nanoseconds. Only pipe/ and cli/ read them: stages take time as an argument. */
#ifndef REPLAY_BASE_CLOCK_H
#define REPLAY_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US  1000LL
#define NS_PER_MS  1000000LL
#define NS_PER_S   1000000000LL
#define TIME_NEVER INT64_MAX

static inline int64_t clock_mono_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

static inline int64_t clock_real_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

#endif
