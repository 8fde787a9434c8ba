/* curl_line: see the header. Quoting as POSIX sh has it: single quotes hold everything but themselves; what a terminal might obey, and what is no ASCII, is
 * printed by printf, whose octal escapes are all that POSIX is sure of. */
#include "cli/curl_line.h"

#include "http/body.h"
#include "http/head.h"

#define BODY_MAX  (1u << 20)
#define WORD_MAX  65536   /* Linux takes no argument of 128 KiB */
#define SAYS_WAIT 1000000 /* curl asks before it sends a body so long */

static bool is_text(struct slice s, bool lines)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] < ' ' && !(lines && (s.ptr[i] == '\t' || s.ptr[i] == '\n'))) || s.ptr[i] >= 0x7f)
			return false;
	return true;
}

/* printf '\101…' */
static int put_printf(struct buf *out, struct slice bytes)
{
	int r = buf_append_str(out, "printf '");
	for (size_t i = 0; i < bytes.len && r == 0; i++)
		r = buf_printf(out, "\\%03o", bytes.ptr[i]);
	return r ? r : buf_append_str(out, "'");
}

static int put_quoted(struct buf *out, struct slice s)
{
	int r = buf_append_str(out, "'");
	for (size_t i = 0; i < s.len && r == 0; i++)
		r = s.ptr[i] == '\'' ? buf_append_str(out, "'\\''") : buf_append(out, slice_cut(s, i, 1));
	return r ? r : buf_append_str(out, "'");
}

/* One word. A word cannot end in a newline, so that $(…) takes nothing away. */
static int put_word(struct buf *out, struct slice s)
{
	if (is_text(s, false))
		return put_quoted(out, s);
	int r = buf_append_str(out, "\"$(");
	r = r ? r : put_printf(out, s);
	return r ? r : buf_append_str(out, ")\"");
}

/* What curl makes itself. */
static bool curls_own(struct slice name)
{
	static const char *const own[] = { "host", "content-length", "transfer-encoding", "trailer" };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (slice_eq_nocase(name, slice_str(own[i])))
			return true;
	return false;
}

static int put_field(struct buf *out, struct slice name, struct slice value)
{
	struct buf line;
	buf_init(&line, SIZE_MAX);
	int r = buf_append(&line, name);
	/* A field without a value is written with a semicolon. */
	r = r ? r : buf_append_str(&line, value.len ? ": " : ";");
	r = r ? r : buf_append(&line, value);
	r = r ? r : buf_append_str(out, " -H ");
	r = r ? r : put_word(out, buf_slice(&line));
	buf_release(&line);
	return r;
}

/* Fields that curl adds where it is not told to leave them out. */
static int put_left_out(struct buf *out, const struct http_head *head, bool has_body, size_t length)
{
	const struct {
		const char *name;
		bool added;
	} adds[] = { { "Accept", true }, { "User-Agent", true }, { "Content-Type", has_body }, { "Expect", length > SAYS_WAIT } };
	int r = 0;
	for (size_t i = 0; i < sizeof adds / sizeof *adds && r == 0; i++)
		if (adds[i].added && !http_field(head, adds[i].name).ptr)
			r = buf_printf(out, " -H '%s:'", adds[i].name);
	return r;
}

/* decoded: the content goes without its coding. */
static int put_fields(struct buf *out, const struct http_head *head, bool decoded)
{
	struct slice rest = head->fields, name, value;
	int r = 0;
	while (r == 0 && http_field_next(&rest, &name, &value))
		if (!curls_own(name) && !(decoded && slice_eq_nocase(name, slice_str("content-encoding"))))
			r = put_field(out, name, value);
	return r;
}

/* Is it what curl makes of a URL that ends in it? It takes away a fragment, and refuses what is no URL's. */
static bool url_keeps(struct slice target)
{
	if (target.len == 0 || target.ptr[0] != '/' || !is_text(target, false))
		return false;
	return slice_find_byte(target, '#') == target.len && slice_find_byte(target, ' ') == target.len;
}

static int put_url(struct buf *out, const struct http_head *head, const char *base)
{
	struct buf url;
	buf_init(&url, SIZE_MAX);
	struct slice host = http_field(head, "host");
	bool kept = url_keeps(head->target);
	int r = 0;
	if (!kept) {
		r = buf_append_str(out, " --request-target ");
		r = r ? r : put_word(out, head->target);
	}
	r = r ? r : buf_append_str(&url, base ? base : "http://");
	r = r || base ? r : buf_append(&url, host);
	r = r || !kept ? r : buf_append(&url, head->target);
	r = r ? r : buf_append_str(out, " ");
	r = r ? r : put_word(out, buf_slice(&url));
	buf_release(&url);
	return r;
}

static int put_method(struct buf *out, struct slice method)
{
	/* It would wait for the content of an answer to -X HEAD. */
	if (slice_eq(method, slice_str("HEAD")))
		return buf_append_str(out, " -I");
	int r = buf_append_str(out, " -X ");
	return r ? r : put_word(out, method);
}

int curl_line(struct slice request, const char *base, struct buf *out)
{
	struct http_head head;
	if (!http_head_parse(request, &head) || head.is_response)
		return ERR_FORMAT;
	struct buf body;
	buf_init(&body, BODY_MAX);
	struct slice content = slice_from(request, head.head_len);
	bool decoded = http_field(&head, "transfer-encoding").ptr && http_body_decode(request, &head, &body) == 0;
	if (decoded)
		content = buf_slice(&body);
	/* An empty one is said to be there, where it was. */
	bool has_body = content.len || http_field(&head, "content-length").ptr || decoded;
	bool piped = content.len > WORD_MAX || !is_text(content, true);
	int r = piped ? put_printf(out, content) : 0;
	r = r || !piped ? r : buf_append_str(out, " | ");
	r = r ? r : buf_append_str(out, "curl -i -g --path-as-is");
	r = r ? r : put_method(out, head.method);
	r = r ? r : put_fields(out, &head, decoded);
	r = r ? r : put_left_out(out, &head, has_body, content.len);
	if (r == 0 && has_body) {
		r = buf_append_str(out, piped ? " --data-binary @-" : " --data-raw ");
		r = r || piped ? r : put_quoted(out, content);
	}
	r = r ? r : put_url(out, &head, base);
	buf_release(&body);
	return r;
}
