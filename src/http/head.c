/* head: start line, field lines with their folds. */
#include "http/head.h"

/* Through the LF, or all of it. */
static struct slice first_line(struct slice s)
{
	size_t lf = slice_find_byte(s, '\n');
	return slice_cut(s, 0, lf < s.len ? lf + 1 : lf);
}

static struct slice without_eol(struct slice line)
{
	if (line.len && line.ptr[line.len - 1] == '\n')
		line.len--;
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Splits at the first blank; *rest loses the blanks between too. */
static struct slice take_word(struct slice *rest)
{
	size_t n = slice_find_byte(*rest, ' ');
	struct slice word = slice_cut(*rest, 0, n);
	*rest = slice_trim(slice_from(*rest, n));
	return word;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool parse_status_line(struct slice line, struct http_head *out)
{
	out->is_response = true;
	out->version = take_word(&line);
	struct slice code = take_word(&line);
	if (code.len != 3 || !is_digit(code.ptr[0]) || !is_digit(code.ptr[1]) || !is_digit(code.ptr[2]))
		return false;
	out->status = (code.ptr[0] - '0') * 100 + (code.ptr[1] - '0') * 10 + (code.ptr[2] - '0');
	out->reason = line;
	return true;
}

static bool parse_request_line(struct slice line, struct http_head *out)
{
	line = slice_trim(line);
	out->method = take_word(&line);
	/* Servers take blanks inside of a target, so the version is what stands behind the last one. */
	size_t blank = line.len;
	while (blank > 0 && line.ptr[blank - 1] != ' ')
		blank--;
	out->version = slice_from(line, blank);
	out->target = slice_trim(slice_cut(line, 0, blank));
	return out->method.len && out->target.len && slice_starts(out->version, slice_str("HTTP/"));
}

bool http_head_parse(struct slice message, struct http_head *out)
{
	*out = (struct http_head){ 0 };
	struct slice line = first_line(message);
	size_t fields = line.len;
	line = without_eol(line);
	bool well = slice_starts(line, slice_str("HTTP/")) ? parse_status_line(line, out) : parse_request_line(line, out);
	if (!well)
		return false;
	for (size_t at = fields; at < message.len;) {
		line = first_line(slice_from(message, at));
		if (line.ptr[line.len - 1] != '\n')
			return false;
		if (without_eol(line).len == 0) {
			out->fields = slice_cut(message, fields, at - fields);
			out->head_len = at + line.len;
			return true;
		}
		at += line.len;
	}
	return false;
}

/* The line with the folded ones behind it (RFC 9112 §5.2). */
static struct slice take_field_lines(struct slice *rest)
{
	size_t n = first_line(*rest).len;
	while (n < rest->len && (rest->ptr[n] == ' ' || rest->ptr[n] == '\t'))
		n += first_line(slice_from(*rest, n)).len;
	struct slice lines = slice_cut(*rest, 0, n);
	*rest = slice_from(*rest, n);
	return lines;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct slice trim_all(struct slice s)
{
	while (s.len && is_blank(s.ptr[0]))
		s = slice_from(s, 1);
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool http_field_next(struct slice *rest, struct slice *name, struct slice *value)
{
	while (rest->len) {
		struct slice lines = take_field_lines(rest);
		size_t colon = slice_find_byte(lines, ':');
		bool stray = lines.ptr[0] == ' ' || lines.ptr[0] == '\t'; /* before the first field: RFC 9112 §2.2 */
		if (stray || colon == lines.len)
			continue;
		*name = slice_trim(slice_cut(lines, 0, colon));
		*value = trim_all(slice_from(lines, colon + 1));
		return true;
	}
	return false;
}

struct slice http_field(const struct http_head *head, const char *name)
{
	struct slice rest = head->fields, n, value;
	while (http_field_next(&rest, &n, &value))
		if (slice_eq_nocase(n, slice_str(name)))
			return value.ptr ? value : slice_of("", 0);
	return slice_of(NULL, 0);
}

bool http_method_idempotent(struct slice method)
{
	static const char *const names[] = { "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq(method, slice_str(names[i])))
			return true;
	return false;
}
