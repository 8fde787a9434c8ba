/* pipeline: one shard: inputs, filters, outputs, and the loop that joins them, on one thread. pipeline.c opens and closes, loop.c turns. Private to
 * pipe/.
 *
 * Shares nothing with other shards but what its io_env and its hooks lead to, and what inputs and outputs opened as `another` share among
 * themselves. */
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

struct pipeline {
	struct run_options options;
	struct run_hooks hooks;
	struct io_env env;
	struct pulled inputs[RUN_KINDS_MAX];
	size_t input_count;
	struct output *outputs[PIPELINE_OUTPUTS_MAX];
	size_t output_count;
	uint8_t order[PIPELINE_OUTPUTS_MAX]; /* in which outputs get their turn: drawn anew for each message, and each time round */
	uint64_t random;
	struct filters *filters; /* NULL: everything passes */
	int epoll;
	bool live;  /* a live input is among them */
	bool lossy; /* what an output does not take at once is dropped for it */
	uint64_t complete, incomplete, filtered;
	int64_t start_ns;
	int64_t next_status_ns;
	int stops;          /* asked for so far */
	struct err failure; /* the first of an input or output */
};

/* options, hooks and env are set before. A release is due after an error too. */
int pipeline_init(struct pipeline *r, struct err *err);
/* first: the pipeline that was opened before this one for the same run; NULL: this is the first. */
int pipeline_open_inputs(struct pipeline *r, const struct pipeline *first, struct err *err);
int pipeline_open_outputs(struct pipeline *r, const struct pipeline *first, struct err *err);
void pipeline_release(struct pipeline *r);

enum run_end pipeline_loop(struct pipeline *r, struct err *err);
bool pipeline_output_left(const struct pipeline *r);     /* some output has not failed, or there never was one */
bool pipeline_stop_asked(const struct run_hooks *hooks); /* reads one request to stop */
void pipeline_status(const struct pipeline *r, int64_t now_ns, struct run_status *s);

int pipeline_flush(struct pipeline *r, int64_t now_ns, struct err *err);
void pipeline_tally(const struct pipeline *r, struct tally_sink *sink);
int pipeline_close_outputs(struct pipeline *r, struct slice ledger_json, struct err *err);

#endif
