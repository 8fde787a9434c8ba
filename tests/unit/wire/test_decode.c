/* decode: every link layer and tunnel round the same TCP segment, built by hand; every cut of each; fragments. */
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "unit/wire/wire_kit.h"
#include "wire/decode.h"

#include <stdio.h>
#include <stdlib.h>

enum { PACKET_ROOM = 512 };

struct bytes {
	uint8_t at[PACKET_ROOM];
	size_t len;
};

static void put_hex(struct bytes *b, const char *hex)
{
	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		char two[3] = { hex[0], hex[1], 0 };
		cr_assert_lt(b->len, (size_t)PACKET_ROOM);
		b->at[b->len++] = (uint8_t)strtoul(two, NULL, 16);
		hex++;
	}
}

/* TCP 40000 > 80, seq 01020304, ack 05060708, PSH ACK, window 1000, "hello": 25 bytes; 32 with options. */
#define TCP         "9c40 0050 01020304 05060708 5018 1000 0000 0000 68656c6c6f"
#define TCP_OPTIONS "9c40 0050 01020304 05060708 8018 1000 0000 0000 0101080a 00000001 00000002 68656c6c6f"
#define V4_ADDR     "c0000201 c0000202"
#define V6_ADDR     "20010db8 00000000 00000000 00000001 20010db8 00000000 00000000 00000002"
#define V4          "4500 002d 0001 0000 4006 0000 " V4_ADDR TCP
#define V6          "60000000 0019 06 40 " V6_ADDR TCP
#define MACS        "020000000001 020000000002 "
#define ETH_V4      MACS "0800" V4
#define WLAN_V4     "0801 0000 020000000001 020000000002 020000000003 0010 aaaa03 000000 0800" V4
#define WLAN_QOS    "8802 0000 020000000001 020000000002 020000000003 0010 0000 aaaa03 000000 0800"

