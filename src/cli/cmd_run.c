/* cmd_run: `replay --input-… --output-…`: does what is asked make sense? Then a session. */
#include "cli/diffing.h"
#include "cli/dry_run.h"
#include "cli/reading.h"
#include "cli/schedule.h"
#include "cli/session.h"
#include "output/differ.h"

static bool any(const struct addresses *lists)
{
	for (size_t i = 0; i < RUN_KINDS_MAX; i++)
		if (lists[i].n)
			return true;
	return false;
}

/* One candidate, and what to compare it with. */
static int check_diff(struct options *o, struct err *err)
{
	struct addresses *targets = options_output(o, "output-http"), *baselines = options_output(o, "output-http-baseline");
	if (baselines->n)
		o->diff.on = true;
	if (!diffing_wanted(&o->diff))
		return 0;
	if (targets->n != 1)
		return err_set(err, ERR_USAGE, "--diff compares the answers of one --output-http: %s",
		               targets->n ? "there are several" : "there is none");
	if (baselines->n > 2)
		return err_set(err, ERR_USAGE, "--output-http-baseline: at most two, the second to measure noise");
	if (o->diff.confirm > CONFIRM_MAX)
		return err_set(err, ERR_USAGE, "--diff-confirm: at most %d times", CONFIRM_MAX);
	struct diff_options *d = &o->diff;
	d->candidate_url = targets->text[0];
	d->control_url = baselines->n ? baselines->text[0] : NULL;
	d->second_url = baselines->n == 2 ? baselines->text[1] : NULL;
	if (!d->learn || baselines->n)
		return 0;
	/* The recorded response is the control, and the target is asked a second time. */
	d->second_url = targets->text[0];
	return addresses_add(baselines, targets->text[0]) ? err_set(err, ERR_NOMEM, "out of memory") : 0;
}

static int check(struct options *o, struct err *err)
{
	if (o->operands.n)
		return err_set(err, ERR_USAGE, "'%.80s' is no option and no command: see replay --help", o->operands.text[0]);
	if (!any(o->run.inputs))
		return err_set(err, ERR_USAGE,
		               "no input: say where requests come from, with --input-raw :PORT or --input-file FILE (see replay --help)");
	if (!any(o->run.outputs) && !o->dry_run)
		return err_set(err, ERR_USAGE,
		               "no output: say where they go, with --output-file FILE or --output-http URL (see replay --help)");
	struct addresses *to_stdout = options_output(o, "output-stdout"), *files = options_input(o, "input-file");
	if (o->json && to_stdout && to_stdout->n)
		return err_set(err, ERR_USAGE, "--json and --output-stdout both write to standard output: give one of them");
	if (o->run.http.carry.n && o->run.threads > 1)
		return err_set(err, ERR_USAGE, "--carry learns from the answers of all connections: give it without --threads");
	if (o->run.http.carry.n && o->run.http.pipeline)
		return err_set(err, ERR_USAGE,
		               "--carry needs each answer before the request behind it: give it without --output-http-pipeline");
	struct addresses *logs = options_output(o, "output-file"), *null = options_output(o, "output-null");
	if (o->run.http.track_response && !(logs && logs->n) && !(to_stdout && to_stdout->n) && !(null && null->n))
		return err_set(err, ERR_USAGE, "--output-http-track-response keeps answers: give --output-file or --output-stdout too");
	if (check_diff(o, err) != 0 || schedule_settle(o, err) != 0)
		return err->code;
	if (!o->from && !o->to)
		return 0;
	if (!files || !files->n)
		return err_set(err, ERR_USAGE, "--from and --to are about files: there is no --input-file");
	return reading_bounds(o, (const char *const *)files->text, files->n, err);
}

int cmd_run(struct options *o)
{
	struct err err = { .code = ERR_NONE };
	if (check(o, &err))
		return complain(&err);
	return o->dry_run ? dry_run(o) : session_run(o);
}
