/* shards: threads, requests to stop, the status of all. */
#include "pipe/shards.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BEGIN_NS NS_PER_MS /* threads have begun by then: the schedule does */

const struct run_status status_none = { .lateness_p99_ns = -1, .draining = true };

void status_add(struct run_status *sum, const struct run_status *one, unsigned shards)
{
	if (one->seconds > sum->seconds)
		sum->seconds = one->seconds;
	sum->messages += one->messages;
	sum->done += one->done;
	sum->in_flight += one->in_flight;
	sum->failed += one->failed;
	sum->lost += one->lost;
	if (one->lateness_p99_ns > sum->lateness_p99_ns)
		sum->lateness_p99_ns = one->lateness_p99_ns;
	sum->progress = one->progress < 0 || sum->progress < 0 ? -1 : sum->progress + one->progress / shards;
	sum->live |= one->live;
	sum->draining &= one->draining;
}

/* --- in the shards' threads ---------------------------------------------------------------------------------------- */

/* Has another shard said it already, and this one not yet? Under the mutex. */
static bool said_already(struct run *r, const struct shard *shard, const char *sentence)
{
	uint64_t bit = 1ull << (shard - r->shards);
	for (size_t i = 0; i < SAID_MAX; i++) {
		struct said *s = &r->said[i];
		if (s->by == 0 || strncmp(s->sentence, sentence, sizeof s->sentence - 1) != 0)
			continue;
		bool again = s->by & bit;
		s->by = again ? bit : s->by | bit;
		return !again;
	}
	struct said *s = &r->said[r->said_next++ % SAID_MAX];
	s->by = bit;
	(void)snprintf(s->sentence, sizeof s->sentence, "%s", sentence);
	return false;
}

void shards_note(void *arg, int level, const char *sentence)
{
	struct shard *shard = arg;
	struct run *r = shard->run;
	if (!r->hooks.note)
		return;
	(void)pthread_mutex_lock(&r->mutex);
	if (r->n == 1 || !said_already(r, shard, sentence))
		r->hooks.note(r->hooks.arg, level, sentence);
	(void)pthread_mutex_unlock(&r->mutex);
}

static void pass_status(void *arg, const struct run_status *s)
{
	struct shard *shard = arg;
	struct run *r = shard->run;
	(void)pthread_mutex_lock(&r->mutex);
	if (r->n > 1)
		shard->latest = *s;
	else if (r->hooks.status)
		r->hooks.status(r->hooks.arg, s);
	(void)pthread_mutex_unlock(&r->mutex);
}

static void signal_fd(int fd)
{
	const uint64_t one = 1;
	while (write(fd, &one, sizeof one) < 0 && errno == EINTR)
		;
}

static void *thread_main(void *arg)
{
	struct shard *shard = arg;
	struct run *r = shard->run;
	shard->end = pipeline_loop(&shard->line, &shard->err);
	struct run_status last;
	pipeline_status(&shard->line, shard->line.env.mono_ns(), &last);
	(void)pthread_mutex_lock(&r->mutex);
	shard->latest = last;
	shard->ended = true;
	(void)pthread_mutex_unlock(&r->mutex);
	signal_fd(r->ended_fd);
	return NULL;
}

/* --- in the caller's thread ---------------------------------------------------------------------------------------- */

static int start(struct shard *shard, unsigned number)
{
	char name[16];
	int rc = pthread_create(&shard->thread, NULL, thread_main, shard);
	if (rc)
		return rc;
	shard->running = true;
	(void)snprintf(name, sizeof name, "replay-%u", number % RUN_THREADS_MAX);
	(void)pthread_setname_np(shard->thread, name);
	return 0;
}

static void ask_all_to_stop(struct run *r)
{
	for (unsigned i = 0; i < r->n; i++)
		signal_fd(r->shards[i].stop_fd);
}

