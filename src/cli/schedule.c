/* schedule: see the header. */
#include "cli/schedule.h"

#include "base/clock.h"
#include "base/units.h"
#include "cli/moment.h"

/* The first given flag that only files understand; NULL: none. */
static const char *file_flag(const struct options *o)
{
	const struct file_input_options *f = &o->run.file_in;
	const struct {
		const char *name;
		bool given;
	} flags[] = {
		{ "rate", f->rate.n > 0 },
		{ "input-file-max-wait", f->max_wait_ns > 0 },
		{ "input-file-dry-run", o->dry_run },
		{ "limit", f->requests_max > 0 },
		{ "start-at", o->start_at != NULL },
		{ "clone", f->copies > 0 },
		{ "clone-spread", f->copies_spread_ns > 0 },
	};
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (flags[i].given)
			return flags[i].name;
	return NULL;
}

static int settle_start(struct options *o, struct err *err)
{
	struct moment m;
	char ago[UNITS_TEXT];
	int64_t now_ns = clock_real_ns(), at_ns;
	if (!o->start_at)
		return 0;
	if (moment_parse(o->start_at, &m) || __builtin_add_overflow(m.ns, m.relative ? now_ns : 0, &at_ns))
		return err_set(err, ERR_USAGE, "--start-at: '%.80s' is no time like 2024-05-06T07:08:09Z, 1714979289 or +10s", o->start_at);
	if (at_ns < now_ns)
		return err_set(err, ERR_USAGE, "--start-at: %.80s is past: it was %s ago", o->start_at,
		               format_duration(ago, now_ns - at_ns));
	o->run.file_in.start_at_ns = at_ns;
	return 0;
}

int schedule_settle(struct options *o, struct err *err)
{
	const struct file_input_options *f = &o->run.file_in;
	const struct addresses *files = options_input(o, "input-file"), *live = options_input(o, "input-raw");
	const char *flag = file_flag(o);
	if (flag && (!files || !files->n))
		return err_set(err, ERR_USAGE, "--%s is about files: there is no --input-file", flag);
	if (o->dry_run && live && live->n)
		return err_set(err, ERR_USAGE, "--input-file-dry-run: what --input-raw will see, nobody knows yet");
	if (f->rate.n && (f->speed > 0 || f->max))
		return err_set(err, ERR_USAGE, "--rate and --speed: a replay has a rate or a speed, not both");
	if (f->rate.n && f->max_wait_ns)
		return err_set(err, ERR_USAGE, "--input-file-max-wait is about recorded pauses, and --rate takes no notice of them");
	if (f->copies_spread_ns && f->copies < 2)
		return err_set(err, ERR_USAGE, "--clone-spread is about copies: say how many with --clone K");
	if (f->copies > CLONES_MAX)
		return err_set(err, ERR_USAGE, "--clone: more than %d copies", CLONES_MAX);
	return settle_start(o, err);
}
