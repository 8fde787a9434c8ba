/* book_verdict: what was counted, with the keys' states, as model/verdict.h has it. The book stays as it was. */
#include "diff/book_inner.h"
#include "diff/stats.h"

#include "base/clock.h"
#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct telling {
	const struct book *b;
	struct verdict *v;
	const struct key_state *states;
	bool *set_counts;     /* by number of the set: one of its keys is a sure finding */
	double beyond_counts; /* the share of those that differed which are different */
	bool nomem;
};

static const char *const cause_texts[NC_CAUSES] = {
	[NC_REQUEST_NOT_SENT] = "request not sent to every target",  [NC_NO_RECORDED] = "no recorded response",
	[NC_INCOMPLETE_RECORDED] = "recorded response incomplete",   [NC_CONTROL_FAILED] = "the control did not answer",
	[NC_NOT_FINISHED] = "the run ended before its answers came", [NC_LET_GO] = "waited too long among too many",
	[NC_ONLY_ONE_LOG] = "in one of the two logs only",           [NC_MEMORY] = "no memory",
};

static void *room(struct telling *t, size_t n, size_t size)
{
	void *p = calloc(n + 1, size);
	t->nomem |= !p;
	return p;
}

static char *text(struct telling *t, const char *from)
{
	char *copy = from ? slice_copy(slice_str(from)) : NULL;
	t->nomem |= from && !copy;
	return copy;
}

/* --- findings ----------------------------------------------------------------------------------------------------------------------- */

static void tell_examples(struct telling *t, const struct reservoir *r, struct verdict_finding *f)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct verdict_example *e = &r->kept[i];
		f->examples[f->example_count++] = (struct verdict_example){
			.exchange = exchange_ref(e->exchange),
			.control = text(t, e->control),
			.candidate = text(t, e->candidate),
		};
	}
}

/* The next finding, begun. */
static struct verdict_finding *finding(struct telling *t, const struct endpoint_book *e, const char *path, enum difference_kind kind)
{
	struct verdict_finding *f = &t->v->findings[t->v->finding_count++];
	f->endpoint = text(t, e->name);
	f->path = text(t, path);
	f->kind = kind;
	f->state = FINDING_SURE;
	f->reason = REASON_LIMIT;
	f->p = f->q = 1;
	return f;
}

static void set_rate(struct verdict_finding *f, uint64_t differ, uint64_t compared)
{
	f->differ = differ;
	f->compared = compared > differ ? compared : differ;
	stats_interval(f->differ, f->compared, 0.95, &f->rate_low, &f->rate_high);
}

/* The number of the rule of --expect that has this text; past the end: none. */
static size_t expect_number(const struct book *b, const char *rule)
{
	size_t n = b->options.expect ? expect_count(b->options.expect) : 0, i = 0;
	while (i < n && i < BOOK_EXPECTS && strcmp(expect_text(b->options.expect, i), rule) != 0)
		i++;
	return i < n ? i : BOOK_EXPECTS;
}

static uint64_t compared_by(const struct telling *t, const struct key_book *k)
{
	if (k->kind != DIFFERENCE_EXPECT)
		return k->endpoint->compared;
	size_t i = expect_number(t->b, k->path);
	return i < BOOK_EXPECTS && k->endpoint->checked ? k->endpoint->checked[i] : k->differ;
}

static void tell_key(struct telling *t, const struct key_book *k)
{
	const struct key_state *s = &t->states[k->number];
	if (k->differ == 0)
		return;
	struct verdict_finding *f = finding(t, k->endpoint, k->path, k->kind);
	f->state = s->state;
	f->reason = s->reason;
	f->p = s->p;
	f->q = s->q;
	f->noise = s->noise;
	f->noise_of = s->noise_of;
	f->only_candidate = k->only_candidate;
	f->only_control = k->only_control;
	f->blocks_candidate = s->blocks_candidate;
	f->blocks_control = s->blocks_control;
	f->confirmed = k->confirmed;
	f->flaky = k->flaky;
	set_rate(f, k->differ, compared_by(t, k));
	tell_examples(t, &k->examples, f);
}