/* How many still run. One that cannot write any more ends the run, as it would alone. */
static unsigned look(struct run *r)
{
	unsigned running = 0;
	bool stop = false;
	(void)pthread_mutex_lock(&r->mutex);
	for (unsigned i = 0; i < r->n; i++) {
		struct shard *s = &r->shards[i];
		running += s->running && !s->ended;
		if (!s->ended || s->told || pipeline_output_left(&s->line))
			continue;
		s->told = stop = true;
	}
	(void)pthread_mutex_unlock(&r->mutex);
	if (stop)
		ask_all_to_stop(r);
	return running;
}

static void tell_status(struct run *r)
{
	struct run_status sum = status_none;
	(void)pthread_mutex_lock(&r->mutex);
	for (unsigned i = 0; i < r->n; i++)
		status_add(&sum, &r->shards[i].latest, r->n);
	r->hooks.status(r->hooks.arg, &sum);
	(void)pthread_mutex_unlock(&r->mutex);
}

/* Until all have ended. */
static void watch(struct run *r)
{
	int64_t every_ns = r->hooks.status ? r->hooks.status_every_ns : 0, next_ns = clock_mono_ns() + every_ns;
	struct pollfd fds[] = { { r->ended_fd, POLLIN, 0 }, { r->hooks.stop_fd, POLLIN, 0 } };
	while (look(r)) {
		int64_t left_ns = next_ns - clock_mono_ns();
		if (every_ns && left_ns <= 0) {
			tell_status(r);
			next_ns += every_ns - left_ns;
			continue;
		}
		if (poll(fds, 2, every_ns ? (int)(left_ns / NS_PER_MS) + 1 : -1) <= 0)
			continue;
		uint64_t ended;
		if (fds[0].revents)
			(void)!read(r->ended_fd, &ended, sizeof ended);
		if (fds[1].revents && pipeline_stop_asked(&r->hooks))
			ask_all_to_stop(r);
	}
}

static enum run_end how_it_ended(const struct run *r, struct err *err)
{
	enum run_end end = RUN_ENDED;
	for (unsigned i = 0; i < r->n; i++) {
		const struct shard *s = &r->shards[i];
		if (s->end == RUN_FAILED)
			(void)err_set(err, s->err.code, "%s", s->err.text);
		if (s->end > end)
			end = s->end;
	}
	return end;
}

static void set_hooks(struct run *r, struct shard *s)
{
	bool alone = s->stop_fd < 0;
	s->line.env.shards = r->n;
	s->line.hooks = (struct run_hooks){
		.stop_fd = alone ? r->hooks.stop_fd : s->stop_fd,
		.stop_size = alone ? r->hooks.stop_size : sizeof(uint64_t),
		.status_every_ns = r->hooks.status_every_ns,
		.arg = s,
		.status = pass_status,
		.note = shards_note,
	};
}

int shards_init(struct run *r, struct err *err)
{
	if (r->n > 1 && (r->ended_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		return err_set_errno(err, "eventfd");
	for (unsigned i = 0; i < r->n; i++) {
		struct shard *s = &r->shards[i];
		if (r->n > 1 && (s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE)) < 0)
			return err_set_errno(err, "eventfd");
		set_hooks(r, s);
	}
	return 0;
}

void shards_only_first(struct run *r)
{
	struct shard *s = &r->shards[0];
	if (s->stop_fd >= 0)
		(void)close(s->stop_fd);
	s->stop_fd = -1;
	r->n = 1;
	set_hooks(r, s);
}

enum run_end shards_loop(struct run *r, struct err *err)
{
	int error = 0;
	if (r->n == 1)
		return pipeline_loop(&r->shards[0].line, err);
	int64_t start_ns = clock_mono_ns() + BEGIN_NS;
	for (unsigned i = 0; i < r->n && !error; i++) {
		r->shards[i].line.env.start_ns = start_ns;
		error = start(&r->shards[i], i);
	}
	for (int asks = 0; error && asks < 2; asks++)
		ask_all_to_stop(r);
	watch(r);
	for (unsigned i = 0; i < r->n; i++)
		if (r->shards[i].running)
			(void)pthread_join(r->shards[i].thread, NULL);
	if (!error)
		return how_it_ended(r, err);
	errno = error;
	(void)err_set_errno(err, "cannot start a thread");
	return RUN_FAILED;
}
