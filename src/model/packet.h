/* packet: link-layer bytes and a timestamp, as a capture gives them. */
#ifndef REPLAY_MODEL_PACKET_H
#define REPLAY_MODEL_PACKET_H

#include "base/slice.h"

struct packet {
	struct slice bytes; /* borrowed until the next packet */
	uint32_t wire_len;  /* bytes it had on the wire; more than bytes.len when the capture cut it */
	uint32_t link_type; /* a LINKTYPE_ value, https://www.tcpdump.org/linktypes.html */
	int64_t ts_ns;      /* Unix time */
};

#endif
