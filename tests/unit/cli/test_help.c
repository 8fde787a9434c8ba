/* help: every option and command stands in each page made from the tables. */
#include "cli/help.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <stdio.h>

static char *text_of(int (*make)(struct buf *out), struct buf *out)
{
	buf_init(out, 1 << 20);
	cr_assert_eq(make(out), 0);
	cr_assert_eq(buf_append(out, slice_of("", 1)), 0);
	return (char *)out->ptr;
}

static int run_text(struct buf *out)
{
	return help_text(command_find(""), out);
}

Test(help, every_option_is_everywhere)
{
	int (*const makers[])(struct buf *) = { help_man, help_bash, help_zsh, help_fish };
	for (size_t i = 0; i < sizeof makers / sizeof *makers; i++) {
		struct buf out;
		const char *text = text_of(makers[i], &out);
		struct option_row row;
		for (size_t k = 0; option_row_at(k, &row); k++) {
			char name[128];
			(void)snprintf(name, sizeof name, i == 3 ? "-l %s" : "%s", row.name);
			if (i == 0) { /* roff writes a dash as \- */
				size_t n = 0;
				for (const char *at = row.name; *at; at++) {
					if (*at == '-')
						name[n++] = '\\';
					name[n++] = *at;
				}
				name[n] = 0;
			}
			cr_assert(strstr(text, name), "page %zu lacks %s", i, name);
		}
		for (size_t k = 1; k < command_count; k++)
			cr_assert(strstr(text, commands[k].name));
		buf_release(&out);
	}
}

/* Two commands may have a row of the same name each. */
static bool command_has(enum command_bit bit, const char *name)
{
	struct option_row row;
	for (size_t k = 0; option_row_at(k, &row); k++)
		if ((row.commands & bit) && strcmp(row.name, name) == 0)
			return true;
	return false;
}

Test(help, text_has_the_commands_own_options_within_the_line)
{
	for (size_t c = 0; c < command_count; c++) {
		struct buf out;
		buf_init(&out, 1 << 20);
		cr_assert_eq(help_text(&commands[c], &out), 0);
		cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
		struct option_row row;
		for (size_t k = 0; option_row_at(k, &row); k++) {
			char line[128];
			(void)snprintf(line, sizeof line, "\n  --%s%s", row.name, row.argument ? " " : "");
			const char *hit = strstr((const char *)out.ptr, line);
			bool whole = hit && (hit[strlen(line)] == ' ' || hit[strlen(line)] == '\n' || row.argument);
			cr_assert_eq(whole, command_has(commands[c].bit, row.name), "%s: %s", commands[c].name, line);
		}
		cr_assert(commands[c].examples[0].line);
		buf_release(&out);
	}
}

Test(help, text_names_the_exit_statuses_that_the_commands_options_bring)
{
	static const struct {
		const char *option, *status;
	} rows[] = { { "diff-fail", "3 more is different" }, { "max-loss", "4 more was lost" }, { "max-lateness", "5 schedule not held" } };
	for (size_t c = 0; c < command_count; c++) {
		struct buf out;
		buf_init(&out, 1 << 20);
		cr_assert_eq(help_text(&commands[c], &out), 0);
		cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			cr_assert_eq(strstr((const char *)out.ptr, rows[i].status) != NULL, command_has(commands[c].bit, rows[i].option),
			             "%s: %s", commands[c].name, rows[i].status);
		buf_release(&out);
	}
}

Test(help, examples_are_understood)
{
	/* Each word of every example that is an option is one of that command's. */
	for (size_t c = 0; c < command_count; c++)
		for (size_t e = 0; e < 6 && commands[c].examples[e].line; e++) {
			char line[256], *words[32], *save = NULL;
			(void)snprintf(line, sizeof line, "%s", commands[c].examples[e].line);
			char *at = strstr(line, "replay ");
			cr_assert_not_null(at);
			int n = 0;
			for (char *w = strtok_r(at, " ", &save); w && n < 32 && strcmp(w, "|") != 0 && strcmp(w, ">") != 0;
			     w = strtok_r(NULL, " ", &save))
				words[n++] = w;
			int skip = commands[c].name[0] ? 2 : 1;
			struct options o;
			struct err err = { .code = ERR_NONE };
			options_init(&o);
			cr_assert_eq(options_parse(&o, commands[c].bit, n - skip, words + skip, &err), 0, "%s: %s",
			             commands[c].examples[e].line, err.text);
			options_release(&o);
		}
}

Test(help, every_allocation_may_fail)
{
	int (*const makers[])(struct buf *) = { run_text, help_man, help_bash, help_zsh, help_fish };
	for (size_t i = 0; i < sizeof makers / sizeof *makers; i++)
		for (unsigned long n = 1;; n++) {
			struct buf out;
			buf_init(&out, 1 << 20);
			alloc_fail_at(n);
			int r = makers[i](&out);
			bool failed = alloc_failed();
			alloc_fail_at(0);
			cr_assert_eq(r, failed ? ERR_NOMEM : 0, "page %zu, allocation %lu", i, n);
			buf_release(&out);
			if (!failed)
				break;
		}
}
