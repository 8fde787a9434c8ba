/* progress: one line while a run lasts. Plain ASCII words but for "µs", so that columns can be counted. */
#include "base/units.h"
#include "report/summary.h"

#include <math.h>
#include <stdio.h>

/* Cuts the buffer's part behind `from` to that many columns: a column for each byte that does not continue a code point. */
static void cut_columns(struct buf *out, size_t from, size_t width)
{
	size_t columns = 0;
	for (size_t at = from; at < out->len; at++) {
		if ((out->ptr[at] & 0xc0) == 0x80)
			continue;
		if (columns++ == width) {
			out->len = at;
			return;
		}
	}
}

int progress_line(const struct progress *p, size_t width, struct buf *out)
{
	size_t from = out->len;
	char text[UNITS_TEXT];
	int r = p->seconds < 60 ? buf_printf(out, "%.1f s  ", floor(p->seconds * 10) / 10)
	                        : buf_printf(out, "%s  ", format_duration(text, (int64_t)(p->seconds * 1e9)));
	if (p->share >= 0)
		r = r ? r : buf_printf(out, "%.0f%%  ", p->share * 100);
	r = r ? r : buf_printf(out, "%s ", p->live ? "captured" : "read");
	r = r ? r : buf_append_str(out, format_count(text, p->messages));
	r = r ? r : buf_printf(out, "  done %s", format_count(text, p->done));
	r = r ? r : buf_printf(out, " (%s/s)", format_count(text, p->per_second > 0 ? (uint64_t)p->per_second : 0));
	if (p->in_flight)
		r = r ? r : buf_printf(out, "  in flight %s", format_count(text, p->in_flight));
	if (p->lateness_p99_ns >= 0)
		r = r ? r : buf_printf(out, "  late p99 %s", format_duration(text, p->lateness_p99_ns));
	if (p->failed)
		r = r ? r : buf_printf(out, "  failed %s", format_count(text, p->failed));
	r = r ? r : buf_printf(out, "  lost %s", format_count(text, p->lost));
	if (p->draining)
		r = r ? r : buf_append_str(out, "  finishing");
	if (r == 0)
		cut_columns(out, from, width);
	return r;
}
