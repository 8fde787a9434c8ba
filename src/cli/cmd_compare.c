/* cmd_compare: `replay compare RUN1.json RUN2.json`: what the later of two verdicts says that the earlier did not, and the other way round. */
#include "cli/commands.h"
#include "cli/pipe_out.h"
#include "cli/terminal.h"
#include "cli/text_file.h"
#include "report/runs_compare.h"

#include <unistd.h>

static int compare(const struct options *o, struct runs_compare **c, struct err *err)
{
	struct buf text[2];
	int rc = 0;
	for (int i = 0; i < 2; i++) {
		buf_init(&text[i], RUNS_BYTES_MAX);
		rc = rc ? rc : text_file_read(o->operands.text[i], "verdict", &text[i], err);
	}
	rc = rc ? rc : runs_compare_new(buf_slice(&text[0]), buf_slice(&text[1]), c, err);
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
