/* cmd_diff: `replay diff LOG [LOG]`: two logs' answers, exchange by exchange. */
#include "base/units.h"
#include "cli/commands.h"
#include "cli/diffing.h"
#include "cli/log_sniff.h"
#include "cli/paths.h"
#include "cli/pipe_out.h"
#include "cli/reading.h"
#include "cli/show_exchange.h"
#include "cli/stop.h"
#include "cli/terminal.h"
#include "input/log_pairs.h"

#include <stdio.h>
#include <unistd.h>

#define STOP_EVERY 64 /* messages, which take a moment only, unless they are huge */

struct two_logs {
	struct options *o;
	const char *path[LOG_SIDES];
	bool one; /* both sides are one log */
	struct source *source[LOG_SIDES];
	bool ended[LOG_SIDES];
	struct log_pairs *pairs;
	int stop_fd;
	struct book *book; /* NULL: one exchange is to be shown */
	struct message_id shown;
	bool found;
	const struct diffing *diffing;
	struct buf folded;
	struct buf *out;
};

/* --- an exchange -------------------------------------------------------------------------------------------------------------------------- */

static enum not_comparable hindrance(const struct log_pair *p)
{
	if (!p->asked[LOG_CONTROL] || !p->asked[LOG_CANDIDATE])
		return NC_ONLY_ONE_LOG;
	if (!p->answer[LOG_CONTROL])
		return NC_NO_RECORDED;
	bool damaged = p->answer[LOG_CONTROL]->flags || (p->answer[LOG_CANDIDATE] && p->answer[LOG_CANDIDATE]->flags);
	return damaged ? NC_INCOMPLETE_RECORDED : NC_CAUSES;
}

static void compare(struct two_logs *t, const struct log_pair *p)
{
	struct request_view v = { .method = slice_str("?") };
	char id[MESSAGE_ID_MAX + 1];
	bool request = view_request(t->diffing->names, message_bytes(p->request), &t->folded, &v);
	enum not_comparable why = request ? hindrance(p) : NC_MEMORY;
	if (why != NC_CAUSES) {
		book_not_comparable(t->book, v.method, v.folded, why);
		return;
	}
	(void)snprintf(id, sizeof id, "%.*s", p->request->id.len, p->request->id.hex);
	struct book_exchange x = { .id = id, .request = message_bytes(p->request), .method = v.method, .path = v.path, .folded = v.folded };
	view_kept_answer(p->request, p->answer[LOG_CONTROL], &x.control);
	view_kept_answer(p->request, p->answer[LOG_CANDIDATE], &x.candidate);
	if (!p->answer[LOG_CANDIDATE])
		x.candidate.failed = "no answer in the log";
	(void)book_add(t->book, &x);
}

static bool is_shown(const struct two_logs *t, const struct log_pair *p)
{
	return message_id_eq(&p->request->id, &t->shown) ||
	       (p->answer[LOG_CANDIDATE] && message_id_eq(&p->answer[LOG_CANDIDATE]->id, &t->shown));
}

static int show(struct two_logs *t, const struct log_pair *p, struct err *err)
{
	char path[64];
	if (t->found || !is_shown(t, p))
		return 0;
	t->found = true;
	if (show_exchange(p, t->diffing->rules, t->out) != 0)
		return err_set(err, ERR_NOMEM, "out of memory");
	int rc = save_exchange(p, path, err);
	return rc ? rc : buf_printf(t->out, "--- kept as a log\n%s\n", path);
}

static int settle(struct two_logs *t, bool all, struct err *err)
{
	struct log_pair p;
	int rc = 0;
	while (rc == 0 && log_pairs_next(t->pairs, all, &p)) {
		if (t->book)
			compare(t, &p);
		else
			rc = show(t, &p, err);
		log_pair_release(&p);
	}
	return rc;
}

/* --- reading ------------------------------------------------------------------------------------------------------------------------------ */

/* One message of that log. 0 or a negative error. */
static int read_one(struct two_logs *t, enum log_side side, struct err *err)
{
	struct message *m;
	enum log_read got = source_next(t->source[side], &m, err);
	t->ended[side] = got != LOG_READ_MESSAGE;
	if (got == LOG_READ_FAIL)
		return err->code;
	if (got == LOG_READ_END)
		return 0;
	int rc = log_pairs_add(t->pairs, side, m);
	if (t->one && rc == 0)
		rc = log_pairs_add(t->pairs, LOG_CANDIDATE, m);
	message_unref(m);
	return rc ? err_set(err, ERR_NOMEM, "out of memory") : 0;
}

