/* out_stdout: plain records, gathered and written at each tick, whole ones also where several shards write. A reader that goes away ends the output
 * quietly. */
#include "output/out_stdout.h"

#include "base/clock.h"
#include "log/record.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HELD_BYTES (1u << 20) /* written at the latest when so much is held */

/* Of all shards: what one writes is not cut by another. */
struct turn {
	pthread_mutex_t mutex;
	unsigned users; /* opened and closed by one thread */
};

struct out_stdout {
	struct output base;
	struct turn *turn;
	struct buf held;
	uint64_t held_records;
	uint64_t written, failed;
};

static const struct tally_row stdout_rows[] = {
	{ "offered", "messages", TALLY_TOTAL, false },
	{ "written", "written", TALLY_PART, false },
	{ "failed", "not written: standard output was closed or failed", TALLY_PART, true },
};
static const struct tally_table stdout_table = { "output", stdout_rows, 3 };

static int write_all(struct slice s)
{
	while (s.len) {
		ssize_t n = write(STDOUT_FILENO, s.ptr, s.len);
		if (n >= 0) {
			s = slice_from(s, (size_t)n);
			continue;
		}
		struct pollfd wait = { STDOUT_FILENO, POLLOUT, 0 };
		if (errno == EAGAIN)
			(void)poll(&wait, 1, -1);
		else if (errno != EINTR)
			return errno == EPIPE ? ERR_CLOSED : ERR_IO;
	}
	return 0;
}

static int write_held(struct out_stdout *o, struct err *err)
{
	(void)pthread_mutex_lock(&o->turn->mutex);
	int rc = write_all(buf_slice(&o->held));
	(void)pthread_mutex_unlock(&o->turn->mutex);
	if (rc == 0)
		o->written += o->held_records;
	else {
		o->failed += o->held_records;
		if (rc == ERR_CLOSED)
			(void)err_set(err, ERR_CLOSED, "whoever read standard output went away");
		else
			(void)err_set_errno(err, "cannot write to standard output");
	}
	o->held_records = 0;
	buf_clear(&o->held);
	return rc;
}

static enum output_result stdout_write(struct output *out, struct message *m, int64_t now_ns, struct err *err)
{
	(void)now_ns;
	struct out_stdout *o = (struct out_stdout *)out;
	if (record_write(&o->held, m) != 0) {
		o->failed++;
		return OUTPUT_OK;
	}
	o->held_records++;
	if (o->held.len >= HELD_BYTES && write_held(o, err) != 0)
		return OUTPUT_FAIL;
	return OUTPUT_OK;
}

static void stdout_drop(struct output *out, struct message *m, enum drop_reason why)
{
	(void)m, (void)why;
	((struct out_stdout *)out)->failed++;
}

static int stdout_pollfd(const struct output *out)
{
	(void)out;
	return -1;
}

/* At once: somebody may be watching. The loop ticks after each batch, not each message. */
static int64_t stdout_deadline(const struct output *out)
{
	return ((const struct out_stdout *)out)->held.len ? 0 : TIME_NEVER;
}

static int stdout_tick(struct output *out, int64_t now_ns, struct err *err)
{
	(void)now_ns;
	return write_held((struct out_stdout *)out, err);
}

static bool stdout_idle(const struct output *out)
{
	(void)out;
	return true;
}

static void stdout_status(const struct output *out, struct output_status *s)
{
	const struct out_stdout *o = (const struct out_stdout *)out;
	*s = (struct output_status){ .done = o->written, .failed = o->failed, .lateness_p99_ns = -1 };
}

static void stdout_tally(const struct output *out, struct tally_sink *sink)
{
	const struct out_stdout *o = (const struct out_stdout *)out;
	const uint64_t counts[] = { o->written + o->failed, o->written, o->failed };
	sink->section(sink->arg, &stdout_table, out->label, counts);
}

static int stdout_flush(struct output *out, int64_t now_ns, struct err *err)
{
	(void)now_ns;
	return write_held((struct out_stdout *)out, err);
}

static int stdout_close(struct output *out, struct slice ledger_json, struct err *err)
{
	(void)ledger_json, (void)err;
	struct out_stdout *o = (struct out_stdout *)out;
	if (--o->turn->users == 0) {
		(void)pthread_mutex_destroy(&o->turn->mutex);
		free(o->turn);
	}
	buf_release(&o->held);
	free(o);
	return 0;
}

static int stdout_another(struct output *first, const struct io_env *env, struct output **out, struct err *err);

static const struct output_ops stdout_ops = {
	.write = stdout_write,
	.drop = stdout_drop,
	.pollfd = stdout_pollfd,
	.deadline = stdout_deadline,
	.tick = stdout_tick,
	.idle = stdout_idle,
	.status = stdout_status,
	.tally = stdout_tally,
	.flush = stdout_flush,
	.close = stdout_close,
	.another = stdout_another,
};

/* Takes part in `turn`; NULL: makes one. */
static int stdout_new(struct turn *turn, struct output **out, struct err *err)
{
	struct out_stdout *o = calloc(1, sizeof *o);
	struct turn *own = turn ? NULL : calloc(1, sizeof *own);
	if (!o || (!turn && !own)) {
		free(o);
		return err_set(err, ERR_NOMEM, "out of memory");
	}
	if (own)
		(void)pthread_mutex_init(&own->mutex, NULL);
	o->turn = turn ? turn : own;
	o->turn->users++;
	o->base.ops = &stdout_ops;
	o->base.keeps = true;
	buf_init(&o->held, SIZE_MAX / 2);
	(void)snprintf(o->base.label, sizeof o->base.label, "stdout");
	*out = &o->base;
	return 0;
}

static int stdout_another(struct output *first, const struct io_env *env, struct output **out, struct err *err)
{
	(void)env;
	return stdout_new(((struct out_stdout *)first)->turn, out, err);
}

int out_stdout_open(const char *address, const void *no_options, const struct io_env *env, struct output **out, struct err *err)
{
	(void)address, (void)no_options, (void)env;
	return stdout_new(NULL, out, err);
}
