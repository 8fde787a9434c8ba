/* segment: one TCP segment out of a packet (RFC 9293 §3.1). */
#ifndef REPLAY_MODEL_SEGMENT_H
#define REPLAY_MODEL_SEGMENT_H

#include "base/slice.h"
#include "model/endpoint.h"

enum tcp_flag { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_PSH = 0x08, TCP_ACK = 0x10, TCP_URG = 0x20 };

struct segment {
	struct endpoint src, dst;
	uint32_t seq, ack;
	uint8_t flags; /* enum tcp_flag */
	uint16_t window;
	struct slice payload; /* borrowed from the packet (or the fragment buffer) until the next one is decoded */
	uint32_t cut_bytes;   /* payload bytes that were on the wire behind `payload` but not in the capture (snap length) */
	uint32_t vlan;        /* innermost VLAN id + 1; 0: none. Part of a flow's identity */
	int64_t ts_ns;
};

#endif
