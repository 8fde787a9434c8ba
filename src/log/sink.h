/* sink: a log file as the writer sees it: bytes at its end, cut back to the last whole piece when the system refuses more.
 *
 * Owns the descriptor. Used by one thread at a time. */
#ifndef REPLAY_LOG_SINK_H
#define REPLAY_LOG_SINK_H

#include "log/encode.h"

struct sink {
	int fd;
	const char *path; /* borrowed */
	const struct log_io *io;
	bool regular;          /* a file that can be cut; else a pipe or a device */
	uint64_t end;          /* of the last whole piece */
	struct slice preamble; /* plain, appending: what completes the last record; written before the first piece */
};

extern const struct log_io log_io_system;

#define SINK_NOTE 256 /* room for the sentence that appending may leave */

/* Creates s->path, or with `append` opens it and finds where to go on: fills the encoder's index, cuts what is behind the last whole piece and
 * says so in note. s holds path and io. */
int sink_open(struct sink *s, struct encoder *e, enum log_form form, bool append, char note[SINK_NOTE], struct err *err);

/* All of it, or nothing: after an error (its errno in *error) the file ends where it did. */
int sink_write(struct sink *s, struct slice bytes, int *error);
int sink_close(struct sink *s, struct err *err);

/* append.c: where an existing file, open in s, goes on. */
int sink_append(struct sink *s, struct encoder *e, enum log_form form, char note[SINK_NOTE], struct err *err);

#endif
