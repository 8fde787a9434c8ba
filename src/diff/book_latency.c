/* book_latency: times of answers, each exchange's ratio to its control, and what is slower. */
#include "diff/book_inner.h"
#include "diff/stats.h"

#include "base/clock.h"
#include "base/units.h"

#include <stdlib.h>

#define RATIO_ONE     1000000                      /* a ratio of 1, in the histogram */
#define BUCKET_WIDTH  (1.0 / (1 << HIST_SUB_BITS)) /* of base/hist.h, relative: its quantiles are upper edges */
#define LATENCY_LEAST 20                           /* exchanges, for "slower" */
#define LATENCY_FLOOR NS_PER_MS

/* --- counting ----------------------------------------------------------------------------------------------------------------------- */

static void record_pair(struct hist *ratio, struct hist *more, int64_t of_ns, int64_t to_ns)
{
	if (of_ns <= 0 || to_ns <= 0)
		return;
	hist_record(ratio, (int64_t)((double)to_ns / (double)of_ns * RATIO_ONE));
	hist_record(more, to_ns - of_ns);
}

static char *duration(int64_t ns)
{
	char text[UNITS_TEXT];
	return slice_copy(slice_str(format_duration(text, ns)));
}

static void keep_slow(struct book *b, struct endpoint_book *e, const struct book_exchange *x)
{
	int slot = reservoir_slot(b, &e->slow, true);
	if (slot < 0)
		return;
	struct verdict_example example = {
		.exchange = exchange_keep(b, x, BOOK_KEPT_BYTES),
		.control = duration(x->control.latency_ns),
		.candidate = duration(x->candidate.latency_ns),
	};
	if (example.exchange) {
		reservoir_put(b, &e->slow, slot, example);
		return;
	}
	free(example.control);
	free(example.candidate);
	b->let_go++;
}

int64_t book_latency_floor(const struct book *b)
{
	return b->options.latency_floor_ns > 0 ? b->options.latency_floor_ns : LATENCY_FLOOR;
}

void book_latency_count(struct book *b, struct endpoint_book *e, const struct book_exchange *x)
{
	int64_t control = latency_of(&x->control), candidate = latency_of(&x->candidate), second = latency_of(&x->second);
	if (control < 0 && candidate < 0)
		return;
	/* All zero, and a kilobyte of it touched by most endpoints: calloc leaves the rest to the system. */
	if (!e->latency && !(e->latency = calloc(1, sizeof *e->latency))) {
		b->let_go++;
		return;
	}
	struct latency_book *l = e->latency;
	if (control >= 0)
		hist_record(&l->control, control);
	if (candidate >= 0)
		hist_record(&l->candidate, candidate);
	record_pair(&l->ratio, &l->more, control, candidate);
	record_pair(&l->noise_ratio, &l->noise_more, control, second);
	if (b->options.latency_share >= 0 && control > 0 && candidate - control > book_latency_floor(b) &&
	    (double)candidate > (double)control * (1 + b->options.latency_share))
		keep_slow(b, e, x);
}

/* --- what it comes to --------------------------------------------------------------------------------------------------------------- */

static double value_at(const struct hist *h, uint64_t rank)
{
	return (double)hist_quantile(h, ((double)rank + 0.5) / (double)h->count);
}

struct latency_ratio latency_ratio_of(const struct hist *ratio, const struct hist *more)
{
	struct latency_ratio r = { .compared = ratio->count };
	if (ratio->count == 0)
		return r;
	uint64_t from, to, middle = (ratio->count - 1) / 2;
	stats_median_ranks(ratio->count, 0.99, &from, &to);
	r.ratio = value_at(ratio, middle) / RATIO_ONE / (1 + BUCKET_WIDTH / 2);
	r.low = value_at(ratio, from) / RATIO_ONE / (1 + BUCKET_WIDTH);
	r.high = value_at(ratio, to) / RATIO_ONE;
	r.more_ns = (int64_t)(value_at(more, middle) / (1 + BUCKET_WIDTH / 2));
	return r;
}

bool book_slower(const struct book *b, const struct latency_ratio *r)
{
	return b->options.latency_share >= 0 && r->compared >= LATENCY_LEAST && r->low > 1 + b->options.latency_share &&
	       r->more_ns > book_latency_floor(b);
}
