/* answers: see the header. */
#include "output/answers.h"

#include "base/clock.h"
#include "base/units.h"
#include "http/fold.h"
#include "report/measure.h"

#include <stdio.h>
#include <stdlib.h>

#define QUEUE_BYTES (64u << 20)
#define NAME_BYTES  512

static const struct tally_row rows[] = {
	{ "tracked", "answers to hand on", TALLY_TOTAL, false },
	{ "handed", "handed on", TALLY_PART, false },
	{ "let_go", "let go: too many at once", TALLY_PART, true },
	{ "no_memory", "let go: out of memory", TALLY_PART, true },
};
static const struct tally_table table = { "answers", rows, sizeof rows / sizeof *rows };

int answers_init(struct answers *a, const struct answers_options *o, const struct io_env *env, struct err *err)
{
	*a = (struct answers){ .o = *o, .real_minus_mono_ns = env->real_minus_mono_ns, .note_arg = env->note_arg, .note = env->note };
	int64_t now_ns = env->mono_ns();
	a->shard = env->shard;
	a->shards = env->shards;
	if (o->measure) {
		a->key = hash_key_random();
		a->measure = measure_new(&target_table, env->start_ns ? env->start_ns : now_ns);
		a->known = calloc(ANSWERS_CACHED, sizeof *a->known);
	}
	if (o->stats_ns) {
		a->recent = calloc(1, sizeof *a->recent);
		a->next_line_ns = now_ns + o->stats_ns;
	}
	if ((o->measure && (!a->measure || !a->known)) || (o->stats_ns && !a->recent))
		return err_set(err, ERR_NOMEM, "out of memory");
	if (a->recent)
		hist_init(a->recent);
	return 0;
}

void answers_release(struct answers *a)
{
	for (struct message *m; (m = answers_next(a));)
		message_unref(m);
	free(a->queue);
	free(a->recent);
	free(a->known);
	measure_free(a->measure);
}

/* --- by endpoint ------------------------------------------------------------------------------------------------------------------------ */

uint32_t answers_endpoint(struct answers *a, const struct http_head *head)
{
	if (!a->measure)
		return 0;
	struct slice path = slice_cut(head->target, 0, slice_find_byte(head->target, '?'));
	/* Method and path lie in one line, so both and the blank between them are hashed at once. */
	uint64_t hash = hash_bytes(a->key, slice_of(head->method.ptr, (size_t)(path.ptr + path.len - head->method.ptr)));
	struct known_path *k = &a->known[hash % ANSWERS_CACHED];
	if (k->hash == hash)
		return k->endpoint;
	struct buf name;
	buf_init(&name, NAME_BYTES);
	bool whole =
	        buf_append(&name, slice_cut(head->method, 0, 32)) == 0 && buf_append_str(&name, " ") == 0 && fold_path(path, &name) == 0;
	*k = (struct known_path){ hash, whole ? measure_endpoint(a->measure, buf_slice(&name)) : 0 };
	buf_release(&name);
	return k->endpoint;
}

static void measure(struct answers *a, const struct play_result *r)
{
	const struct measured one = {
		.endpoint = r->tag,
		.answered = r->outcome == TARGET_ANSWERED,
		.cause = r->outcome,
		.status = r->status,
		.due_ns = r->due_ns,
		.sent_ns = r->sent_ns,
		.done_ns = r->done_ns,
	};
	measure_add(a->measure, &one);
}

/* --- why late --------------------------------------------------------------------------------------------------------------------------- */

/* From due to sent, each stretch to its cause, in the order a request goes through them. */
static void late(struct answers *a, const struct play_result *r)
{
	int64_t at = r->request->due_ns;
	const struct {
		enum late_cause cause;
		int64_t until_ns;
	} stretches[] = {
		{ LATE_TARGET,
		  a->refused_ns < r->taken_ns ? a->refused_ns : r->taken_ns }, /* the queue was full of what it had not answered */
		{ LATE_MACHINE, r->taken_ns },
		{ LATE_TARGET, r->free_ns },
		{ LATE_CONNECTING, r->open_ns > r->taken_ns ? r->open_ns : 0 },
		{ LATE_MACHINE, r->sent_ns },
	};
	for (size_t i = 0; i < sizeof stretches / sizeof *stretches; i++) {
		int64_t until = stretches[i].until_ns < r->sent_ns ? stretches[i].until_ns : r->sent_ns;
		if (until <= at)
			continue;
		a->late_ns[stretches[i].cause] += (double)(until - at);
		at = until;
	}
}

