/* pipeline: the state that run.c opens and closes and loop.c turns. Private to pipe/. */
#ifndef REPLAY_PIPE_PIPELINE_H
#define REPLAY_PIPE_PIPELINE_H

#include "pipe/run.h"

#define PIPELINE_OUTPUTS_MAX 32

struct pulled {
	struct input *input;
	struct message *held; /* not yet taken by every output */
	uint32_t waiting;     /* bit i: output i has yet to take it */
	bool ended;
};

struct run {
	struct run_options options;
	struct run_hooks hooks;
	struct io_env env;
	struct pulled inputs[RUN_KINDS_MAX];
	size_t input_count;
	struct output *outputs[PIPELINE_OUTPUTS_MAX];
	size_t output_count;
	struct filters *filters; /* NULL: everything passes */
	int epoll;
	bool live;  /* a live input is among them */
	bool lossy; /* what an output does not take at once is dropped for it */
	uint64_t complete, incomplete, filtered;
	int64_t start_ns;
	int64_t next_status_ns;
	int stops; /* asked for so far */
	bool input_failed;
	struct err failure; /* the first of an input or output */
	struct run_status last_status;
};

void pipeline_status(const struct run *r, int64_t now_ns, struct run_status *s);

#endif
