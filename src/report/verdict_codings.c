/* verdict_codings: see the header. Head lines are looked at one by one: report/ knows no HTTP but this. */
#include "report/verdict_codings.h"

#define FIELD "content-encoding:"

/* The next line of a head without its end, false at the empty line that ends it. */
static bool next_line(struct slice *rest, struct slice *line)
{
	size_t end = slice_find_byte(*rest, '\n');
	*line = slice_cut(*rest, 0, end);
	*rest = slice_from(*rest, end + 1);
	if (line->len && line->ptr[line->len - 1] == '\r')
		line->len--;
	return line->len > 0;
}

bool verdict_needs_decoding(struct slice message)
{
	static const char *const by_the_page[] = { "", "identity", "gzip", "x-gzip", "deflate" };
	struct slice rest = message, line, field = slice_str(FIELD);
	unsigned fields = 0, known = 0;
	while (next_line(&rest, &line)) {
		if (line.len < field.len || !slice_eq_nocase(slice_cut(line, 0, field.len), field))
			continue;
		struct slice value = slice_trim(slice_from(line, field.len));
		fields++;
		for (size_t i = 0; i < sizeof by_the_page / sizeof *by_the_page; i++)
			known += slice_eq_nocase(value, slice_str(by_the_page[i]));
	}
	return fields > 1 || known < fields;
}
