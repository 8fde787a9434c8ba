/* fields: walking field lines. */
#include "diff/fields.h"

static struct slice first_line(struct slice s)
{
	size_t n = slice_find_byte(s, '\n');
	return slice_cut(s, 0, n < s.len ? n + 1 : n);
}

/* The line with the folded ones behind it (RFC 9112 §5.2). */
struct slice fields_take_line(struct slice *rest)
{
	size_t n = first_line(*rest).len;
	while (n < rest->len && (rest->ptr[n] == ' ' || rest->ptr[n] == '\t'))
		n += first_line(slice_from(*rest, n)).len;
	struct slice lines = slice_cut(*rest, 0, n);
	*rest = slice_from(*rest, n);
	return lines;
}

static bool is_blank(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice fields_trim(struct slice s)
{
	while (s.len && is_blank(s.ptr[0]))
		s = slice_from(s, 1);
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool fields_next(struct slice *rest, struct slice *name, struct slice *value)
{
	while (rest->len) {
		struct slice lines = fields_take_line(rest);
		size_t colon = slice_find_byte(lines, ':');
		*name = fields_trim(slice_cut(lines, 0, colon));
		*value = colon < lines.len ? fields_trim(slice_from(lines, colon + 1)) : slice_of(lines.ptr, 0);
		if (name->len || value->len)
			return true;
	}
	return false;
}

struct slice fields_find(struct slice fields, const char *name)
{
	struct slice wanted = slice_str(name), n, value;
	while (fields_next(&fields, &n, &value))
		if (slice_eq_nocase(n, wanted))
			return value.ptr ? value : slice_of("", 0);
	return slice_of(NULL, 0);
}

/* A value, byte by byte, without what does not matter in it. */
struct walk {
	struct slice s;
	unsigned form;
	bool folded; /* runs of blanks are one space */
};

static int walk_next(struct walk *w)
{
	while (w->s.len) {
		uint8_t c = w->s.ptr[0];
		w->s = slice_from(w->s, 1);
		if (w->form & VALUE_PARAMETERS && (is_blank(c) || c == '"'))
			continue;
		if (w->folded && is_blank(c)) {
			while (w->s.len && is_blank(w->s.ptr[0]))
				w->s = slice_from(w->s, 1);
			return ' ';
		}
		return w->form & VALUE_NOCASE ? ascii_lower(c) : c;
	}
	return -1;
}

bool fields_value_equal(struct slice a, struct slice b, unsigned form)
{
	if (slice_eq(a, b))
		return true;
	bool folded = slice_find_byte(a, '\n') < a.len || slice_find_byte(b, '\n') < b.len;
	if (!folded && !(form & VALUE_PARAMETERS))
		return form & VALUE_NOCASE && slice_eq_nocase(a, b);
	struct walk x = { a, form, folded }, y = { b, form, folded };
	int c;
	do {
		c = walk_next(&x);
		if (c != walk_next(&y))
			return false;
	} while (c >= 0);
	return true;
}
