/* unwrap: what the layers of decode share: where in a packet we are, and which layer comes next.
 *
 * Every layer is one function: it reads its header from u->c and names the next step, or stops with the row that
 * counts the packet. decode.c holds the table of steps and walks it. */
#ifndef REPLAY_WIRE_UNWRAP_H
#define REPLAY_WIRE_UNWRAP_H

#include "base/cursor.h"
#include "model/segment.h"
#include "wire/decode.h"

struct fragments;

enum step {
	STEP_STOP, /* u->row says why */
	STEP_ETHERNET,
	STEP_ETHERTYPE, /* u->proto: an EtherType */
	STEP_SLL,
	STEP_SLL2,
	STEP_NULL,
	STEP_CHDLC,
	STEP_LLC,
	STEP_TOKEN_RING,
	STEP_FRAME_RELAY,
	STEP_WLAN,
	STEP_RADIOTAP,
	STEP_PRISM,
	STEP_PPI,
	STEP_PKTAP,
	STEP_NFLOG,
	STEP_PFLOG,
	STEP_RAW_IP, /* the version nibble decides */
	STEP_PPPOE,
	STEP_PPP,
	STEP_MPLS,
	STEP_NSH,
	STEP_IPV4,
	STEP_IPV6,
	STEP_IP_PROTO, /* u->proto: an IP protocol number */
	STEP_UDP,
	STEP_GRE,
	STEP_TCP,
	STEPS
};

struct unwrap {
	struct cursor c; /* captured bytes of this layer, header first */
	size_t missing;  /* bytes of this layer that were on the wire behind c but were not captured */
	uint32_t proto;  /* for the next step */
	bool tunnelled;  /* inside a tunnel, whose mirror may have cut the packet without saying so */
	enum packet_row row;
	struct fragments *fragments;
	int64_t ts_ns;
	struct segment *out; /* addresses, VLAN and in the end everything */
};

static inline enum step unwrap_stop(struct unwrap *u, enum packet_row row)
{
	u->row = row;
	return STEP_STOP;
}

/* A header was not whole: the capture cut it, or its sender did. */
static inline enum step unwrap_short(struct unwrap *u)
{
	return unwrap_stop(u, u->missing ? PACKET_SHORT : PACKET_MALFORMED);
}

/* This layer has n bytes from here on: drops padding, or notes what was not captured. False: it claims more than was sent. */
static inline bool unwrap_narrow(struct unwrap *u, size_t n)
{
	size_t left = cursor_left(&u->c);
	if (n <= left) {
		u->c.end = n ? u->c.at + n : u->c.at;
		u->missing = 0;
		return true;
	}
	if (n - left > u->missing && !u->tunnelled)
		return false;
	u->missing = n - left;
	return true;
}

/* What a packet of this link type begins with. */
enum step unwrap_link(struct unwrap *u, uint32_t link_type);

/* What NSH (RFC 8300 §6) and VXLAN-GPE number alike; STEP_STOP: another. */
enum step link_next_protocol(uint8_t next);

enum step link_ethernet(struct unwrap *u);
enum step link_ethertype(struct unwrap *u);
enum step link_sll(struct unwrap *u);
enum step link_sll2(struct unwrap *u);
enum step link_null(struct unwrap *u);
enum step link_chdlc(struct unwrap *u);
enum step link_llc(struct unwrap *u);
enum step link_token_ring(struct unwrap *u);
enum step link_frame_relay(struct unwrap *u);
enum step link_nsh(struct unwrap *u);
enum step link_pppoe(struct unwrap *u);
enum step link_ppp(struct unwrap *u);
enum step link_mpls(struct unwrap *u);
enum step monitor_wlan(struct unwrap *u);
enum step monitor_radiotap(struct unwrap *u);
enum step monitor_prism(struct unwrap *u);
enum step monitor_ppi(struct unwrap *u);
enum step monitor_pktap(struct unwrap *u);
enum step monitor_nflog(struct unwrap *u);
enum step monitor_pflog(struct unwrap *u);
enum step ip_raw(struct unwrap *u);
enum step ip_v4(struct unwrap *u);
enum step ip_v6(struct unwrap *u);
enum step ip_proto(struct unwrap *u);
enum step tunnel_udp(struct unwrap *u);
enum step tunnel_gre(struct unwrap *u);
enum step tcp_header(struct unwrap *u);

#endif