static void tell_late(struct telling *t, const struct endpoint_book *e)
{
	const struct expect *expect = t->b->options.expect;
	if (!expect || !e->latency || e->latency->candidate.count == 0)
		return;
	uint64_t late = expect_late(expect, e->expects | e->expects_seen, &e->latency->candidate);
	for (size_t i = 0; i < BOOK_EXPECTS; i++) {
		if (!(late >> i & 1))
			continue;
		/* It holds of all answers together, or does not. */
		struct verdict_finding *f = finding(t, e, expect_text(expect, i), DIFFERENCE_EXPECT);
		set_rate(f, e->latency->candidate.count, e->latency->candidate.count);
	}
}

/* --- latency ------------------------------------------------------------------------------------------------------------------------ */

static struct hist *hist_copy(struct telling *t, const struct hist *h)
{
	struct hist *copy = malloc(sizeof *copy);
	t->nomem |= !copy;
	if (copy)
		*copy = *h;
	return copy;
}

static void tell_slower(struct telling *t, const struct endpoint_book *e, struct verdict_latency *l)
{
	const struct book *b = t->b;
	struct difference d = { slice_str("latency"), DIFFERENCE_LATENCY, slice_of(NULL, 0), slice_of(NULL, 0) };
	int rule = e->rules ? rules_hide(e->rules, &d) : -1;
	if (rule >= 0) {
		struct verdict_hidden *h = &t->v->hidden[t->v->hidden_count++];
		*h = (struct verdict_hidden){ text(t, rules_text(b->options.rules, rule)), text(t, rules_where(b->options.rules, rule)), 1,
			                      text(t, e->name), text(t, "latency") };
		return;
	}
	l->slower = true;
	struct verdict_finding *f = finding(t, e, "latency", DIFFERENCE_LATENCY);
	set_rate(f, e->slow.seen, l->compared);
	tell_examples(t, &e->slow, f);
}

static void tell_latency(struct telling *t, const struct endpoint_book *e)
{
	const struct latency_book *from = e->latency;
	if (!from || t->nomem)
		return;
	struct verdict_latency *l = &t->v->latencies[t->v->latency_count++];
	struct latency_ratio r = latency_ratio_of(&from->ratio, &from->more),
	                     noise = latency_ratio_of(&from->noise_ratio, &from->noise_more);
	l->endpoint = text(t, e->name);
	l->compared = r.compared;
	l->control = hist_copy(t, &from->control);
	l->candidate = hist_copy(t, &from->candidate);
	l->ratio = r.ratio;
	l->ratio_low = r.low;
	l->ratio_high = r.high;
	l->more_ns = r.more_ns;
	l->noise_ratio = noise.ratio;
	l->noise_high = noise.high;
	if (book_slower(t->b, &r) && r.low > noise.high)
		tell_slower(t, e, l);
}

/* --- exchanges ---------------------------------------------------------------------------------------------------------------------- */

/* Which sets hold a sure finding; and by them, what the exchanges of each endpoint are. */
static void tell_endpoints(struct telling *t)
{
	const struct book *b = t->b;
	struct verdict *v = t->v;
	uint64_t differed = 0;
	for (size_t i = 0; i < b->endpoint_count; i++) {
		const struct endpoint_book *e = b->ordered[i];
		v->endpoints[i] = (struct verdict_endpoint){
			.name = text(t, e->name),
			.compared = e->compared,
			.same = e->same,
			.different = e->beyond,
			.not_comparable = e->not_comparable,
		};
		differed += e->compared - e->same - e->noise;
	}
	v->endpoint_count = b->endpoint_count;
	for (size_t i = 0; i < b->sets.count; i++) {
		const struct key_set *s = b->sets.all[i];
		for (uint32_t k = 0; k < s->n && !t->set_counts[i]; k++)
			t->set_counts[i] = t->states[s->keys[k]].state == FINDING_SURE;
		if (t->set_counts[i])
			v->endpoints[s->endpoint->at].different += s->count;
	}
	for (size_t i = 0; i < v->endpoint_count; i++) {
		struct verdict_endpoint *e = &v->endpoints[i];
		e->noise = e->compared - e->same - e->different;
		v->same += e->same;
		v->noise += e->noise;
		v->different += e->different;
	}
	t->beyond_counts = differed ? (double)v->different / (double)differed : 0;
}

