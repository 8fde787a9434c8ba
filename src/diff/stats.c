/* stats: point probabilities in log space by Stirling's error and the deviance, so that no large logarithms cancel; tails by adding terms, each from the
 * last by its ratio, beginning at the largest. */
#include "diff/stats.h"

#include "base/err.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define LN_2PI       1.8378770664093454836
#define NEGLIGIBLE   1e-18 /* of a sum */
#define WEIGHED_PAIR 5.0   /* 1/5 + 1/1.25 = 1 */
#define WEIGHED_ODD  1.25
#define EXACT_COUNTS 1000000000 /* above that, intervals by the normal approximation: they agree to all digits anybody shows */

/* ln(n!) less Stirling's formula for it. */
static double stirling_error(double n)
{
	if (n == 0)
		return 0;
	if (n < 16) {
		int sign;
		return lgamma_r(n + 1, &sign) - (n + 0.5) * log(n) + n - LN_2PI / 2;
	}
	double nn = n * n;
	return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / nn) / nn) / nn) / nn) / n;
}

/* x ln(x/m) - x + m, also where x and m are near each other: with v = (x-m)/(x+m), ln(x/m) = 2 (v + v^3/3 + v^5/5 + ...), and the first term
 * leaves v (x-m). */
static double deviance(double x, double m)
{
	double v = (x - m) / (x + m);
	if (fabs(v) > 0.1)
		return x * log(x / m) - x + m;
	double sum = v * (x - m), power = 2 * x * v;
	for (int j = 3; j < 1000; j += 2) {
		power *= v * v;
		double next = sum + power / j;
		if (next == sum)
			break;
		sum = next;
	}
	return sum;
}

/* ln of the chance of exactly k of n. */
static double log_point(double k, double n, double rate, double other)
{
	if (rate <= 0 || other <= 0)
		return (rate <= 0 ? k == 0 : k == n) ? 0 : -INFINITY;
	if (k == 0)
		return n * (rate < 0.5 ? log1p(-rate) : log(other));
	if (k == n)
		return n * (other < 0.5 ? log1p(-other) : log(rate));
	return stirling_error(n) - stirling_error(k) - stirling_error(n - k) - deviance(k, n * rate) - deviance(n - k, n * other) +
	       0.5 * (log(n / (k * (n - k))) - LN_2PI);
}

/* The terms from k upwards, in units of the first. */
static double binomial_above(double k, double n, double odds)
{
	double sum = 1, term = 1;
	for (; k < n; k++) {
		term *= (n - k) / (k + 1) * odds;
		sum += term;
		if (term < sum * NEGLIGIBLE)
			break;
	}
	return sum;
}

static double upper_tail(double k, double n, double rate, double other)
{
	if (k <= 0)
		return 1;
	if (k > n)
		return 0;
	if (k >= n * rate)
		return fmin(1, exp(log_point(k, n, rate, other)) * binomial_above(k, n, rate / other));
	/* Below the mean: what is missing to 1, which is the upper tail of the failures. */
	double rest = exp(log_point(k - 1, n, rate, other)) * binomial_above(n - k + 1, n, other / rate);
	return fmax(0, 1 - rest);
}

double stats_binomial(uint64_t k, uint64_t n, double rate)
{
	return upper_tail((double)k, (double)n, rate, 1 - rate);
}

double stats_mcnemar(uint64_t only_candidate, uint64_t only_control)
{
	return upper_tail((double)only_candidate, (double)only_candidate + (double)only_control, 0.5, 0.5);
}

double stats_odd_one_out(uint64_t only_candidate, uint64_t only_control, uint64_t control_odd)
{
	double p = WEIGHED_PAIR * stats_mcnemar(only_candidate, only_control);
	if (only_control == 0)
		p = fmin(p, WEIGHED_ODD * stats_binomial(only_candidate, only_candidate + control_odd, 1.0 / 3));
	return fmin(1, p);
}

double stats_odd_one_out_least(uint64_t odd)
{
	return fmin(1, WEIGHED_ODD * exp(-(double)odd * log(3)));
}

/* --- Fisher ------------------------------------------------------------------------------------------------------------------------- */

struct urn {
	double now, before; /* exchanges */
	double marked;      /* of both, that differ */
};

/* ln of the chance that x of the marked ones are of `now`: by three binomials, of whatever rate. */
static double log_drawn(const struct urn *u, double x)
{
	double all = u->now + u->before, rate = u->marked / all, other = (all - u->marked) / all;
	return log_point(x, u->now, rate, other) + log_point(u->marked - x, u->before, rate, other) -
	       log_point(u->marked, all, rate, other);
}

static double drawn_above(const struct urn *u, double x, double top)
{
	double sum = 1, term = 1;
	for (; x < top; x++) {
		term *= (u->now - x) / (x + 1) * (u->marked - x) / (u->before - u->marked + x + 1);
		sum += term;
		if (term < sum * NEGLIGIBLE)
			break;
	}
	return sum;
}

static double drawn_below(const struct urn *u, double x, double bottom)
{
	double sum = 1, term = 1;
	for (; x > bottom; x--) {
		term *= x / (u->now - x + 1) * (u->before - u->marked + x) / (u->marked - x + 1);
		sum += term;
		if (term < sum * NEGLIGIBLE)
			break;
	}
	return sum;
}

