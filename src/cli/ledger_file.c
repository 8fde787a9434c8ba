/* ledger_file: see the header. */
#include "cli/ledger_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int ledger_file_open(struct ledger_file *f, const char *what, const char *path, struct err *err)
{
	*f = (struct ledger_file){ .fd = -1, .what = what, .path = path };
	if (!path)
		return 0;
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
		/* A rename would put a plain file in the place of /dev/null. */
		f->fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		int n = snprintf(f->temporary, sizeof f->temporary, "%s.XXXXXX", path);
		if (n < 0 || (size_t)n >= sizeof f->temporary)
			return err_set(err, ERR_USAGE, "--%s: the path is too long", what);
		f->fd = mkostemp(f->temporary, O_CLOEXEC);
	}
	return f->fd < 0 ? err_set_errno(err, "cannot write the %s to %s", what, path) : 0;
}

static int write_all(int fd, struct slice s)
{
	while (s.len) {
		ssize_t n = write(fd, s.ptr, s.len);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			s = slice_from(s, (size_t)n);
	}
	return 0;
}

int ledger_file_finish(struct ledger_file *f, struct slice text, struct err *err)
{
	if (f->fd < 0)
		return 0;
	bool bad = write_all(f->fd, text) != 0;
	bad |= close(f->fd) != 0;
	f->fd = -1;
	if (!bad && f->temporary[0])
		bad = rename(f->temporary, f->path) != 0;
	if (!bad)
		return 0;
	int r = err_set_errno(err, "cannot write the %s to %s", f->what, f->path);
	if (f->temporary[0])
		(void)unlink(f->temporary);
	return r;
}

void ledger_file_discard(struct ledger_file *f)
{
	if (f->fd < 0)
		return;
	(void)close(f->fd);
	f->fd = -1;
	if (f->temporary[0])
		(void)unlink(f->temporary);
}
