/* ledger_add: what the files that fill and show a ledger share. */
#ifndef REPLAY_REPORT_LEDGER_ADD_H
#define REPLAY_REPORT_LEDGER_ADD_H

#include "report/ledger.h"

/* The section of that name and label, made where it is missing; NULL when there is no room. Valid until the next call. */
struct ledger_section *ledger_add_section(struct ledger *l, const char *section, const char *label);

/* Adds to the row of that key, made where it is missing. 0 or ERR_NOMEM. */
int ledger_add_row(struct ledger *l, struct ledger_section *s, const struct tally_row *row, uint64_t count);

bool ledger_section_balanced(const struct ledger_section *s);
bool ledger_failed(const struct ledger *l); /* memory ran out on the way */

#endif
