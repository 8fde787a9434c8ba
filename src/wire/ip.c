/* ip: IPv4 (RFC 791) and IPv6 (RFC 8200) headers, and what they lead to. */
#include "wire/fragments.h"
#include "wire/unwrap.h"

enum {
	PROTO_HOP_BY_HOP = 0,
	PROTO_IPV4 = 4,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_IPV6 = 41,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_GRE = 47,
	PROTO_AH = 51,
	PROTO_DESTINATION = 60,
	PROTO_ETHERIP = 97,
	PROTO_MOBILITY = 135,
	PROTO_HIP = 139,
	PROTO_SHIM6 = 140,
};

static void set_address(struct endpoint *e, uint8_t family, struct slice address)
{
	e->family = family;
	e->port = 0;
	memset(e->addr, 0, sizeof e->addr);
	memcpy(e->addr, address.ptr, address.len);
}

enum step ip_raw(struct unwrap *u)
{
	struct slice rest = cursor_rest(&u->c);
	if (!rest.len)
		return unwrap_short(u);
	switch (rest.ptr[0] >> 4) {
	case 4:
		return STEP_IPV4;
	case 6:
		return STEP_IPV6;
	default:
		return unwrap_stop(u, PACKET_NOT_IP);
	}
}

/* Could a datagram of this protocol lead to a TCP segment? Fragments of others are not worth holding. */
static bool leads_on(uint32_t proto)
{
	switch (proto) {
	case PROTO_IPV4:
	case PROTO_TCP:
	case PROTO_UDP:
	case PROTO_IPV6:
	case PROTO_GRE:
	case PROTO_ETHERIP:
	case PROTO_AH:
	case PROTO_HOP_BY_HOP:
	case PROTO_ROUTING:
	case PROTO_DESTINATION:
	case PROTO_MOBILITY:
		return true;
	default:
		return false;
	}
}

/* The rest of u->c is one fragment; goes on with the datagram when that is whole. */
static enum step fragment(struct unwrap *u, uint32_t id, uint16_t offset_bytes, bool more)
{
	if (!leads_on(u->proto))
		return unwrap_stop(u, PACKET_NOT_TCP);
	if (u->missing) /* a datagram with bytes missing cannot be told from a whole one later */
		return unwrap_stop(u, PACKET_SHORT);
	struct fragment f = {
		.src = &u->out->src,
		.dst = &u->out->dst,
		.vlan = u->out->vlan,
		.id = id,
		.proto = (uint8_t)u->proto,
		.offset = offset_bytes,
		.more = more,
		.bytes = cursor_rest(&u->c),
		.ts_ns = u->ts_ns,
	};
	struct slice whole;
	uint8_t proto;
	switch (fragments_push(u->fragments, &f, &whole, &proto)) {
	case FRAGMENT_MALFORMED:
		return unwrap_stop(u, PACKET_MALFORMED);
	case FRAGMENT_HELD:
		return unwrap_stop(u, PACKET_FRAGMENT);
	case FRAGMENT_WHOLE:
		break;
	}
	u->c = cursor_of(whole);
	u->missing = 0;
	u->proto = proto;
	return STEP_IP_PROTO;
}

/*  0                   1                   2                   3
 *  |Ver|IHL| TOS   | Total length  | Id            |Flg| Fragment  |
 *  | TTL   | Proto | Checksum      | Source        | Destination   | Options */
enum step ip_v4(struct unwrap *u)
{
	size_t sent = cursor_left(&u->c) + u->missing;
	uint8_t version_ihl = cursor_u8(&u->c);
	cursor_skip(&u->c, 1);
	size_t total = cursor_u16be(&u->c);
	uint16_t id = cursor_u16be(&u->c);
	uint16_t flags_offset = cursor_u16be(&u->c);
	cursor_skip(&u->c, 1);
	u->proto = cursor_u8(&u->c);
	cursor_skip(&u->c, 2);
	struct slice src = cursor_take(&u->c, 4);
	struct slice dst = cursor_take(&u->c, 4);
	size_t header = (size_t)(version_ihl & 15) * 4;
	if (u->c.ran_short)
		return unwrap_short(u);
	if (version_ihl >> 4 != 4 || header < 20)
		return unwrap_stop(u, PACKET_MALFORMED);
	cursor_skip(&u->c, header - 20);
	if (u->c.ran_short)
		return unwrap_short(u);
	if (total == 0) /* segmentation offload: the packet is larger than the field can say */
		total = sent;
	if (total < header || !unwrap_narrow(u, total - header))
		return unwrap_stop(u, PACKET_MALFORMED);
	set_address(&u->out->src, 4, src);
	set_address(&u->out->dst, 4, dst);
	bool more = flags_offset & 0x2000;
	uint16_t offset = (uint16_t)((flags_offset & 0x1fff) * 8);
	if (more || offset)
		return fragment(u, id, offset, more);
	return ip_proto(u);
}

