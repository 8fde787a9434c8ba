/* ledger: the account of everything that went in: sections of counters, each total equal to the sum of its parts.
 *
 * Takes sections through a tally_sink; gives text for people and JSON for machines. Owns copies of all it is given. */
#ifndef REPLAY_REPORT_LEDGER_H
#define REPLAY_REPORT_LEDGER_H

#include "base/buf.h"
#include "model/tally.h"

struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);
struct tally_sink ledger_sink(struct ledger *l); /* a section that is there already is added to (shards) */

/* In every section: total == sum of parts. False too when memory ran out: the account then lacks something. */
bool ledger_balanced(const struct ledger *l);
uint64_t ledger_get(const struct ledger *l, const char *section, const char *label, const char *row_key); /* 0 where there is none */
bool ledger_lost(const struct ledger *l); /* some row that means a loss is not 0 */

struct ledger_row {
	char *key, *text;
	enum tally_kind kind;
	bool loss;
	uint64_t count;
};

struct ledger_section {
	char *section, *label;
	struct ledger_row *rows;
	size_t n;
};

/* The n-th section, in the order they came; NULL behind the last. Valid until the ledger changes. */
const struct ledger_section *ledger_section_at(const struct ledger *l, size_t n);
const struct ledger_section *ledger_find(const struct ledger *l, const char *section, const char *label);
const struct ledger_row *ledger_total(const struct ledger_section *s); /* NULL: it has none */
uint64_t ledger_parts(const struct ledger_section *s);                 /* their sum */

/* Lines for a terminal: one a section (wrapped), rows that are 0 left out unless they are the total; then what was lost, and whether it
 * balances. 0 or a negative error. */
int ledger_text(const struct ledger *l, struct buf *out);

/* {"balanced":true,"sections":[{"section":"packets","label":"","total":"seen","notes":["gaps"],"losses":["dropped"],
 * "rows":{"seen":12,…},"balanced":true},…]} without a newline. 0 or a negative error. */
int ledger_json(const struct ledger *l, struct buf *out);

/* The same without the sections of that name: what a log keeps of the run that wrote it must not name the log itself, or the same capture would
 * give other bytes under another name; nor could it tell the log's own size. */
int ledger_json_without(const struct ledger *l, const char *section, struct buf *out);

/* Adds what ledger_json wrote, perhaps by another version or another hand: unknown members are ignored, sizes bounded, texts made from
 * the keys. 0, ERR_FORMAT or ERR_NOMEM. */
int ledger_read_json(struct ledger *l, struct slice json);

#endif
