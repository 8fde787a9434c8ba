/* in_file: files merged by time (merge.c), multiplied (clones.c), paced (play/pacer.c); each message given out when it is due. */
#include "input/in_file.h"

#include "base/clock.h"
#include "base/units.h"
#include "input/limiter.h"
#include "input/merge.h"
#include "play/pacer.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define PASSED_OVER_MAX 4096 /* messages not given out (another shard's, or over the limit) before the outputs get their turn */

enum pace_row { PACE_READ, PACE_GIVEN, PACE_LIMITED, PACE_LEFT, PACE_FILTERED, PACE_COPIES, PACE_ROWS };
/* Shown where not everything read was given out: at a stop, the next message of each file had been read. */
static const struct tally_row pace_rows[] = {
	{ "read", "messages read, copies among them", TALLY_TOTAL, false },
	{ "given", "given out", TALLY_PART, false },
	{ "limited", "over the limit of requests a second", TALLY_PART, false },
	{ "left", "still to come when the run was stopped", TALLY_PART, false },
	{ "filtered", "filtered out", TALLY_PART, false },
	{ "copies", "copies made for --clone", TALLY_NOTE, false },
};
static const struct tally_table pace_table = { "pace", pace_rows, sizeof pace_rows / sizeof *pace_rows };

struct in_file {
	struct input base;
	const struct io_env *env;
	struct file_input_options options;
	struct merge *merge;
	struct clones *clones;
	struct limiter *limiter; /* NULL: no limit */
	struct pacer pacer;
	bool started, stopped;
	uint64_t loops_left;
	bool worth_a_round;      /* this round has had something that goes on */
	struct message *pending; /* read, this shard's, not given out */
	int64_t pending_due_ns;
	int64_t deadline_ns; /* when the next message is due */
	uint64_t requests;   /* that count, of all shards */
	uint64_t given, limited, filtered;
};

static void pass_note(void *arg, const char *sentence)
{
	const struct in_file *in = arg;
	in->env->note(in->env->note_arg, 0, sentence);
}

/* Each shard reads everything and keeps its lanes, whole ones: their order holds. Every bit of a lane has to reach the number: in GoReplay's ids a
 * lane is ports and an address. */
static bool mine(const struct io_env *env, const struct message *m)
{
	if (env->shards <= 1)
		return true;
	uint64_t lane = message_lane(&m->id);
	lane = (lane ^ lane >> 32) * 0x9e3779b97f4a7c15u;
	lane = (lane ^ lane >> 29) * 0xbf58476d1ce4e5b9u;
	return ((lane >> 32) * env->shards) >> 32 == env->shard;
}

/* Does it take a place in rates and limits? What is not sent does not. */
static bool counts(const struct in_file *in, const struct message *m)
{
	return m->type == MESSAGE_REQUEST && (m->flags == 0 || in->options.incomplete_too);
}

/* A round begins: the first right away (but as early as is asked for, or connections would be made too late for it) or at the appointed time, each
 * other one right behind the last message of the one before. */
static void begin_round(struct in_file *in, const struct message *first, int64_t now_ns)
{
	int64_t start_ns = (in->env->start_ns ? in->env->start_ns : now_ns) + in->options.lead_ns;
	if (in->options.start_at_ns)
		start_ns = in->options.start_at_ns - in->env->real_minus_mono_ns;
	if (in->pacer.last_ns)
		start_ns = in->pacer.last_ns;
	pacer_begin(&in->pacer, start_ns, first->ts_ns);
	in->started = true;
}

/* When it is due; the schedule counts messages of other shards as its own, so that all shards have one. INT64_MAX: the schedule has ended. */
static int64_t due_of(struct in_file *in, const struct message *m)
{
	bool counted = counts(in, m);
	if (counted && in->options.requests_max && in->requests == in->options.requests_max)
		return INT64_MAX;
	in->requests += counted;
	return in->options.max ? in->pacer.start_ns : pacer_due(&in->pacer, m->ts_ns, counted);
}

/* Once more from the start; not where there is nothing. */
static bool next_round(struct in_file *in, struct err *err)
{
	if (in->loops_left == 0 || !in->worth_a_round)
		return false;
	if (in->loops_left != LOOPS_FOREVER)
		in->loops_left--;
	in->worth_a_round = false;
	in->started = false;
	return clones_again(in->clones, err) == 0;
}

static enum log_read read_one(struct in_file *in, struct message **out, struct err *err)
{
	enum log_read got = clones_next(in->clones, out, err);
	if (got == LOG_READ_END && next_round(in, err))
		got = clones_next(in->clones, out, err);
	return got == LOG_READ_END && err->code ? LOG_READ_FAIL : got;
}

