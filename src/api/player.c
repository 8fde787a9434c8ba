/* player: replay/player.h over output/out_http, with a loop of its own in place of the pipeline's. */
#include "api/handles.h"
#include "base/clock.h"
#include "output/out_http.h"

#include <poll.h>
#include <replay/player.h>
#include <stdlib.h>

struct rp_player {
	struct io_env env;
	struct output *out;
};

rp_player *rp_player_open(const char *url, rp_error *error)
{
	struct err err = { 0 };
	const struct http_output_options options = { 0 };
	rp_player *p = calloc(1, sizeof *p);
	if (!p) {
		(void)err_set(&err, ERR_NOMEM, "out of memory");
	} else {
		p->env = api_env();
		if (out_http_open(url, &options, &p->env, &p->out, &err) != 0) {
			free(p);
			p = NULL;
		}
	}
	(void)api_error(error, &err);
	return p;
}

int rp_player_send(rp_player *p, const rp_message *m, rp_error *error)
{
	struct err err = { 0 };
	switch (p->out->ops->write(p->out, message_of(m), clock_mono_ns(), &err)) {
	case OUTPUT_OK:
		return 1;
	case OUTPUT_WAIT:
		return 0;
	case OUTPUT_FAIL:
		break;
	}
	return api_error(error, &err);
}

int rp_player_wait(rp_player *p, int timeout_ms, rp_error *error)
{
	struct err err = { 0 };
	int64_t now_ns = clock_mono_ns();
	int64_t end_ns = timeout_ms < 0 ? TIME_NEVER : now_ns + timeout_ms * NS_PER_MS;
	int64_t due_ns = p->out->ops->deadline(p->out);
	int64_t until_ns = due_ns < end_ns ? due_ns : end_ns;
	struct pollfd fd = { p->out->ops->pollfd(p->out), POLLIN, 0 };
	if (p->out->ops->idle(p->out))
		return 0;
	int64_t wait_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	const struct timespec t = { .tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S };
	(void)ppoll(&fd, 1, until_ns == TIME_NEVER ? NULL : &t, NULL);
	if (p->out->ops->tick(p->out, clock_mono_ns(), &err) != 0)
		return api_error(error, &err);
	return !p->out->ops->idle(p->out);
}

void rp_player_get_stats(const rp_player *p, rp_player_stats *out)
{
	struct output_status s;
	struct timing t;
	p->out->ops->status(p->out, &s);
	(void)p->out->ops->timing(p->out, &t);
	*out = (rp_player_stats){
		.answered = s.done,
		.failed = s.failed,
		.in_flight = s.in_flight,
		.p50_ns = hist_quantile(t.from_send, 0.50),
		.p99_ns = hist_quantile(t.from_send, 0.99),
		.max_ns = t.from_send->max_ns,
	};
}

void rp_player_close(rp_player *p)
{
	if (!p)
		return;
	(void)p->out->ops->flush(p->out, clock_mono_ns(), NULL);
	(void)p->out->ops->close(p->out, slice_of(NULL, 0), NULL);
	free(p);
}
