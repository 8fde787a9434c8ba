/* summary: what a run came to, for people and for machines; and the one line of progress while it lasts. */
#ifndef REPLAY_REPORT_SUMMARY_H
#define REPLAY_REPORT_SUMMARY_H

#include "base/hist.h"
#include "model/ops.h"
#include "report/ledger.h"

struct summary_target {
	const char *label; /* of its section "target" in the ledger */
	const struct hist *from_due, *from_send, *lateness;
	int64_t max_lateness_ns; /* 0: 10 ms */
	bool scheduled;
	const char *last_error;        /* why a connection could not be made; NULL: all could */
	uint64_t unsent;               /* were due and never sent: later than any limit */
	double late_ns[LATE_CAUSES];   /* from due to sent in all, by what was waited for */
	const struct measure *measure; /* for the report; NULL: none */
};

struct summary {
	const struct ledger *ledger;
	double seconds;
	const struct summary_target *targets;
	size_t n;
	const char *error; /* why the run stopped early; NULL: it did not */
};

/* Did every target that had a schedule keep it? */
bool summary_schedule_held(const struct summary *s);

/* Lines for a terminal. 0 or a negative error. */
int summary_text(const struct summary *s, struct buf *out);
/* One JSON object: seconds, error, schedule_held, targets with percentiles in milliseconds, balanced and sections as in ledger_json. */
int summary_json(const struct summary *s, struct buf *out);
/* The same, and for each target its endpoints and its series: see REPORT.md. */
int summary_report(const struct summary *s, struct buf *out);

/* Is more than that share (0..1) of some section's total lost? Then *out gets a sentence that names the worst one. */
bool summary_lost(const struct ledger *l, double share, struct buf *out);

struct progress {
	double seconds, share; /* share of the input done, 0..1; negative: not known */
	double per_second;     /* over the last interval */
	bool live;
	uint64_t messages, done, in_flight, failed, lost;
	int64_t lateness_p99_ns; /* -1: none */
	bool draining;
};

/* One line without a newline, at most `width` columns. */
int progress_line(const struct progress *p, size_t width, struct buf *out);

#endif
