/* help_shells: completions for bash, zsh and fish, from the tables. Options of the command that stands first; files and commands elsewhere. */
#include "cli/help.h"

static int put_names(struct buf *out, unsigned bits, const char *before)
{
	struct option_row row;
	int r = 0;
	for (size_t i = 0; option_row_at(i, &row) && r == 0; i++)
		if (row.commands & bits)
			r = buf_printf(out, "%s--%s", before, row.name);
	return r;
}

static int put_command_names(struct buf *out)
{
	int r = 0;
	for (size_t i = 1; i < command_count && r == 0; i++)
		r = buf_printf(out, "%s%s", i > 1 ? " " : "", commands[i].name);
	return r;
}

/* Single-quoted for any shell: a quote closes, stands escaped, and opens again. In zsh's specs brackets and colons have a meaning of their own. */
static int put_quoted(struct buf *out, const char *text, const char *escape)
{
	int r = 0;
	for (; *text && r == 0; text++) {
		if (*text == '\'')
			r = buf_append_str(out, "'\\''");
		else if (strchr(escape, *text))
			r = buf_printf(out, "\\%c", *text);
		else
			r = buf_append(out, slice_of(text, 1));
	}
	return r;
}

int help_bash(struct buf *out)
{
	int r = buf_append_str(out, "# bash completion for replay, made by: replay help --bash\n"
	                            "_replay() {\n"
	                            "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n"
	                            "\tCOMPREPLY=()\n"
	                            "\tif [[ $cur == -* ]]; then\n"
	                            "\t\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 1; i < command_count && r == 0; i++) {
		r = buf_printf(out, "\t\t%s) words='", commands[i].name);
		r = r ? r : put_names(out, commands[i].bit, " ");
		r = r ? r : buf_append_str(out, "' ;;\n");
	}
	r = r ? r : buf_append_str(out, "\t\t*) words='");
	r = r ? r : put_names(out, CMD_RUN, " ");
	r = r ? r
	      : buf_append_str(out, "' ;;\n"
	                            "\t\tesac\n"
	                            "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	                            "\telif [[ $COMP_CWORD == 1 || ${COMP_WORDS[1]} == help ]]; then\n"
	                            "\t\tmapfile -t COMPREPLY < <(compgen -W '");
	r = r ? r : put_command_names(out);
	return r ? r
	         : buf_append_str(out, "' -- \"$cur\")\n"
	                               "\tfi\n"
	                               "}\n"
	                               "complete -o default -F _replay replay\n");
}

static int zsh_options(struct buf *out, unsigned bits)
{
	struct option_row row;
	int r = 0;
	for (size_t i = 0; option_row_at(i, &row) && r == 0; i++) {
		if (!(row.commands & bits))
			continue;
		r = buf_printf(out, "\t\t\t'*--%s[", row.name);
		r = r ? r : put_quoted(out, row.help, "[]:\\");
		r = r ? r : buf_append_str(out, "]");
		if (option_takes_value(&row)) {
			r = r ? r : buf_append_str(out, ":");
			r = r ? r : put_quoted(out, row.argument, "[]:\\");
			r = r ? r : buf_append_str(out, ":_files");
		}
		r = r ? r : buf_append_str(out, "' \\\n");
	}
	return r ? r : buf_append_str(out, "\t\t\t'*:file:_files'\n");
}

int help_zsh(struct buf *out)
{
	int r = buf_append_str(out, "#compdef replay\n# zsh completion for replay, made by: replay help --zsh\n"
	                            "_replay() {\n"
	                            "\tif (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n"
	                            "\t\tcompadd ");
	r = r ? r : put_command_names(out);
	r = r ? r : buf_append_str(out, "\n\t\treturn\n\tfi\n\tcase $words[2] in\n");
	for (size_t i = 1; i < command_count && r == 0; i++) {
		r = buf_printf(out, "\t%s)\n\t\tshift words; (( CURRENT-- ))\n\t\t_arguments \\\n", commands[i].name);
		r = r ? r : zsh_options(out, commands[i].bit);
		r = r ? r : buf_append_str(out, "\t\t;;\n");
	}
	r = r ? r : buf_append_str(out, "\t*)\n\t\t_arguments \\\n");
	r = r ? r : zsh_options(out, CMD_RUN);
	return r ? r : buf_append_str(out, "\t\t;;\n\tesac\n}\n_replay \"$@\"\n");
}

/* "not __fish_seen_subcommand_from …" for the run, "__fish_seen_subcommand_from cat" for cat. */
static int fish_options(struct buf *out, const struct command *c)
{
	struct option_row row;
	int r = 0;
	for (size_t i = 0; option_row_at(i, &row) && r == 0; i++) {
		if (!(row.commands & c->bit))
			continue;
		r = buf_printf(out, "complete -c replay -n '%s__fish_seen_subcommand_from ", c->name[0] ? "" : "not ");
		r = r ? r : (c->name[0] ? buf_append_str(out, c->name) : put_command_names(out));
		r = r ? r : buf_printf(out, "' -l %s%s -d '", row.name, option_takes_value(&row) ? " -r" : "");
		r = r ? r : put_quoted(out, row.help, "\\");
		r = r ? r : buf_append_str(out, "'\n");
	}
	return r;
}

int help_fish(struct buf *out)
{
	int r = buf_append_str(out, "# fish completion for replay, made by: replay help --fish\n");
	for (size_t i = 1; i < command_count && r == 0; i++) {
		r = buf_printf(out, "complete -c replay -n __fish_use_subcommand -a %s -d '", commands[i].name);
		r = r ? r : put_quoted(out, commands[i].help, "\\");
		r = r ? r : buf_append_str(out, "'\n");
	}
	for (size_t i = 0; i < command_count && r == 0; i++)
		r = fish_options(out, &commands[i]);
	return r;
}
