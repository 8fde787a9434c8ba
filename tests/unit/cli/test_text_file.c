/* text_file: whole, empty, too large, missing, a directory. */
#include "cli/text_file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Test(text_file, reads_what_is_there_up_to_the_cap)
{
	char path[] = "/tmp/replay-text-XXXXXX";
	int fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	const struct {
		size_t bytes, cap;
		int rc;
	} cases[] = { { 0, 10, 0 }, { 10, 10, 0 }, { 11, 10, ERR_USAGE }, { 70000, 100000, 0 }, { 0, 0, 0 }, { 1, 0, ERR_USAGE } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = { .code = ERR_NONE };
		struct buf out;
		buf_init(&out, cases[i].cap);
		cr_assert_eq(ftruncate(fd, 0), 0);
		cr_assert_eq(ftruncate(fd, (off_t)cases[i].bytes), 0);
		cr_expect_eq(text_file_read(path, "rules", &out, &err), cases[i].rc, "%zu of %zu: %s", cases[i].bytes, cases[i].cap,
		             err.text);
		if (cases[i].rc == 0)
			cr_expect_eq(out.len, cases[i].bytes);
		buf_release(&out);
	}
	(void)close(fd);
	(void)unlink(path);
	struct err err = { .code = ERR_NONE };
	struct buf out;
	buf_init(&out, 100);
	cr_expect_eq(text_file_read(path, "rules", &out, &err), ERR_IO);
	cr_expect_not_null(strstr(err.text, path));
	err = (struct err){ .code = ERR_NONE };
	cr_expect_eq(text_file_read("/tmp", "rules", &out, &err), ERR_IO);
	buf_release(&out);
}