double stats_fisher(uint64_t differ, uint64_t of, uint64_t noise, uint64_t noise_of)
{
	differ = differ < of ? differ : of;
	noise = noise < noise_of ? noise : noise_of;
	struct urn u = { (double)of, (double)noise_of, (double)differ + (double)noise };
	double x = (double)differ, top = fmin(u.marked, u.now), bottom = fmax(0, u.marked - u.before);
	if (x <= bottom)
		return 1;
	if (x >= u.marked * (u.now / (u.now + u.before)))
		return fmin(1, exp(log_drawn(&u, x)) * drawn_above(&u, x, top));
	return fmax(0, 1 - exp(log_drawn(&u, x - 1)) * drawn_below(&u, x - 1, bottom));
}

/* --- intervals ---------------------------------------------------------------------------------------------------------------------- */

/* How many standard deviations away the share `tail` of a normal distribution begins. */
static double normal_deviate(double tail)
{
	double low = 0, high = 40;
	for (int i = 0; i < 70; i++) {
		double z = (low + high) / 2;
		if (erfc(z / M_SQRT2) / 2 > tail)
			low = z;
		else
			high = z;
	}
	return (low + high) / 2;
}

/* Wilson's lower bound. */
static double normal_low(double k, double n, double z)
{
	double zz = z * z, rate = k / n;
	double bound = (rate + zz / (2 * n) - z * sqrt(rate * (1 - rate) / n + zz / (4 * n * n))) / (1 + zz / n);
	return fmax(0, bound);
}

/* The rate at which k or more of n have the chance `tail`: Newton's steps on the logarithm of that chance, kept between two bounds. */
static double rate_low(double k, double n, double tail)
{
	if (k <= 0)
		return 0;
	if (k >= n)
		return exp(log(tail) / n);
	double low = 0, high = k / n, rate = normal_low(k, n, normal_deviate(tail));
	if (n > EXACT_COUNTS)
		return rate;
	if (rate <= low || rate >= high)
		rate = high / 2;
	for (int i = 0; i < 200; i++) {
		double chance = upper_tail(k, n, rate, 1 - rate);
		if (chance < tail)
			low = rate;
		else
			high = rate;
		double slope = n * exp(log_point(k - 1, n - 1, rate, 1 - rate));
		double next = chance > 0 && slope > 0 ? rate - log(chance / tail) * chance / slope : -1;
		if (!(next > low && next < high))
			next = (low + high) / 2;
		double moved = fabs(next - rate);
		rate = next;
		if (moved <= 1e-13 * rate)
			break;
	}
	return rate;
}

void stats_interval(uint64_t k, uint64_t n, double confidence, double *low, double *high)
{
	*low = 0;
	*high = 1;
	if (n == 0)
		return;
	k = k < n ? k : n;
	double tail = (1 - confidence) / 2;
	*low = rate_low((double)k, (double)n, tail);
	*high = 1 - rate_low((double)(n - k), (double)n, tail);
}

void stats_median_ranks(uint64_t n, double confidence, uint64_t *low, uint64_t *high)
{
	*low = 0;
	*high = n ? n - 1 : 0;
	if (n == 0)
		return;
	double tail = (1 - confidence) / 2, count = (double)n;
	/* Value `rank` lies above the median when no more than `rank` values lie below it. */
	double guess = floor(count / 2 - normal_deviate(tail) * sqrt(count) / 2);
	uint64_t rank = guess > 0 ? (uint64_t)guess : 0;
	while (rank > 0 && stats_binomial(n - rank, n, 0.5) > tail)
		rank--;
	while (2 * (rank + 1) < n && stats_binomial(n - rank - 1, n, 0.5) <= tail)
		rank++;
	*low = rank;
	*high = n - 1 - rank;
}

/* --- many tests --------------------------------------------------------------------------------------------------------------------- */

struct ranked {
	double p;
	size_t at;
};

static int by_p(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	return (x->p > y->p) - (x->p < y->p);
}

static struct ranked *rank_all(const double *p, size_t n)
{
	struct ranked *sorted = malloc(n * sizeof *sorted);
	for (size_t i = 0; sorted && i < n; i++)
		sorted[i] = (struct ranked){ p[i], i };
	if (sorted)
		qsort(sorted, n, sizeof *sorted, by_p);
	return sorted;
}

int stats_false_discovery_of_counts(const double *p, const double *least, double *q, double *any, size_t n)
{
	if (n == 0)
		return 0;
	struct ranked *sorted = rank_all(p, n), *able = rank_all(least, n);
	double smallest = 1;
	size_t burden = n;
	for (size_t i = sorted && able ? n : 0; i-- > 0;) {
		double bound = sorted[i].p;
		while (burden > 0 && able[burden - 1].p > bound)
			burden--;
		double chance = bound * (double)burden;
		smallest = fmin(smallest, chance / (double)(i + 1));
		q[sorted[i].at] = smallest;
		any[sorted[i].at] = fmin(1, chance);
	}
	int rc = sorted && able ? 0 : ERR_NOMEM;
	free(sorted);
	free(able);
	return rc;
}

int stats_false_discovery(const double *p, double *q, size_t n)
{
	double *none = calloc(n + 1, sizeof *none);
	int rc = none ? stats_false_discovery_of_counts(p, none, q, none, n) : ERR_NOMEM;
	free(none);
	return rc;
}
