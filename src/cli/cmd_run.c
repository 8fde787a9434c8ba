/* cmd_run: `replay --input-… --output-…`: does what is asked make sense? Then a session. */
#include "cli/dry_run.h"
#include "cli/reading.h"
#include "cli/schedule.h"
#include "cli/session.h"

static bool any(const struct addresses *lists)
{
	for (size_t i = 0; i < RUN_KINDS_MAX; i++)
		if (lists[i].n)
			return true;
	return false;
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
	if (schedule_settle(o, err) != 0)
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