/* A filter's word comes first: what it drops is in no rate and in no limit. */
static bool wanted(struct in_file *in, const struct message *m)
{
	bool counted = mine(in->env, m);
	if (!in->options.keep || in->options.keep(in->options.keep_arg, m, counted))
		return true;
	in->filtered += counted;
	return false;
}

/* Does it go on to the outputs of this shard? */
static bool kept(struct in_file *in, const struct message *m, int64_t due_ns, int64_t now_ns)
{
	int64_t at_ns = in->options.max ? now_ns : due_ns;
	bool passes = !in->limiter || limiter_passes(in->limiter, m, in->pacer.start_ns, at_ns);
	if (!mine(in->env, m))
		return false;
	in->limited += !passes;
	return passes;
}

/* The next message that is to be given out, with its due time, into in->pending. INPUT_WAIT: not yet found. */
static enum input_result find_pending(struct in_file *in, int64_t now_ns, struct err *err)
{
	for (int left = PASSED_OVER_MAX; left > 0; left--) {
		struct message *m;
		enum log_read got = read_one(in, &m, err);
		if (got != LOG_READ_MESSAGE)
			return got == LOG_READ_END ? INPUT_END : INPUT_FAIL;
		if (!in->started)
			begin_round(in, m, now_ns);
		if (!wanted(in, m)) {
			message_unref(m);
			continue;
		}
		in->worth_a_round = true;
		int64_t due_ns = due_of(in, m);
		if (due_ns == INT64_MAX || kept(in, m, due_ns, now_ns)) {
			in->pending = m;
			in->pending_due_ns = due_ns;
			return INPUT_MESSAGE;
		}
		message_unref(m);
	}
	return INPUT_WAIT;
}

/* Whoever asked for stages wants to know that some of them never came. */
static void tell_unplayed_stages(const struct in_file *in)
{
	const struct stages *s = in->pacer.stages;
	if (s && in->env->shard == 0 && s->list[s->n - 1].length_ns && stages_time(s, in->pacer.paced) != INT64_MAX)
		in->env->note(in->env->note_arg, 0, "the files ended before the stages of --rate did; with --loop they begin again");
}

static enum input_result file_next(struct input *base, int64_t now_ns, struct message **out, struct err *err)
{
	struct in_file *in = (struct in_file *)base;
	enum input_result found = in->stopped ? INPUT_END : in->pending ? INPUT_MESSAGE : find_pending(in, now_ns, err);
	/* Behind the schedule's last message nothing is due any more. */
	if (found == INPUT_MESSAGE && in->pending_due_ns == INT64_MAX)
		found = INPUT_END;
	in->deadline_ns = found == INPUT_WAIT ? now_ns : TIME_NEVER;
	if (found == INPUT_END && !in->stopped && !in->pending)
		tell_unplayed_stages(in);
	if (found != INPUT_MESSAGE)
		return found;
	if (in->pending_due_ns - in->options.lead_ns > now_ns) {
		in->deadline_ns = in->pending_due_ns - in->options.lead_ns;
		return INPUT_WAIT;
	}
	*out = in->pending;
	(*out)->due_ns = in->options.max ? 0 : in->pending_due_ns;
	in->pending = NULL;
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
	*s = (struct input_status){ .messages = in->given, .done = in->options.loops > 1 ? -1 : merge_progress(in->merge) };
}

struct counting {
	const struct io_env *env;
	uint64_t n;
};

static void count_held(void *arg, const struct message *m)
{
	struct counting *c = arg;
	c->n += mine(c->env, m);
}

static uint64_t copies_of(const struct in_file *in)
{
	return in->options.copies > 1 ? in->options.copies : 1;
}

/* Read but not given out. Whose the copies yet to be made would have been, nobody asked: the first shard has them all. */
static uint64_t left(const struct in_file *in)
{
	struct counting held = { in->env, 0 };
	merge_held(in->merge, count_held, &held);
	uint64_t unasked = copies_of(in) == 1 ? held.n : in->env->shard == 0 ? held.n * copies_of(in) + clones_left(in->clones) : 0;
	return unasked + (in->pending && mine(in->env, in->pending));
}

