/* out_http: joins http/ (reading and editing requests, framing answers) and play/ (sending), which do not see each other. One player per target,
 * so a slow target delays no other. */
#include "output/out_http.h"

#include "base/clock.h"
#include "http/head.h"
#include "http/response_framing.h"
#include "output/answers.h"
#include "output/carry.h"
#include "output/differ.h"
#include "output/parts.h"
#include "output/redirects.h"
#include "play/player.h"

#include <stdio.h>
#include <stdlib.h>

#define QUEUE_DEFAULT    1000 /* GoReplay's --output-http-queue-len */
#define PIPELINE_DEPTH   16
#define STATS_DEFAULT_MS 5000 /* and its --output-http-stats-ms */

struct out_http {
	struct output base;
	struct player *player;
	struct answers answers;
	struct carry *carry;        /* NULL: not wanted */
	struct differ_part *differ; /* NULL: nothing is compared */
	enum differ_side side;
	struct buf host, base_path;
	char *url;
	size_t queue_len;
	bool original_host, scheduled, send_incomplete;
	int64_t max_lateness_ns;
	const struct io_env *env;
};

/* How long a request can get: each of its Host fields (a line of 6 bytes at least), one that it lacks, and its target name the host. */
static size_t edited_bytes(const struct out_http *o, const struct message *m, const struct http_head *head)
{
	return m->data.len + o->base_path.len + (head->fields.len / 6 + 2) * (o->host.len + 8);
}

/* The request as it goes out: a new reference, or NULL when out of memory. */
static struct message *edit(const struct out_http *o, struct message *m, const struct http_head *head)
{
	if (o->original_host && o->base_path.len == 0)
		return message_ref(m);
	struct message *edited = message_new(MESSAGE_REQUEST, edited_bytes(o, m, head));
	if (!edited)
		return NULL;
	edited->id = m->id;
	edited->ts_ns = m->ts_ns;
	edited->due_ns = m->due_ns;
	edited->src = m->src;
	edited->dst = m->dst;
	struct slice host = o->original_host ? slice_of(NULL, 0) : buf_slice(&o->host);
	if (http_edit_request(message_bytes(m), host, buf_slice(&o->base_path), &edited->data) != 0) {
		message_unref(edited);
		return NULL;
	}
	return edited;
}

/* What a request's fields say about its connection, in one walk. */
struct wishes {
	bool close, keep_alive, upgrade, expects;
};

/* The value of a Connection field is a list (RFC 9110 §7.6.1). */
static void read_connection(struct slice value, struct wishes *w)
{
	while (value.len) {
		size_t comma = slice_find_byte(value, ',');
		struct slice word = slice_trim(slice_cut(value, 0, comma));
		w->close |= slice_eq_nocase(word, slice_str("close"));
		w->keep_alive |= slice_eq_nocase(word, slice_str("keep-alive"));
		w->upgrade |= slice_eq_nocase(word, slice_str("upgrade"));
		value = slice_from(value, comma + 1);
	}
}

static struct wishes wishes_of(const struct http_head *head)
{
	struct wishes w = { 0 };
	struct slice rest = head->fields, name, value;
	while (http_field_next(&rest, &name, &value)) {
		if (slice_eq_nocase(name, slice_str("connection")))
			read_connection(value, &w);
		else if (slice_eq_nocase(name, slice_str("expect")))
			w.expects |= slice_eq_nocase(value, slice_str("100-continue"));
	}
	if (slice_eq(head->version, slice_str("HTTP/1.0"))) { /* RFC 9112 §9.3, RFC 9110 §10.1.1 */
		w.close |= !w.keep_alive;
		w.expects = false;
	}
	w.upgrade |= slice_eq(head->method, slice_str("CONNECT")); /* either may end HTTP on this connection: RFC 9110 §7.8, §9.3.6 */
	return w;
}

static bool full(const struct out_http *o)
{
	struct player_numbers n;
	player_numbers(o->player, &n);
	return n.waiting >= o->queue_len;
}

/* A request that is not sent. */
static enum output_result count_as(struct out_http *o, struct message *m, enum target_row row)
{
	uint64_t *counts = player_counts(o->player);
	counts[TARGET_SUBMITTED]++;
	counts[row]++;
	if (o->differ)
		differ_not_asked(o->differ, o->side, m);
	return OUTPUT_OK;
}

/* The player's and the queue's limits: the file waits. */
static enum output_result refuse(struct out_http *o, int64_t now_ns)
{
	o->answers.refused_ns = now_ns;
	return OUTPUT_WAIT;
}

/* At full speed a request that holds a value whose answer is under way waits for that; one that has its time goes, and is counted. */
static bool must_wait(const struct out_http *o, const struct message *m)
{
	return o->carry && o->env->wait_for_outputs && !m->due_ns && carry_early(o->carry, m);
}

