/* help: the texts for a terminal: what it does, examples, options by group. */
#include "cli/help.h"

#define COLUMNS     100
#define HELP_COLUMN 30

/* Words wrapped to the line, each line begun with `indent` blanks; the first one is begun already, at `column`. */
static int put_wrapped(struct buf *out, const char *text, size_t column, size_t indent)
{
	int r = 0;
	while (*text && r == 0) {
		size_t word = strcspn(text, " ");
		if (column > indent && column + 1 + word > COLUMNS) {
			r = buf_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			r = buf_append_str(out, " ");
			column++;
		}
		r = r ? r : buf_append(out, slice_of(text, word));
		column += word;
		text += word;
		text += strspn(text, " ");
	}
	return r ? r : buf_append_str(out, "\n");
}

static int put_option(struct buf *out, const struct option_row *row)
{
	size_t before = out->len;
	int r = buf_printf(out, "  --%s", row->name);
	if (row->argument)
		r = r ? r : buf_printf(out, " %s", row->argument);
	size_t column = out->len - before;
	if (column + 2 > HELP_COLUMN) {
		r = r ? r : buf_append_str(out, "\n");
		column = 0;
	}
	r = r ? r : buf_printf(out, "%*s", (int)(HELP_COLUMN - column), "");
	struct buf text;
	buf_init(&text, 4096);
	r = r ? r : buf_append_str(&text, row->help);
	if (row->standard)
		r = r ? r : buf_printf(&text, " [%s]", row->standard);
	r = r ? r : buf_append(&text, slice_of("", 1));
	r = r ? r : put_wrapped(out, (const char *)text.ptr, HELP_COLUMN, HELP_COLUMN);
	buf_release(&text);
	return r;
}

static int put_group(struct buf *out, enum option_group group, unsigned bits)
{
	struct option_row row;
	bool begun = false;
	int r = 0;
	for (size_t i = 0; option_row_at(i, &row) && r == 0; i++) {
		if (row.group != group || !(row.commands & bits))
			continue;
		if (!begun)
			r = buf_printf(out, "\n%s:\n", option_group_titles[group]);
		begun = true;
		r = r ? r : put_option(out, &row);
	}
	return r;
}

static int put_examples(struct buf *out, const struct command *c)
{
	int r = buf_append_str(out, "\nExamples:\n");
	for (size_t i = 0; i < sizeof c->examples / sizeof *c->examples && c->examples[i].line && r == 0; i++) {
		const struct example *e = &c->examples[i];
		if (e->text[0])
			r = buf_printf(out, "  %s\n", e->text);
		r = r ? r : buf_printf(out, "    %s\n", e->line);
	}
	return r;
}

static int put_commands(struct buf *out)
{
	int r = buf_append_str(out, "\nCommands:\n");
	for (size_t i = 1; i < command_count && r == 0; i++) {
		r = buf_printf(out, "  %-9s ", commands[i].name);
		r = r ? r : put_wrapped(out, commands[i].help, 12, 12);
	}
	return r ? r : buf_append_str(out, "  Each takes --help.\n");
}

static int put_statuses(struct buf *out, unsigned command)
{
	static const struct {
		unsigned commands;
		const char *text;
	} rows[] = {
		{ CMD_RUN | CMD_DIFF, ";\n3 more is different than --diff-fail allows" },
		{ CMD_COMPARE, "; 3 some differences are new" },
		{ CMD_RUN | CMD_CONVERT, "; 4 more was lost than --max-loss allows" },
		{ CMD_RUN, ";\n5 schedule not held, where --max-lateness was given" },
	};
	int r = buf_append_str(out, "Exit status: 0 done; 1 failed; 2 wrong usage");
	for (size_t i = 0; i < sizeof rows / sizeof *rows && r == 0; i++)
		if (rows[i].commands & command)
			r = buf_append_str(out, rows[i].text);
	return r ? r : buf_append_str(out, ".\n");
}

int help_text(const struct command *c, struct buf *out)
{
	bool is_run = c->name[0] == 0;
	int r = buf_printf(out, "Usage: replay %s%s%s\n", c->name, is_run ? "" : " ", c->synopsis);
	if (is_run)
		r = r ? r : buf_append_str(out, "       replay COMMAND ...\n");
	r = r ? r : buf_append_str(out, "\n");
	r = r ? r : put_wrapped(out, c->help, 0, 0);
	if (c->more)
		r = r ? r : put_wrapped(out, c->more, 0, 0);
	r = r ? r : put_examples(out, c);
	if (is_run)
		r = r ? r : put_commands(out);
	for (int g = 0; g < GROUPS && r == 0; g++)
		r = put_group(out, (enum option_group)g, c->bit);
	r = r ? r
	      : buf_append_str(out, "\nDurations: 500ms, 2s, 1m30s. Sizes: 65536, 64kb, 5mb. -x, --x and --x=value are all understood.\n");
	return r ? r : put_statuses(out, c->bit);
}
