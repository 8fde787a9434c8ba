/* help_man: the manual page as roff, from the tables. */
#include "cli/help.h"

/* Text for roff: backslashes and dashes as themselves, and no line that begins with a request. */
static int put_roff(struct buf *out, const char *text)
{
	int r = 0;
	bool line_start = true;
	for (; *text && r == 0; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			r = buf_append_str(out, "\\&");
		line_start = *text == '\n';
		if (r)
			break;
		if (*text == '\\')
			r = buf_append_str(out, "\\e");
		else if (*text == '-')
			r = buf_append_str(out, "\\-");
		else
			r = buf_append(out, slice_of(text, 1));
	}
	return r;
}

static int put_option(struct buf *out, const struct option_row *row)
{
	int r = buf_append_str(out, ".TP\n\\fB\\-\\-");
	r = r ? r : put_roff(out, row->name);
	r = r ? r : buf_append_str(out, "\\fR");
	if (row->argument) {
		r = r ? r : buf_append_str(out, " \\fI");
		r = r ? r : put_roff(out, row->argument);
		r = r ? r : buf_append_str(out, "\\fR");
	}
	r = r ? r : buf_append_str(out, "\n");
	r = r ? r : put_roff(out, row->help);
	if (row->standard) {
		r = r ? r : buf_append_str(out, " Default: ");
		r = r ? r : put_roff(out, row->standard);
		r = r ? r : buf_append_str(out, ".");
	}
	return r ? r : buf_append_str(out, "\n");
}

static int put_options(struct buf *out, const struct command *c)
{
	int r = 0;
	for (int g = 0; g < GROUPS; g++) {
		struct option_row row;
		bool begun = false;
		for (size_t i = 0; option_row_at(i, &row) && r == 0; i++) {
			if (row.group != (enum option_group)g || !(row.commands & c->bit))
				continue;
			if (!begun)
				r = buf_printf(out, ".PP\n\\fI%s\\fR\n", option_group_titles[g]);
			begun = true;
			r = r ? r : put_option(out, &row);
		}
	}
	return r;
}

static int put_examples(struct buf *out, const struct command *c)
{
	int r = 0;
	for (size_t i = 0; i < sizeof c->examples / sizeof *c->examples && c->examples[i].line && r == 0; i++) {
		r = buf_append_str(out, ".PP\n");
		r = r ? r : put_roff(out, c->examples[i].text);
		r = r ? r : buf_append_str(out, c->examples[i].text[0] ? "\n.PP\n.nf\n.RS\n" : ".nf\n.RS\n");
		r = r ? r : put_roff(out, c->examples[i].line);
		r = r ? r : buf_append_str(out, "\n.RE\n.fi\n");
	}
	return r;
}

static int put_command(struct buf *out, const struct command *c)
{
	bool is_run = c->name[0] == 0;
	int r = buf_printf(out, ".SH \"REPLAY%s%s\"\n", is_run ? "" : " ", c->name);
	r = r ? r : buf_printf(out, ".B replay %s\n", c->name);
	r = r ? r : put_roff(out, c->synopsis);
	r = r ? r : buf_append_str(out, "\n.PP\n");
	r = r ? r : put_roff(out, c->help);
	if (c->more) {
		r = r ? r : buf_append_str(out, "\n.PP\n");
		r = r ? r : put_roff(out, c->more);
	}
	r = r ? r : buf_append_str(out, "\n");
	r = r ? r : put_options(out, c);
	return r ? r : put_examples(out, c);
}

int help_man(struct buf *out)
{
	static const struct {
		const char *status, *meaning;
	} statuses[] = { { "0", "Done." },
		         { "1", "It could not run, or failed on the way." },
		         { "2", "Wrong usage." },
		         { "3", "More is different than --diff-fail allows; compare: some differences are new." },
		         { "4", "More was lost than --max-loss allows." },
		         { "5", "The schedule was not held, where --max-lateness was given." } };
	int r = buf_printf(out, ".TH REPLAY 1 \"\" \"replay %s\" \"User Commands\"\n.SH NAME\nreplay \\- ", REPLAY_VERSION);
	r = r ? r : put_roff(out, "capture live HTTP traffic, keep it in a log, send it again\n");
	r = r ? r : buf_append_str(out, ".SH SYNOPSIS\n");
	for (size_t i = 0; i < command_count && r == 0; i++) {
		r = buf_printf(out, ".B replay %s\n", commands[i].name);
		r = r ? r : put_roff(out, commands[i].synopsis);
		r = r ? r : buf_append_str(out, "\n.br\n");
	}
	for (size_t i = 0; i < command_count && r == 0; i++)
		r = put_command(out, &commands[i]);
	r = r ? r : buf_append_str(out, ".SH \"EXIT STATUS\"\n");
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses && r == 0; i++) {
		r = buf_printf(out, ".TP\n%s\n", statuses[i].status);
		r = r ? r : put_roff(out, statuses[i].meaning);
		r = r ? r : buf_append_str(out, "\n");
	}
	return r;
}
