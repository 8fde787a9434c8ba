#include "unit/play/rig.h"

#include "unit/play/line_framing.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

static void on_result(void *arg, const struct play_result *res)
{
	struct rig *r = arg;
	size_t i = 0;
	while (i < r->n && !message_id_eq(&r->requests[i].m->id, &res->request->id))
		i++;
	cr_assert(i < r->n, "a result for a request that was never submitted");
	struct rig_request *q = &r->requests[i];
	q->results++;
	q->outcome = res->outcome;
	q->status = res->status;
	q->due_ns = res->due_ns;
	q->sent_ns = res->sent_ns;
	q->done_ns = res->done_ns;
	q->redirects = res->redirects;
	q->retried = res->retried;
	q->response_len = res->response.len;
	size_t keep = res->response.len < sizeof q->response ? res->response.len : sizeof q->response - 1;
	if (keep)
		memcpy(q->response, res->response.ptr, keep);
	r->order[r->done++] = i;
}

void rig_open(struct rig *r, struct player_options options)
{
	char url[64];
	struct err err = { 0 };
	if (!r->server)
		r->server = unit_server_new(NULL);
	(void)snprintf(url, sizeof url, "http://127.0.0.1:%u", unit_server_port(r->server));
	if (!options.url)
		options.url = url;
	if (!options.framing)
		options.framing = &line_framing;
	if (!r->now_ns)
		r->now_ns = 1000 * NS_PER_S;
	r->requests = calloc(RIG_REQUESTS, sizeof *r->requests);
	r->player = player_new(&options, (struct player_sink){ .arg = r, .result = on_result, .redirect = r->redirect }, &err);
	cr_assert(r->requests && r->player, "%s", err.text);
}

void rig_close(struct rig *r)
{
	player_free(r->player);
	unit_server_free(r->server);
	for (size_t i = 0; i < r->n; i++) {
		if (r->requests[i].m)
			cr_assert_eq(r->requests[i].m->refs, 1, "request %zu is still referenced", i);
		message_unref(r->requests[i].m);
	}
	free(r->requests);
}

struct message *rig_prepare(struct rig *r, uint64_t lane, const char *text)
{
	cr_assert(r->n < RIG_REQUESTS);
	struct message *m = message_new(MESSAGE_REQUEST, 1u << 30);
	cr_assert(m && buf_append_str(&m->data, text) == 0 && buf_append_str(&m->data, "\n") == 0);
	m->id = message_id_make(lane, (uint32_t)r->n);
	r->requests[r->n++] = (struct rig_request){ .m = m };
	return m;
}

int rig_submit(struct rig *r, uint64_t lane, const char *text, struct player_hints hints)
{
	struct message *m = rig_prepare(r, lane, text);
	int rc = player_submit(r->player, m, &hints, r->now_ns);
	if (rc) {
		message_unref(m);
		r->n--;
	}
	return rc;
}

void rig_step(struct rig *r)
{
	struct err err = { 0 };
	r->now_ns += 10 * NS_PER_US;
	cr_assert_eq(player_tick(r->player, r->now_ns, &err), 0, "%s", err.text);
	unit_server_step(r->server);
}

static void rest(struct rig *r, int ms)
{
	struct pollfd fds[2] = { { .fd = player_pollfd(r->player), .events = POLLIN },
		                 { .fd = unit_server_pollfd(r->server), .events = POLLIN } };
	if (player_deadline(r->player) > r->now_ns)
		(void)poll(fds, 2, ms);
}

void rig_until(struct rig *r, size_t done)
{
	for (int i = 0; r->done < done && i < 20000; i++) {
		rig_step(r);
		if (r->done < done)
			rest(r, 1);
	}
	cr_assert(r->done >= done, "%zu of %zu results; the server saw:\n%s", r->done, done, unit_server_log(r->server));
}

void rig_idle_steps(struct rig *r, int n)
{
	for (int i = 0; i < n; i++) {
		rig_step(r);
		rest(r, 1);
	}
}

void rig_expect(struct rig *r, size_t i, enum target_row outcome)
{
	cr_expect_eq(r->requests[i].results, 1, "request %zu has %u results", i, r->requests[i].results);
	cr_expect_eq(r->requests[i].outcome, outcome, "request %zu (%.*s): %s, not %s", i, (int)r->requests[i].m->data.len - 1,
	             (const char *)r->requests[i].m->data.ptr, target_table.rows[r->requests[i].outcome].key,
	             target_table.rows[outcome].key);
}

uint64_t rig_count(struct rig *r, enum target_row row)
{
	return player_counts(r->player)[row];
}

void rig_balanced(struct rig *r)
{
	uint64_t parts = 0;
	for (size_t i = 0; i < target_table.n; i++)
		if (target_table.rows[i].kind == TALLY_PART)
			parts += rig_count(r, (enum target_row)i);
	cr_expect_eq(parts, rig_count(r, TARGET_SUBMITTED));
	cr_expect_eq(parts, r->n);
	for (size_t i = 0; i < r->n; i++)
		cr_expect_eq(r->requests[i].results, 1, "request %zu has %u results", i, r->requests[i].results);
	struct player_numbers now;
	player_numbers(r->player, &now);
	cr_expect_eq(now.in_flight, 0);
	cr_expect_eq(now.waiting, 0);
	cr_expect(player_idle(r->player));
	cr_expect_eq(now.from_send->count, rig_count(r, TARGET_ANSWERED));
	cr_expect_eq(now.from_due->count, rig_count(r, TARGET_ANSWERED));
}

size_t rig_open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;
	cr_assert(d != NULL);
	while (readdir(d))
		n++;
	(void)closedir(d);
	return n;
}
