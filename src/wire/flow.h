/* flow: the table of TCP connections, and the reassembly of their two streams.
 *
 * Takes segments in the order captured; tells a stream_reader (model/stream.h) of bytes in order, gaps and ends. Owns the
 * out-of-order bytes, under caps per flow and in all; the oldest flow goes first when a cap is reached. Packet time drives
 * every time-out, so the same capture gives the same calls. Follows RFC 9293 for what a sequence number means, and stays
 * generous: a capture may start mid-connection, see one side only and miss segments. */
#ifndef REPLAY_WIRE_FLOW_H
#define REPLAY_WIRE_FLOW_H

#include "model/segment.h"
#include "model/stream.h"
#include "model/tally.h"

enum segment_row {
	SEGMENT_SEEN,
	SEGMENT_DATA,            /* brought new bytes, delivered or held */
	SEGMENT_CONTROL,         /* no payload: handshake, ACK, FIN, RST */
	SEGMENT_DUPLICATE,       /* all its bytes were known */
	SEGMENT_PROBE,           /* keep-alive or zero-window probe */
	SEGMENT_LATE,            /* fills a gap that had been declared */
	SEGMENT_IGNORED,         /* of a flow whose reader had enough or refused it, or sent into a connection that was reset */
	SEGMENT_OUTSIDE,         /* sequence number before the stream's start, behind its FIN, or far outside the window */
	SEGMENT_REFUSED,         /* no room for the flow or its bytes */
	SEGMENT_OVERLAP_DIFFERS, /* NOTE: segments that repeat held bytes with different content */
	SEGMENT_OUT_OF_ORDER,    /* NOTE: held until a hole was filled */
	SEGMENT_GAPS,            /* NOTE */
	SEGMENT_BYTES_MISSED,    /* NOTE: all bytes inside gaps */
	SEGMENT_BYTES_PROVEN,    /* NOTE: of those, acknowledged by the peer */
	SEGMENT_FLOWS,           /* NOTE: flows opened */
	SEGMENT_FLOWS_EVICTED,   /* NOTE: closed by a limit */
	SEGMENT_ROWS
};
extern const struct tally_table segment_table;

struct flow_limits {            /* 0 anywhere: the default */
	size_t flows;           /* 1,000,000 */
	size_t held_bytes;      /* out-of-order bytes in all: 64 MiB */
	size_t held_bytes_flow; /* per direction of a flow: 4 MiB */
	int64_t gap_ns;         /* a hole not filled by then is a gap: 2 s (GoReplay's input-raw-expire) */
	int64_t idle_ns;        /* a flow with no packets for so long is closed: 10 min */
};

struct flow_table;

/* reader is copied. NULL when out of memory. */
struct flow_table *flow_table_new(const struct flow_limits *limits, const struct stream_reader *reader);
void flow_table_free(struct flow_table *t); /* closes nothing: call finish first */

void flow_table_push(struct flow_table *t, const struct segment *s);

/* Packet time has moved to now_ns though no segment came (a live capture that is quiet). */
void flow_table_tick(struct flow_table *t, int64_t now_ns);

/* The capture ended: what is held is delivered round its gaps, every flow ends with STREAM_CAPTURE_END. */
void flow_table_finish(struct flow_table *t);

const uint64_t *flow_table_counts(const struct flow_table *t); /* SEGMENT_ROWS values */
size_t flow_table_flows(const struct flow_table *t);           /* open now */

#endif
