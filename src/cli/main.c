/* main: picks the subcommand, or the run where the first word is an option. */
#include "cli/help.h"
#include "cli/nearest.h"
#include "cli/pipe_out.h"

#include <signal.h>
#include <stdio.h>

static int unknown_command(const char *word)
{
	struct err err = { .code = ERR_NONE };
	for (size_t i = 1; i < command_count; i++)
		if (edit_is_slip(word, edit_distance(word, commands[i].name)))
			err_set(&err, ERR_USAGE, "there is no command '%.80s': did you mean replay %s?", word, commands[i].name);
	err_set(&err, ERR_USAGE,
	        "there is no command '%.80s': the commands are info, cat, convert, diff, compare and help (see replay --help)", word);
	return complain(&err);
}

static int print_help(const struct command *c)
{
	struct options about = { .quiet = false };
	if (addresses_add(&about.operands, c->name))
		return EXIT_FAILED;
	int status = cmd_help(&about);
	options_release(&about);
	return status;
}

static int dispatch(const struct command *c, struct options *o, int argc, char *const *argv)
{
	struct err err = { .code = ERR_NONE };
	if (options_parse(o, c->bit, argc, argv, &err))
		return complain(&err);
	if (o->help)
		return print_help(c);
	if (o->version)
		return printf("replay %s\n", REPLAY_VERSION) < 0 || fflush(stdout) ? EXIT_FAILED : EXIT_HELD;
	return c->run(o);
}

int main(int argc, char **argv)
{
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error code where it is met */
	const struct command *c = command_find("");
	int skip = 1;
	if (argc > 1 && argv[1][0] != '-') {
		c = command_find(argv[1]);
		skip = 2;
		if (!c)
			return unknown_command(argv[1]);
	}
	struct options o;
	options_init(&o);
	int status = dispatch(c, &o, argc - skip, argv + skip);
	options_release(&o);
	return status;
}
