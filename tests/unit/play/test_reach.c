/* reach: what is refused before the first connection. */
#include "play/reach.h"

#include <criterion/criterion.h>
#include <string.h>

Test(reach, a_pin_is_host_port_address)
{
	static const struct {
		const char *pin;
		bool good;
	} cases[] = {
		{ "a.test:80:127.0.0.1", true },
		{ "a.test:80:127.0.0.1,127.0.0.2", true },
		{ "a:65535:::1", true },
		{ "a:1:[::1],10.0.0.1", true },
		{ "a.test:80", false },
		{ "a.test", false },
		{ "", false },
		{ ":80:127.0.0.1", false },
		{ "a:0:127.0.0.1", false },
		{ "a:65536:127.0.0.1", false },
		{ "a::127.0.0.1", false },
		{ "a:80:localhost", false },
		{ "a:80:", false },
		{ "a:80:127.0.0.1,", false },
		{ "a:80:127.0.0.1,,::1", false },
		{ "a:80:[::1", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = { 0 };
		const struct play_reach r = { .resolve = { &cases[i].pin, 1 } };
		cr_expect_eq(play_reach_check(&r, &err) == 0, cases[i].good, "%s: %s", cases[i].pin, err.text);
	}
}

Test(reach, a_proxy_has_a_scheme_that_is_known)
{
	static const struct {
		const char *proxy;
		bool good;
	} cases[] = { { "http://a:3128", true }, { "socks5h://a", true }, { "HTTPS://a", true }, { "a:3128", true }, { "", false },
		      { "ftp://a:1", false },    { "http://", false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = { 0 };
		const struct play_reach r = { .proxy = cases[i].proxy };
		cr_expect_eq(play_reach_check(&r, &err) == 0, cases[i].good, "%s: %s", cases[i].proxy, err.text);
	}
}

Test(reach, files_must_be_there)
{
	struct err err = { 0 };
	const char *gone = "/nonexistent/x.pem";
	cr_expect_neq(play_reach_check(&(struct play_reach){ .ca_file = gone }, &err), 0);
	cr_expect(strstr(err.text, gone) != NULL, "%s", err.text);
	cr_expect_neq(play_reach_check(&(struct play_reach){ .cert_file = gone }, &err), 0);
	cr_expect_neq(play_reach_check(&(struct play_reach){ .key_file = "/dev/null" }, &err), 0, "a key alone");
	cr_expect_eq(play_reach_check(&(struct play_reach){ .cert_file = "/dev/null", .key_file = "/dev/null" }, &err), 0);
}
