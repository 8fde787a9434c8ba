/* traffic: exchanges as a web service has them: JSON and HTML whose words, numbers and ids vary, so that they compress as real bodies
 * do (4 to 6 times at zstd's level 3) and not as one body repeated.
 *
 * Takes a seed; gives the same bytes for it every time. */
#ifndef REPLAY_TESTS_BENCH_TRAFFIC_H
#define REPLAY_TESTS_BENCH_TRAFFIC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TRAFFIC_MAX 65536

struct traffic {
	uint64_t state;
	size_t request_size, response_size;
	char request[TRAFFIC_MAX], response[TRAFFIC_MAX], body[TRAFFIC_MAX];
};

static inline uint64_t traffic_random(struct traffic *t)
{
	t->state ^= t->state << 13;
	t->state ^= t->state >> 7;
	t->state ^= t->state << 17;
	return t->state * 0x2545f4914f6cdd1du >> 16;
}

static inline uint64_t traffic_below(struct traffic *t, uint64_t n)
{
	return traffic_random(t) % n;
}

/* Text that is being put together; what does not fit is left away. */
struct traffic_text {
	char *at;
	size_t n;
};

__attribute__((format(printf, 2, 3))) static inline void traffic_add(struct traffic_text *o, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int n = vsnprintf(o->at + o->n, TRAFFIC_MAX - o->n, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < TRAFFIC_MAX - o->n) {
		o->n += (size_t)n;
	}
}

/* A word: the frequent ones often, the rare ones seldom, as in a language; one in eight is a name made of syllables. */
static inline void traffic_word(struct traffic *t, struct traffic_text *o)
{
	static const char *const words[] = { "the",     "of",     "and",     "to",       "in",      "for",     "with",    "on",
		                             "order",   "price",  "size",    "new",      "item",    "user",    "account", "free",
		                             "time",    "day",    "service", "delivery", "support", "product", "review",  "colour",
		                             "black",   "white",  "cotton",  "leather",  "summer",  "table",   "kitchen", "garden",
		                             "battery", "screen", "cable",   "winter",   "jacket",  "travel",  "wireless" };
	static const char *const syllables[] = { "ka", "ro",  "mi", "ten", "sul", "vor", "an", "el",
		                                 "ri", "qua", "do", "ber", "lin", "sto", "fa" };
	if (traffic_below(t, 8) == 0) {
		uint64_t n = 2 + traffic_below(t, 3);
		for (uint64_t i = 0; i < n; i++) {
			traffic_add(o, "%s", syllables[traffic_below(t, sizeof syllables / sizeof *syllables)]);
		}
		return;
	}
	uint64_t a = traffic_below(t, sizeof words / sizeof *words), b = traffic_below(t, sizeof words / sizeof *words);
	traffic_add(o, "%s", words[a < b ? a : b]);
}

static inline void traffic_sentence(struct traffic *t, struct traffic_text *o, uint64_t words)
{
	for (uint64_t i = 0; i < words; i++) {
		traffic_add(o, i == 0 ? "" : " ");
		traffic_word(t, o);
	}
}

static inline void traffic_json(struct traffic *t, struct traffic_text *o, uint64_t items)
{
	traffic_add(o, "{\"page\":%u,\"total\":%u,\"items\":[", (unsigned)traffic_below(t, 40), (unsigned)traffic_below(t, 90000));
	for (uint64_t i = 0; i < items; i++) {
		traffic_add(o, "%s{\"id\":\"%08x-%04x-4%03x-%04x-%012llx\",\"sku\":%u,\"name\":\"", i == 0 ? "" : ",",
		            (unsigned)traffic_random(t), (unsigned)traffic_below(t, 65536), (unsigned)traffic_below(t, 4096),
		            (unsigned)(0x8000 + traffic_below(t, 0x4000)), (unsigned long long)traffic_below(t, 1ULL << 48),
		            (unsigned)traffic_below(t, 1000000));
		traffic_sentence(t, o, 2 + traffic_below(t, 3));
		traffic_add(o,
		            "\",\"price\":%u.%02u,\"currency\":\"EUR\",\"in_stock\":%s,\"rating\":%u.%u,\"updated_at\":\"2025-%02u-%02uT%"
		            "02u:%02u:%02uZ\",",
		            (unsigned)traffic_below(t, 900), (unsigned)traffic_below(t, 100), traffic_below(t, 5) == 0 ? "false" : "true",
		            (unsigned)traffic_below(t, 5), (unsigned)traffic_below(t, 10), 1 + (unsigned)traffic_below(t, 12),
		            1 + (unsigned)traffic_below(t, 28), (unsigned)traffic_below(t, 24), (unsigned)traffic_below(t, 60),
		            (unsigned)traffic_below(t, 60));
		traffic_add(o, "\"description\":\"");
		traffic_sentence(t, o, 5 + traffic_below(t, 18));
		traffic_add(o, "\"}");
	}
	traffic_add(o, "]}");
}

