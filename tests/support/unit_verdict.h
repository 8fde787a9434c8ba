/* unit_verdict: a verdict made by hand, the same each time, for the tests of its reports and for the page that is looked at. */
#ifndef REPLAY_TESTS_UNIT_VERDICT_H
#define REPLAY_TESTS_UNIT_VERDICT_H

#include "model/verdict.h"
#include "support/unit_rng.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Text that would run, close an element, drive a terminal or hide its neighbours, were it not escaped; and bytes that are no UTF-8. */
#define UNIT_HOSTILE                                                                                                                       \
	"</script><script>document.title='PWNED'</script><!-- <img src=x onerror=alert(1)> &amp; ]]> \x1b[31m\x01 "                        \
	"\xe2\x80\xa8\xe2\x80\xae "                                                                                                        \
	"\"'`$(id)\\"
#define UNIT_BAD_UTF8 "\xff\xfe\xc0\xaf\xed\xa0\x80"

struct unit_verdict_options {
	size_t findings, endpoints, seconds;
	bool hostile; /* endpoints, paths, values and bodies are that */
	bool alone;   /* no second control */
	bool coded;   /* bodies are gzip inside chunks */
};

static inline char *unit_verdict_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline char *unit_verdict_text(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		abort();
	va_end(args);
	return text;
}

