/* raw_address: what --input-raw takes, and the filter that follows. */
#include "input/raw_address.h"

#include <criterion/criterion.h>

#define FRAGMENTS " or (ip proto 6 and ip[6:2] & 0x1fff != 0) or (ip6 and ip6[6] == 44))"

Test(raw_address, forms)
{
	static const struct {
		const char *text, *where, *filter;
	} cases[] = {
		{ ":80", "", "(tcp port 80" FRAGMENTS },
		{ "0.0.0.0:80", "", "(tcp port 80" FRAGMENTS },
		{ "eth0:80", "eth0", "(tcp port 80" FRAGMENTS },
		{ "127.0.0.1:8000-8010,9000", "127.0.0.1", "host 127.0.0.1 and (tcp portrange 8000-8010 or tcp port 9000" FRAGMENTS },
		{ "[::1]:80", "::1", "host ::1 and (tcp port 80" FRAGMENTS },
		{ "::1:80", "::1", "host ::1 and (tcp port 80" FRAGMENTS },
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
