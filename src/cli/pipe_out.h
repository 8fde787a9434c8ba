/* pipe_out: standard output, written in large pieces, that may be closed at any time (| head). */
#ifndef REPLAY_CLI_PIPE_OUT_H
#define REPLAY_CLI_PIPE_OUT_H

#include "base/buf.h"

struct pipe_out {
	struct buf buf; /* append here, then flush */
	bool closed;    /* the reader is gone: no error, but nothing more is wanted */
	bool failed;    /* another error: *err was set when it happened */
};

void pipe_out_init(struct pipe_out *p);
void pipe_out_release(struct pipe_out *p);

/* Writes what is held when that is much, or everything with `all`. False: stop, the reader is gone or writing failed. */
bool pipe_out_flush(struct pipe_out *p, bool all, struct err *err);

#endif
