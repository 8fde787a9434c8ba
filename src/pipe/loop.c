/* loop: the one loop of a pipeline. Messages are pulled from the inputs, filtered, and pushed to every output; then the outputs do what is ready; then
 * the thread sleeps until a descriptor or the nearest deadline. */
#include "base/clock.h"
#include "pipe/pipeline.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <unistd.h>

#define PULL_BATCH 256 /* messages of one input before the outputs get their turn */
#define EVENTS     64

static void fail(struct pipeline *r, const struct err *why)
{
	(void)err_set(&r->failure, why->code, "%s", why->text);
	if (r->hooks.note)
		r->hooks.note(r->hooks.arg, 0, why->text);
}

static void output_failed(struct pipeline *r, struct output *out, const struct err *why)
{
	if (out->failed)
		return;
	out->failed = true;
	if (why->code != ERR_CLOSED)
		fail(r, why);
}

bool pipeline_output_left(const struct pipeline *r)
{
	for (size_t i = 0; i < r->output_count; i++)
		if (!r->outputs[i]->failed)
			return true;
	return r->output_count == 0;
}

/* No target is always the first to be asked: where targets share something, or the moment matters, answers of one and the same deployment would
 * otherwise differ for no other reason, and a comparison takes them for exchangeable. xorshift64* (Vigna 2016) is random enough. */
static void draw_order(struct pipeline *r)
{
	for (size_t left = r->output_count; left > 1; left--) {
		r->random ^= r->random >> 12;
		r->random ^= r->random << 25;
		r->random ^= r->random >> 27;
		size_t pick = (size_t)((r->random * 0x2545f4914f6cdd1du >> 32) % left);
		uint8_t last = r->order[left - 1];
		r->order[left - 1] = r->order[pick];
		r->order[pick] = last;
	}
}

/* Offers the held message to the outputs that have not taken it. True: all have. */
static bool push(struct pipeline *r, struct pulled *p, int64_t now_ns)
{
	for (size_t k = 0; k < r->output_count; k++) {
		size_t i = r->order[k];
		struct output *out = r->outputs[i];
		struct err why = { 0 };
		if (!(p->waiting >> i & 1))
			continue;
		enum output_result took = OUTPUT_FAIL;
		if (!out->failed)
			took = out->ops->write(out, p->held, now_ns, &why);
		if (took == OUTPUT_WAIT && (!r->lossy || p->held->due_ns > now_ns))
			continue;
		if (took == OUTPUT_FAIL && !out->failed)
			output_failed(r, out, &why); /* it has counted this message itself */
		else if (took != OUTPUT_OK)
			out->ops->drop(out, p->held, DROP_FULL);
		p->waiting &= ~(1u << i);
	}
	if (p->waiting)
		return false;
	message_unref(p->held);
	p->held = NULL;
	return true;
}

static void end_input(struct pipeline *r, struct pulled *p, enum input_result how, const struct err *why)
{
	p->ended = true;
	if (how == INPUT_FAIL)
		fail(r, why);
}

/* Pulls one message. True: there was one. */
static bool pull(struct pipeline *r, struct pulled *p, int64_t now_ns)
{
	struct err why = { 0 };
	struct message *m = NULL;
	enum input_result got = p->input->ops->next(p->input, now_ns, &m, &why);
	if (got == INPUT_END || got == INPUT_FAIL)
		end_input(r, p, got, &why);
	if (got != INPUT_MESSAGE)
		return false;
	if (r->filters && !p->input->filters && filters_apply(r->filters, m) == FILTER_DROP) {
		r->filtered++;
		message_unref(m);
		return true;
	}
	if (m->flags)
		r->incomplete++;
	else
		r->complete++;
	draw_order(r);
	p->held = m;
	p->waiting = r->output_count < 32 ? (1u << r->output_count) - 1 : UINT32_MAX;
	return true;
}

/* A batch of one input. True: more may be there at once. */
static bool pump_input(struct pipeline *r, struct pulled *p, int64_t now_ns)
{
	for (int left = PULL_BATCH; left > 0; left--) {
		if (p->held && !push(r, p, now_ns))
			return false;
		if (p->ended || !pull(r, p, now_ns))
			return false;
	}
	return true;
}

static bool pump(struct pipeline *r, int64_t now_ns)
{
	bool more = false;
	for (size_t i = 0; i < r->input_count; i++)
		more |= pump_input(r, &r->inputs[i], now_ns);
	return more;
}

