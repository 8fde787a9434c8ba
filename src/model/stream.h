/* stream: what reassembly says of one direction of a flow, to whoever reads it.
 *
 * wire/ makes these calls, http/ answers them, input/ joins the two: neither sees the other. */
#ifndef REPLAY_MODEL_STREAM_H
#define REPLAY_MODEL_STREAM_H

#include "base/slice.h"
#include "model/endpoint.h"

/* Direction of a stream within its flow, by the side that sends. side[0] is the opener where a SYN or SYN-ACK was
 * seen, else the sender of the first packet seen: http/ decides by the bytes who is the client. */
enum { SIDE_A = 0, SIDE_B = 1 };

struct flow_info {
	struct endpoint side[2];
	bool opener_known; /* side[SIDE_A] sent the SYN */
	/* The side's own SYN was seen; else what the peer acknowledged tells where its stream begins, and that may be too late. */
	bool syn_seen[2];
	int64_t start_ns; /* first packet seen */
	uint64_t lane;    /* stable 64-bit id: hash of the 4-tuple and start_ns; the same capture gives the same */
	void *user;       /* the reader's own */
};

struct chunk {
	struct slice bytes;   /* in order, next to the previous chunk or gap; borrowed during the call */
	uint64_t offset;      /* of its first byte in the stream; 0 is the first byte after the SYN, or the first seen */
	uint64_t peer_offset; /* how much of the other direction its sender had acknowledged when it sent this */
	int64_t ts_ns;        /* of the packet that brought the first of these bytes */
	bool segment_start;   /* a captured segment starts here: framing may resynchronise at such a place only */
};

enum stream_end {
	STREAM_FIN,     /* the sender closed */
	STREAM_RST,     /* either side reset */
	STREAM_EXPIRED, /* no packets for the idle time */
	STREAM_EVICTED, /* a limit of the capture was reached */
	STREAM_REUSED,  /* a new SYN took the 4-tuple */
	STREAM_CAPTURE_END,
};

struct gap {
	uint64_t offset, len;
	uint64_t proven;      /* of len: bytes that the peer acknowledged, so they were there */
	uint64_t peer_offset; /* as in chunk, of the packet behind the gap; 0 if none */
	int64_t ts_ns;        /* when it was declared */
};

/* What a reader says after data: when no more is wanted, the flow is tracked on but its bytes are let go at once. */
enum stream_verdict { STREAM_WANT, STREAM_ENOUGH };

struct stream_reader {
	void *arg;
	/* A new flow. Returns 0, or a negative error (out of memory): the flow is then not read. */
	int (*open)(void *arg, struct flow_info *flow);
	enum stream_verdict (*data)(void *arg, struct flow_info *flow, int side, const struct chunk *chunk);
	enum stream_verdict (*gap)(void *arg, struct flow_info *flow, int side, const struct gap *gap);
	/* Once per side, after its last byte; then close, once per flow. */
	void (*end)(void *arg, struct flow_info *flow, int side, enum stream_end how, int64_t ts_ns);
	void (*close)(void *arg, struct flow_info *flow);
};

#endif
