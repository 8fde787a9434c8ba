/* verdict_text: see the header.
 *
 *     DIFFERENT: 3 findings in 2 of 14 endpoints; 412 of 20,000 exchanges (2.1%)
 *     recorded → http://127.0.0.1:8082; noise measured by http://127.0.0.1:8083
 *
 *       #  differs   95%         noise    how sure       kind     where
 *       1  20.6%     18.9–22.4   0.02%    sure           value    GET /api/items/{id}  $.items[*].price
 *                                                                 12.50 → 12.5  0123456789abcdef00000001
 *     slower
 *     …
 *
 * Below 120 columns a finding's figures stand on a line of their own. */
#include "report/verdict_text.h"

#include "base/units.h"
#include "report/verdict_cells.h"
#include "report/verdict_words.h"

#include <stdio.h>

#define COLUMNS_DEFAULT  100
#define COLUMNS_MAX      160
#define COLUMNS_MIN      40
#define COLUMNS_TABLE    120
#define FINDINGS_DEFAULT 20
#define OTHERS_MAX       8 /* rules, slower endpoints, noisy places */

/* Where the columns of the wide table begin. */
enum { AT_DIFFERS = 5, AT_INTERVAL = 13, AT_NOISE = 26, AT_SURE = 35, AT_KIND = 52, AT_WHERE = 61 };

static void put_targets(struct cells *c, const struct verdict *v)
{
	const char *name = v->candidate ? v->candidate : "?";
	size_t candidate = cells_width(slice_str(name)), half = (c->columns - 3) / 2;
	cells_clip(c, CELL_PLAIN, slice_str(v->control ? v->control : "?"), candidate < half ? c->columns - 3 - candidate : half);
	cells_put(c, CELL_PLAIN, " \xe2\x86\x92 ");
	cells_clip(c, CELL_PLAIN, slice_str(name), cells_left(c));
	if (v->second) {
		static const char words[] = "noise measured by ";
		if (cells_left(c) < sizeof words + 1 + cells_width(slice_str(v->second)))
			cells_end(c);
		else
			cells_put(c, CELL_PLAIN, "; ");
		cells_put(c, CELL_PLAIN, words);
		cells_clip(c, CELL_PLAIN, slice_str(v->second), cells_left(c));
	}
	cells_end(c);
}

static void put_sentence(struct cells *c, const struct verdict *v)
{
	static const enum cell_style styles[] = {
		[VERDICT_SAME] = CELL_GOOD,
		[VERDICT_DIFFERENT] = CELL_BAD,
		[VERDICT_NOTHING] = CELL_DOUBT,
	};
	struct buf sentence;
	buf_init(&sentence, 1024);
	int r = verdict_sentence(v, &sentence);
	if (r && c->error == 0)
		c->error = r;
	struct slice s = buf_slice(&sentence);
	size_t word = slice_find_byte(s, ':');
	cells_clip(c, styles[verdict_outcome(v)], slice_cut(s, 0, word), COLUMNS_MAX);
	cells_clip(c, CELL_STRONG, slice_from(s, word), COLUMNS_MAX);
	cells_end(c);
	buf_release(&sentence);
	if (v->failed) {
		cells_put(c, CELL_BAD, "FAILED");
		if (v->fail_share > 0)
			cells_printf(c, ": more than the %.3g%% that --diff-fail allows", 100 * v->fail_share);
		else
			cells_put(c, CELL_PLAIN, ": --diff-fail 0 allows no finding");
		cells_end(c);
	}
}

static enum cell_style state_style(enum finding_state s)
{
	return s == FINDING_SURE ? CELL_BAD : CELL_DOUBT;
}

/* Endpoint and path on the rest of the line, or on two from that column on. */
static void put_where(struct cells *c, const struct verdict_finding *f, size_t column)
{
	size_t endpoint = cells_width(slice_str(f->endpoint)), path = cells_width(slice_str(f->path));
	cells_to(c, column);
	cells_clip(c, CELL_STRONG, slice_str(f->endpoint), cells_left(c));
	if (endpoint + 2 + path > c->columns - column) {
		cells_end(c);
		cells_to(c, column);
	} else {
		cells_put(c, CELL_PLAIN, "  ");
	}
	cells_clip(c, CELL_PLAIN, slice_str(f->path), cells_left(c));
}

