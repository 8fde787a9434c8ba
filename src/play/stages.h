/* stages: rates over time, one after the other, and in closed form when the k-th request of such a schedule is due.
 *
 * Takes text; gives nanoseconds from the start. Each time is worked out from the stage's beginning, not from the request before: nothing
 * adds up, nothing drifts. */
#ifndef REPLAY_PLAY_STAGES_H
#define REPLAY_PLAY_STAGES_H

#include <stddef.h>
#include <stdint.h>

#define STAGES_MAX      32
#define STAGES_RATE_MAX 1e8 /* a second */

struct stage {
	double from, to;   /* requests a second at its beginning and end; between them a straight line */
	int64_t length_ns; /* 0: for ever, then it is the last and from equals to */
};

struct stages {
	struct stage list[STAGES_MAX];
	size_t n; /* 0: no rate is set */
};

/* Stages behind commas: FROM:TO:DURATION, RATE:DURATION, or as the last RATE alone, without an end. "100:1000:60s,1000:5m". 0, ERR_USAGE, or
 * ERR_LIMIT (too many stages, or too high a rate). *out is changed only on success. */
int stages_parse(const char *text, struct stages *out);

/* When the request with that number, from 0, is due; INT64_MAX: the stages end before. */
int64_t stages_time(const struct stages *s, uint64_t number);

#endif
