/* paths: no file that a command writes takes the place of one that it reads, or of another that it writes.
 *
 * Of the ledger, reports and learned rules, which replace what was there; logs that are written never do. */
#ifndef REPLAY_CLI_PATHS_H
#define REPLAY_CLI_PATHS_H

#include "cli/options.h"

/* 0, or ERR_USAGE and a sentence. */
int paths_check(const struct options *o, struct err *err);

#endif
