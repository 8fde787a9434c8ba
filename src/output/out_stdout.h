/* out_stdout: messages to standard output as plain records. */
#ifndef REPLAY_OUTPUT_OUT_STDOUT_H
#define REPLAY_OUTPUT_OUT_STDOUT_H

#include "model/ops.h"

int out_stdout_open(const char *address, const void *no_options, const struct io_env *env, struct output **out, struct err *err);

#endif
