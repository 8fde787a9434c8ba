/* tcp: the TCP header (RFC 9293 §3.1), the last step: fills the segment. */
#include "wire/unwrap.h"

enum step tcp_header(struct unwrap *u)
{
	struct segment *s = u->out;
	size_t sent = cursor_left(&u->c) + u->missing;
	s->src.port = cursor_u16be(&u->c);
	s->dst.port = cursor_u16be(&u->c);
	s->seq = cursor_u32be(&u->c);
	s->ack = cursor_u32be(&u->c);
	uint16_t offset_flags = cursor_u16be(&u->c);
	s->window = cursor_u16be(&u->c);
	cursor_skip(&u->c, 4);
	if (u->c.ran_short)
		return unwrap_short(u);
	s->flags = offset_flags & 0x3f;
	size_t header = (size_t)(offset_flags >> 12) * 4;
	if (header < 20 || header > sent)
		return unwrap_stop(u, PACKET_MALFORMED);
	/* A cut inside the options still tells how much payload there was. */
	cursor_skip(&u->c, header - 20);
	s->payload = cursor_rest(&u->c);
	s->cut_bytes = (uint32_t)(sent - header - s->payload.len);
	return unwrap_stop(u, PACKET_TCP);
}
