/* capture_file: packets of a file through the same joints as a live capture; packet time is the only clock. */
#include "input/capture_file.h"

#include "input/capture.h"
#include "input/pcap_file.h"

#include <stdlib.h>
#include <unistd.h>

struct capture_file {
	struct capture *capture;
	struct pcap_file *file;
	struct source_options options;
	struct err failure; /* told once every message read before it has been given out */
	bool ended;
	uint64_t given, outside;
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
	f->file = pcap_file_open(fd, first, name, err);
	f->capture = f->file ? capture_new(&options->capture, NULL) : NULL;
	if (!f->capture) {
		(void)err_set(err, ERR_NOMEM, "out of memory when opening %s", name);
		capture_file_close(f);
		return NULL;
	}
	return f;
}

/* Up to the next message; at the file's end lets out what is unfinished. */
static void read_on(struct capture_file *f)
{
	struct err why = { 0 };
	struct packet packet;
	enum pcap_read got;
	while ((got = pcap_file_next(f->file, &packet, &why)) == PCAP_PACKET) {
		capture_push(f->capture, &packet);
		if (capture_ready(f->capture))
			return;
	}
	f->ended = true;
	capture_finish(f->capture);
	if (got == PCAP_CUT && f->options.note)
		f->options.note(f->options.arg, why.text);
	if (got == PCAP_DAMAGED || got == PCAP_FAIL)
		f->failure = why;
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
	const uint64_t counts[] = { f->given + f->outside, f->given, f->outside, pcap_file_dropped(f->file) };
	sink->section(sink->arg, &file_table, "", counts);
}

uint64_t capture_file_at(const struct capture_file *f)
{
	return pcap_file_at(f->file);
}

void capture_file_close(struct capture_file *f)
{
	pcap_file_close(f->file);
	capture_free(f->capture);
	free(f);
}
