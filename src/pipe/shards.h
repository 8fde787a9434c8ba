/* shards: the pipelines of one run side by side, each on a thread of its own, and the thread that watches over them. Private to pipe/.
 *
 * Takes pipelines that are open; gives how each ended. A run of one shard has no thread but its caller's. */
#ifndef REPLAY_PIPE_SHARDS_H
#define REPLAY_PIPE_SHARDS_H

#include "pipe/pipeline.h"

#include <pthread.h>

#define SAID_MAX 16

/* A sentence of late, and the shards that have said it: what all of them have to say is told once. */
struct said {
	uint64_t by; /* a bit each */
	char sentence[512];
};

struct shard {
	struct run *run;
	struct pipeline line;
	pthread_t thread;
	bool running;
	int stop_fd;              /* where the watching thread asks it to stop; -1: alone */
	struct run_status latest; /* under the mutex */
	bool ended;               /* under the mutex */
	bool told;                /* the others were asked to stop since this one has nowhere to write */
	enum run_end end;
	struct err err; /* why, where it failed */
};

struct merged_timing {
	const char *label;
	struct timing timing;
	struct hist from_due, from_send, lateness;
	struct measure *measure; /* NULL: not wanted */
	const struct measure *first_measure;
};

struct run {
	struct run_options options;
	struct run_hooks hooks;
	struct own_flows *own_flows;
	struct shard *shards;
	unsigned n;            /* shards that are used */
	unsigned made;         /* of which there is memory */
	pthread_mutex_t mutex; /* round the hooks, `said`, and what shards publish */
	struct said said[SAID_MAX];
	size_t said_next;
	int ended_fd; /* readable when a shard has ended; -1: alone */
	struct run_status last_status;
	struct merged_timing **timings; /* of several shards; after run_finish */
	size_t timing_count;
};

/* What a run's env and hooks call, whatever the thread. arg: the shard. */
void shards_note(void *arg, int level, const char *sentence);

/* Descriptors and hooks for several shards; before they are opened, with r->n set. */
int shards_init(struct run *r, struct err *err);
void shards_only_first(struct run *r); /* after all, one it is: nothing of the others has been opened */
enum run_end shards_loop(struct run *r, struct err *err);

void status_add(struct run_status *sum, const struct run_status *one, unsigned shards); /* sum begins as status_none */
extern const struct run_status status_none;

#endif
