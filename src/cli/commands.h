/* commands: the table of subcommands. The run itself is the one without a name. */
#ifndef REPLAY_CLI_COMMANDS_H
#define REPLAY_CLI_COMMANDS_H

#include "cli/options.h"

/* DESIGN's statuses: scripts rely on them. */
enum exit_status { EXIT_HELD = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_DIFFERENT = 3, EXIT_LOSS = 4, EXIT_LATE = 5 };

struct command {
	const char *name; /* "" for the run */
	enum command_bit bit;
	const char *synopsis; /* what stands behind "replay NAME" */
	const char *help;     /* one sentence */
	const char *more;     /* a paragraph, or NULL */
	struct example {
		const char *text, *line;
	} examples[6];
	int (*run)(struct options *o); /* gives an enum exit_status */
};

extern const struct command commands[];
extern const size_t command_count;

const struct command *command_find(const char *name); /* NULL: no such */

int cmd_run(struct options *o);
int cmd_info(struct options *o);
int cmd_cat(struct options *o);
int cmd_convert(struct options *o);
int cmd_diff(struct options *o);
int cmd_compare(struct options *o);
int cmd_help(struct options *o);

/* "replay: SENTENCE" on standard error; gives EXIT_USAGE for a usage error, EXIT_FAILED for any other. */
int complain(const struct err *err);

#endif
