/* monitor: 802.11 frames, and the heads that monitoring interfaces write before the packets they show. Each function is one step of
 * wire/unwrap.h. */
#include "wire/unwrap.h"

/* A head says how long it is; what it counts is this head from its start, of which `read` bytes are read. */
static bool skip_head(struct unwrap *u, size_t length, size_t read)
{
	if (length < read)
		return false;
	cursor_skip(&u->c, length - read);
	return !u->c.ran_short;
}

/* --- IEEE 802.11 ------------------------------------------------------------------------------------------------------ */

enum wlan_bit {
	WLAN_TYPE = 0x0c00,
	WLAN_DATA = 0x0800,
	WLAN_EMPTY = 0x4000, /* a data frame without data */
	WLAN_QOS = 0x8000,
	WLAN_TO_DS = 0x0001,
	WLAN_FROM_DS = 0x0002,
	WLAN_MORE_FRAGMENTS = 0x0004,
	WLAN_PROTECTED = 0x0040,
	WLAN_ORDER = 0x0080, /* of a QoS frame: an HT control field follows */
	QOS_AMSDU = 0x8000,
};

/* IEEE 802.11 §9.3.2.1: control 2, duration 2, three addresses 6 each, sequence 2; where both DS bits stand a fourth address; QoS 2; HT
 * control 4. padded: the head is filled up to a multiple of four. Then LLC. Of several packets in one frame only the first is read. */
static enum step data_frame(struct unwrap *u, bool padded)
{
	uint16_t control = cursor_u16be(&u->c);
	cursor_skip(&u->c, 20);
	uint16_t sequence = cursor_u16le(&u->c);
	size_t head = 24;
	if ((control & (WLAN_TO_DS | WLAN_FROM_DS)) == (WLAN_TO_DS | WLAN_FROM_DS)) {
		cursor_skip(&u->c, 6);
		head += 6;
	}
	uint16_t qos = 0;
	if (control & WLAN_QOS) {
		qos = cursor_u16be(&u->c);
		head += 2;
		if (control & WLAN_ORDER) {
			cursor_skip(&u->c, 4);
			head += 4;
		}
	}
	if (padded)
		cursor_skip(&u->c, (4 - head % 4) % 4);
	if (qos & QOS_AMSDU) /* §9.3.2.2: destination 6, source 6, length 2 */
		cursor_skip(&u->c, 14);
	bool whole = !(control & (WLAN_MORE_FRAGMENTS | WLAN_PROTECTED)) && (sequence & 15) == 0;
	if (u->c.ran_short)
		return unwrap_short(u);
	return whole ? STEP_LLC : unwrap_stop(u, PACKET_NOT_IP);
}

static enum step frame(struct unwrap *u, bool padded)
{
	struct slice rest = cursor_rest(&u->c);
	if (rest.len < 2)
		return unwrap_short(u);
	unsigned control = (unsigned)rest.ptr[0] << 8;
	if ((control & WLAN_TYPE) != WLAN_DATA || control & WLAN_EMPTY)
		return unwrap_stop(u, PACKET_NOT_IP);
	return data_frame(u, padded);
}

enum step monitor_wlan(struct unwrap *u)
{
	return frame(u, false);
}

/* https://www.radiotap.org: version 1, pad 1, length 2, which fields there are 4 (bit 31: a further such word), the fields, each aligned to
 * its size: a time 8 where bit 0 stands, flags 1 where bit 1 does. */
enum step monitor_radiotap(struct unwrap *u)
{
	enum { TIME = 1, FLAGS = 2, MORE = 0x80000000, PADDED = 0x20 };
	struct cursor whole = u->c;
	cursor_skip(&u->c, 2);
	size_t length = cursor_u16le(&u->c);
	uint32_t fields = cursor_u32le(&u->c), word = fields;
	size_t at = 8;
	for (; word & MORE && !u->c.ran_short; at += 4)
		word = cursor_u32le(&u->c);
	if (fields & TIME)
		at = (at + 7) / 8 * 8 + 8;
	if (u->c.ran_short)
		return unwrap_short(u);
	u->c = whole;
	struct slice head = cursor_take(&u->c, length);
	if (u->c.ran_short)
		return unwrap_short(u);
	return frame(u, fields & FLAGS && at < head.len && head.ptr[at] & PADDED);
}

/* Prism's head says its length in the order of bytes of the machine that captured; AVS's, told by its magic, in the network's. */
enum step monitor_prism(struct unwrap *u)
{
	uint32_t magic = cursor_u32be(&u->c), length = cursor_u32be(&u->c);
	if (magic >> 12 != 0x80211 && length > 0xffff)
		length = __builtin_bswap32(length);
	return skip_head(u, length, 8) ? STEP_WLAN : unwrap_short(u);
}

/* --- heads that name the link type of what follows ----------------------------------------------------------------------- */

/* PPI: version 1, flags 1, length 2, link type 4. */
enum step monitor_ppi(struct unwrap *u)
{
	cursor_skip(&u->c, 2);
	uint16_t length = cursor_u16le(&u->c);
	uint32_t link_type = cursor_u32le(&u->c);
	if (!skip_head(u, length, 8))
		return unwrap_short(u);
	return unwrap_link(u, link_type);
}

/* Darwin's pktap: length 4, what follows 4 (1: a packet), link type 4. */
enum step monitor_pktap(struct unwrap *u)
{
	uint32_t length = cursor_u32le(&u->c), follows = cursor_u32le(&u->c), link_type = cursor_u32le(&u->c);
	if (!u->c.ran_short && follows != 1)
		return unwrap_stop(u, PACKET_NOT_IP);
	if (!skip_head(u, length, 12))
		return unwrap_short(u);
	return unwrap_link(u, link_type);
}

/* --- packets that a firewall logged ----------------------------------------------------------------------------------------- */

/* LINKTYPE_NFLOG: family 1, version 1, resource 2; then fields: length 2 with its own four bytes, type 2, value, padded to 4. Length and type
 * are in the order of bytes of the machine that captured: type 9, the packet, tells which. */
enum step monitor_nflog(struct unwrap *u)
{
	enum { PAYLOAD = 9, TYPES = 64 };
	cursor_skip(&u->c, 4);
	while (!u->c.ran_short && cursor_left(&u->c)) {
		size_t length = cursor_u16le(&u->c), type = cursor_u16le(&u->c);
		if (type > TYPES) {
			length = (length << 8 & 0xff00) | length >> 8;
			type = (type << 8 & 0xff00) | type >> 8;
		}
		if (u->c.ran_short || length < 4)
			break;
		if (type == PAYLOAD)
			return unwrap_narrow(u, length - 4) ? STEP_RAW_IP : unwrap_stop(u, PACKET_MALFORMED);
		cursor_skip(&u->c, (length + 3) / 4 * 4 - 4);
	}
	return u->c.ran_short || u->missing ? unwrap_short(u) : unwrap_stop(u, PACKET_NOT_IP);
}

/* LINKTYPE_PFLOG: length 1, which is padded to 4. */
enum step monitor_pflog(struct unwrap *u)
{
	size_t length = cursor_u8(&u->c);
	return skip_head(u, (length + 3) / 4 * 4, 1) ? STEP_RAW_IP : unwrap_short(u);
}