/* What an output made itself, to the others that keep messages. They are not asked to wait: whoever made it has no place for it. */
static void hand_on(struct pipeline *r, struct output *from, struct message *m, int64_t now_ns)
{
	for (size_t i = 0; i < r->output_count; i++) {
		struct output *out = r->outputs[i];
		struct err why = { 0 };
		if (out == from || !out->keeps)
			continue;
		enum output_result took = out->failed ? OUTPUT_WAIT : out->ops->write(out, m, now_ns, &why);
		if (took == OUTPUT_FAIL)
			output_failed(r, out, &why);
		else if (took == OUTPUT_WAIT)
			out->ops->drop(out, m, DROP_FULL);
	}
}

static void hand_on_produced(struct pipeline *r, int64_t now_ns)
{
	uint16_t number = 0;
	for (size_t i = 0; i < r->output_count; i++) {
		struct output *out = r->outputs[i];
		if (!out->ops->produced)
			continue;
		for (struct message *m; (m = out->ops->produced(out)); message_unref(m)) {
			m->target = number;
			hand_on(r, out, m, now_ns);
		}
		number++;
	}
}

static bool inputs_ended(const struct pipeline *r)
{
	for (size_t i = 0; i < r->input_count; i++)
		if (!r->inputs[i].ended || r->inputs[i].held)
			return false;
	return true;
}

static bool outputs_idle(const struct pipeline *r)
{
	for (size_t i = 0; i < r->output_count; i++)
		if (!r->outputs[i]->failed && !r->outputs[i]->ops->idle(r->outputs[i]))
			return false;
	return true;
}

static void ask_to_stop(struct pipeline *r)
{
	if (r->stops++ > 0)
		return;
	for (size_t i = 0; i < r->input_count; i++)
		r->inputs[i].input->ops->stop(r->inputs[i].input);
}

static void user_asked_to_stop(struct pipeline *r)
{
	ask_to_stop(r);
	for (size_t i = 0; i < r->output_count; i++)
		if (r->outputs[i]->ops->stop)
			r->outputs[i]->ops->stop(r->outputs[i]);
}

