/* cmd_compare: `replay compare RUN1.json RUN2.json`: what the later of two verdicts says that the earlier did not, and the other way round. */
#include "cli/commands.h"
#include "cli/pipe_out.h"
#include "cli/terminal.h"
#include "cli/text_file.h"
#include "diff/rules.h"
#include "report/runs_compare.h"

#include <unistd.h>

/* --- rules that only the later run has: what they may hide ------------------------------------------------------------------------------ */

static int add_rule(void *arg, const char *rule, const char *where, struct err *err)
{
	struct err why = { .code = ERR_NONE };
	int rc = rules_add(*(struct rules **)arg, slice_str(rule), where, &why);
	/* It stands in a file that a program wrote: no wrong usage. */
	return rc ? err_set(err, rc == ERR_USAGE ? ERR_FORMAT : rc, "the later run: %s", why.text) : 0;
}

static void add_built_in(void *arg)
{
	rules_with_volatile(*(struct rules **)arg);
}

static enum difference_kind kind_of(const char *name)
{
	int kind = 0;
	while (kind < DIFFERENCE_KINDS && strcmp(name, difference_kind_name((enum difference_kind)kind)) != 0)
		kind++;
	return (enum difference_kind)kind;
}

static int hides(void *arg, const char *endpoint, const char *path, const char *kind, const char **rule)
{
	const struct rules *rules = *(struct rules **)arg;
	struct slice name = slice_str(endpoint);
	size_t space = slice_find_byte(name, ' ');
	struct slice folded = slice_from(name, space + 1);
	struct endpoint_rules *e = rules_for(rules, slice_cut(name, 0, space), folded, folded);
	if (!e)
		return ERR_NOMEM;
	int number = rules_may_hide(e, slice_str(path), kind_of(kind));
	*rule = number < 0 ? NULL : rules_text(rules, number);
	endpoint_rules_free(e);
	return 0;
}

/* --- both runs ------------------------------------------------------------------------------------------------------------------------- */

static int compare_texts(struct slice before, struct slice now, struct runs_compare **c, struct err *err)
{
	struct rules *rules = rules_new();
	const struct runs_rules newer = { .arg = &rules, .add = add_rule, .add_built_in = add_built_in, .hides = hides };
	if (!rules)
		return err_set(err, ERR_NOMEM, "out of memory");
	rules_without_volatile(rules);
	int rc = runs_compare_new(before, now, &newer, c, err);
	rules_free(rules);
	return rc;
}

static int compare(const struct options *o, struct runs_compare **c, struct err *err)
{
	struct buf text[2];
	int rc = 0;
	for (int i = 0; i < 2; i++) {
		buf_init(&text[i], RUNS_BYTES_MAX);
		rc = rc ? rc : text_file_read(o->operands.text[i], "verdict", &text[i], err);
	}
	rc = rc ? rc : compare_texts(buf_slice(&text[0]), buf_slice(&text[1]), c, err);
	buf_release(&text[0]);
	buf_release(&text[1]);
	return rc;
}

int cmd_compare(struct options *o)
{
	struct err err = { .code = ERR_NONE };
	struct runs_compare *c = NULL;
	if (o->operands.n != 2)
		(void)err_set(&err, ERR_USAGE,
		              "compare takes two verdicts, as --diff-report x.json writes them: replay compare RUN1.json RUN2.json");
	if (err.code || compare(o, &c, &err) != 0)
		return complain(&err);
	struct pipe_out out;
	pipe_out_init(&out);
	int rc = o->json ? runs_compare_json(c, &out.buf)
	                 : runs_compare_text(c, terminal_columns(STDOUT_FILENO), terminal_colour(STDOUT_FILENO), &out.buf);
	if (rc || (o->json && buf_append_str(&out.buf, "\n") != 0))
		(void)err_set(&err, ERR_NOMEM, "out of memory");
	(void)pipe_out_flush(&out, true, &err);
	pipe_out_release(&out);
	int status = err.code ? complain(&err) : c->counts[RUN_NEW] ? EXIT_DIFFERENT : EXIT_HELD;
	runs_compare_free(c);
	return status;
}
