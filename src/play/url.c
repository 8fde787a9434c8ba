/* url: parsing. Nothing is guessed: what has no meaning here (credentials, a query) is refused with a sentence, since a load
 * that goes somewhere else than its user thinks is worse than none. */
#include "play/url.h"

#include "base/units.h"
#include "play/player.h"

#include <stdio.h>

static const struct {
	const char *prefix;
	enum play_scheme scheme;
	uint16_t port;
} schemes[] = {
	{ "http://", PLAY_HTTP, 80 },
	{ "https://", PLAY_HTTPS, 443 },
};

static uint16_t default_port(enum play_scheme scheme)
{
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (schemes[i].scheme == scheme)
			return schemes[i].port;
	return 80;
}

static int parse_unix(const char *text, struct play_url *out, struct err *err)
{
	const char *path = text + strlen("unix:");
	if (path[0] == '/' && path[1] == '/')
		path += 2; /* unix:///path */
	size_t len = strlen(path);
	if (path[0] != '/')
		return err_set(err, ERR_USAGE, "target \"%s\": unix: needs an absolute path behind it, as in unix:/run/app.sock", text);
	if (len > PLAY_URL_UNIX_MAX)
		return err_set(err, ERR_USAGE, "target \"%s\": a socket's path has at most %d bytes", text, PLAY_URL_UNIX_MAX);
	memcpy(out->unix_path, path, len + 1);
	memcpy(out->host, "localhost", sizeof "localhost");
	out->scheme = PLAY_UNIX;
	out->port = 80;
	out->base_path = slice_of(path + len, 0);
	return 0;
}

static bool all_in(struct slice s, const char *others)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = ascii_lower(s.ptr[i]);
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		if (!plain && (c == 0 || !strchr(others, c)))
			return false;
	}
	return true;
}

/* Splits "host:port", "[::1]:port", either without a port. False where a bracket is missing. */
static bool split_authority(struct slice authority, struct slice *host, struct slice *port)
{
	size_t end;
	if (authority.len && authority.ptr[0] == '[') {
		end = slice_find_byte(authority, ']') + 1;
		if (end > authority.len || end < 4 /* [::] */ || !all_in(slice_cut(authority, 1, end - 2), ":.%"))
			return false;
	} else {
		end = slice_find_byte(authority, ':');
		if (!all_in(slice_cut(authority, 0, end), "-._~"))
			return false;
	}
	*host = slice_cut(authority, 0, end);
	*port = slice_from(authority, end);
	if (port->len && port->ptr[0] != ':')
		return false;
	*port = slice_from(*port, 1);
	return true;
}

static int parse_port(struct slice text, uint16_t *out)
{
	char digits[6];
	uint64_t n;
	if (text.len == 0)
		return 0;
	if (text.len >= sizeof digits)
		return ERR_USAGE;
	memcpy(digits, text.ptr, text.len);
	digits[text.len] = 0;
	if (parse_u64(digits, &n) || n == 0 || n > 65535)
		return ERR_USAGE;
	*out = (uint16_t)n;
	return 0;
}

static int parse_path(const char *text, struct slice path, struct play_url *out, struct err *err)
{
	for (size_t i = 0; i < path.len; i++)
		if (path.ptr[i] <= ' ' || path.ptr[i] == 0x7f)
			return err_set(err, ERR_USAGE, "target \"%s\": a space or control byte stands in its path", text);
	if (slice_find_byte(path, '?') < path.len || slice_find_byte(path, '#') < path.len)
		return err_set(err, ERR_USAGE, "target \"%s\": a target has no query or fragment, the recorded requests have theirs", text);
	while (path.len && path.ptr[path.len - 1] == '/')
		path.len--;
	out->base_path = path;
	return 0;
}

int play_url_parse(const char *text, struct play_url *out, struct err *err)
{
	*out = (struct play_url){ .scheme = PLAY_HTTP };
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text, out, err);
	struct slice rest = slice_str(text);
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		struct slice prefix = slice_str(schemes[i].prefix);
		if (slice_eq_nocase(slice_cut(rest, 0, prefix.len), prefix)) {
			out->scheme = schemes[i].scheme;
			rest = slice_from(rest, prefix.len);
			break;
		}
	}
	if (strstr((const char *)rest.ptr, "://"))
		return err_set(err, ERR_USAGE, "target \"%s\": targets are http://, https:// or unix:/path", text);
	out->port = default_port(out->scheme);

	size_t authority_len = strcspn((const char *)rest.ptr, "/?#");
	struct slice authority = slice_cut(rest, 0, authority_len), host, port;
	if (slice_find_byte(authority, '@') < authority.len)
		return err_set(err, ERR_USAGE, "target \"%s\": no user or password here, the recorded requests carry their own", text);
	if (!split_authority(authority, &host, &port) || host.len == 0 || host.len > PLAY_URL_HOST_MAX)
		return err_set(err, ERR_USAGE, "target \"%s\": no host name or address that could be one", text);
	if (parse_port(port, &out->port))
		return err_set(err, ERR_USAGE, "target \"%s\": a port is a number from 1 to 65535", text);
	memcpy(out->host, host.ptr, host.len);
	out->host[host.len] = 0;
	return parse_path(text, slice_from(rest, authority_len), out, err);
}

int player_url_parts(const char *url, struct buf *host, struct buf *base_path, struct err *err)
{
	struct play_url u;
	int rc = play_url_parse(url, &u, err);
	if (rc)
		return rc;
	rc = u.port == default_port(u.scheme) ? buf_append_str(host, u.host) : buf_printf(host, "%s:%u", u.host, u.port);
	if (!rc)
		rc = buf_append(base_path, u.base_path);
	return rc ? err_set(err, rc, "target \"%s\": no memory for its parts", url) : 0;
}
