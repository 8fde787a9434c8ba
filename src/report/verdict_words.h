/* verdict_words: what a verdict's parts are called, the same in each of its reports. */
#ifndef REPLAY_REPORT_VERDICT_WORDS_H
#define REPLAY_REPORT_VERDICT_WORDS_H

#include "base/buf.h"
#include "model/verdict.h"

#define VERDICT_WORDS 64

enum verdict_outcome { VERDICT_SAME, VERDICT_DIFFERENT, VERDICT_NOTHING };

/* Nothing could be compared; there is a finding that is sure; or neither. */
enum verdict_outcome verdict_outcome(const struct verdict *v);
const char *verdict_outcome_name(enum verdict_outcome o); /* "same", "different", "nothing_compared" */

/* How many endpoints have a finding that is sure. 0 or ERR_NOMEM. */
int verdict_found_endpoints(const struct verdict *v, size_t *n);

/* "DIFFERENT: 3 findings in 2 of 14 endpoints; 412 of 20,000 exchanges (2.1%)". No newline. 0 or a negative error. */
int verdict_sentence(const struct verdict *v, struct buf *out);

/* 0..1 as "20.6%", "0.020%", "<0.001%", "100%"; "-" where it is no number. */
char *verdict_percent(char out[VERDICT_WORDS], double share);
/* differ/compared, the 95% interval, noise/noise_of. */
double verdict_rate(const struct verdict_finding *f);
double verdict_noise_rate(const struct verdict_finding *f); /* NaN: not measured */
char *verdict_interval(char out[VERDICT_WORDS], const struct verdict_finding *f);

/* "sure", "sure, q=0.003", "perhaps, q=0.08", "confirmed 5 of 5", … */
char *verdict_confidence(char out[VERDICT_WORDS], const struct verdict_finding *f);
const char *verdict_state_name(enum finding_state s);   /* "sure", "unsure", "noise" */
const char *verdict_reason_name(enum finding_reason r); /* "test", "unmeasured", … */

/* The request's first line, at most 1,024 bytes of it. */
struct slice verdict_request_line(const struct verdict_exchange *x);

/* An exchange as an example shows it: both values, or that there is none. */
struct slice verdict_value(const char *value);

#endif