static const struct layers {
	const char *name;
	uint32_t link_type;
	const char *hex;
	uint8_t family;
	uint32_t vlan; /* id + 1 */
} layers[] = {
	{ "ethernet", 1, ETH_V4, 4, 0 },
	{ "ethernet ipv6", 1, MACS "86dd" V6, 6, 0 },
	{ "vlan", 1, MACS "8100 2064 0800" V4, 4, 101 },
	{ "vlan 0 is a priority alone", 1, MACS "8100 e000 0800" V4, 4, 0 },
	{ "qinq", 1, MACS "88a8 0001 8100 0002 0800" V4, 4, 3 },
	{ "three tags", 1, MACS "9100 0001 88a8 0002 8100 0003 86dd" V6, 6, 4 },
	{ "snap", 1, MACS "0035 aaaa03 000000 0800" V4, 4, 0 },
	{ "padding", 1, ETH_V4 "000000000000", 4, 0 },
	{ "padding ipv6", 1, MACS "86dd" V6 "ffff", 6, 0 },
	{ "sll", 113, "0000 0001 0006 0200000000010000 0800" V4, 4, 0 },
	{ "sll vlan", 113, "0000 0001 0006 0200000000010000 8100 0005 86dd" V6, 6, 6 },
	{ "sll2", 276, "86dd 0000 00000001 0001 00 06 0200000000010000" V6, 6, 0 },
	{ "null little", 0, "02000000" V4, 4, 0 },
	{ "null big", 0, "00000002" V4, 4, 0 },
	{ "null bsd ipv6", 0, "18000000" V6, 6, 0 },
	{ "null freebsd ipv6", 0, "1c000000" V6, 6, 0 },
	{ "null darwin ipv6", 0, "0000001e" V6, 6, 0 },
	{ "loop", 108, "00000002" V4, 4, 0 },
	{ "raw", 101, V4, 4, 0 },
	{ "raw ipv6", 12, V6, 6, 0 },
	{ "raw openbsd", 14, V4, 4, 0 },
	{ "ipv4", 228, V4, 4, 0 },
	{ "ipv6", 229, V6, 6, 0 },
	{ "pppoe", 1, MACS "8864 1100 0007 002f 0021" V4, 4, 0 },
	{ "pppoe padded", 1, MACS "8864 1100 0007 0043 0057" V6 "0000", 6, 0 },
	{ "ppp", 9, "ff03 0021" V4, 4, 0 },
	{ "ppp compressed", 9, "21" V4, 4, 0 },
	{ "ppp hdlc", 50, "ff03 0057" V6, 6, 0 },
	{ "pppoe link type", 51, "1100 0007 002f 0021" V4, 4, 0 },
	{ "cisco hdlc", 104, "0f00 0800" V4, 4, 0 },
	{ "mpls", 1, MACS "8847 00010040 00011140" V4, 4, 0 },
	{ "mpls ipv6", 1, MACS "8847 00011140" V6, 6, 0 },
	{ "mpls pseudowire", 1, MACS "8847 00011140 00000000" ETH_V4, 4, 0 },
	{ "mpls bare ethernet", 1,
	  MACS "8847 00011140"
	       "220000000001 020000000002 0800" V4,
	  4, 0 },
	{ "ipv4 options", 101, "4600 0031 0001 0000 4006 0000 " V4_ADDR "01010101" TCP, 4, 0 },
	{ "tcp options", 101, "4500 0039 0001 0000 4006 0000 " V4_ADDR TCP_OPTIONS, 4, 0 },
	{ "ipv4 length 0 (offload)", 101, "4500 0000 0001 0000 4006 0000 " V4_ADDR TCP, 4, 0 },
	{ "ipv6 length 0 (offload)", 101, "60000000 0000 06 40 " V6_ADDR TCP, 6, 0 },
	{ "ipv6 jumbo", 101, "60000000 0000 00 40 " V6_ADDR "06 00 c2 04 00000021" TCP, 6, 0 },
	{ "ipv6 hop-by-hop, routing, destination", 101,
	  "60000000 0039 00 40 " V6_ADDR "2b 00 0104 00000000"
	  "3c 01 0000 00000000 0000000000000000"
	  "06 00 0104 00000000" TCP,
	  6, 0 },
	{ "ipv6 mobility", 101, "60000000 0021 87 40 " V6_ADDR "06 00 0000 00000000" TCP, 6, 0 },
	{ "ipv6 ah", 101, "60000000 0031 33 40 " V6_ADDR "06 04 0000 00000001 00000001 000000000000000000000000" TCP, 6, 0 },
	{ "ipv4 ah", 101, "4500 0045 0001 0000 4033 0000 " V4_ADDR "06 04 0000 00000001 00000001 000000000000000000000000" TCP, 4, 0 },
	{ "ipv6 atomic fragment", 101, "60000000 0021 2c 40 " V6_ADDR "06 00 0000 00000001" TCP, 6, 0 },
	{ "ip in ip", 101, "4500 0041 0001 0000 4004 0000 0a000001 0a000002" V4, 4, 0 },
	{ "6in4", 101, "4500 0055 0001 0000 4029 0000 0a000001 0a000002" V6, 6, 0 },
	{ "4in6", 101, "60000000 002d 04 40 " V6_ADDR V4, 4, 0 },
	{ "vxlan", 1, MACS "0800 4500 005f 0001 0000 4011 0000 0a000001 0a000002 1234 12b5 004b 0000 08000000 00007b00" ETH_V4, 4, 0 },
	{ "vxlan linux, inner vlan", 1,
	  MACS "8100 0001 0800 4500 0063 0001 0000 4011 0000 0a000001 0a000002 1234 2118 004f 0000 08000000 00007b00" MACS
	       "8100 0009 0800" V4,
	  4, 10 },
	{ "geneve with options", 1,
	  MACS "0800 4500 0063 0001 0000 4011 0000 0a000001 0a000002 1234 17c1 004f 0000 01006558 00007b00 01020300" ETH_V4, 4, 0 },
	{ "gre", 101, "4500 0045 0001 0000 402f 0000 0a000001 0a000002 0000 0800" V4, 4, 0 },
	{ "gre checksum, key, sequence", 101, "4500 0051 0001 0000 402f 0000 0a000001 0a000002 b000 0800 00000000 00000001 00000002" V4, 4,
	  0 },
	{ "gre teb", 101, "4500 0057 0001 0000 402f 0000 0a000001 0a000002 2000 6558 00000001" ETH_V4, 4, 0 },
	{ "gre pptp", 101, "4500 0055 0001 0000 402f 0000 0a000001 0a000002 3081 880b 00310001 00000001 00000001 ff03 0021" V4, 4, 0 },
	{ "erspan i", 101, "4500 0053 0001 0000 402f 0000 0a000001 0a000002 0000 88be" ETH_V4, 4, 0 },
	{ "erspan ii", 101, "4500 005f 0001 0000 402f 0000 0a000001 0a000002 1000 88be 00000001 10000001 00000000" ETH_V4, 4, 0 },
	{ "erspan iii", 101, "4500 0063 0001 0000 402f 0000 0a000001 0a000002 1000 22eb 00000001 20000001 00000000 0000 0000" ETH_V4, 4,
	  0 },
	{ "erspan iii, platform part", 101,
	  "4500 006b 0001 0000 402f 0000 0a000001 0a000002 1000 22eb 00000001 20000001 00000000 0000 0001 0000000000000000" ETH_V4, 4, 0 },
	{ "erspan iii, bare ip", 101, "4500 0055 0001 0000 402f 0000 0a000001 0a000002 1000 22eb 00000001 20000001 00000000 0000 0800" V4,
	  4, 0 },
	{ "vxlan in gre in ipv6", 101,
	  "60000000 0063 2f 40 " V6_ADDR
	  "0000 0800 4500 005f 0001 0000 4011 0000 0a000001 0a000002 1234 12b5 004b 0000 08000000 00007b00" ETH_V4,
	  4, 0 },
	{ "vxlan-gpe, ipv4", 1, MACS "0800 4500 0051 0001 0000 4011 0000 0a000001 0a000002 1234 12b6 003d 0000 0c000001 00007b00" V4, 4,
	  0 },
	{ "vxlan-gpe without a protocol", 1,
	  MACS "0800 4500 005f 0001 0000 4011 0000 0a000001 0a000002 1234 12b6 004b 0000 08000000 00007b00" ETH_V4, 4, 0 },
	{ "gtp-u", 1, MACS "0800 4500 0051 0001 0000 4011 0000 0a000001 0a000002 0868 0868 003d 0000 30ff 002d 00000007" V4, 4, 0 },
	{ "gtp-u, sequence and extensions", 1,
	  MACS "0800 4500 0075 0001 0000 4011 0000 0a000001 0a000002 1234 0868 0061 0000 36ff 003d 00000007 0001 00 85 01 0100 c0 02 "
	       "010203040506 00" V6,
	  6, 0 },
	{ "gtp-u, from the port", 1,
	  MACS "0800 4500 0055 0001 0000 4011 0000 0a000001 0a000002 0868 1234 0041 0000 32ff 0031 00000007 0001 00 00" V4, 4, 0 },
	{ "l2tp", 1, MACS "0800 4500 0053 0001 0000 4011 0000 0a000001 0a000002 06a5 06a5 003f 0000 0002 0001 0002 ff03 0021" V4, 4, 0 },
	{ "l2tp with all its fields", 1,
	  MACS "0800 4500 005a 0001 0000 4011 0000 0a000001 0a000002 06a5 1234 0046 0000 4a02 0000 0001 0002 0003 0004 0002 ffff 21" V4, 4,
	  0 },
	{ "teredo", 1, MACS "0800 4500 005d 0001 0000 4011 0000 0a000001 0a000002 1234 0dd8 0049 0000 " V6, 6, 0 },
	{ "teredo, authentication and origin", 1,
	  MACS "0800 4500 0075 0001 0000 4011 0000 0a000001 0a000002 0dd8 1234 0061 0000 0001 0102 aa bbcc 0000000000000001 00 0000 1122 "
	       "01020304" V6,
	  6, 0 },
	{ "ayiya", 1,
	  MACS "0800 4500 0089 0001 0000 4011 0000 0a000001 0a000002 1234 13d0 0075 0000 42521129 "
	       "00000000000000000000000000000000000000000000000000000000000000000000000000000000" V6,
	  6, 0 },
	{ "tzsp", 1, MACS "0800 4500 0060 0001 0000 4011 0000 0a000001 0a000002 1234 9090 004c 0000 01 00 0001 0a 01 ff 00 01" ETH_V4, 4,
	  0 },
	{ "tzsp, 802.11", 1, MACS "0800 4500 006e 0001 0000 4011 0000 0a000001 0a000002 1234 9090 005a 0000 01 00 0012 01" WLAN_V4, 4, 0 },
	{ "mpls in udp", 1, MACS "0800 4500 004d 0001 0000 4011 0000 0a000001 0a000002 1234 19eb 0039 0000 00011140" V4, 4, 0 },
	{ "etherip", 101, "4500 0051 0001 0000 4061 0000 0a000001 0a000002 3000" ETH_V4, 4, 0 },
	{ "gre wccp", 101, "4500 0045 0001 0000 402f 0000 0a000001 0a000002 0000 883e" V4, 4, 0 },
	{ "gre wccp 2", 101, "4500 0049 0001 0000 402f 0000 0a000001 0a000002 0000 883e 00000001" V4, 4, 0 },
	{ "802.1ah", 1, MACS "88e7 00000001" ETH_V4, 4, 0 },
	{ "fabricpath", 1, MACS "8903 0001" ETH_V4, 4, 0 },
	{ "vn-tag", 1, MACS "8926 00000001 0800" V4, 4, 0 },
	{ "e-tag", 1, MACS "893f 000000010000 86dd" V6, 6, 0 },
	{ "nsh", 1, MACS "894f 0fc2 01 02 000001ff" V6, 6, 0 },
	{ "nsh with a context", 1, MACS "894f 0fc3 01 01 000001ff 00000000" V4, 4, 0 },
	{ "802.11", 105, WLAN_V4, 4, 0 },
	{ "802.11 qos", 105, WLAN_QOS V4, 4, 0 },
	{ "802.11 qos, four addresses, ht control", 105,
	  "8883 0000 020000000001 020000000002 020000000003 0010 020000000004 0000 00000000 aaaa03 000000 86dd" V6, 6, 0 },
	{ "802.11 aggregated", 105,
	  "8802 0000 020000000001 020000000002 020000000003 0010 8000 020000000001 020000000002 0035 aaaa03 000000 0800" V4, 4, 0 },
	{ "radiotap", 127, "0000 0900 02000000 00" WLAN_V4, 4, 0 },
	{ "radiotap, time, padded, another word", 127,
	  "0000 1900 030000a0 00000020 00000000 0000000000000000 20"
	  "8802 0000 020000000001 020000000002 020000000003 0010 0000 0000 aaaa03 000000 0800" V4,
	  4, 0 },
	{ "prism", 119, "00000044 0c000000 00000000" WLAN_V4, 4, 0 },
	{ "avs", 163, "80211001 0000000c 00000000" WLAN_V4, 4, 0 },
	{ "ppi, 802.11", 192, "0000 0a00 69000000 0000" WLAN_V4, 4, 0 },
	{ "ppi, ethernet", 192, "0000 0800 01000000" ETH_V4, 4, 0 },
	{ "pktap", 258, "10000000 01000000 01000000 00000000" ETH_V4, 4, 0 },
	{ "nflog", 239, "02 00 0001 0800 0a00 00000001 0500 0700 61 000000 3100 0900" V4, 4, 0 },
	{ "nflog big endian, ipv6", 239, "0a 00 0001 0008 000a 00000001 0045 0009" V6 "000000", 6, 0 },
	{ "pflog", 117, "09 02 0000 00000000 00000000" V4, 4, 0 },
	{ "openbsd enc", 109, "00000002 00000000 00000000" V4, 4, 0 },
	{ "pppd", 166, "01 03 0021" V4, 4, 0 },
	{ "ppp with a direction", 204, "00 ff03 0021" V4, 4, 0 },
	{ "cisco hdlc with a direction", 205, "01 0f00 0800" V4, 4, 0 },
	{ "fddi", 10, "50 020000000001 020000000002 aaaa03 000000 0800" V4, 4, 0 },
	{ "token ring", 6, "1040 020000000001 020000000002 aaaa03 000000 86dd" V6, 6, 0 },
	{ "token ring, routed", 6, "1040 020000000001 820000000002 0600 00010002 aaaa03 000000 0800" V4, 4, 0 },
	{ "atm", 100, "aaaa03 000000 0800" V4, 4, 0 },
	{ "frame relay", 107, "1841 03 cc" V4, 4, 0 },
	{ "frame relay, snap", 107, "1841 03 00 80 000000 86dd" V6, 6, 0 },
};
enum { LAYERS = sizeof layers / sizeof layers[0] };