static void tell_seconds(struct telling *t)
{
	const struct series *s = &t->b->series;
	t->v->seconds_start_ns = s->start_ns;
	t->v->seconds_step_ns = s->step_ns ? s->step_ns : NS_PER_S;
	t->v->second_count = s->count;
	for (size_t i = 0; i < s->count; i++) {
		const struct series_point *p = &s->points[i];
		struct verdict_second *out = &t->v->seconds[i];
		out->compared = p->compared;
		out->different = (uint64_t)llround((double)p->beyond * t->beyond_counts);
		for (uint32_t k = 0; k < p->mark_count; k++)
			out->different += t->set_counts[p->marks[k]];
		out->control_p50_ns = series_quantile(p->control, 0.5);
		out->control_p99_ns = series_quantile(p->control, 0.99);
		out->candidate_p50_ns = series_quantile(p->candidate, 0.5);
		out->candidate_p99_ns = series_quantile(p->candidate, 0.99);
	}
}

static void tell_hidden(struct telling *t)
{
	for (size_t i = 0; i <= t->b->hidden_count; i++) {
		const struct hidden_count *h = &t->b->hidden[i];
		bool rule = i < t->b->hidden_count;
		if (h->exchanges == 0)
			continue;
		t->v->hidden[t->v->hidden_count++] = (struct verdict_hidden){
			.rule = text(t, rule ? rules_text(t->b->options.rules, (int)i) : "built in: the present moment"),
			.where = text(t, rule ? rules_where(t->b->options.rules, (int)i) : "built in"),
			.exchanges = h->exchanges,
			.endpoint = text(t, h->endpoint),
			.path = text(t, h->path),
		};
	}
}

/* What was asked, so that another run can be known to have asked for less. */
static void tell_rules(struct telling *t)
{
	const struct book_options *o = &t->b->options;
	size_t rules = o->rules ? rules_count(o->rules) : 0, expectations = o->expect ? expect_count(o->expect) : 0;
	t->v->rules = room(t, rules, sizeof *t->v->rules);
	t->v->expectations = room(t, expectations, sizeof *t->v->expectations);
	if (t->nomem)
		return;
	for (int i = t->b->own_rules; (size_t)i < rules; i++)
		t->v->rules[t->v->rule_count++] =
		        (struct verdict_rule){ text(t, rules_text(o->rules, i)), text(t, rules_where(o->rules, i)) };
	for (size_t i = 0; i < expectations; i++) {
		struct verdict_expectation *e = &t->v->expectations[t->v->expectation_count++];
		e->rule = text(t, expect_text(o->expect, i));
		for (size_t k = 0; k < t->b->endpoint_count; k++)
			e->answers += t->b->ordered[k]->checked && i < BOOK_EXPECTS ? t->b->ordered[k]->checked[i] : 0;
	}
	t->v->all_headers = o->rules && rules_all_headers(o->rules);
	t->v->timestamps = o->present_counts;
}

static void tell_causes(struct telling *t)
{
	struct verdict *v = t->v;
	const uint64_t *fallbacks = comparer_fallbacks(t->b->comparer);
	for (int i = 0; i < NC_CAUSES; i++) {
		v->not_comparable += t->b->causes[i];
		if (t->b->causes[i])
			v->causes[v->cause_count++] = (struct verdict_cause){ cause_texts[i], t->b->causes[i] };
	}
	for (int i = FALLBACK_NONE + 1; i < FALLBACKS; i++) {
		uint64_t n = fallbacks[i] + t->b->fallbacks[i];
		if (n)
			v->fallbacks[v->fallback_count++] = (struct verdict_cause){ fallback_names[i], n };
	}
}

/* --- order -------------------------------------------------------------------------------------------------------------------------- */

/* Another status, and no answer at all, is more than any field of one. */
static int severity(const struct verdict_finding *f)
{
	return strcmp(f->path, "answer") == 0 ? 0 : strncmp(f->path, "status", 6) == 0 ? 1 : 2;
}

static double rate_of(const struct verdict_finding *f)
{
	return f->compared ? (double)f->differ / (double)f->compared : 0;
}

static int by_weight(const void *a, const void *b)
{
	const struct verdict_finding *x = a, *y = b;
	if (x->state != y->state)
		return (int)x->state - (int)y->state;
	if (severity(x) != severity(y))
		return severity(x) - severity(y);
	double p = rate_of(x), q = rate_of(y);
	if (p > q || p < q)
		return p > q ? -1 : 1;
	if (x->differ != y->differ)
		return x->differ > y->differ ? -1 : 1;
	int order = strcmp(x->endpoint, y->endpoint);
	order = order ? order : strcmp(x->path, y->path);
	return order ? order : (int)x->kind - (int)y->kind;
}

