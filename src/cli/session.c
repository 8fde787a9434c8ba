/* session: opens a run, shows it while it lasts, and accounts for it at its end. */
#include "cli/session.h"

#include "base/clock.h"
#include "cli/diffing.h"
#include "cli/ledger_file.h"
#include "cli/paths.h"
#include "cli/share.h"
#include "cli/stop.h"
#include "cli/terminal.h"
#include "output/differ.h"
#include "report/measure.h"
#include "report/summary.h"
#include "report/utf8.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TARGETS_MAX     64
#define PROGRESS_EVERY  (NS_PER_S / 4)
#define SUMMARY_BYTES   (64u << 20)
#define COLUMNS_DEFAULT 80

/* The timing of one measured output, copied: it outlives the output. */
struct kept_target {
	char label[128];
	struct hist from_due, from_send, lateness;
	struct measure *measure;
	char last_error[256];
};

struct session {
	const struct options *options;
	bool terminal;       /* standard error is one */
	bool line_shown;     /* a progress line stands there */
	char last_note[512]; /* so that the final error does not say it again */
	double last_seconds; /* of the last progress line */
	uint64_t last_done;
	struct ledger *ledger;
	struct kept_target *kept[TARGETS_MAX];
	struct summary_target targets[TARGETS_MAX];
	size_t target_count;
	double seconds;
	struct ledger_file ledger_file, report_file;
	double max_loss;       /* share; negative: not asked */
	struct differ *differ; /* NULL: nothing is compared */
	struct diffing diffing;
};

static void clear_line(struct session *s)
{
	if (s->line_shown)
		(void)fputs("\r\033[K", stderr);
	s->line_shown = false;
}

static void say(struct session *s, const char *sentence)
{
	struct buf text;
	buf_init(&text, 4096);
	clear_line(s);
	if (utf8_visible(&text, slice_str(sentence), false) == 0)
		(void)fprintf(stderr, "replay: %.*s\n", (int)text.len, (const char *)text.ptr);
	buf_release(&text);
}

static void on_note(void *arg, int level, const char *sentence)
{
	struct session *s = arg;
	if (s->options->quiet || (level > 0 && (uint64_t)level > s->options->verbose))
		return;
	(void)snprintf(s->last_note, sizeof s->last_note, "%s", sentence);
	say(s, sentence);
}

static size_t columns(void)
{
	size_t n = terminal_columns(STDERR_FILENO);
	return n ? n : COLUMNS_DEFAULT;
}

static void on_status(void *arg, const struct run_status *r)
{
	struct session *s = arg;
	double past = r->seconds - s->last_seconds;
	uint64_t count = r->done > s->last_done ? r->done - s->last_done : 0;
	struct progress p = {
		.seconds = r->seconds,
		.share = r->progress,
		.per_second = past > 0 ? (double)count / past : 0,
		.live = r->live,
		.messages = r->messages,
		.done = r->done,
		.in_flight = r->in_flight,
		.failed = r->failed,
		.lost = r->lost,
		.lateness_p99_ns = r->lateness_p99_ns,
		.draining = r->draining,
	};
	s->last_seconds = r->seconds;
	s->last_done = r->done;
	struct buf line;
	buf_init(&line, 4096);
	if (progress_line(&p, columns() - 1, &line) == 0) {
		(void)fprintf(stderr, "\r%.*s\033[K", (int)line.len, (const char *)line.ptr);
		s->line_shown = true;
	}
	buf_release(&line);
}

static void kept_free(struct kept_target *k)
{
	measure_free(k->measure);
	free(k);
}

static void keep_timings(struct session *s, const struct run *r)
{
	const char *label;
	struct timing t;
	while (s->target_count < TARGETS_MAX && run_timing(r, s->target_count, &label, &t)) {
		struct kept_target *k = calloc(1, sizeof *k);
		if (!k)
			return;
		(void)snprintf(k->label, sizeof k->label, "%s", label);
		(void)snprintf(k->last_error, sizeof k->last_error, "%s", t.last_error ? t.last_error : "");
		k->from_due = *t.from_due;
		k->from_send = *t.from_send;
		k->lateness = *t.lateness;
		k->measure = measure_copy(t.measure);
		s->kept[s->target_count] = k;
		struct summary_target *kept = &s->targets[s->target_count++];
		*kept = (struct summary_target){
			.label = k->label,
			.from_due = &k->from_due,
			.from_send = &k->from_send,
			.lateness = &k->lateness,
			.max_lateness_ns = t.max_lateness_ns,
			.scheduled = t.scheduled,
			.last_error = t.last_error ? k->last_error : NULL,
			.unsent = t.unsent,
			.measure = k->measure,
		};
		memcpy(kept->late_ns, t.late_ns, sizeof t.late_ns);
	}
}

