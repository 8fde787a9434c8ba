/* decode: the table of link types, the table of steps, and the walk through them. */
#include "wire/decode.h"

#include "wire/fragments.h"
#include "wire/unwrap.h"

#include <stdlib.h>

/* Layers in one packet; honest nesting (mirrored, tunnelled, double-tagged) takes about half. */
#define STEPS_MAX 32

#define DEFAULT_FRAGMENT_BYTES      ((size_t)4 << 20)
#define DEFAULT_FRAGMENT_TIMEOUT_NS 30000000000LL

static const struct tally_row rows[PACKET_ROWS] = {
	[PACKET_SEEN] = { "seen", "packets", TALLY_TOTAL, false },
	[PACKET_TCP] = { "tcp", "TCP", TALLY_PART, false },
	[PACKET_FRAGMENT] = { "fragment", "fragments held for the rest of their datagram", TALLY_PART, false },
	[PACKET_NOT_IP] = { "not_ip", "not IP", TALLY_PART, false },
	[PACKET_NOT_TCP] = { "not_tcp", "IP, but not TCP", TALLY_PART, false },
	[PACKET_MALFORMED] = { "malformed", "malformed", TALLY_PART, false },
	[PACKET_SHORT] = { "short", "cut inside a header by the snap length", TALLY_PART, true },
	[PACKET_LINK] = { "unknown_link", "of a link type not known", TALLY_PART, true },
	/* No loss in itself: most are UDP's; bytes of TCP that went with them show as gaps. */
	[PACKET_FRAGMENT_LOST] = { "datagrams_lost", "fragmented datagrams given up", TALLY_NOTE, false },
	[PACKET_CUT] = { "cut", "TCP payloads cut by the snap length", TALLY_NOTE, true },
};
const struct tally_table packet_table = { "packets", rows, PACKET_ROWS };

/* https://www.tcpdump.org/linktypes.html; 11, 12 and 14 are what DLT_ATM_RFC1483 and DLT_RAW are on some systems, and stand in old files; 149
 * is what Darwin once wrote for 258. */
static const struct link {
	uint32_t link_type;
	enum step first;
	uint8_t skip; /* bytes before that, which say nothing we need */
} links[] = {
	{ 1, STEP_ETHERNET, 0 },      { 113, STEP_SLL, 0 },         { 276, STEP_SLL2, 0 },  { 0, STEP_NULL, 0 },
	{ 108, STEP_NULL, 0 },        { 101, STEP_RAW_IP, 0 },      { 12, STEP_RAW_IP, 0 }, { 14, STEP_RAW_IP, 0 },
	{ 228, STEP_IPV4, 0 },        { 229, STEP_IPV6, 0 },        { 9, STEP_PPP, 0 },     { 50, STEP_PPP, 0 },
	{ 51, STEP_PPPOE, 0 },        { 104, STEP_CHDLC, 0 },       { 219, STEP_MPLS, 0 },  { 105, STEP_WLAN, 0 },
	{ 127, STEP_RADIOTAP, 0 },    { 119, STEP_PRISM, 0 },       { 163, STEP_PRISM, 0 }, { 192, STEP_PPI, 0 },
	{ 258, STEP_PKTAP, 0 },       { 149, STEP_PKTAP, 0 },       { 239, STEP_NFLOG, 0 }, { 117, STEP_PFLOG, 0 },
	{ 109, STEP_RAW_IP, 12 },     { 166, STEP_PPP, 2 },         { 204, STEP_PPP, 1 },   { 205, STEP_CHDLC, 1 },
	{ 10, STEP_LLC, 13 },         { 6, STEP_TOKEN_RING, 0 },    { 100, STEP_LLC, 0 },   { 11, STEP_LLC, 0 },
	{ 107, STEP_FRAME_RELAY, 0 }, { 206, STEP_FRAME_RELAY, 1 },
};

