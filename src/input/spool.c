/* spool: a private directory, so that no name can be guessed or raced for. */
#include "input/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int spool_make(struct spool *s, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(s->dir, sizeof s->dir, "%s/replay-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (n < 0 || (size_t)n >= sizeof s->dir)
		return err_set(err, ERR_USAGE, "$TMPDIR is too long for a temporary file");
	if (!mkdtemp(s->dir))
		return err_set_errno(err, "cannot make a temporary directory %s (set TMPDIR to a place with room)", s->dir);
	(void)snprintf(s->path, sizeof s->path, "%s/spool", s->dir);
	return 0;
}

void spool_remove(const struct spool *s)
{
	(void)unlink(s->path);
	(void)rmdir(s->dir);
}

static int put(int to, const void *bytes, size_t n, struct err *err)
{
	for (size_t done = 0; done < n;) {
		ssize_t wrote = write(to, (const char *)bytes + done, n - done);
		if (wrote < 0 && errno != EINTR)
			return err_set_errno(err, "cannot keep input in a temporary file (set TMPDIR to a place with room)");
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	return 0;
}

static int copy_all(int from, int to, const char *name, struct err *err)
{
	char bytes[1 << 16];
	for (;;) {
		ssize_t n = read(from, bytes, sizeof bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set_errno(err, "cannot read %s", name);
		if (n == 0)
			return 0;
		if (put(to, bytes, (size_t)n, err) != 0)
			return err->code;
	}
}

int spool_empty(struct err *err)
{
	struct spool s;
	if (spool_make(&s, err) != 0)
		return err->code;
	int fd = open(s.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int saved = errno;
	spool_remove(&s);
	errno = saved;
	return fd >= 0 ? fd : err_set_errno(err, "cannot make a temporary file in %s", s.dir);
}

int spool_descriptor(int from, struct slice first, const char *name, struct err *err)
{
	int to = spool_empty(err);
	if (to < 0)
		return to;
	if (put(to, first.ptr, first.len, err) != 0 || copy_all(from, to, name, err) != 0 || lseek(to, 0, SEEK_SET) != 0) {
		(void)close(to);
		return err_set(err, ERR_IO, "cannot keep %s in a temporary file", name);
	}
	return to;
}
