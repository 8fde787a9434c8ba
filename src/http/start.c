/* start: a status line by its first 13 bytes, a request line by its last 8, TLS, SSH and HTTP/2 by their magic. */
#include "http/start.h"

#include "http/proxy.h"

enum {
	METHOD_MAX = 64,       /* the longest registered method has 17 letters */
	ODD_TARGET_MAX = 8192, /* of a target that begins with neither "/" nor "*" nor a scheme */
	TLS_HEADER = 5,
};

bool http_is_tchar(uint8_t c)
{
	static const uint8_t marks[32] = {
		[0x21 / 8] = 0xfa,                                                          /* ! # $ % & ' */
		[0x28 / 8] = 0x6c,                                                          /* * + - . */
		[0x30 / 8] = 0xff,                                                          /* 0-7 */
		[0x38 / 8] = 0x03,                                                          /* 8 9 */
		[0x40 / 8] = 0xfe, [0x48 / 8] = 0xff, [0x50 / 8] = 0xff, [0x58 / 8] = 0xc7, /* A-Z ^ _ */
		[0x60 / 8] = 0xff, [0x68 / 8] = 0xff, [0x70 / 8] = 0xff, [0x78 / 8] = 0x57, /* ` a-z | ~ */
	};
	return marks[c >> 3] >> (c & 7) & 1;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Does s, as far as it goes, agree with text? */
static bool agrees(struct slice s, const char *text)
{
	size_t n = strlen(text);
	return memcmp(s.ptr, text, s.len < n ? s.len : n) == 0;
}

/* A record header (RFC 8446 §5.1): type 20 to 23, version 3.0 to 3.4, at most 2^14 + 2048 bytes. */
static enum http_start judge_tls(struct slice s)
{
	if ((s.len > 1 && s.ptr[1] != 3) || (s.len > 2 && s.ptr[2] > 4))
		return START_OTHER;
	if (s.len < TLS_HEADER)
		return START_MORE;
	return (s.ptr[3] << 8 | s.ptr[4]) <= 18432 ? START_TLS : START_OTHER;
}

/* The signature is "\r\n\r\n\0\r\nQUIT\n"; its empty lines have passed as such. */
static enum http_start judge_proxy_v2(struct slice s)
{
	static const uint8_t signature[] = { 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n' };
	size_t n = s.len < sizeof signature ? s.len : sizeof signature;
	if (memcmp(s.ptr, signature, n) != 0)
		return START_OTHER;
	return s.len < http_proxy_v2_size(s) ? START_MORE : START_PROXY_V2;
}

/* "HTTP/1.1 200 " with any digits; the reason phrase and the blank before it may be missing. */
static enum http_start judge_status_line(struct slice s)
{
	static const char form[] = "HTTP/1.d ddd";
	size_t n = s.len < sizeof form - 1 ? s.len : sizeof form - 1;
	for (size_t i = 5; i < n; i++)
		if (form[i] == 'd' ? !is_digit(s.ptr[i]) : s.ptr[i] != form[i])
			return START_OTHER;
	if (s.len < HTTP_STATUS_PREFIX)
		return START_MORE;
	uint8_t next = s.ptr[HTTP_STATUS_PREFIX - 1];
	return next == ' ' || next == '\t' || next == '\r' || next == '\n' ? START_RESPONSE : START_OTHER;
}

static struct slice without_eol(struct slice line)
{
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	while (line.len && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\t'))
		line.len--;
	return line;
}

/* A whole line without its LF; the target starts at `target`. */
static enum http_start judge_request_line(struct slice line, size_t target)
{
	if (slice_eq(slice_cut(line, 0, 12), slice_str("PRI * HTTP/2")))
		return START_HTTP2;
	if (slice_starts(line, slice_str("PROXY TCP")) || slice_starts(line, slice_str("PROXY UNKNOWN")))
		return START_PROXY;
	line = without_eol(line);
	if (line.len < target + 1 + 9)
		return START_OTHER;
	struct slice version = slice_from(line, line.len - 9);
	bool ours = slice_starts(version, slice_str(" HTTP/1.")) && is_digit(version.ptr[8]);
	return ours ? START_REQUEST : START_OTHER;
}

static bool target_may_be_long(struct slice target)
{
	return target.len && (target.ptr[0] == '/' || target.ptr[0] == '*' || agrees(target, "http"));
}

enum http_start http_start_judge(struct slice s, size_t *checked)
{
	if (s.len == 0)
		return START_MORE;
	if (s.ptr[0] >= 20 && s.ptr[0] <= 23)
		return judge_tls(s);
	if (s.ptr[0] == 0)
		return judge_proxy_v2(s);
	if (agrees(s, "HTTP/"))
		return s.len < 5 ? START_MORE : judge_status_line(s);
	if (s.len >= 4 && agrees(s, "SSH-"))
		return START_SSH;
	size_t i = 0;
	while (i < s.len && i <= METHOD_MAX && http_is_tchar(s.ptr[i]))
		i++;
	if (i == 0 || i > METHOD_MAX)
		return START_OTHER;
	if (i == s.len)
		return START_MORE;
	if (s.ptr[i] != ' ')
		return START_OTHER;
	if (*checked > i)
		i = *checked;
	size_t target = slice_find_byte(s, ' ');
	while (target < s.len && s.ptr[target] == ' ')
		target++;
	/* A target with raw blanks or bytes above 127 is not RFC 3986's, but servers take it; control characters they refuse. */
	for (; i < s.len; i++) {
		uint8_t c = s.ptr[i];
		if (c == '\n')
			return judge_request_line(slice_cut(s, 0, i), target);
		if ((c < 0x20 && c != '\r' && c != '\t') || c == 0x7f)
			return START_OTHER;
	}
	*checked = i;
	if (s.len - target > ODD_TARGET_MAX && !target_may_be_long(slice_from(s, target)))
		return START_OTHER;
	return START_MORE;
}

bool http_start_likely(struct slice s)
{
	if (slice_starts(s, slice_str("HTTP/1.")))
		return true;
	size_t i = 0;
	while (i < s.len && i <= METHOD_MAX && http_is_tchar(s.ptr[i]))
		i++;
	return i > 0 && slice_starts(slice_from(s, i), slice_str(" /"));
}

bool http_start_common_method(struct slice s)
{
	/* None of them is the end of another. (Of PROPPATCH one is, but nobody's segments are cut there.) */
	static const char *const methods[] = { "GET ",     "HEAD ",  "POST ",  "PUT ",      "DELETE ", "CONNECT ",
		                               "OPTIONS ", "TRACE ", "PATCH ", "PROPFIND ", "REPORT ", "MKCOL " };
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (slice_starts(s, slice_str(methods[i])))
			return true;
	return false;
}

int http_start_status(struct slice s)
{
	return (s.ptr[9] - '0') * 100 + (s.ptr[10] - '0') * 10 + (s.ptr[11] - '0');
}
