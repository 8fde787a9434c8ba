/* location: RFC 3986 §5.4's examples, other places, and bytes that are no reference, each against a guard page. */
#include "play/location.h"

#include "support/unit_guard.h"

#include <criterion/criterion.h>

#define AWAY NULL

static const struct location_case {
	const char *url, *path, *location, *to;
} cases[] = {
	/* RFC 3986 §5.4.1, §5.4.2 */
	{ "http://a", "/b/c/d;p?q", "g", "/b/c/g" },
	{ "http://a", "/b/c/d;p?q", "./g", "/b/c/g" },
	{ "http://a", "/b/c/d;p?q", "g/", "/b/c/g/" },
	{ "http://a", "/b/c/d;p?q", "/g", "/g" },
	{ "http://a", "/b/c/d;p?q", "//g", AWAY },
	{ "http://a", "/b/c/d;p?q", "?y", "/b/c/d;p?y" },
	{ "http://a", "/b/c/d;p?q", "g?y", "/b/c/g?y" },
	{ "http://a", "/b/c/d;p?q", "#s", "/b/c/d;p?q" },
	{ "http://a", "/b/c/d;p?q", "g#s", "/b/c/g" },
	{ "http://a", "/b/c/d;p?q", "g?y#s", "/b/c/g?y" },
	{ "http://a", "/b/c/d;p?q", ";x", "/b/c/;x" },
	{ "http://a", "/b/c/d;p?q", "", "/b/c/d;p?q" },
	{ "http://a", "/b/c/d;p?q", ".", "/b/c/" },
	{ "http://a", "/b/c/d;p?q", "..", "/b/" },
	{ "http://a", "/b/c/d;p?q", "../g", "/b/g" },
	{ "http://a", "/b/c/d;p?q", "../../../../g", "/g" },
	{ "http://a", "/b/c/d;p?q", "/../g", "/g" },
	{ "http://a", "/b/c/d;p?q", "..g", "/b/c/..g" },
	{ "http://a", "/b/c/d;p?q", "g;x=1/../y", "/b/c/y" },
	{ "http://a", "/b/c/d;p?q", "g?y/../x", "/b/c/g?y/../x" },
	/* The same place, said in full. */
	{ "http://a", "/", "http://a/x?y", "/x?y" },
	{ "http://a", "/", "HTTP://A:80/x", "/x" },
	{ "http://a:80/base", "/base/z", "http://a/x", "/x" },
	{ "a:8080", "/", "http://a:8080", "/" },
	{ "https://a", "/", "https://a:443/x", "/x" },
	{ "http://[::1]:81", "/", "http://[::1]:81/x", "/x" },
	{ "unix:/run/x", "/", "http://localhost/x", "/x" },
	{ "unix:/run/x", "/", "/x", "/x" },
	{ "http://a", "/", "//a/x", "/x" },
	/* Other places. */
	{ "http://a", "/", "https://a/x", AWAY },
	{ "http://a", "/", "http://a:81/x", AWAY },
	{ "http://a:81", "/", "http://a/x", AWAY },
	{ "http://a", "/", "http://a.b/x", AWAY },
	{ "http://a", "/", "http://a@b/x", AWAY },
	{ "http://a", "/", "http://b@a/x", AWAY },
	{ "http://a", "/", "http://b\\@a/x", AWAY },
	{ "http://a", "/", "ftp://a/x", AWAY },
	{ "http://a", "/", "javascript:alert(1)", AWAY },
	{ "http://a", "/", "mailto:a", AWAY },
	{ "http://a", "/", "///b/x", AWAY },
	{ "unix:/run/x", "/", "http://a/x", AWAY },
	/* Paths that look like hosts stay paths. */
	{ "http://a", "//b/c", "d", "//b/d" },
	{ "http://a", "//b/c", "", "//b/c" },
	{ "http://a", "*", "/x", "/x" },
	{ "http://a", "*", "", AWAY },
	{ "http://a", "/a b", "", "/a%20b" },
	{ "http://a", "/a\x01", "", AWAY },
	/* Bytes. */
	{ "http://a", "/", "/a b?c d", "/a%20b?c%20d" },
	{ "http://a", "/", "/\xc3\xa9?\xff", "/%c3%a9?%ff" },
	{ "http://a", "/", "/a%20b%2F?%3d", "/a%20b%2F?%3d" },
	{ "http://a", "/", "/a\r\nX: y", AWAY },
	{ "http://a", "/", "/a\x01", AWAY },
	{ "http://a", "/", "/\x7f", AWAY },
	{ "http://a", "/a b/c", "d", "/a%20b/d" },
};

Test(location, leads)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct location_case *c = &cases[i];
		struct slice path = guard_copy(slice_str(c->path)), location = guard_copy(slice_str(c->location));
		struct buf out;
		buf_init(&out, 3 * LOCATION_BYTES_MAX);
		int rc = play_location(c->url, path, location, &out);
		cr_expect_eq(rc, c->to ? 0 : ERR_FORMAT, "%s from %s: %d", c->location, c->url, rc);
		if (c->to && rc == 0)
			cr_expect(slice_eq(buf_slice(&out), slice_str(c->to)), "%s from %s%s: %.*s", c->location, c->url, c->path,
			          (int)out.len, (const char *)out.ptr);
		buf_release(&out);
	}
}

Test(location, a_zero_and_length)
{
	static uint8_t text[LOCATION_BYTES_MAX + 10];
	struct buf out;
	buf_init(&out, 3 * LOCATION_BYTES_MAX);
	memset(text, 'x', sizeof text);
	text[0] = '/';
	cr_expect_eq(play_location("http://a", slice_str("/"), slice_of("/a\0b", 4), &out), ERR_FORMAT);
	cr_expect_eq(play_location("http://a", slice_str("/"), slice_of(text, LOCATION_BYTES_MAX - 1), &out), 0);
	cr_expect_eq(out.len, LOCATION_BYTES_MAX - 1);
	buf_clear(&out);
	cr_expect_eq(play_location("http://a", slice_str("/"), slice_of(text, LOCATION_BYTES_MAX), &out), ERR_FORMAT);
	cr_expect_eq(play_location("http://a", slice_of(text, sizeof text), slice_str("y"), &out), ERR_FORMAT);
	cr_expect_eq(play_location("http://a", slice_of(text, sizeof text), slice_str(""), &out), ERR_FORMAT);
	buf_release(&out);
}
