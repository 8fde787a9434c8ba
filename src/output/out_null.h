/* out_null: counts messages and lets them go. */
#ifndef REPLAY_OUTPUT_OUT_NULL_H
#define REPLAY_OUTPUT_OUT_NULL_H

#include "model/ops.h"

int out_null_open(const char *address, const void *no_options, const struct io_env *env, struct output **out, struct err *err);

#endif
