/* reader: opens, tells the form, and hands on to the two ways of reading: ordered.c and stream.c. */
#include "log/reader.h"

#include "base/units.h"
#include "log/frame.h"
#include "log/opened.h"
#include "log/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_BYTES      (64u << 10)
#define MESSAGE_DEFAULT (1u << 30)
#define MESSAGE_CAP     ((size_t)1 << 40)

static const struct tally_row rows[] = {
	[LOG_READ_SEEN] = { "seen", "records in the file", TALLY_TOTAL, false },
	[LOG_READ_GIVEN] = { "given", "read", TALLY_PART, false },
	[LOG_READ_OUTSIDE] = { "outside", "outside the time asked for", TALLY_PART, false },
	[LOG_READ_DAMAGED_RECORDS] = { "damaged_records", "damaged", TALLY_PART, true },
	[LOG_READ_DAMAGED_FRAMES] = { "damaged_frames", "damaged frames", TALLY_NOTE, false },
	[LOG_READ_SKIPPED_BYTES] = { "skipped_bytes", "bytes skipped", TALLY_NOTE, false },
};
const struct tally_table log_reader_table = { "input", rows, LOG_READER_ROWS };

struct log_reader {
	struct opened_log s;
	char *name;
	struct ordered *ordered; /* one of the two; neither for an empty file */
	struct stream *stream;
};

static const struct magic {
	enum log_kind kind;
	uint8_t len;
	uint8_t bytes[4];
} magics[] = {
	{ LOG_KIND_GZIP, 2, { 0x1f, 0x8b } },
	{ LOG_KIND_ZSTD, 4, { 0x28, 0xb5, 0x2f, 0xfd } },
	{ LOG_KIND_PCAP, 4, { 0xd4, 0xc3, 0xb2, 0xa1 } },
	{ LOG_KIND_PCAP, 4, { 0xa1, 0xb2, 0xc3, 0xd4 } },
	{ LOG_KIND_PCAP, 4, { 0x4d, 0x3c, 0xb2, 0xa1 } }, /* nanoseconds */
	{ LOG_KIND_PCAP, 4, { 0xa1, 0xb2, 0x3c, 0x4d } },
	{ LOG_KIND_PCAP, 4, { 0x34, 0xcd, 0xb2, 0xa1 } }, /* Kuznetzov's */
	{ LOG_KIND_PCAP, 4, { 0xa1, 0xb2, 0xcd, 0x34 } },
	{ LOG_KIND_PCAPNG, 4, { 0x0a, 0x0d, 0x0d, 0x0a } },
};

static bool looks_like_text(struct slice s)
{
	if (s.len < 3 || s.ptr[0] < '1' || s.ptr[0] > '3' || s.ptr[1] != ' ')
		return false;
	uint8_t c = ascii_lower(s.ptr[2]);
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

enum log_kind log_kind_of(struct slice first_bytes)
{
	if (first_bytes.len == 0)
		return LOG_KIND_EMPTY;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (slice_starts(first_bytes, slice_of(magics[i].bytes, magics[i].len)))
			return magics[i].kind;
	if (skippable_bytes(first_bytes))
		return LOG_KIND_ZSTD;
	return looks_like_text(first_bytes) ? LOG_KIND_TEXT : LOG_KIND_OTHER;
}

/* A log whose first bytes are damaged still holds what a log holds further on. */
static enum log_kind kind_further_on(struct slice head)
{
	uint8_t pattern[FRAME_PATTERN];
	frame_pattern(pattern);
	enum log_kind kind = log_kind_of(head);
	if (kind != LOG_KIND_OTHER)
		return kind;
	if (memmem(head.ptr, head.len, pattern, sizeof pattern) || frame_header_claimed(head))
		return LOG_KIND_ZSTD;
	return memmem(head.ptr, head.len, RECORD_SEPARATOR, RECORD_SEPARATOR_BYTES) ? LOG_KIND_TEXT : LOG_KIND_OTHER;
}

static int open_file(struct log_reader *r, const char *path, struct err *err)
{
	struct opened_log *s = &r->s;
	bool standard = strcmp(path, "-") == 0;
	r->name = strdup(standard ? "standard input" : path);
	if (!r->name)
		return opened_no_memory(err);
	s->name = r->name;
	s->fd = standard ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	if (s->fd < 0 || fstat(s->fd, &st) != 0)
		return err_set_errno(err, "cannot open %s", s->name);
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_USAGE, "%s is a directory, not a log", s->name);
	/* Standard input may be a file that has been read in part. */
	s->regular = S_ISREG(st.st_mode) && lseek(s->fd, 0, SEEK_CUR) == 0;
	s->size = s->regular ? (uint64_t)st.st_size : 0;
	return 0;
}

