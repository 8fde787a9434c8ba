/* raw_address: what --input-raw takes, and the filter that follows. */
#include "input/raw_address.h"

#include <criterion/criterion.h>

#define HIDDEN                                                                                                                             \
	" or (ip proto 6 and ip[6:2] & 0x1fff != 0) or ip proto 51 or (ip6 and (ip6[6] == 0 or ip6[6] == 43 or ip6[6] == 44 or ip6[6] "    \
	"== 51 or ip6[6] == 60 or ip6[6] == 135))"
#define WRAPPED                                                                                                                            \
	" or proto 4 or proto 41 or proto 47 or udp port 6081 or ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100 or ether " \
	"proto 0x8864 or ether proto 0x8847 or ether proto 0x8848 or ((udp port 4789 or udp port 8472) and (ip6 or udp[28:2] != 0x0800 "   \
	"or udp[30] != 0x45 or udp[36:2] & 0x1fff != 0"
#define PORT_80 " or (udp[50:2] >= 80 and udp[50:2] <= 80) or (udp[52:2] >= 80 and udp[52:2] <= 80))))"

Test(raw_address, forms)
{
	static const struct {
		const char *text, *where, *filter;
	} cases[] = {
		{ ":80", "", "(tcp port 80" HIDDEN WRAPPED PORT_80 },
		{ "0.0.0.0:80", "", "(tcp port 80" HIDDEN WRAPPED PORT_80 },
		{ "eth0:80", "eth0", "(tcp port 80" HIDDEN WRAPPED PORT_80 },
		{ "127.0.0.1:8000-8010,9000", "127.0.0.1", "host 127.0.0.1 and (tcp portrange 8000-8010 or tcp port 9000" HIDDEN ")" },
		{ "[::1]:80", "::1", "host ::1 and (tcp port 80" HIDDEN ")" },
		{ "::1:80", "::1", "host ::1 and (tcp port 80" HIDDEN ")" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct raw_address a;
		struct buf filter;
		buf_init(&filter, 4096);
		cr_assert_eq(raw_address_parse(cases[i].text, &a, NULL), 0, "%s", cases[i].text);
		cr_expect_str_eq(a.where, cases[i].where);
		cr_assert_eq(raw_address_filter(&a, &filter), 0);
		cr_expect(slice_eq(buf_slice(&filter), slice_str(cases[i].filter)), "%s: %.*s", cases[i].text, (int)filter.len, filter.ptr);
		buf_release(&filter);
	}
}

Test(raw_address, ports)
{
	struct port_set s = { 0 };
	cr_assert(port_set_parse("80,8000-8010", &s));
	cr_assert(port_set_parse("443", &s), "more are added");
	static const uint16_t in[] = { 80, 443, 8000, 8005, 8010 }, out[] = { 0, 79, 81, 7999, 8011, 65535 };
	for (size_t i = 0; i < sizeof in / sizeof *in; i++)
		cr_expect(port_set_has(&s, in[i]), "%u", in[i]);
	for (size_t i = 0; i < sizeof out / sizeof *out; i++)
		cr_expect_not(port_set_has(&s, out[i]), "%u", out[i]);
}

Test(raw_address, what_is_wrong_is_said)
{
	static const char *const bad[] = {
		"",     "80",     "eth0", ":",    ":0",        ":65536",
		":80,", ":90-80", ":80x", ":-80", "eth0:http", "an-interface-name-that-is-far-too-long-to-be-one-of-this-or-any-machine:80"
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct raw_address a;
		struct err err = { 0 };
		cr_expect_eq(raw_address_parse(bad[i], &a, &err), ERR_USAGE, "%s", bad[i]);
		cr_expect_eq(err.code, ERR_USAGE);
		cr_expect_not_null(strstr(err.text, "--input-raw"));
	}
}
