/* cmd_help: `replay help [COMMAND]`, and the pages and scripts made from the tables. */
#include "cli/help.h"
#include "cli/pipe_out.h"

static int print(const struct options *o, const struct command *about, struct buf *out)
{
	if (o->man)
		return help_man(out);
	if (o->bash)
		return help_bash(out);
	if (o->zsh)
		return help_zsh(out);
	return o->fish ? help_fish(out) : help_text(about, out);
}

int cmd_help(struct options *o)
{
	struct err err = { .code = ERR_NONE };
	const char *topic = o->operands.n ? o->operands.text[0] : "";
	const struct command *about = command_find(strcmp(topic, "run") == 0 ? "" : topic);
	if (!about || o->operands.n > 1) {
		err_set(&err, ERR_USAGE, "there is no help on '%.80s': the commands are run, info, cat, convert and help", topic);
		return complain(&err);
	}
	struct pipe_out out;
	pipe_out_init(&out);
	if (print(o, about, &out.buf))
		err_set(&err, ERR_NOMEM, "out of memory");
	else
		(void)pipe_out_flush(&out, true, &err);
	pipe_out_release(&out);
	return err.code ? complain(&err) : EXIT_HELD;
}
