/* json_pretty: see the header. */
#include "diff/json_pretty.h"

#define INDENT_MAX 64

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int new_line(struct buf *out, size_t depth)
{
	static const char spaces[2 * INDENT_MAX + 1] = "                                                                "
	                                               "                                                                ";
	int r = buf_append_str(out, "\n");
	return r ? r : buf_append(out, slice_of(spaces, 2 * (depth < INDENT_MAX ? depth : INDENT_MAX)));
}

/* Its length with both quotes. */
static size_t string_length(struct slice s)
{
	size_t i = 1;
	while (i < s.len && s.ptr[i] != '"')
		i += s.ptr[i] == '\\' ? 2 : 1;
	return i < s.len ? i + 1 : s.len;
}

static struct slice skip_space(struct slice s)
{
	while (s.len && is_space(s.ptr[0]))
		s = slice_from(s, 1);
	return s;
}

/* One bracket, comma or colon, with the line breaks that go with it. */
static int put_mark(struct buf *out, uint8_t c, struct slice rest, size_t *depth)
{
	bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
	bool empty = opens && rest.len && (rest.ptr[0] == '}' || rest.ptr[0] == ']');
	int r = 0;
	if (closes && *depth)
		--*depth;
	if (closes && !(out->len && (out->ptr[out->len - 1] == '{' || out->ptr[out->len - 1] == '[')))
		r = new_line(out, *depth);
	r = r ? r : buf_append(out, slice_of(&c, 1));
	if (opens)
		++*depth;
	if (r == 0 && ((opens && !empty) || c == ','))
		r = new_line(out, *depth);
	return r || c != ':' ? r : buf_append_str(out, " ");
}

int json_pretty(struct slice text, struct buf *out)
{
	size_t depth = 0;
	int r = 0;
	for (text = skip_space(text); text.len && r == 0; text = skip_space(text)) {
		uint8_t c = text.ptr[0];
		size_t n = 1;
		if (c == '"') {
			n = string_length(text);
			r = buf_append(out, slice_cut(text, 0, n));
		} else if (memchr("{}[],:", c, 6)) {
			r = put_mark(out, c, skip_space(slice_from(text, 1)), &depth);
		} else {
			while (n < text.len && !is_space(text.ptr[n]) && !memchr("{}[],:\"", text.ptr[n], 7))
				n++;
			r = buf_append(out, slice_cut(text, 0, n));
			/* Outside JSON words stand beside one another. */
			if (r == 0 && depth == 0 && n < text.len && is_space(text.ptr[n]) && skip_space(slice_from(text, n)).len)
				r = buf_append_str(out, " ");
		}
		text = slice_from(text, n);
	}
	return r ? r : buf_append_str(out, "\n");
}
