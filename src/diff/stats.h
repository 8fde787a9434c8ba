/* stats: is it more than noise: exact tests, intervals, and the correction for asking many times.
 *
 * Sources: McNemar's test in its exact (binomial) form; Fisher's exact test (hypergeometric); Clopper and Pearson (1934) for intervals; Benjamini and
 * Hochberg (1995) for the false-discovery rate. Pure functions; all in log space, good for counts up to 2^53. */
#ifndef REPLAY_DIFF_STATS_H
#define REPLAY_DIFF_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Of pairs, `only_candidate` differed with the candidate and not between the controls, `only_control` the other way round: the chance of so many or more
 * of the first kind were both equally likely (one-sided). 1 where both are 0. */
double stats_mcnemar(uint64_t only_candidate, uint64_t only_control);

/* `differ` of `of` now, `noise` of `noise_of` when learned: the chance of so many or more now, were the rates the same (one-sided). */
double stats_fisher(uint64_t differ, uint64_t of, uint64_t noise, uint64_t noise_of);

/* Clopper-Pearson bounds of a rate, at that confidence (0.95). 0..1 where n is 0. */
void stats_interval(uint64_t k, uint64_t n, double confidence, double *low, double *high);

/* q[i]: the smallest false-discovery rate at which p[i] counts. In place is allowed. 0 or ERR_NOMEM. */
int stats_false_discovery(const double *p, double *q, size_t n);

/* Ranks (0-based, of n sorted values) that hold the median between them with that confidence: exact, by the binomial. */
void stats_median_ranks(uint64_t n, double confidence, uint64_t *low, uint64_t *high);

#endif
