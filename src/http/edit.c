/* edit: a request with another Host, and a path before its path; every other byte stays. */
#include "http/head.h"

struct edit {
	struct slice host, base_path;
	struct buf *out;
	int rc; /* the first error; nothing is put behind it */
};

static void put(struct edit *e, struct slice s)
{
	if (e->rc == 0)
		e->rc = buf_append(e->out, s);
}

static struct slice between(const uint8_t *from, const uint8_t *to)
{
	return slice_of(from, (size_t)(to - from));
}

/* Where the authority of an absolute-form target lies: behind "scheme://", before the path. Empty, ptr NULL: it is of another form. */
static struct slice authority_of(struct slice target)
{
	size_t colon = slice_find_byte(target, ':');
	if (colon == 0 || !slice_starts(slice_from(target, colon), slice_str("://")))
		return slice_of(NULL, 0);
	for (size_t i = 0; i < colon; i++) {
		uint8_t c = ascii_lower(target.ptr[i]);
		bool letter = c >= 'a' && c <= 'z';
		bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
		if (!letter && !(i > 0 && other))
			return slice_of(NULL, 0);
	}
	struct slice rest = slice_from(target, colon + 3);
	size_t n = 0;
	while (n < rest.len && rest.ptr[n] != '/' && rest.ptr[n] != '?' && rest.ptr[n] != '#')
		n++;
	return slice_cut(rest, 0, n);
}

/* The request line: what stands before the target, the target, what stands behind it. */
static void put_request_line(struct edit *e, struct slice line, struct slice target)
{
	const uint8_t *end = line.ptr + line.len;
	const uint8_t *target_end = target.ptr + target.len;
	struct slice authority = authority_of(target);
	put(e, between(line.ptr, target.ptr));
	if (authority.ptr) {
		put(e, between(target.ptr, authority.ptr));
		put(e, e->host.len ? e->host : authority);
		target = between(authority.ptr + authority.len, target_end);
	}
	if (authority.ptr || target.ptr[0] == '/')
		put(e, e->base_path);
	put(e, target);
	put(e, between(target_end, end));
}

/* Where a Host without a value has it put: behind the colon and the blanks after it. */
static const uint8_t *value_place(struct slice name, struct slice value, const uint8_t *end)
{
	if (value.len)
		return value.ptr;
	const uint8_t *at = name.ptr + name.len;
	while (*at != ':')
		at++;
	at++;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

static void put_fields(struct edit *e, struct slice fields)
{
	const uint8_t *done = fields.ptr, *end = fields.ptr + fields.len;
	struct slice rest = fields, name, value;
	while (http_field_next(&rest, &name, &value)) {
		if (!e->host.len || !slice_eq_nocase(name, slice_str("host")))
			continue;
		const uint8_t *place = value_place(name, value, end);
		put(e, between(done, place));
		put(e, e->host);
		done = place + value.len;
	}
	put(e, between(done, end));
}

static bool has_host(struct slice fields)
{
	struct http_head head = { .fields = fields };
	return http_field(&head, "host").ptr != NULL;
}

/* Lines before the first field that begin with a blank (RFC 9112 §2.2): behind a field they would become its fold. */
static struct slice stray_lines(struct slice fields)
{
	size_t n = 0;
	while (n < fields.len && (fields.ptr[n] == ' ' || fields.ptr[n] == '\t'))
		n += slice_find_byte(slice_from(fields, n), '\n') + 1;
	return slice_cut(fields, 0, n);
}

int http_edit_request(struct slice request, struct slice host, struct slice base_path, struct buf *out)
{
	struct http_head head;
	if (!http_head_parse(request, &head) || head.is_response)
		return ERR_FORMAT;
	struct edit e = { .host = host, .base_path = base_path, .out = out };
	size_t before = out->len;
	struct slice line = between(request.ptr, head.fields.ptr);
	put_request_line(&e, line, head.target);
	/* RFC 9112 §3.2: HTTP/1.1 wants a Host; its place is behind the request line. */
	bool older = slice_eq(head.version, slice_str("HTTP/1.0"));
	if (host.len && !older && !has_host(head.fields)) {
		struct slice stray = stray_lines(head.fields);
		put(&e, stray);
		head.fields = slice_from(head.fields, stray.len);
		bool crlf = line.len >= 2 && line.ptr[line.len - 2] == '\r';
		put(&e, slice_str("Host: "));
		put(&e, host);
		put(&e, slice_str(crlf ? "\r\n" : "\n"));
	}
	put_fields(&e, head.fields);
	put(&e, between(head.fields.ptr + head.fields.len, request.ptr + request.len));
	if (e.rc)
		out->len = before;
	return e.rc;
}