/* Pushes what is captured of a packet of wire_len bytes; returns the row that counted it. */
static enum packet_row push(struct decoder *d, uint32_t link_type, struct slice captured, size_t wire_len, struct segment *out)
{
	uint64_t before[PACKET_ROWS];
	memcpy(before, decoder_counts(d), sizeof before);
	struct packet p = { .bytes = captured, .wire_len = (uint32_t)wire_len, .link_type = link_type, .ts_ns = 5 };
	bool given = decoder_push(d, &p, out);
	assert_balanced(&packet_table, decoder_counts(d));
	for (int row = PACKET_TCP; row < PACKET_FRAGMENT_LOST; row++)
		if (decoder_counts(d)[row] > before[row]) {
			cr_assert_eq(given, row == PACKET_TCP);
			return (enum packet_row)row;
		}
	cr_assert_fail("no row counted the packet");
	return PACKET_SEEN;
}

static void assert_segment(const char *name, const struct segment *s, uint8_t family, uint32_t vlan)
{
	static const uint8_t v4[16] = { 192, 0, 2, 1 }, v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };
	cr_expect(slice_eq(s->payload, slice_str("hello")), "%s: payload has %zu bytes", name, s->payload.len);
	cr_expect_eq(s->cut_bytes, 0, "%s", name);
	cr_expect_eq(s->src.family, family, "%s", name);
	cr_expect_arr_eq(s->src.addr, family == 4 ? v4 : v6, 16, "%s", name);
	cr_expect_eq(s->dst.family, family, "%s", name);
	cr_expect_eq(s->src.port, 40000, "%s", name);
	cr_expect_eq(s->dst.port, 80, "%s", name);
	cr_expect_eq(s->seq, 0x01020304, "%s", name);
	cr_expect_eq(s->ack, 0x05060708, "%s", name);
	cr_expect_eq(s->flags, TCP_PSH | TCP_ACK, "%s", name);
	cr_expect_eq(s->window, 0x1000, "%s", name);
	cr_expect_eq(s->vlan, vlan, "%s: vlan %u", name, s->vlan);
	cr_expect_eq(s->ts_ns, 5, "%s", name);
}

