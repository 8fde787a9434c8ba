/* plan: see the header. */
#include "cli/plan.h"

#include "base/clock.h"
#include "base/units.h"
#include "report/json.h"
#include "report/utf8.h"

#define ROWS_SHOWN 10

void plan_init(struct plan *p, int64_t start_ns, bool paced)
{
	*p = (struct plan){ .start_ns = start_ns, .paced = paced };
	census_init(&p->census);
}

void plan_release(struct plan *p)
{
	census_release(&p->census);
}

uint64_t plan_requests(const struct plan *p)
{
	return p->census.messages[MESSAGE_REQUEST];
}

void plan_count(struct plan *p, const struct message *m)
{
	if (plan_requests(p) == 0)
		p->first_ns = m->due_ns;
	census_count(&p->census, m);
	p->last_ns = m->due_ns;
	uint64_t second = (uint64_t)(m->due_ns - p->first_ns) / NS_PER_S;
	if (second != p->second)
		p->in_second = 0;
	p->second = second;
	if (++p->in_second > p->peak) {
		p->peak = p->in_second;
		p->peak_second = second;
	}
}

/* Between the first and the last; 0 where that is too short to say. */
static double per_second(const struct plan *p)
{
	double seconds = (double)(p->last_ns - p->first_ns) / 1e9;
	return seconds >= 1 ? (double)(plan_requests(p) - 1) / seconds : 0;
}

static int put_schedule(const struct plan *p, struct buf *out)
{
	char takes[UNITS_TEXT], peak[UNITS_TEXT], wait[UNITS_TEXT];
	if (!p->paced)
		return buf_append_str(out, "  takes       as long as the outputs need: there is no schedule\n");
	int r = buf_printf(out, "  takes       %s%s\n", format_duration(takes, p->last_ns - p->first_ns),
	                   p->endless ? " each round; the loop has no end" : "");
	if (p->first_ns - p->start_ns > NS_PER_S)
		r = r ? r : buf_printf(out, "  begins      in %s\n", format_duration(wait, p->first_ns - p->start_ns));
	r = r ? r
	      : buf_printf(out, "  rate        at most %s in a second (from %llu s on)", format_count(peak, p->peak),
	                   (unsigned long long)p->peak_second);
	if (per_second(p) > 0)
		r = r ? r : buf_printf(out, ", %.1f a second on average", per_second(p));
	return r ? r : buf_append_str(out, "\n");
}

static const struct {
	const char *key, *text;
	size_t at;
} rest[] = {
	{ "incomplete", "requests that miss bytes", offsetof(struct plan, incomplete) },
	{ "not_requests", "that are no requests", offsetof(struct plan, not_requests) },
	{ "filtered", "messages filtered out", offsetof(struct plan, filtered) },
	{ "limited", "messages over the limit of requests a second", offsetof(struct plan, limited) },
	{ "responses", "recorded responses", offsetof(struct plan, responses) },
};
#define RESTS (sizeof rest / sizeof *rest)

static uint64_t rest_count(const struct plan *p, size_t i)
{
	return *(const uint64_t *)(const void *)((const char *)p + rest[i].at);
}

static int put_rest(const struct plan *p, struct buf *out)
{
	char n[UNITS_TEXT];
	int r = 0;
	for (size_t i = 0; i < RESTS && r == 0; i++)
		if (rest_count(p, i))
			r = buf_printf(out, "  not sent    %s %s\n", format_count(n, rest_count(p, i)), rest[i].text);
	return r;
}

static int put_tops(const char *title, const struct tops *t, struct buf *out)
{
	const struct top *best[ROWS_SHOWN];
	uint64_t others;
	char n[UNITS_TEXT];
	size_t shown = tops_best(t, best, ROWS_SHOWN, &others);
	int r = shown ? buf_printf(out, "  %s\n", title) : 0;
	for (size_t i = 0; i < shown && r == 0; i++) {
		r = buf_printf(out, "  %11s ", format_count(n, best[i]->count));
		r = r ? r : utf8_visible(out, slice_of(best[i]->text, best[i]->len), false);
		r = r ? r : buf_append_str(out, "\n");
	}
	return r == 0 && others ? buf_printf(out, "  %11s (others)\n", format_count(n, others)) : r;
}

int plan_text(const struct plan *p, struct buf *out)
{
	char n[UNITS_TEXT], lanes[UNITS_TEXT], bytes[UNITS_TEXT];
	const struct census *c = &p->census;
	int r = buf_printf(out, "A dry run: nothing is sent.\n  requests    %s, %s, from %s%s recorded connections\n",
	                   format_count(n, plan_requests(p)), format_bytes(bytes, c->bytes), c->lanes_full ? "more than " : "",
	                   format_count(lanes, c->lanes.count));
	if (plan_requests(p))
		r = r ? r : put_schedule(p, out);
	r = r ? r : put_rest(p, out);
	r = r ? r : put_tops("methods", &c->methods, out);
	r = r ? r : put_tops("recorded hosts", &c->hosts, out);
	return r ? r : put_tops("endpoints", &c->endpoints, out);
}

static void write_tops(struct json *j, const char *key, const struct tops *t)
{
	const struct top *best[100];
	uint64_t others;
	size_t n = tops_best(t, best, 100, &others);
	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(j, '{');
		json_key(j, "name");
		json_text(j, slice_of(best[i]->text, best[i]->len));
		json_key(j, "count");
		json_u64(j, best[i]->count);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void write_schedule(struct json *j, const struct plan *p)
{
	if (!p->paced || !plan_requests(p))
		return;
	json_key(j, "seconds");
	json_number(j, (double)(p->last_ns - p->first_ns) / 1e9, 6);
	json_key(j, "begins_in_seconds");
	json_number(j, (double)(p->first_ns - p->start_ns) / 1e9, 3);
	json_key(j, "per_second");
	json_number(j, per_second(p), 3);
	json_key(j, "peak_per_second");
	json_u64(j, p->peak);
	json_key(j, "peak_at_second");
	json_u64(j, p->peak_second);
}

int plan_json(const struct plan *p, struct buf *out)
{
	struct json j = json_into(out);
	json_open(&j, '{');
	json_key(&j, "dry_run");
	json_bool(&j, true);
	json_key(&j, "requests");
	json_u64(&j, plan_requests(p));
	json_key(&j, "bytes");
	json_u64(&j, p->census.bytes);
	json_key(&j, "lanes");
	json_u64(&j, p->census.lanes.count);
	json_key(&j, "scheduled");
	json_bool(&j, p->paced);
	json_key(&j, "endless");
	json_bool(&j, p->endless);
	write_schedule(&j, p);
	json_key(&j, "not_sent");
	json_open(&j, '{');
	for (size_t i = 0; i < RESTS; i++) {
		json_key(&j, rest[i].key);
		json_u64(&j, rest_count(p, i));
	}
	json_close(&j, '}');
	write_tops(&j, "methods", &p->census.methods);
	write_tops(&j, "hosts", &p->census.hosts);
	write_tops(&j, "endpoints", &p->census.endpoints);
	json_close(&j, '}');
	return json_error(&j) ? json_error(&j) : buf_append_str(out, "\n");
}
