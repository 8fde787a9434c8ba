/* loop: every message reaches every output once, or is counted as dropped; back-pressure, stops, failures. Inputs and outputs are small
 * fakes behind the same tables as the real ones. */
#include "base/clock.h"
#include "pipe/pipeline.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

struct fake_input {
	struct input base;
	int left, flagged_every;
	bool stopped;
	enum input_result last; /* instead of END */
};

static enum input_result fake_next(struct input *base, int64_t now_ns, struct message **out, struct err *err)
{
	(void)now_ns;
	struct fake_input *in = (struct fake_input *)base;
	if (in->left == 0 || in->stopped) {
		if (in->last == INPUT_FAIL && !in->stopped)
			(void)err_set(err, ERR_IO, "the input broke");
		return in->stopped ? INPUT_END : in->last;
	}
	*out = message_new(MESSAGE_REQUEST, 10);
	if (in->flagged_every && in->left % in->flagged_every == 0)
		(*out)->flags = MESSAGE_CUT;
	in->left--;
	return INPUT_MESSAGE;
}

static int no_fd(const struct input *in)
{
	(void)in;
	return -1;
}

static int64_t no_deadline(const struct input *in)
{
	(void)in;
	return TIME_NEVER;
}

static void fake_stop(struct input *in)
{
	((struct fake_input *)in)->stopped = true;
}

static void fake_input_status(const struct input *in, struct input_status *s)
{
	(void)in;
	*s = (struct input_status){ 0 };
}

static const struct input_ops fake_input_ops = {
	.next = fake_next,
	.pollfd = no_fd,
	.deadline = no_deadline,
	.stop = fake_stop,
	.status = fake_input_status,
};

struct fake_output {
	struct output base;
	int taken, dropped, unfinished, waits;
	int busy_every; /* says WAIT each so many-th time */
	int fail_at;    /* FAIL at this message */
	int busy_ticks; /* ticks until it is idle */
	int echoes;     /* makes a message of its own for each so many-th one taken */
	int to_make, replayed, from_second;
	int firsts; /* messages that no other had taken before */
};

static struct message *fake_produced(struct output *base)
{
	struct fake_output *o = (struct fake_output *)base;
	if (o->to_make == 0)
		return NULL;
	o->to_make--;
	return message_new(MESSAGE_REPLAYED, 10);
}

static enum output_result fake_write(struct output *base, struct message *m, int64_t now_ns, struct err *err)
{
	(void)now_ns;
	struct fake_output *o = (struct fake_output *)base;
	if (m->type == MESSAGE_REPLAYED) {
		o->replayed++;
		o->from_second += m->target == 1;
		return OUTPUT_OK;
	}
	if (o->busy_every && ++o->waits % o->busy_every == 0)
		return OUTPUT_WAIT;
	if (o->fail_at && o->taken + 1 == o->fail_at) {
		o->dropped++;
		(void)err_set(err, ERR_IO, "the output broke");
		return OUTPUT_FAIL;
	}
	o->taken++;
	o->firsts += m->ts_ns == 0;
	m->ts_ns = 1;
	o->to_make += o->echoes && o->taken % o->echoes == 0;
	return OUTPUT_OK;
}

static void fake_drop(struct output *base, struct message *m, enum drop_reason why)
{
	(void)m;
	((struct fake_output *)base)->dropped++;
	((struct fake_output *)base)->unfinished += why == DROP_STOPPED;
}

static int no_output_fd(const struct output *o)
{
	(void)o;
	return -1;
}

static int64_t now_please(const struct output *base)
{
	const struct fake_output *o = (const struct fake_output *)base;
	return o->busy_ticks || o->busy_every ? 0 : TIME_NEVER;
}

static int fake_tick(struct output *base, int64_t now_ns, struct err *err)
{
	(void)now_ns, (void)err;
	struct fake_output *o = (struct fake_output *)base;
	o->busy_ticks -= o->busy_ticks > 0;
	return 0;
}