static enum output_result taken(struct out_http *o, const struct message *m)
{
	if (m->flags)
		player_counts(o->player)[TARGET_SENT_INCOMPLETE]++;
	return OUTPUT_OK;
}

static void http_result(void *arg, const struct play_result *r)
{
	struct out_http *o = arg;
	answers_take(&o->answers, r);
	if (o->differ)
		differ_answered(o->differ, o->side, r, o->env->real_minus_mono_ns);
	if (!o->carry)
		return;
	if (r->redirects) /* what the recorded answer is compared with is the first one: http_redirect */
		return;
	if (r->outcome == TARGET_ANSWERED)
		carry_answered(o->carry, &r->request->id, r->response);
	else
		carry_failed(o->carry, &r->request->id);
}

static struct play_lead http_redirect(void *arg, const struct message *m, uint64_t nth, int status, struct slice answer)
{
	struct out_http *o = arg;
	struct play_lead lead = redirects_lead(o->url, m, status, answer);
	if (o->carry && lead.m && nth == 0)
		carry_answered(o->carry, &m->id, answer);
	return lead;
}

static struct message *http_prepare(void *arg, const struct message *m)
{
	struct out_http *o = arg;
	carry_count_early(o->carry, m);
	return carry_prepare(o->carry, m);
}

static struct message *http_produced(struct output *out)
{
	return answers_next(&((struct out_http *)out)->answers);
}

static enum output_result recorded(struct out_http *o, struct message *m)
{
	if (m->type != MESSAGE_RESPONSE)
		return OUTPUT_OK;
	if (o->carry && !m->flags)
		carry_recorded(o->carry, m);
	if (o->differ && o->side == SIDE_CANDIDATE) /* each target gets it */
		differ_recorded(o->differ, m);
	return OUTPUT_OK;
}

/* Whoever waits for its answer is told before it is given to the player, which may answer at once; and when it was not taken after all. */
static void announce(struct out_http *o, struct message *m)
{
	if (o->carry)
		carry_sent(o->carry, &m->id);
	if (o->differ)
		differ_asked(o->differ, o->side, m);
}

static void withdraw(struct out_http *o, const struct message *m)
{
	if (o->carry)
		carry_unsent(o->carry, &m->id);
	if (o->differ)
		differ_withdrawn(o->differ, o->side, m);
}

static enum output_result http_write(struct output *out, struct message *m, int64_t now_ns, struct err *err)
{
	(void)err;
	struct out_http *o = (struct out_http *)out;
	struct http_head head;
	if (m->type != MESSAGE_REQUEST) /* an answer: nothing to send, and nothing lost */
		return recorded(o, m);
	if (m->flags && !o->send_incomplete)
		return count_as(o, m, TARGET_INCOMPLETE);
	if (!http_head_parse(message_bytes(m), &head) || head.is_response)
		return count_as(o, m, TARGET_NOT_REQUEST);
	if (full(o) || must_wait(o, m))
		return refuse(o, now_ns);
	const struct wishes wishes = wishes_of(&head);
	const struct player_hints hints = {
		.method = head.method,
		.retry = http_method_idempotent(head.method),
		/* Behind one that misses bytes the server no longer knows where the next begins. */
		.last_of_lane = wishes.close || m->flags,
		.tag = answers_endpoint(&o->answers, &head),
		.alone = wishes.upgrade,
		.expects = wishes.expects,
	};
	struct message *edited = edit(o, m, &head);
	if (!edited)
		return count_as(o, m, TARGET_FAILED_MEMORY);
	o->scheduled |= m->due_ns != 0;
	announce(o, m);
	int rc = player_submit(o->player, edited, &hints, now_ns);
	message_unref(edited);
	if (rc == 0)
		return taken(o, m);
	withdraw(o, m);
	return rc == ERR_LIMIT ? refuse(o, now_ns) : count_as(o, m, TARGET_FAILED_MEMORY);
}

static void http_drop(struct output *out, struct message *m, enum drop_reason why)
{
	struct out_http *o = (struct out_http *)out;
	if (m->type != MESSAGE_REQUEST)
		return;
	(void)count_as(o, m, why == DROP_STOPPED ? TARGET_UNFINISHED : TARGET_QUEUE_FULL);
	o->scheduled |= m->due_ns != 0;
	o->answers.unsent += m->due_ns && why != DROP_STOPPED;
}

static int http_pollfd(const struct output *out)
{
	return player_pollfd(((const struct out_http *)out)->player);
}

