/* options: what can be said on the command line, in one typed table that parsing, help, man page and completions share.
 *
 * Takes argv; gives settled options. Texts stay argv's; lists are owned. Rows for inputs and outputs come from pipe's tables. */
#ifndef REPLAY_CLI_OPTIONS_H
#define REPLAY_CLI_OPTIONS_H

#include "pipe/run.h"

/* Who understands an option: a set of these. */
enum command_bit { CMD_RUN = 1, CMD_CONVERT = 2, CMD_INFO = 4, CMD_CAT = 8, CMD_HELP = 16, CMD_DIFF = 32, CMD_COMPARE = 64 };

enum help_form { HELP_TEXT, HELP_MAN, HELP_BASH, HELP_ZSH, HELP_FISH };

/* What is asked of a comparison; as given. */
struct diff_options {
	bool on; /* --diff; any other of these implies it */
	struct text_list ignore, rule_files, expect_files, reports, endpoints;
	const char *candidate_url, *control_url,
	        *second_url; /* made of the outputs; control NULL: the recorded response; second NULL: none */
	const char *learn, *latency, *fail, *relative, *absolute;
	uint64_t confirm, seed;
	bool all_headers, timestamps;
	const char *by, *control, *candidate, *show; /* replay diff */
};

struct options {
	struct run_options run;
	struct diff_options diff;
	const char *from, *to; /* as given: a relative time needs the file's first */
	const char *ledger_path, *report_path;
	const char *max_loss; /* as given; NULL: whatever is lost */
	bool json, quiet, help, version;
	uint64_t verbose;
	uint64_t limit;            /* cat: 0, all */
	bool body, raw;            /* cat */
	bool man, bash, zsh, fish; /* help */
	const char *start_at;      /* run: as given */
	bool dry_run;              /* run */
	uint64_t accepted_count;
	bool accepted;             /* where flags that change nothing here go */
	struct addresses operands; /* what is no option, in order */
};

enum option_type {
	OPTION_BOOL,      /* --x, --x=false */
	OPTION_BOOL_OFF,  /* the same; the field says the opposite */
	OPTION_ON_OFF,    /* --x on|off; the field says the opposite */
	OPTION_DURATION,  /* int64_t ns */
	OPTION_SIZE,      /* 64-bit bytes */
	OPTION_COUNT,     /* uint64_t */
	OPTION_SPEED,     /* struct file_input_options */
	OPTION_RATE,      /* struct stages */
	OPTION_LOOPS,     /* uint64_t; without a value LOOPS_FOREVER */
	OPTION_TEXT,      /* const char * */
	OPTION_LIST,      /* struct text_list; may be given again */
	OPTION_ADDRESSES, /* struct addresses; may be given again */
	OPTION_PRESENCE,  /* struct addresses: an output without an address */
};

enum option_group {
	GROUP_INPUT,
	GROUP_OUTPUT,
	GROUP_PACE,
	GROUP_HTTP,
	GROUP_DIFF,
	GROUP_FILTER,
	GROUP_FILE,
	GROUP_CAPTURE,
	GROUP_SHOW,
	GROUP_GENERAL,
	GROUPS
};
extern const char *const option_group_titles[GROUPS];

struct option_row {
	const char *name; /* without dashes */
	enum option_type type;
	enum option_group group;
	unsigned commands;    /* enum command_bit */
	size_t at;            /* of the field in struct options */
	const char *argument; /* "DURATION"; NULL: takes none */
	const char *standard; /* the default as people read it; NULL: none worth telling */
	uint64_t least;       /* numbers: the smallest that has a meaning */
	const char *help;     /* one sentence */
};

/* The n-th row; false behind the last. */
bool option_row_at(size_t n, struct option_row *out);
bool option_takes_value(const struct option_row *row);

void options_init(struct options *o);
void options_release(struct options *o);

/* Reads argv[0..argc) as the options and operands of one command. 0, ERR_USAGE or ERR_NOMEM. */
int options_parse(struct options *o, enum command_bit command, int argc, char *const *argv, struct err *err);

/* Appends to an address list: for commands that fill in what their operands mean. 0 or ERR_NOMEM. */
int addresses_add(struct addresses *list, const char *text);

/* The list of the input or output with that flag; NULL: this build has none. */
struct addresses *options_input(struct options *o, const char *flag);
struct addresses *options_output(struct options *o, const char *flag);

#endif