static int read_head(struct opened_log *s, struct err *err)
{
	if (buf_reserve(&s->head, HEAD_BYTES))
		return opened_no_memory(err);
	while (s->head.len < HEAD_BYTES) {
		ssize_t n = read(s->fd, s->head.ptr + s->head.len, HEAD_BYTES - s->head.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return opened_read_failed(s, err);
		if (n == 0)
			break;
		s->head.len += (size_t)n;
		if (!s->regular && s->head.len >= 16)
			break; /* enough to tell by, and a pipe may give no more for long */
	}
	return 0;
}

static int check_kind(struct opened_log *s, struct err *err)
{
	switch (s->kind) {
	case LOG_KIND_PCAP:
	case LOG_KIND_PCAPNG:
		return err_set(err, ERR_UNSUPPORTED, "%s is a packet capture, not a log", s->name);
	case LOG_KIND_OTHER:
		return err_set(err, ERR_FORMAT, "%s is no log: neither records, nor gzip, zstd or a packet capture", s->name);
	case LOG_KIND_EMPTY:
		opened_note(s, NOTE_EMPTY, "the file is empty: no records");
		return 0;
	default:
		return 0;
	}
}

/* A regular file can be read in any order; gzip cannot, and records in the file's own order need no index but the native one. */
static bool wants_index(const struct opened_log *s)
{
	return s->regular && (s->kind == LOG_KIND_ZSTD || (s->kind == LOG_KIND_TEXT && !s->options.file_order));
}

static int reader_start(struct log_reader *r, const char *path, struct err *err)
{
	struct opened_log *s = &r->s;
	int rc = open_file(r, path, err);
	if (rc == 0)
		rc = read_head(s, err);
	if (rc)
		return rc;
	s->kind = kind_further_on(buf_slice(&s->head));
	rc = check_kind(s, err);
	if (rc || s->kind == LOG_KIND_EMPTY)
		return rc;
	if (wants_index(s))
		rc = ordered_open(s, &r->ordered, err);
	if (rc || r->ordered)
		return rc;
	r->stream = stream_open(s, err);
	return r->stream ? 0 : ERR_NOMEM;
}

struct log_reader *log_reader_open(const char *path, const struct log_reader_options *options, struct err *err)
{
	struct log_reader *r = calloc(1, sizeof *r);
	if (!r) {
		(void)opened_no_memory(err);
		return NULL;
	}
	r->s.fd = -1;
	buf_init(&r->s.head, HEAD_BYTES);
	if (options)
		r->s.options = *options;
	size_t *message_bytes = &r->s.options.message_bytes;
	if (*message_bytes == 0)
		*message_bytes = MESSAGE_DEFAULT;
	if (*message_bytes > MESSAGE_CAP)
		*message_bytes = MESSAGE_CAP;
	if (reader_start(r, path, err) == 0)
		return r;
	log_reader_close(r);
	return NULL;
}

enum log_read log_reader_next(struct log_reader *r, struct message **out, struct err *err)
{
	*out = NULL;
	enum log_read result = LOG_READ_END;
	if (r->ordered)
		result = ordered_next(r->ordered, out, err);
	else if (r->stream)
		result = stream_next(r->stream, out, err);
	if (result == LOG_READ_MESSAGE) {
		r->s.counts[LOG_READ_SEEN]++;
		r->s.counts[LOG_READ_GIVEN]++;
	}
	return result;
}

void log_reader_close(struct log_reader *r)
{
	if (!r)
		return;
	ordered_close(r->ordered);
	stream_close(r->stream);
	buf_release(&r->s.head);
	if (r->s.fd >= 0)
		(void)close(r->s.fd);
	free(r->name);
	free(r);
}

const uint64_t *log_reader_counts(const struct log_reader *r)
{
	return r->s.counts;
}

static struct slice newest_line(struct slice lines)
{
	if (lines.len && lines.ptr[lines.len - 1] == '\n')
		lines.len--;
	const uint8_t *before = lines.len ? memrchr(lines.ptr, '\n', lines.len) : NULL;
	return before ? slice_from(lines, (size_t)(before - lines.ptr) + 1) : lines;
}

void log_reader_info(const struct log_reader *r, struct log_info *out)
{
	*out = (struct log_info){ .kind = r->s.kind, .file_bytes = r->s.size };
	if (!r->ordered)
		return;
	const struct frame_index *x = ordered_index(r->ordered);
	out->frames = x->n;
	out->indexed = x->final;
	out->ledger_json = newest_line(buf_slice(&x->ledgers));
	for (size_t i = 0; i < x->n; i++) {
		const struct frame_entry *e = &x->list[i];
		if (e->records && (out->records == 0 || e->first_ns < out->first_ns))
			out->first_ns = e->first_ns;
		if (e->records && (out->records == 0 || e->last_ns > out->last_ns))
			out->last_ns = e->last_ns;
		out->records += e->records;
		out->text_bytes += e->text;
	}
}

double log_reader_progress(const struct log_reader *r)
{
	if (r->ordered)
		return ordered_progress(r->ordered);
	if (!r->stream)
		return 1;
	return r->s.regular && r->s.size ? (double)stream_at(r->stream) / (double)r->s.size : -1;
}
