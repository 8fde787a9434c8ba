/* verdict_words: see the header. */
#include "report/verdict_words.h"

#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_BYTES 1024

enum verdict_outcome verdict_outcome(const struct verdict *v)
{
	if (v->sure_count)
		return VERDICT_DIFFERENT;
	return v->compared ? VERDICT_SAME : VERDICT_NOTHING;
}

const char *verdict_outcome_name(enum verdict_outcome o)
{
	static const char *const names[] = {
		[VERDICT_SAME] = "same",
		[VERDICT_DIFFERENT] = "different",
		[VERDICT_NOTHING] = "nothing_compared",
	};
	return names[o];
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int verdict_found_endpoints(const struct verdict *v, size_t *n)
{
	*n = 0;
	if (v->finding_count == 0)
		return 0;
	const char **names = calloc(v->finding_count, sizeof *names);
	if (!names)
		return ERR_NOMEM;
	size_t sure = 0;
	for (size_t i = 0; i < v->finding_count; i++)
		if (v->findings[i].state == FINDING_SURE)
			names[sure++] = v->findings[i].endpoint;
	qsort(names, sure, sizeof *names, by_name);
	for (size_t i = 0; i < sure; i++)
		*n += i == 0 || strcmp(names[i], names[i - 1]) != 0;
	free(names);
	return 0;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static int put_different(const struct verdict *v, struct buf *out)
{
	char findings[UNITS_TEXT], found[UNITS_TEXT], all[UNITS_TEXT], different[UNITS_TEXT], compared[UNITS_TEXT];
	char share[VERDICT_WORDS];
	size_t endpoints;
	int r = verdict_found_endpoints(v, &endpoints);
	if (r)
		return r;
	/* An endpoint may be known by a finding alone: never "2 of 1". */
	size_t of = v->endpoint_count > endpoints ? v->endpoint_count : endpoints;
	format_count(findings, v->sure_count);
	r = buf_printf(out, "DIFFERENT: %s finding%s in %s of %s endpoint%s; ", findings, plural(v->sure_count),
	               format_count(found, endpoints), format_count(all, of), plural(of));
	if (r == 0 && v->different == 0) /* slower, or a rule of all answers together */
		return buf_printf(out, "none of %s answer%s differs%s", format_count(compared, v->compared), plural(v->compared),
		                  v->unsure_count ? " for sure" : "");
	double rate = v->compared ? (double)v->different / (double)v->compared : NAN;
	return r ? r
	         : buf_printf(out, "%s of %s exchange%s (%s)", format_count(different, v->different), format_count(compared, v->compared),
	                      plural(v->compared), verdict_percent(share, rate));
}

static int put_same(const struct verdict *v, struct buf *out)
{
	char compared[UNITS_TEXT], endpoints[UNITS_TEXT], noise[UNITS_TEXT];
	int r = buf_printf(out, "same: no finding; %s exchange%s in %s endpoint%s compared", format_count(compared, v->compared),
	                   plural(v->compared), format_count(endpoints, v->endpoint_count), plural(v->endpoint_count));
	uint64_t hidden = v->noise + v->different;
	if (r == 0 && hidden)
		r = buf_printf(out, ", %s differ%s by no more than noise", format_count(noise, hidden), hidden == 1 ? "s" : "");
	return r;
}

int verdict_sentence(const struct verdict *v, struct buf *out)
{
	char number[UNITS_TEXT];
	int r = 0;
	switch (verdict_outcome(v)) {
	case VERDICT_DIFFERENT:
		r = put_different(v, out);
		break;
	case VERDICT_SAME:
		r = put_same(v, out);
		break;
	case VERDICT_NOTHING:
		if (v->seen == 0)
			return buf_append_str(out, "NOTHING COMPARED: no exchange was seen");
		return buf_printf(out, "NOTHING COMPARED: none of %s exchange%s could be", format_count(number, v->seen), plural(v->seen));
	}
	if (r == 0 && v->unsure_count)
		r = buf_printf(out, "; %s more perhaps", format_count(number, v->unsure_count));
	return r;
}

char *verdict_percent(char out[VERDICT_WORDS], double share)
{
	double p = 100 * share;
	if (!isfinite(p))
		(void)snprintf(out, VERDICT_WORDS, "-");
	else if (p <= 0 || p >= 100)
		(void)snprintf(out, VERDICT_WORDS, p <= 0 ? "0%%" : "100%%");
	else if (p < 0.001)
		(void)snprintf(out, VERDICT_WORDS, "<0.001%%");
	else if (p < 1)
		(void)snprintf(out, VERDICT_WORDS, "%.2g%%", p);
	else /* all but all of them are not all of them */
		(void)snprintf(out, VERDICT_WORDS, "%.1f%%", p > 99.9 ? 99.9 : p);
	return out;
}

double verdict_rate(const struct verdict_finding *f)
{
	return f->compared ? (double)f->differ / (double)f->compared : NAN;
}

double verdict_noise_rate(const struct verdict_finding *f)
{
	return f->noise_of ? (double)f->noise / (double)f->noise_of : NAN;
}

char *verdict_interval(char out[VERDICT_WORDS], const struct verdict_finding *f)
{
	char low[VERDICT_WORDS], high[VERDICT_WORDS];
	verdict_percent(low, f->rate_low);
	verdict_percent(high, f->rate_high);
	low[strcspn(low, "%")] = '\0';
	(void)snprintf(out, VERDICT_WORDS, "%.20s\xe2\x80\x93%.20s", low, high);
	return out;
}

/* What the reason has to say besides the state. */
static void reason_words(char out[VERDICT_WORDS], const struct verdict_finding *f)
{
	unsigned long long came = f->confirmed, sent = f->confirmed + f->flaky;
	out[0] = '\0';
	switch (f->reason) {
	case REASON_TEST:
		if (f->state == FINDING_SURE && f->q < 1e-4)
			return;
		(void)snprintf(out, VERDICT_WORDS, "q=%.2g", f->q);
		return;
	case REASON_UNMEASURED:
		(void)snprintf(out, VERDICT_WORDS, "noise unknown");
		return;
	case REASON_CONFIRMED:
		(void)snprintf(out, VERDICT_WORDS, "confirmed %llu of %llu", came, sent);
		return;
	case REASON_FLAKY:
		(void)snprintf(out, VERDICT_WORDS, "flaky %llu of %llu", (unsigned long long)f->flaky, sent);
		return;
	case REASON_THRESHOLD:
		(void)snprintf(out, VERDICT_WORDS, f->state == FINDING_SURE ? "over thresholds" : "below thresholds");
		return;
	case REASON_LIMIT:
		(void)snprintf(out, VERDICT_WORDS, "over its limit");
		return;
	}
}

char *verdict_confidence(char out[VERDICT_WORDS], const struct verdict_finding *f)
{
	static const char *const states[] = { [FINDING_SURE] = "sure", [FINDING_UNSURE] = "perhaps", [FINDING_NOISE] = "noise" };
	char why[VERDICT_WORDS];
	reason_words(why, f);
	(void)snprintf(out, VERDICT_WORDS, "%s%s%.40s", states[f->state], why[0] ? ", " : "", why);
	return out;
}

const char *verdict_state_name(enum finding_state s)
{
	static const char *const names[] = { [FINDING_SURE] = "sure", [FINDING_UNSURE] = "unsure", [FINDING_NOISE] = "noise" };
	return names[s];
}

const char *verdict_reason_name(enum finding_reason r)
{
	static const char *const names[] = {
		[REASON_TEST] = "test",   [REASON_UNMEASURED] = "unmeasured", [REASON_CONFIRMED] = "confirmed",
		[REASON_FLAKY] = "flaky", [REASON_THRESHOLD] = "threshold",   [REASON_LIMIT] = "limit",
	};
	return names[r];
}

struct slice verdict_request_line(const struct verdict_exchange *x)
{
	struct slice line = slice_cut(x->request, 0, slice_find_byte(x->request, '\n'));
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return slice_cut(line, 0, LINE_BYTES);
}

struct slice verdict_value(const char *value)
{
	return slice_str(value ? value : "(none)");
}