Test(decode, every_layer_leads_to_the_segment)
{
	struct decoder *d = decoder_new(NULL);
	for (size_t i = 0; i < LAYERS; i++) {
		struct bytes b = { .len = 0 };
		put_hex(&b, layers[i].hex);
		struct slice guarded = guard_copy(slice_of(b.at, b.len));
		struct segment s;
		cr_assert(decoder_knows_link(layers[i].link_type));
		enum packet_row row = push(d, layers[i].link_type, guarded, b.len, &s);
		cr_expect_eq(row, PACKET_TCP, "%s: row %d", layers[i].name, (int)row);
		if (row == PACKET_TCP)
			assert_segment(layers[i].name, &s, layers[i].family, layers[i].vlan);
		guard_free(guarded);
	}
	decoder_free(d);
}

/* A capture that cut the packet anywhere: the segment with the right cut, or "short"; never a wrong answer, never a byte read too far. */
Test(decode, any_snap_length)
{
	struct decoder *d = decoder_new(NULL);
	for (size_t i = 0; i < LAYERS; i++) {
		struct bytes b = { .len = 0 };
		put_hex(&b, layers[i].hex);
		for (size_t cut = 0; cut < b.len; cut++) {
			struct slice guarded = guard_copy(slice_of(b.at, cut));
			struct segment s;
			enum packet_row row = push(d, layers[i].link_type, guarded, b.len, &s);
			cr_expect(row == PACKET_TCP || row == PACKET_SHORT, "%s cut to %zu: row %d", layers[i].name, cut, (int)row);
			if (row == PACKET_TCP)
				cr_expect_eq(s.payload.len + s.cut_bytes, 5, "%s cut to %zu: %zu + %u bytes", layers[i].name, cut,
				             s.payload.len, s.cut_bytes);
			guard_free(guarded);
		}
	}
	decoder_free(d);
}