/* The log that is behind, so that little waits. */
static enum log_side whose_turn(const struct two_logs *t)
{
	if (t->ended[LOG_CONTROL] || t->ended[LOG_CANDIDATE])
		return t->ended[LOG_CONTROL] ? LOG_CANDIDATE : LOG_CONTROL;
	return log_pairs_behind(t->pairs, LOG_CONTROL) >= log_pairs_behind(t->pairs, LOG_CANDIDATE) ? LOG_CONTROL : LOG_CANDIDATE;
}

static int read_all(struct two_logs *t, struct err *err)
{
	int rc = 0;
	for (unsigned n = 0; rc == 0 && !(t->ended[LOG_CONTROL] && t->ended[LOG_CANDIDATE]); n++) {
		if (n % STOP_EVERY == 0 && stop_asked(t->stop_fd))
			return err_set(err, ERR_IO, "interrupted: nothing was written");
		rc = read_one(t, whose_turn(t), err);
		rc = rc ? rc : settle(t, false, err);
	}
	return rc ? rc : settle(t, true, err);
}

static int open_logs(struct two_logs *t, struct err *err)
{
	int rc = reading_bounds(t->o, t->path, t->one ? 1 : LOG_SIDES, err);
	for (int s = 0; s < LOG_SIDES && rc == 0; s++) {
		if (t->one && s == LOG_CANDIDATE) {
			t->ended[s] = true;
			continue;
		}
		t->source[s] = reading_open(t->o, t->path[s], false, err);
		rc = t->source[s] ? 0 : err->code;
	}
	return rc;
}

/* recorded, replayed, or replayed:N */
static int answers_option(const char *option, const char *text, enum message_type *type, uint16_t *target, struct err *err)
{
	static const char replayed[] = "replayed";
	const char *number = text && strncmp(text, replayed, sizeof replayed - 1) == 0 ? text + sizeof replayed - 1 : NULL;
	uint64_t n = *target;
	if (!text)
		return 0;
	if (strcmp(text, "recorded") != 0 && (!number || (*number && (*number != ':' || parse_u64(number + 1, &n) != 0 || n > UINT16_MAX))))
		return err_set(err, ERR_USAGE, "--%s: '%.40s' is none of recorded, replayed and replayed:N, the N-th target's, from 0",
		               option, text);
	*type = number ? MESSAGE_REPLAYED : MESSAGE_RESPONSE;
	*target = (uint16_t)n;
	return 0;
}

/* What is not said is seen from the beginnings of both logs. */
static int pairs_options(struct two_logs *t, struct log_pairs_options *p, struct err *err)
{
	const struct diff_options *d = &t->o->diff;
	struct log_sniff seen = { .ids_meet = false };
	int rc = log_sniff(t->o, t->path, t->one ? 1 : LOG_SIDES, &seen, err);
	if (rc)
		return rc;
	p->answers[LOG_CONTROL] = seen.replayed[LOG_CONTROL] && !t->one ? MESSAGE_REPLAYED : MESSAGE_RESPONSE;
	p->answers[LOG_CANDIDATE] = seen.replayed[t->one ? LOG_CONTROL : LOG_CANDIDATE] ? MESSAGE_REPLAYED : MESSAGE_RESPONSE;
	p->target[LOG_CONTROL] = seen.target[LOG_CONTROL];
	p->target[LOG_CANDIDATE] = seen.target[t->one ? LOG_CONTROL : LOG_CANDIDATE];
	p->by_request = !t->one && !seen.ids_meet;
	if (d->by && strcmp(d->by, "id") != 0 && strcmp(d->by, "request") != 0)
		return err_set(err, ERR_USAGE, "--by: '%.40s' is neither id nor request", d->by);
	if (d->by)
		p->by_request = d->by[0] == 'r';
	rc = answers_option("control", d->control, &p->answers[LOG_CONTROL], &p->target[LOG_CONTROL], err);
	rc = rc ? rc : answers_option("candidate", d->candidate, &p->answers[LOG_CANDIDATE], &p->target[LOG_CANDIDATE], err);
	bool same = p->answers[LOG_CONTROL] == p->answers[LOG_CANDIDATE] && p->target[LOG_CONTROL] == p->target[LOG_CANDIDATE];
	if (rc == 0 && t->one && same)
		return err_set(err, ERR_USAGE,
		               "%.200s holds no replayed answers to compare with the recorded ones: give a second log, or make one with "
		               "--output-http-track-response",
		               t->path[0]);
	return rc;
}

