/* merge: the messages of several files as one stream in time order, as often over as wanted.
 *
 * Takes paths; gives messages as fast as they can be read. Owns the open files. A file that fails ends there; its error is told once the others
 * have ended. Captures (files, not pipes) that follow each other in time are one, read in turn, in whatever order they were named. */
#ifndef REPLAY_INPUT_MERGE_H
#define REPLAY_INPUT_MERGE_H

#include "input/source.h"

struct merge;

struct merge *merge_new(const struct source_options *options); /* NULL: out of memory. What options point to is borrowed */
/* ports, copied: the path stands for a capture, read for these only, and a log there is an error; NULL: all, and logs too. */
int merge_add(struct merge *m, const char *path, const struct port_set *ports, struct err *err);

/* All are there: opens the captures among them. Once, before anything else. */
int merge_open(struct merge *m, struct err *err);

/* The oldest of what comes next in each file. LOG_READ_END once all have ended. */
enum log_read merge_next(struct merge *m, struct message **out, struct err *err);

/* All files from their starts once more. Not after a failure. */
int merge_again(struct merge *m, struct err *err);

uint64_t merge_read(const struct merge *m); /* messages, over all rounds: given out or held */
/* What is held, read but not given out because others were older. */
void merge_held(const struct merge *m, void (*each)(void *arg, const struct message *held), void *arg);
double merge_progress(const struct merge *m); /* of this round, 0..1; negative where not known */
void merge_tally(const struct merge *m, struct tally_sink *sink);
void merge_free(struct merge *m);

#endif
