/* expect: a contract for each endpoint's answers: --expect FILE.
 *
 *   [METHOD|*] [PATH-PATTERN]:  status 200,404        (or 2xx)
 *   ...:  require $.id $.items[*].price               (fields that a 2xx answer has)
 *   ...:  latency p99 < 200ms                          (p50, p90, p95, p99, max; from send to the answer's end)
 *
 * Endpoints as in rules.h. Owns copies. */
#ifndef REPLAY_DIFF_EXPECT_H
#define REPLAY_DIFF_EXPECT_H

#include "base/hist.h"
#include "diff/compare.h"

struct expect;
struct expect *expect_new(void);
void expect_free(struct expect *e);
int expect_add_text(struct expect *e, struct slice text, const char *name, struct err *err);
size_t expect_count(const struct expect *e);
const char *expect_text(const struct expect *e, size_t rule); /* as written */

/* Which rules concern this endpoint: bit i for rule i (at most 64 rules in all files: more is ERR_LIMIT when they are read). */
uint64_t expect_for(const struct expect *e, struct slice method, struct slice folded, struct slice path);

/* As rules_of_own_path: is there one for this path that is not one for its endpoint? */
bool expect_of_own_path(const struct expect *e, struct slice folded, struct slice path);

/* Which of `rules` does this answer break (bits)? decoded: its body; tree: memory lent for JSON. Latency rules are not looked at. */
uint64_t expect_broken(const struct expect *e, uint64_t rules, int status, struct slice decoded, struct json_tree *tree);
bool expect_needs_body(const struct expect *e, uint64_t rules);
/* Which latency rules does this histogram (response times of one endpoint) break? */
uint64_t expect_late(const struct expect *e, uint64_t rules, const struct hist *from_send);

#endif
