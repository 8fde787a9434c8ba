/* location: see the header. libcurl's URL API parses and resolves. */
#include "play/location.h"

#include "play/url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

static const CURLUPart origin_parts[] = { CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT };
#define ORIGIN_PARTS (sizeof origin_parts / sizeof *origin_parts)

static int code_of(CURLUcode code)
{
	return code == CURLUE_OK ? 0 : code == CURLUE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_FORMAT;
}

static bool same_text(const char *a, const char *b)
{
	return slice_eq_nocase(slice_str(a), slice_str(b));
}

/* Do both name the same scheme, host and port? */
static int same_origin(CURLU *a, CURLU *b)
{
	int rc = 0;
	for (size_t i = 0; i < ORIGIN_PARTS && rc == 0; i++) {
		char *of_a = NULL, *of_b = NULL;
		rc = code_of(curl_url_get(a, origin_parts[i], &of_a, CURLU_DEFAULT_PORT));
		rc = rc ? rc : code_of(curl_url_get(b, origin_parts[i], &of_b, CURLU_DEFAULT_PORT));
		if (rc == 0 && !same_text(of_a, of_b))
			rc = ERR_FORMAT;
		curl_free(of_a);
		curl_free(of_b);
	}
	return rc;
}

/* A copy as text, blanks as %20: some servers leave them in. Anything else below 0x21 is refused. */
static int as_text(struct slice s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((s.ptr[i] < ' ' && s.ptr[i] != '\t') || s.ptr[i] == 0x7f)
			return ERR_FORMAT;
		bool blank = s.ptr[i] <= ' ';
		int rc = blank ? buf_append_str(out, "%20") : buf_append(out, slice_cut(s, i, 1));
		if (rc)
			return rc == ERR_LIMIT ? ERR_FORMAT : rc;
	}
	int rc = buf_append(out, slice_of("", 1));
	return rc == ERR_LIMIT ? ERR_FORMAT : rc;
}

static int as_path(struct slice path, struct buf *out)
{
	if (path.len == 0 || path.ptr[0] != '/' || path.len >= LOCATION_BYTES_MAX)
		return ERR_FORMAT;
	int rc = as_text(path, out);
	if (rc == 0)
		out->len--; /* the zero */
	return rc;
}

static int set_text(CURLU *u, CURLUPart part, struct slice text, unsigned flags)
{
	struct buf copy;
	buf_init(&copy, LOCATION_BYTES_MAX);
	int rc = as_text(text, &copy);
	rc = rc ? rc : code_of(curl_url_set(u, part, (const char *)copy.ptr, flags));
	buf_release(&copy);
	return rc;
}

static int set_target(CURLU *u, const char *url)
{
	struct play_url t;
	struct err err = { .code = ERR_NONE };
	char text[PLAY_URL_HOST_MAX + 32];
	if (play_url_parse(url, &t, &err) != 0)
		return ERR_FORMAT;
	(void)snprintf(text, sizeof text, "%s://%s:%u/", t.scheme == PLAY_HTTPS ? "https" : "http", t.host, t.port);
	return code_of(curl_url_set(u, CURLUPART_URL, text, 0));
}

static int append_part(CURLU *u, CURLUPart part, const char *before, struct buf *out)
{
	char *text = NULL;
	CURLUcode code = curl_url_get(u, part, &text, 0);
	if (code == CURLUE_NO_QUERY)
		return 0;
	int rc = code_of(code);
	rc = rc ? rc : buf_append_str(out, before);
	rc = rc ? rc : buf_append_str(out, text);
	curl_free(text);
	return rc == ERR_LIMIT ? ERR_FORMAT : rc;
}

static int resolve(CURLU *base, CURLU *to, const char *url, struct slice path, struct slice location)
{
	int rc = set_target(base, url);
	rc = rc ? rc : set_target(to, url);
	/* The path by itself: as part of a reference "//x" would be a host. */
	if (rc == 0 && path.len && path.ptr[0] == '/')
		rc = set_text(to, CURLUPART_PATH, slice_cut(path, 0, slice_find_byte(path, '?')), 0);
	rc = rc ? rc : set_text(to, CURLUPART_URL, location, CURLU_URLENCODE | CURLU_DISALLOW_USER);
	return rc ? rc : same_origin(base, to);
}

int play_location(const char *url, struct slice path, struct slice location, struct buf *out)
{
	/* A fragment is for the client (RFC 9110 §10.2.2); what is left of the reference then may be nothing: the same again (RFC 3986 §4.4). */
	location = slice_cut(location, 0, slice_find_byte(location, '#'));
	if (location.len == 0)
		return as_path(path, out);
	CURLU *base = curl_url(), *to = curl_url();
	int rc = base && to ? resolve(base, to, url, path, location) : ERR_NOMEM;
	rc = rc ? rc : append_part(to, CURLUPART_PATH, "", out);
	rc = rc ? rc : append_part(to, CURLUPART_QUERY, "?", out);
	curl_url_cleanup(base);
	curl_url_cleanup(to);
	return rc;
}