/* Runs, finishes and closes. The first error stays in *err. */
static void go(struct session *s, struct run *r, struct err *err)
{
	enum run_end end = run_loop(r, err);
	clear_line(s);
	if (end == RUN_INTERRUPTED)
		err_set(err, ERR_IO, "interrupted: what was still under way is counted as unfinished");
	(void)run_finish(r, s->ledger, err);
	keep_timings(s, r);
	struct run_status status;
	run_final_status(r, &status);
	s->seconds = status.seconds;
	(void)run_close_outputs(r, s->ledger, err);
}

static int put_stdout(struct slice text)
{
	return fwrite(text.ptr, 1, text.len, stdout) == text.len && fflush(stdout) == 0 ? 0 : ERR_IO;
}

static void show_text_of(struct session *s, struct slice text, const struct err *err)
{
	(void)fwrite(text.ptr, 1, text.len, stderr);
	/* It ends in the error, where there was one. */
	if (err->code)
		(void)snprintf(s->last_note, sizeof s->last_note, "%s", err->text);
}

static void learn(struct session *s, struct err *err)
{
	struct buf rules;
	buf_init(&rules, SUMMARY_BYTES);
	if (differ_learned(s->differ, &rules) != 0)
		(void)err_set(err, ERR_NOMEM, "out of memory while writing down the rules");
	else if (diffing_save_learned(&s->diffing, buf_slice(&rules), err) == 0 && !s->options->quiet)
		(void)fprintf(stderr, "learned   rules in %s: review them, then give it to --diff-rules\n", s->options->diff.learn);
	buf_release(&rules);
}

static void tell_reports(const struct session *s)
{
	const struct text_list *reports = &s->options->diff.reports;
	for (size_t i = 0; i < reports->n && !s->options->quiet; i++)
		(void)fprintf(stderr, "report    %s\n", reports->text[i]);
}

/* What the comparison came to; or the rules that it learned. */
static void show_verdict(struct session *s, struct slice summary_json, struct err *err)
{
	if (!s->diffing.verdict)
		return;
	struct buf text;
	buf_init(&text, SUMMARY_BYTES);
	bool told = !s->options->quiet && !s->options->diff.learn;
	if (told && diffing_text(&s->diffing, terminal_columns(STDERR_FILENO), terminal_colour(STDERR_FILENO), &text) == 0)
		(void)fwrite(text.ptr, 1, text.len, stderr);
	buf_release(&text);
	if (diffing_report(&s->diffing, summary_json, s->seconds, err) == 0)
		tell_reports(s);
	if (s->options->diff.learn)
		learn(s, err);
}

/* The summary where the options want it; of a run that did not begin, only the ledger file tells. */
static void show(struct session *s, bool began, struct err *err)
{
	struct summary sum = { .ledger = s->ledger,
		               .seconds = s->seconds,
		               .targets = s->targets,
		               .n = s->target_count,
		               .error = err->code ? err->text : NULL };
	struct buf json, report, text;
	buf_init(&json, SUMMARY_BYTES);
	buf_init(&report, SUMMARY_BYTES);
	buf_init(&text, SUMMARY_BYTES);
	bool told = summary_json(&sum, &json) == 0 && buf_append_str(&json, "\n") == 0 && summary_text(&sum, &text) == 0;
	if (s->options->report_path)
		told = told && summary_report(&sum, &report) == 0 && buf_append_str(&report, "\n") == 0;
	if (!told) {
		err_set(err, ERR_NOMEM, "out of memory while summing up");
	} else {
		if (began && !s->options->quiet)
			show_text_of(s, buf_slice(&text), err);
		if (began && s->options->json && put_stdout(buf_slice(&json)))
			err_set_errno(err, "cannot write to standard output");
		(void)ledger_file_finish(&s->ledger_file, buf_slice(&json), err);
		(void)ledger_file_finish(&s->report_file, buf_slice(&report), err);
		if (began)
			show_verdict(s, buf_slice(&json), err);
	}
	buf_release(&json);
	buf_release(&report);
	buf_release(&text);
}

static bool too_much_lost(struct session *s)
{
	struct buf sentence;
	buf_init(&sentence, 4096);
	bool lost = s->max_loss >= 0 && summary_lost(s->ledger, s->max_loss, &sentence);
	if (lost && buf_append(&sentence, slice_of("", 1)) == 0)
		say(s, (const char *)sentence.ptr);
	buf_release(&sentence);
	return lost;
}

