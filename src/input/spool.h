/* spool: unlinked temporary files, for input that must be read twice or in another order than it comes. In $TMPDIR (or /tmp), 0600, gone
 * with the process. */
#ifndef REPLAY_INPUT_SPOOL_H
#define REPLAY_INPUT_SPOOL_H

#include "input/source.h"

/* Path, under a directory of its own, that does not exist yet. */
struct spool {
	char dir[256];
	char path[288];
};

int spool_make(struct spool *s, struct err *err);
void spool_remove(const struct spool *s); /* the file (where it is there) and the directory; open descriptors live on */

/* A new, empty, unlinked file; its descriptor or a negative error. */
int spool_empty(struct err *err);

/* Copies `first` and then all of a descriptor into a new unlinked file; returns its descriptor, at the start, or a negative error. */
int spool_descriptor(int from, struct slice first, const char *name, struct err *err);

#endif
