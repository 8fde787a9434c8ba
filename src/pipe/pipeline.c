/* pipeline: opening and closing one shard's inputs and outputs, and its account. The loop is in loop.c. */
#include "pipe/pipeline.h"

#include "base/clock.h"

#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Paced messages come that long before they are due where an output holds them until then: a request then finds its connection made. */
#define LEAD_NS (100 * NS_PER_MS)

enum message_row { MESSAGE_SEEN, MESSAGE_COMPLETE, MESSAGE_INCOMPLETE, MESSAGE_FILTERED };
static const struct tally_row message_rows[] = {
	{ "seen", "messages", TALLY_TOTAL, false },
	{ "complete", "complete", TALLY_PART, false },
	{ "incomplete", "incomplete", TALLY_PART, true },
	{ "filtered", "filtered out", TALLY_PART, false },
};
static const struct tally_table message_table = { "messages", message_rows, sizeof message_rows / sizeof *message_rows };

static const void *options_at(const struct pipeline *r, size_t offset)
{
	return (const char *)&r->options + offset;
}

static bool filters_wanted(const struct filter_options *o)
{
	return o->allow_method.n || o->allow_url.n || o->disallow_url.n;
}

int pipeline_init(struct pipeline *r, struct err *err)
{
	r->start_ns = r->env.mono_ns();
	r->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (r->epoll < 0)
		return err_set_errno(err, "epoll_create1");
	if (!filters_wanted(&r->options.filters))
		return 0;
	r->filters = filters_new(&r->options.filters, err);
	return r->filters ? 0 : err->code;
}

/* What a file input asks before a message takes a place in its schedule. */
static bool keep(void *arg, const struct message *m, bool counted)
{
	struct pipeline *r = arg;
	if (filters_apply(r->filters, m) == FILTER_KEEP)
		return true;
	r->filtered += counted;
	return false;
}

static int open_input(struct pipeline *r, size_t kind, struct input *first, struct err *err)
{
	const struct addresses *a = &r->options.inputs[kind];
	const struct input_kind *k = &input_kinds[kind];
	struct input *in = NULL;
	int rc;
	if (first && first->ops->another)
		rc = first->ops->another(first, &r->env, &in, err);
	else
		rc = k->open((const char *const *)a->text, a->n, options_at(r, k->options_at), &r->env, &in, err);
	if (rc)
		return rc;
	r->live |= in->live;
	r->inputs[r->input_count++].input = in;
	return 0;
}

int pipeline_open_inputs(struct pipeline *r, const struct pipeline *first, struct err *err)
{
	for (size_t i = 0; i < output_kind_count; i++)
		if (r->options.outputs[i].n && output_kinds[i].holds_early)
			r->options.file_in.lead_ns = LEAD_NS;
	r->options.file_in.keep = r->filters ? keep : NULL;
	r->options.file_in.keep_arg = r;
	for (size_t i = 0; i < input_kind_count; i++) {
		if (r->options.inputs[i].n == 0)
			continue;
		int rc = open_input(r, i, first ? first->inputs[r->input_count].input : NULL, err);
		if (rc)
			return rc;
	}
	r->env.wait_for_outputs = !r->live;
	return 0;
}

/* Sections of the account are told apart by their labels: the same address given twice is two outputs. */
static void tell_apart(const struct pipeline *r, struct output *out)
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

static int open_output(struct pipeline *r, size_t kind, const char *address, struct output *first, struct err *err)
{
	const struct output_kind *k = &output_kinds[kind];
	struct output *out = NULL;
	int rc;
	if (r->output_count == PIPELINE_OUTPUTS_MAX)
		return err_set(err, ERR_LIMIT, "more than %d outputs", PIPELINE_OUTPUTS_MAX);
	if (first && first->ops->another)
		rc = first->ops->another(first, &r->env, &out, err);
	else
		rc = k->open(address, options_at(r, k->options_at), &r->env, &out, err);
	if (rc)
		return rc;
	if (first)
		(void)strcpy(out->label, first->label); /* one account */
	else
		tell_apart(r, out);
	r->outputs[r->output_count++] = out;
	return 0;
}

int pipeline_open_outputs(struct pipeline *r, const struct pipeline *first, struct err *err)
{
	for (size_t i = 0; i < output_kind_count; i++) {
		const struct addresses *a = &r->options.outputs[i];
		for (size_t k = 0; k < a->n; k++) {
			int rc = open_output(r, i, a->text[k], first ? first->outputs[r->output_count] : NULL, err);
			if (rc)
				return rc;
		}
	}
	/* With several targets at a recorded pace, one that hangs must not hold up the others: it loses what does not fit, counted. */
	size_t targets = 0;
	for (size_t i = 0; i < r->output_count; i++)
		targets += r->outputs[i]->ops->timing != NULL;
	r->lossy = r->live || (!r->options.file_in.max && targets > 1);
	return 0;
}

void pipeline_tally(const struct pipeline *r, struct tally_sink *sink)
{
	for (size_t i = 0; i < r->input_count; i++)
		r->inputs[i].input->ops->tally(r->inputs[i].input, sink);
	const uint64_t counts[] = { r->complete + r->incomplete + r->filtered, r->complete, r->incomplete, r->filtered };
	sink->section(sink->arg, &message_table, "", counts);
	for (size_t i = 0; i < r->output_count; i++)
		r->outputs[i]->ops->tally(r->outputs[i], sink);
}

int pipeline_flush(struct pipeline *r, int64_t now_ns, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < r->output_count; i++) {
		int one = r->outputs[i]->ops->flush(r->outputs[i], now_ns, err);
		rc = rc ? rc : one;
	}
	return rc;
}

int pipeline_close_outputs(struct pipeline *r, struct slice ledger_json, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < r->output_count; i++) {
		int one = r->outputs[i]->ops->close(r->outputs[i], ledger_json, err);
		rc = rc ? rc : one;
	}
	r->output_count = 0;
	return rc;
}

void pipeline_release(struct pipeline *r)
{
	for (size_t i = 0; i < r->input_count; i++) {
		message_unref(r->inputs[i].held);
		r->inputs[i].input->ops->close(r->inputs[i].input);
	}
	(void)pipeline_close_outputs(r, slice_of(NULL, 0), NULL);
	if (r->filters)
		filters_free(r->filters);
	if (r->epoll >= 0)
		(void)close(r->epoll);
}