static int by_slowness(const void *a, const void *b)
{
	const struct verdict_latency *x = a, *y = b;
	if (x->slower != y->slower)
		return x->slower ? -1 : 1;
	if (x->ratio > y->ratio || x->ratio < y->ratio)
		return x->ratio > y->ratio ? -1 : 1;
	return strcmp(x->endpoint, y->endpoint);
}

static int by_difference(const void *a, const void *b)
{
	const struct verdict_endpoint *x = a, *y = b;
	if (x->different != y->different)
		return x->different > y->different ? -1 : 1;
	if (x->compared != y->compared)
		return x->compared > y->compared ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void put_in_order(struct verdict *v)
{
	qsort(v->findings, v->finding_count, sizeof *v->findings, by_weight);
	qsort(v->latencies, v->latency_count, sizeof *v->latencies, by_slowness);
	qsort(v->endpoints, v->endpoint_count, sizeof *v->endpoints, by_difference);
	for (size_t i = 0; i < v->finding_count; i++) {
		v->sure_count += v->findings[i].state == FINDING_SURE;
		v->unsure_count += v->findings[i].state == FINDING_UNSURE;
	}
}

/* --- all of it ---------------------------------------------------------------------------------------------------------------------- */

static void begin(struct telling *t)
{
	const struct book *b = t->b;
	struct verdict *v = t->v;
	v->control = text(t, b->control);
	v->candidate = text(t, b->candidate);
	v->second = text(t, b->second);
	v->seen = b->seen;
	v->compared = b->compared;
	v->let_go = b->let_go;
	v->alpha = b->options.alpha;
	v->relative = b->options.relative;
	v->absolute = b->options.absolute;
	v->latency_share = b->options.latency_share;
	v->latency_floor_ns = book_latency_floor(b);
	v->fail_share = b->options.fail_share;
	v->seed = b->options.seed;
	/* Of each endpoint: its keys, its slowness, and a contract's rules for its times. */
	size_t late = b->options.expect ? expect_count(b->options.expect) : 0;
	v->findings = room(t, b->key_count + b->endpoint_count * (1 + late), sizeof *v->findings);
	v->hidden = room(t, b->hidden_count + 1 + b->endpoint_count, sizeof *v->hidden);
	v->latencies = room(t, b->endpoint_count, sizeof *v->latencies);
	v->endpoints = room(t, b->endpoint_count, sizeof *v->endpoints);
	v->seconds = room(t, b->series.count, sizeof *v->seconds);
	v->causes = room(t, NC_CAUSES, sizeof *v->causes);
	v->fallbacks = room(t, FALLBACKS, sizeof *v->fallbacks);
}

static void tell_all(struct telling *t)
{
	const struct book *b = t->b;
	for (size_t i = 0; i < b->key_count; i++)
		tell_key(t, b->keys[i]);
	tell_hidden(t);
	tell_rules(t);
	for (size_t i = 0; i < b->endpoint_count; i++) {
		tell_late(t, b->ordered[i]);
		tell_latency(t, b->ordered[i]);
	}
	tell_endpoints(t);
	tell_seconds(t);
	tell_causes(t);
}

struct verdict *book_verdict(struct book *b, struct err *err)
{
	struct telling t = { .b = b, .v = calloc(1, sizeof *t.v) };
	struct key_state *states = book_states(b);
	t.states = states;
	t.set_counts = room(&t, b->sets.count, sizeof *t.set_counts);
	if (t.v && states && !t.nomem)
		begin(&t);
	if (t.v && states && !t.nomem)
		tell_all(&t);
	free(states);
	free(t.set_counts);
	if (!t.v || !states || t.nomem) {
		verdict_free(t.v);
		err_set(err, ERR_NOMEM, "out of memory for the verdict");
		return NULL;
	}
	put_in_order(t.v);
	const struct verdict *v = t.v;
	bool over = v->fail_share > 0 ? (double)v->different > v->fail_share * (double)v->compared : v->sure_count > 0;
	t.v->failed = v->fail_share >= 0 && over;
	return t.v;
}
