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

/* https://www.tcpdump.org/linktypes.html; 12 and 14 are what DLT_RAW is on some systems, and stand in old files. */
static const struct link {
	uint32_t link_type;
	enum step first;
} links[] = {
	{ 1, STEP_ETHERNET }, { 113, STEP_SLL },   { 276, STEP_SLL2 },  { 0, STEP_NULL },    { 108, STEP_NULL },
	{ 101, STEP_RAW_IP }, { 12, STEP_RAW_IP }, { 14, STEP_RAW_IP }, { 228, STEP_IPV4 },  { 229, STEP_IPV6 },
	{ 9, STEP_PPP },      { 50, STEP_PPP },    { 51, STEP_PPPOE },  { 104, STEP_CHDLC }, { 219, STEP_MPLS },
};

static enum step (*const steps[STEPS])(struct unwrap *u) = {
	[STEP_ETHERNET] = link_ethernet, [STEP_ETHERTYPE] = link_ethertype, [STEP_SLL] = link_sll,   [STEP_SLL2] = link_sll2,
	[STEP_NULL] = link_null,         [STEP_CHDLC] = link_chdlc,         [STEP_RAW_IP] = ip_raw,  [STEP_PPPOE] = link_pppoe,
	[STEP_PPP] = link_ppp,           [STEP_MPLS] = link_mpls,           [STEP_IPV4] = ip_v4,     [STEP_IPV6] = ip_v6,
	[STEP_IP_PROTO] = ip_proto,      [STEP_UDP] = tunnel_udp,           [STEP_GRE] = tunnel_gre, [STEP_TCP] = tcp_header,
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

static enum step first_step(uint32_t link_type)
{
	for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
		if (links[i].link_type == link_type)
			return links[i].first;
	return STEP_STOP;
}

bool decoder_knows_link(uint32_t link_type)
{
	return first_step(link_type) != STEP_STOP;
}

bool decoder_push(struct decoder *d, const struct packet *packet, struct segment *out)
{
	struct unwrap u = {
		.c = cursor_of(packet->bytes),
		.missing = packet->wire_len > packet->bytes.len ? packet->wire_len - packet->bytes.len : 0,
		.row = PACKET_LINK,
		.fragments = d->fragments,
		.ts_ns = packet->ts_ns,
		.out = out,
	};
	out->ts_ns = packet->ts_ns;
	out->vlan = 0;
	enum step step = first_step(packet->link_type);
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
