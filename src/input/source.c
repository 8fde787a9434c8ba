/* source: picks the reader by the file's first bytes; captures that must come in time order go through a temporary log. */
#include "input/source.h"

#include "input/capture_file.h"
#include "input/pcap_file.h"
#include "input/realip.h"
#include "input/spool.h"
#include "log/unpack.h"
#include "log/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAGIC_BYTES = 8,
	PACKED_STEP = 64 * 1024,
	FIRST_BYTES = 512 * 1024, /* a packed block may be 128 KiB (RFC 8878 §3.1.1.2.4) before it gives a byte */
};

struct source {
	struct log_reader *log;       /* a log, or the temporary log of a capture */
	struct capture_file *capture; /* a capture; kept behind its temporary log for the tallies */
	uint64_t capture_bytes;
	const struct capture_part *parts; /* of the capture; NULL: it is one file */
	size_t part_count;
	struct err failure; /* what ended the reading into the temporary log, to be told behind all that came before it */
	int copy;           /* a pipe's bytes, where it is a log; -1 */
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
	int rc = w ? 0 : err->code;
	struct message *m;
	bool any = false;
	while (rc == 0 && capture_file_next(s->capture, &m, &s->failure) == LOG_READ_MESSAGE) {
		rc = log_writer_write(w, m, m->ts_ns, err);
		message_unref(m);
		any = true;
	}
	if (w) {
		struct err late = { 0 };
		int closed = log_writer_close(w, slice_of(NULL, 0), rc ? &late : err);
		rc = rc ? rc : closed;
	}
	if (rc == 0 && s->failure.code && !any)
		rc = err_set(err, s->failure.code, "%s", s->failure.text);
	const struct log_reader_options sorted = { 0 };
	if (rc == 0)
		s->log = log_reader_open(spool.path, &sorted, err);
	spool_remove(&spool);
	return s->log ? 0 : err->code;
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
	if (s->parts)
		capture_file_follow(s->capture, s->parts, s->part_count);
	return s->options.file_order ? 0 : sort_capture(s, err);
}

static bool is_capture(struct slice first)
{
	enum log_kind kind = first.len ? log_kind_of(first) : LOG_KIND_OTHER;
	return kind == LOG_KIND_PCAP || kind == LOG_KIND_PCAPNG;
}

