/* reading: see the header. */
#include "cli/reading.h"

#include "cli/moment.h"

#include <stdio.h>

static void note(void *arg, const char *sentence)
{
	const struct options *o = arg;
	if (!o->quiet)
		(void)fprintf(stderr, "replay: %s\n", sentence);
}

/* The first time stamp in the file: from its index, else by reading up to the first message in time order. */
static int first_ns(const struct options *o, const char *path, int64_t *out, struct err *err)
{
	if (strcmp(path, "-") == 0)
		return err_set(err, ERR_USAGE, "a time that counts from the first message needs a file, not standard input");
	struct source_options so = { .capture = o->run.raw.capture };
	struct source *s = source_open(path, &so, err);
	if (!s)
		return err->code;
	struct log_info info;
	*out = 0;
	if (source_log_info(s, &info) && info.first_ns > 0) {
		*out = info.first_ns;
	} else {
		struct message *m = NULL;
		enum log_read got = source_next(s, &m, err);
		if (got == LOG_READ_MESSAGE) {
			*out = m->ts_ns;
			message_unref(m);
		}
	}
	source_close(s);
	return err->code;
}

static int bound(const char *flag, const char *text, int64_t first, int64_t *out, struct err *err)
{
	struct moment m;
	if (moment_parse(text, &m))
		return err_set(err, ERR_USAGE, "--%s: '%.80s' is no time like 2024-05-06T07:08:09Z, 1714979289 or +10s", flag, text);
	if (__builtin_add_overflow(m.ns, m.relative ? first : 0, out))
		return err_set(err, ERR_USAGE, "--%s: '%.80s' is too far away", flag, text);
	return 0;
}

/* The earliest of them. A speed behind the path is not part of it. */
static int earliest_ns(const struct options *o, const char *const *paths, size_t n, int64_t *out, struct err *err)
{
	*out = INT64_MAX;
	for (size_t i = 0; i < n; i++) {
		char path[4096];
		(void)snprintf(path, sizeof path, "%s", paths[i]);
		char *bar = strrchr(path, '|');
		if (bar)
			*bar = 0;
		int64_t first = 0;
		if (first_ns(o, path, &first, err))
			return err->code;
		if (first < *out)
			*out = first;
	}
	return 0;
}

int reading_bounds(struct options *o, const char *const *paths, size_t n, struct err *err)
{
	int64_t first = 0;
	bool relative = (o->from && o->from[0] == '+') || (o->to && o->to[0] == '+');
	if (relative && earliest_ns(o, paths, n, &first, err))
		return err->code;
	struct source_options *s = &o->run.file_in.source;
	if (o->from && bound("from", o->from, first, &s->from_ns, err))
		return err->code;
	if (o->to && bound("to", o->to, first, &s->to_ns, err))
		return err->code;
	if (o->from && o->to && s->from_ns >= s->to_ns)
		return err_set(err, ERR_USAGE, "--from is not before --to: nothing lies between");
	return 0;
}

struct source *reading_open(struct options *o, const char *path, bool file_order, struct err *err)
{
	struct source_options so = o->run.file_in.source;
	so.file_order = file_order;
	so.arg = o;
	so.note = note;
	return source_open(path, &so, err);
}