static void put_example(struct cells *c, const struct verdict_finding *f, size_t column)
{
	if (f->example_count == 0)
		return;
	const struct verdict_example *e = &f->examples[0];
	const char *id = e->exchange ? e->exchange->id : "";
	size_t room = c->columns - column, id_columns = cells_width(slice_str(id));
	cells_to(c, column);
	if (e->control || e->candidate) {
		/* The id beside the values where that leaves them some room. */
		bool beside = room > id_columns + 2 + 24;
		size_t before = c->at;
		cells_values(c, e->control, e->candidate, beside ? room - id_columns - 2 : room);
		if (!beside && room < id_columns + 2 + (c->at - before)) {
			cells_end(c);
			cells_to(c, column);
		} else {
			cells_put(c, CELL_PLAIN, "  ");
		}
	}
	cells_clip(c, CELL_FAINT, slice_str(id), cells_left(c));
	cells_end(c);
}

static void put_finding_wide(struct cells *c, size_t number, const struct verdict_finding *f)
{
	char words[VERDICT_WORDS];
	cells_printf(c, "%3zu", number);
	cells_to(c, AT_DIFFERS);
	cells_put(c, CELL_STRONG, verdict_percent(words, verdict_rate(f)));
	cells_to(c, AT_INTERVAL);
	cells_put(c, CELL_PLAIN, verdict_interval(words, f));
	cells_to(c, AT_NOISE);
	cells_put(c, CELL_PLAIN, verdict_percent(words, verdict_noise_rate(f)));
	cells_to(c, AT_SURE);
	verdict_confidence(words, f);
	if (strlen(words) > AT_KIND - AT_SURE - 1) /* "sure, confirmed 5 of 5": without the first word */
		memmove(words, words + strcspn(words, ",") + 2, strlen(words + strcspn(words, ",") + 2) + 1);
	cells_put(c, state_style(f->state), words);
	cells_to(c, AT_KIND);
	cells_put(c, CELL_PLAIN, difference_kind_name(f->kind));
	put_where(c, f, AT_WHERE);
	cells_end(c);
	put_example(c, f, AT_WHERE);
}

static void put_finding_narrow(struct cells *c, size_t number, const struct verdict_finding *f)
{
	char rate[VERDICT_WORDS], interval[VERDICT_WORDS], noise[VERDICT_WORDS], sure[VERDICT_WORDS], count[UNITS_TEXT];
	cells_printf(c, "%3zu", number);
	put_where(c, f, AT_DIFFERS);
	cells_end(c);
	cells_to(c, AT_DIFFERS);
	cells_put(c, CELL_PLAIN, difference_kind_name(f->kind));
	cells_printf(c, "  %s (%s) of %s", verdict_percent(rate, verdict_rate(f)), verdict_interval(interval, f),
	             format_count(count, f->compared));
	verdict_confidence(sure, f);
	if (f->noise_of)
		cells_printf(c, "  noise %s", verdict_percent(noise, verdict_noise_rate(f)));
	if (cells_left(c) < 2 + strlen(sure)) {
		cells_end(c);
		cells_to(c, AT_DIFFERS);
	} else {
		cells_put(c, CELL_PLAIN, "  ");
	}
	cells_put(c, state_style(f->state), sure);
	cells_end(c);
	put_example(c, f, AT_DIFFERS);
}

static void put_table_head(struct cells *c)
{
	static const struct {
		size_t at;
		const char *name;
	} heads[] = { { 2, "#" },
		      { AT_DIFFERS, "differs" },
		      { AT_INTERVAL, "95%" },
		      { AT_NOISE, "noise" },
		      { AT_SURE, "how sure" },
		      { AT_KIND, "kind" },
		      { AT_WHERE, "where, and an example: control \xe2\x86\x92 candidate" } };
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		cells_to(c, heads[i].at);
		cells_put(c, CELL_FAINT, heads[i].name);
	}
	cells_end(c);
}

static void put_findings(struct cells *c, const struct verdict *v, size_t most)
{
	size_t shown = 0, all = 0;
	bool wide = c->columns >= COLUMNS_TABLE, unmeasured = false;
	for (size_t i = 0; i < v->finding_count; i++) {
		const struct verdict_finding *f = &v->findings[i];
		if (f->state == FINDING_NOISE)
			continue;
		unmeasured |= f->reason == REASON_UNMEASURED;
		if (++all > most)
			continue;
		if (shown++ == 0) {
			cells_end(c);
			if (wide)
				put_table_head(c);
		}
		if (wide)
			put_finding_wide(c, shown, f);
		else
			put_finding_narrow(c, shown, f);
	}
	if (all > shown) {
		cells_printf(c, "  \xe2\x80\xa6 and %zu more: --diff-report FILE.html shows them all", all - shown);
		cells_end(c);
	}
	if (unmeasured) {
		cells_put(c, CELL_PLAIN, "  noise unknown: no second control and no learned rules, so every difference counts");
		cells_end(c);
	}
}