/* What others write, and what makes of it something that is read here. */
static int refuse_foreign(struct slice first, const char *path, struct err *err)
{
	static const struct foreign {
		const char *magic, *what, *remedy;
		size_t len;
	} forms[] = {
		{ "\x04\x22\x4d\x18", "compressed with lz4", "unpack it with lz4 -d", 4 },
		{ "\xfd"
		  "7zXZ",
		  "compressed with xz", "unpack it with xz -d", 5 },
		{ "BZh", "compressed with bzip2", "unpack it with bzip2 -d", 3 },
		{ "PK\x03\x04", "a zip archive", "unpack it with unzip", 4 },
		{ "snoop\0\0", "a snoop capture", "make it a pcapng file with editcap", 7 },
		{ "GMBU", "a capture of Network Monitor's", "make it a pcapng file with editcap", 4 },
		{ "RTSS", "a capture of Network Monitor's", "make it a pcapng file with editcap", 4 },
		{ "TRSNIFF", "a capture of Sniffer's", "make it a pcapng file with editcap", 7 },
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
		if (slice_starts(first, slice_of((const uint8_t *)forms[i].magic, forms[i].len)))
			return err_set(err, ERR_FORMAT, "%s is %s: %s first", path, forms[i].what, forms[i].remedy);
	return 0;
}

/* Of a compressed file: do the bytes in it begin a capture? -1: more are needed to tell. */
static int packs_capture(struct slice packed)
{
	enum log_kind kind = packed.len ? log_kind_of(packed) : LOG_KIND_OTHER;
	if (kind != LOG_KIND_GZIP && kind != LOG_KIND_ZSTD)
		return 0;
	struct unpacker *d = unpacker_new(kind == LOG_KIND_GZIP ? UNPACK_GZIP : UNPACK_ZSTD);
	uint8_t out[8];
	size_t made = 0;
	enum unpack_result r = d ? UNPACK_GOING : UNPACK_NOMEM;
	struct unpack_step step = { .used = 1 };
	while ((r == UNPACK_GOING || r == UNPACK_FRAME_END) && made < sizeof out && (step.used || step.made)) {
		r = unpacker_run(d, packed, out + made, sizeof out - made, &step);
		packed = slice_from(packed, step.used);
		made += step.made;
	}
	unpacker_free(d);
	if (made >= 4 || r == UNPACK_DAMAGED || r == UNPACK_NOMEM)
		return is_capture(slice_of(out, made));
	return -1;
}

static int open_log(struct source *s, struct err *err)
{
	const struct log_reader_options o = reader_options(&s->options);
	s->log = log_reader_open(s->path, &o, err);
	return s->log ? 0 : err->code;
}

/* One read, for up to n bytes more; 0 also when first is full. */
static ssize_t read_more(int fd, struct buf *first, size_t n)
{
	size_t room = first->max - first->len;
	if (n > room)
		n = room;
	if (buf_reserve(first, n) != 0) {
		errno = ENOMEM;
		return -1;
	}
	ssize_t got;
	do
		got = read(fd, first->ptr + first->len, n);
	while (got < 0 && errno == EINTR);
	first->len += got > 0 ? (size_t)got : 0;
	return got;
}

/* Reads no more than it takes to tell, into first. 1: a capture; 0: none; negative: errno says why it cannot be told. */
static int tell_capture(int fd, struct buf *first)
{
	ssize_t got = 1;
	while (first->len < MAGIC_BYTES && got > 0)
		got = read_more(fd, first, MAGIC_BYTES - first->len);
	int packs = 0;
	while (got >= 0 && (packs = packs_capture(buf_slice(first))) < 0)
		if ((got = read_more(fd, first, PACKED_STEP)) == 0)
			break;
	if (got < 0)
		return -1;
	return packs > 0 || is_capture(buf_slice(first));
}

/* Takes a pipe, behind its first bytes. A capture is read as it comes; a log's readers go back and forth, so its bytes are kept. */
static int open_pipe(struct source *s, int fd, struct slice first, bool capture, struct err *err)
{
	if (capture)
		return open_capture(s, fd, first, err);
	s->copy = spool_descriptor(fd, first, s->path, err);
	(void)close(fd);
	if (s->copy < 0)
		return err->code;
	(void)snprintf(s->path, sizeof s->path, "/proc/self/fd/%d", s->copy);
	return open_log(s, err);
}

/* Takes the descriptor. */
static int open_by_magic(struct source *s, int fd, struct err *err)
{
	struct buf first;
	buf_init(&first, FIRST_BYTES);
	bool pipe = lseek(fd, 0, SEEK_CUR) < 0;
	int capture = tell_capture(fd, &first);
	int rc = 0;
	if (capture < 0 && pipe)
		rc = err_set_errno(err, "cannot read %s", s->path);
	else
		rc = refuse_foreign(buf_slice(&first), s->path, err);
	if (rc) {
		(void)close(fd);
	} else if (pipe) {
		rc = open_pipe(s, fd, buf_slice(&first), capture > 0, err);
	} else if (capture > 0 && lseek(fd, 0, SEEK_SET) == 0) {
		rc = open_capture(s, fd, slice_of(NULL, 0), err);
	} else {
		(void)close(fd);
		/* The reader says what is wrong with a directory, an empty file, bytes of no known form. */
		rc = open_log(s, err);
	}
	buf_release(&first);
	return rc;
}

/* Takes the descriptor of a capture, at its start. As source_is_part. */
static int first_packet(int fd, const char *path, struct capture_part *out, struct err *err)
{
	struct pcap_file *f = pcap_file_open(fd, slice_of(NULL, 0), path, err);
	if (!f)
		return err->code;
	struct packet packet;
	struct err why = { 0 }; /* of damage: told when it is read */
	enum pcap_read got = pcap_file_next(f, &packet, &why);
	pcap_file_close(f);
	if (got == PCAP_FAIL)
		return err_set(err, why.code, "%s", why.text);
	if (got != PCAP_PACKET || packet.ts_ns <= 0)
		return 0;
	out->first_ns = packet.ts_ns;
	return 1;
}

int source_is_part(const char *path, struct capture_part *out, struct err *err)
{
	struct stat st;
	if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
		return 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	struct buf first;
	buf_init(&first, FIRST_BYTES);
	int capture = tell_capture(fd, &first);
	int rc = capture < 0 ? err_set_errno(err, "cannot read %s", path) : 0;
	buf_release(&first);
	out->bytes = (uint64_t)st.st_size;
	if (capture > 0 && lseek(fd, 0, SEEK_SET) == 0)
		return first_packet(fd, path, out, err);
	(void)close(fd);
	return rc;
}

static struct source *open_path(const char *path, const struct capture_part *parts, size_t n, const struct source_options *options,
                                struct err *err)
{
	struct source *s = calloc(1, sizeof *s);
	if (!s) {
		(void)err_set(err, ERR_NOMEM, "out of memory when opening %s", path);
		return NULL;
	}
	s->copy = -1;
	s->options = *options;
	s->parts = parts;
	s->part_count = n;
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

struct source *source_open(const char *path, const struct source_options *options, struct err *err)
{
	return open_path(path, NULL, 1, options, err);
}

struct source *source_open_parts(const struct capture_part *parts, size_t n, const struct source_options *options, struct err *err)
{
	return open_path(parts->path, parts, n, options, err);
}

size_t source_parts(const struct source *s)
{
	return s->capture ? capture_file_parts(s->capture) : 1;
}

enum log_read source_next(struct source *s, struct message **out, struct err *err)
{
	if (!s->log)
		return capture_file_next(s->capture, out, err);
	enum log_read got = log_reader_next(s->log, out, err);
	if (got != LOG_READ_END || s->failure.code == ERR_NONE)
		return got;
	(void)err_set(err, s->failure.code, "%s", s->failure.text);
	return LOG_READ_FAIL;
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
	uint64_t all = s->capture_bytes, at = capture_file_at(s->capture);
	for (size_t i = 1; i < source_parts(s); i++)
		all += s->parts[i].bytes;
	return all == 0 ? -1 : at < all ? (double)at / (double)all : 1; /* a file may have grown */
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
