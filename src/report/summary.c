/* summary: a run as a screen of text.
 *
 *     replay: 10.0 s
 *
 *     target http://127.0.0.1:8081
 *       answered    20,000 of 20,012
 *       failed      12: 9 timed out, 3 refused
 *       status      19,990 2xx, 10 4xx
 *                                p50        p90        p99      p99.9        max
 *       from due            1.24 ms    …
 *       from send
 *       lateness
 *       schedule held: p99 lateness 34.0 µs is within 10.0 ms
 *
 *     ledger …
 */
#include "report/summary.h"

#include "base/clock.h"
#include "base/units.h"
#include "report/utf8.h"

#include <stdio.h>

#define DEFAULT_LATENESS_NS (10 * NS_PER_MS)

static int64_t lateness_limit(const struct summary_target *t)
{
	return t->max_lateness_ns > 0 ? t->max_lateness_ns : DEFAULT_LATENESS_NS;
}

static uint64_t due_count(const struct summary_target *t)
{
	return t->lateness->count + t->unsent;
}

/* Of all that were due, when those that never left count as later than any that did. False: it is one of these. */
static bool late_p99(const struct summary_target *t, int64_t *ns)
{
	if (t->lateness->count == 0 || (double)t->lateness->count < 0.99 * (double)due_count(t))
		return false;
	*ns = hist_quantile(t->lateness, 0.99 * (double)due_count(t) / (double)t->lateness->count);
	return true;
}

static bool target_held(const struct summary_target *t)
{
	int64_t late;
	if (!t->scheduled || !t->lateness || due_count(t) == 0)
		return true;
	return late_p99(t, &late) && late <= lateness_limit(t);
}

bool summary_schedule_held(const struct summary *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!target_held(&s->targets[i]))
			return false;
	return true;
}

enum row_class { ROW_ANSWERED, ROW_FAILED, ROW_UNSENT, ROW_STATUS, ROW_OTHER };

/* The target's rows by their keys: failed_timeout, status_2xx; a part that is neither answered nor failed was never sent. */
static enum row_class class_of(const struct ledger_row *row)
{
	if (strncmp(row->key, "status_", 7) == 0)
		return ROW_STATUS;
	if (row->kind != TALLY_PART)
		return ROW_OTHER;
	if (strcmp(row->key, "answered") == 0)
		return ROW_ANSWERED;
	return strncmp(row->key, "failed_", 7) == 0 || strcmp(row->key, "unfinished") == 0 ? ROW_FAILED : ROW_UNSENT;
}

static uint64_t class_sum(const struct ledger_section *s, enum row_class wanted)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < s->n; i++)
		if (class_of(&s->rows[i]) == wanted)
			sum += s->rows[i].count;
	return sum;
}

/* A row's text behind "failed: " or "not sent: ", which the line's name says already. */
static const char *short_text(const struct ledger_row *row)
{
	const char *colon = strstr(row->text, ": ");
	return colon && (strncmp(row->text, "failed", 6) == 0 || strncmp(row->text, "not sent", 8) == 0) ? colon + 2 : row->text;
}

/* "  failed      12: 9 timed out, 3 refused"; nothing where all are 0. */
static int put_class(struct buf *out, const struct ledger_section *s, enum row_class wanted, const char *name)
{
	uint64_t sum = class_sum(s, wanted);
	if (sum == 0)
		return 0;
	char number[UNITS_TEXT];
	int r = buf_printf(out, "  %-12s", name);
	if (wanted != ROW_STATUS)
		r = r ? r : buf_printf(out, "%s: ", format_count(number, sum));
	const char *before = "";
	for (size_t i = 0; i < s->n && r == 0; i++) {
		const struct ledger_row *row = &s->rows[i];
		if (class_of(row) != wanted || row->count == 0)
			continue;
		r = buf_printf(out, "%s%s %s", before, format_count(number, row->count),
		               wanted == ROW_STATUS ? row->key + strlen("status_") : short_text(row));
		before = ", ";
	}
	return r ? r : buf_append_str(out, "\n");
}

/* A duration right-aligned in n columns: printf would count the bytes of "µs". */
static int put_duration(struct buf *out, int64_t ns, int columns)
{
	char text[UNITS_TEXT];
	format_duration(text, ns);
	int wide = strstr(text, "\xc2\xb5") ? 1 : 0;
	return buf_printf(out, "%*s", columns + wide, text);
}

static int put_quantiles(struct buf *out, const char *name, const struct hist *h)
{
	static const double at[] = { 0.5, 0.9, 0.99, 0.999 };
	if (!h || h->count == 0)
		return 0;
	int r = buf_printf(out, "  %-12s", name);
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		r = r ? r : put_duration(out, hist_quantile(h, at[i]), 11);
	r = r ? r : put_duration(out, h->max_ns, 11);
	return r ? r : buf_append_str(out, "\n");
}

