/* lines: memchr forwards, memrchr backwards. */
#include "diff/lines.h"

struct slice lines_without_end(struct slice line)
{
	if (line.len && line.ptr[line.len - 1] == '\n')
		line.len -= line.len > 1 && line.ptr[line.len - 2] == '\r' ? 2 : 1;
	return line;
}

/* With its end. */
static struct slice first_line(struct slice s)
{
	size_t n = slice_find_byte(s, '\n');
	return slice_cut(s, 0, n < s.len ? n + 1 : n);
}

static struct slice last_line(struct slice s)
{
	const uint8_t *end = s.len > 1 ? memrchr(s.ptr, '\n', s.len - 1) : NULL;
	return end ? slice_from(s, (size_t)(end - s.ptr) + 1) : s;
}

bool lines_next(struct slice *rest, struct slice *line)
{
	struct slice whole = first_line(*rest);
	*rest = slice_from(*rest, whole.len);
	*line = lines_without_end(whole);
	return whole.len > 0;
}

bool lines_last(struct slice *rest, struct slice *line)
{
	struct slice whole = last_line(*rest);
	rest->len -= whole.len;
	*line = lines_without_end(whole);
	return whole.len > 0;
}

static bool same_line(struct slice a, struct slice b, bool exact)
{
	return slice_eq(a, b) || (!exact && slice_eq(lines_without_end(a), lines_without_end(b)));
}

void lines_common_start(struct slice a, struct slice b, bool exact, size_t *of_a, size_t *of_b)
{
	*of_a = *of_b = 0;
	for (;;) {
		struct slice x = first_line(slice_from(a, *of_a)), y = first_line(slice_from(b, *of_b));
		if (x.len == 0 || y.len == 0 || !same_line(x, y, exact))
			return;
		*of_a += x.len;
		*of_b += y.len;
	}
}

void lines_common_end(struct slice a, struct slice b, bool exact, size_t *of_a, size_t *of_b)
{
	*of_a = *of_b = 0;
	for (;;) {
		struct slice x = last_line(slice_cut(a, 0, a.len - *of_a)), y = last_line(slice_cut(b, 0, b.len - *of_b));
		if (x.len == 0 || y.len == 0 || !same_line(x, y, exact))
			return;
		*of_a += x.len;
		*of_b += y.len;
	}
}
