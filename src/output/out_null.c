/* out_null: the smallest output. */
#include "output/out_null.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

struct out_null {
	struct output base;
	uint64_t seen;
};

static const struct tally_row null_rows[] = {
	{ "offered", "messages", TALLY_TOTAL, false },
	{ "let_go", "let go", TALLY_PART, false },
};
static const struct tally_table null_table = { "output", null_rows, 2 };

static enum output_result null_write(struct output *out, struct message *m, int64_t now_ns, struct err *err)
{
	(void)m, (void)now_ns, (void)err;
	((struct out_null *)out)->seen++;
	return OUTPUT_OK;
}

static void null_drop(struct output *out, struct message *m, enum drop_reason why)
{
	(void)m, (void)why;
	((struct out_null *)out)->seen++;
}

static int null_pollfd(const struct output *out)
{
	(void)out;
	return -1;
}

static int64_t null_deadline(const struct output *out)
{
	(void)out;
	return TIME_NEVER;
}

static int null_tick(struct output *out, int64_t now_ns, struct err *err)
{
	(void)out, (void)now_ns, (void)err;
	return 0;
}

static bool null_idle(const struct output *out)
{
	(void)out;
	return true;
}

static void null_status(const struct output *out, struct output_status *s)
{
	*s = (struct output_status){ .done = ((const struct out_null *)out)->seen, .lateness_p99_ns = -1 };
}

static void null_tally(const struct output *out, struct tally_sink *sink)
{
	uint64_t seen = ((const struct out_null *)out)->seen;
	const uint64_t counts[] = { seen, seen };
	sink->section(sink->arg, &null_table, out->label, counts);
}

static int null_flush(struct output *out, int64_t now_ns, struct err *err)
{
	(void)out, (void)now_ns, (void)err;
	return 0;
}

static int null_close(struct output *out, struct slice ledger_json, struct err *err)
{
	(void)ledger_json, (void)err;
	free(out);
	return 0;
}

static const struct output_ops null_ops = {
	.write = null_write,
	.drop = null_drop,
	.pollfd = null_pollfd,
	.deadline = null_deadline,
	.tick = null_tick,
	.idle = null_idle,
	.status = null_status,
	.tally = null_tally,
	.flush = null_flush,
	.close = null_close,
};

int out_null_open(const char *address, const void *no_options, const struct io_env *env, struct output **out, struct err *err)
{
	(void)address, (void)no_options, (void)env;
	struct out_null *o = calloc(1, sizeof *o);
	if (!o)
		return err_set(err, ERR_NOMEM, "out of memory");
	o->base.ops = &null_ops;
	o->base.keeps = true;
	(void)snprintf(o->base.label, sizeof o->base.label, "null");
	*out = &o->base;
	return 0;
}
