/* in_file: sources merged by time stamp, each message given out when it is due. */
#include "input/in_file.h"

#include "base/clock.h"
#include "play/pacer.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define SOURCES_MAX 1024
#define OTHERS_MAX  4096 /* messages of other shards passed over before the outputs get their turn */

struct one_source {
	char *path;
	struct port_set *ports; /* NULL: all, and logs too */
	struct source *source;
	struct message *head; /* read, not given out */
	bool ended;
};

/* What the rounds before this one read of a source: a source counts from where it was opened. */
struct past {
	struct past *next;
	const struct tally_table *table;
	char *label;
	uint64_t counts[];
};

/* Shown where a run was stopped: the next message of each file had been read. */
static const struct tally_row pace_rows[] = {
	{ "read", "messages read", TALLY_TOTAL, false },
	{ "given", "given out", TALLY_PART, false },
	{ "left", "still to come when the run was stopped", TALLY_PART, false },
};
static const struct tally_table pace_table = { "pace", pace_rows, sizeof pace_rows / sizeof *pace_rows };

struct in_file {
	struct input base;
	const struct io_env *env;
	struct file_input_options options;
	struct one_source *sources;
	size_t source_count;
	struct pacer pacer;
	bool started, stopped;
	uint64_t loops_left;
	int64_t deadline_ns; /* when the next message is due */
	int64_t last_due_ns;
	uint64_t given;
	uint64_t others;    /* read, and left to other shards */
	struct err failure; /* told once the other sources have ended */
	struct past *past;
};

static void pass_note(void *arg, const char *sentence)
{
	const struct in_file *in = arg;
	in->env->note(in->env->note_arg, 0, sentence);
}

static int open_source(struct in_file *in, struct one_source *s, struct err *err)
{
	struct source_options o = in->options.source;
	o.arg = in;
	o.note = pass_note;
	o.capture.ports = s->ports;
	s->source = source_open(s->path, &o, err);
	s->ended = false;
	struct log_info info;
	if (s->source && s->ports && source_log_info(s->source, &info))
		return err_set(err, ERR_USAGE, "%s is a log, not a capture: read it with --input-file", s->path);
	return s->source ? 0 : err->code;
}

static void fill_head(struct in_file *in, struct one_source *s)
{
	if (s->head || s->ended)
		return;
	struct err why = { 0 };
	enum log_read got = source_next(s->source, &s->head, &why);
	if (got == LOG_READ_MESSAGE)
		return;
	s->head = NULL;
	s->ended = true;
	if (got == LOG_READ_FAIL)
		(void)err_set(&in->failure, why.code, "%s", why.text);
}

/* The source whose next message is the oldest; NULL when all have ended. */
static struct one_source *oldest(struct in_file *in)
{
	struct one_source *best = NULL;
	for (size_t i = 0; i < in->source_count; i++) {
		struct one_source *s = &in->sources[i];
		fill_head(in, s);
		if (s->head && (!best || s->head->ts_ns < best->head->ts_ns))
			best = s;
	}
	return best;
}

static void past_add(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	struct in_file *in = arg;
	struct past *p = in->past;
	while (p && (p->table != table || strcmp(p->label, label) != 0))
		p = p->next;
	if (!p) {
		p = calloc(1, sizeof *p + table->n * sizeof *counts);
		if (!p || !(p->label = strdup(label))) {
			free(p);
			(void)err_set(&in->failure, ERR_NOMEM, "out of memory");
			return;
		}
		p->table = table;
		p->next = in->past;
		in->past = p;
	}
	for (size_t i = 0; i < table->n; i++)
		p->counts[i] += counts[i];
}

static void past_release(struct in_file *in)
{
	for (struct past *p; (p = in->past);) {
		in->past = p->next;
		free(p->label);
		free(p);
	}
}

/* Once more from the start, right behind the last message of this round. */
static bool next_round(struct in_file *in)
{
	if (in->loops_left == 0 || in->given + in->others == 0 || in->failure.code != ERR_NONE)
		return false;
	in->loops_left--;
	struct tally_sink past = { in, past_add };
	for (size_t i = 0; i < in->source_count; i++) {
		source_tally(in->sources[i].source, &past);
		source_close(in->sources[i].source);
		in->sources[i].source = NULL;
		if (open_source(in, &in->sources[i], &in->failure) != 0)
			return false;
	}
	in->started = false;
	return true;
}

