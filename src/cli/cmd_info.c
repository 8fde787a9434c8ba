/* cmd_info: `replay info LOG…`: what is in each log or capture: one pass over it, in its own order, in bounded memory. */
#include "cli/census.h"
#include "cli/commands.h"
#include "cli/info.h"
#include "cli/pipe_out.h"
#include "cli/reading.h"

#include <sys/stat.h>

static int count_file(struct source *s, struct census *c, struct err *err)
{
	struct message *m;
	enum log_read got;
	while ((got = source_next(s, &m, err)) == LOG_READ_MESSAGE) {
		census_count(c, m);
		message_unref(m);
	}
	return got == LOG_READ_FAIL ? err->code : 0;
}

/* What reading itself counted, and what the writing run left in the log; NULL where there is nothing. */
static int take_ledgers(struct info *info, struct source *s, struct err *err)
{
	info->read = ledger_new();
	if (!info->read)
		return err_set(err, ERR_NOMEM, "out of memory");
	struct tally_sink sink = ledger_sink(info->read);
	source_tally(s, &sink);
	info->is_log = source_log_info(s, &info->log);
	if (!info->is_log || info->log.ledger_json.len == 0)
		return 0;
	info->written = ledger_new();
	if (!info->written)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (ledger_read_json(info->written, info->log.ledger_json)) {
		ledger_free(info->written);
		info->written = NULL;
	}
	return 0;
}

static int info_file(struct options *o, const char *path, struct pipe_out *out, struct err *err)
{
	struct source *s = reading_bounds(o, &path, 1, err) ? NULL : reading_open(o, path, true, err);
	if (!s)
		return err->code;
	struct info info = { .path = path };
	struct stat st;
	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
		info.file_bytes = (uint64_t)st.st_size;
	census_init(&info.census);
	int r = count_file(s, &info.census, err);
	r = r ? r : take_ledgers(&info, s, err);
	if (r == 0 && (o->json ? info_json(&info, &out->buf) : info_text(&info, &out->buf)))
		r = err_set(err, ERR_NOMEM, "out of memory");
	ledger_free(info.read);
	ledger_free(info.written);
	census_release(&info.census);
	source_close(s);
	return r;
}

int cmd_info(struct options *o)
{
	struct err err = { .code = ERR_NONE };
	if (o->operands.n == 0) {
		err_set(&err, ERR_USAGE, "info needs a file: replay info LOG");
		return complain(&err);
	}
	struct pipe_out out;
	pipe_out_init(&out);
	int status = EXIT_HELD;
	for (size_t i = 0; i < o->operands.n; i++) {
		err = (struct err){ .code = ERR_NONE };
		int r = info_file(o, o->operands.text[i], &out, &err);
		if (r == 0)
			(void)pipe_out_flush(&out, true, &err);
		if (err.code)
			status = complain(&err);
	}
	pipe_out_release(&out);
	return status;
}
