/* decode: packets to TCP segments: link layers, IP and its fragments, tunnels, the TCP header.
 *
 * Takes packets of any LINKTYPE; gives at most one segment per packet, or counts why not. Owns the fragments it holds, under
 * caps. Reads no clock: packet time drives the fragments' time-out. Checksums are not judged (offload makes
 * them wrong where they are captured). */
#ifndef REPLAY_WIRE_DECODE_H
#define REPLAY_WIRE_DECODE_H

#include "model/packet.h"
#include "model/segment.h"
#include "model/tally.h"

enum packet_row {
	PACKET_SEEN,
	PACKET_TCP,      /* gave a segment */
	PACKET_FRAGMENT, /* held as part of a datagram, or freed unfinished (see notes) */
	PACKET_NOT_IP,
	PACKET_NOT_TCP,
	PACKET_MALFORMED,     /* a header that contradicts itself or is cut by the sender */
	PACKET_SHORT,         /* the capture's snap length cut a header */
	PACKET_LINK,          /* a link type we do not know */
	PACKET_FRAGMENT_LOST, /* NOTE: datagrams given up: time or memory */
	PACKET_CUT,           /* NOTE: TCP segments whose payload the snap length cut */
	PACKET_ROWS
};
extern const struct tally_table packet_table;

struct decoder_limits {
	size_t fragment_bytes;       /* held in all; 0: the default, 4 MiB */
	int64_t fragment_timeout_ns; /* 0: the default, 30 s (RFC 791 §3.2 suggests 15, RFC 8200 §4.5 has 60) */
};

struct decoder;

struct decoder *decoder_new(const struct decoder_limits *limits); /* NULL when out of memory */
void decoder_free(struct decoder *d);

/* True: *out is a segment, its payload valid until the next call. */
bool decoder_push(struct decoder *d, const struct packet *packet, struct segment *out);

const uint64_t *decoder_counts(const struct decoder *d); /* PACKET_ROWS values */

/* Does decoder_push know this LINKTYPE? */
bool decoder_knows_link(uint32_t link_type);

#endif
