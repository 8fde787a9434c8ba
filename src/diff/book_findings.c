/* book_findings: each key tested against what noise was measured or learned, all of them corrected together, and what follows.
 *
 * A key that differed too seldom for any result to count burdens no other (stats_false_discovery_of_counts). */
#include "diff/book_inner.h"
#include "diff/stats.h"

#include <stdlib.h>

struct asked {
	const struct book *b;
	struct key_state *states; /* by number */
	double *least;            /* the least p that its test can come to */
	uint64_t confirmations;   /* keys that were sent again */
};

/* Where the difference stands when the sides change places: status 200>503 is status 503>200 then. */
static const struct key_book *mirror(const struct book *b, const struct key_book *k)
{
	static const char status[] = "status ";
	enum difference_kind kind = k->kind == DIFFERENCE_MISSING ? DIFFERENCE_EXTRA
	                            : k->kind == DIFFERENCE_EXTRA ? DIFFERENCE_MISSING
	                                                          : k->kind;
	struct slice path = slice_of(k->path, k->path_len), rest = slice_from(path, sizeof status - 1);
	char turned[64];
	size_t arrow = slice_find_byte(rest, '>');
	if (slice_starts(path, slice_str(status)) && arrow < rest.len && path.len < sizeof turned) {
		size_t after = rest.len - arrow - 1, at = sizeof status - 1;
		memcpy(turned, status, at);
		memcpy(turned + at, rest.ptr + arrow + 1, after);
		turned[at + after] = '>';
		memcpy(turned + at + after + 1, rest.ptr, arrow);
		return book_key_find(b, k->endpoint, slice_of(turned, path.len), kind);
	}
	return kind == k->kind ? k : book_key_find(b, k->endpoint, path, kind);
}

/* The control's own failures are no comparisons at all, so that it is never seen to be the odd one out by them; and of many paths together nobody knows
 * what they would be the other way round. */
static bool control_can_be_odd(const struct key_book *k)
{
	return k != k->endpoint->other && strcmp(k->path, "answer") != 0;
}

static void test_pairs(struct asked *a, const struct key_book *k)
{
	struct key_state *s = &a->states[k->number];
	uint64_t each = k->endpoint->compared / BLOCK_SHARE;
	struct block_sums sums = blocks_sum(&k->blocks, each);
	s->noise = k->noise;
	s->noise_of = k->endpoint->measured;
	s->blocks_candidate = sums.candidate;
	/* Noise that was seen is noise, also where no block has more of it. */
	s->blocks_control = sums.control == 0 && k->only_control ? 1 : sums.control;
	if (!control_can_be_odd(k)) {
		s->p = stats_mcnemar(s->blocks_candidate, s->blocks_control);
		a->least[k->number] = stats_binomial(sums.pairs, sums.pairs, 0.5);
		return;
	}
	const struct key_book *other = mirror(a->b, k);
	uint64_t control_odd = other ? blocks_sum(&other->blocks, each).odd : 0;
	s->p = stats_odd_one_out(s->blocks_candidate, s->blocks_control, control_odd);
	a->least[k->number] = stats_odd_one_out_least(sums.pairs + control_odd);
}

/* Where both are there, both must say so. */
static void test_rate(struct asked *a, const struct key_book *k, uint64_t noise, uint64_t of)
{
	struct key_state *s = &a->states[k->number];
	uint64_t all = k->differ + noise, compared = k->endpoint->compared, most = all < compared ? all : compared;
	double p = stats_fisher(k->differ, compared, noise, of), least = stats_fisher(most, compared, all - most, of);
	if (s->noise_of == 0) {
		s->p = 0;
		a->least[k->number] = 0;
		s->noise = noise;
		s->noise_of = of;
	}
	s->p = s->p > p ? s->p : p;
	a->least[k->number] = a->least[k->number] > least ? a->least[k->number] : least;
}

static void test_key(struct asked *a, const struct key_book *k)
{
	uint64_t noise, of;
	a->states[k->number] = (struct key_state){ .state = FINDING_NOISE, .reason = REASON_UNMEASURED, .p = 1, .q = 1 };
	a->least[k->number] = 1;
	if (k->kind == DIFFERENCE_EXPECT)
		return;
	if (k->endpoint->measured)
		test_pairs(a, k);
	struct slice path = slice_of(k->path, k->path_len);
	if (k->endpoint->rules && k->endpoint->compared && rules_rate(k->endpoint->rules, path, k->kind, &noise, &of))
		test_rate(a, k, noise, of);
	a->confirmations += k->rounds > 0;
}

