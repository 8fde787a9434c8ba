/* runs_show: what became of the findings between two runs, as text and as JSON. */
#include "report/json.h"
#include "report/runs_compare.h"
#include "report/verdict_cells.h"
#include "report/verdict_words.h"

#include <math.h>
#include <stdio.h>

#define COLUMNS_DEFAULT 100
#define COLUMNS_MIN     40
#define COLUMNS_MAX     160
#define FORMAT          "replay-runs"
#define VERSION         1

const char *run_change_name(enum run_change_kind kind)
{
	static const char *const names[RUN_CHANGES] = {
		[RUN_NEW] = "new",       [RUN_LASTING] = "lasting",     [RUN_FIXED] = "fixed",
		[RUN_HIDDEN] = "hidden", [RUN_NOT_ASKED] = "not_asked", [RUN_NOT_COMPARED] = "not_compared",
	};
	return names[kind];
}

static const char *const words[RUN_CHANGES] = { "new", "lasting", "fixed", "hidden now", "not asked any more", "not compared any more" };

/* --- text ---------------------------------------------------------------------------------------------------- */

static void put_said(struct cells *c, const char *which, const struct run_said *said)
{
	cells_put(c, CELL_FAINT, which);
	cells_clip(c, CELL_PLAIN, slice_str(said->sentence ? said->sentence : "?"), cells_left(c));
	if (said->made && cells_left(c) > 12) {
		cells_put(c, CELL_PLAIN, "  ");
		cells_clip(c, CELL_FAINT, slice_str(said->made), cells_left(c));
	}
	cells_end(c);
}

static void put_counts(struct cells *c, const struct runs_compare *runs)
{
	for (int kind = 0; kind < RUN_CHANGES; kind++) {
		enum cell_style style = kind == RUN_NEW && runs->counts[kind] ? CELL_BAD : CELL_STRONG;
		if (kind > RUN_FIXED && runs->counts[kind] == 0)
			continue;
		char text[64];
		(void)snprintf(text, sizeof text, "%zu %s", runs->counts[kind], words[kind]);
		if (kind)
			cells_put(c, CELL_PLAIN, ", ");
		cells_put(c, style, text);
	}
	cells_end(c);
}

static const char *side_words(char out[VERDICT_WORDS], const struct run_side *side)
{
	char rate[VERDICT_WORDS];
	if (!side->there)
		return "not there";
	(void)snprintf(out, VERDICT_WORDS, "%.20s%s", verdict_percent(rate, side->rate),
	               side->state[0] == 'u'   ? " perhaps"
	               : side->state[0] == 'n' ? " noise"
	                                       : "");
	return out;
}

static void put_change(struct cells *c, const struct run_change *change)
{
	char before[VERDICT_WORDS], now[VERDICT_WORDS], text[4 * VERDICT_WORDS];
	int trend = run_change_trend(change);
	bool unknown = change->kind > RUN_FIXED && !change->now.there;
	(void)snprintf(text, sizeof text, "%s \xe2\x86\x92 %s%s", side_words(before, &change->before),
	               unknown ? "?" : side_words(now, &change->now),
	               trend > 0   ? ", more often"
	               : trend < 0 ? ", less often"
	                           : "");
	size_t where = cells_width(slice_str(change->endpoint)) + 2 + cells_width(slice_str(change->path));
	cells_to(c, 2);
	cells_clip(c, CELL_STRONG, slice_str(change->endpoint), cells_left(c));
	if (where + 2 > c->columns) {
		cells_end(c);
		cells_to(c, 4);
	} else {
		cells_put(c, CELL_PLAIN, "  ");
	}
	cells_clip(c, CELL_PLAIN, slice_str(change->path), cells_left(c));
	cells_end(c);
	cells_to(c, 4);
	cells_clip(c, CELL_PLAIN, slice_str(change->difference), 12);
	cells_put(c, CELL_PLAIN, "  ");
	cells_put(c, CELL_PLAIN, text);
	if (change->why) {
		cells_put(c, CELL_PLAIN, "  ");
		cells_clip(c, CELL_FAINT, slice_str(change->why), cells_left(c));
	}
	cells_end(c);
}