static bool fake_idle(const struct output *base)
{
	return ((const struct fake_output *)base)->busy_ticks == 0;
}

static const struct output_ops fake_output_ops = {
	.write = fake_write,
	.produced = fake_produced,
	.drop = fake_drop,
	.pollfd = no_output_fd,
	.deadline = now_please,
	.tick = fake_tick,
	.idle = fake_idle,
};

static struct pipeline *fake_run(struct fake_input *in, struct fake_output *outs, size_t n)
{
	struct pipeline *r = calloc(1, sizeof *r);
	in->base.ops = &fake_input_ops;
	r->epoll = epoll_create1(0);
	r->env.mono_ns = clock_mono_ns;
	r->hooks.stop_fd = -1;
	r->inputs[r->input_count++].input = &in->base;
	for (size_t i = 0; i < n; i++) {
		outs[i].base.ops = &fake_output_ops;
		r->outputs[r->output_count++] = &outs[i].base;
	}
	return r;
}

static void fake_free(struct pipeline *r)
{
	(void)close(r->epoll);
	free(r);
}

Test(loop, each_output_gets_each_message)
{
	struct fake_input in = { .left = 1000, .flagged_every = 10, .last = INPUT_END };
	struct fake_output outs[2] = { { .busy_every = 3 }, { .busy_ticks = 5 } };
	struct pipeline *r = fake_run(&in, outs, 2);
	struct err err = { 0 };
	cr_expect_eq(pipeline_loop(r, &err), RUN_ENDED);
	for (int i = 0; i < 2; i++) {
		cr_expect_eq(outs[i].taken, 1000);
		cr_expect_eq(outs[i].dropped, 0);
	}
	cr_expect_eq(r->complete, 900);
	cr_expect_eq(r->incomplete, 100);
	cr_expect_eq(outs[1].busy_ticks, 0, "ended before the output was idle");
	fake_free(r);
}

/* A comparison takes the targets' answers for exchangeable: binomial, 1,000 of 3,000 give or take 26. */
Test(loop, no_output_is_always_the_first)
{
	struct fake_input in = { .left = 3000, .last = INPUT_END };
	struct fake_output outs[3] = { { .taken = 0 } };
	struct pipeline *r = fake_run(&in, outs, 3);
	struct err err = { 0 };
	cr_expect_eq(pipeline_loop(r, &err), RUN_ENDED);
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(outs[i].taken, 3000);
		cr_expect(outs[i].firsts > 800 && outs[i].firsts < 1200, "output %d was the first %d times", i, outs[i].firsts);
	}
	fake_free(r);
}

Test(loop, what_an_output_makes_goes_to_the_others_that_keep_messages)
{
	struct fake_input in = { .left = 100, .last = INPUT_END };
	struct fake_output outs[4] = { { .echoes = 1 }, { .echoes = 4 }, { 0 }, { .busy_every = 2 } };
	outs[1].base.keeps = outs[2].base.keeps = true;
	struct pipeline *r = fake_run(&in, outs, 4);
	struct err err = { 0 };
	cr_expect_eq(pipeline_loop(r, &err), RUN_ENDED);
	cr_expect_eq(outs[0].replayed, 0);
	cr_expect_eq(outs[1].replayed, 100, "those of the first; not its own");
	cr_expect_eq(outs[2].replayed, 125);
	cr_expect_eq(outs[2].from_second, 25);
	cr_expect_eq(outs[3].replayed, 0, "keeps none");
	cr_expect_eq(outs[2].taken, 100);
	fake_free(r);
}

Test(loop, a_busy_output_loses_alone_when_nothing_may_wait)
{
	struct fake_input in = { .left = 300, .last = INPUT_END };
	struct fake_output outs[2] = { { .busy_every = 3 }, { 0 } };
	struct pipeline *r = fake_run(&in, outs, 2);
	struct err err = { 0 };
	r->lossy = true;
	cr_expect_eq(pipeline_loop(r, &err), RUN_ENDED);
	cr_expect_eq(outs[0].taken, 200);
	cr_expect_eq(outs[0].dropped, 100);
	cr_expect_eq(outs[1].taken, 300);
	fake_free(r);
}