/* --- the command -------------------------------------------------------------------------------------------------------------------------- */

static int tell(struct two_logs *t, struct diffing *d, struct pipe_out *out, struct err *err)
{
	if (!t->book)
		return t->found ? 0 : err_set(err, ERR_USAGE, "--show: no exchange %.40s in %.200s", t->o->diff.show, t->path[LOG_CONTROL]);
	d->verdict = book_verdict(t->book, err);
	if (!d->verdict)
		return err->code;
	int rc = t->o->json ? diffing_json(d, &out->buf)
	                    : diffing_text(d, terminal_columns(STDOUT_FILENO), terminal_colour(STDOUT_FILENO), &out->buf);
	rc = rc ? err_set(err, ERR_NOMEM, "out of memory") : 0;
	int written = diffing_report(d, slice_of(NULL, 0), -1, err);
	rc = rc ? rc : written;
	return rc ? rc : diffing_held(d, err);
}

static int check(const struct options *o, struct message_id *shown, struct err *err)
{
	if (o->operands.n < 1 || o->operands.n > 2)
		return err_set(err, ERR_USAGE, "diff takes one log or two: replay diff LOG [LOG]");
	for (size_t i = 0; i < o->operands.n; i++)
		if (strcmp(o->operands.text[i], "-") == 0)
			return err_set(err, ERR_USAGE, "diff reads its logs twice: write standard input to a file first");
	if (o->diff.show && !message_id_parse(slice_str(o->diff.show), shown))
		return err_set(err, ERR_USAGE, "--show: '%.60s' is no id, which is up to 40 hexadecimal digits", o->diff.show);
	return paths_check(o, err);
}

static int compare_logs(struct two_logs *t, struct diffing *d, struct pipe_out *out, struct err *err)
{
	struct book_options book = { .control = t->path[LOG_CONTROL], .candidate = t->path[LOG_CANDIDATE] };
	struct log_pairs_options pairs = { .by_request = false };
	int rc = diffing_open(d, &t->o->diff, &book, err);
	rc = rc ? rc : pairs_options(t, &pairs, err);
	rc = rc ? rc : diffing_open_files(d, err);
	rc = rc ? rc : open_logs(t, err);
	if (rc)
		return rc;
	t->pairs = log_pairs_new(&pairs);
	if (!t->pairs)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (!t->o->diff.show && !(t->book = book_new(&book, err)))
		return err->code;
	rc = read_all(t, err);
	return rc ? rc : tell(t, d, out, err);
}

int cmd_diff(struct options *o)
{
	struct err err = { .code = ERR_NONE };
	struct diffing d = { .wanted = NULL };
	struct pipe_out out;
	struct two_logs t = { .o = o, .diffing = &d, .out = &out.buf };
	if (check(o, &t.shown, &err))
		return complain(&err);
	t.one = o->operands.n == 1;
	t.path[LOG_CONTROL] = o->operands.text[0];
	t.path[LOG_CANDIDATE] = o->operands.text[t.one ? 0 : 1];
	sigset_t signals;
	t.stop_fd = stop_descriptor(&signals);
	if (t.stop_fd >= 0)
		(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	buf_init(&t.folded, 4096);
	pipe_out_init(&out);
	(void)compare_logs(&t, &d, &out, &err);
	/* All files are written: whoever waits for a pager may be ended at once. */
	if (t.stop_fd >= 0)
		(void)pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	(void)pipe_out_flush(&out, true, &err);
	int status = err.code ? complain(&err) : d.verdict && d.verdict->failed ? EXIT_DIFFERENT : EXIT_HELD;
	pipe_out_release(&out);
	book_free(t.book);
	log_pairs_free(t.pairs);
	for (int s = 0; s < LOG_SIDES; s++)
		if (t.source[s])
			source_close(t.source[s]);
	if (t.stop_fd >= 0)
		(void)close(t.stop_fd);
	buf_release(&t.folded);
	diffing_release(&d);
	return status;
}