static void tick_outputs(struct pipeline *r, uint32_t ready, int64_t now_ns)
{
	draw_order(r);
	for (size_t k = 0; k < r->output_count; k++) {
		size_t i = r->order[k];
		struct output *out = r->outputs[i];
		struct err why = { 0 };
		if (out->failed || (!(ready >> i & 1) && out->ops->deadline(out) > now_ns))
			continue;
		if (out->ops->tick(out, now_ns, &why) != 0)
			output_failed(r, out, &why);
	}
	if (!pipeline_output_left(r) && r->stops == 0)
		ask_to_stop(r);
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_deadline(const struct pipeline *r)
{
	int64_t at = TIME_NEVER;
	for (size_t i = 0; i < r->input_count; i++)
		if (r->inputs[i].held && r->lossy)
			at = sooner(at, r->inputs[i].held->due_ns);
		else if (!r->inputs[i].ended && !r->inputs[i].held)
			at = sooner(at, r->inputs[i].input->ops->deadline(r->inputs[i].input));
	for (size_t i = 0; i < r->output_count; i++)
		if (!r->outputs[i]->failed)
			at = sooner(at, r->outputs[i]->ops->deadline(r->outputs[i]));
	if (r->options.exit_after_ns && r->stops == 0)
		at = sooner(at, r->start_ns + r->options.exit_after_ns);
	if (r->hooks.status_every_ns)
		at = sooner(at, r->next_status_ns);
	return at;
}

/* epoll with a deadline to the nanosecond; kernels before 5.11 lack epoll_pwait2. */
static int wait_for(int epoll, struct epoll_event *events, int64_t ns)
{
	if (ns <= 0)
		return epoll_wait(epoll, events, EVENTS, 0);
	const struct timespec t = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
	const struct timespec *limit = ns == TIME_NEVER ? NULL : &t;
	int n = epoll_pwait2(epoll, events, EVENTS, limit, NULL);
	if (n >= 0 || errno != ENOSYS)
		return n;
	struct pollfd fd = { epoll, POLLIN, 0 };
	(void)ppoll(&fd, 1, limit, NULL);
	return epoll_wait(epoll, events, EVENTS, 0);
}

/* What an epoll event stands for: an output by its number, or one of these. */
enum { EVENT_STOP = 1000, EVENT_INPUT = 1001 };

bool pipeline_stop_asked(const struct run_hooks *hooks)
{
	char bytes[512];
	size_t size = hooks->stop_size && hooks->stop_size <= sizeof bytes ? hooks->stop_size : 1;
	return read(hooks->stop_fd, bytes, size) == (ssize_t)size;
}

/* Until a descriptor or the nearest deadline; with `hurry` not at all. Gives the outputs that have something to do, a bit each. */
static uint32_t sleep_until(struct pipeline *r, bool hurry)
{
	struct epoll_event events[EVENTS];
	int64_t deadline = hurry ? 0 : next_deadline(r);
	uint32_t ready = 0;
	int n = wait_for(r->epoll, events, deadline == TIME_NEVER ? TIME_NEVER : deadline - r->env.mono_ns());
	for (int i = 0; i < n; i++) {
		if (events[i].data.u32 == EVENT_STOP && pipeline_stop_asked(&r->hooks))
			user_asked_to_stop(r);
		else if (events[i].data.u32 < PIPELINE_OUTPUTS_MAX)
			ready |= 1u << events[i].data.u32;
	}
	return ready;
}

static int watch(const struct pipeline *r, int fd, uint32_t what, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = what };
	if (fd >= 0 && epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		return err_set_errno(err, "epoll_ctl");
	return 0;
}

static int watch_all(const struct pipeline *r, struct err *err)
{
	int rc = watch(r, r->hooks.stop_fd, EVENT_STOP, err);
	for (size_t i = 0; i < r->input_count && rc == 0; i++)
		rc = watch(r, r->inputs[i].input->ops->pollfd(r->inputs[i].input), EVENT_INPUT, err);
	for (size_t i = 0; i < r->output_count && rc == 0; i++)
		rc = watch(r, r->outputs[i]->ops->pollfd(r->outputs[i]), (uint32_t)i, err);
	return rc;
}

void pipeline_status(const struct pipeline *r, int64_t now_ns, struct run_status *s)
{
	*s = (struct run_status){
		.seconds = (double)(now_ns - r->start_ns) / 1e9,
		.messages = r->complete + r->incomplete + r->filtered,
		.lateness_p99_ns = -1,
		.progress = r->input_count ? 0 : -1,
		.live = r->live,
		.draining = inputs_ended(r),
	};
	for (size_t i = 0; i < r->input_count; i++) {
		struct input_status in;
		r->inputs[i].input->ops->status(r->inputs[i].input, &in);
		s->lost += in.lost;
		s->progress = in.done < 0 || s->progress < 0 ? -1 : s->progress + in.done / (double)r->input_count;
	}
	for (size_t i = 0; i < r->output_count; i++) {
		struct output_status out;
		r->outputs[i]->ops->status(r->outputs[i], &out);
		s->done += out.done;
		s->failed += out.failed;
		s->in_flight += out.in_flight;
		if (out.lateness_p99_ns > s->lateness_p99_ns)
			s->lateness_p99_ns = out.lateness_p99_ns;
	}
}

static void tell_status(struct pipeline *r, int64_t now_ns)
{
	if (!r->hooks.status_every_ns || now_ns < r->next_status_ns)
		return;
	r->next_status_ns = now_ns + r->hooks.status_every_ns;
	struct run_status s;
	pipeline_status(r, now_ns, &s);
	if (r->hooks.status)
		r->hooks.status(r->hooks.arg, &s);
}

/* A message that no output will get any more is still in somebody's account. */
static void drop_held(struct pipeline *r)
{
	for (size_t i = 0; i < r->input_count; i++) {
		struct pulled *p = &r->inputs[i];
		for (size_t k = 0; p->held && k < r->output_count; k++)
			if (p->waiting >> k & 1)
				r->outputs[k]->ops->drop(r->outputs[k], p->held, DROP_STOPPED);
		message_unref(p->held);
		p->held = NULL;
	}
}

static enum run_end how_it_ended(struct pipeline *r, struct err *err)
{
	if (r->failure.code != ERR_NONE) {
		(void)err_set(err, r->failure.code, "%s", r->failure.text);
		return RUN_FAILED;
	}
	return r->stops > 1 ? RUN_INTERRUPTED : RUN_ENDED;
}

enum run_end pipeline_loop(struct pipeline *r, struct err *err)
{
	if (watch_all(r, err) != 0)
		return RUN_FAILED;
	/* The kernel may otherwise let a timer run 50 µs late to save a wake-up. */
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	int64_t now_ns = r->start_ns = r->env.mono_ns();
	r->random = (uint64_t)now_ns | 1;
	for (size_t i = 0; i < r->output_count; i++)
		r->order[i] = (uint8_t)i;
	for (;;) {
		bool more = pump(r, now_ns);
		hand_on_produced(r, now_ns);
		if (r->stops > 1 || (inputs_ended(r) && outputs_idle(r)))
			break;
		tell_status(r, now_ns);
		uint32_t ready = sleep_until(r, more);
		now_ns = r->env.mono_ns();
		if (r->options.exit_after_ns && r->stops == 0 && now_ns - r->start_ns >= r->options.exit_after_ns)
			ask_to_stop(r);
		tick_outputs(r, ready, now_ns);
	}
	drop_held(r);
	return how_it_ended(r, err);
}