static enum input_result file_end(struct in_file *in, struct err *err)
{
	in->deadline_ns = TIME_NEVER;
	if (in->failure.code == ERR_NONE)
		return INPUT_END;
	(void)err_set(err, in->failure.code, "%s", in->failure.text);
	return INPUT_FAIL;
}

/* Each shard reads everything and keeps its lanes, whole ones: their order holds. The range is taken from the product's upper bits, which every
 * bit of a lane reaches: in GoReplay's ids a lane is ports and an address. */
static bool mine(const struct io_env *env, const struct message *m)
{
	if (env->shards <= 1)
		return true;
	uint64_t upper = (message_lane(&m->id) * 0x9e3779b97f4a7c15u) >> 32;
	return (upper * env->shards) >> 32 == env->shard;
}

/* When it is due; the schedule counts messages of other shards as its own, so that all shards have one. */
static int64_t due_of(struct in_file *in, const struct message *m, int64_t now_ns)
{
	if (!in->started) {
		int64_t start_ns = in->env->start_ns ? in->env->start_ns : now_ns;
		in->pacer.start_ns = in->last_due_ns ? in->last_due_ns : start_ns;
		in->pacer.first_ns = m->ts_ns;
		in->started = true;
	}
	return pacer_due(&in->pacer, m->ts_ns);
}

/* The next message that is this shard's. NULL: none is left, or (with *more) not yet found. */
static struct one_source *next_of_mine(struct in_file *in, int64_t now_ns, int64_t *due_ns, bool *more)
{
	for (int left = OTHERS_MAX; left > 0; left--) {
		struct one_source *s = in->stopped ? NULL : oldest(in);
		if (!s && !in->stopped && next_round(in))
			s = oldest(in);
		if (!s)
			return NULL;
		*due_ns = in->options.max ? 0 : due_of(in, s->head, now_ns);
		if (mine(in->env, s->head))
			return s;
		in->last_due_ns = *due_ns;
		in->others++;
		message_unref(s->head);
		s->head = NULL;
	}
	*more = true;
	return NULL;
}

static enum input_result file_next(struct input *base, int64_t now_ns, struct message **out, struct err *err)
{
	struct in_file *in = (struct in_file *)base;
	int64_t due_ns = 0;
	bool more = false;
	struct one_source *s = next_of_mine(in, now_ns, &due_ns, &more);
	if (more || (s && due_ns > now_ns)) {
		in->deadline_ns = more ? now_ns : due_ns;
		return INPUT_WAIT;
	}
	if (!s)
		return file_end(in, err);
	if (!in->options.max)
		in->last_due_ns = s->head->due_ns = due_ns;
	*out = s->head;
	s->head = NULL;
	in->given++;
	return INPUT_MESSAGE;
}

static int file_pollfd(const struct input *base)
{
	(void)base;
	return -1;
}

static int64_t file_deadline(const struct input *base)
{
	return ((const struct in_file *)base)->deadline_ns;
}

static void file_stop(struct input *base)
{
	((struct in_file *)base)->stopped = true;
}

static void file_status(const struct input *base, struct input_status *s)
{
	const struct in_file *in = (const struct in_file *)base;
	*s = (struct input_status){ .messages = in->given, .done = in->options.loops > 1 ? -1 : 0 };
	for (size_t i = 0; i < in->source_count && s->done >= 0; i++) {
		double part = in->sources[i].source ? source_progress(in->sources[i].source) : -1;
		s->done = part < 0 ? -1 : s->done + part / (double)in->source_count;
	}
}

static void file_tally(const struct input *base, struct tally_sink *sink)
{
	const struct in_file *in = (const struct in_file *)base;
	/* What was read is the account of one reading: each shard has read the same. */
	bool first = in->env->shard == 0;
	for (size_t i = 0; i < in->source_count && first; i++)
		if (in->sources[i].source)
			source_tally(in->sources[i].source, sink);
	for (const struct past *p = in->past; p && first; p = p->next)
		sink->section(sink->arg, p->table, p->label, p->counts); /* added to the same section */
	uint64_t left = 0;
	for (size_t i = 0; i < in->source_count; i++)
		left += in->sources[i].head && mine(in->env, in->sources[i].head);
	const uint64_t counts[] = { in->given + left, in->given, left };
	if (left)
		sink->section(sink->arg, &pace_table, "", counts);
}

static void file_close(struct input *base)
{
	struct in_file *in = (struct in_file *)base;
	for (size_t i = 0; i < in->source_count; i++) {
		message_unref(in->sources[i].head);
		source_close(in->sources[i].source);
		free(in->sources[i].path);
		free(in->sources[i].ports);
	}
	past_release(in);
	free(in->sources);
	free(in);
}

