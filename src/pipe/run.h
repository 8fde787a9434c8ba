/* run: inputs, filters, outputs, and what joins them: one pipeline, or several side by side, each on a thread of its own.
 *
 * Takes options that are settled; gives a ledger and timings. Owns the inputs and outputs. */
#ifndef REPLAY_PIPE_RUN_H
#define REPLAY_PIPE_RUN_H

#include "filter/filters.h"
#include "input/in_file.h"
#include "input/in_raw.h"
#include "output/out_file.h"
#include "output/out_http.h"
#include "pipe/kinds.h"
#include "report/ledger.h"

/* What was given for one kind's flag, in order. */
struct addresses {
	const char **text;
	size_t n;
};

#define RUN_KINDS_MAX   16
#define RUN_THREADS_MAX 64

struct run_options {
	struct addresses inputs[RUN_KINDS_MAX];  /* by row of input_kinds */
	struct addresses outputs[RUN_KINDS_MAX]; /* by row of output_kinds */
	struct raw_options raw;
	struct file_input_options file_in;
	struct file_output_options file_out;
	struct http_output_options http;
	struct filter_options filters;
	int64_t exit_after_ns; /* 0: no end of its own */
	uint64_t threads;      /* pipelines that split the work by connection: 0 counts as 1 */
	const char *user;      /* who to become once the capture is open; NULL: $SUDO_UID, else root without its capabilities */
};

struct run_status {
	double seconds;    /* since the start */
	uint64_t messages; /* read from the inputs */
	uint64_t done;     /* by the outputs that measure (targets), or written */
	uint64_t in_flight, failed, lost;
	int64_t lateness_p99_ns; /* -1: no schedule */
	double progress;         /* 0..1; negative: not known */
	bool live;               /* a capture is among the inputs */
	bool draining;           /* the inputs have ended */
};

struct run_hooks {
	int stop_fd;      /* readable: a byte (or signalfd_siginfo) each time the user asks to stop; the second ends at once. -1: none */
	size_t stop_size; /* bytes of one such request */
	int64_t status_every_ns; /* how often status is told; 0: never */
	void *arg;
	/* Never two of these at once, though with several threads on any of them. */
	void (*status)(void *arg, const struct run_status *s);    /* may be NULL */
	void (*note)(void *arg, int level, const char *sentence); /* level 0 a warning, 1+ for --verbose */
};

struct run;

/* Opens the inputs, gives up privileges, opens the outputs. NULL and *err: nothing is left open. */
struct run *run_open(const struct run_options *options, const struct run_hooks *hooks, struct err *err);

enum run_end {
	RUN_ENDED, /* all inputs ended and everything was answered and written, or the user or --exit-after stopped it and it drained */
	RUN_INTERRUPTED, /* a second stop: what was in flight is counted as unfinished */
	RUN_FAILED,      /* an input or the last output failed: *err says which; what was done stands */
};
enum run_end run_loop(struct run *r, struct err *err);

/* Brings every output to its end and adds every section to *ledger: counts and timings are final then. 0 or the first error. */
int run_finish(struct run *r, struct ledger *ledger, struct err *err);

/* After run_finish, and after run_timing was asked: closes the outputs; logs keep the ledger in their index. 0 or the first error. */
int run_close_outputs(struct run *r, const struct ledger *ledger, struct err *err);

/* Between run_finish and run_close_outputs: the measured outputs, n-th of them; false when there are no more. */
bool run_timing(const struct run *r, size_t n, const char **label, struct timing *t);
void run_final_status(const struct run *r, struct run_status *s);
void run_free(struct run *r);

#endif
