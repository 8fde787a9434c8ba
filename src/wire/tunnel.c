/* tunnel: VXLAN, Geneve, GRE and ERSPAN: from a datagram back to the frame inside. */
#include "wire/unwrap.h"

enum udp_port {
	PORT_VXLAN = 4789,       /* RFC 7348 §5 */
	PORT_VXLAN_LINUX = 8472, /* what Linux used before there was a number */
	PORT_GENEVE = 6081,      /* RFC 8926 §3.3 */
};

/* The port alone says what this might be: when it is not, it is any datagram. */
static enum step no_tunnel(struct unwrap *u)
{
	return unwrap_stop(u, u->c.ran_short && u->missing ? PACKET_SHORT : PACKET_NOT_TCP);
}

/* RFC 7348 §5: flags 1 (8: the network id is valid), reserved 3, id 3, reserved 1. */
static enum step vxlan(struct unwrap *u)
{
	uint8_t flags = cursor_u8(&u->c);
	cursor_skip(&u->c, 7);
	if (u->c.ran_short || !(flags & 0x08))
		return no_tunnel(u);
	u->tunnelled = true;
	return STEP_ETHERNET;
}

/* RFC 8926 §3.4: version 2 bits, options' length in 4-byte words 6 bits, flags 1, EtherType 2, id 3, reserved 1, options. */
static enum step geneve(struct unwrap *u)
{
	uint8_t version_length = cursor_u8(&u->c);
	cursor_skip(&u->c, 1);
	u->proto = cursor_u16be(&u->c);
	cursor_skip(&u->c, 4 + (size_t)(version_length & 0x3f) * 4);
	if (u->c.ran_short || version_length >> 6 != 0)
		return no_tunnel(u);
	u->tunnelled = true;
	return STEP_ETHERTYPE;
}

enum step tunnel_udp(struct unwrap *u)
{
	cursor_skip(&u->c, 2);
	uint16_t port = cursor_u16be(&u->c);
	cursor_skip(&u->c, 4);
	if (u->c.ran_short)
		return unwrap_short(u);
	switch (port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
		return vxlan(u);
	case PORT_GENEVE:
		return geneve(u);
	default:
		return unwrap_stop(u, PACKET_NOT_TCP);
	}
}

enum gre_bit {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACK = 0x0080,
	GRE_VERSION = 0x0007,
};

enum { ETHERTYPE_ERSPAN = 0x88be, ETHERTYPE_ERSPAN3 = 0x22eb };

/* Version 2 of the header (called type II): 8 bytes. Type I has none, and is told by GRE carrying no sequence number. */
static enum step erspan2(struct unwrap *u, uint16_t gre_flags)
{
	if (gre_flags & GRE_SEQUENCE)
		cursor_skip(&u->c, 8);
	return u->c.ran_short ? unwrap_short(u) : STEP_ETHERNET;
}

/* Type III: 12 bytes, whose last 16 bits hold P 1, frame type 5, hardware 6, direction 1, granularity 2, O 1; O: 8 more follow. */
static enum step erspan3(struct unwrap *u)
{
	cursor_skip(&u->c, 10);
	uint16_t tail = cursor_u16be(&u->c);
	if (tail & 1)
		cursor_skip(&u->c, 8);
	if (u->c.ran_short)
		return unwrap_short(u);
	return (tail >> 10 & 0x1f) == 2 ? STEP_RAW_IP : STEP_ETHERNET;
}

/* RFC 2784 §2, RFC 2890 §2; version 1 is PPTP's (RFC 2637 §4.1), with PPP inside. */
enum step tunnel_gre(struct unwrap *u)
{
	uint16_t flags = cursor_u16be(&u->c);
	u->proto = cursor_u16be(&u->c);
	size_t options = 0;
	if (flags & (GRE_CHECKSUM | GRE_ROUTING))
		options += 4;
	if (flags & GRE_KEY)
		options += 4;
	if (flags & GRE_SEQUENCE)
		options += 4;
	unsigned version = flags & GRE_VERSION;
	if (version == 1 && flags & GRE_ACK)
		options += 4;
	cursor_skip(&u->c, options);
	if (u->c.ran_short)
		return unwrap_short(u);
	/* Source routes (RFC 1701) were never in use. */
	if (version > 1 || flags & GRE_ROUTING)
		return unwrap_stop(u, PACKET_NOT_TCP);
	u->tunnelled = true;
	if (u->proto == ETHERTYPE_ERSPAN)
		return erspan2(u, flags);
	if (u->proto == ETHERTYPE_ERSPAN3)
		return erspan3(u);
	return STEP_ETHERTYPE;
}