static enum step (*const steps[STEPS])(struct unwrap *u) = {
	[STEP_ETHERNET] = link_ethernet,
	[STEP_ETHERTYPE] = link_ethertype,
	[STEP_SLL] = link_sll,
	[STEP_SLL2] = link_sll2,
	[STEP_NULL] = link_null,
	[STEP_CHDLC] = link_chdlc,
	[STEP_RAW_IP] = ip_raw,
	[STEP_PPPOE] = link_pppoe,
	[STEP_LLC] = link_llc,
	[STEP_TOKEN_RING] = link_token_ring,
	[STEP_FRAME_RELAY] = link_frame_relay,
	[STEP_NSH] = link_nsh,
	[STEP_WLAN] = monitor_wlan,
	[STEP_RADIOTAP] = monitor_radiotap,
	[STEP_PRISM] = monitor_prism,
	[STEP_PPI] = monitor_ppi,
	[STEP_PKTAP] = monitor_pktap,
	[STEP_NFLOG] = monitor_nflog,
	[STEP_PFLOG] = monitor_pflog,
	[STEP_PPP] = link_ppp,
	[STEP_MPLS] = link_mpls,
	[STEP_IPV4] = ip_v4,
	[STEP_IPV6] = ip_v6,
	[STEP_IP_PROTO] = ip_proto,
	[STEP_UDP] = tunnel_udp,
	[STEP_GRE] = tunnel_gre,
	[STEP_TCP] = tcp_header,
};

struct decoder {
	struct fragments *fragments;
	uint64_t counts[PACKET_ROWS];
};

struct decoder *decoder_new(const struct decoder_limits *limits)
{
	size_t bytes = limits && limits->fragment_bytes ? limits->fragment_bytes : DEFAULT_FRAGMENT_BYTES;
	int64_t timeout_ns = limits && limits->fragment_timeout_ns ? limits->fragment_timeout_ns : DEFAULT_FRAGMENT_TIMEOUT_NS;
	struct decoder *d = calloc(1, sizeof *d);
	if (!d)
		return NULL;
	d->fragments = fragments_new(bytes, timeout_ns, &d->counts[PACKET_FRAGMENT_LOST]);
	if (!d->fragments) {
		free(d);
		return NULL;
	}
	return d;
}

void decoder_free(struct decoder *d)
{
	if (!d)
		return;
	fragments_free(d->fragments);
	free(d);
}

const uint64_t *decoder_counts(const struct decoder *d)
{
	return d->counts;
}

static const struct link *find_link(uint32_t link_type)
{
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
		if (links[i].link_type == link_type)
			return &links[i];
	return NULL;
}

bool decoder_knows_link(uint32_t link_type)
{
	return find_link(link_type) != NULL;
}

enum step unwrap_link(struct unwrap *u, uint32_t link_type)
{
	const struct link *link = find_link(link_type);
	if (!link)
		return unwrap_stop(u, PACKET_LINK);
	cursor_skip(&u->c, link->skip);
	return u->c.ran_short ? unwrap_short(u) : link->first;
}

bool decoder_push(struct decoder *d, const struct packet *packet, struct segment *out)
{
	struct unwrap u = {
		.c = cursor_of(packet->bytes),
		.missing = packet->wire_len > packet->bytes.len ? packet->wire_len - packet->bytes.len : 0,
		.fragments = d->fragments,
		.ts_ns = packet->ts_ns,
		.out = out,
	};
	out->ts_ns = packet->ts_ns;
	out->vlan = 0;
	enum step step = unwrap_link(&u, packet->link_type);
	for (int n = 0; step != STEP_STOP; n++) {
		if (n == STEPS_MAX)
			step = unwrap_stop(&u, PACKET_MALFORMED);
		else
			step = steps[step](&u);
	}
	d->counts[PACKET_SEEN]++;
	d->counts[u.row]++;
	if (u.row != PACKET_TCP)
		return false;
	if (out->cut_bytes)
		d->counts[PACKET_CUT]++;
	return true;
}
