/* verdict_junit: see the header.
 *
 *     <testsuites><testsuite name="replay" tests="2" failures="1" skipped="0">
 *       <testcase classname="replay" name="GET /items/{id}">
 *         <failure type="value" message="$.price: value differs in 12.3% (…)">…examples…</failure>
 *         <system-out>perhaps: …</system-out>
 */
#include "report/verdict_junit.h"

#include "report/utf8.h"
#include "report/verdict_words.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A testcase: an endpoint of the verdict, or one that only findings name. Its findings are a run of the sorted list. */
struct cases {
	const struct verdict *v;
	const struct verdict_finding **sorted; /* by endpoint, then in the verdict's order; sure and unsure ones only */
	size_t count;
};

/* Does XML 1.0 §2.2 allow that character? Beyond it, what reorders or hides its neighbours goes too. */
static bool is_allowed(uint32_t point)
{
	if (point < 0x20)
		return point == '\n' || point == '\t';
	return !(point >= 0x7f && point <= 0x9f) && !(point >= 0x202a && point <= 0x202e) && !(point >= 0x2066 && point <= 0x2069) &&
	       point != 0xfffe && point != 0xffff && point != UTF8_BAD;
}

static const char *entity_of(uint32_t point)
{
	switch (point) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\n':
		return "&#10;";
	case '\t':
		return "&#9;";
	default:
		return NULL;
	}
}

/* Text for an attribute or an element's content: with line ends and tabs as references it is the same in both. */
static int put_xml(struct buf *out, struct slice s)
{
	int r = 0;
	while (s.len && r == 0) {
		struct slice before = s;
		uint32_t point = utf8_next(&s);
		const char *entity = point == UTF8_BAD ? NULL : entity_of(point);
		if (entity)
			r = buf_append_str(out, entity);
		else if (is_allowed(point))
			r = buf_append(out, slice_cut(before, 0, before.len - s.len));
		else
			r = buf_append_str(out, "\xef\xbf\xbd");
	}
	return r;
}

static int put_xml_str(struct buf *out, const char *text)
{
	return put_xml(out, slice_str(text ? text : ""));
}

/* "value: 12.3% (11.1–13.5) of 2,000, noise 0.02%; sure" */
static int put_figures(struct buf *out, const struct verdict_finding *f)
{
	char rate[VERDICT_WORDS], interval[VERDICT_WORDS], noise[VERDICT_WORDS], sure[VERDICT_WORDS], all[6 * VERDICT_WORDS];
	verdict_percent(noise, verdict_noise_rate(f));
	(void)snprintf(all, sizeof all, "%s: %s (%s) of %llu%s%s; %s", difference_kind_name(f->kind),
	               verdict_percent(rate, verdict_rate(f)), verdict_interval(interval, f), (unsigned long long)f->compared,
	               f->noise_of ? ", noise " : "", f->noise_of ? noise : "", verdict_confidence(sure, f));
	return put_xml_str(out, all);
}

static int put_example(struct buf *out, const struct verdict_example *e)
{
	int r = buf_append_str(out, "  control:   ");
	r = r ? r : put_xml(out, verdict_value(e->control));
	r = r ? r : buf_append_str(out, "\n  candidate: ");
	r = r ? r : put_xml(out, verdict_value(e->candidate));
	if (r == 0 && e->exchange) {
		r = buf_append_str(out, "\n  in ");
		r = r ? r : put_xml_str(out, e->exchange->id);
		r = r ? r : buf_append_str(out, ": ");
		r = r ? r : put_xml(out, verdict_request_line(e->exchange));
	}
	return r ? r : buf_append_str(out, "\n");
}

static int put_failure(struct buf *out, const struct verdict_finding *f)
{
	int r = buf_printf(out, "   <failure type=\"%s\" message=\"", difference_kind_name(f->kind));
	r = r ? r : put_xml_str(out, f->path);
	r = r ? r : buf_append_str(out, ": ");
	r = r ? r : put_figures(out, f);
	r = r ? r : buf_append_str(out, "\">");
	for (unsigned i = 0; i < f->example_count && r == 0; i++)
		r = put_example(out, &f->examples[i]);
	return r ? r : buf_append_str(out, "</failure>\n");
}

static int put_unsure(struct buf *out, const struct verdict_finding *f)
{
	int r = put_xml_str(out, f->path);
	r = r ? r : buf_append_str(out, ": ");
	r = r ? r : put_figures(out, f);
	return r ? r : buf_append_str(out, "\n");
}

static int by_endpoint(const void *a, const void *b)
{
	const struct verdict_finding *l = *(const struct verdict_finding *const *)a, *r = *(const struct verdict_finding *const *)b;
	int order = strcmp(l->endpoint, r->endpoint);
	return order ? order : (l > r) - (l < r);
}

static int cases_init(struct cases *c, const struct verdict *v)
{
	*c = (struct cases){ .v = v };
	if (v->finding_count == 0)
		return 0;
	c->sorted = calloc(v->finding_count, sizeof *c->sorted);
	if (!c->sorted)
		return ERR_NOMEM;
	for (size_t i = 0; i < v->finding_count; i++)
		if (v->findings[i].state != FINDING_NOISE)
			c->sorted[c->count++] = &v->findings[i];
	qsort(c->sorted, c->count, sizeof *c->sorted, by_endpoint);
	return 0;
}

