/* sink: open, write whole pieces, cut back. */
#include "log/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t system_write(int fd, const void *bytes, size_t n)
{
	return write(fd, bytes, n);
}

static int system_truncate(int fd, int64_t length)
{
	return ftruncate(fd, length);
}

const struct log_io log_io_system = { system_write, system_truncate };

static int refuse_existing(const struct sink *s)
{
	struct stat st;
	errno = EEXIST;
	return stat(s->path, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode)) ? 0 : ERR_USAGE;
}

/* What is there already: a device or pipe is written to, a log only when appending was asked for. */
static int open_existing(struct sink *s, bool append, struct err *err)
{
	if (!append && refuse_existing(s))
		return err_set(err, ERR_USAGE, "%s exists already: append to it, or choose another name", s->path);
	struct stat st;
	if (stat(s->path, &st) != 0)
		return err_set_errno(err, "cannot open %s", s->path);
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, "%s is a directory, not a file to write to", s->path);
	s->regular = S_ISREG(st.st_mode);
	s->fd = open(s->path, (s->regular ? O_RDWR : O_WRONLY) | O_CLOEXEC);
	if (s->fd < 0)
		return err_set_errno(err, "cannot open %s to write", s->path);
	return 0;
}

static int open_file(struct sink *s, bool append, struct err *err)
{
	s->regular = true;
	s->fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (s->fd >= 0)
		return 0;
	if (errno == EEXIST || errno == EISDIR)
		return open_existing(s, append, err);
	return err_set_errno(err, "cannot create %s", s->path);
}

int sink_open(struct sink *s, struct encoder *e, enum log_form form, bool append, char note[SINK_NOTE], struct err *err)
{
	s->fd = -1;
	int rc = open_file(s, append, err);
	if (rc == 0 && s->regular && flock(s->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		rc = err_set(err, ERR_USAGE, "%s is being written by another process", s->path);
	if (rc == 0 && s->regular)
		rc = sink_append(s, e, form, note, err);
	if (rc && s->fd >= 0) {
		(void)close(s->fd);
		s->fd = -1;
	}
	return rc;
}

static int write_all(struct sink *s, struct slice bytes, int *error)
{
	while (bytes.len) {
		int64_t n = s->io->write(s->fd, bytes.ptr, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			*error = n < 0 ? errno : ENOSPC;
			return ERR_IO;
		}
		bytes = slice_from(bytes, (size_t)n);
	}
	return 0;
}

int sink_write(struct sink *s, struct slice bytes, int *error)
{
	int rc = write_all(s, s->preamble, error);
	if (rc == 0)
		rc = write_all(s, bytes, error);
	if (rc == 0) {
		s->end += s->preamble.len + bytes.len;
		s->preamble.len = 0;
		return 0;
	}
	if (s->regular && s->io->truncate(s->fd, (int64_t)s->end) == 0)
		(void)lseek(s->fd, (off_t)s->end, SEEK_SET);
	return rc;
}

int sink_close(struct sink *s, struct err *err)
{
	int fd = s->fd;
	s->fd = -1;
	/* Some file systems tell of a full disk only here. */
	return fd >= 0 && close(fd) != 0 ? err_set_errno(err, "cannot close %s", s->path) : 0;
}
