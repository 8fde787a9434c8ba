/* url: every form a target may have, and the sentences for those it may not. */
#include "play/player.h"
#include "play/url.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

static const struct {
	const char *url, *host, *base_path; /* host NULL: refused */
	uint16_t port;
	enum play_scheme scheme;
} cases[] = {
	{ "http://example.com", "example.com", "", 80, PLAY_HTTP },
	{ "HTTP://example.com/", "example.com", "", 80, PLAY_HTTP },
	{ "http://example.com:80", "example.com", "", 80, PLAY_HTTP },
	{ "http://example.com:8080/v2/", "example.com:8080", "/v2", 8080, PLAY_HTTP },
	{ "http://example.com/a/b//", "example.com", "/a/b", 80, PLAY_HTTP },
	{ "https://example.com", "example.com", "", 443, PLAY_HTTPS },
	{ "https://example.com:443/x", "example.com", "/x", 443, PLAY_HTTPS },
	{ "https://example.com:80", "example.com:80", "", 80, PLAY_HTTPS },
	{ "http://[::1]:8000", "[::1]:8000", "", 8000, PLAY_HTTP },
	{ "http://[2001:db8::1]", "[2001:db8::1]", "", 80, PLAY_HTTP },
	{ "http://127.0.0.1:1", "127.0.0.1:1", "", 1, PLAY_HTTP },
	{ "localhost:8000", "localhost:8000", "", 8000, PLAY_HTTP },
	{ "service_a", "service_a", "", 80, PLAY_HTTP },
	{ "unix:/run/app.sock", "localhost", "", 80, PLAY_UNIX },
	{ "unix:///run/app.sock", "localhost", "", 80, PLAY_UNIX },
	{ "", NULL, NULL, 0, 0 },
	{ "http://", NULL, NULL, 0, 0 },
	{ "http:///path", NULL, NULL, 0, 0 },
	{ "http://:80", NULL, NULL, 0, 0 },
	{ "ftp://example.com", NULL, NULL, 0, 0 },
	{ "http://example.com:0", NULL, NULL, 0, 0 },
	{ "http://example.com:65536", NULL, NULL, 0, 0 },
	{ "http://example.com:8080x", NULL, NULL, 0, 0 },
	{ "http://example.com:-1", NULL, NULL, 0, 0 },
	{ "http://example.com:000080", NULL, NULL, 0, 0 },
	{ "http://user:secret@example.com", NULL, NULL, 0, 0 },
	{ "http://example.com/?q=1", NULL, NULL, 0, 0 },
	{ "http://example.com?q=1", NULL, NULL, 0, 0 },
	{ "http://example.com/#top", NULL, NULL, 0, 0 },
	{ "http://exa mple.com", NULL, NULL, 0, 0 },
	{ "http://example.com/a b", NULL, NULL, 0, 0 },
	{ "http://example.com/a\r\nX: y", NULL, NULL, 0, 0 },
	{ "http://exa\nmple.com", NULL, NULL, 0, 0 },
	{ "http://[::1", NULL, NULL, 0, 0 },
	{ "http://[::1]x:80", NULL, NULL, 0, 0 },
	{ "http://[]:80", NULL, NULL, 0, 0 },
	{ "http://[", NULL, NULL, 0, 0 },
	{ "http://[]", NULL, NULL, 0, 0 },
	{ "unix:run/app.sock", NULL, NULL, 0, 0 },
	{ "unix:", NULL, NULL, 0, 0 },
	{ "unix:/this/path/is/longer/than/the/one/hundred/and/eight/bytes/that/a/socket/address/has/room/for/on/linux/so/it/is/"
	  "refused.sock",
	  NULL, NULL, 0, 0 },
};

Test(url, has_these_parts)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = { 0 };
		struct buf host, base;
		struct play_url u;
		buf_init(&host, 1000);
		buf_init(&base, 1000);
		int rc = player_url_parts(cases[i].url, &host, &base, &err);
		if (!cases[i].host) {
			cr_expect_eq(rc, ERR_USAGE, "%s: %d", cases[i].url, rc);
			cr_expect(err.code == ERR_USAGE && strlen(err.text) > 20, "%s: %s", cases[i].url, err.text);
			struct player_options o = { .url = cases[i].url };
			cr_expect_null(player_new(&o, (struct player_sink){ 0 }, NULL));
			continue;
		}
		cr_expect_eq(rc, 0, "%s: %s", cases[i].url, err.text);
		cr_expect(slice_eq(buf_slice(&host), slice_str(cases[i].host)), "%s: %.*s", cases[i].url, (int)host.len, (char *)host.ptr);
		cr_expect(slice_eq(buf_slice(&base), slice_str(cases[i].base_path)), "%s: %.*s", cases[i].url, (int)base.len,
		          (char *)base.ptr);
		cr_expect_eq(play_url_parse(cases[i].url, &u, NULL), 0);
		cr_expect_eq(u.port, cases[i].port);
		cr_expect_eq(u.scheme, cases[i].scheme);
		if (u.scheme == PLAY_UNIX)
			cr_expect_str_eq(u.unix_path, "/run/app.sock");
		buf_release(&host);
		buf_release(&base);
	}
}

Test(url, says_when_memory_is_out)
{
	for (unsigned long n = 1; n <= 2; n++) {
		struct buf host, base;
		struct err err = { 0 };
		buf_init(&host, 1000);
		buf_init(&base, 1000);
		alloc_fail_at(n);
		cr_expect_eq(player_url_parts("http://a:81/b", &host, &base, &err), ERR_NOMEM);
		cr_expect_eq(err.code, ERR_NOMEM);
		alloc_fail_at(0);
		buf_release(&host);
		buf_release(&base);
	}
}
