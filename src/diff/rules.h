/* rules: which differences are no news: what a person wrote or --diff-learn found, and the volatile headers that are built in.
 *
 * One rule a line; "#" at a line's beginning or behind a space begins a comment:
 *
 *   [METHOD|*] [PATH-PATTERN]:  WHAT  [HOW]
 *
 * The part before ": " is left out for every endpoint; RULES.md has it in full. PATH-PATTERN is matched with the endpoint's folded path and with the request's own: "*" any run of
 * characters; "{id}" stands for itself. WHAT is a path as model/difference.h has it, where "*" stands for any run of characters within a segment, and "**" for
 * any; it covers what lies beneath it too. "header:NAME", "status", "body", "latency" among them. HOW, none meaning "is not looked at":
 *
 *   order              another order of the same elements is none
 *   tolerance 0.01     numbers that far apart are equal
 *   case               text that differs in letters' case only is equal
 *   like FORM          both values have that form: timestamp, uuid, number, token, hex, or /REGEX/ (PCRE2, whole value)
 *   kind KIND          differences of that kind only: value, type, missing, extra, order, length
 *   rate N/M           so many of M exchanges of the control with itself differed there: noise, tested against, not hidden
 *
 * KIND may stand with rate: "kind value rate 39/2000". Owns copies; compiled once. */
#ifndef REPLAY_DIFF_RULES_H
#define REPLAY_DIFF_RULES_H

#include "base/err.h"
#include "diff/json_diff.h"

struct rules;
struct rules *rules_new(void); /* with the built-in volatile headers; NULL when out of memory */
void rules_free(struct rules *r);
void rules_without_volatile(struct rules *r); /* every header counts */
void rules_with_volatile(struct rules *r);    /* … or not, after all */

/* One rule, from --diff-ignore. ERR_USAGE with a sentence that quotes it and says what is wrong; where: "--diff-ignore" or "FILE:LINE". */
int rules_add(struct rules *r, struct slice line, const char *where, struct err *err);
/* A whole file's text; name for errors. Stops at the first bad line. */
int rules_add_text(struct rules *r, struct slice text, const char *name, struct err *err);

/* What holds for one endpoint, found once: the rules that can apply. */
struct endpoint_rules;
/* method "GET", folded "/api/items/{id}", path: one request's own without query. NULL when out of memory. */
struct endpoint_rules *rules_for(const struct rules *r, struct slice method, struct slice folded, struct slice path);
/* Is there a rule for this path that is not one for its endpoint? Where false, rules_for gives the same for both: one does for all of an endpoint's requests. */
bool rules_of_own_path(const struct rules *r, struct slice folded, struct slice path);
void endpoint_rules_free(struct endpoint_rules *e);

struct path_advice rules_advise(const struct endpoint_rules *e, struct slice path); /* for json_advice */
/* The rule by which rules_advise says skip: its number, -1 none. What is skipped is never told to a sink: whoever hands the advice on counts it here. */
int rules_skips(const struct endpoint_rules *e, struct slice path);

/* Does a rule hide this difference? Its number, for rules_text and counts; -1: none does. */
int rules_hide(const struct endpoint_rules *e, const struct difference *d);
/* A rule by which a difference of that kind at that path is hidden, or may be, were its values known: its number; -1: there is none. */
int rules_may_hide(const struct endpoint_rules *e, struct slice path, enum difference_kind kind);
/* The rate that was learned for it: false, none. */
bool rules_rate(const struct endpoint_rules *e, struct slice path, enum difference_kind kind, uint64_t *differ, uint64_t *of);

size_t rules_count(const struct rules *r);
bool rules_all_headers(const struct rules *r);            /* rules_without_volatile was asked */
const char *rules_text(const struct rules *r, int rule);  /* as written; "built in: header:date" for built-in ones */
const char *rules_where(const struct rules *r, int rule); /* "rules.txt:12", "--diff-ignore", "built in" */

#endif