/* A packet that its sender sent too short is no segment, unless a tunnel's mirror may have cut it: then it is one with bytes missing. */
Test(decode, cut_by_the_sender)
{
	struct decoder *d = decoder_new(NULL);
	for (size_t i = 0; i < LAYERS; i++) {
		struct bytes b = { .len = 0 };
		put_hex(&b, layers[i].hex);
		for (size_t cut = 0; cut < b.len; cut++) {
			struct slice guarded = guard_copy(slice_of(b.at, cut));
			struct segment s;
			enum packet_row row = push(d, layers[i].link_type, guarded, cut, &s);
			cr_expect_neq(row, PACKET_LINK, "%s", layers[i].name);
			if (row == PACKET_TCP)
				cr_expect_leq(s.payload.len + s.cut_bytes, 5, "%s", layers[i].name);
			guard_free(guarded);
		}
	}
	struct bytes b = { .len = 0 };
	put_hex(&b, ETH_V4);
	struct segment s;
	cr_assert_eq(push(d, 1, slice_of(b.at, b.len - 1), b.len - 1, &s), PACKET_MALFORMED);
	decoder_free(d);
}

Test(decode, cut_by_the_mirror_inside_a_tunnel)
{
	/* The outer header is right; what it holds was cut to 43 of 45 bytes. */
	struct decoder *d = decoder_new(NULL);
	struct bytes b = { .len = 0 };
	put_hex(&b, "4500 0043 0001 0000 402f 0000 0a000001 0a000002 0000 0800" V4);
	struct segment s;
	cr_assert_eq(push(d, 101, slice_of(b.at, b.len - 2), b.len - 2, &s), PACKET_TCP);
	cr_assert(slice_eq(s.payload, slice_str("hel")));
	cr_assert_eq(s.cut_bytes, 2);
	decoder_free(d);
}

