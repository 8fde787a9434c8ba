/* runs_compare: two verdicts as VERDICT.md has them, an earlier and a later one: which findings are new, which last, which are fixed.
 *
 * Takes the texts of both files, which may come from anybody; owns copies of all it keeps. A finding is known by endpoint, path and kind. */
#ifndef REPLAY_REPORT_RUNS_COMPARE_H
#define REPLAY_REPORT_RUNS_COMPARE_H

#include "base/buf.h"

/* No file longer than this is read: about the longest that a comparison writes. */
#define RUNS_BYTES_MAX (256u << 20)

enum run_change_kind {
	RUN_NEW,          /* sure now; earlier not there, or not sure */
	RUN_LASTING,      /* sure earlier, and now still there: sure or perhaps */
	RUN_FIXED,        /* sure earlier; gone now, though its endpoint was compared */
	RUN_NOT_COMPARED, /* sure earlier; its endpoint (or times at all) was not compared now: nothing is known */
	RUN_CHANGES
};
const char *run_change_name(enum run_change_kind kind); /* "new", "lasting", "fixed", "not_compared" */

/* What one run says of a finding. */
struct run_side {
	bool there;
	const char *state; /* "sure", "unsure", "noise"; NULL unless there */
	double rate, low, high;
};

struct run_change {
	enum run_change_kind kind;
	char *endpoint, *path, *difference;
	struct run_side before, now;
	size_t rank; /* in its run */
};

struct runs_compare {
	struct run_change *changes; /* the new first, then lasting, fixed, not compared; each in its run's order */
	size_t count, counts[RUN_CHANGES];
	struct run_said {
		char *sentence, *control, *candidate, *made; /* NULL: not said */
	} before, now;
};

/* 0, or a negative error and *err: a file is no verdict, is of a later version, is too long, or memory is out. */
int runs_compare_new(struct slice before, struct slice now, struct runs_compare **out, struct err *err);
void runs_compare_free(struct runs_compare *c);

/* Lasting: +1 where its 95% interval lies above the earlier one, -1 below, 0 neither. */
int run_change_trend(const struct run_change *c);

/* For a terminal of so many columns (0: 100). 0 or a negative error. */
int runs_compare_text(const struct runs_compare *c, size_t columns, bool colour, struct buf *out);
/* {"format":"replay-runs",…}: see VERDICT.md. */
int runs_compare_json(const struct runs_compare *c, struct buf *out);

#endif
