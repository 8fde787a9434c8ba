/* capture_file: packets of files through the same joints as a live capture; packet time is the only clock. One file is open at a time. */
#include "input/capture_file.h"

#include "input/capture.h"
#include "input/pcap_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* A writer of several interfaces (dumpcap waits 250 ms for each) may put packets out of order by some of that, across the files' boundary too. Of a
 * short file it is a small part only: what lies within another capture does not follow it. */
#define REORDER_NS   INT64_C(1000000000)
#define REORDER_PART 8

struct capture_file {
	struct capture *capture;
	struct pcap_file *file;
	struct source_options options;
	struct err failure; /* told once every message read before it has been given out */
	bool ended;
	uint64_t given, outside;
	const struct capture_part *parts; /* read in turn; NULL: this file only */
	size_t part_count, part;
	int64_t next_ns;           /* the first packet of the part behind this one; INT64_MAX: there is none */
	uint64_t at_base, dropped; /* of the parts before this one */
};

static const struct tally_row file_rows[] = {
	{ "read", "messages read", TALLY_TOTAL, false },
	{ "given", "given to the pipeline", TALLY_PART, false },
	{ "outside", "outside --from/--to", TALLY_PART, false },
	{ "dropped_before", "packets lost when the file was made, as it says itself", TALLY_NOTE, true },
};
static const struct tally_table file_table = { "capture file", file_rows, sizeof file_rows / sizeof *file_rows };

struct capture_file *capture_file_open(int fd, struct slice first, const char *name, const struct source_options *options, struct err *err)
{
	struct capture_file *f = calloc(1, sizeof *f);
	if (!f) {
		(void)close(fd);
		(void)err_set(err, ERR_NOMEM, "out of memory when opening %s", name);
		return NULL;
	}
	f->options = *options;
	f->part_count = 1;
	f->next_ns = INT64_MAX;
	f->file = pcap_file_open(fd, first, name, err);
	f->capture = f->file ? capture_new(&options->capture, NULL) : NULL;
	if (!f->capture) {
		(void)err_set(err, ERR_NOMEM, "out of memory when opening %s", name);
		capture_file_close(f);
		return NULL;
	}
	return f;
}

static void enter_part(struct capture_file *f, size_t part)
{
	f->part = part;
	f->next_ns = part + 1 < f->part_count ? f->parts[part + 1].first_ns : INT64_MAX;
}

void capture_file_follow(struct capture_file *f, const struct capture_part *parts, size_t n)
{
	f->parts = parts;
	f->part_count = n;
	enter_part(f, 0);
}

size_t capture_file_parts(const struct capture_file *f)
{
	return f->part_count;
}

/* This part is the last. */
static void end_here(struct capture_file *f)
{
	f->part_count = f->part + 1;
	f->next_ns = INT64_MAX;
}

/* A packet later than the next part's first one: did the next part begin before this one ended? */
static bool overlaps(const struct capture_file *f, int64_t ts_ns)
{
	int64_t over_ns = ts_ns - f->next_ns, span_ns = ts_ns - f->parts[f->part].first_ns;
	return over_ns > REORDER_NS || over_ns > span_ns / REORDER_PART;
}

/* False: there is none, or it cannot be read. */
static bool next_part(struct capture_file *f)
{
	if (f->part + 1 == f->part_count)
		return false;
	const char *path = f->parts[f->part + 1].path;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct pcap_file *file = NULL;
	if (fd < 0)
		(void)err_set_errno(&f->failure, "cannot read %s", path);
	else
		file = pcap_file_open(fd, slice_of(NULL, 0), path, &f->failure);
	enter_part(f, f->part + 1);
	if (!file) {
		end_here(f);
		return false;
	}
	f->at_base += pcap_file_at(f->file);
	f->dropped += pcap_file_dropped(f->file);
	pcap_file_close(f->file);
	f->file = file;
	return true;
}

/* Packets up to the next message, or up to the file's end. */
static enum pcap_read read_part(struct capture_file *f, struct err *why)
{
	struct packet packet;
	enum pcap_read got;
	while ((got = pcap_file_next(f->file, &packet, why)) == PCAP_PACKET) {
		if (packet.ts_ns > f->next_ns && overlaps(f, packet.ts_ns))
			end_here(f);
		capture_push(f->capture, &packet);
		if (capture_ready(f->capture))
			break;
	}
	return got;
}

/* Up to the next message; at the last file's end lets out what is unfinished. */
static void read_on(struct capture_file *f)
{
	bool more = true;
	while (more) {
		struct err why = { 0 };
		enum pcap_read got = read_part(f, &why);
		if (got == PCAP_PACKET)
			return;
		if (got == PCAP_CUT && f->options.note)
			f->options.note(f->options.arg, why.text);
		more = (got == PCAP_END || got == PCAP_CUT) && next_part(f);
		if (got == PCAP_DAMAGED || got == PCAP_FAIL) {
			f->failure = why;
			end_here(f);
		}
	}
	f->ended = true;
	capture_finish(f->capture);
}

static bool inside(const struct source_options *o, int64_t ts_ns)
{
	return ts_ns >= o->from_ns && (o->to_ns == 0 || ts_ns < o->to_ns);
}

enum log_read capture_file_next(struct capture_file *f, struct message **out, struct err *err)
{
	for (;;) {
		*out = capture_next(f->capture);
		if (*out && inside(&f->options, (*out)->ts_ns)) {
			f->given++;
			return LOG_READ_MESSAGE;
		}
		if (*out) {
			f->outside++;
			message_unref(*out);
			continue;
		}
		if (f->ended)
			break;
		read_on(f);
	}
	if (f->failure.code == ERR_NONE)
		return LOG_READ_END;
	(void)err_set(err, f->failure.code, "%s", f->failure.text);
	return LOG_READ_FAIL;
}

void capture_file_tally(const struct capture_file *f, struct tally_sink *sink)
{
	capture_tally(f->capture, sink);
	const uint64_t counts[] = { f->given + f->outside, f->given, f->outside, f->dropped + pcap_file_dropped(f->file) };
	sink->section(sink->arg, &file_table, "", counts);
}

uint64_t capture_file_at(const struct capture_file *f)
{
	return f->at_base + pcap_file_at(f->file);
}

void capture_file_close(struct capture_file *f)
{
	pcap_file_close(f->file);
	capture_free(f->capture);
	free(f);
}