static int status_of(struct session *s, struct err *err)
{
	if (!err->code)
		(void)diffing_held(&s->diffing, err);
	if (err->code) {
		bool said = strcmp(err->text, s->last_note) == 0;
		return said ? (err->code == ERR_USAGE ? EXIT_USAGE : EXIT_FAILED) : complain(err);
	}
	const struct summary sum = { .targets = s->targets, .n = s->target_count };
	if (s->diffing.verdict && s->diffing.verdict->failed)
		return EXIT_DIFFERENT;
	if (too_much_lost(s))
		return EXIT_LOSS;
	bool asked = s->options->run.http.max_lateness_ns > 0;
	return asked && !summary_schedule_held(&sum) ? EXIT_LATE : EXIT_HELD;
}

/* Each lane of a replay is a connection, and the soft limit is often 1,024. */
static void raise_descriptor_limit(void)
{
	struct rlimit l;
	if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= l.rlim_max)
		return;
	l.rlim_cur = l.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &l);
}

/* Before the run, so that a path that will not do is known then. */
static int open_files(struct session *s, struct err *err)
{
	int rc = ledger_file_open(&s->ledger_file, "ledger", s->options->ledger_path, err);
	int other = ledger_file_open(&s->report_file, "report", s->options->report_path, err);
	rc = rc ? rc : other;
	return rc || !s->differ ? rc : diffing_open_files(&s->diffing, err);
}

static int open_differ(struct session *s, const struct run_options *run, struct err *err)
{
	const struct diff_options *o = &s->options->diff;
	if (!o->candidate_url)
		return 0;
	struct differ_options differ = { .confirm = o->confirm };
	int rc = diffing_open(&s->diffing, o, &differ.book, err);
	if (rc)
		return rc;
	differ.names = s->diffing.names;
	differ.asked[SIDE_CONTROL] = o->control_url != NULL;
	differ.asked[SIDE_SECOND] = o->second_url != NULL;
	differ.book.candidate = o->candidate_url;
	differ.book.control = o->control_url ? o->control_url : "recorded";
	differ.book.second = o->second_url;
	s->differ = differ_new(&differ, run->threads ? (unsigned)run->threads : 1, err);
	return s->differ ? 0 : err->code;
}

static void sum_up_differ(struct session *s, struct err *err)
{
	struct err why = { .code = ERR_NONE };
	if (!s->differ)
		return;
	s->diffing.verdict = differ_verdict(s->differ, &why);
	if (!s->diffing.verdict)
		(void)err_set(err, why.code, "%s", why.text);
}

int session_run(const struct options *o)
{
	struct err err = { .code = ERR_NONE };
	struct session s = { .options = o, .max_loss = -1 };
	if (paths_check(o, &err) != 0)
		return complain(&err);
	if (o->max_loss && share_parse("max-loss", o->max_loss, &s.max_loss, &err) != 0)
		return complain(&err);
	s.ledger = ledger_new();
	s.terminal = !o->quiet && isatty(STDERR_FILENO);
	if (!s.ledger) {
		err_set(&err, ERR_NOMEM, "out of memory");
		return complain(&err);
	}
	raise_descriptor_limit();
	sigset_t signals;
	int stop = stop_descriptor(&signals);
	struct run_hooks hooks = {
		.stop_fd = stop,
		.stop_size = sizeof(struct signalfd_siginfo),
		.status_every_ns = s.terminal ? PROGRESS_EVERY : 0,
		.arg = &s,
		.status = on_status,
		.note = on_note,
	};
	struct run_options settled = o->run;
	settled.http.measure = o->report_path != NULL;
	struct run *r = NULL;
	if (open_differ(&s, &settled, &err) == 0) {
		settled.http.differ = s.differ;
		r = run_open(&settled, &hooks, &err);
	}
	/* Not before: opening may take its time (a capture is put in order first), and there is nothing to drain yet. */
	(void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
	struct err file_err = { .code = ERR_NONE };
	/* After run_open: whoever the process has become must be able to write it. */
	bool kept = open_files(&s, &file_err) == 0;
	if (r && kept)
		go(&s, r, &err);
	if (r)
		run_free(r);
	if (r && kept)
		sum_up_differ(&s, &err);
	if (!kept)
		err_set(&err, file_err.code, "%s", file_err.text);
	show(&s, kept && r != NULL, &err);
	int status = status_of(&s, &err);
	for (size_t i = 0; i < s.target_count; i++)
		kept_free(s.kept[i]);
	ledger_free(s.ledger);
	differ_free(s.differ);
	diffing_release(&s.diffing);
	if (stop >= 0)
		(void)close(stop);
	return status;
}