static void file_tally(const struct input *base, struct tally_sink *sink)
{
	const struct in_file *in = (const struct in_file *)base;
	/* What was read is the account of one reading: each shard has read the same. */
	if (in->env->shard == 0)
		merge_tally(in->merge, sink);
	uint64_t rows[PACE_ROWS] = {
		[PACE_READ] = merge_read(in->merge) * copies_of(in),
		[PACE_GIVEN] = in->given,
		[PACE_LIMITED] = in->limited,
		[PACE_LEFT] = left(in),
		[PACE_FILTERED] = in->filtered,
		[PACE_COPIES] = in->env->shard == 0 ? clones_made(in->clones) : 0,
	};
	if (in->env->shards > 1)
		rows[PACE_READ] = in->given + in->limited + in->filtered + rows[PACE_LEFT];
	/* One shard cannot know whether another has something to tell: where one might, all do. */
	bool may_differ = in->stopped || in->limiter || copies_of(in) > 1 || in->options.requests_max;
	if (rows[PACE_LEFT] || rows[PACE_LIMITED] || rows[PACE_COPIES] || (in->env->shards > 1 && may_differ))
		sink->section(sink->arg, &pace_table, "", rows);
}

static void file_close(struct input *base)
{
	struct in_file *in = (struct in_file *)base;
	message_unref(in->pending);
	clones_free(in->clones);
	merge_free(in->merge);
	limiter_free(in->limiter);
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

/* Splits "file|200%" and "file|50": speed and limit belong to all files, since one clock paces them. */
static int take_limiter(struct in_file *in, char *address, struct err *err)
{
	char *bar = strrchr(address, '|');
	if (!bar)
		return 0;
	*bar = 0;
	size_t len = strlen(bar + 1);
	bool speed = len > 0 && bar[len] == '%';
	int r = speed ? parse_speed(bar + 1, &in->options.speed, &in->options.max) : parse_u64(bar + 1, &in->options.per_second);
	if (r || (!speed && in->options.per_second == 0))
		return err_set(err, ERR_USAGE,
		               "--input-file '%s|%s': behind the bar a speed such as 200%%, or requests a second, are wanted", address,
		               bar + 1);
	if (speed && in->options.rate.n)
		return err_set(err, ERR_USAGE, "--input-file '%s|%s' and --rate: a replay has a speed or a rate, not both", address,
		               bar + 1);
	return 0;
}

static int add_path(struct in_file *in, const char *path, const struct port_set *ports, struct err *err)
{
	struct stat st;
	if (in->options.loops > 1 && strcmp(path, "-") == 0)
		return err_set(err, ERR_USAGE, "--input-file-loop: standard input can be read only once, write it to a file first");
	in->base.whole |= stat(path, &st) != 0 || !S_ISREG(st.st_mode);
	return merge_add(in->merge, path, ports, err);
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

/* What the options, and the limiters behind the addresses, come to. */
static int set_pace(struct in_file *in, struct err *err)
{
	if (in->options.copies > CLONES_MAX)
		return err_set(err, ERR_USAGE, "--clone: more than %d copies", CLONES_MAX);
	in->pacer.speed = in->options.speed > 0 ? in->options.speed : 1;
	in->pacer.stages = in->options.rate.n ? &in->options.rate : NULL;
	in->pacer.max_wait_ns = in->options.max_wait_ns;
	if (in->options.max)
		in->options.lead_ns = 0; /* without due times nobody would hold them */
	in->loops_left = in->options.loops > 1 ? in->options.loops - (in->options.loops != LOOPS_FOREVER) : 0;
	bool recorded_times = !in->options.max && !in->options.rate.n;
	double spread_ns = (double)in->options.copies_spread_ns * (recorded_times ? in->pacer.speed : 1);
	in->clones = clones_new(in->merge, (size_t)copies_of(in), spread_ns < 9e18 ? (int64_t)spread_ns : INT64_MAX);
	if (in->options.per_second)
		in->limiter = limiter_new(in->options.per_second);
	if (!in->clones || (in->options.per_second && !in->limiter))
		return err_set(err, ERR_NOMEM, "out of memory");
	return 0;
}

int in_file_open_parts(const struct file_part *parts, size_t n, const struct file_input_options *options, const struct io_env *env,
                       struct input **out, struct err *err)
{
	struct in_file *in = calloc(1, sizeof *in);
	if (!in)
		return err_set(err, ERR_NOMEM, "out of memory");
	in->base.ops = &file_ops;
	in->base.filters = options->keep != NULL;
	in->env = env;
	in->options = *options;
	struct source_options source = options->source;
	source.arg = in;
	source.note = pass_note;
	in->merge = merge_new(&source);
	(void)snprintf(in->base.label, sizeof in->base.label, "file %s%s", parts[0].path, n > 1 ? " …" : "");
	int rc = in->merge ? 0 : err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_address(in, parts[i].path, parts[i].ports, err);
	rc = rc ? rc : merge_open(in->merge, err);
	rc = rc ? rc : set_pace(in, err);
	if (rc) {
		file_close(&in->base);
		return rc;
	}
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