static const struct input_ops file_ops = {
	.next = file_next,
	.pollfd = file_pollfd,
	.deadline = file_deadline,
	.stop = file_stop,
	.status = file_status,
	.tally = file_tally,
	.close = file_close,
};

int parse_speed(const char *text, double *speed, bool *max)
{
	char *end;
	*max = strcmp(text, "max") == 0;
	*speed = 1;
	if (*max)
		return 0;
	if (text[0] < '0' || text[0] > '9')
		return ERR_USAGE;
	*speed = strtod(text, &end);
	if (strcmp(end, "%") == 0)
		*speed /= 100;
	else if (*end && strcmp(end, "x") != 0)
		return ERR_USAGE;
	return *speed >= 0.0001 && *speed <= 1e6 ? 0 : ERR_USAGE;
}

/* Splits "file|200%": the speed belongs to all files, since one clock paces them. */
static int take_limiter(struct in_file *in, char *address, struct err *err)
{
	char *bar = strrchr(address, '|');
	if (!bar)
		return 0;
	*bar = 0;
	size_t len = strlen(bar + 1);
	if (len == 0 || bar[len] != '%' || parse_speed(bar + 1, &in->options.speed, &in->options.max) != 0)
		return err_set(err, ERR_USAGE, "--input-file '%s|%s': behind the bar a speed such as 200%% is wanted", address, bar + 1);
	return 0;
}

static int add_path(struct in_file *in, const char *path, const struct port_set *ports, struct err *err)
{
	if (in->options.loops > 1 && strcmp(path, "-") == 0)
		return err_set(err, ERR_USAGE, "--input-file-loop: standard input can be read only once, write it to a file first");
	if (in->source_count == SOURCES_MAX)
		return err_set(err, ERR_LIMIT, "--input-file: more than %d files at once", SOURCES_MAX);
	struct one_source *s = &in->sources[in->source_count];
	struct stat st;
	in->base.whole |= stat(path, &st) != 0 || !S_ISREG(st.st_mode);
	s->path = strdup(path);
	s->ports = ports ? malloc(sizeof *ports) : NULL;
	in->source_count++;
	if (!s->path || (ports && !s->ports))
		return err_set(err, ERR_NOMEM, "out of memory");
	if (ports)
		*s->ports = *ports;
	return open_source(in, s, err);
}

/* The path itself where it is there, else the files its pattern matches. */
static int add_address(struct in_file *in, const char *text, const struct port_set *ports, struct err *err)
{
	char *address = strdup(text);
	if (!address)
		return err_set(err, ERR_NOMEM, "out of memory");
	int rc = take_limiter(in, address, err);
	glob_t found;
	if (rc == 0 && strpbrk(address, "*?[") && glob(address, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc && rc == 0; i++)
			rc = add_path(in, found.gl_pathv[i], ports, err);
		globfree(&found);
	} else if (rc == 0) {
		rc = add_path(in, address, ports, err);
	}
	free(address);
	return rc;
}

int in_file_open_parts(const struct file_part *parts, size_t n, const struct file_input_options *options, const struct io_env *env,
                       struct input **out, struct err *err)
{
	struct in_file *in = calloc(1, sizeof *in);
	if (!in)
		return err_set(err, ERR_NOMEM, "out of memory");
	in->base.ops = &file_ops;
	in->env = env;
	in->options = *options;
	in->deadline_ns = 0;
	in->sources = calloc(SOURCES_MAX, sizeof *in->sources);
	(void)snprintf(in->base.label, sizeof in->base.label, "file %s%s", parts[0].path, n > 1 ? " …" : "");
	int rc = in->sources ? 0 : err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_address(in, parts[i].path, parts[i].ports, err);
	if (rc) {
		file_close(&in->base);
		return rc;
	}
	in->pacer.speed = in->options.speed > 0 ? in->options.speed : 1;
	in->loops_left = in->options.loops > 1 ? in->options.loops - 1 : 0;
	*out = &in->base;
	return 0;
}

int in_file_open(const char *const *addresses, size_t n, const void *file_input_options, const struct io_env *env, struct input **out,
                 struct err *err)
{
	struct file_part *parts = calloc(n, sizeof *parts);
	if (!parts)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++)
		parts[i].path = addresses[i];
	int rc = in_file_open_parts(parts, n, file_input_options, env, out, err);
	free(parts);
	return rc;
}