Test(decode, what_gives_no_segment)
{
	static const struct {
		const char *name;
		uint32_t link_type;
		const char *hex;
		enum packet_row row;
	} cases[] = {
		{ "arp", 1, MACS "0806 0001 0800 0604 0001", PACKET_NOT_IP },
		{ "stp", 1, MACS "0026 424203 000000", PACKET_NOT_IP },
		{ "pppoe discovery", 1, MACS "8863 1109 0000 0000", PACKET_NOT_IP },
		{ "ppp lcp", 9, "ff03 c021 0101", PACKET_NOT_IP },
		{ "null appletalk", 0, "10000000 00", PACKET_NOT_IP },
		{ "raw version 5", 101, "50", PACKET_NOT_IP },
		{ "udp", 101, "4500 001c 0001 0000 4011 0000 " V4_ADDR "0035 0035 0008 0000", PACKET_NOT_TCP },
		{ "icmp fragment", 101, "4500 001c 0001 2000 4001 0000 " V4_ADDR "0000000000000000", PACKET_NOT_TCP },
		{ "esp", 101, "4500 001c 0001 0000 4032 0000 " V4_ADDR "0000000000000000", PACKET_NOT_TCP },
		{ "vxlan without its flag", 101, "4500 0024 0001 0000 4011 0000 " V4_ADDR "1234 12b5 0010 0000 0000000000000000",
		  PACKET_NOT_TCP },
		{ "gre version 2", 101, "4500 0018 0001 0000 402f 0000 " V4_ADDR "0002 0800", PACKET_NOT_TCP },
		{ "ipv4 header length 4", 101, "4100 002d 0001 0000 4006 0000 " V4_ADDR TCP, PACKET_MALFORMED },
		{ "ipv4 total below header", 101, "4500 0013 0001 0000 4006 0000 " V4_ADDR TCP, PACKET_MALFORMED },
		{ "ipv4 total beyond packet", 101, "4500 002e 0001 0000 4006 0000 " V4_ADDR TCP, PACKET_MALFORMED },
		{ "tcp offset 4", 101, "4500 0028 0001 0000 4006 0000 " V4_ADDR "9c40 0050 01020304 05060708 4018 1000 0000 0000",
		  PACKET_MALFORMED },
		{ "tcp offset beyond packet", 101,
		  "4500 0028 0001 0000 4006 0000 " V4_ADDR "9c40 0050 01020304 05060708 6018 1000 0000 0000", PACKET_MALFORMED },
		{ "tcp header not whole", 101, "4500 0024 0001 0000 4006 0000 " V4_ADDR "9c40 0050 01020304 05060708", PACKET_MALFORMED },
		{ "unknown link", 147, V4, PACKET_LINK },
	};
	struct decoder *d = decoder_new(NULL);
	cr_assert_not(decoder_knows_link(147));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes b = { .len = 0 };
		put_hex(&b, cases[i].hex);
		struct slice guarded = guard_copy(slice_of(b.at, b.len));
		struct segment s;
		enum packet_row row = push(d, cases[i].link_type, guarded, b.len, &s);
		cr_expect_eq(row, cases[i].row, "%s: row %d", cases[i].name, (int)row);
		guard_free(guarded);
	}
	decoder_free(d);
}

