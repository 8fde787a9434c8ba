/* replay/diff.h: answers compared, exchange by exchange, and what they come to. */
#ifndef REPLAY_DIFF_H
#define REPLAY_DIFF_H

#include <replay/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rp_diff rp_diff;

/* Names for reports. second: where a second control measures noise; NULL: none does. NULL: *error says why. */
rp_diff *rp_diff_open(const char *control, const char *candidate, const char *second, rp_error *error);

/* Noise rules, one a line, as --diff-rules takes them; name: for errors. Before the first exchange. 0, or negative: *error says which line and why. */
int rp_diff_rules(rp_diff *d, const char *text, const char *name, rp_error *error);

/* One exchange: a request and its answers, any message of the library's; second NULL: there is none. Nothing of them is kept but copies of examples.
 * 1: something differs that is not hidden by a rule. 0: nothing does. Negative: they could not be compared, and count as that. */
int rp_diff_add(rp_diff *d, const rp_message *request, const rp_message *control, const rp_message *candidate, const rp_message *second);

typedef enum rp_diff_form { RP_DIFF_TEXT, RP_DIFF_JSON, RP_DIFF_HTML, RP_DIFF_JUNIT } rp_diff_form;

/* What all of them come to. *text: to be freed with free(); a NUL stands behind its *length bytes. findings: how many are sure; NULL: not wanted. May be called
 * again after more exchanges. 0, or negative: *error says why. */
int rp_diff_report(rp_diff *d, rp_diff_form form, char **text, size_t *length, size_t *findings, rp_error *error);

void rp_diff_close(rp_diff *d); /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
