/* session: one run from settled options to an exit status: signals, progress, summary, ledger file. */
#ifndef REPLAY_CLI_SESSION_H
#define REPLAY_CLI_SESSION_H

#include "cli/commands.h"

int session_run(const struct options *o); /* gives an enum exit_status */

#endif
