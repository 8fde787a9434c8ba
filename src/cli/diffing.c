/* diffing: see the header. */
#include "cli/diffing.h"

#include "cli/share.h"
#include "cli/text_file.h"
#include "report/verdict_html.h"
#include "report/verdict_json.h"
#include "report/verdict_junit.h"
#include "report/verdict_text.h"

#include <stdio.h>
#include <time.h>

#define RULES_BYTES  (4u << 20)
#define REPORT_BYTES ((size_t)1 << 30)

bool diffing_wanted(const struct diff_options *o)
{
	return o->on || o->ignore.n || o->rule_files.n || o->expect_files.n || o->reports.n || o->endpoints.n || o->learn || o->latency ||
	       o->fail || o->relative || o->absolute || o->confirm || o->seed || o->all_headers || o->timestamps;
}

static int read_rules(struct diffing *d, struct err *err)
{
	const struct diff_options *o = d->wanted;
	int rc = 0;
	struct buf text;
	buf_init(&text, RULES_BYTES);
	for (size_t i = 0; i < o->ignore.n && rc == 0; i++)
		rc = rules_add(d->rules, slice_str(o->ignore.text[i]), "--diff-ignore", err);
	for (size_t i = 0; i < o->rule_files.n && rc == 0; i++) {
		rc = text_file_read(o->rule_files.text[i], "rules", &text, err);
		rc = rc ? rc : rules_add_text(d->rules, buf_slice(&text), o->rule_files.text[i], err);
	}
	for (size_t i = 0; i < o->expect_files.n && rc == 0; i++) {
		rc = text_file_read(o->expect_files.text[i], "expectations", &text, err);
		rc = rc ? rc : expect_add_text(d->expect, buf_slice(&text), o->expect_files.text[i], err);
	}
	buf_release(&text);
	return rc;
}

/* -1 where it was not given. */
static int share_or_none(const char *option, const char *text, double *out, struct err *err)
{
	*out = -1;
	return text ? share_parse(option, text, out, err) : 0;
}

static int more_or_none(const char *option, const char *text, double *out, struct err *err)
{
	*out = -1;
	return text ? share_parse_more(option, text, out, err) : 0;
}

static int read_shares(const struct diff_options *o, struct book_options *book, struct err *err)
{
	int rc = more_or_none("diff-latency", o->latency, &book->latency_share, err);
	rc = rc ? rc : share_or_none("diff-fail", o->fail, &book->fail_share, err);
	rc = rc ? rc : more_or_none("diff-relative", o->relative, &book->relative, err);
	rc = rc ? rc : share_or_none("diff-absolute", o->absolute, &book->absolute, err);
	book->relative = book->relative < 0 ? BOOK_RELATIVE : book->relative;
	book->absolute = book->absolute < 0 ? BOOK_ABSOLUTE : book->absolute;
	return rc;
}

static bool ends_in(const char *path, const char *ending)
{
	size_t n = strlen(path), k = strlen(ending);
	return n > k && strcmp(path + n - k, ending) == 0;
}

enum report_form { REPORT_HTML, REPORT_JSON, REPORT_JUNIT, REPORT_FORMS };

static enum report_form form_of_path(const char *path)
{
	static const struct {
		const char *ending;
		enum report_form form;
	} endings[] = { { ".html", REPORT_HTML }, { ".htm", REPORT_HTML }, { ".json", REPORT_JSON }, { ".xml", REPORT_JUNIT } };
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (ends_in(path, endings[i].ending))
			return endings[i].form;
	return REPORT_FORMS;
}

static int check_reports(const struct text_list *reports, struct err *err)
{
	if (reports->n > REPORTS_MAX)
		return err_set(err, ERR_USAGE, "--diff-report: at most %d", REPORTS_MAX);
	for (size_t i = 0; i < reports->n; i++)
		if (form_of_path(reports->text[i]) == REPORT_FORMS)
			return err_set(err, ERR_USAGE, "--diff-report %.200s: its name says the form: .html, .json or .xml (JUnit)",
			               reports->text[i]);
	return 0;
}

int diffing_open(struct diffing *d, const struct diff_options *o, struct book_options *book, struct err *err)
{
	*d = (struct diffing){ .wanted = o, .rules = rules_new(), .expect = expect_new() };
	d->learned.fd = -1;
	for (size_t i = 0; i < REPORTS_MAX; i++)
		d->reports[i].fd = -1;
	if (!d->rules || !d->expect)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (o->all_headers)
		rules_without_volatile(d->rules);
	int rc = check_reports(&o->reports, err);
	rc = rc ? rc : read_rules(d, err);
	rc = rc ? rc : read_shares(o, book, err);
	if (rc == 0 && !(d->names = endpoint_names_new(&o->endpoints, err)))
		rc = err->code;
	book->rules = d->rules;
	book->expect = expect_count(d->expect) ? d->expect : NULL;
	book->decode = view_decode;
	book->alpha = BOOK_ALPHA;
	book->seed = o->seed ? o->seed : 1;
	book->learning = o->learn != NULL;
	book->present_counts = o->timestamps;
	return rc;
}

