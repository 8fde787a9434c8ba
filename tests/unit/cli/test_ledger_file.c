/* ledger_file: written whole, 0600, in the place of what was there, and never in the place of what is no file. */
#include "cli/ledger_file.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[128];

static void set_up(void)
{
	(void)snprintf(dir, sizeof dir, "/tmp/replay-ledger-XXXXXX");
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/l.json", dir);
}

static void tear_down(void)
{
	(void)unlink(path);
	cr_assert_eq(rmdir(dir), 0, "nothing is left behind");
}

TestSuite(ledger_file, .init = set_up, .fini = tear_down);

static void assert_holds(const char *text)
{
	char got[64] = { 0 };
	FILE *f = fopen(path, "r");
	cr_assert_not_null(f);
	cr_assert_eq(fread(got, 1, sizeof got - 1, f), strlen(text));
	cr_assert_str_eq(got, text);
	(void)fclose(f);
}

Test(ledger_file, replaces)
{
	for (int round = 0; round < 2; round++) {
		struct ledger_file f;
		struct err err = { .code = ERR_NONE };
		const char *text = round ? "second" : "first";
		cr_assert_eq(ledger_file_open(&f, "ledger", path, &err), 0);
		if (round)
			assert_holds("first"); /* until it is finished */
		cr_assert_eq(ledger_file_finish(&f, slice_str(text), &err), 0);
		assert_holds(text);
		struct stat st;
		cr_assert_eq(stat(path, &st), 0);
		cr_assert_eq(st.st_mode & 0777, 0600);
	}
}

Test(ledger_file, none_wanted)
{
	struct ledger_file f;
	struct err err = { .code = ERR_NONE };
	cr_assert_eq(ledger_file_open(&f, "ledger", NULL, &err), 0);
	cr_assert_eq(ledger_file_finish(&f, slice_str("x"), &err), 0);
	cr_assert_eq(err.code, ERR_NONE);
}

Test(ledger_file, no_such_directory)
{
	struct ledger_file f;
	struct err err = { .code = ERR_NONE };
	cr_assert_eq(ledger_file_open(&f, "ledger", "/nonexistent/l.json", &err), ERR_IO);
	cr_assert(strstr(err.text, "/nonexistent/l.json"));
}

Test(ledger_file, a_device_stays_one)
{
	struct ledger_file f;
	struct err err = { .code = ERR_NONE };
	cr_assert_eq(ledger_file_open(&f, "ledger", "/dev/null", &err), 0);
	cr_assert_eq(ledger_file_finish(&f, slice_str("x"), &err), 0);
	struct stat st;
	cr_assert_eq(stat("/dev/null", &st), 0);
	cr_assert(S_ISCHR(st.st_mode));
}