static void put_quantile(struct cells *c, const struct verdict_latency *l, const char *name, double q)
{
	char control[UNITS_TEXT], candidate[UNITS_TEXT];
	if (!l->control || !l->candidate)
		return;
	cells_printf(c, "%s %s \xe2\x86\x92 %s", name, format_duration(control, hist_quantile(l->control, q)),
	             format_duration(candidate, hist_quantile(l->candidate, q)));
}

static void put_latency(struct cells *c, const struct verdict_latency *l)
{
	cells_to(c, 2);
	cells_clip(c, CELL_STRONG, slice_str(l->endpoint), c->columns - 2);
	if (c->columns < COLUMNS_TABLE || c->at > 40)
		cells_end(c);
	cells_to(c, c->columns < COLUMNS_TABLE ? 4 : 42);
	cells_put(c, CELL_BAD, "");
	cells_printf(c, "%.2f times (%.2f\xe2\x80\x93%.2f)", l->ratio, l->ratio_low, l->ratio_high);
	if (c->columns < 80) {
		cells_end(c);
		cells_to(c, 4);
	} else {
		cells_put(c, CELL_PLAIN, "  ");
	}
	put_quantile(c, l, "p50", 0.5);
	cells_put(c, CELL_PLAIN, "  ");
	put_quantile(c, l, "p99", 0.99);
	cells_end(c);
}

/* By how much one has to be slower to be called so. */
static void put_limits(struct cells *c, const struct verdict *v)
{
	char floor[UNITS_TEXT];
	if (v->latency_share < 0)
		return;
	cells_put(c, CELL_PLAIN, "");
	cells_printf(c, " by over %g%%", v->latency_share * 100);
	if (v->latency_floor_ns > 0)
		cells_printf(c, " and %s", format_duration(floor, v->latency_floor_ns));
}

static void put_latencies(struct cells *c, const struct verdict *v)
{
	const struct verdict_latency *worst = NULL;
	size_t shown = 0, slower = 0;
	for (size_t i = 0; i < v->latency_count; i++) {
		const struct verdict_latency *l = &v->latencies[i];
		if (l->compared && (!worst || l->ratio > worst->ratio))
			worst = l;
		if (!l->slower || ++slower > OTHERS_MAX)
			continue;
		if (shown++ == 0) {
			cells_end(c);
			cells_put(c, CELL_STRONG, "slower");
			put_limits(c, v);
			cells_put(c, CELL_PLAIN, " (the median of each exchange's ratio, with its 99% interval)");
			cells_end(c);
		}
		put_latency(c, l);
	}
	if (slower > shown) {
		cells_printf(c, "  \xe2\x80\xa6 and %zu more", slower - shown);
		cells_end(c);
	}
	if (slower || !worst)
		return;
	cells_end(c);
	cells_put(c, CELL_PLAIN, "no endpoint is called slower");
	put_limits(c, v);
	cells_put(c, CELL_PLAIN, "; the largest ratio:");
	cells_end(c);
	put_latency(c, worst);
}

static void put_hidden(struct cells *c, const struct verdict *v)
{
	char count[UNITS_TEXT];
	for (size_t i = 0; i < v->hidden_count && i < OTHERS_MAX; i++) {
		const struct verdict_hidden *h = &v->hidden[i];
		cells_printf(c, "  %11s  ", format_count(count, h->exchanges));
		cells_clip(c, CELL_PLAIN, slice_str(h->rule ? h->rule : ""), cells_left(c) / 2);
		/* "built in: header:date" says where already. */
		if (h->where && h->where[0] && !(h->rule && slice_starts(slice_str(h->rule), slice_str(h->where)))) {
			cells_put(c, CELL_PLAIN, " (");
			cells_clip(c, CELL_PLAIN, slice_str(h->where), 40);
			cells_put(c, CELL_PLAIN, ")");
		}
		if (h->endpoint && cells_left(c) > 20) {
			cells_put(c, CELL_FAINT, "  ");
			cells_clip(c, CELL_FAINT, slice_str(h->endpoint), cells_left(c));
		}
		cells_end(c);
	}
	if (v->hidden_count > OTHERS_MAX) {
		cells_printf(c, "  \xe2\x80\xa6 and %zu more rules", v->hidden_count - OTHERS_MAX);
		cells_end(c);
	}
}