/* Tunnels in tunnels without end stop at a bound. */
Test(decode, nesting_is_bounded)
{
	enum { DEPTH = 200 };
	static uint8_t bytes[DEPTH * 40];
	for (size_t i = 0; i < DEPTH; i++) {
		uint8_t *header = bytes + 40 * i;
		header[0] = 0x60;
		size_t length = 40 * (DEPTH - 1 - i);
		header[4] = (uint8_t)(length >> 8);
		header[5] = (uint8_t)length;
		header[6] = 41;
	}
	struct decoder *d = decoder_new(NULL);
	struct segment s;
	cr_assert_eq(push(d, 101, slice_of(bytes, sizeof bytes), sizeof bytes, &s), PACKET_MALFORMED);
	decoder_free(d);
}

Test(decode, snap_length_shows_in_cut_bytes)
{
	struct decoder *d = decoder_new(NULL);
	struct bytes b = { .len = 0 };
	put_hex(&b, ETH_V4);
	struct segment s;
	cr_assert_eq(push(d, 1, slice_of(b.at, b.len - 3), b.len, &s), PACKET_TCP);
	cr_assert(slice_eq(s.payload, slice_str("he")));
	cr_assert_eq(s.cut_bytes, 3);
	cr_assert_eq(decoder_counts(d)[PACKET_CUT], 1);
	decoder_free(d);
}

/* --- fragments --------------------------------------------------------------------------------------------- */

/* Part [from, from + len) of the TCP header and payload, as a fragment of datagram `id`. */
static void put_fragment(struct bytes *b, int family, unsigned id, unsigned from, unsigned len)
{
	char header[200];
	struct bytes tcp = { .len = 0 };
	put_hex(&tcp, TCP);
	unsigned more = from + len < tcp.len;
	if (family == 4)
		(void)snprintf(header, sizeof header, "4500 %04x %04x %04x 4006 0000 " V4_ADDR, 20 + len, id, more << 13 | from / 8);
	else
		(void)snprintf(header, sizeof header, "60000000 %04x 2c 40 " V6_ADDR "06 00 %04x %08x", 8 + len, from | more, id);
	b->len = 0;
	put_hex(b, header);
	memcpy(b->at + b->len, tcp.at + from, len);
	b->len += len;
}

struct cut {
	unsigned from, len;
};

static enum packet_row push_fragment(struct decoder *d, int family, unsigned id, struct cut cut, struct segment *out)
{
	struct bytes b;
	put_fragment(&b, family, id, cut.from, cut.len);
	struct slice guarded = guard_copy(slice_of(b.at, b.len));
	enum packet_row row = push(d, 101, guarded, b.len, out);
	guard_free(guarded);
	return row;
}