/* Of all that were tested. Where noise is known to occur, the chance that any of the tests says so much by chance counts, so that a run in which much is
 * found lends nothing to a mere rise of the noise; elsewhere the false-discovery rate. */
static int correct(struct asked *a)
{
	const struct book *b = a->b;
	double *p = malloc((b->key_count + 1) * sizeof *p), *least = malloc((b->key_count + 1) * sizeof *least);
	size_t n = 0, at = 0;
	int rc = p && least ? 0 : ERR_NOMEM;
	for (size_t i = 0; rc == 0 && i < b->key_count; i++) {
		if (a->states[i].noise_of == 0)
			continue;
		p[n] = a->states[i].p;
		least[n++] = a->least[i];
	}
	if (rc == 0)
		rc = stats_false_discovery_of_counts(p, least, p, least, n);
	for (size_t i = 0; rc == 0 && i < b->key_count; i++) {
		if (a->states[i].noise_of == 0)
			continue;
		a->states[i].q = a->states[i].noise ? least[at] : p[at];
		at++;
	}
	free(p);
	free(least);
	return rc;
}

static bool above_thresholds(const struct book *b, const struct key_book *k, const struct key_state *s)
{
	double rate = (double)k->differ / (double)k->endpoint->compared, noise = (double)s->noise / (double)s->noise_of;
	return (b->options.relative <= 0 || rate > noise * (1 + b->options.relative)) &&
	       (b->options.absolute <= 0 || rate - noise > b->options.absolute);
}

/* Did it come back when it was sent again, more than noise would? Where the controls never differed there, or nothing is known of noise, once is enough: it came
 * back in every round. Otherwise the rounds are tested: the candidate is no likelier to be the one that differs than the second control, or than the learned
 * rate. */
static bool confirmed(const struct asked *a, const struct key_book *k, const struct key_state *s)
{
	if (k->confirmed == 0)
		return false;
	double rate = 0.5, low;
	if (k->endpoint->measured == 0 && s->noise_of)
		stats_interval(s->noise, s->noise_of, 0.99, &low, &rate);
	else if (s->noise == 0)
		return true;
	return stats_binomial(k->rounds_came, k->rounds, rate) <= a->b->options.alpha / (double)a->confirmations;
}

static void judge(const struct asked *a, const struct key_book *k)
{
	struct key_state *s = &a->states[k->number];
	bool came_back = confirmed(a, k, s), never = k->confirmed == 0 && k->flaky > 0;
	if (k->kind == DIFFERENCE_EXPECT) {
		s->state = FINDING_SURE;
		s->reason = REASON_LIMIT;
	} else if (s->noise_of == 0) {
		s->state = never ? FINDING_UNSURE : FINDING_SURE;
		s->reason = never ? REASON_FLAKY : came_back ? REASON_CONFIRMED : REASON_UNMEASURED;
	} else if (s->q <= a->b->options.alpha) {
		bool above = above_thresholds(a->b, k, s);
		s->state = above ? FINDING_SURE : FINDING_UNSURE;
		s->reason = above ? REASON_TEST : REASON_THRESHOLD;
	} else if (came_back) {
		s->state = FINDING_SURE;
		s->reason = REASON_CONFIRMED;
	} else {
		s->state = s->noise ? FINDING_NOISE : FINDING_UNSURE;
		s->reason = never && s->noise == 0 ? REASON_FLAKY : REASON_TEST;
	}
}

struct key_state *book_states(const struct book *b)
{
	struct asked a = {
		.b = b,
		.states = calloc(b->key_count + 1, sizeof *a.states),
		.least = calloc(b->key_count + 1, sizeof *a.least),
	};
	int rc = a.states && a.least ? 0 : ERR_NOMEM;
	for (size_t i = 0; rc == 0 && i < b->key_count; i++)
		test_key(&a, b->keys[i]);
	if (rc == 0)
		rc = correct(&a);
	for (size_t i = 0; rc == 0 && i < b->key_count; i++)
		judge(&a, b->keys[i]);
	free(a.least);
	if (rc == 0)
		return a.states;
	free(a.states);
	return NULL;
}
