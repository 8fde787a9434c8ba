/* link: from the first byte captured to an IP header. Each function is one step of wire/unwrap.h. */
#include "wire/unwrap.h"

/* IEEE 802.3: values below are lengths, not EtherTypes. */
#define ETHERTYPE_MIN 0x0600

static const struct ethertype {
	uint16_t value;
	uint8_t skip; /* bytes of a tag before what is next; STEP_ETHERTYPE: that begins with its EtherType */
	enum step next;
} ethertypes[] = {
	{ 0x0800, 0, STEP_IPV4 },      { 0x86dd, 0, STEP_IPV6 }, { 0x8864, 0, STEP_PPPOE },    { 0x8847, 0, STEP_MPLS },
	{ 0x8848, 0, STEP_MPLS },      { 0x880b, 0, STEP_PPP },  { 0x6558, 0, STEP_ETHERNET }, { 0x894f, 0, STEP_NSH },
	{ 0x88e7, 4, STEP_ETHERNET },  /* IEEE 802.1ah: a service tag, then the customer's frame */
	{ 0x8903, 2, STEP_ETHERNET },  /* FabricPath */
	{ 0x8926, 4, STEP_ETHERTYPE }, /* VN-Tag */
	{ 0x893f, 6, STEP_ETHERTYPE }, /* IEEE 802.1BR: E-Tag */
};

static bool is_vlan_tag(uint32_t ethertype)
{
	return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100 || ethertype == 0x9200;
}

/* IEEE 802.2 LLC with a SNAP header of no organisation: AA AA 03 000000 and an EtherType. Anything else there is no IP. */
enum step link_llc(struct unwrap *u)
{
	uint32_t llc = cursor_u32be(&u->c);
	uint16_t oui_low = cursor_u16be(&u->c);
	u->proto = cursor_u16be(&u->c);
	if (u->c.ran_short && u->missing)
		return unwrap_short(u);
	if (u->c.ran_short || llc != 0xaaaa0300 || oui_low != 0 || u->proto < ETHERTYPE_MIN)
		return unwrap_stop(u, PACKET_NOT_IP);
	return STEP_ETHERTYPE;
}

static const struct ethertype *find_ethertype(uint32_t value)
{
	for (size_t i = 0; i < sizeof ethertypes / sizeof ethertypes[0]; i++)
		if (ethertypes[i].value == value)
			return &ethertypes[i];
	return NULL;
}

/* Any depth of tags: IEEE 802.1Q, 802.1ad and the older 0x9100. */
enum step link_ethertype(struct unwrap *u)
{
	while (is_vlan_tag(u->proto)) {
		uint16_t id = cursor_u16be(&u->c) & 0x0fff;
		u->proto = cursor_u16be(&u->c);
		if (u->c.ran_short)
			return unwrap_short(u);
		if (id) /* 0 is a priority alone, and may stand in one direction only */
			u->out->vlan = (uint32_t)id + 1;
	}
	if (u->proto < ETHERTYPE_MIN)
		return link_llc(u);
	const struct ethertype *type = find_ethertype(u->proto);
	if (!type)
		return unwrap_stop(u, PACKET_NOT_IP);
	cursor_skip(&u->c, type->skip);
	if (type->next == STEP_ETHERTYPE)
		u->proto = cursor_u16be(&u->c);
	return u->c.ran_short ? unwrap_short(u) : type->next;
}

enum step link_ethernet(struct unwrap *u)
{
	cursor_skip(&u->c, 12);
	u->proto = cursor_u16be(&u->c);
	if (u->c.ran_short)
		return unwrap_short(u);
	return link_ethertype(u);
}

/* LINKTYPE_LINUX_SLL: type 2, ARPHRD 2, address length 2, address 8, protocol 2. */
enum step link_sll(struct unwrap *u)
{
	cursor_skip(&u->c, 14);
	u->proto = cursor_u16be(&u->c);
	if (u->c.ran_short)
		return unwrap_short(u);
	return link_ethertype(u);
}

/* LINKTYPE_LINUX_SLL2: protocol 2, reserved 2, interface 4, ARPHRD 2, type 1, address length 1, address 8. */
enum step link_sll2(struct unwrap *u)
{
	u->proto = cursor_u16be(&u->c);
	cursor_skip(&u->c, 18);
	if (u->c.ran_short)
		return unwrap_short(u);
	return link_ethertype(u);
}

/* LINKTYPE_NULL and LINKTYPE_LOOP: an address family in the byte order of the machine that captured, or of the network. */
enum step link_null(struct unwrap *u)
{
	uint32_t family = cursor_u32be(&u->c);
	if (u->c.ran_short)
		return unwrap_short(u);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
		return STEP_IPV4;
	case 10: /* AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, Darwin */
	case 24:
	case 28:
	case 30:
		return STEP_IPV6;
	default:
		return unwrap_stop(u, PACKET_NOT_IP);
	}
}

/* Cisco HDLC: address 1, control 1, EtherType 2 (RFC 1547 §4.3.1). */
enum step link_chdlc(struct unwrap *u)
{
	cursor_skip(&u->c, 2);
	u->proto = cursor_u16be(&u->c);
	if (u->c.ran_short)
		return unwrap_short(u);
	return link_ethertype(u);
}

