/* substitute: the body first, since the head tells its length. */
#include "http/substitute.h"

#include "http/head.h"

struct job {
	const struct substitute *s;
	struct buf *out;
	size_t changes;
	bool in_code; /* see find */
	int rc;       /* the first error; nothing is put behind it */
};

static void put(struct job *j, struct slice s)
{
	if (j->rc == 0)
		j->rc = buf_append(j->out, s);
}

static void put_found(struct job *j, struct slice text)
{
	struct substitute_place p;
	size_t done = 0;
	while (j->rc == 0 && done < text.len && j->s->find(j->s->arg, text, done, j->in_code, &p)) {
		put(j, slice_cut(text, done, p.at - done));
		put(j, p.instead);
		done = p.at + p.len;
		j->changes++;
	}
	put(j, slice_from(text, done));
}

/* name=value; name=value (RFC 6265 §4.2.1) */
static void put_cookies(struct job *j, struct slice value)
{
	while (value.len && j->rc == 0) {
		size_t end = slice_find_byte(value, ';');
		struct slice pair = slice_cut(value, 0, end), instead;
		size_t equals = slice_find_byte(pair, '=');
		struct slice name = slice_trim(slice_cut(pair, 0, equals));
		struct slice old = slice_trim(slice_from(pair, equals + 1));
		if (old.len && j->s->cookie(j->s->arg, name, old, &instead)) {
			size_t before = (size_t)(old.ptr - pair.ptr);
			put(j, slice_cut(pair, 0, before));
			put(j, instead);
			put(j, slice_from(pair, before + old.len));
			j->changes++;
		} else {
			put_found(j, pair);
		}
		put(j, slice_cut(value, end, 1));
		value = slice_from(value, end + 1);
	}
}

/* The size at the beginning of a chunk's line; false: none that fits into a body. */
static bool chunk_size(struct slice line, size_t *size, size_t *digits)
{
	size_t n = 0;
	*digits = 0;
	for (; *digits < line.len; ++*digits) {
		uint8_t c = ascii_lower(line.ptr[*digits]);
		bool digit = c >= '0' && c <= '9';
		if (!digit && !(c >= 'a' && c <= 'f'))
			break;
		if (n > SIZE_MAX >> 5)
			return false;
		n = n * 16 + (size_t)(digit ? c - '0' : c - 'a' + 10);
	}
	*size = n;
	return *digits > 0;
}

/* RFC 9112 §7.1. What is no chunk goes out as it came. */
static void put_chunks(struct job *j, struct slice body)
{
	struct buf data;
	buf_init(&data, j->out->max);
	struct job inner = { .s = j->s, .out = &data, .in_code = j->in_code };
	while (body.len && j->rc == 0) {
		size_t lf = slice_find_byte(body, '\n'), size = 0, digits = 0;
		struct slice line = slice_cut(body, 0, lf + 1), rest = slice_from(body, lf + 1);
		if (!chunk_size(line, &size, &digits) || size == 0 || size > rest.len)
			break;
		buf_clear(&data);
		put_found(&inner, slice_cut(rest, 0, size));
		j->rc = inner.rc;
		if (j->rc == 0 && data.len == size)
			put(j, line);
		else if (j->rc == 0) {
			j->rc = buf_printf(j->out, "%zx", data.len);
			put(j, slice_from(line, digits));
		}
		put(j, buf_slice(&data));
		body = slice_from(rest, size);
		put(j, slice_cut(body, 0, slice_find_byte(body, '\n') + 1));
		body = slice_from(body, slice_find_byte(body, '\n') + 1);
	}
	put(j, body);
	j->changes += inner.changes;
	buf_release(&data);
}

static bool coded(const struct http_head *head)
{
	struct slice coding = http_field(head, "content-encoding");
	return coding.len && !slice_eq_nocase(coding, slice_str("identity"));
}

static void put_body(struct job *j, const struct http_head *head, struct slice body)
{
	if (body.len == 0 || coded(head))
		put(j, body);
	else if (http_field(head, "transfer-encoding").len)
		put_chunks(j, body);
	else
		put_found(j, body);
}

static bool is_form(const struct http_head *head)
{
	static const char form[] = "application/x-www-form-urlencoded";
	return slice_eq_nocase(slice_cut(http_field(head, "content-type"), 0, strlen(form)), slice_str(form));
}

static bool parse_length(struct slice value, size_t *out)
{
	size_t n = 0;
	for (size_t i = 0; i < value.len; i++) {
		unsigned digit = (unsigned)(value.ptr[i] - '0');
		if (digit > 9 || n > (SIZE_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return value.len > 0;
}

/* Content-Length by as much as the body has grown: of an incomplete one it said more than there is. */
static void put_length(struct job *j, struct slice value, size_t old_len, size_t new_len)
{
	size_t length;
	if (old_len == new_len || !parse_length(value, &length) || length < old_len)
		put(j, value);
	else if (j->rc == 0)
		j->rc = buf_printf(j->out, "%zu", length - old_len + new_len);
}

static bool untouched(struct slice name)
{
	static const char *const names[] = { "host", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_nocase(name, slice_str(names[i])))
			return true;
	return false;
}

static void put_fields(struct job *j, struct slice fields, size_t old_len, size_t new_len)
{
	const uint8_t *done = fields.ptr, *end = fields.ptr + fields.len;
	struct slice rest = fields, name, value;
	while (http_field_next(&rest, &name, &value)) {
		if (value.len == 0 || untouched(name))
			continue;
		put(j, slice_of(done, (size_t)(value.ptr - done)));
		if (slice_eq_nocase(name, slice_str("content-length")))
			put_length(j, value, old_len, new_len);
		else if (slice_eq_nocase(name, slice_str("cookie")))
			put_cookies(j, value);
		else
			put_found(j, value);
		done = value.ptr + value.len;
	}
	put(j, slice_of(done, (size_t)(end - done)));
}

int http_substitute(struct slice request, const struct substitute *s, struct buf *out, size_t *changes)
{
	struct http_head head;
	*changes = 0;
	if (!http_head_parse(request, &head) || head.is_response)
		return ERR_FORMAT;
	size_t before = out->len;
	struct slice old_body = slice_from(request, head.head_len);
	struct buf body;
	buf_init(&body, out->max);
	struct job in_body = { .s = s, .out = &body, .in_code = is_form(&head) };
	put_body(&in_body, &head, old_body);
	struct job j = { .s = s, .out = out, .rc = in_body.rc };
	put(&j, slice_of(request.ptr, (size_t)(head.target.ptr - request.ptr)));
	j.in_code = true;
	put_found(&j, head.target);
	j.in_code = false;
	const uint8_t *target_end = head.target.ptr + head.target.len;
	put(&j, slice_of(target_end, (size_t)(head.fields.ptr - target_end)));
	put_fields(&j, head.fields, old_body.len, body.len);
	put(&j, slice_of(head.fields.ptr + head.fields.len, (size_t)(old_body.ptr - head.fields.ptr) - head.fields.len));
	put(&j, buf_slice(&body));
	buf_release(&body);
	*changes = j.changes + in_body.changes;
	if (j.rc)
		out->len = before;
	return j.rc;
}
