/* verdict: what a whole comparison came to: made by diff/book.c, shown by report/verdict_*.c, which do not see each other.
 *
 * All that it points to it owns. Immutable once made. Times in nanoseconds, rates and shares 0..1. */
#ifndef REPLAY_MODEL_VERDICT_H
#define REPLAY_MODEL_VERDICT_H

#include "base/hist.h"
#include "model/difference.h"

/* One exchange kept whole, to look at; shared by the examples that show it. */
struct verdict_exchange {
	unsigned refs;
	char id[41];
	struct slice request, control, candidate,
	        second;                   /* bytes as sent and answered, cut at VERDICT_KEPT_BYTES; second: empty without one */
	bool cut;                         /* some of them were longer */
	int64_t control_ns, candidate_ns; /* response times; -1 not known */
};
#define VERDICT_KEPT_BYTES (64u << 10)
void verdict_exchange_unref(const struct verdict_exchange *x); /* NULL is allowed */

struct verdict_example {
	const struct verdict_exchange *exchange;
	char *control,
	        *candidate; /* the two values, cut at VERDICT_VALUE_BYTES, valid UTF-8, control characters as they are; NULL: there is none */
};
#define VERDICT_VALUE_BYTES 512
#define VERDICT_EXAMPLES    3

enum finding_state {
	FINDING_SURE,   /* more than noise, at that confidence; or no noise was measured and it is there */
	FINDING_UNSURE, /* perhaps: too few to tell, or below the thresholds */
	FINDING_NOISE,  /* the controls disagree as much among themselves */
};

/* What hid it, where something did, or why it counts. */
enum finding_reason {
	REASON_TEST,       /* the paired test, or against a learned rate */
	REASON_UNMEASURED, /* no second control and no learned rate: every difference counts */
	REASON_CONFIRMED,  /* --diff-confirm: it came back each time */
	REASON_FLAKY,      /* --diff-confirm: it did not */
	REASON_THRESHOLD,  /* Diffy's thresholds */
	REASON_LIMIT,      /* --diff-latency, --expect */
};

struct verdict_finding {
	char *endpoint; /* "GET /api/items/{id}" */
	char *path;     /* as model/difference.h has it; "latency"; the rule's text for EXPECT */
	enum difference_kind kind;
	enum finding_state state;
	enum finding_reason reason;
	uint64_t compared;                         /* exchanges of this endpoint whose answers were compared */
	uint64_t differ;                           /* of them, differing there */
	uint64_t noise, noise_of;                  /* between the controls (or as learned); noise_of 0: not measured */
	uint64_t only_candidate, only_control;     /* discordant pairs; 0 without a second control */
	uint64_t blocks_candidate, blocks_control; /* what the test counted of them: those within 20 ms once */
	double rate_low, rate_high;                /* 95% interval of differ/compared */
	double p, q;                               /* of the exact test, and after the correction; 1 where there was none */
	uint64_t confirmed, flaky;                 /* exchanges re-sent: came back each time, did not */
	struct verdict_example examples[VERDICT_EXAMPLES];
	unsigned example_count;
};

/* A rule that was in use, whether it hid anything or not; none of the built-in ones. */
struct verdict_rule {
	char *rule, *where; /* "$.meta.ts", "rules.txt:3" */
};

/* A line of --expect, and how many answers it was put to. */
struct verdict_expectation {
	char *rule; /* "GET /a: status 200" */
	uint64_t answers;
};

/* A rule (or the built-in list) and how much it hid. */
struct verdict_hidden {
	char *rule, *where; /* "$.meta.ts", "rules.txt:3" */
	uint64_t exchanges; /* differences it hid, one an exchange and path */
	char *endpoint;     /* of the first one hidden */
	char *path;
};

struct verdict_latency {
	char *endpoint;
	uint64_t compared;
	struct hist *control, *candidate;    /* response times */
	double ratio, ratio_low, ratio_high; /* median of candidate/control by exchange, 99% interval */
	double noise_ratio, noise_high;      /* of the second control to the first; 0: not measured */
	int64_t more_ns;                     /* median of how much longer the candidate took, by exchange; 0: it did not */
	bool slower;                         /* a finding */
};

struct verdict_endpoint {
	char *name;
	uint64_t compared, same, noise, different, not_comparable;
};

/* A second of the run. Of the answers sent in it. */
struct verdict_second {
	uint64_t compared, different;
	int64_t control_p50_ns, control_p99_ns, candidate_p50_ns, candidate_p99_ns;
};

/* How many, and of what; what there is none of is left out. */
struct verdict_cause {
	const char *text; /* static */
	uint64_t count;
};

struct verdict {
	char *control, *candidate, *second; /* "recorded" or a URL or a log's name; second NULL: no noise measured */
	uint64_t seen, compared, same, noise, different, not_comparable;
	struct verdict_cause *causes; /* of not_comparable */
	size_t cause_count;
	struct verdict_finding *findings; /* the sure first, then by share and count: the order to show them in; NOISE last */
	size_t finding_count, sure_count, unsure_count;
	struct verdict_hidden *hidden;
	size_t hidden_count;
	struct verdict_rule *rules;
	size_t rule_count;
	struct verdict_expectation *expectations;
	size_t expectation_count;
	struct verdict_latency *latencies;
	size_t latency_count;
	struct verdict_endpoint *endpoints;
	size_t endpoint_count;
	struct verdict_second *seconds;
	size_t second_count;
	int64_t seconds_start_ns, seconds_step_ns; /* Unix time of the first; length of each */
	struct verdict_cause *fallbacks;           /* bodies that could not be compared as what they say they are */
	size_t fallback_count;
	uint64_t let_go;                                 /* kinds of difference, endpoints and examples beyond the limits */
	double alpha, relative, absolute, latency_share; /* as set; latency_share negative: not asked */
	int64_t latency_floor_ns;                        /* less than that is not slower */
	bool all_headers, timestamps;                    /* --diff-all-headers, --diff-timestamps */
	uint64_t seed;
	double fail_share; /* --diff-fail; negative: not asked */
	bool failed;       /* different/compared above fail_share, and something is different */
};

void verdict_free(struct verdict *v); /* NULL is allowed */

#endif
