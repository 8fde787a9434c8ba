/* schedule: do the options about a file's schedule go together, and when does it begin? */
#ifndef REPLAY_CLI_SCHEDULE_H
#define REPLAY_CLI_SCHEDULE_H

#include "cli/options.h"

/* Settles --start-at into o->run.file_in. 0, or ERR_USAGE with a sentence. */
int schedule_settle(struct options *o, struct err *err);

#endif
