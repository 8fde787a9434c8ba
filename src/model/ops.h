/* ops: what an input, a filter and an output offer to the pipeline. Inputs are pulled, outputs pushed.
 *
 * An implementation embeds the base struct as its first member. A new one is one file and one row of pipe/'s tables. Times
 * are monotonic nanoseconds unless a name says otherwise. */
#ifndef REPLAY_MODEL_OPS_H
#define REPLAY_MODEL_OPS_H

#include "base/err.h"
#include "base/hist.h"
#include "model/message.h"
#include "model/own_flows.h"
#include "model/tally.h"

/* What a run lends to each of its inputs and outputs. Outlives them. */
struct io_env {
	int64_t (*mono_ns)(void);   /* the monotonic clock, for moments inside a tick; tests replace it */
	int64_t real_minus_mono_ns; /* Unix time = monotonic + this, when the run began */
	struct own_flows *own_flows;
	bool wait_for_outputs; /* no live input: an output may hold the inputs back instead of dropping */
	/* The run is split by lane among so many pipelines, each on a thread of its own; this is one of them. 0 of 0, and 0 of 1: it is alone. */
	unsigned shard, shards;
	int64_t start_ns; /* monotonic: when the schedule of all shards begins; 0: when an input is first asked */
	void *note_arg;
	/* A sentence for the user: level 0 a warning, 1 and more only with --verbose. Never NULL. */
	void (*note)(void *note_arg, int level, const char *sentence);
};

/* Why requests left late: each one's time from due to sent goes to what it waited for. */
enum late_cause {
	LATE_TARGET,     /* its lane's previous answer, or the target's full queue */
	LATE_CONNECTING, /* its connection */
	LATE_MACHINE,    /* nothing but this machine */
	LATE_CAUSES
};

struct measure; /* report/measure.h */

/* Response times of one target, for the summary; histograms are the output's. */
struct timing {
	const struct hist *from_due, *from_send, *lateness;
	int64_t max_lateness_ns;       /* the schedule was held while lateness p99 is not above */
	bool scheduled;                /* some request had a due time */
	uint64_t unsent;               /* of those, never sent: no lateness is known of them */
	double late_ns[LATE_CAUSES];   /* in all */
	const struct measure *measure; /* by endpoint and over time; NULL: not wanted */
	const char *last_error;        /* the output's: why a connection could not be made; NULL: all could */
};

enum input_result {
	INPUT_MESSAGE, /* *out holds a reference, the caller's now */
	INPUT_WAIT,    /* nothing yet: wait for pollfd or deadline */
	INPUT_END,     /* nothing more will come */
	INPUT_FAIL,    /* err says why; what came before stands */
};

/* What the progress line and the summary ask of an input beyond its tallies. */
struct input_status {
	uint64_t messages; /* given out so far */
	uint64_t lost;     /* packets or bytes lost before they could be read */
	double done;       /* share of the whole read, 0..1; negative: not known */
};

struct input;
struct input_ops {
	enum input_result (*next)(struct input *in, int64_t now_ns, struct message **out, struct err *err);
	int (*pollfd)(const struct input *in);       /* readable when next() may have something; -1: none */
	int64_t (*deadline)(const struct input *in); /* when next() wants to be called at the latest; TIME_NEVER: no need */
	void (*stop)(struct input *in);              /* no new data, give out what is held, then END */
	void (*status)(const struct input *in, struct input_status *out);
	void (*tally)(const struct input *in, struct tally_sink *sink);
	void (*close)(struct input *in);
	/* One more for another shard, before any of them is asked for a message. NULL: opened by its addresses again. */
	int (*another)(struct input *first, const struct io_env *env, struct input **out, struct err *err);
};
struct input {
	const struct input_ops *ops;
	bool live;     /* never waits for an output: what an output does not take is dropped for it and counted */
	bool captures; /* opens interfaces again when they come back: needs CAP_NET_RAW all along */
	bool filters;  /* it has asked the run's filters itself */
	bool whole;    /* cannot be split among shards: what one of them reads the others never see */
	char label[128];
};

enum output_result {
	OUTPUT_OK,   /* taken (it took its own reference where it needs one), or counted as skipped or failed */
	OUTPUT_WAIT, /* not now: back-pressure; not counted */
	OUTPUT_FAIL, /* this output is of no use any more; err says why */
};

enum drop_reason {
	DROP_FULL,    /* it could not wait */
	DROP_STOPPED, /* the run ended before its turn came */
};

struct output_status {
	uint64_t done; /* messages written or answered */
	uint64_t failed;
	uint64_t in_flight;
	int64_t lateness_p99_ns; /* -1: this output has no schedule */
};

struct output;
struct output_ops {
	enum output_result (*write)(struct output *out, struct message *m, int64_t now_ns, struct err *err);
	/* The message could not be taken and will not be offered again: count it, by cause. */
	void (*drop)(struct output *out, struct message *m, enum drop_reason why);
	int (*pollfd)(const struct output *out);       /* -1: none */
	int64_t (*deadline)(const struct output *out); /* when tick() wants to be called; TIME_NEVER */
	/* Does what is ready: after pollfd or deadline. 0 or a negative error (then as OUTPUT_FAIL). */
	int (*tick)(struct output *out, int64_t now_ns, struct err *err);
	void (*stop)(struct output *out);       /* the user wants an end: begin nothing of your own accord. NULL: it never does */
	bool (*idle)(const struct output *out); /* everything taken is finished: nothing in flight */
	void (*status)(const struct output *out, struct output_status *s);
	void (*tally)(const struct output *out, struct tally_sink *sink);
	bool (*timing)(const struct output *out, struct timing *t); /* false, or NULL: it measures none */
	/* The inputs have ended and this is idle, or must stop: what is held is written, what is unfinished is given up; tally and
	 * timing are final after it. Called once. */
	int (*flush)(struct output *out, int64_t now_ns, struct err *err);
	/* ledger_json: the run's whole ledger, for outputs that keep it; empty where there is none. Frees out, error or not. */
	int (*close)(struct output *out, struct slice ledger_json, struct err *err);
	/* One more for another shard, to the same destination, before anything is written. NULL: opened by its address again. */
	int (*another)(struct output *first, const struct io_env *env, struct output **out, struct err *err);
	/* A message that this output has made itself, for those that keep messages: a reference, or NULL when there is none (or no such call). Asked
	 * after each write and tick. */
	struct message *(*produced)(struct output *out);
};
struct output {
	const struct output_ops *ops;
	bool keeps; /* messages that other outputs produce */
	char label[128];
	bool failed;
};

enum filter_result { FILTER_KEEP, FILTER_DROP };

struct filter;
struct filter_ops {
	enum filter_result (*apply)(struct filter *f, struct message *m);
	void (*close)(struct filter *f);
};
struct filter {
	const struct filter_ops *ops;
};

#endif