enum step ip_v6(struct unwrap *u)
{
	uint32_t version_class_label = cursor_u32be(&u->c);
	uint16_t length = cursor_u16be(&u->c);
	u->proto = cursor_u8(&u->c);
	cursor_skip(&u->c, 1);
	struct slice src = cursor_take(&u->c, 16);
	struct slice dst = cursor_take(&u->c, 16);
	if (u->c.ran_short)
		return unwrap_short(u);
	if (version_class_label >> 28 != 6)
		return unwrap_stop(u, PACKET_MALFORMED);
	/* 0: a jumbogram (RFC 2675 §3; its option only repeats what was sent) or segmentation offload. */
	if (length && !unwrap_narrow(u, length))
		return unwrap_stop(u, PACKET_MALFORMED);
	set_address(&u->out->src, 6, src);
	set_address(&u->out->dst, 6, dst);
	return STEP_IP_PROTO;
}

/* RFC 8200 §4.5: next header 1, reserved 1, offset 13 bits, reserved 2, more 1, id 4. */
static enum step v6_fragment(struct unwrap *u)
{
	uint8_t next = cursor_u8(&u->c);
	cursor_skip(&u->c, 1);
	uint16_t offset_more = cursor_u16be(&u->c);
	uint32_t id = cursor_u32be(&u->c);
	if (u->c.ran_short)
		return unwrap_short(u);
	u->proto = next;
	if ((offset_more & 0xfff9) == 0) /* an atomic fragment (RFC 6946) is a whole datagram */
		return STEP_IP_PROTO;
	return fragment(u, id, offset_more & 0xfff8, offset_more & 1);
}

/* Header of the form: next header 1, length 1 (in `unit`s, counted beyond `extra` units). */
static enum step extension(struct unwrap *u, size_t unit, size_t extra)
{
	uint8_t next = cursor_u8(&u->c);
	uint8_t length = cursor_u8(&u->c);
	if (!u->c.ran_short)
		cursor_skip(&u->c, (length + extra) * unit - 2);
	if (u->c.ran_short)
		return unwrap_short(u);
	u->proto = next;
	return STEP_IP_PROTO;
}

static enum step tunnelled(struct unwrap *u, enum step next)
{
	u->tunnelled = true;
	return next;
}

enum step ip_proto(struct unwrap *u)
{
	switch (u->proto) {
	case PROTO_TCP:
		return tcp_header(u);
	case PROTO_UDP:
		return STEP_UDP;
	case PROTO_GRE:
		return STEP_GRE;
	case PROTO_IPV4:
		return tunnelled(u, STEP_IPV4);
	case PROTO_IPV6:
		return tunnelled(u, STEP_IPV6);
	case PROTO_ETHERIP: /* RFC 3378 §3: version 4 bits, reserved 12 */
		cursor_skip(&u->c, 2);
		return u->c.ran_short ? unwrap_short(u) : tunnelled(u, STEP_ETHERNET);
	case PROTO_FRAGMENT:
		return v6_fragment(u);
	case PROTO_AH: /* RFC 4302 §2.2: in 4-byte words, minus 2 */
		return extension(u, 4, 2);
	case PROTO_HOP_BY_HOP:
	case PROTO_ROUTING:
	case PROTO_DESTINATION:
	case PROTO_MOBILITY:
	case PROTO_HIP:
	case PROTO_SHIM6:
		return extension(u, 8, 1);
	default:
		return unwrap_stop(u, PACKET_NOT_TCP);
	}
}
