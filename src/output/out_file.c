/* out_file: a log writer as an output. The writer compresses and writes on a thread of its own, so a slow disk stalls nothing. */
#include "output/out_file.h"

#include "base/clock.h"
#include "log/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct out_file {
	struct output base;
	struct log_writer *writer;
	uint64_t refused; /* offered when the file had already failed */
};

static enum output_result file_write(struct output *out, struct message *m, int64_t now_ns, struct err *err)
{
	int rc = log_writer_write(((struct out_file *)out)->writer, m, now_ns, err);
	/* ERR_LIMIT: the writer's queue is full; it has counted the message. */
	return rc == 0 || rc == ERR_LIMIT ? OUTPUT_OK : OUTPUT_FAIL;
}

static void file_drop(struct output *out, struct message *m, enum drop_reason why)
{
	(void)m, (void)why;
	((struct out_file *)out)->refused++;
}

static int file_pollfd(const struct output *out)
{
	(void)out;
	return -1;
}

static int64_t file_deadline(const struct output *out)
{
	return log_writer_deadline(((const struct out_file *)out)->writer);
}

static int file_tick(struct output *out, int64_t now_ns, struct err *err)
{
	return log_writer_tick(((struct out_file *)out)->writer, now_ns, err);
}

static bool file_idle(const struct output *out)
{
	(void)out;
	return true;
}

static void count(const struct out_file *o, uint64_t counts[LOG_WRITER_ROWS])
{
	log_writer_counts(o->writer, counts);
	counts[LOG_OFFERED] += o->refused;
	counts[LOG_FAILED] += o->refused;
}

static void file_status(const struct output *out, struct output_status *s)
{
	uint64_t counts[LOG_WRITER_ROWS];
	count((const struct out_file *)out, counts);
	*s = (struct output_status){
		.done = counts[LOG_WRITTEN],
		.failed = counts[LOG_FAILED] + counts[LOG_QUEUE_FULL],
		.lateness_p99_ns = -1,
	};
}

static void file_tally(const struct output *out, struct tally_sink *sink)
{
	uint64_t counts[LOG_WRITER_ROWS];
	count((const struct out_file *)out, counts);
	sink->section(sink->arg, &log_writer_table, out->label, counts);
}

static int file_flush(struct output *out, int64_t now_ns, struct err *err)
{
	(void)now_ns;
	return log_writer_flush(((struct out_file *)out)->writer, err);
}

static int file_close(struct output *out, struct slice ledger_json, struct err *err)
{
	int rc = log_writer_close(((struct out_file *)out)->writer, ledger_json, err);
	free(out);
	return rc;
}

static int file_another(struct output *first, const struct io_env *env, struct output **out, struct err *err);

static const struct output_ops file_ops = {
	.write = file_write,
	.drop = file_drop,
	.pollfd = file_pollfd,
	.deadline = file_deadline,
	.tick = file_tick,
	.idle = file_idle,
	.status = file_status,
	.tally = file_tally,
	.flush = file_flush,
	.close = file_close,
	.another = file_another,
};

static int file_another(struct output *first, const struct io_env *env, struct output **out, struct err *err)
{
	struct out_file *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(err, ERR_NOMEM, "out of memory");
	f->base.ops = &file_ops;
	f->base.keeps = true;
	f->writer = log_writer_another(((struct out_file *)first)->writer, env->shard, err);
	if (!f->writer) {
		free(f);
		return err->code;
	}
	*out = &f->base;
	return 0;
}

/* strftime's fields in a path, by the local time now, as GoReplay does. */
static bool fill_in_time(const char *address, int64_t unix_ns, char *path, size_t path_len)
{
	time_t seconds = unix_ns / NS_PER_S;
	struct tm local;
	if (!strchr(address, '%'))
		return (size_t)snprintf(path, path_len, "%s", address) < path_len;
	return localtime_r(&seconds, &local) && strftime(path, path_len, address, &local) > 0;
}

int out_file_open(const char *address, const void *file_output_options, const struct io_env *env, struct output **out, struct err *err)
{
	const struct file_output_options *o = file_output_options;
	char path[1024];
	if (!fill_in_time(address, env->mono_ns() + env->real_minus_mono_ns, path, sizeof path))
		return err_set(err, ERR_USAGE, "--output-file: the path %.60s… is too long", address);
	struct out_file *f = calloc(1, sizeof *f);
	if (!f)
		return err_set(err, ERR_NOMEM, "out of memory");
	const struct log_writer_options writer = {
		.append = o->append,
		.wait = env->wait_for_outputs,
		.flush_ns = o->flush_interval_ns,
		.level = (int)o->level,
	};
	f->base.ops = &file_ops;
	f->base.keeps = true;
	(void)snprintf(f->base.label, sizeof f->base.label, "file %.100s", path);
	f->writer = log_writer_open(path, &writer, err);
	if (!f->writer) {
		free(f);
		return err->code;
	}
	if (log_writer_note(f->writer))
		env->note(env->note_arg, 0, log_writer_note(f->writer));
	*out = &f->base;
	return 0;
}