Test(loop, a_broken_output_leaves_the_other_running)
{
	struct fake_input in = { .left = 100, .last = INPUT_END };
	struct fake_output outs[2] = { { .fail_at = 10 }, { 0 } };
	struct pipeline *r = fake_run(&in, outs, 2);
	struct err err = { 0 };
	cr_expect_eq(pipeline_loop(r, &err), RUN_FAILED);
	cr_expect_str_eq(err.text, "the output broke");
	cr_expect_eq(outs[0].taken + outs[0].dropped, 100, "each message is in some account");
	cr_expect_eq(outs[1].taken, 100);
	fake_free(r);
}

Test(loop, a_broken_input_keeps_what_came_before)
{
	struct fake_input in = { .left = 100, .last = INPUT_FAIL };
	struct fake_output outs[1] = { { 0 } };
	struct pipeline *r = fake_run(&in, outs, 1);
	struct err err = { 0 };
	cr_expect_eq(pipeline_loop(r, &err), RUN_FAILED);
	cr_expect_str_eq(err.text, "the input broke");
	cr_expect_eq(outs[0].taken, 100);
	fake_free(r);
}

Test(loop, the_only_output_broken_ends_the_run)
{
	struct fake_input in = { .left = INT32_MAX, .last = INPUT_END };
	struct fake_output outs[1] = { { .fail_at = 5 } };
	struct pipeline *r = fake_run(&in, outs, 1);
	struct err err = { 0 };
	cr_expect_eq(pipeline_loop(r, &err), RUN_FAILED);
	cr_expect_eq(outs[0].taken, 4);
	fake_free(r);
}

Test(loop, the_second_stop_ends_at_once)
{
	int fds[2];
	cr_assert_eq(pipe(fds), 0);
	struct fake_input in = { .left = 0, .last = INPUT_WAIT };
	struct fake_output outs[1] = { { .busy_ticks = INT32_MAX } };
	struct pipeline *r = fake_run(&in, outs, 1);
	struct err err = { 0 };
	r->hooks.stop_fd = fds[0];
	r->hooks.stop_size = 1;
	cr_assert_eq(write(fds[1], "xx", 2), 2);
	cr_expect_eq(pipeline_loop(r, &err), RUN_INTERRUPTED);
	cr_expect(in.stopped);
	fake_free(r);
}

Test(loop, what_is_held_at_the_second_stop_counts_as_unfinished)
{
	int fds[2];
	cr_assert_eq(pipe(fds), 0);
	struct fake_input in = { .left = 10, .last = INPUT_END };
	struct fake_output outs[1] = { { .busy_every = 1 } };
	struct pipeline *r = fake_run(&in, outs, 1);
	struct err err = { 0 };
	r->hooks.stop_fd = fds[0];
	r->hooks.stop_size = 1;
	cr_assert_eq(write(fds[1], "xx", 2), 2);
	cr_expect_eq(pipeline_loop(r, &err), RUN_INTERRUPTED);
	cr_expect_eq(outs[0].dropped, 1);
	cr_expect_eq(outs[0].unfinished, 1);
	fake_free(r);
}

Test(loop, exit_after_stops_a_live_input)
{
	struct fake_input in = { .left = 0, .last = INPUT_WAIT };
	struct fake_output outs[1] = { { 0 } };
	struct pipeline *r = fake_run(&in, outs, 1);
	struct err err = { 0 };
	r->options.exit_after_ns = 20 * NS_PER_MS;
	cr_expect_eq(pipeline_loop(r, &err), RUN_ENDED);
	cr_expect(in.stopped);
	fake_free(r);
}
