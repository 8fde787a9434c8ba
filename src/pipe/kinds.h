/* kinds: the tables of inputs and outputs. A new one is a row here and a file in input/ or output/. */
#ifndef REPLAY_PIPE_KINDS_H
#define REPLAY_PIPE_KINDS_H

#include "model/ops.h"

struct input_kind {
	const char *flag;     /* "input-raw" */
	const char *argument; /* "[INTERFACE]:PORT" */
	const char *help;     /* one sentence */
	size_t options_at;    /* of its option struct in struct run_options */
	/* All addresses given with this flag make one input. */
	int (*open)(const char *const *addresses, size_t n, const void *options, const struct io_env *env, struct input **out,
	            struct err *err);
};

struct output_kind {
	const char *flag, *argument, *help; /* argument NULL: the flag takes none */
	size_t options_at;
	bool holds_early; /* it takes a paced message before it is due, and holds it until then */
	int (*open)(const char *address, const void *options, const struct io_env *env, struct output **out, struct err *err);
};

extern const struct input_kind input_kinds[];
extern const size_t input_kind_count;
extern const struct output_kind output_kinds[];
extern const size_t output_kind_count;

#endif
