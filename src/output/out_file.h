/* out_file: messages into a log file. */
#ifndef REPLAY_OUTPUT_OUT_FILE_H
#define REPLAY_OUTPUT_OUT_FILE_H

#include "model/ops.h"

struct file_output_options { /* 0 anywhere: the default */
	bool append;
	int64_t flush_interval_ns; /* 1 s */
	uint64_t level;            /* of compression */
};

/* address: the path; %Y %m %d %H %M %S are filled in with the local time, as GoReplay does. */
int out_file_open(const char *address, const void *file_output_options, const struct io_env *env, struct output **out, struct err *err);

#endif
