/* curl_line: see the header. Quoting as POSIX sh has it: single quotes hold everything but themselves. */
#include "cli/curl_line.h"

#include "http/body.h"
#include "http/head.h"

#define BODY_MAX (1u << 20)

static int put_quoted(struct buf *out, struct slice s)
{
	int r = buf_append_str(out, "'");
	for (size_t i = 0; i < s.len && r == 0; i++)
		r = s.ptr[i] == '\'' ? buf_append_str(out, "'\\''") : buf_append(out, slice_cut(s, i, 1));
	return r ? r : buf_append_str(out, "'");
}

static bool is_text(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] < ' ' && s.ptr[i] != '\t' && s.ptr[i] != '\n') || s.ptr[i] >= 0x7f)
			return false;
	return true;
}

/* printf '\101…' | — octal escapes are all that POSIX's printf is sure to know. */
static int put_bytes_before(struct buf *out, struct slice body)
{
	int r = buf_append_str(out, "printf '");
	for (size_t i = 0; i < body.len && r == 0; i++)
		r = buf_printf(out, "\\%03o", body.ptr[i]);
	return r ? r : buf_append_str(out, "' | ");
}

/* What curl makes itself. */
static bool curls_own(struct slice name)
{
	static const char *const own[] = { "host", "content-length", "transfer-encoding", "connection", "expect", "trailer" };
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (slice_eq_nocase(name, slice_str(own[i])))
			return true;
	return false;
}

/* decoded: the content goes without its coding. */
static int put_fields(struct buf *out, const struct http_head *head, bool has_body, bool decoded)
{
	struct slice rest = head->fields, name, value;
	bool typed = false;
	int r = 0;
	while (r == 0 && http_field_next(&rest, &name, &value)) {
		typed |= slice_eq_nocase(name, slice_str("content-type"));
		if (curls_own(name) || (decoded && slice_eq_nocase(name, slice_str("content-encoding"))))
			continue;
		struct buf line;
		buf_init(&line, SIZE_MAX);
		r = buf_append(&line, name);
		/* A field without a value is written with a semicolon. */
		r = r ? r : buf_append_str(&line, value.len ? ": " : ";");
		r = r ? r : buf_append(&line, value);
		r = r ? r : buf_append_str(out, " -H ");
		r = r ? r : put_quoted(out, buf_slice(&line));
		buf_release(&line);
	}
	if (r == 0 && has_body && !typed)
		r = buf_append_str(out, " -H 'Content-Type:'");
	return r;
}

static int put_url(struct buf *out, const struct http_head *head, const char *base)
{
	struct buf url;
	buf_init(&url, SIZE_MAX);
	struct slice host = http_field(head, "host");
	int r = 0;
	bool absolute = head->target.len && head->target.ptr[0] != '/' && head->target.ptr[0] != '*';
	if (!absolute && base)
		r = buf_append_str(&url, base);
	else if (!absolute)
		r = buf_printf(&url, "http://%.*s", (int)host.len, (const char *)host.ptr);
	r = r ? r : buf_append(&url, head->target);
	r = r ? r : buf_append_str(out, " ");
	r = r ? r : put_quoted(out, buf_slice(&url));
	buf_release(&url);
	return r;
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
	bool text = is_text(content);
	int r = text ? 0 : put_bytes_before(out, content);
	r = r ? r : buf_append_str(out, "curl -i --path-as-is -X ");
	r = r ? r : put_quoted(out, head.method);
	r = r ? r : put_fields(out, &head, content.len > 0, decoded);
	if (r == 0 && content.len) {
		r = buf_append_str(out, text ? " --data-raw " : " --data-binary @-");
		r = r || !text ? r : put_quoted(out, content);
	}
	r = r ? r : put_url(out, &head, base);
	buf_release(&body);
	return r;
}
