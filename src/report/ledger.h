/* ledger: the account of everything that went in: sections of counters, each total equal to the sum of its parts.
 *
 * Takes sections through a tally_sink; gives text for people and JSON for machines. Owns copies of the counts. */
#ifndef REPLAY_REPORT_LEDGER_H
#define REPLAY_REPORT_LEDGER_H

#include "base/buf.h"
#include "model/tally.h"

struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);
struct tally_sink ledger_sink(struct ledger *l); /* a section that is there already is added to (shards) */

bool ledger_balanced(const struct ledger *l); /* in every section: total == sum of parts */
uint64_t ledger_get(const struct ledger *l, const char *section, const char *label, const char *row_key); /* 0 where there is none */

/* Lines for a terminal: one a section, rows that are 0 left out unless they are the total; then whether it balances. */
int ledger_text(const struct ledger *l, struct buf *out);
/* {"balanced":true,"sections":[{"section":"packets","label":"","rows":{"seen":12,…},"balanced":true},…]} without a newline. */
int ledger_json(const struct ledger *l, struct buf *out);

#endif
