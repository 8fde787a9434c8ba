/* live: capture on interfaces with libpcap; the engine of --input-raw that is the default. */
#ifndef REPLAY_INPUT_LIVE_H
#define REPLAY_INPUT_LIVE_H

#include "input/in_raw.h"

int live_open(const char *const *addresses, size_t n, const struct raw_options *options, const struct io_env *env, struct input **out,
              struct err *err);

#endif