static inline void traffic_html(struct traffic *t, struct traffic_text *o, uint64_t paragraphs)
{
	traffic_add(o, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>");
	traffic_sentence(t, o, 4);
	traffic_add(o, "</title>\n<link rel=\"stylesheet\" href=\"/static/app.%08x.css\">\n</head>\n<body class=\"page page--%u\">\n",
	            (unsigned)traffic_random(t), (unsigned)traffic_below(t, 9));
	for (uint64_t i = 0; i < paragraphs; i++) {
		traffic_add(o, "<section class=\"card\" id=\"s%u\">\n  <h2><a href=\"/p/%llu\">", (unsigned)i,
		            (unsigned long long)traffic_below(t, 100000000));
		traffic_sentence(t, o, 3);
		traffic_add(o, "</a></h2>\n  <p>");
		traffic_sentence(t, o, 20 + traffic_below(t, 40));
		traffic_add(o, "</p>\n</section>\n");
	}
	traffic_add(o, "</body>\n</html>\n");
}

/* The next exchange, into t->request and t->response. */
static inline void traffic_next(struct traffic *t)
{
	uint64_t kind = traffic_below(t, 10);
	bool post = kind < 3, html = kind == 9;
	struct traffic_text body = { .at = t->body }, q = { .at = t->request }, r = { .at = t->response };
	if (post) {
		traffic_json(t, &body, 1);
		traffic_add(&q, "POST /api/orders HTTP/1.1\r\n");
	} else if (html) {
		traffic_add(&q, "GET /p/%llu HTTP/1.1\r\n", (unsigned long long)traffic_below(t, 100000000));
	} else {
		traffic_add(&q, "GET /api/items/%u?page=%u&sort=price HTTP/1.1\r\n", (unsigned)traffic_below(t, 100000),
		            (unsigned)traffic_below(t, 40));
	}
	traffic_add(
	        &q,
	        "Host: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
	        "Chrome/12%u.0.0.0\r\n"
	        "Accept: %s\r\nAccept-Language: en-GB,en;q=0.8\r\nCookie: session=%016llx%016llx; theme=dark\r\nX-Request-Id: %012llx\r\n",
	        (unsigned)traffic_below(t, 9), html ? "text/html" : "application/json", (unsigned long long)traffic_random(t),
	        (unsigned long long)traffic_random(t), (unsigned long long)traffic_random(t));
	if (post) {
		traffic_add(&q, "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%.*s", body.n, (int)body.n, t->body);
	} else {
		traffic_add(&q, "\r\n");
	}
	body.n = 0;
	if (html) {
		traffic_html(t, &body, 8 + traffic_below(t, 16));
	} else {
		traffic_json(t, &body, post ? 1 : 1 + traffic_below(t, 7));
	}
	traffic_add(
	        &r,
	        "HTTP/1.1 %s\r\nServer: nginx\r\nDate: Tue, 14 Oct 2025 %02u:%02u:%02u GMT\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
	        "ETag: \"%012llx\"\r\nCache-Control: no-cache\r\n\r\n%.*s",
	        post ? "201 Created" : "200 OK", (unsigned)traffic_below(t, 24), (unsigned)traffic_below(t, 60),
	        (unsigned)traffic_below(t, 60), html ? "text/html; charset=utf-8" : "application/json", body.n,
	        (unsigned long long)traffic_random(t), (int)body.n, t->body);
	t->request_size = q.n;
	t->response_size = r.n;
}

#endif
