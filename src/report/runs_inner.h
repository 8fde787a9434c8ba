/* runs_inner: what the files of runs_compare share: one run as it was read.
 *
 *   runs_compare.c   both files read, their findings walked side by side
 *   runs_judge.c     what became of one finding
 *   runs_show.c      all of it as text and as JSON */
#ifndef REPLAY_REPORT_RUNS_INNER_H
#define REPLAY_REPORT_RUNS_INNER_H

#include "report/runs_compare.h"

struct run_finding {
	const char *endpoint, *path, *kind; /* of the parsed file, as are all texts here */
	struct run_side side;
	uint64_t compared, differ;
	size_t rank;
};

struct run_endpoint {
	const char *name;
	uint64_t compared;
	double slower_low; /* the lower end of its times' ratio to the control's; not a number: not known */
};

struct run_rule {
	const char *text, *where;
};

struct run {
	const char *which; /* for messages */
	struct json_t *root;
	struct run_finding *findings; /* sorted by endpoint, path, kind, each once */
	size_t count;
	struct run_endpoint *endpoints; /* sorted */
	size_t endpoint_count;
	struct run_rule *rules, *expectations; /* sorted by text */
	size_t rule_count, expectation_count;
	bool knows_expectations; /* the file says which there were */
	bool all_headers, timestamps;
	double latency_share; /* not a number: not asked */
};

#define RUN_WHY_BYTES 640

struct run_judgement {
	enum run_change_kind kind; /* RUN_CHANGES: of no interest, sure in neither run */
	char why[RUN_WHY_BYTES];   /* empty: nothing to say */
};

/* One of the findings may be NULL. 0 or ERR_NOMEM. */
int run_judge(const struct run *before, const struct run *now, const struct runs_rules *rules, const struct run_finding *b,
              const struct run_finding *n, struct run_judgement *out);

#endif
