/* in_file: files of messages, merged by time and paced by their time stamps. */
#ifndef REPLAY_INPUT_IN_FILE_H
#define REPLAY_INPUT_IN_FILE_H

#include "input/source.h"

struct file_input_options {
	double speed;   /* 1: as recorded, 2: twice as fast; 0: as recorded unless `max` */
	bool max;       /* as fast as the outputs take it */
	uint64_t loops; /* times over: 0 counts as 1 */
	struct source_options source;
};

/* "file" or "file|200%" (speed, GoReplay's). All addresses make one input, merged by time. */
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
