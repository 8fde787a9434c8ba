/* run: the door: opens a run's shards in the order that privileges allow, has them run, and sums them up. */
#include "pipe/run.h"

#include "base/clock.h"
#include "pipe/privileges.h"
#include "pipe/shards.h"
#include "report/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int open_inputs(struct run *r, struct err *err)
{
	char text[256];
	const struct pipeline *first = &r->shards[0].line;
	int rc = pipeline_open_inputs(&r->shards[0].line, NULL, err);
	for (size_t i = 0; i < first->input_count && rc == 0 && r->n > 1; i++) {
		const struct input *in = first->inputs[i].input;
		if (!in->whole)
			continue;
		(void)snprintf(text, sizeof text, "%s cannot be split among threads: going on with one", in->label);
		shards_note(&r->shards[0], 0, text);
		shards_only_first(r);
	}
	for (unsigned i = 1; i < r->n && rc == 0; i++)
		rc = pipeline_open_inputs(&r->shards[i].line, first, err);
	return rc;
}

static int give_up_privileges(const struct run *r, struct err *err)
{
	const struct pipeline *first = &r->shards[0].line;
	bool captures = false;
	for (size_t i = 0; i < first->input_count; i++)
		captures |= first->inputs[i].input->captures;
	return first->live ? privileges_drop(r->options.user, captures, err) : 0;
}

/* All inputs, then privileges, then outputs; and no thread of ours before: capabilities are a thread's own, and inherited. */
static int open_all(struct run *r, struct err *err)
{
	int rc = shards_init(r, err);
	for (unsigned i = 0; i < r->n && rc == 0; i++)
		rc = pipeline_init(&r->shards[i].line, err);
	rc = rc ? rc : open_inputs(r, err);
	rc = rc ? rc : give_up_privileges(r, err);
	for (unsigned i = 0; i < r->n && rc == 0; i++)
		rc = pipeline_open_outputs(&r->shards[i].line, i ? &r->shards[0].line : NULL, err);
	return rc;
}

static unsigned shards_wanted(const struct run_options *o)
{
	uint64_t n = o->threads ? o->threads : 1;
	/* Each has a connection at least, and all of them together no more than was asked. */
	return (unsigned)(o->http.workers && o->http.workers < n ? o->http.workers : n);
}

static void prepare(struct run *r)
{
	int64_t real_minus_mono_ns = clock_real_ns() - clock_mono_ns();
	for (unsigned i = 0; i < r->made; i++) {
		struct shard *s = &r->shards[i];
		s->run = r;
		s->stop_fd = s->line.epoll = -1;
		s->latest = status_none;
		s->line.options = r->options;
		s->line.env = (struct io_env){
			.mono_ns = clock_mono_ns,
			.real_minus_mono_ns = real_minus_mono_ns,
			.own_flows = r->own_flows,
			.shard = i,
			.note_arg = s,
			.note = shards_note,
		};
	}
}

struct run *run_open(const struct run_options *options, const struct run_hooks *hooks, struct err *err)
{
	if (options->threads > RUN_THREADS_MAX) {
		(void)err_set(err, ERR_USAGE, "--threads: at most %d", RUN_THREADS_MAX);
		return NULL;
	}
	struct run *r = calloc(1, sizeof *r);
	if (!r) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		return NULL;
	}
	r->options = *options;
	r->hooks = *hooks;
	r->ended_fd = -1;
	(void)pthread_mutex_init(&r->mutex, NULL);
	r->n = shards_wanted(options);
	r->own_flows = own_flows_new();
	r->shards = calloc(r->n, sizeof *r->shards);
	r->made = r->shards ? r->n : 0;
	prepare(r);
	int rc = r->shards && r->own_flows ? 0 : err_set(err, ERR_NOMEM, "out of memory");
	if (rc == 0)
		rc = open_all(r, err);
	if (rc == 0)
		return r;
	run_free(r);
	return NULL;
}

enum run_end run_loop(struct run *r, struct err *err)
{
	return shards_loop(r, err);
}

static bool measures(const struct output *out, struct timing *t)
{
	return out->ops->timing && out->ops->timing(out, t);
}