static int64_t http_deadline(const struct output *out)
{
	const struct out_http *o = (const struct out_http *)out;
	int64_t player = player_deadline(o->player), line = answers_deadline(&o->answers);
	if (o->differ && differ_again(o->differ, o->side) && !full(o))
		return 0;
	return player < line ? player : line;
}

/* --diff-confirm's requests go as soon as there is room. */
static void send_again(struct out_http *o, int64_t now_ns)
{
	struct message *m;
	while (o->differ && !full(o) && (m = differ_again_take(o->differ, o->side))) {
		enum output_result took = http_write(&o->base, m, now_ns, NULL);
		if (took == OUTPUT_WAIT)
			differ_again_refused(o->differ, o->side, m);
		message_unref(m);
		if (took != OUTPUT_OK)
			return;
	}
}

static int http_tick(struct output *out, int64_t now_ns, struct err *err)
{
	struct out_http *o = (struct out_http *)out;
	int rc = player_tick(o->player, now_ns, err);
	send_again(o, now_ns);
	answers_tick(&o->answers, o->player, out->label, now_ns);
	return rc;
}

static void http_stop(struct output *out)
{
	struct out_http *o = (struct out_http *)out;
	if (o->differ)
		differ_stop_confirming(o->differ);
}

static bool http_idle(const struct output *out)
{
	const struct out_http *o = (const struct out_http *)out;
	return player_idle(o->player) && !(o->differ && differ_busy(o->differ));
}

static void http_status(const struct output *out, struct output_status *s)
{
	const struct out_http *o = (const struct out_http *)out;
	struct player_numbers n;
	player_numbers(o->player, &n);
	*s = (struct output_status){
		.done = n.counts[TARGET_ANSWERED],
		.in_flight = n.in_flight + n.waiting,
		.lateness_p99_ns = o->scheduled ? hist_quantile(n.lateness, 0.99) : -1,
	};
	for (int row = TARGET_FAILED_RESOLVE; row <= TARGET_FAILED_MEMORY; row++)
		s->failed += n.counts[row];
	s->failed += n.counts[TARGET_QUEUE_FULL];
}

static void http_tally(const struct output *out, struct tally_sink *sink)
{
	struct player_numbers n;
	const struct out_http *o = (const struct out_http *)out;
	player_numbers(o->player, &n);
	sink->section(sink->arg, &target_table, out->label, n.counts);
	answers_tally(&o->answers, out->label, sink);
	if (o->carry)
		carry_tally(o->carry, out->label, sink);
}

/* By rows in which a failed connection ends; TIMEOUT may also be an answer's, then there is no such error. */
static bool connections_failed(const uint64_t *counts)
{
	return counts[TARGET_FAILED_RESOLVE] || counts[TARGET_FAILED_CONNECT] || counts[TARGET_FAILED_TLS] || counts[TARGET_FAILED_TIMEOUT];
}

static bool http_timing(const struct output *out, struct timing *t)
{
	const struct out_http *o = (const struct out_http *)out;
	struct player_numbers n;
	player_numbers(o->player, &n);
	*t = (struct timing){
		.from_due = n.from_due,
		.from_send = n.from_send,
		.lateness = n.lateness,
		.max_lateness_ns = o->max_lateness_ns,
		.scheduled = o->scheduled,
		.unsent = o->answers.unsent,
		.measure = o->answers.measure,
		.last_error = connections_failed(n.counts) && n.last_error[0] ? n.last_error : NULL,
	};
	memcpy(t->late_ns, o->answers.late_ns, sizeof t->late_ns);
	return true;
}

static int http_flush(struct output *out, int64_t now_ns, struct err *err)
{
	(void)err;
	player_give_up(((struct out_http *)out)->player, now_ns);
	return 0;
}

static int http_close(struct output *out, struct slice ledger_json, struct err *err)
{
	(void)ledger_json, (void)err;
	struct out_http *o = (struct out_http *)out;
	if (o->player)
		player_free(o->player);
	carry_free(o->carry);
	answers_release(&o->answers);
	buf_release(&o->host);
	buf_release(&o->base_path);
	free(o->url);
	free(o);
	return 0;
}

static const struct output_ops http_ops = {
	.write = http_write,
	.drop = http_drop,
	.pollfd = http_pollfd,
	.deadline = http_deadline,
	.tick = http_tick,
	.stop = http_stop,
	.idle = http_idle,
	.status = http_status,
	.tally = http_tally,
	.timing = http_timing,
	.flush = http_flush,
	.close = http_close,
	.produced = http_produced,
};

/* All shards together open no more connections than were asked for; a run has no more shards than that. */
static uint64_t share_of(uint64_t connections, const struct io_env *env)
{
	uint64_t n = env->shards ? env->shards : 1;
	return connections / n + (env->shard < connections % n);
}

