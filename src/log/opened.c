/* opened: sentences and bounds. */
#include "log/opened.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

void opened_note(struct opened_log *s, enum opened_note_kind kind, const char *format, ...)
{
	char text[512];
	if (s->told[kind] || !s->options.note)
		return;
	s->told[kind] = true;
	int n = snprintf(text, sizeof text, "%s: ", s->name);
	if (n < 0 || (size_t)n >= sizeof text)
		return;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text + n, sizeof text - (size_t)n, format, args);
	va_end(args);
	s->options.note(s->options.arg, text);
}

bool opened_wants(const struct opened_log *s, int64_t ts_ns)
{
	return opened_wants_span(s, ts_ns, ts_ns);
}

bool opened_wants_span(const struct opened_log *s, int64_t first_ns, int64_t last_ns)
{
	const struct log_reader_options *o = &s->options;
	return (o->from_ns == 0 || last_ns >= o->from_ns) && (o->to_ns == 0 || first_ns < o->to_ns);
}

char *log_time_text(char out[TIME_TEXT], int64_t ts_ns)
{
	int64_t ns = ts_ns % NS_PER_S;
	time_t seconds = (time_t)(ts_ns / NS_PER_S);
	struct tm tm;
	char date[32];
	if (ns < 0) {
		ns += NS_PER_S;
		seconds--;
	}
	if (!gmtime_r(&seconds, &tm) || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		date[0] = 0;
	(void)snprintf(out, TIME_TEXT, "%s.%03dZ", date, (int)(ns / NS_PER_MS));
	return out;
}

int opened_no_memory(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

int opened_read_failed(const struct opened_log *s, struct err *err)
{
	return err_set_errno(err, "cannot read %s", s->name);
}
