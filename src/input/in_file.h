/* in_file: files of messages, merged by time, multiplied and paced. */
#ifndef REPLAY_INPUT_IN_FILE_H
#define REPLAY_INPUT_IN_FILE_H

#include "input/clones.h"
#include "play/stages.h"

#define LOOPS_FOREVER UINT64_MAX

struct file_input_options {       /* 0 anywhere: the default */
	double speed;             /* 1: as recorded, 2: twice as fast; 0: as recorded unless `max` */
	bool max;                 /* as fast as the outputs take it */
	uint64_t loops;           /* times over: 0 counts as 1; LOOPS_FOREVER */
	struct stages rate;       /* rate.n: at these rates, in recorded order, instead of a speed */
	int64_t max_wait_ns;      /* longer pauses are cut to this */
	uint64_t requests_max;    /* ends after that many; 0: all */
	uint64_t per_second;      /* requests over so many a second are dropped, with their answers (GoReplay's file|50); 0: none is */
	uint64_t copies;          /* of each lane, as clients of their own: 0 counts as 1; CLONES_MAX at most */
	int64_t copies_spread_ns; /* the copies start evenly over that time of the replay; of the recording where its times do not count */
	int64_t start_at_ns;      /* Unix time of the first message's sending; 0: at once */
	int64_t lead_ns;          /* messages are given out that long before they are due, for outputs that hold them until then */
	bool incomplete_too;      /* requests that miss bytes are sent as well: they count in rates and limits */
	/* Asked of each message before it takes a place in the schedule, in rates and limits: does it go on? counted: it is of this shard's account.
	 * NULL: all do. */
	bool (*keep)(void *keep_arg, const struct message *m, bool counted);
	void *keep_arg;
	struct source_options source;
};

/* "file", "file|200%" (speed, GoReplay's) or "file|50". All addresses make one input, merged by time. */
int in_file_open(const char *const *addresses, size_t n, const void *file_input_options, const struct io_env *env, struct input **out,
                 struct err *err);

/* The same from paths that stand for captures, each read for its own ports only. A log among them is an error. */
struct file_part {
	const char *path;
	const struct port_set *ports; /* copied; NULL: all */
};
int in_file_open_parts(const struct file_part *parts, size_t n, const struct file_input_options *options, const struct io_env *env,
                       struct input **out, struct err *err);

/* "2x", "0.5x", "2", "200%", "max". 0 or ERR_USAGE. */
int parse_speed(const char *text, double *speed, bool *max);

#endif
