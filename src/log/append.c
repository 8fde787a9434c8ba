/* append: where an existing log goes on, form by form. What stands behind the last whole piece is cut; nothing before it is touched. */
#include "base/units.h"
#include "log/reader.h"
#include "log/record.h"
#include "log/scan.h"
#include "log/sink.h"
#include "log/unpack.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct place {
	uint64_t size; /* of the file before */
	uint64_t end;  /* go on here */
	uint64_t torn; /* bytes behind it that are lost (an old index is not) */
};

static int cannot_read(const struct sink *s, struct err *err)
{
	return err_set_errno(err, "cannot read %s to append to it", s->path);
}

static int native_place(struct sink *s, struct encoder *e, struct place *p, struct err *err)
{
	struct scan_report report;
	struct frame_index *index = encoder_index(e);
	int rc = scan_file(s->fd, p->size, NULL, index, &report);
	if (rc == ERR_IO)
		return cannot_read(s, err);
	if (rc == ERR_UNSUPPORTED)
		return err_set(err, ERR_UNSUPPORTED, "%s holds zstd frames that are not a log's: cannot append to it", s->path);
	if (rc)
		return err_set(err, ERR_NOMEM, "out of memory");
	p->end = index->end;
	p->torn = report.tail_bytes;
	return 0;
}

/* A gzip file has no index: it is read through, for the end of its last whole member. */
static int gzip_place(struct sink *s, struct encoder *e, struct place *p, struct err *err)
{
	(void)e;
	enum { IN = 65536, OUT = 262144 };
	struct unpacker *d = unpacker_new(UNPACK_GZIP);
	uint8_t *room = malloc(IN + OUT);
	int rc = d && room ? 0 : err_set(err, ERR_NOMEM, "out of memory");
	for (uint64_t at = 0; rc == 0 && at < p->size;) {
		int64_t got = log_read_at(s->fd, at, room, IN);
		if (got <= 0) {
			rc = got < 0 ? cannot_read(s, err) : 0;
			break;
		}
		struct slice in = slice_of(room, (size_t)got);
		while (in.len && rc == 0) {
			struct unpack_step step;
			enum unpack_result r = unpacker_run(d, in, room + IN, OUT, &step);
			in = slice_from(in, step.used);
			if (r == UNPACK_NOMEM)
				rc = err_set(err, ERR_NOMEM, "out of memory");
			if (r == UNPACK_FRAME_END)
				p->end = at + (uint64_t)got - in.len;
		}
		at += (uint64_t)got;
	}
	p->torn = p->size - p->end;
	free(room);
	unpacker_free(d);
	return rc;
}

/* A file that does not end with a separator gets the rest of one before the first new record. */
static int plain_place(struct sink *s, struct encoder *e, struct place *p, struct err *err)
{
	(void)e;
	uint8_t tail[RECORD_SEPARATOR_BYTES];
	size_t n = p->size < sizeof tail ? (size_t)p->size : sizeof tail;
	if (log_read_at(s->fd, p->size - n, tail, n) != (int64_t)n)
		return cannot_read(s, err);
	p->end = p->size;
	size_t there = n;
	while (there && memcmp(tail + n - there, RECORD_SEPARATOR, there) != 0)
		there--;
	if (there == 1) /* one LF is taken for the body's own */
		there = 0;
	s->preamble = slice_of(&RECORD_SEPARATOR[there], RECORD_SEPARATOR_BYTES - there);
	return 0;
}

static const struct {
	enum log_kind kind;
	const char *name;
	int (*place)(struct sink *s, struct encoder *e, struct place *p, struct err *err);
} forms[] = {
	[LOG_NATIVE] = { LOG_KIND_ZSTD, "a zstd log", native_place },
	[LOG_PLAIN] = { LOG_KIND_TEXT, "plain records", plain_place },
	[LOG_GZIP] = { LOG_KIND_GZIP, "a gzip file", gzip_place },
};

static void write_note(const struct sink *s, enum log_form form, const struct place *p, char note[SINK_NOTE])
{
	char bytes[UNITS_TEXT];
	if (p->torn)
		(void)snprintf(note, SINK_NOTE, "%s: cut %s bytes behind the last whole %s, which a stopped or damaged writer left",
		               s->path, format_count(bytes, p->torn), form == LOG_GZIP ? "gzip member" : "frame");
	else if (s->preamble.len)
		(void)snprintf(note, SINK_NOTE, "%s: the last record had no separator; it gets one", s->path);
}

int sink_append(struct sink *s, struct encoder *e, enum log_form form, char note[SINK_NOTE], struct err *err)
{
	struct stat st;
	uint8_t first[8];
	if (fstat(s->fd, &st) != 0)
		return cannot_read(s, err);
	struct place p = { .size = (uint64_t)st.st_size };
	if (p.size == 0)
		return 0;
	int64_t got = log_read_at(s->fd, 0, first, sizeof first);
	if (got < 0)
		return cannot_read(s, err);
	if (log_kind_of(slice_of(first, (size_t)got)) != forms[form].kind)
		return err_set(err, ERR_FORMAT, "%s does not hold %s, which its name stands for: cannot append to it", s->path,
		               forms[form].name);
	int rc = forms[form].place(s, e, &p, err);
	if (rc)
		return rc;
	s->end = p.end;
	if (p.end < p.size && s->io->truncate(s->fd, (int64_t)p.end) != 0)
		return err_set_errno(err, "cannot cut %s to append to it", s->path);
	if (lseek(s->fd, (off_t)p.end, SEEK_SET) < 0)
		return cannot_read(s, err);
	write_note(s, form, &p, note);
	return 0;
}
