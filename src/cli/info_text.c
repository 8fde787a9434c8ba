/* info_text: the readable form of info. */
#include "base/units.h"
#include "cli/info.h"
#include "cli/moment.h"
#include "report/utf8.h"

#define ROWS_SHOWN 20

const char *info_kind(const struct info *i)
{
	static const char *const names[] = {
		[LOG_KIND_TEXT] = "plain log", [LOG_KIND_GZIP] = "plain log (gzip)", [LOG_KIND_ZSTD] = "native log (zstd)",
		[LOG_KIND_PCAP] = "pcap",      [LOG_KIND_PCAPNG] = "pcapng",         [LOG_KIND_EMPTY] = "empty file",
		[LOG_KIND_OTHER] = "other",
	};
	if (!i->is_log)
		return "capture";
	return (size_t)i->log.kind < sizeof names / sizeof *names ? names[i->log.kind] : "log";
}

static int put_form(const struct info *i, struct buf *out)
{
	char size[UNITS_TEXT], text[UNITS_TEXT], frames[UNITS_TEXT];
	int r = buf_printf(out, "  form        %s", info_kind(i));
	if (i->file_bytes)
		r = r ? r : buf_printf(out, ", %s", format_bytes(size, i->file_bytes));
	if (i->is_log && i->file_bytes && i->log.text_bytes > i->file_bytes)
		r = r ? r
		      : buf_printf(out, " for %s of text: %.1f to 1", format_bytes(text, i->log.text_bytes),
		                   (double)i->log.text_bytes / (double)i->file_bytes);
	if (i->is_log && i->log.frames)
		r = r ? r : buf_printf(out, ", %s frames", format_count(frames, i->log.frames));
	if (i->is_log && i->log.kind == LOG_KIND_ZSTD)
		r = r ? r : buf_append_str(out, i->log.indexed ? ", closed properly" : ", NOT CLOSED: its index had to be rebuilt");
	return r ? r : buf_append_str(out, "\n");
}

static int put_span(const struct info *i, struct buf *out)
{
	const struct census *c = &i->census;
	if (census_empty(c))
		return buf_append_str(out, "  span        no messages\n");
	char from[MOMENT_TEXT], to[MOMENT_TEXT], span[UNITS_TEXT];
	double seconds = (double)census_span_ns(c) / 1e9;
	int r = buf_printf(out, "  span        %s to %s: %s", moment_format(from, c->first_ns), moment_format(to, c->last_ns),
	                   format_duration(span, census_span_ns(c)));
	if (seconds > 0 && c->messages[MESSAGE_REQUEST])
		r = r ? r : buf_printf(out, ", %.1f requests/s", (double)c->messages[MESSAGE_REQUEST] / seconds);
	return r ? r : buf_append_str(out, "\n");
}

static int put_messages(const struct census *c, struct buf *out)
{
	char n[UNITS_TEXT], all[UNITS_TEXT];
	uint64_t sum = c->messages[MESSAGE_REQUEST] + c->messages[MESSAGE_RESPONSE] + c->messages[MESSAGE_REPLAYED];
	int r = buf_printf(out, "  messages    %s requests", format_count(n, c->messages[MESSAGE_REQUEST]));
	r = r ? r : buf_printf(out, ", %s responses", format_count(n, c->messages[MESSAGE_RESPONSE]));
	if (c->messages[MESSAGE_REPLAYED])
		r = r ? r : buf_printf(out, ", %s replayed responses", format_count(n, c->messages[MESSAGE_REPLAYED]));
	r = r ? r : buf_printf(out, "; %s\n", format_bytes(n, c->bytes));
	r = r ? r : buf_printf(out, "  complete    %s of %s", format_count(n, c->complete), format_count(all, sum));
	for (unsigned i = 0; i < 4; i++)
		if (c->flags[i])
			r = r ? r : buf_printf(out, ", %s %s", format_count(n, c->flags[i]), census_flag_names[i]);
	if (c->headless)
		r = r ? r : buf_printf(out, ", %s without a whole head", format_count(n, c->headless));
	r = r ? r : buf_printf(out, "\n  lanes       %s%s\n", c->lanes_full ? "more than " : "", format_count(n, c->lanes.count));
	return r;
}

static int put_tops(const struct tops *t, const char *title, uint64_t all, struct buf *out)
{
	const struct top *best[ROWS_SHOWN];
	uint64_t rest;
	size_t n = tops_best(t, best, ROWS_SHOWN, &rest);
	if (n == 0 && rest == 0)
		return 0;
	char count[UNITS_TEXT];
	double share = all ? 100 / (double)all : 0;
	int r = buf_printf(out, "  %s\n", title);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = buf_printf(out, "  %13s %5.1f%%  ", format_count(count, best[i]->count), (double)best[i]->count * share);
		r = r ? r : utf8_visible(out, slice_of(best[i]->text, best[i]->len), false);
		r = r ? r : buf_append_str(out, "\n");
	}
	if (rest)
		r = r ? r : buf_printf(out, "  %13s %5.1f%%  (other)\n", format_count(count, rest), (double)rest * share);
	return r;
}

static int put_statuses(const struct census *c, struct buf *out)
{
	uint64_t all = c->messages[MESSAGE_RESPONSE] + c->messages[MESSAGE_REPLAYED];
	char count[UNITS_TEXT];
	int r = all ? buf_append_str(out, "  status\n") : 0;
	for (int i = 0; i < CENSUS_STATUSES && r == 0; i++)
		if (c->status[i])
			r = buf_printf(out, "  %13s %5.1f%%  %03d\n", format_count(count, c->status[i]),
			               (double)c->status[i] * 100 / (double)all, i);
	return r;
}

int info_text(const struct info *i, struct buf *out)
{
	const struct census *c = &i->census;
	uint64_t requests = c->messages[MESSAGE_REQUEST];
	int r = utf8_visible(out, slice_str(i->path), false);
	r = r ? r : buf_append_str(out, "\n");
	r = r ? r : put_form(i, out);
	r = r ? r : put_span(i, out);
	r = r ? r : put_messages(c, out);
	r = r ? r : put_tops(&c->methods, "methods", requests, out);
	r = r ? r : put_statuses(c, out);
	r = r ? r : put_tops(&c->hosts, "hosts", requests, out);
	r = r ? r : put_tops(&c->endpoints, "endpoints", requests, out);
	r = r ? r : buf_append_str(out, "\nread now: ");
	r = r ? r : ledger_text(i->read, out);
	if (i->written) {
		r = r ? r : buf_append_str(out, "\nkept by the run that wrote it: ");
		r = r ? r : ledger_text(i->written, out);
	}
	return r ? r : buf_append_str(out, "\n");
}
