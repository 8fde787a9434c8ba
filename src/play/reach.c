/* reach: checked before the first connection: what is wrong here would else fail every request. */
#include "play/reach.h"

#include "base/slice.h"
#include "base/units.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

static int check_file(const char *what, const char *path, struct err *err)
{
	if (path && access(path, R_OK) != 0)
		return err_set_errno(err, "%s \"%s\"", what, path);
	return 0;
}

static int check_proxy(const char *proxy, struct err *err)
{
	static const char *const known[] = { "http", "https", "socks4", "socks4a", "socks5", "socks5h" };
	const char *colon = strstr(proxy, "://");
	if (!colon)
		return *proxy ? 0 : err_set(err, ERR_USAGE, "the proxy needs an address, as in http://10.0.0.1:3128");
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (slice_eq_nocase(slice_of(proxy, (size_t)(colon - proxy)), slice_str(known[i])) && colon[3])
			return 0;
	return err_set(err, ERR_USAGE, "proxy \"%s\": a proxy is http://, https://, socks4://, socks4a://, socks5:// or socks5h://", proxy);
}

static bool is_port(struct slice s)
{
	char digits[6];
	uint64_t n;
	if (s.len == 0 || s.len >= sizeof digits)
		return false;
	memcpy(digits, s.ptr, s.len);
	digits[s.len] = 0;
	return parse_u64(digits, &n) == 0 && n > 0 && n <= 65535;
}

static bool is_address(struct slice s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr any;
	if (s.len > 2 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']')
		s = slice_cut(s, 1, s.len - 2);
	if (s.len == 0 || s.len >= sizeof text)
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = 0;
	return inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1;
}

static bool is_pin(struct slice s)
{
	size_t colon = slice_find_byte(s, ':');
	struct slice rest = slice_from(s, colon + 1);
	size_t second = slice_find_byte(rest, ':');
	if (colon == 0 || colon == s.len || second == rest.len || !is_port(slice_cut(rest, 0, second)))
		return false;
	rest = slice_from(rest, second + 1);
	for (;;) {
		size_t comma = slice_find_byte(rest, ',');
		if (!is_address(slice_cut(rest, 0, comma)))
			return false;
		if (comma == rest.len)
			return true;
		rest = slice_from(rest, comma + 1);
	}
}

int play_reach_check(const struct play_reach *r, struct err *err)
{
	int rc = check_file("the CA certificates", r->ca_file, err);
	if (!rc)
		rc = check_file("the client certificate", r->cert_file, err);
	if (!rc)
		rc = check_file("the client certificate's key", r->key_file, err);
	if (!rc && r->key_file && !r->cert_file)
		rc = err_set(err, ERR_USAGE, "a key says who we are only beside its certificate");
	if (!rc && r->proxy)
		rc = check_proxy(r->proxy, err);
	for (size_t i = 0; i < r->resolve.n && !rc; i++)
		if (!is_pin(slice_str(r->resolve.text[i])))
			rc = err_set(err, ERR_USAGE, "\"%s\": an address is given as HOST:PORT:ADDRESS, with more addresses behind commas",
			             r->resolve.text[i]);
	return rc;
}
