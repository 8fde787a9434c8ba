/* parts: see the header. What belongs to the connection alone is left out (RFC 9113 §8.2.2), and what Connection names (RFC 9110 §7.6.1). */
#include "output/parts.h"

#include "http/chunked.h"
#include "http/head.h"

static bool lists(struct slice value, struct slice word)
{
	while (value.len) {
		size_t comma = slice_find_byte(value, ',');
		if (slice_eq_nocase(slice_trim(slice_cut(value, 0, comma)), word))
			return true;
		value = slice_from(value, comma + 1);
	}
	return false;
}

static bool field_lists(const struct http_head *head, const char *field, struct slice word)
{
	struct slice rest = head->fields, name, value;
	while (http_field_next(&rest, &name, &value))
		if (slice_eq_nocase(name, slice_str(field)) && lists(value, word))
			return true;
	return false;
}

static bool of_connection(const struct http_head *head, struct slice name, struct slice value)
{
	static const char *const fields[] = { "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade" };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (slice_eq_nocase(name, slice_str(fields[i])))
			return true;
	if (slice_eq_nocase(name, slice_str("te"))) /* RFC 9113 §8.2.2: only this may be said */
		return !slice_eq_nocase(value, slice_str("trailers"));
	return field_lists(head, "connection", name);
}

static bool has_zero(struct slice s)
{
	return slice_find_byte(s, 0) < s.len;
}

/* RFC 9113 §8.2.1: without what ends or begins something else; upper case is lowered by whoever sends it. */
static bool is_name(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] <= ' ' || s.ptr[i] >= 0x7f)
			return false;
	return s.len > 0;
}

/* A fold is a blank (RFC 9112 §5.2). */
static int add_field(struct buf *out, struct slice name, struct slice value)
{
	const struct slice zero = slice_of("", 1);
	if (!is_name(name) || has_zero(value))
		return ERR_FORMAT;
	int rc = buf_append(out, name);
	rc = rc ? rc : buf_append(out, zero);
	size_t at = out->len;
	rc = rc ? rc : buf_append(out, value);
	rc = rc ? rc : buf_append(out, zero);
	for (size_t i = at; !rc && i + 1 < out->len; i++)
		if (out->ptr[i] == '\r' || out->ptr[i] == '\n')
			out->ptr[i] = ' ';
	return rc;
}

static int take_fields(const struct http_head *head, struct request_parts *out)
{
	struct slice rest = head->fields, name, value;
	bool host = false;
	while (http_field_next(&rest, &name, &value)) {
		if (of_connection(head, name, value))
			continue;
		/* Where there is content its length is known, and told by whoever sends it. */
		if (slice_eq_nocase(name, slice_str("content-length")) && (out->content.len || !slice_eq(value, slice_str("0"))))
			continue;
		if (slice_eq_nocase(name, slice_str("host"))) {
			if (host)
				continue;
			host = true;
		}
		int rc = add_field(&out->fields, name, value);
		if (rc)
			return rc;
	}
	return 0;
}

static int take_chunks(struct slice in, struct buf *out)
{
	struct chunked c;
	chunked_init(&c);
	for (;;) {
		struct slice data = { 0 };
		size_t used;
		enum chunked_result r = chunked_next(&c, in, &used, &data);
		in = slice_from(in, used);
		if (r == CHUNKED_END)
			return 0;
		if (r == CHUNKED_BAD || in.len == 0)
			return ERR_FORMAT;
		int rc = r == CHUNKED_DATA ? buf_append(out, data) : 0;
		if (rc)
			return rc;
	}
}

struct slice parts_origin_form(struct slice target)
{
	static const char *const schemes[] = { "http://", "https://" };
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		struct slice scheme = slice_str(schemes[i]);
		if (!slice_eq_nocase(slice_cut(target, 0, scheme.len), scheme))
			continue;
		target = slice_from(target, scheme.len);
		target = slice_from(target, slice_find_byte(target, '/'));
		return target.len ? target : slice_str("/");
	}
	return target;
}

int parts_of(struct slice request, struct request_parts *out)
{
	struct http_head head;
	buf_clear(&out->fields);
	buf_clear(&out->decoded);
	if (!http_head_parse(request, &head) || head.is_response || slice_eq(head.method, slice_str("CONNECT")))
		return ERR_FORMAT;
	if (has_zero(head.method) || has_zero(head.target))
		return ERR_FORMAT;
	out->fields.max = head.fields.len * 2 + 2;
	out->decoded.max = request.len;
	out->method = head.method;
	out->target = parts_origin_form(head.target);
	out->content = slice_from(request, head.head_len);
	if (field_lists(&head, "transfer-encoding", slice_str("chunked"))) {
		int rc = take_chunks(out->content, &out->decoded);
		if (rc)
			return rc == ERR_NOMEM ? rc : ERR_FORMAT;
		out->content = buf_slice(&out->decoded);
	}
	int rc = take_fields(&head, out);
	return rc == ERR_LIMIT ? ERR_FORMAT : rc;
}
