/* What goes into a log comes out of it, in every form. */
#include "log_support.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const names[] = { "x.gor.zst", "x.gor", "x.gor.gz", "x.log" };
enum { NAMES = sizeof names / sizeof *names };

Test(round_trip, every_form_gives_back_every_message)
{
	for (int f = 0; f < NAMES; f++) {
		char path[SCRATCH_PATH];
		struct heard h;
		scratch_make(path, names[f]);
		log_make(path, 300, 700, 50, "{\"a\":1}");
		cr_assert(log_hear(&h, path, NULL), "%s", h.err.text);
		cr_assert_eq(h.end, LOG_READ_END);
		cr_assert_eq(h.n, 300, "%s: %zu", names[f], h.n);
		cr_assert_eq(h.notes, 0, "%s", h.note);
		for (unsigned i = 0; i < 300; i++) {
			struct message *m = message_for_test(i, LOG_TS(i), 700);
			cr_assert(message_same(h.list[i], m), "%s: message %u", names[f], i);
			message_unref(m);
		}
		cr_assert(heard_balances(&h));
		cr_assert_eq(heard_count(&h, LOG_READ_GIVEN), 300);
		log_forget(&h);
		scratch_remove(path);
	}
}

Test(round_trip, the_native_log_is_a_zst_file)
{
	if (system("zstd --version >/dev/null 2>&1") != 0)
		cr_skip_test("no zstd program here");
	char path[SCRATCH_PATH], command[512];
	scratch_make(path, "x.gor.zst");
	log_make(path, 100, 300, 10, "{}");
	(void)snprintf(command, sizeof command, "zstd -q -t %s && zstd -l %s >/dev/null && test $(zstdcat %s | grep -ac '^🐵🙈🙉$') = 100",
	               path, path, path);
	cr_assert_eq(system(command), 0);
	scratch_remove(path);
}