Test(decode, fragments_in_every_order)
{
	static const struct cut cuts[3] = { { 0, 8 }, { 8, 8 }, { 16, 9 } };
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct decoder *d = decoder_new(NULL);
	for (int family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < 6; i++) {
			struct segment s;
			/* Another datagram's fragment between them does not disturb. */
			cr_assert_eq(push_fragment(d, family, 999, cuts[1], &s), PACKET_FRAGMENT);
			cr_assert_eq(push_fragment(d, family, 7, cuts[orders[i][0]], &s), PACKET_FRAGMENT);
			cr_assert_eq(push_fragment(d, family, 7, cuts[orders[i][1]], &s), PACKET_FRAGMENT);
			cr_assert_eq(push_fragment(d, family, 7, cuts[orders[i][0]], &s), PACKET_FRAGMENT,
			             "an exact repetition is ignored");
			cr_assert_eq(push_fragment(d, family, 7, cuts[orders[i][2]], &s), PACKET_TCP);
			assert_segment("fragments", &s, (uint8_t)family, 0);
		}
	cr_assert_eq(decoder_counts(d)[PACKET_FRAGMENT_LOST], 0);
	decoder_free(d);
}

Test(decode, overlapping_fragments_drop_their_datagram)
{
	struct decoder *d = decoder_new(NULL);
	for (int family = 4; family <= 6; family += 2) {
		struct segment s;
		cr_assert_eq(push_fragment(d, family, 7, (struct cut){ 0, 16 }, &s), PACKET_FRAGMENT);
		cr_assert_eq(push_fragment(d, family, 7, (struct cut){ 8, 8 }, &s), PACKET_FRAGMENT);
		cr_assert_eq(push_fragment(d, family, 7, (struct cut){ 16, 9 }, &s), PACKET_FRAGMENT, "spoilt for good");
		cr_assert_eq(push_fragment(d, family, 7, (struct cut){ 0, 16 }, &s), PACKET_FRAGMENT);
	}
	cr_assert_eq(decoder_counts(d)[PACKET_FRAGMENT_LOST], 2);
	decoder_free(d);
}

Test(decode, fragments_have_a_time_out_and_a_cap)
{
	struct decoder_limits limits = { .fragment_bytes = 2000, .fragment_timeout_ns = 1000 };
	struct decoder *d = decoder_new(&limits);
	struct segment s;
	for (unsigned id = 0; id < 100; id++)
		cr_assert_eq(push_fragment(d, 4, id, (struct cut){ 0, 8 }, &s), PACKET_FRAGMENT);
	cr_assert_gt(decoder_counts(d)[PACKET_FRAGMENT_LOST], 80);
	cr_assert_eq(push_fragment(d, 4, 0, (struct cut){ 8, 17 }, &s), PACKET_FRAGMENT, "the oldest went first");
	cr_assert_eq(push_fragment(d, 4, 99, (struct cut){ 8, 17 }, &s), PACKET_TCP);
	decoder_free(d);

	d = decoder_new(&limits);
	struct bytes b;
	put_fragment(&b, 4, 1, 0, 8);
	struct packet p = { .bytes = slice_of(b.at, b.len), .wire_len = (uint32_t)b.len, .link_type = 101, .ts_ns = 100 };
	cr_assert_not(decoder_push(d, &p, &s));
	put_fragment(&b, 4, 1, 8, 17);
	p.bytes.len = b.len;
	p.wire_len = (uint32_t)b.len;
	p.ts_ns = 1101;
	cr_assert_not(decoder_push(d, &p, &s), "the first part is too old");
	cr_assert_eq(decoder_counts(d)[PACKET_FRAGMENT_LOST], 1);
	decoder_free(d);
}

Test(decode, any_allocation_may_fail)
{
	for (unsigned long n = 1;; n++) {
		alloc_fail_at(n);
		struct decoder *d = decoder_new(NULL);
		if (d) {
			struct segment s;
			for (unsigned id = 0; id < 3; id++) {
				(void)push_fragment(d, 6, id, (struct cut){ 0, 8 }, &s);
				(void)push_fragment(d, 6, id, (struct cut){ 8, 17 }, &s);
			}
			uint64_t segments = decoder_counts(d)[PACKET_TCP], lost = decoder_counts(d)[PACKET_FRAGMENT_LOST];
			cr_assert(segments == 3 || (segments == 2 && lost > 0));
		}
		decoder_free(d);
		if (!alloc_failed())
			break;
	}
	alloc_fail_at(0);
}
