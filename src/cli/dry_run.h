/* dry_run: plays the files through the schedule under a clock that jumps, with nothing behind it, and tells what would have been sent. */
#ifndef REPLAY_CLI_DRY_RUN_H
#define REPLAY_CLI_DRY_RUN_H

#include "cli/commands.h"

int dry_run(const struct options *o); /* gives an enum exit_status */

#endif