static void schedule(struct answers *a, const struct play_result *r)
{
	if (!r->request->due_ns)
		return;
	if (r->sent_ns && !r->retried)
		late(a, r);
	else if (!r->sent_ns && r->outcome != TARGET_UNFINISHED)
		a->unsent++;
}

/* --- handed on -------------------------------------------------------------------------------------------------------------------------- */

static bool queue_room(struct answers *a)
{
	if (a->first && a->first == a->n)
		a->first = a->n = 0;
	if (a->n < a->cap)
		return true;
	size_t cap = a->cap ? a->cap * 2 : 64;
	struct message **more = realloc(a->queue, cap * sizeof(struct message *));
	if (!more)
		return false;
	a->queue = more;
	a->cap = cap;
	return true;
}

static void track(struct answers *a, const struct play_result *r)
{
	a->tracked++;
	if (a->bytes + r->response.len > QUEUE_BYTES && a->bytes > 0) {
		a->let_go++;
		return;
	}
	struct message *m = queue_room(a) ? message_new(MESSAGE_REPLAYED, r->response.len) : NULL;
	if (!m || buf_append(&m->data, r->response) != 0) {
		message_unref(m);
		a->no_memory++;
		return;
	}
	m->id = r->request->id;
	m->ts_ns = r->sent_ns + a->real_minus_mono_ns;
	m->latency_ns = r->done_ns - r->sent_ns;
	a->queue[a->n++] = m;
	a->bytes += m->data.len;
}

struct message *answers_next(struct answers *a)
{
	if (a->first == a->n)
		return NULL;
	struct message *m = a->queue[a->first++];
	a->bytes -= m->data.len;
	a->handed++;
	return m;
}

void answers_take(struct answers *a, const struct play_result *r)
{
	schedule(a, r);
	if (a->measure)
		measure(a, r);
	if (r->outcome != TARGET_ANSWERED)
		return;
	if (a->recent)
		hist_record(a->recent, r->done_ns - r->sent_ns);
	if (a->o.track)
		track(a, r);
}

/* --- told ------------------------------------------------------------------------------------------------------------------------------- */

int64_t answers_deadline(const struct answers *a)
{
	return a->recent ? a->next_line_ns : TIME_NEVER;
}

static uint64_t not_answered(const uint64_t *counts)
{
	uint64_t n = 0;
	for (size_t i = 0; i < target_table.n; i++)
		if (target_table.rows[i].kind == TALLY_PART && target_table.rows[i].loss)
			n += counts[i];
	return n;
}

void answers_tick(struct answers *a, const struct player *p, const char *label, int64_t now_ns)
{
	if (!a->recent || now_ns < a->next_line_ns)
		return;
	struct player_numbers n;
	player_numbers(p, &n);
	char answered[UNITS_TEXT], rate[UNITS_TEXT], failed[UNITS_TEXT], flying[UNITS_TEXT], waiting[UNITS_TEXT], p50[UNITS_TEXT],
	        p99[UNITS_TEXT];
	double seconds = (double)(now_ns - a->next_line_ns + a->o.stats_ns) / 1e9;
	uint64_t fresh = n.counts[TARGET_ANSWERED] - a->line_answered;
	char line[512], part[64] = "";
	if (a->shards > 1)
		(void)snprintf(part, sizeof part, " (thread %u of %u)", a->shard + 1, a->shards);
	(void)snprintf(line, sizeof line, "%.100s%s: %s answered (%s/s), p50 %s, p99 %s; %s not answered, %s in flight, %s waiting", label,
	               part, format_count(answered, n.counts[TARGET_ANSWERED]),
	               format_count(rate, (uint64_t)((double)fresh / seconds + 0.5)), format_duration(p50, hist_quantile(a->recent, 0.5)),
	               format_duration(p99, hist_quantile(a->recent, 0.99)), format_count(failed, not_answered(n.counts)),
	               format_count(flying, n.in_flight), format_count(waiting, n.waiting));
	a->note(a->note_arg, 0, line);
	a->line_answered = n.counts[TARGET_ANSWERED];
	hist_init(a->recent);
	a->next_line_ns = now_ns + a->o.stats_ns;
}

void answers_tally(const struct answers *a, const char *label, struct tally_sink *sink)
{
	/* What is still in the queue was not handed on. */
	const uint64_t counts[] = { a->tracked, a->handed, a->let_go + (a->n - a->first), a->no_memory };
	if (a->o.track)
		sink->section(sink->arg, &table, label, counts);
}