/* RFC 2516 §4: version and type 1, code 1 (0: session data), session 2, length 2. */
enum step link_pppoe(struct unwrap *u)
{
	uint16_t version_code = cursor_u16be(&u->c);
	cursor_skip(&u->c, 2);
	uint16_t length = cursor_u16be(&u->c);
	if (u->c.ran_short)
		return unwrap_short(u);
	if (version_code != 0x1100)
		return unwrap_stop(u, PACKET_NOT_IP);
	/* A length of 0 is an offloaded packet's, as with IPv4. */
	if (length && !unwrap_narrow(u, length))
		return unwrap_stop(u, PACKET_MALFORMED);
	return STEP_PPP;
}

/* RFC 1661 §2 and RFC 1662 §3.1: FF 03 may stand first; the protocol may be compressed to its low byte, which is odd. */
enum step link_ppp(struct unwrap *u)
{
	struct slice rest = cursor_rest(&u->c);
	if (rest.len && rest.ptr[0] == 0xff)
		cursor_skip(&u->c, 2);
	uint32_t protocol = cursor_u8(&u->c);
	if (!(protocol & 1))
		protocol = protocol << 8 | cursor_u8(&u->c);
	if (u->c.ran_short)
		return unwrap_short(u);
	switch (protocol) {
	case 0x0021:
		return STEP_IPV4;
	case 0x0057:
		return STEP_IPV6;
	case 0x0281:
		return STEP_MPLS;
	default:
		return unwrap_stop(u, PACKET_NOT_IP);
	}
}

/* RFC 3032 §2.1: labels until the bottom-of-stack bit. What follows is not named: an IP version, a pseudowire's control word (RFC
 * 4385 §3 has its first nibble 0), or else a bare Ethernet frame. */
enum step link_mpls(struct unwrap *u)
{
	uint32_t entry;
	do {
		entry = cursor_u32be(&u->c);
		if (u->c.ran_short)
			return unwrap_short(u);
	} while (!(entry & 0x100));
	struct slice rest = cursor_rest(&u->c);
	if (!rest.len)
		return unwrap_short(u);
	switch (rest.ptr[0] >> 4) {
	case 4:
		return STEP_IPV4;
	case 6:
		return STEP_IPV6;
	case 0:
		cursor_skip(&u->c, 4);
		return u->c.ran_short ? unwrap_short(u) : STEP_ETHERNET;
	default:
		return STEP_ETHERNET;
	}
}

/* IEEE 802.5: control 2, addresses 6 each; where the source's first bit stands, routing information whose low five bits say its length. */
enum step link_token_ring(struct unwrap *u)
{
	cursor_skip(&u->c, 8);
	uint8_t source = cursor_u8(&u->c);
	cursor_skip(&u->c, 5);
	struct slice rest = cursor_rest(&u->c);
	if (source & 0x80 && rest.len)
		cursor_skip(&u->c, rest.ptr[0] & 0x1f);
	return u->c.ran_short ? unwrap_short(u) : STEP_LLC;
}

/* RFC 2427 §3: an address of two bytes, control 03, a pad 0 that may be missing, and a protocol; 80 is SNAP's. */
enum step link_frame_relay(struct unwrap *u)
{
	cursor_skip(&u->c, 2);
	uint8_t control = cursor_u8(&u->c), protocol = cursor_u8(&u->c);
	if (protocol == 0)
		protocol = cursor_u8(&u->c);
	if (u->c.ran_short)
		return unwrap_short(u);
	if (control != 0x03)
		return unwrap_stop(u, PACKET_NOT_IP);
	switch (protocol) {
	case 0xcc:
		return STEP_IPV4;
	case 0x8e:
		return STEP_IPV6;
	case 0x80:
		cursor_skip(&u->c, 3);
		u->proto = cursor_u16be(&u->c);
		return u->c.ran_short ? unwrap_short(u) : STEP_ETHERTYPE;
	default:
		return unwrap_stop(u, PACKET_NOT_IP);
	}
}

enum step link_next_protocol(uint8_t next)
{
	static const enum step protocols[] = { STEP_STOP, STEP_IPV4, STEP_IPV6, STEP_ETHERNET, STEP_NSH, STEP_MPLS };
	return next < sizeof protocols / sizeof *protocols ? protocols[next] : STEP_STOP;
}

/* RFC 8300 §2.2: version and flags 4 bits, time to live 6, length in 4-byte words 6; type 1, next protocol 1, path 4, context. */
enum step link_nsh(struct unwrap *u)
{
	uint16_t first = cursor_u16be(&u->c);
	size_t length = (size_t)(first & 0x3f) * 4;
	cursor_skip(&u->c, 1);
	uint8_t next = cursor_u8(&u->c);
	if (length >= 8)
		cursor_skip(&u->c, length - 4);
	if (u->c.ran_short)
		return unwrap_short(u);
	enum step step = link_next_protocol(next);
	return length < 8 || step == STEP_STOP ? unwrap_stop(u, PACKET_NOT_IP) : step;
}