static void put_disagreement(struct cells *c, const struct verdict *v)
{
	size_t shown = 0, all = 0;
	char count[UNITS_TEXT], rate[VERDICT_WORDS], noise[VERDICT_WORDS];
	for (size_t i = 0; i < v->finding_count; i++) {
		const struct verdict_finding *f = &v->findings[i];
		if (f->state != FINDING_NOISE || ++all > OTHERS_MAX)
			continue;
		if (shown++ == 0) {
			cells_put(c, CELL_PLAIN, "  as often between the controls, or as learned:");
			cells_end(c);
		}
		cells_printf(c, "  %11s  ", format_count(count, f->differ));
		cells_printf(c, "%s, noise %s: ", verdict_percent(rate, verdict_rate(f)), verdict_percent(noise, verdict_noise_rate(f)));
		cells_clip(c, CELL_PLAIN, slice_str(f->endpoint), cells_left(c) / 2);
		cells_put(c, CELL_PLAIN, " ");
		cells_clip(c, CELL_PLAIN, slice_str(f->path), cells_left(c));
		cells_end(c);
	}
	if (all > shown) {
		cells_printf(c, "  \xe2\x80\xa6 and %zu more places", all - shown);
		cells_end(c);
	}
}

static bool has_noise(const struct verdict *v)
{
	/* The noise stands last. */
	return v->noise || v->hidden_count || (v->finding_count && v->findings[v->finding_count - 1].state == FINDING_NOISE);
}

static void put_noise(struct cells *c, const struct verdict *v)
{
	char count[UNITS_TEXT];
	if (!has_noise(v))
		return;
	cells_end(c);
	cells_put(c, CELL_STRONG, "noise");
	cells_printf(c, ": %s exchange%s differ%s in nothing else; hidden differences by what hid them", format_count(count, v->noise),
	             v->noise == 1 ? "" : "s", v->noise == 1 ? "s" : "");
	cells_end(c);
	put_hidden(c, v);
	put_disagreement(c, v);
}

/* "not comparable: no recorded response (7); the control did not answer (5)" */
static void put_causes(struct cells *c, const char *name, const struct verdict_cause *causes, size_t n)
{
	char count[UNITS_TEXT];
	if (n == 0)
		return;
	cells_put(c, CELL_STRONG, name);
	cells_put(c, CELL_PLAIN, ":");
	for (size_t i = 0; i < n; i++) {
		format_count(count, causes[i].count);
		if (cells_left(c) < strlen(causes[i].text) + strlen(count) + 5) {
			cells_end(c);
			cells_put(c, CELL_PLAIN, " ");
		}
		cells_printf(c, " %s (%s)%s", causes[i].text, count, i + 1 < n ? ";" : "");
	}
	cells_end(c);
}

/* A contract with a misspelt endpoint holds, and says nothing. */
static void put_idle(struct cells *c, const struct verdict *v)
{
	for (size_t i = 0; i < v->expectation_count && c->error == 0; i++) {
		if (v->expectations[i].answers)
			continue;
		cells_put(c, CELL_BAD, "put to no answer: ");
		cells_clip(c, CELL_PLAIN, slice_str(v->expectations[i].rule), cells_left(c));
		cells_end(c);
	}
}

int verdict_text(const struct verdict *v, const struct verdict_text_options *o, struct buf *out)
{
	size_t columns = o->columns ? o->columns : COLUMNS_DEFAULT;
	columns = columns > COLUMNS_MAX ? COLUMNS_MAX : columns < COLUMNS_MIN ? COLUMNS_MIN : columns;
	struct cells c = cells_into(out, columns, o->colour);
	put_sentence(&c, v);
	put_targets(&c, v);
	put_findings(&c, v, o->findings ? o->findings : FINDINGS_DEFAULT);
	put_latencies(&c, v);
	put_noise(&c, v);
	if (v->cause_count || v->fallback_count || v->let_go)
		cells_end(&c);
	put_idle(&c, v);
	put_causes(&c, "not comparable", v->causes, v->cause_count);
	put_causes(&c, "compared otherwise than named", v->fallbacks, v->fallback_count);
	if (v->let_go) {
		char count[UNITS_TEXT];
		cells_printf(&c, "beyond the limits: %s kinds of difference, endpoints or examples let go", format_count(count, v->let_go));
		cells_end(&c);
	}
	return c.error;
}
