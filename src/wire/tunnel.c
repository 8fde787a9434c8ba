/* tunnel: what UDP and GRE carry: from a datagram back to the frame or packet inside. */
#include "wire/unwrap.h"

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

/* VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe §3.1): flags 1 (4: the next protocol is valid), reserved 2, next protocol 1, id 3, reserved 1. */
static enum step vxlan_gpe(struct unwrap *u)
{
	uint8_t flags = cursor_u8(&u->c);
	cursor_skip(&u->c, 2);
	uint8_t next = cursor_u8(&u->c);
	cursor_skip(&u->c, 4);
	if (!(flags & 0x04))
		next = 3;
	enum step step = link_next_protocol(next);
	if (u->c.ran_short || !(flags & 0x08) || step == STEP_STOP)
		return no_tunnel(u);
	u->tunnelled = true;
	return step;
}

/* 3GPP TS 29.281 §5: version 3 bits (1), protocol type 1 bit (1), flags; type 1 (255: a user's packet), length 2, tunnel 4; where any of the
 * last three flags stands: sequence 2, number 1, next extension 1. An extension: length 1 in 4-byte words, content, next extension 1. */
static enum step gtp_user(struct unwrap *u)
{
	uint8_t flags = cursor_u8(&u->c), type = cursor_u8(&u->c);
	cursor_skip(&u->c, 6);
	uint8_t extension = 0;
	if (flags & 0x07) {
		cursor_skip(&u->c, 3);
		extension = cursor_u8(&u->c);
	}
	while (extension && flags & 0x04 && !u->c.ran_short) {
		size_t words = cursor_u8(&u->c);
		if (words == 0)
			return no_tunnel(u);
		cursor_skip(&u->c, words * 4 - 2);
		extension = cursor_u8(&u->c);
	}
	if (u->c.ran_short || flags >> 4 != 3 || type != 255)
		return no_tunnel(u);
	u->tunnelled = true;
	return STEP_RAW_IP;
}

/* RFC 2661 §3.1: flags and version 2; then, where its flag stands each, length 2; tunnel 2, session 2; sequence 4; an offset 2 and so many bytes. */
static enum step l2tp(struct unwrap *u)
{
	enum { CONTROL = 0x8000, LENGTH = 0x4000, SEQUENCE = 0x0800, OFFSET = 0x0200, VERSION = 0x000f };
	uint16_t flags = cursor_u16be(&u->c);
	cursor_skip(&u->c, (flags & LENGTH ? 6U : 4U) + (flags & SEQUENCE ? 4U : 0U));
	if (flags & OFFSET)
		cursor_skip(&u->c, cursor_u16be(&u->c));
	if (u->c.ran_short || flags & CONTROL || (flags & VERSION) != 2)
		return no_tunnel(u);
	u->tunnelled = true;
	return STEP_PPP;
}

/* RFC 4380 §5.1.1: an authentication (00 01: lengths 1 and 1, so many bytes, nonce 8, confirmation 1) and an origin (00 00: port 2, address 4)
 * may stand before the IPv6 packet. */
static enum step teredo(struct unwrap *u)
{
	for (;;) {
		struct slice rest = cursor_rest(&u->c);
		if (rest.len >= 2 && rest.ptr[0] == 0 && rest.ptr[1] == 1) {
			cursor_skip(&u->c, 2);
			size_t bytes = cursor_u8(&u->c);
			bytes += cursor_u8(&u->c);
			cursor_skip(&u->c, bytes + 9);
		} else if (rest.len >= 2 && rest.ptr[0] == 0 && rest.ptr[1] == 0) {
			cursor_skip(&u->c, 8);
		} else {
			break;
		}
	}
	struct cursor packet = u->c;
	uint16_t first = cursor_u16be(&u->c);
	if (u->c.ran_short || first >> 12 != 6)
		return no_tunnel(u);
	u->c = packet;
	u->tunnelled = true;
	return STEP_IPV6;
}

/* AYIYA (draft-massar-v6ops-ayiya §3): length of the identity as a power of two and its type, length of the signature in 4-byte words and
 * its hash, authentication and operation (1: forward), next header, time 4, identity, signature. */
static enum step ayiya(struct unwrap *u)
{
	size_t identity = (size_t)1 << (cursor_u8(&u->c) >> 4), signature = (size_t)(cursor_u8(&u->c) >> 4) * 4;
	uint8_t operation = cursor_u8(&u->c) & 15;
	u->proto = cursor_u8(&u->c);
	cursor_skip(&u->c, 4 + identity + signature);
	if (u->c.ran_short || operation != 1)
		return no_tunnel(u);
	u->tunnelled = true;
	return STEP_IP_PROTO;
}

/* TaZmen Sniffer Protocol: version 1, type 1, protocol 2 (1: Ethernet, 18: 802.11), tags: kind 1, length 1 and so many bytes; kind 0 fills,
 * kind 1 ends, both without a length. */
static enum step tzsp(struct unwrap *u)
{
	uint8_t version = cursor_u8(&u->c), type = cursor_u8(&u->c), tag;
	uint16_t protocol = cursor_u16be(&u->c);
	while ((tag = cursor_u8(&u->c)) != 1 && !u->c.ran_short)
		if (tag)
			cursor_skip(&u->c, cursor_u8(&u->c));
	if (u->c.ran_short || version != 1 || type > 1 || (protocol != 1 && protocol != 18))
		return no_tunnel(u);
	u->tunnelled = true;
	return protocol == 1 ? STEP_ETHERNET : STEP_WLAN;
}

static enum step mpls(struct unwrap *u)
{
	u->tunnelled = true;
	return STEP_MPLS;
}

static const struct udp_port {
	uint16_t number;
	bool both; /* it may be the sender's, too */
	enum step (*inside)(struct unwrap *u);
} ports[] = {
	{ 4789, false, vxlan },                              /* RFC 7348 §5 */
	{ 8472, false, vxlan },                              /* what Linux used before there was a number */
	{ 4790, false, vxlan_gpe }, { 6081, false, geneve }, /* RFC 8926 §3.3 */
	{ 2152, true, gtp_user },   { 1701, true, l2tp },    { 3544, true, teredo },
	{ 5072, true, ayiya },      { 6635, false, mpls }, /* RFC 7510 §3 */
	{ 37008, false, tzsp },
};

enum step tunnel_udp(struct unwrap *u)
{
	uint16_t from = cursor_u16be(&u->c), to = cursor_u16be(&u->c);
	cursor_skip(&u->c, 4);
	if (u->c.ran_short)
		return unwrap_short(u);
	for (size_t i = 0; i < sizeof ports / sizeof *ports; i++)
		if (ports[i].number == to || (ports[i].both && ports[i].number == from))
			return ports[i].inside(u);
	return unwrap_stop(u, PACKET_NOT_TCP);
}

enum gre_bit {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACK = 0x0080,
	GRE_VERSION = 0x0007,
};

enum { ETHERTYPE_ERSPAN = 0x88be, ETHERTYPE_ERSPAN3 = 0x22eb, ETHERTYPE_WCCP = 0x883e };

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

/* A redirected packet; version 2 of the protocol has 4 bytes before it, the first of which is no IPv4 head's. */
static enum step wccp(struct unwrap *u)
{
	struct slice rest = cursor_rest(&u->c);
	if (rest.len && rest.ptr[0] >> 4 != 4)
		cursor_skip(&u->c, 4);
	return u->c.ran_short ? unwrap_short(u) : STEP_IPV4;
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
	if (u->proto == ETHERTYPE_WCCP)
		return wccp(u);
	return STEP_ETHERTYPE;
}
