/* rule_line: words of a rules file's line. */
#include "diff/rule_line.h"

#include "diff/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct slice rule_text_begin(struct slice text)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };
	struct slice bom = slice_of(mark, sizeof mark);
	return slice_starts(text, bom) ? slice_from(text, bom.len) : text;
}

bool rule_text_next(struct slice *rest, struct slice *line)
{
	if (rest->len == 0)
		return false;
	size_t end = slice_find_byte(*rest, '\n');
	*line = slice_cut(*rest, 0, end);
	*rest = slice_from(*rest, end + 1);
	if (line->len && line->ptr[line->len - 1] == '\r')
		line->len--;
	return true;
}

int rule_line_open(struct rule_line *l, struct slice line)
{
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	l->text = l->rest = slice_trim(line);
	if (line.len > RULE_LINE_MAX)
		return rule_line_bad(l, "it has %zu bytes, and a line may have %d", line.len, RULE_LINE_MAX);
	for (size_t i = 0; i < line.len; i++)
		if ((line.ptr[i] < 0x20 && line.ptr[i] != '\t') || line.ptr[i] == 0x7f)
			return rule_line_bad(l, "its byte %zu is a control character (0x%02x), and it should be UTF-8 text", i + 1,
			                     line.ptr[i]);
	return 0;
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static void skip_space(struct rule_line *l)
{
	while (l->rest.len && is_space(l->rest.ptr[0]))
		l->rest = slice_from(l->rest, 1);
}

bool rule_line_done(struct rule_line *l)
{
	skip_space(l);
	return l->rest.len == 0 || l->rest.ptr[0] == '#';
}

struct slice rule_line_word(struct rule_line *l)
{
	if (rule_line_done(l))
		return slice_cut(l->rest, 0, 0);
	size_t n = 0;
	while (n < l->rest.len && !is_space(l->rest.ptr[n]))
		n++;
	struct slice word = slice_cut(l->rest, 0, n);
	l->rest = slice_from(l->rest, n);
	return word;
}

/* Where a path ends that was cut within its quotes ("..."), as long ones are when they are shown. */
static size_t cut_path(struct slice s)
{
	for (size_t i = 3; i <= s.len; i++)
		if (memcmp(s.ptr + i - 3, "...", 3) == 0 && (i == s.len || is_space(s.ptr[i])))
			return i;
	return s.len;
}

struct slice rule_line_path(struct rule_line *l)
{
	if (rule_line_done(l))
		return slice_cut(l->rest, 0, 0);
	const uint8_t *at = l->rest.ptr;
	size_t n = 0, len = l->rest.len;
	bool quoted = false;
	for (; n < len && (quoted || !is_space(at[n])); n++) {
		if (quoted && at[n] == '\\' && n + 1 < len)
			n++;
		else if (at[n] == '"' && (quoted || (n && at[n - 1] == '[')))
			quoted = !quoted;
	}
	if (quoted)
		n = cut_path(l->rest);
	struct slice path = slice_cut(l->rest, 0, n);
	l->rest = slice_from(l->rest, n);
	return path;
}

struct slice rule_line_read(const struct rule_line *l)
{
	return slice_trim(slice_cut(l->text, 0, l->text.len - l->rest.len));
}

/* Bytes of the UTF-8 character that s begins with; 0: none, or one that does not print (C0, DEL, C1). */
static size_t printable(struct slice s)
{
	uint8_t c = s.ptr[0];
	if (c < 0x20 || c == 0x7f || (c == 0xc2 && s.len > 1 && s.ptr[1] < 0xa0))
		return 0;
	return place_character(s);
}

struct rule_quote rule_quote(struct slice s)
{
	struct rule_quote q;
	size_t out = 0;
	while (s.len) {
		size_t n = printable(s), take = n ? n : 1;
		if (out + take > RULE_QUOTE_MAX) {
			memcpy(q.text + out, "...", 4);
			return q;
		}
		if (n)
			memcpy(q.text + out, s.ptr, n);
		else
			q.text[out] = '?';
		out += take;
		s = slice_from(s, take);
	}
	q.text[out] = 0;
	return q;
}

int rule_line_bad(const struct rule_line *l, const char *format, ...)
{
	char why[320];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(why, sizeof why, format, args);
	va_end(args);
	return err_set(l->err, ERR_USAGE, "%s: '%s' is no %s: %s", l->where, rule_quote(l->text).text, l->called, why);
}

int rule_line_nomem(const struct rule_line *l)
{
	return err_set(l->err, ERR_NOMEM, "%s: out of memory", l->where);
}
