/* source: picks the reader by the file's first bytes; captures that must come in time order go through a temporary log. */
#include "input/source.h"

#include "input/capture_file.h"
#include "input/realip.h"
#include "input/spool.h"
#include "log/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct source {
	struct log_reader *log;       /* a log, or the temporary log of a capture */
	struct capture_file *capture; /* a capture; kept behind its temporary log for the tallies */
	uint64_t capture_bytes;
	int copy; /* a pipe's bytes, where it is a log; -1 */
	char path[288];
	struct source_options options;
};

static struct log_reader_options reader_options(const struct source_options *o)
{
	return (struct log_reader_options){
		.from_ns = o->from_ns,
		.to_ns = o->to_ns,
		.file_order = o->file_order,
		.arg = o->arg,
		.note = o->note,
	};
}

/* Spools the whole capture into a log that sorts it. */
static int sort_capture(struct source *s, struct err *err)
{
	struct spool spool;
	const struct log_writer_options fast = { .wait = true, .level = 1 };
	if (spool_make(&spool, err) != 0)
		return err->code;
	struct log_writer *w = log_writer_open(spool.path, &fast, err);
	enum log_read got = LOG_READ_FAIL;
	struct message *m;
	while (w && (got = capture_file_next(s->capture, &m, err)) == LOG_READ_MESSAGE) {
		int rc = log_writer_write(w, m, m->ts_ns, err);
		message_unref(m);
		if (rc)
			break;
	}
	/* A capture that could not be read to its end still gives what came before. */
	struct err late = { 0 };
	if (w && log_writer_close(w, slice_of(NULL, 0), got == LOG_READ_END ? err : &late) != 0 && got == LOG_READ_END)
		got = LOG_READ_FAIL;
	if (got == LOG_READ_END) {
		const struct log_reader_options sorted = { 0 };
		s->log = log_reader_open(spool.path, &sorted, err);
	}
	spool_remove(&spool);
	return s->log ? 0 : err->code ? err->code : ERR_IO;
}

/* Takes the descriptor. */
static int open_capture(struct source *s, int fd, struct slice first, struct err *err)
{
	struct stat st;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		s->capture_bytes = (uint64_t)st.st_size;
	s->capture = capture_file_open(fd, first, s->path, &s->options, err);
	if (!s->capture)
		return err->code;
	return s->options.file_order ? 0 : sort_capture(s, err);
}

static bool is_capture(struct slice first)
{
	enum log_kind kind = first.len ? log_kind_of(first) : LOG_KIND_OTHER;
	return kind == LOG_KIND_PCAP || kind == LOG_KIND_PCAPNG;
}

static int open_log(struct source *s, struct err *err)
{
	const struct log_reader_options o = reader_options(&s->options);
	s->log = log_reader_open(s->path, &o, err);
	return s->log ? 0 : err->code;
}

/* Takes a pipe. A capture is read as it comes; a log's readers go back and forth, so its bytes are kept. */
static int open_pipe(struct source *s, int fd, struct err *err)
{
	uint8_t first[8];
	size_t n = 0;
	ssize_t got = 1;
	while (n < sizeof first && got > 0) {
		got = read(fd, first + n, sizeof first - n);
		if (got < 0 && errno == EINTR)
			got = 1;
		else
			n += got > 0 ? (size_t)got : 0;
	}
	if (got < 0) {
		int rc = err_set_errno(err, "cannot read %s", s->path);
		(void)close(fd);
		return rc;
	}
	if (is_capture(slice_of(first, n)))
		return open_capture(s, fd, slice_of(first, n), err);
	s->copy = spool_descriptor(fd, slice_of(first, n), s->path, err);
	(void)close(fd);
	if (s->copy < 0)
		return err->code;
	(void)snprintf(s->path, sizeof s->path, "/proc/self/fd/%d", s->copy);
	return open_log(s, err);
}

/* Takes the descriptor. */
static int open_by_magic(struct source *s, int fd, struct err *err)
{
	uint8_t first[8];
	if (lseek(fd, 0, SEEK_CUR) < 0)
		return open_pipe(s, fd, err);
	ssize_t n = pread(fd, first, sizeof first, 0);
	if (n > 0 && is_capture(slice_of(first, (size_t)n)))
		return open_capture(s, fd, slice_of(NULL, 0), err);
	(void)close(fd);
	/* The reader says what is wrong with a directory, an empty file, bytes of no known form. */
	return open_log(s, err);
}

struct source *source_open(const char *path, const struct source_options *options, struct err *err)
{
	struct source *s = calloc(1, sizeof *s);
	if (!s) {
		(void)err_set(err, ERR_NOMEM, "out of memory when opening %s", path);
		return NULL;
	}
	s->copy = -1;
	s->options = *options;
	bool input = strcmp(path, "-") == 0;
	int rc = 0;
	if (options->capture.realip_header && !realip_name(options->capture.realip_header))
		rc = err_set(err, ERR_USAGE, "--input-raw-realip-header '%s' is no name of a field", options->capture.realip_header);
	else if ((size_t)snprintf(s->path, sizeof s->path, "%s", input ? "/dev/stdin" : path) >= sizeof s->path)
		rc = err_set(err, ERR_USAGE, "the path %.60s… is too long", path);
	int fd = rc ? -1 : open(s->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && input && rc == 0)
		fd = dup(STDIN_FILENO); /* a socket cannot be opened again */
	if (fd < 0 && rc == 0)
		rc = err_set_errno(err, "cannot read %s", s->path);
	if (rc || open_by_magic(s, fd, err) != 0) {
		source_close(s);
		return NULL;
	}
	return s;
}

enum log_read source_next(struct source *s, struct message **out, struct err *err)
{
	return s->log ? log_reader_next(s->log, out, err) : capture_file_next(s->capture, out, err);
}

bool source_log_info(const struct source *s, struct log_info *out)
{
	if (s->capture)
		return false;
	log_reader_info(s->log, out);
	return true;
}

double source_progress(const struct source *s)
{
	if (s->log)
		return log_reader_progress(s->log);
	return s->capture_bytes ? (double)capture_file_at(s->capture) / (double)s->capture_bytes : -1;
}

void source_tally(const struct source *s, struct tally_sink *sink)
{
	if (s->capture)
		capture_file_tally(s->capture, sink);
	else
		sink->section(sink->arg, &log_reader_table, s->path, log_reader_counts(s->log));
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (s->log)
		log_reader_close(s->log);
	if (s->capture)
		capture_file_close(s->capture);
	if (s->copy >= 0)
		(void)close(s->copy);
	free(s);
}