int runs_compare_text(const struct runs_compare *runs, size_t columns, bool colour, struct buf *out)
{
	static const enum cell_style styles[RUN_CHANGES] = { CELL_BAD, CELL_DOUBT, CELL_GOOD, CELL_DOUBT, CELL_FAINT, CELL_FAINT };
	columns = columns ? columns : COLUMNS_DEFAULT;
	struct cells c = cells_into(out, columns < COLUMNS_MIN ? COLUMNS_MIN : columns > COLUMNS_MAX ? COLUMNS_MAX : columns, colour);
	put_counts(&c, runs);
	put_said(&c, "before: ", &runs->before);
	put_said(&c, "now:    ", &runs->now);
	for (size_t i = 0; i < runs->count && c.error == 0; i++) {
		enum run_change_kind kind = runs->changes[i].kind;
		if (i == 0 || runs->changes[i - 1].kind != kind) {
			cells_end(&c);
			cells_put(&c, styles[kind], words[kind]);
			cells_end(&c);
		}
		put_change(&c, &runs->changes[i]);
	}
	return c.error;
}

/* --- JSON ---------------------------------------------------------------------------------------------------- */

static void member_str(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_str(j, text);
}

static void member_real(struct json *j, const char *key, double n)
{
	char text[32];
	json_key(j, key);
	(void)snprintf(text, sizeof text, "%.9g", n);
	if (isfinite(n))
		json_raw(j, slice_str(text));
	else
		json_str(j, NULL);
}

static void write_said(struct json *j, const char *key, const struct run_said *said)
{
	json_key(j, key);
	json_open(j, '{');
	member_str(j, "sentence", said->sentence);
	member_str(j, "control", said->control);
	member_str(j, "candidate", said->candidate);
	member_str(j, "made", said->made);
	json_close(j, '}');
}

static void write_side(struct json *j, const char *key, const struct run_side *side)
{
	json_key(j, key);
	if (!side->there) {
		json_str(j, NULL);
		return;
	}
	json_open(j, '{');
	member_str(j, "state", side->state);
	member_real(j, "rate", side->rate);
	member_real(j, "rate_low", side->low);
	member_real(j, "rate_high", side->high);
	json_close(j, '}');
}

static void write_change(struct json *j, const struct run_change *change)
{
	static const char *const trends[] = { "less", "alike", "more" };
	json_open(j, '{');
	member_str(j, "change", run_change_name(change->kind));
	member_str(j, "endpoint", change->endpoint);
	member_str(j, "path", change->path);
	member_str(j, "kind", change->difference);
	write_side(j, "before", &change->before);
	write_side(j, "now", &change->now);
	member_str(j, "why", change->why);
	member_str(j, "trend", change->kind == RUN_LASTING ? trends[run_change_trend(change) + 1] : NULL);
	json_close(j, '}');
}

int runs_compare_json(const struct runs_compare *runs, struct buf *out)
{
	struct json j = json_into(out);
	json_open(&j, '{');
	member_str(&j, "format", FORMAT);
	json_key(&j, "version");
	json_u64(&j, VERSION);
	write_said(&j, "before", &runs->before);
	write_said(&j, "now", &runs->now);
	for (int kind = 0; kind < RUN_CHANGES; kind++) {
		json_key(&j, run_change_name((enum run_change_kind)kind));
		json_u64(&j, runs->counts[kind]);
	}
	json_key(&j, "changes");
	json_open(&j, '[');
	for (size_t i = 0; i < runs->count && json_error(&j) == 0; i++)
		write_change(&j, &runs->changes[i]);
	json_close(&j, ']');
	json_close(&j, '}');
	return json_error(&j);
}
