/* dry_run: the input is the real one, so what it tells is what a run would do; only the clock is not. */
#include "cli/dry_run.h"

#include "base/clock.h"
#include "cli/plan.h"
#include "http/head.h"

#include <stdio.h>

/* An endless loop is looked at for one round. */
static bool endless(const struct options *o)
{
	const struct file_input_options *f = &o->run.file_in;
	bool stages_end = f->rate.n && f->rate.list[f->rate.n - 1].length_ns;
	return f->loops == LOOPS_FOREVER && !stages_end && !f->requests_max && !o->run.exit_after_ns;
}

static void note(void *arg, int level, const char *sentence)
{
	const struct options *o = arg;
	if (!o->quiet && level == 0)
		(void)fprintf(stderr, "replay: %s\n", sentence);
}

static void take_limited(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	(void)label;
	struct plan *p = arg;
	for (size_t i = 0; strcmp(table->section, "pace") == 0 && i < table->n; i++)
		if (strcmp(table->rows[i].key, "limited") == 0)
			p->limited = counts[i];
}

struct sieve {
	struct filters *filters;
	struct plan *plan;
};

static bool keep(void *arg, const struct message *m, bool counted)
{
	const struct sieve *s = arg;
	bool kept = filters_apply(s->filters, m) == FILTER_KEEP;
	s->plan->filtered += !kept && counted;
	return kept;
}

static void count(struct plan *p, const struct options *o, const struct message *m)
{
	struct http_head head;
	if (m->type != MESSAGE_REQUEST)
		p->responses++;
	else if (m->flags && !o->run.http.send_incomplete)
		p->incomplete++;
	else if (!http_head_parse(message_bytes(m), &head) || head.is_response)
		p->not_requests++;
	else
		plan_count(p, m);
}

/* Until the input ends, the time is up, or what comes next is due never. */
static int play(struct plan *p, const struct options *o, struct input *in, struct err *err)
{
	int64_t now_ns = p->start_ns, until_ns = TIME_NEVER;
	if (o->run.exit_after_ns)
		until_ns = now_ns + o->run.exit_after_ns;
	for (;;) {
		struct message *m;
		enum input_result got = in->ops->next(in, now_ns, &m, err);
		if (got == INPUT_END || got == INPUT_FAIL)
			return got == INPUT_END ? 0 : err->code;
		if (got == INPUT_MESSAGE) {
			count(p, o, m);
			message_unref(m);
			continue;
		}
		now_ns = in->ops->deadline(in);
		if (now_ns >= until_ns || now_ns >= INT64_MAX / 2)
			return 0;
	}
}

static int print(const struct plan *p, bool json, struct err *err)
{
	struct buf text;
	buf_init(&text, 64 << 20);
	int r = json ? plan_json(p, &text) : plan_text(p, &text);
	if (r)
		(void)err_set(err, ERR_NOMEM, "out of memory");
	else if (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
		r = err_set_errno(err, "cannot write to standard output");
	buf_release(&text);
	return r;
}

int dry_run(const struct options *o)
{
	struct err err = { .code = ERR_NONE };
	int64_t mono_ns = clock_mono_ns();
	const struct io_env env = {
		.mono_ns = clock_mono_ns,
		.real_minus_mono_ns = clock_real_ns() - mono_ns,
		.note_arg = (void *)(uintptr_t)o,
		.note = note,
	};
	struct file_input_options options = o->run.file_in;
	struct plan plan;
	plan_init(&plan, mono_ns, !options.max);
	plan.endless = endless(o);
	if (plan.endless)
		options.loops = 1;
	const struct addresses *files = options_input((struct options *)(uintptr_t)o, "input-file");
	struct filters *filters = filters_new(&o->run.filters, &err);
	struct sieve sieve = { filters, &plan };
	options.keep = keep;
	options.keep_arg = &sieve;
	struct input *in = NULL;
	int r = filters ? in_file_open((const char *const *)files->text, files->n, &options, &env, &in, &err) : err.code;
	if (r == 0)
		r = play(&plan, o, in, &err);
	if (r == 0) {
		in->ops->tally(in, &(struct tally_sink){ &plan, take_limited });
		r = print(&plan, o->json, &err);
	}
	if (in)
		in->ops->close(in);
	filters_free(filters);
	plan_release(&plan);
	return r ? complain(&err) : EXIT_HELD;
}