/* The first finding of that endpoint, or of the next that has one. */
static size_t first_of(const struct cases *c, const char *endpoint)
{
	size_t from = 0, to = c->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(c->sorted[middle]->endpoint, endpoint) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

static int put_case_findings(struct buf *out, const struct cases *c, const char *endpoint)
{
	int r = 0;
	size_t first = first_of(c, endpoint), end = first;
	bool unsure = false;
	for (; end < c->count && strcmp(c->sorted[end]->endpoint, endpoint) == 0 && r == 0; end++) {
		if (c->sorted[end]->state == FINDING_SURE)
			r = put_failure(out, c->sorted[end]);
		else
			unsure = true;
	}
	if (!unsure || r)
		return r;
	r = buf_append_str(out, "   <system-out>perhaps:\n");
	for (size_t i = first; i < end && r == 0; i++)
		if (c->sorted[i]->state == FINDING_UNSURE)
			r = put_unsure(out, c->sorted[i]);
	return r ? r : buf_append_str(out, "</system-out>\n");
}

static bool nothing_compared(const struct verdict_endpoint *e)
{
	return e->compared == 0 && e->not_comparable > 0;
}

static int put_case(struct buf *out, const struct cases *c, const char *name, const char *endpoint, const struct verdict_endpoint *e)
{
	int r = buf_append_str(out, "  <testcase classname=\"");
	r = r ? r : put_xml_str(out, name);
	r = r ? r : buf_append_str(out, "\" name=\"");
	r = r ? r : put_xml_str(out, endpoint);
	r = r ? r : buf_append_str(out, "\">\n");
	size_t before = out->len;
	r = r ? r : put_case_findings(out, c, endpoint);
	if (r == 0 && e && nothing_compared(e) && out->len == before)
		r = buf_printf(out, "   <skipped message=\"none of %llu exchanges could be compared\"/>\n",
		               (unsigned long long)e->not_comparable);
	return r ? r : buf_append_str(out, "  </testcase>\n");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Endpoints that findings name and the verdict's list does not (it is bounded): they get a case too. *n: how many. */
static int put_strangers(struct buf *out, const struct cases *c, const char *name, size_t *n)
{
	const struct verdict *v = c->v;
	*n = 0;
	if (c->count == 0)
		return 0;
	const char **known = calloc(v->endpoint_count + 1, sizeof *known);
	if (!known)
		return ERR_NOMEM;
	for (size_t i = 0; i < v->endpoint_count; i++)
		known[i] = v->endpoints[i].name;
	qsort(known, v->endpoint_count, sizeof *known, by_name);
	int r = 0;
	for (size_t i = 0; i < c->count && r == 0; i++) {
		const char *endpoint = c->sorted[i]->endpoint;
		if (i && strcmp(endpoint, c->sorted[i - 1]->endpoint) == 0)
			continue;
		if (bsearch(&endpoint, known, v->endpoint_count, sizeof *known, by_name))
			continue;
		++*n;
		if (out)
			r = put_case(out, c, name, endpoint, NULL);
	}
	free(known);
	return r;
}

static int put_suite_head(struct buf *out, const struct cases *c, const char *name, double seconds)
{
	const struct verdict *v = c->v;
	size_t skipped = 0, strangers = 0;
	int r = put_strangers(NULL, c, name, &strangers);
	size_t failing = 0;
	r = r ? r : verdict_found_endpoints(v, &failing);
	for (size_t i = 0; i < v->endpoint_count; i++) {
		size_t at = first_of(c, v->endpoints[i].name);
		bool found = at < c->count && strcmp(c->sorted[at]->endpoint, v->endpoints[i].name) == 0;
		skipped += nothing_compared(&v->endpoints[i]) && !found;
	}
	r = r ? r : buf_append_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n <testsuite name=\"");
	r = r ? r : put_xml_str(out, name);
	r = r ? r
	      : buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\"", v->endpoint_count + strangers, failing,
	                   skipped);
	if (r == 0 && isfinite(seconds) && seconds >= 0)
		r = buf_printf(out, " time=\"%.3f\"", seconds);
	return r ? r : buf_append_str(out, ">\n");
}

static int put_property(struct buf *out, const char *name, const char *value)
{
	if (!value)
		return 0;
	int r = buf_printf(out, "   <property name=\"%s\" value=\"", name);
	r = r ? r : put_xml_str(out, value);
	return r ? r : buf_append_str(out, "\"/>\n");
}

static int put_suite(struct buf *out, const struct cases *c, const char *name, double seconds)
{
	const struct verdict *v = c->v;
	size_t strangers;
	int r = put_suite_head(out, c, name, seconds);
	r = r ? r : buf_append_str(out, "  <properties>\n");
	r = r ? r : put_property(out, "control", v->control);
	r = r ? r : put_property(out, "candidate", v->candidate);
	r = r ? r : put_property(out, "second", v->second);
	r = r ? r : buf_append_str(out, "  </properties>\n");
	for (size_t i = 0; i < v->endpoint_count && r == 0; i++)
		r = put_case(out, c, name, v->endpoints[i].name, &v->endpoints[i]);
	r = r ? r : put_strangers(out, c, name, &strangers);
	r = r ? r : buf_append_str(out, "  <system-out>");
	struct buf sentence;
	buf_init(&sentence, 1024);
	r = r ? r : verdict_sentence(v, &sentence);
	r = r ? r : put_xml(out, buf_slice(&sentence));
	buf_release(&sentence);
	return r ? r : buf_append_str(out, "</system-out>\n </testsuite>\n</testsuites>\n");
}

int verdict_junit(const struct verdict *v, const char *name, double seconds, struct buf *out)
{
	struct cases c;
	int r = cases_init(&c, v);
	r = r ? r : put_suite(out, &c, name, seconds);
	free((void *)c.sorted);
	return r;
}