static void merge(struct merged_timing *m, const struct timing *t)
{
	hist_merge(&m->from_due, t->from_due);
	hist_merge(&m->from_send, t->from_send);
	hist_merge(&m->lateness, t->lateness);
	m->timing.scheduled |= t->scheduled;
	m->timing.unsent += t->unsent;
	for (int i = 0; i < LATE_CAUSES; i++)
		m->timing.late_ns[i] += t->late_ns[i];
	/* That of the first shard was copied. */
	if (m->measure && t->measure && t->measure != m->first_measure)
		(void)measure_merge(m->measure, t->measure);
	if (!m->timing.last_error)
		m->timing.last_error = t->last_error;
}

/* Output i of all shards as one; false: it measures nothing. */
static bool merge_timing(struct run *r, size_t i)
{
	struct timing t;
	const struct output *out = r->shards[0].line.outputs[i];
	if (!measures(out, &t))
		return true;
	struct merged_timing *m = calloc(1, sizeof *m);
	if (!m)
		return false;
	r->timings[r->timing_count++] = m;
	hist_init(&m->from_due);
	hist_init(&m->from_send);
	hist_init(&m->lateness);
	m->label = out->label;
	m->timing = t;
	m->timing.unsent = 0;
	memset(m->timing.late_ns, 0, sizeof m->timing.late_ns);
	m->first_measure = t.measure;
	m->measure = measure_copy(t.measure);
	m->timing.measure = m->measure;
	m->timing.from_due = &m->from_due;
	m->timing.from_send = &m->from_send;
	m->timing.lateness = &m->lateness;
	for (unsigned k = 0; k < r->n; k++)
		if (measures(r->shards[k].line.outputs[i], &t))
			merge(m, &t);
	return true;
}

static int merge_timings(struct run *r, struct err *err)
{
	size_t n = r->shards[0].line.output_count;
	if (r->n == 1)
		return 0;
	r->timings = calloc(n ? n : 1, sizeof(struct merged_timing *));
	bool whole = r->timings != NULL;
	for (size_t i = 0; i < n && whole; i++)
		whole = merge_timing(r, i);
	return whole ? 0 : err_set(err, ERR_NOMEM, "out of memory");
}

int run_finish(struct run *r, struct ledger *ledger, struct err *err)
{
	int64_t now_ns = clock_mono_ns();
	struct tally_sink sink = ledger_sink(ledger);
	int rc = 0;
	for (unsigned i = 0; i < r->n; i++) {
		int one = pipeline_flush(&r->shards[i].line, now_ns, err);
		rc = rc ? rc : one;
	}
	r->last_status = status_none;
	for (unsigned i = 0; i < r->n; i++) {
		struct run_status one;
		pipeline_tally(&r->shards[i].line, &sink);
		pipeline_status(&r->shards[i].line, now_ns, &one);
		status_add(&r->last_status, &one, r->n);
	}
	int merged = merge_timings(r, err);
	return rc ? rc : merged;
}

int run_close_outputs(struct run *r, const struct ledger *ledger, struct err *err)
{
	struct buf json;
	int rc = 0;
	buf_init(&json, 16 << 20);
	if (ledger_json_without(ledger, "output", &json) != 0)
		buf_clear(&json); /* a log without its ledger is still a log */
	for (unsigned i = 0; i < r->n; i++) {
		int one = pipeline_close_outputs(&r->shards[i].line, buf_slice(&json), err);
		rc = rc ? rc : one;
	}
	buf_release(&json);
	return rc;
}

bool run_timing(const struct run *r, size_t n, const char **label, struct timing *t)
{
	const struct pipeline *line = &r->shards[0].line;
	if (r->n > 1 && n < r->timing_count) {
		*label = r->timings[n]->label;
		*t = r->timings[n]->timing;
		return true;
	}
	for (size_t i = 0; i < line->output_count && r->n == 1; i++) {
		if (!measures(line->outputs[i], t) || n-- > 0)
			continue;
		*label = line->outputs[i]->label;
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
	for (unsigned i = 0; i < r->made; i++) {
		pipeline_release(&r->shards[i].line);
		if (r->shards[i].stop_fd >= 0)
			(void)close(r->shards[i].stop_fd);
	}
	for (size_t i = 0; i < r->timing_count; i++) {
		measure_free(r->timings[i]->measure);
		free(r->timings[i]);
	}
	free(r->timings);
	if (r->ended_fd >= 0)
		(void)close(r->ended_fd);
	own_flows_free(r->own_flows);
	(void)pthread_mutex_destroy(&r->mutex);
	free(r->shards);
	free(r);
}
