/* stats: is it more than noise: exact tests, intervals, and the correction for asking many times.
 *
 * Sources: McNemar's test in its exact (binomial) form; Fisher's exact test (hypergeometric); Clopper and Pearson (1934) for intervals; Benjamini and
 * Hochberg (1995) for the false-discovery rate; Tarone (1990), Gilbert (2005) and Heyse (2011) for tests of few counts. Pure functions; all in log space, good for
 * counts up to 2^53. */
#ifndef REPLAY_DIFF_STATS_H
#define REPLAY_DIFF_STATS_H

#include <stddef.h>
#include <stdint.h>

/* The chance of k or more successes among n, each of that chance. */
double stats_binomial(uint64_t k, uint64_t n, double rate);

/* Of pairs, `only_candidate` differed with the candidate and not between the controls, `only_control` the other way round: the chance of so many or more
 * of the first kind were both equally likely (one-sided). 1 where both are 0. */
double stats_mcnemar(uint64_t only_candidate, uint64_t only_control);

/* McNemar's test, helped by a third count: `control_odd` exchanges where candidate and second control agree and the control is the odd one out. Were all
 * three answers of the same make, each of them would be the odd one equally often. That is asked (rate 1/3) where the controls' disagreement was never
 * seen (only_control 0). Whichever test speaks louder counts, its chance raised for having asked two (Bonferroni, weighted: by 5 that of McNemar's, by 1.25
 * the other's): 10 odd candidates among no others come to 2.1e-5, not 9.8e-4. */
double stats_odd_one_out(uint64_t only_candidate, uint64_t only_control, uint64_t control_odd);
/* The least that stats_odd_one_out can come to with so many odd ones in all. */
double stats_odd_one_out_least(uint64_t odd);

/* `differ` of `of` now, `noise` of `noise_of` when learned: the chance of so many or more now, were the rates the same (one-sided). */
double stats_fisher(uint64_t differ, uint64_t of, uint64_t noise, uint64_t noise_of);

/* Clopper-Pearson bounds of a rate, at that confidence (0.95). 0..1 where n is 0. */
void stats_interval(uint64_t k, uint64_t n, double confidence, double *low, double *high);

/* q[i]: the smallest false-discovery rate at which p[i] counts. In place is allowed. 0 or ERR_NOMEM. */
int stats_false_discovery(const double *p, double *q, size_t n);

/* The same for tests of counts: least[i] is the least that p[i] could have come to, given how often anything differed there, whichever the side. A test that
 * cannot come to a bound cannot be wrong at it, and need not burden the others there. any[i]: the chance that any of all tests comes to p[i] by chance
 * (Bonferroni). q and any may be p's or least's own memory. */
int stats_false_discovery_of_counts(const double *p, const double *least, double *q, double *any, size_t n);

/* Ranks (0-based, of n sorted values) that hold the median between them with that confidence: exact, by the binomial. The whole range where n is too
 * small for that confidence (below 8 for 0.99). */
void stats_median_ranks(uint64_t n, double confidence, uint64_t *low, uint64_t *high);

#endif
