/* run: opening and closing a pipeline, and its accounts. The loop is in loop.c. */
#include "pipe/run.h"

#include "base/clock.h"
#include "pipe/pipeline.h"
#include "pipe/privileges.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum message_row { MESSAGE_SEEN, MESSAGE_COMPLETE, MESSAGE_INCOMPLETE, MESSAGE_FILTERED };
static const struct tally_row message_rows[] = {
	{ "seen", "messages", TALLY_TOTAL, false },
	{ "complete", "complete", TALLY_PART, false },
	{ "incomplete", "incomplete", TALLY_PART, true },
	{ "filtered", "filtered out", TALLY_PART, false },
};
static const struct tally_table message_table = { "messages", message_rows, sizeof message_rows / sizeof *message_rows };

static void pass_note(void *arg, int level, const char *sentence)
{
	const struct run *r = arg;
	if (r->hooks.note)
		r->hooks.note(r->hooks.arg, level, sentence);
}

static const void *options_at(const struct run *r, size_t offset)
{
	return (const char *)&r->options + offset;
}

static bool filters_wanted(const struct filter_options *o)
{
	return o->allow_method.n || o->allow_url.n || o->disallow_url.n;
}

static int open_inputs(struct run *r, struct err *err)
{
	for (size_t i = 0; i < input_kind_count; i++) {
		const struct addresses *a = &r->options.inputs[i];
		if (a->n == 0)
			continue;
		struct input *in = NULL;
		int rc = input_kinds[i].open((const char *const *)a->text, a->n, options_at(r, input_kinds[i].options_at), &r->env, &in,
		                             err);
		if (rc)
			return rc;
		r->live |= in->live;
		r->inputs[r->input_count++].input = in;
	}
	r->env.wait_for_outputs = !r->live;
	return 0;
}

/* Sections of the account are told apart by their labels: the same address given twice is two outputs. */
static void tell_apart(const struct run *r, struct output *out)
{
	char number[8];
	size_t len = strlen(out->label);
	for (size_t i = 0, n = 2; i < r->output_count; i++) {
		if (strcmp(r->outputs[i]->label, out->label) != 0)
			continue;
		(void)snprintf(number, sizeof number, " (%zu)", n++ % 100);
		size_t room = sizeof out->label - 1 - strlen(number);
		(void)strcpy(out->label + (len < room ? len : room), number);
		i = SIZE_MAX; /* that one may be taken too: from the start */
	}
}

static int open_outputs(struct run *r, struct err *err)
{
	for (size_t i = 0; i < output_kind_count; i++) {
		const struct addresses *a = &r->options.outputs[i];
		for (size_t k = 0; k < a->n; k++) {
			if (r->output_count == PIPELINE_OUTPUTS_MAX)
				return err_set(err, ERR_LIMIT, "more than %d outputs", PIPELINE_OUTPUTS_MAX);
			struct output *out = NULL;
			int rc = output_kinds[i].open(a->text[k], options_at(r, output_kinds[i].options_at), &r->env, &out, err);
			if (rc)
				return rc;
			tell_apart(r, out);
			r->outputs[r->output_count++] = out;
		}
	}
	/* With several targets at a recorded pace, one that hangs must not hold up the others: it loses what does not fit, counted. */
	r->lossy = r->live || (!r->options.file_in.max && r->output_count > 1);
	return 0;
}

static int open_all(struct run *r, struct err *err)
{
	r->env.own_flows = own_flows_new();
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!r->env.own_flows || r->epoll < 0)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (filters_wanted(&r->options.filters)) {
		r->filters = filters_new(&r->options.filters, err);
		if (!r->filters)
			return err->code;
	}
	int rc = open_inputs(r, err);
	bool captures = false;
	for (size_t i = 0; i < r->input_count; i++)
		captures |= r->inputs[i].input->captures;
	if (rc == 0 && r->live)
		rc = privileges_drop(r->options.user, captures, err);
	return rc ? rc : open_outputs(r, err);
}

struct run *run_open(const struct run_options *options, const struct run_hooks *hooks, struct err *err)
{
	struct run *r = calloc(1, sizeof *r);
	if (!r) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		return NULL;
	}
	r->options = *options;
	r->hooks = *hooks;
	r->env.mono_ns = clock_mono_ns;
	r->env.real_minus_mono_ns = clock_real_ns() - clock_mono_ns();
	r->env.note_arg = r;
	r->env.note = pass_note;
	r->start_ns = clock_mono_ns();
	if (open_all(r, err) != 0) {
		run_free(r);
		return NULL;
	}
	return r;
}

static void tally(const struct run *r, struct tally_sink *sink)
{
	for (size_t i = 0; i < r->input_count; i++)
		r->inputs[i].input->ops->tally(r->inputs[i].input, sink);
	const uint64_t counts[] = { r->complete + r->incomplete + r->filtered, r->complete, r->incomplete, r->filtered };
	sink->section(sink->arg, &message_table, "", counts);
	for (size_t i = 0; i < r->output_count; i++)
		r->outputs[i]->ops->tally(r->outputs[i], sink);
}

int run_finish(struct run *r, struct ledger *ledger, struct err *err)
{
	int64_t now_ns = clock_mono_ns();
	int rc = 0;
	for (size_t i = 0; i < r->output_count; i++) {
		int one = r->outputs[i]->ops->flush(r->outputs[i], now_ns, err);
		rc = rc ? rc : one;
	}
	struct tally_sink sink = ledger_sink(ledger);
	tally(r, &sink);
	pipeline_status(r, now_ns, &r->last_status);
	return rc;
}

int run_close_outputs(struct run *r, const struct ledger *ledger, struct err *err)
{
	struct buf json;
	int rc = 0;
	buf_init(&json, 16 << 20);
	if (ledger_json_without(ledger, "output", &json) != 0)
		buf_clear(&json); /* a log without its ledger is still a log */
	for (size_t i = 0; i < r->output_count; i++) {
		int one = r->outputs[i]->ops->close(r->outputs[i], buf_slice(&json), err);
		rc = rc ? rc : one;
	}
	r->output_count = 0;
	buf_release(&json);
	return rc;
}

bool run_timing(const struct run *r, size_t n, const char **label, struct timing *t)
{
	for (size_t i = 0; i < r->output_count; i++) {
		const struct output *out = r->outputs[i];
		if (!out->ops->timing || !out->ops->timing(out, t) || n-- > 0)
			continue;
		*label = out->label;
		return true;
	}
	return false;
}

void run_final_status(const struct run *r, struct run_status *s)
{
	*s = r->last_status;
}

void run_free(struct run *r)
{
	for (size_t i = 0; i < r->input_count; i++) {
		message_unref(r->inputs[i].held);
		r->inputs[i].input->ops->close(r->inputs[i].input);
	}
	for (size_t i = 0; i < r->output_count; i++)
		(void)r->outputs[i]->ops->close(r->outputs[i], slice_of(NULL, 0), NULL);
	if (r->filters)
		filters_free(r->filters);
	own_flows_free(r->env.own_flows);
	if (r->epoll >= 0)
		(void)close(r->epoll);
	free(r);
}