void diffing_release(struct diffing *d)
{
	if (!d->wanted)
		return;
	ledger_file_discard(&d->learned);
	for (size_t i = 0; i < REPORTS_MAX; i++)
		ledger_file_discard(&d->reports[i]);
	verdict_free(d->verdict);
	endpoint_names_free(d->names);
	rules_free(d->rules);
	expect_free(d->expect);
	*d = (struct diffing){ .wanted = NULL };
}

int diffing_open_files(struct diffing *d, struct err *err)
{
	int rc = ledger_file_open(&d->learned, "diff-learn", d->wanted->learn, err);
	for (size_t i = 0; i < d->wanted->reports.n && rc == 0; i++)
		rc = ledger_file_open(&d->reports[i], "diff-report", d->wanted->reports.text[i], err);
	return rc;
}

static int write_report(const struct diffing *d, enum report_form form, struct slice summary_json, double seconds, struct buf *out)
{
	char made[96];
	struct tm utc;
	time_t now = time(NULL);
	size_t n = gmtime_r(&now, &utc) ? strftime(made, sizeof made, "%Y-%m-%dT%H:%M:%SZ, replay " REPLAY_VERSION, &utc) : 0;
	made[n] = 0;
	const struct verdict_page page = {
		.verdict = d->verdict, .ledger_json = summary_json, .title = "replay: differences", .made = made, .decode = view_decode
	};
	const struct verdict_json_options json = { .made = made };
	switch (form) {
	case REPORT_HTML:
		return verdict_html(&page, out);
	case REPORT_JSON:
		return verdict_json(d->verdict, &json, out);
	default:
		return verdict_junit(d->verdict, "replay", seconds, out);
	}
}

int diffing_report(struct diffing *d, struct slice summary_json, double seconds, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < d->wanted->reports.n; i++) {
		struct buf text;
		buf_init(&text, REPORT_BYTES);
		int one = write_report(d, form_of_path(d->wanted->reports.text[i]), summary_json, seconds, &text);
		one = one ? err_set(err, one == ERR_NOMEM ? ERR_NOMEM : ERR_LIMIT, "%.200s: %s", d->wanted->reports.text[i],
		                    one == ERR_NOMEM ? "out of memory" : "the report would be larger than 1 GiB")
		          : ledger_file_finish(&d->reports[i], buf_slice(&text), err);
		rc = rc ? rc : one;
		buf_release(&text);
	}
	return rc;
}

/* Exchanges of which the candidate's answer came, as far as findings say. */
static uint64_t answered(const struct verdict *v)
{
	uint64_t n = v->compared;
	for (size_t i = 0; i < v->finding_count; i++)
		if (strcmp(v->findings[i].path, "answer") == 0)
			n -= v->findings[i].differ < n ? v->findings[i].differ : n;
	return n;
}

int diffing_save_learned(struct diffing *d, struct slice rules, struct err *err)
{
	const struct verdict *v = d->verdict;
	if (v && answered(v) == 0) {
		/* Rules that were learned before are worth more than none. */
		ledger_file_discard(&d->learned);
		return err_set(err, ERR_IO, "--diff-learn: %s, so no rules were learned, and %.200s was not written",
		               v->compared ? "no answer came" : "nothing was compared", d->wanted->learn);
	}
	return ledger_file_finish(&d->learned, rules, err);
}

int diffing_text(const struct diffing *d, size_t columns, bool colour, struct buf *out)
{
	const struct verdict_text_options o = { .columns = columns, .colour = colour };
	return verdict_text(d->verdict, &o, out);
}

int diffing_json(const struct diffing *d, struct buf *out)
{
	const struct verdict_json_options o = { .made = NULL };
	int rc = verdict_json(d->verdict, &o, out);
	return rc ? rc : buf_append_str(out, "\n");
}

int diffing_held(const struct diffing *d, struct err *err)
{
	const struct verdict *v = d->verdict;
	if (!v || v->fail_share < 0 || v->compared > 0 || v->failed)
		return 0;
	return err_set(err, ERR_IO, "--diff-fail: nothing was compared: none of %llu exchanges could be", (unsigned long long)v->seen);
}
