/* cmd_cat: `replay cat LOG…`: the records of a log or capture, readable, as JSON, or as they are. */
#include "cli/commands.h"
#include "cli/pipe_out.h"
#include "cli/reading.h"
#include "cli/show.h"
#include "log/record.h"

static int show(const struct options *o, struct buf *out, const struct message *m)
{
	if (o->raw)
		return record_write(out, m);
	return o->json ? show_json(out, m, o->body) : show_text(out, m, o->body);
}

/* One file. False: stop, *err tells whether because of an error. */
static bool cat_file(struct options *o, const char *path, struct pipe_out *out, uint64_t *left, struct err *err)
{
	if (reading_bounds(o, &path, 1, err))
		return false;
	struct source *s = reading_open(o, path, false, err);
	if (!s)
		return false;
	bool piped = strcmp(path, "-") == 0, go_on = true;
	enum log_read got = LOG_READ_END;
	struct message *m;
	while (go_on && *left > 0 && (got = source_next(s, &m, err)) == LOG_READ_MESSAGE) {
		if (show(o, &out->buf, m))
			err_set(err, ERR_NOMEM, "out of memory");
		message_unref(m);
		(*left)--;
		go_on = err->code == ERR_NONE && pipe_out_flush(out, piped, err);
	}
	source_close(s);
	return go_on && got != LOG_READ_FAIL;
}

int cmd_cat(struct options *o)
{
	struct err err = { .code = ERR_NONE };
	if (o->operands.n == 0)
		err_set(&err, ERR_USAGE, "cat needs a file: replay cat LOG");
	if (o->raw && (o->json || o->body))
		err_set(&err, ERR_USAGE, "--raw goes with neither --json nor --body: it prints the records as they are");
	if (err.code)
		return complain(&err);
	struct pipe_out out;
	pipe_out_init(&out);
	uint64_t left = o->limit ? o->limit : UINT64_MAX;
	for (size_t i = 0; i < o->operands.n && left > 0; i++)
		if (!cat_file(o, o->operands.text[i], &out, &left, &err))
			break;
	/* What came before an error is shown still. */
	(void)pipe_out_flush(&out, true, &err);
	pipe_out_release(&out);
	return err.code ? complain(&err) : EXIT_HELD;
}
