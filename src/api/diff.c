/* diff: replay/diff.h over diff/book and report/verdict_*. */
#include "api/handles.h"
#include "diff/book.h"
#include "output/exchange_view.h"
#include "report/verdict_html.h"
#include "report/verdict_json.h"
#include "report/verdict_junit.h"
#include "report/verdict_text.h"

#include <replay/diff.h>
#include <stdlib.h>

#define FOLDED_BYTES 4096
#define REPORT_BYTES ((size_t)1 << 30)

struct rp_diff {
	struct rules *rules;
	struct book *book; /* made with the first exchange, when the rules are known */
	char *control, *candidate, *second;
	struct buf folded;
};

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

rp_diff *rp_diff_open(const char *control, const char *candidate, const char *second, rp_error *error)
{
	struct err err = { 0 };
	rp_diff *d = calloc(1, sizeof *d);
	if (d) {
		buf_init(&d->folded, FOLDED_BYTES);
		d->rules = rules_new();
		d->control = copy(control ? control : "control");
		d->candidate = copy(candidate ? candidate : "candidate");
		d->second = copy(second);
	}
	if (!d || !d->rules || !d->control || !d->candidate || (second && !d->second)) {
		(void)err_set(&err, ERR_NOMEM, "out of memory");
		rp_diff_close(d);
		d = NULL;
	}
	(void)api_error(error, &err);
	return d;
}

int rp_diff_rules(rp_diff *d, const char *text, const char *name, rp_error *error)
{
	struct err err = { 0 };
	if (d->book)
		(void)err_set(&err, ERR_USAGE, "rules come before the first exchange");
	else
		(void)rules_add_text(d->rules, slice_str(text), name ? name : "rules", &err);
	return api_error(error, &err);
}

static int open_book(rp_diff *d, struct err *err)
{
	const struct book_options options = {
		.control = d->control,
		.candidate = d->candidate,
		.second = d->second,
		.rules = d->rules,
		.decode = view_decode,
		.alpha = BOOK_ALPHA,
		.relative = BOOK_RELATIVE,
		.absolute = BOOK_ABSOLUTE,
		.latency_share = -1,
		.fail_share = -1,
		.seed = 1,
	};
	if (!d->book)
		d->book = book_new(&options, err);
	return d->book ? 0 : ERR_NOMEM;
}

static bool damaged(const struct message *m)
{
	return m && m->flags;
}

int rp_diff_add(rp_diff *d, const rp_message *request, const rp_message *control, const rp_message *candidate, const rp_message *second)
{
	const struct message *q = message_of(request), *answers[] = { message_of(control), message_of(candidate), message_of(second) };
	struct request_view v;
	char id[RP_ID_TEXT];
	if (open_book(d, NULL) != 0)
		return ERR_NOMEM;
	if (!view_request(NULL, message_bytes(q), &d->folded, &v))
		return ERR_FORMAT;
	if (damaged(answers[0]) || damaged(answers[1]) || damaged(answers[2])) {
		book_not_comparable(d->book, v.method, v.folded, NC_INCOMPLETE_RECORDED);
		return ERR_FORMAT;
	}
	struct book_exchange x = {
		.id = rp_message_id(request, id), .request = message_bytes(q), .method = v.method, .path = v.path, .folded = v.folded
	};
	view_kept_answer(q, answers[0], &x.control);
	view_kept_answer(q, answers[1], &x.candidate);
	view_kept_answer(q, answers[2], &x.second);
	if (!answers[1])
		x.candidate.failed = "no answer";
	switch (book_add(d->book, &x)) {
	case EXCHANGE_DIFFERENT:
		return 1;
	case EXCHANGE_NOT_COMPARABLE:
		return ERR_FORMAT;
	default:
		return 0;
	}
}

static int write_report(const struct verdict *v, rp_diff_form form, struct buf *out)
{
	const struct verdict_text_options text = { .columns = 0 };
	const struct verdict_json_options json = { .made = NULL };
	const struct verdict_page page = { .verdict = v, .decode = view_decode };
	switch (form) {
	case RP_DIFF_TEXT:
		return verdict_text(v, &text, out);
	case RP_DIFF_JSON:
		return verdict_json(v, &json, out);
	case RP_DIFF_HTML:
		return verdict_html(&page, out);
	case RP_DIFF_JUNIT:
		return verdict_junit(v, "replay", -1, out);
	}
	return ERR_USAGE;
}

int rp_diff_report(rp_diff *d, rp_diff_form form, char **text, size_t *length, size_t *findings, rp_error *error)
{
	struct err err = { 0 };
	struct buf out;
	buf_init(&out, REPORT_BYTES);
	struct verdict *v = open_book(d, &err) == 0 ? book_verdict(d->book, &err) : NULL;
	int rc = v ? write_report(v, form, &out) : ERR_NOMEM;
	rc = rc ? rc : buf_append(&out, slice_of("", 1));
	if (rc == 0) {
		*text = (char *)out.ptr; /* malloc's */
		*length = out.len - 1;
		if (findings)
			*findings = v->sure_count;
	} else {
		(void)err_set(&err, rc, "%s",
		              rc == ERR_USAGE ? "no such form of report" : "out of memory, or the report would be larger than 1 GiB");
		buf_release(&out);
	}
	verdict_free(v);
	return api_error(error, &err);
}

void rp_diff_close(rp_diff *d)
{
	if (!d)
		return;
	book_free(d->book);
	rules_free(d->rules);
	buf_release(&d->folded);
	free(d->control);
	free(d->candidate);
	free(d->second);
	free(d);
}