/* "  late since: 81% the target was slow to answer, 19% this machine was busy" */
static int put_late_causes(struct buf *out, const struct summary_target *t)
{
	static const char *const texts[LATE_CAUSES] = {
		[LATE_TARGET] = "the target was slow to answer what came before",
		[LATE_CONNECTING] = "a connection was being made",
		[LATE_MACHINE] = "this machine was busy",
	};
	double sum = 0;
	for (int i = 0; i < LATE_CAUSES; i++)
		sum += t->late_ns[i];
	if (sum <= 0)
		return 0;
	int r = buf_append_str(out, "  late since: ");
	const char *before = "";
	for (int i = 0; i < LATE_CAUSES && r == 0; i++) {
		if (t->late_ns[i] / sum < 0.005)
			continue;
		r = buf_printf(out, "%s%.0f%% %s", before, 100 * t->late_ns[i] / sum, texts[i]);
		before = ", ";
	}
	return r ? r : buf_append_str(out, "\n");
}

static int put_schedule(struct buf *out, const struct summary_target *t)
{
	if (!t->scheduled || !t->lateness || due_count(t) == 0)
		return 0;
	char late[UNITS_TEXT], limit[UNITS_TEXT], number[UNITS_TEXT], due[UNITS_TEXT];
	int64_t p99;
	format_duration(limit, lateness_limit(t));
	if (!late_p99(t, &p99)) {
		int r = buf_printf(out, "  SCHEDULE NOT HELD: %s of %s requests that were due could not be sent\n",
		                   format_count(number, t->unsent), format_count(due, due_count(t)));
		return r ? r : put_late_causes(out, t);
	}
	format_duration(late, p99);
	if (target_held(t))
		return buf_printf(out, "  schedule held: p99 lateness %s is within %s\n", late, limit);
	int r = buf_printf(out, "  SCHEDULE NOT HELD: p99 lateness %s exceeds %s\n", late, limit);
	return r ? r : put_late_causes(out, t);
}

static int put_target(struct buf *out, const struct summary *s, const struct summary_target *t)
{
	int r = buf_append_str(out, "target ");
	r = r ? r : utf8_visible(out, slice_str(t->label), false);
	r = r ? r : buf_append_str(out, "\n");
	const struct ledger_section *section = ledger_find(s->ledger, "target", t->label);
	if (section) {
		char answered[UNITS_TEXT], sent[UNITS_TEXT];
		uint64_t n = class_sum(section, ROW_ANSWERED);
		format_count(answered, n);
		format_count(sent, n + class_sum(section, ROW_FAILED));
		r = r ? r : buf_printf(out, "  %-12s%s of %s\n", "answered", answered, sent);
		r = r ? r : put_class(out, section, ROW_FAILED, "failed");
		r = r ? r : put_class(out, section, ROW_UNSENT, "not sent");
		r = r ? r : put_class(out, section, ROW_STATUS, "status");
	}
	if (t->last_error) {
		r = r ? r : buf_printf(out, "  %-12s", "last error");
		r = r ? r : utf8_visible(out, slice_str(t->last_error), false);
		r = r ? r : buf_append_str(out, "\n");
	}
	if (t->from_send && t->from_send->count)
		r = r ? r : buf_printf(out, "  %-12s%11s%11s%11s%11s%11s\n", "latency", "p50", "p90", "p99", "p99.9", "max");
	if (t->scheduled)
		r = r ? r : put_quantiles(out, "from due", t->from_due);
	r = r ? r : put_quantiles(out, "from send", t->from_send);
	if (t->scheduled)
		r = r ? r : put_quantiles(out, "lateness", t->lateness);
	r = r ? r : put_schedule(out, t);
	return r ? r : buf_append_str(out, "\n");
}

bool summary_lost(const struct ledger *l, double share, struct buf *out)
{
	const struct ledger_section *worst = NULL;
	uint64_t worst_lost = 0, worst_total = 1;
	for (size_t n = 0; ledger_section_at(l, n); n++) {
		const struct ledger_section *s = ledger_section_at(l, n);
		const struct ledger_row *total = ledger_total(s);
		uint64_t lost = 0;
		for (size_t i = 0; i < s->n; i++)
			lost += s->rows[i].loss && s->rows[i].kind == TALLY_PART ? s->rows[i].count : 0;
		if (!total || lost == 0 || (double)lost * (double)worst_total <= (double)worst_lost * (double)total->count)
			continue;
		worst = s;
		worst_lost = lost;
		worst_total = total->count;
	}
	if (!worst || (double)worst_lost <= share * (double)worst_total)
		return false;
	char lost[UNITS_TEXT], total[UNITS_TEXT];
	double percent = worst_total ? 100 * (double)worst_lost / (double)worst_total : 100;
	(void)buf_printf(out, "%.3g%% lost, more than the %.3g%% of --max-loss: %s of %s in \"%s%s%s\"", percent, 100 * share,
	                 format_count(lost, worst_lost), format_count(total, worst_total), worst->section, worst->label[0] ? " " : "",
	                 worst->label);
	return true;
}

int summary_text(const struct summary *s, struct buf *out)
{
	char duration[UNITS_TEXT];
	int r = buf_printf(out, "replay: %s\n\n", format_duration(duration, (int64_t)(s->seconds * 1e9)));
	for (size_t i = 0; i < s->n && r == 0; i++)
		r = put_target(out, s, &s->targets[i]);
	r = r ? r : ledger_text(s->ledger, out);
	if (s->error && r == 0) {
		r = buf_append_str(out, "stopped early: ");
		r = r ? r : utf8_visible(out, slice_str(s->error), false);
		r = r ? r : buf_append_str(out, "\n");
	}
	return r;
}
