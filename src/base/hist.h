/* hist: a histogram of durations with a bounded relative error, after HdrHistogram (log-linear buckets).
 *
 * Takes nanoseconds from 0 to about 73 minutes (2^42), larger ones count as that; 128 sub-buckets a power of two: error
 * below 0.8%. Fixed size, no allocation. */
#ifndef REPLAY_BASE_HIST_H
#define REPLAY_BASE_HIST_H

#include <stdint.h>

#define HIST_SUB_BITS 7
#define HIST_TOP_BIT  42
#define HIST_BUCKETS  ((HIST_TOP_BIT - HIST_SUB_BITS + 1) << HIST_SUB_BITS)

struct hist {
	uint64_t count;
	int64_t min_ns, max_ns; /* exact; 0 while empty */
	double sum_ns;
	uint64_t bucket[HIST_BUCKETS];
};

void hist_init(struct hist *h);
void hist_record(struct hist *h, int64_t value_ns); /* negative counts as 0 */
void hist_merge(struct hist *into, const struct hist *from);

/* The value below which the share q (0..1) of the values lies: the upper edge of its bucket, never above max_ns; 0 when empty. */
int64_t hist_quantile(const struct hist *h, double q);
double hist_mean(const struct hist *h);

#endif