static bool version_2(const char *version)
{
	return version && (strcmp(version, "2") == 0 || strcmp(version, "2.0") == 0);
}

static bool version_known(const char *version)
{
	return !version || strcmp(version, "1.1") == 0 || strcmp(version, "1") == 0 || version_2(version);
}

/* What was asked for and is not there is refused rather than left out. */
static int check_options(const struct http_output_options *o, struct err *err)
{
	if (!version_known(o->version))
		return err_set(err, ERR_USAGE, "HTTP's version \"%s\" is not one of 1.1 and 2", o->version);
	if (o->pipeline && version_2(o->version))
		return err_set(err, ERR_USAGE, "HTTP/2 has no pipelining: take --output-http-version 2 or --output-http-pipeline");
	return 0;
}

static void on_health(void *arg, int64_t down_ns, const char *why)
{
	const struct out_http *o = arg;
	char text[512];
	if (down_ns)
		(void)snprintf(text, sizeof text, "target %s is back after %.1f s", o->base.label, (double)down_ns / 1e9);
	else
		(void)snprintf(text, sizeof text,
		               "target %s is down: %s; it is tried once in a while, other requests meanwhile count as not tried",
		               o->base.label, why);
	o->env->note(o->env->note_arg, 0, text);
}

static int open_parts(struct out_http *h, const struct http_output_options *o, struct err *err)
{
	const struct answers_options answers = {
		.track = o->track_response,
		.measure = o->measure,
		.stats_ns = o->stats ? (int64_t)(o->stats_ms ? o->stats_ms : STATS_DEFAULT_MS) * NS_PER_MS : 0,
	};
	int rc = answers_init(&h->answers, &answers, h->env, err);
	if (rc || !o->carry.n)
		return rc;
	h->carry = carry_new(&o->carry, buf_slice(&h->base_path), err);
	return h->carry ? 0 : err->code;
}

static int open_target(const char *address, const void *http_output_options, const struct io_env *env, bool baseline, struct output **out,
                       struct err *err)
{
	const struct http_output_options *o = http_output_options;
	struct out_http *h = calloc(1, sizeof *h);
	if (!h)
		return err_set(err, ERR_NOMEM, "out of memory");
	h->base.ops = &http_ops;
	h->env = env;
	if (o->differ) {
		h->differ = differ_part(o->differ, env->shard);
		h->side = baseline ? differ_next_baseline(h->differ) : SIDE_CANDIDATE;
	}
	h->original_host = o->original_host;
	h->send_incomplete = o->send_incomplete;
	h->url = strdup(address);
	h->queue_len = o->queue_len ? o->queue_len : QUEUE_DEFAULT;
	h->max_lateness_ns = o->max_lateness_ns ? o->max_lateness_ns : 10 * NS_PER_MS;
	buf_init(&h->host, 1024);
	buf_init(&h->base_path, 4096);
	(void)snprintf(h->base.label, sizeof h->base.label, "%s", address);
	const struct player_options options = {
		.url = address,
		.framing = &http1_response_framing,
		.own_flows = env->own_flows,
		.no_lanes = o->no_lanes,
		.connections = share_of(o->workers, env),
		.queue_messages = h->queue_len,
		.timeout_ns = o->timeout_ns,
		.reach = o->reach,
		.pipeline = o->pipeline ? PIPELINE_DEPTH : 1,
		.max_lateness_ns = h->max_lateness_ns,
		.clock_ns = env->mono_ns,
		.parts = version_2(o->version) ? parts_of : NULL,
		.keep_response = o->differ || o->track_response || o->carry.n || o->redirects,
		.redirects = o->redirects,
	};
	const struct player_sink sink = {
		.arg = h, .result = http_result, .prepare = o->carry.n ? http_prepare : NULL, .redirect = http_redirect, .health = on_health
	};
	int rc = h->url ? check_options(o, err) : err_set(err, ERR_NOMEM, "out of memory");
	if (rc == 0)
		rc = player_url_parts(address, &h->host, &h->base_path, err);
	if (rc == 0)
		rc = open_parts(h, o, err);
	if (rc == 0) {
		h->player = player_new(&options, sink, err);
		rc = h->player ? 0 : err->code;
	}
	if (rc) {
		(void)http_close(&h->base, slice_of(NULL, 0), NULL);
		return rc;
	}
	*out = &h->base;
	return 0;
}

int out_http_open(const char *address, const void *http_output_options, const struct io_env *env, struct output **out, struct err *err)
{
	return open_target(address, http_output_options, env, false, out, err);
}

int out_baseline_open(const char *address, const void *http_output_options, const struct io_env *env, struct output **out, struct err *err)
{
	return open_target(address, http_output_options, env, true, out, err);
}
