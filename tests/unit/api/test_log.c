/* The public log: written, finished, read back; errors are sentences. */
#include <criterion/criterion.h>
#include <replay/log.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Test(api_log, there_and_back)
{
	char dir[] = "/tmp/replay-api-XXXXXX", path[64];
	rp_error error = { 0 };
	cr_assert_not_null(mkdtemp(dir));
	(void)snprintf(path, sizeof path, "%s/x.gor.zst", dir);
	rp_log_writer *w = rp_log_create(path, &error);
	cr_assert_not_null(w, "%s", error.text);
	for (int i = 2; i >= 0; i--) { /* the latest first: reading puts them in order */
		char id[3] = { 'a', (char)('0' + i), 0 };
		rp_message *m = rp_message_new(RP_REQUEST, id, 1000 + i, "GET /", 5);
		cr_assert_eq(rp_log_write(w, m, &error), 0);
		rp_message_free(m);
	}
	cr_assert_eq(rp_log_finish(w, &error), 0);
	cr_expect_null(rp_log_create(path, &error), "an existing log is not overwritten");
	cr_expect_lt(error.code, 0);
	cr_expect_not_null(strstr(error.text, path));

	rp_log_reader *r = rp_log_open(path, &error);
	cr_assert_not_null(r);
	rp_message *m;
	for (int i = 0; i < 3; i++) {
		size_t len;
		cr_assert_eq(rp_log_next(r, &m, &error), 1);
		cr_expect_eq(rp_message_time_ns(m), 1000 + i);
		cr_expect_arr_eq(rp_message_bytes(m, &len), "GET /", 5);
		rp_message_free(m);
	}
	cr_expect_eq(rp_log_next(r, &m, &error), 0);
	rp_log_close(r);
	(void)unlink(path);
	(void)rmdir(dir);
	cr_expect_null(rp_log_open(path, &error));
}
