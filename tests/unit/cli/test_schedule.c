/* schedule: which options go together. */
#include "cli/schedule.h"

#include "base/clock.h"

#include <criterion/criterion.h>

static const struct {
	const char *words[8];
	const char *complaint; /* NULL: none */
} cases[] = {
	{ { "--input-file", "x", "--rate", "10" }, NULL },
	{ { "--input-file", "x", "--limit", "10", "--clone", "3", "--clone-spread", "1s" }, NULL },
	{ { "--input-file", "x", "--start-at", "+1h" }, NULL },
	{ { "--input-raw", ":80", "--loop" }, NULL },
	{ { "--input-raw", ":80", "--rate", "10" }, "--rate is about files" },
	{ { "--input-raw", ":80", "--clone", "2" }, "--clone is about files" },
	{ { "--input-raw", ":80", "--start-at", "+1s" }, "--start-at is about files" },
	{ { "--input-raw", ":80", "--input-file", "x", "--input-file-dry-run" }, "nobody knows yet" },
	{ { "--input-file", "x", "--rate", "10", "--speed", "max" }, "not both" },
	{ { "--input-file", "x", "--rate", "10", "--input-file-max-wait", "1s" }, "takes no notice" },
	{ { "--input-file", "x", "--clone-spread", "1s" }, "--clone K" },
	{ { "--input-file", "x", "--clone", "10001" }, "more than 10000" },
	{ { "--input-file", "x", "--start-at", "1970-01-02" }, "is past" },
	{ { "--input-file", "x", "--start-at", "noon" }, "is no time" },
	{ { "--input-file", "x", "--start-at", "+3000000h" }, "is no time" },
};

Test(schedule, settle)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct options o;
		struct err err = { .code = ERR_NONE };
		char *argv[8];
		int argc = 0;
		for (; argc < 8 && cases[i].words[argc]; argc++)
			argv[argc] = (char *)(uintptr_t)cases[i].words[argc];
		options_init(&o);
		cr_assert_eq(options_parse(&o, CMD_RUN, argc, argv, &err), 0, "case %zu: %s", i, err.text);
		int r = schedule_settle(&o, &err);
		if (cases[i].complaint)
			cr_expect(r == ERR_USAGE && strstr(err.text, cases[i].complaint), "case %zu: %d %s", i, r, err.text);
		else
			cr_expect_eq(r, 0, "case %zu: %s", i, err.text);
		if (!cases[i].complaint && o.start_at)
			cr_expect_gt(o.run.file_in.start_at_ns, clock_real_ns() + 3000 * NS_PER_S);
		options_release(&o);
	}
}