static inline struct slice unit_verdict_bytes(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline struct slice unit_verdict_bytes(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	va_start(args, format);
	int n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		abort();
	return slice_of(text, (size_t)n);
}

static inline void *unit_verdict_room(size_t n, size_t size)
{
	void *room = calloc(n ? n : 1, size);
	if (!room)
		abort();
	return room;
}

static inline char *unit_verdict_endpoint(size_t i, bool hostile)
{
	static const char *const names[] = { "GET /api/items/{id}",     "GET /api/items",
		                             "POST /api/orders",        "GET /api/users/{uuid}/basket",
		                             "DELETE /api/orders/{id}", "GET /search",
		                             "PUT /api/users/{uuid}",   "GET /health" };
	if (hostile)
		return unit_verdict_text("GET /%zu/%s", i, UNIT_HOSTILE);
	return i < sizeof names / sizeof *names ? unit_verdict_text("%s", names[i]) : unit_verdict_text("GET /api/v%zu/things/{id}", i);
}

struct unit_difference {
	const char *path;
	enum difference_kind kind;
	const char *control, *candidate, *control_json, *candidate_json; /* values as shown; members of the body */
};

static const struct unit_difference unit_differences[] = {
	{ "$.items[*].price", DIFFERENCE_VALUE, "12.50", "12.05", "\"price\":12.50", "\"price\":12.05" },
	{ "$.items[*].id", DIFFERENCE_TYPE, "9007199254740993", "\"9007199254740993\"", "\"id\":9007199254740993",
	  "\"id\":\"9007199254740993\"" },
	{ "$.items[*].stock", DIFFERENCE_MISSING, "3", NULL, "\"stock\":3", "\"sold\":true" },
	{ "header:cache-control", DIFFERENCE_VALUE, "max-age=60", "no-store", "\"a\":1", "\"a\":1" },
	{ "status 200>503", DIFFERENCE_VALUE, "200", "503", "\"a\":1", "\"a\":1" },
	{ "$.tags", DIFFERENCE_ORDER, "[\"new\",\"sale\"]", "[\"sale\",\"new\"]", "\"tags\":[\"new\",\"sale\"]",
	  "\"tags\":[\"sale\",\"new\"]" },
	{ "$.users.*[\"e-mail address\"]", DIFFERENCE_EXTRA, NULL, "\"a@example.org\"", "\"u\":1",
	  "\"u\":1,\"e-mail address\":\"a@example.org\"" },
	{ "body", DIFFERENCE_LENGTH, "2048 bytes", "2050 bytes", "\"a\":1", "\"a\":2" },
	{ "latency", DIFFERENCE_LATENCY, NULL, NULL, "\"a\":1", "\"a\":1" },
};
#define UNIT_DIFFERENCES (sizeof unit_differences / sizeof *unit_differences)

/* RFC 1952, one stored block (RFC 1951 section 3.2.4). */
static inline size_t unit_verdict_gzip(uint8_t *out, const char *text, size_t n)
{
	uint32_t crc = 0xffffffff;
	for (size_t i = 0; i < n; i++) {
		crc ^= (uint8_t)text[i];
		for (int k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	crc = ~crc;
	const uint8_t head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)~n, (uint8_t)(~n >> 8) };
	memcpy(out, head, sizeof head);
	memcpy(out + sizeof head, text, n);
	for (int i = 0; i < 4; i++) {
		out[sizeof head + n + (size_t)i] = (uint8_t)(crc >> 8 * i);
		out[sizeof head + n + 4 + (size_t)i] = (uint8_t)(n >> 8 * i);
	}
	return sizeof head + n + 8;
}

static inline struct slice unit_verdict_coded(const char *body)
{
	uint8_t coded[4096];
	size_t n = unit_verdict_gzip(coded, body, strlen(body)), half = n / 2, at;
	char *all = unit_verdict_room(1, n + 512);
	at = (size_t)sprintf(
	        all,
	        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
	        "%zx;a=b\r\n",
	        half);
	memcpy(all + at, coded, half);
	at += half;
	at += (size_t)sprintf(all + at, "\r\n%zx\r\n", n - half);
	memcpy(all + at, coded + half, n - half);
	at += n - half;
	at += (size_t)sprintf(all + at, "\r\n0\r\n\r\n");
	return slice_of(all, at);
}

static inline struct slice unit_verdict_plain(const char *status, const char *cache, const char *body)
{
	return unit_verdict_bytes("HTTP/1.1 %s\r\nContent-Type: application/json\r\nCache-Control: %s\r\nContent-Length: %zu\r\n\r\n%s",
	                          status, cache, strlen(body), body);
}

static inline struct slice unit_verdict_answer(const struct unit_difference *d, bool candidate, const struct unit_verdict_options *o)
{
	bool hostile = o->hostile;
	bool failing = candidate && d->path[0] == 's';
	const char *cache = candidate && d->path[0] == 'h' ? "no-store" : "max-age=60";
	char *body = hostile ? unit_verdict_text("{\"text\":\"%s %s %s\"}", candidate ? "b" : "a", UNIT_HOSTILE, UNIT_BAD_UTF8)
	                     : unit_verdict_text(
	                               "{\"page\":1,\"items\":[{\"name\":\"Garden chair\",\"colour\":\"green\",%s},{\"name\":\"Parasol\","
	                               "\"size\":[2.0,1.5,1e400],%s}],\"total\":2,\"next\":null}",
	                               candidate ? d->candidate_json : d->control_json, candidate ? d->candidate_json : d->control_json);
	struct slice all =
	        o->coded ? unit_verdict_coded(body) : unit_verdict_plain(failing ? "503 Service Unavailable" : "200 OK", cache, body);
	free(body);
	return all;
}

static inline struct verdict_exchange *unit_verdict_exchange(size_t i, const struct unit_difference *d,
                                                             const struct unit_verdict_options *o)
{
	struct verdict_exchange *x = unit_verdict_room(1, sizeof *x);
	x->refs = 1;
	(void)snprintf(x->id, sizeof x->id, "%016zx%08zx", i * 0x9e3779b97f4a7c15u, i + 1);
	if (o->hostile)
		x->request = unit_verdict_bytes("POST /%s HTTP/1.1\r\nHost: %s\r\nX-Bad: %s\r\nContent-Length: 9\r\n\r\n@/etc/%s",
		                                UNIT_HOSTILE, UNIT_BAD_UTF8, UNIT_HOSTILE, UNIT_HOSTILE);
	else
		x->request = unit_verdict_bytes(
		        "GET /api/items/%zu?currency=EUR HTTP/1.1\r\nHost: shop.example.org\r\nUser-Agent: it's a test\r\n"
		        "Accept: application/json\r\n\r\n",
		        1000 + i);
	x->control = unit_verdict_answer(d, false, o);
	x->candidate = unit_verdict_answer(d, true, o);
	x->control_ns = 4200000 + (int64_t)(i % 17) * 100000;
	x->candidate_ns = 6100000 + (int64_t)(i % 13) * 100000;
	x->cut = i % 7 == 3;
	return x;
}

static inline enum finding_state unit_verdict_state(size_t i, size_t n)
{
	return i * 10 < n * 7 ? FINDING_SURE : i * 10 < n * 9 ? FINDING_UNSURE : FINDING_NOISE;
}

static inline void unit_verdict_finding(struct verdict *v, size_t i, const struct unit_verdict_options *o)
{
	const struct unit_difference *d = &unit_differences[i % UNIT_DIFFERENCES];
	struct verdict_finding *f = &v->findings[i];
	f->endpoint = unit_verdict_endpoint(i * 5 % o->endpoints, o->hostile);
	f->path = o->hostile                                  ? unit_verdict_text("$.%s", UNIT_HOSTILE)
	          : i < UNIT_DIFFERENCES || d->path[0] != '$' ? unit_verdict_text("%s", d->path)
	                                                      : unit_verdict_text("%s.part%zu", d->path, i / UNIT_DIFFERENCES);
	f->kind = d->kind;
	f->state = unit_verdict_state(i, o->findings);
	f->reason = d->kind == DIFFERENCE_LATENCY ? REASON_LIMIT : o->alone ? REASON_UNMEASURED : REASON_TEST;
	f->compared = 2000;
	f->differ = 2000 / (1 + i % 40);
	f->noise_of = o->alone ? 0 : 2000;
	f->noise = f->state == FINDING_NOISE ? f->differ : i % 3;
	f->only_candidate = f->differ;
	f->blocks_candidate = (f->differ + 1) / 2;
	f->rate_low = 0.93 * (double)f->differ / 2000;
	f->rate_high = 1.07 * (double)f->differ / 2000 > 1 ? 1 : 1.07 * (double)f->differ / 2000;
	f->q = f->state == FINDING_SURE ? 1e-9 * (double)(1 + i) : f->state == FINDING_UNSURE ? 0.04 : 0.7;
	f->p = f->q / 3;
	f->example_count = d->kind == DIFFERENCE_LATENCY ? 0 : 1 + (unsigned)(i % 3);
	for (unsigned k = 0; k < f->example_count; k++) {
		struct verdict_example *e = &f->examples[k];
		e->exchange = unit_verdict_exchange(i * 3 + k, d, o);
		e->control = o->hostile   ? unit_verdict_text("\"a %s\"", UNIT_HOSTILE)
		             : d->control ? unit_verdict_text("%s", d->control)
		                          : NULL;
		e->candidate = o->hostile     ? unit_verdict_text("\"b %s\"", UNIT_HOSTILE)
		               : d->candidate ? unit_verdict_text("%s", d->candidate)
		                              : NULL;
	}
	v->sure_count += f->state == FINDING_SURE;
	v->unsure_count += f->state == FINDING_UNSURE;
}

static inline struct hist *unit_verdict_hist(struct rng *rng, int64_t middle_ns, size_t n)
{
	struct hist *h = unit_verdict_room(1, sizeof *h);
	hist_init(h);
	for (size_t i = 0; i < n; i++) {
		int64_t ns = middle_ns / 2;
		for (int k = 0; k < 4; k++)
			ns += (int64_t)rng_below(rng, (size_t)middle_ns / 4);
		hist_record(h, rng_mille(rng, 20) ? ns * 5 : ns);
	}
	return h;
}

static inline void unit_verdict_latencies(struct verdict *v, const struct unit_verdict_options *o)
{
	struct rng rng = { .x = 7 };
	v->latency_count = o->endpoints;
	v->latencies = unit_verdict_room(v->latency_count, sizeof *v->latencies);
	for (size_t i = 0; i < v->latency_count; i++) {
		struct verdict_latency *l = &v->latencies[i];
		l->endpoint = unit_verdict_endpoint(i, o->hostile);
		l->compared = 400;
		l->slower = i % 5 == 2;
		l->ratio = l->slower ? 1.98 : 1.0 + 0.01 * (double)(i % 4);
		l->ratio_low = l->ratio - 0.04;
		l->ratio_high = l->ratio + 0.05;
		l->noise_ratio = o->alone ? 0 : 1.01;
		l->noise_high = o->alone ? 0 : 1.06;
		l->control = unit_verdict_hist(&rng, 4000000 + (int64_t)i * 300000, 400);
		l->candidate = unit_verdict_hist(&rng, (int64_t)(l->ratio * (double)(4000000 + (int64_t)i * 300000)), 400);
	}
}

static inline void unit_verdict_rest(struct verdict *v, const struct unit_verdict_options *o)
{
	static const struct verdict_cause causes[] = { { "the control did not answer", 7 }, { "the run ended first", 5 } };
	static const struct verdict_cause fallbacks[] = { { "JSON that is none", 4 } };
	static const char *const rules[][4] = { { "built in: header:date", "built in", "GET /api/items", "header:date" },
		                                { "$.meta.generated_at", "rules.txt:3", "GET /search", "$.meta.generated_at" } };
	struct rng rng = { .x = 3 };
	v->causes = memcpy(unit_verdict_room(2, sizeof *causes), causes, sizeof causes);
	v->cause_count = 2;
	v->fallbacks = memcpy(unit_verdict_room(1, sizeof *fallbacks), fallbacks, sizeof fallbacks);
	v->fallback_count = 1;
	v->hidden_count = 2;
	v->hidden = unit_verdict_room(2, sizeof *v->hidden);
	for (size_t i = 0; i < 2; i++)
		v->hidden[i] = (struct verdict_hidden){ unit_verdict_text("%s", o->hostile ? UNIT_HOSTILE : rules[i][0]),
			                                unit_verdict_text("%s", rules[i][1]), 19988 - i * 15000,
			                                unit_verdict_text("%s", rules[i][2]), unit_verdict_text("%s", rules[i][3]) };
	v->endpoint_count = o->endpoints;
	v->endpoints = unit_verdict_room(o->endpoints, sizeof *v->endpoints);
	for (size_t i = 0; i < o->endpoints; i++)
		v->endpoints[i] = (struct verdict_endpoint){ .name = unit_verdict_endpoint(i, o->hostile),
			                                     .compared = 2000,
			                                     .same = 1900 - i % 9 * 50,
			                                     .noise = 60,
			                                     .different = 40 + i % 9 * 50 };
	v->seconds_start_ns = 1700000000000000000;
	v->seconds_step_ns = 1000000000;
	v->second_count = o->seconds;
	v->seconds = unit_verdict_room(o->seconds, sizeof *v->seconds);
	for (size_t i = 0; i < o->seconds; i++) {
		struct verdict_second *s = &v->seconds[i];
		s->compared = i % 50 == 33 ? 0 : 180 + rng_below(&rng, 40);
		if (s->compared == 0)
			continue;
		s->different = rng_below(&rng, 9);
		s->control_p50_ns = 4000000 + (int64_t)rng_below(&rng, 400000);
		s->control_p99_ns = 21000000 + (int64_t)rng_below(&rng, 6000000);
		s->candidate_p50_ns = 4600000 + (int64_t)rng_below(&rng, 600000);
		s->candidate_p99_ns = 33000000 + (int64_t)rng_below(&rng, 30000000);
	}
}

/* To be given to verdict_free. */
static inline struct verdict *unit_verdict(const struct unit_verdict_options *o)
{
	struct verdict *v = unit_verdict_room(1, sizeof *v);
	v->control = unit_verdict_text("%s", o->hostile ? UNIT_HOSTILE : "recorded");
	v->candidate = unit_verdict_text("http://127.0.0.1:8082");
	v->second = o->alone ? NULL : unit_verdict_text("http://127.0.0.1:8083");
	v->seen = 20012;
	v->compared = 20000;
	v->noise = 31;
	v->different = o->findings ? 412 : 0;
	v->same = v->compared - v->noise - v->different;
	v->not_comparable = 12;
	v->alpha = 0.01;
	v->relative = 0.2;
	v->absolute = 0.0003;
	v->latency_share = 0.2;
	v->latency_floor_ns = 1000000;
	v->seed = 42;
	v->fail_share = 0.01;
	v->failed = v->different > 200;
	v->finding_count = o->findings;
	v->findings = unit_verdict_room(o->findings, sizeof *v->findings);
	for (size_t i = 0; i < o->findings; i++)
		unit_verdict_finding(v, i, o);
	unit_verdict_latencies(v, o);
	unit_verdict_rest(v, o);
	return v;
}

#endif
