/* runs_compare: two verdicts as VERDICT.md has them, an earlier and a later one: which findings are new, which last, which are fixed; and of which
 * the later run cannot know.
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
	RUN_FIXED,        /* sure earlier; gone now, though it would have been seen */
	RUN_HIDDEN,       /* sure earlier; a rule hides it now that the earlier run did not have, or it is taken for noise now */
	RUN_NOT_ASKED,    /* sure earlier; the later run did not ask: other --expect, no --diff-latency, or a higher one */
	RUN_NOT_COMPARED, /* sure earlier; its place was not compared now, or too seldom */
	RUN_CHANGES
};
const char *run_change_name(enum run_change_kind kind); /* "new", "lasting", "fixed", "hidden", "not_asked", "not_compared" */

/* What one run says of a finding. */
struct run_side {
	bool there;
	const char *state; /* "sure", "unsure", "noise"; NULL unless there */
	double rate, low, high;
};

struct run_change {
	enum run_change_kind kind;
	char *endpoint, *path, *difference;
	char *why; /* of hidden, not asked, not compared; NULL of the others */
	struct run_side before, now;
	size_t rank; /* in its run */
};

struct runs_compare {
	struct run_change *changes; /* the new first, then as the kinds go; each in its run's order */
	size_t count, counts[RUN_CHANGES];
	struct run_said {
		char *sentence, *control, *candidate, *made; /* NULL: not said */
	} before, now;
};

/* What knows how rules are read: the rules that only the later run has go in, then it says which of them may hide a finding. */
struct runs_rules {
	void *arg;
	/* 0 or a negative error. `where`: of the run's file. */
	int (*add)(void *arg, const char *rule, const char *where, struct err *err);
	/* Headers that are built in count no more as they did earlier. */
	void (*add_built_in)(void *arg);
	/* *rule: the text of the rule, borrowed; NULL: none. 0 or ERR_NOMEM. */
	int (*hides)(void *arg, const char *endpoint, const char *path, const char *kind, const char **rule);
};

/* 0, or a negative error and *err: a file is no verdict, is of a later version, is too long, or memory is out. rules NULL: rules are not looked at. */
int runs_compare_new(struct slice before, struct slice now, const struct runs_rules *rules, struct runs_compare **out, struct err *err);
void runs_compare_free(struct runs_compare *c);

/* Lasting: +1 where its 95% interval lies above the earlier one, -1 below, 0 neither. */
int run_change_trend(const struct run_change *c);

/* For a terminal of so many columns (0: 100). 0 or a negative error. */
int runs_compare_text(const struct runs_compare *c, size_t columns, bool colour, struct buf *out);
/* {"format":"replay-runs",…}: see VERDICT.md. */
int runs_compare_json(const struct runs_compare *c, struct buf *out);

#endif
