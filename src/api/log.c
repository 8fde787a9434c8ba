/* log: replay/log.h over input/source (any file of messages) and log/writer. */
#include "api/handles.h"
#include "base/clock.h"
#include "input/source.h"
#include "log/writer.h"

#include <replay/log.h>

rp_log_reader *rp_log_open(const char *path, rp_error *error)
{
	struct err err = { 0 };
	const struct source_options options = { 0 };
	struct source *s = source_open(path, &options, &err);
	(void)api_error(error, &err);
	return (rp_log_reader *)s;
}

int rp_log_next(rp_log_reader *r, rp_message **out, rp_error *error)
{
	struct err err = { 0 };
	struct message *m = NULL;
	enum log_read got = source_next((struct source *)r, &m, &err);
	*out = got == LOG_READ_MESSAGE ? handle_of(m) : NULL;
	if (got == LOG_READ_FAIL)
		return api_error(error, &err);
	return got == LOG_READ_MESSAGE;
}

void rp_log_close(rp_log_reader *r)
{
	source_close((struct source *)r);
}

rp_log_writer *rp_log_create(const char *path, rp_error *error)
{
	struct err err = { 0 };
	const struct log_writer_options options = { .wait = true };
	struct log_writer *w = log_writer_open(path, &options, &err);
	(void)api_error(error, &err);
	return (rp_log_writer *)w;
}

int rp_log_write(rp_log_writer *w, const rp_message *m, rp_error *error)
{
	struct err err = { 0 };
	if (log_writer_write((struct log_writer *)w, message_of(m), clock_mono_ns(), &err) == 0)
		return 0;
	return api_error(error, &err);
}

int rp_log_finish(rp_log_writer *w, rp_error *error)
{
	struct err err = { 0 };
	if (log_writer_close((struct log_writer *)w, slice_of(NULL, 0), &err) == 0)
		return 0;
	return api_error(error, &err);
}
