/* reading: a file opened as the options say: bounds in time, limits, and where its notes go. */
#ifndef REPLAY_CLI_READING_H
#define REPLAY_CLI_READING_H

#include "cli/options.h"

/* Settles --from and --to into o->run.file_in.source; a relative one counts from the first message of the n files ("file|200%" is file).
 * 0 or a negative error. */
int reading_bounds(struct options *o, const char *const *paths, size_t n, struct err *err);

/* Opens `path` with those bounds; notes go to standard error unless --quiet. */
struct source *reading_open(struct options *o, const char *path, bool file_order, struct err *err);

#endif
