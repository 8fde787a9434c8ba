/* source: the messages of any file that holds some: a log in each of its forms, or a pcap or pcapng capture, told by its bytes.
 *
 * Takes a path; gives messages as fast as they can be read, in time order (or in the file's own). A capture that must come in time order is first
 * written to an unlinked temporary log (0600, in $TMPDIR), since a message is known only when its last byte is. */
#ifndef REPLAY_INPUT_SOURCE_H
#define REPLAY_INPUT_SOURCE_H

#include "http/conn.h"
#include "input/raw_address.h"
#include "log/reader.h"
#include "model/ops.h"

#define CAPTURE_VLANS_MAX 16

struct capture_options { /* 0 anywhere: the default */
	struct http_limits http;
	bool skip_responses;
	size_t held_bytes; /* out of order, in all */
	size_t flows;
	int64_t expire_ns; /* a hole not filled by then is a gap: 2 s */
	/* Added with the client's address to each request that lacks it; NULL: none. Borrowed, as is `ports`. */
	const char *realip_header;
	/* Only connections with one of these ports, and of one of these VLANs (innermost tag). NULL, or none: all. */
	const struct port_set *ports;
	uint16_t vlans[CAPTURE_VLANS_MAX];
	size_t vlan_count;
};

struct source_options {
	int64_t from_ns, to_ns; /* Unix time, from inclusive, to exclusive; 0: no bound */
	bool file_order;        /* as they stand in the file, without sorting and without a temporary file */
	struct capture_options capture;
	void *arg;
	void (*note)(void *arg, const char *sentence); /* what was skipped or damaged; may be NULL */
};

struct source;

struct source *source_open(const char *path, const struct source_options *options, struct err *err); /* "-": standard input */

/* A capture that may be one of several which a writer wrote in turn (tcpdump -C and -G, dumpcap -b). */
struct capture_part {
	char *path;
	struct port_set *ports; /* NULL: all; parts of one capture have the same */
	int64_t first_ns;       /* its first packet's time */
	uint64_t bytes;
};
/* 1: it is such a capture; all but *out's path and ports. 0: no such file, no capture, or none whose first packet's time is known; or a pipe, of which
 * nothing is read. Negative: it cannot be told. */
int source_is_part(const char *path, struct capture_part *out, struct err *err);

/* Parts in the order of their first packets. They are read as one capture as long as each begins where the one before it ends, one open at a time.
 * Borrowed for the source's life. */
struct source *source_open_parts(const struct capture_part *parts, size_t n, const struct source_options *options, struct err *err);
/* How many of them it reads: n, until the next one is seen not to follow. It and what is behind it are for another source, from then on. */
size_t source_parts(const struct source *s);

enum log_read source_next(struct source *s, struct message **out, struct err *err);
bool source_log_info(const struct source *s, struct log_info *out); /* false: a capture */
double source_progress(const struct source *s);                     /* 0..1, negative where not known */
void source_tally(const struct source *s, struct tally_sink *sink);
void source_close(struct source *s);

#endif
