/* noisy_answers: what noisy_service answers: ten endpoints as real ones are, full of noise, and twelve regressions in build 2.
 *
 * Takes a request and the state of a generator; gives status, fields, body and delay. Noise is drawn anew for each answer, alike in both builds. What is
 * no noise depends on the request alone: on its number, which stands in its path, query or body.
 *
 * Noise: 2% of the answers are 503; ids, tokens, nonces; times in microseconds, milliseconds and seconds; jittered numbers; shuffled arrays; random samples; fields
 * that are there in some answers only; null in place of a number; cookies; gzip or not; who of four back ends answered; a banner in a page; rows in another order; answers in two pieces. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- the regressions of build 2 ------------------------------------------------------------------------------------------- */

enum regression {
	CACHE_CONTROL,
	TAG_ORDER,
	LOST_HIT,
	STOCK_TYPE,
	PAYMENT_RACE,
	PRICE_DIGIT,
	PAGE_LETTERS,
	ACCOUNT_DIGIT,
	EXPORT_GONE,
	EVENT_SOURCE,
	PRICE_VAT,
	SLOW_ORDERS,
	REGRESSIONS
};

/* `hits` of each `of` answers regress: by the request's number, or at random. The path and kind are what a comparison is to say. */
static const struct {
	const char *name, *endpoint, *path, *kind;
	unsigned hits, of;
	bool random;
	const char *what;
} regressions[REGRESSIONS] = {
	[CACHE_CONTROL] = { "cache-control", "GET /api/users/{id}", "header:cache-control", "value", 1, 1, false,
	                    "max-age=60 to no-store" },
	[TAG_ORDER] = { "tag-order", "GET /api/items/{id}", "$.tags", "order", 3, 10, false, "a list that never was shuffled" },
	[LOST_HIT] = { "lost-hit", "GET /api/search", "$.hits[*]", "missing", 1, 5, false, "one element of a list is lost" },
	[STOCK_TYPE] = { "stock-type", "GET /api/items", "$.items[*].stock", "type", 1, 10, false, "7 to \"7\" in one element" },
	[PAYMENT_RACE] = { "payment-race", "POST /api/orders", "$.payment.state", "value", 1, 10, true,
	                   "beside 2% of noise at the same path" },
	[PRICE_DIGIT] = { "price-digit", "GET /api/items/{id}", "$.price", "value", 1, 20, false, "19.99 to 19.9" },
	[PAGE_LETTERS] = { "page-letters", "GET /pages/{id}", "body", "value", 1, 25, false, "UTF-8 taken for Latin-1 in a page" },
	[ACCOUNT_DIGIT] = { "account-digit", "GET /api/users/{id}", "$.account", "value", 1, 50, false,
	                    "through a double: ...993 to ...992" },
	[EXPORT_GONE] = { "export-gone", "GET /export/{id}.csv", "status 200>404", "value", 1, 50, false, "certain ids are not found" },
	[EVENT_SOURCE] = { "event-source", "GET /api/events", "$[*].source", "missing", 1, 100, true, "a field of a line is not there" },
	[PRICE_VAT] = { "price-vat", "GET /api/prices", "$.prices.*.vat", "extra", 1, 200, false, "a new field in one entry of a map" },
	[SLOW_ORDERS] = { "slow-orders", "POST /api/orders", "latency", "latency", 1, 1, false, "4 ms to 7 ms" },
};

/* --- what an answer is made of -------------------------------------------------------------------------------------------- */

struct text {
	char *ptr;
	size_t len, cap;
};

static void text_room(struct text *t, size_t n)
{
	if (t->cap - t->len > n)
		return;
	t->cap = (t->len + n) * 2 + 4096;
	t->ptr = realloc(t->ptr, t->cap);
	if (!t->ptr)
		abort();
}

static void text_bytes(struct text *t, const void *bytes, size_t n)
{
	text_room(t, n);
	memcpy(t->ptr + t->len, bytes, n);
	t->len += n;
	t->ptr[t->len] = 0;
}

static void text_say(struct text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

__attribute__((format(printf, 2, 3))) static void say(struct text *t, const char *format, ...)
{
	va_list list;
	text_room(t, 1024);
	va_start(list, format);
	int n = vsnprintf(t->ptr + t->len, t->cap - t->len, format, list);
	va_end(list);
	if (n > 0)
		t->len += (size_t)n < t->cap - t->len ? (size_t)n : t->cap - t->len - 1;
}

struct ask {
	const char *method, *target, *body; /* body: ends with a NUL */
	unsigned long number;
	int build;
	uint64_t random; /* the generator's state for this answer */
	bool quiet;      /* no noise */
	bool gzip_allowed;
};

struct reply {
	int status;
	const char *type;
	struct text fields, body;
	bool gzip, chunked, in_pieces; /* in_pieces: sent in two */
	unsigned delay_us;
};

/* --- noise ---------------------------------------------------------------------------------------------------------------- */

static uint64_t mix64(uint64_t x) /* the finalizer of splitmix64 */
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t draw(struct ask *q)
{
	return mix64(q->random += 0x9e3779b97f4a7c15u);
}

static unsigned below(struct ask *q, unsigned n)
{
	return q->quiet ? 0 : (unsigned)(draw(q) >> 33) % n;
}

/* So many of a hundred. */
static bool sometimes(struct ask *q, unsigned percent)
{
	return !q->quiet && below(q, 100) < percent;
}

static uint64_t noisy_id(struct ask *q)
{
	return q->quiet ? 0x6e6f7420616e6964u : draw(q);
}

static void say_uuid(struct ask *q, struct text *t)
{
	uint64_t a = noisy_id(q), b = noisy_id(q);
	say(t, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(a >> 32), (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
	    0x8000 | ((unsigned)(b >> 48) & 0x3fff), b & 0xffffffffffffu);
}

static int64_t noisy_now_us(const struct ask *q)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return q->quiet ? 1760400000000000 : (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* RFC 3339, with so many digits of the second. */
static void say_time(const struct ask *q, struct text *t, int digits)
{
	int64_t us = noisy_now_us(q);
	time_t seconds = (time_t)(us / 1000000);
	struct tm tm;
	char fraction[16];
	(void)gmtime_r(&seconds, &tm);
	(void)snprintf(fraction, sizeof fraction, ".%06d", (int)(us % 1000000));
	say(t, "%04d-%02d-%02dT%02d:%02d:%02d%.*sZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
	    digits ? digits + 1 : 0, fraction);
}

static void shuffle(struct ask *q, unsigned *list, unsigned n)
{
	for (unsigned i = n - 1; i > 0 && !q->quiet; i--) {
		unsigned k = below(q, i + 1), old = list[i];
		list[i] = list[k];
		list[k] = old;
	}
}

static bool regresses(struct ask *q, enum regression which)
{
	unsigned hits = regressions[which].hits, of = regressions[which].of;
	if (q->build < 2)
		return false;
	/* Regressions of one endpoint do not meet on the same numbers only. */
	return regressions[which].random ? draw(q) % of < hits : (q->number + 7 * (unsigned)which) % of < hits;
}

/* --- the endpoints -------------------------------------------------------------------------------------------------------- */

static const char *const words[] = { "lamp", "chair", "table", "shelf", "clock", "vase", "mirror", "carpet", "kettle", "basket", "candle" };
static const char *const colours[] = { "red", "green", "blue", "white", "black", "grey", "amber" };
#define WORD(n)   words[(n) % (sizeof words / sizeof *words)]
#define COLOUR(n) colours[(n) % (sizeof colours / sizeof *colours)]

static void item_page(struct ask *q, struct reply *r)
{
	unsigned long n = q->number, units = 5 + n * 37 % 400, cents = n * 53 % 10 * 10 + 1 + n % 9;
	const char *tags[3] = { COLOUR(n), WORD(n), "new" };
	bool turned = regresses(q, TAG_ORDER);
	struct text *b = &r->body;
	say(b, "{\"id\":%lu,\"name\":\"%s %s\",\"price\":", n, COLOUR(n), WORD(n));
	if (regresses(q, PRICE_DIGIT))
		say(b, "%lu.%lu", units, cents / 10);
	else
		say(b, "%lu.%02lu", units, cents);
	say(b, ",\"currency\":\"EUR\",\"tags\":[\"%s\",\"%s\",\"%s\"]", tags[turned ? 2 : 0], tags[turned ? 0 : 1], tags[turned ? 1 : 2]);
	say(b, ",\"stock\":{\"count\":%lu,\"warehouse\":\"W%lu\"},\"views\":%u,\"related\":[", n * 7919 % 50, n % 4, 1000 + below(q, 300));
	unsigned pool[20];
	for (unsigned i = 0; i < 20; i++)
		pool[i] = i;
	shuffle(q, pool, 20);
	for (unsigned i = 0; i < 8; i++)
		say(b, "%s{\"id\":%lu,\"name\":\"%s\"}", i ? "," : "", n + 1 + pool[i], WORD(n + pool[i]));
	say(b, "],\"description\":\"A %s %s, number %lu of the catalogue.\"}\n", COLOUR(n), WORD(n), n);
}

static void item_list(struct ask *q, struct reply *r)
{
	bool text = regresses(q, STOCK_TYPE);
	struct text *b = &r->body;
	say(b, "{\"page\":%lu,\"pages\":2500,\"items\":[", q->number);
	for (unsigned long i = 0, n = q->number * 20; i < 20; i++, n++) {
		const char *quote = text && i == q->number % 20 ? "\"" : "";
		say(b, "%s{\"id\":%lu,\"name\":\"%s %s\",\"price\":%lu.5,\"stock\":%s%lu%s,\"active\":%s}", i ? "," : "", n, COLOUR(n),
		    WORD(n), 3 + n % 90, quote, n * 7919 % 50, quote, n % 9 ? "true" : "false");
	}
	say(b, "],\"discount\":");
	text_say(b, sometimes(q, 5) ? "null" : "0.15");
	say(b, ",\"took_ms\":%u.%u,\"generated_at\":\"", 1 + below(q, 4), below(q, 10));
	say_time(q, b, 3);
	text_say(b, "\"}\n");
	r->gzip = true;
}

static void user_page(struct ask *q, struct reply *r)
{
	unsigned long n = q->number;
	uint64_t account = 9007199254740993u + 2 * n; /* odd ones above 2^53: no double holds them */
	struct text *b = &r->body;
	if (regresses(q, ACCOUNT_DIGIT))
		account = (uint64_t)(double)account;
	say(b, "{\"id\":%lu,\"account\":%" PRIu64 ",\"name\":\"%s %s\",\"email\":\"user%lu@shop.example\"", n, account, COLOUR(n), WORD(n),
	    n);
	say(b, ",\"address\":{\"street\":\"%lu %s street\",\"city\":\"Caf\\u00e9ville\"},\"roles\":[\"buyer\",\"%s\"]", n % 200, COLOUR(n),
	    n % 7 ? "reader" : "editor");
	if (!sometimes(q, 10))
		text_say(b, ",\"presence\":\"online\"");
	text_say(b, ",\"last_seen\":\"");
	say_time(q, b, 6);
	text_say(b, "\"}\n");
	say(&r->fields, "Cache-Control: %s\r\nSet-Cookie: sid=%016" PRIx64 "; Path=/; HttpOnly\r\n",
	    regresses(q, CACHE_CONTROL) ? "no-store" : "private, max-age=60", noisy_id(q));
	if (sometimes(q, 20))
		text_say(&r->fields, "Set-Cookie: trial=b; Path=/; Max-Age=600\r\n");
}

static void search(struct ask *q, struct reply *r)
{
	unsigned long n = q->number, lost = regresses(q, LOST_HIT) ? n % 10 : 10;
	unsigned order[6] = { 0, 1, 2, 3, 4, 5 };
	struct text *b = &r->body;
	say(b, "{\"query\":\"%s\",\"total\":%lu,\"hits\":[", WORD(n), 10 + n % 900);
	for (unsigned long i = 0, told = 0; i < 10; i++)
		if (i != lost)
			say(b, "%s{\"id\":%lu,\"name\":\"%s %s\",\"score\":%lu.%03u}", told++ ? "," : "", n * 10 + i, COLOUR(n + i),
			    WORD(n), 90 - i * 5, below(q, 1000));
	text_say(b, "],\"suggestions\":[");
	shuffle(q, order, 6);
	for (unsigned i = 0; i < 6; i++)
		say(b, "%s\"%s %s\"", i ? "," : "", COLOUR(n + order[i]), WORD(n));
	say(b, "],\"advert\":{\"id\":\"%016" PRIx64 "\",\"campaign\":%u},\"at\":\"", noisy_id(q), below(q, 5));
	say_time(q, b, 0);
	text_say(b, "\"}\n");
	r->delay_us += below(q, 1500);
}

static void order(struct ask *q, struct reply *r)
{
	unsigned long n = q->number;
	struct text *b = &r->body;
	bool pending = sometimes(q, 2), raced = regresses(q, PAYMENT_RACE);
	text_say(b, "{\"order\":\"");
	say_uuid(q, b);
	say(b,
	    "\",\"cart\":%lu,\"lines\":[{\"sku\":\"%s-%lu\",\"quantity\":%lu,\"price\":%lu.25},{\"sku\":\"gift\",\"quantity\":1,\"price\":"
	    "0}]",
	    n, WORD(n), n % 100, 1 + n % 3, 4 + n % 60);
	say(b, ",\"payment\":{\"state\":\"%s\",\"reference\":\"%016" PRIx64 "\"},\"total\":%lu.%02lu,\"created\":\"",
	    pending || raced ? "pending" : "authorised", noisy_id(q), (4 + n % 60) * (1 + n % 3), 25 * (1 + n % 3));
	say_time(q, b, 6);
	text_say(b, "\"}\n");
	r->status = 201;
	r->delay_us = regresses(q, SLOW_ORDERS) ? 7000 : 4000;
	r->delay_us += q->quiet ? 0 : below(q, 1001) - 500u;
}

static void prices(struct ask *q, struct reply *r)
{
	unsigned long n = q->number, with = regresses(q, PRICE_VAT) ? n % 12 : 12;
	struct text *b = &r->body;
	say(b, "{\"base\":\"EUR\",\"set\":%lu,\"prices\":{", n);
	for (unsigned long i = 0; i < 12; i++) {
		unsigned long sku = 100000 + n * 12 + i;
		say(b, "%s\"%lu\":{\"net\":%lu.5,\"gross\":%lu.75,\"in_dollars\":%lu.%03u", i ? "," : "", sku, sku % 70, sku % 70 + 9,
		    sku % 70 + 3, below(q, 1000));
		text_say(b, i == with ? ",\"vat\":0.19}" : "}");
	}
	say(b, "},\"as_of\":%" PRId64 "}\n", noisy_now_us(q) / 1000000);
	r->gzip = below(q, 2) != 0;
}

static void web_page(struct ask *q, struct reply *r)
{
	unsigned long n = q->number;
	struct text *b = &r->body;
	say(b, "<!doctype html>\n<html>\n<head><title>%s %s</title></head>\n<body>\n", COLOUR(n), WORD(n));
	if (sometimes(q, 3))
		text_say(b, "<div class=\"banner\">Two for one, today only</div>\n");
	say(b, "<h1>The %s %s</h1>\n", COLOUR(n), WORD(n));
	for (unsigned long i = 0; i < 20; i++)
		say(b, "<p>Paragraph %lu: of %s and %s, as told in the year %lu.</p>\n", i, WORD(n + i), WORD(n * 3 + i),
		    1900 + (n + i) % 120);
	say(b, "<address>Caf%s %s, 10115 Berlin</address>\n</body>\n</html>\n",
	    regresses(q, PAGE_LETTERS) ? "\xc3\x83\xc2\xa9" : "\xc3\xa9", WORD(n));
	r->type = "text/html; charset=utf-8";
}

static void export_rows(struct ask *q, struct reply *r)
{
	unsigned long n = q->number;
	struct text *b = &r->body;
	if (regresses(q, EXPORT_GONE)) {
		r->status = 404;
		say(b, "{\"error\":\"no such export\"}\n");
		return;
	}
	unsigned rows[12];
	for (unsigned i = 0; i < 12; i++)
		rows[i] = i;
	if (sometimes(q, 5))
		shuffle(q, rows, 12);
	text_say(b, "id,name,amount\r\n");
	for (unsigned i = 0; i < 12; i++)
		say(b, "%lu,%s,%lu.%02u\r\n", n * 12 + rows[i], WORD(n + rows[i]), 10 + n % 500, rows[i] * 7);
	r->type = "text/csv";
}

static void events(struct ask *q, struct reply *r)
{
	unsigned long n = q->number, without = regresses(q, EVENT_SOURCE) ? n % 6 : 6;
	for (unsigned long i = 0; i < 6; i++) {
		say(&r->body, "{\"id\":%lu,\"type\":\"%s\"", n * 6 + i, i % 2 ? "view" : "sale");
		if (i != without)
			say(&r->body, ",\"source\":\"%s\"", COLOUR(n + i));
		say(&r->body, ",\"value\":%lu,\"trace\":\"%016" PRIx64 "\"}\n", n * i % 1000, noisy_id(q));
	}
	r->type = "application/x-ndjson";
	r->chunked = true;
	r->in_pieces = sometimes(q, 10);
}

static void login(struct ask *q, struct reply *r)
{
	say(&r->body, "access_token=%016" PRIx64 "%016" PRIx64 "&token_type=bearer&expires_in=%lu&scope=read+write", noisy_id(q),
	    noisy_id(q), 3600 + q->number % 5 * 60);
	say(&r->fields, "Set-Cookie: session=%016" PRIx64 "; Path=/; Secure; HttpOnly; SameSite=Lax\r\n", noisy_id(q));
	r->type = "application/x-www-form-urlencoded";
}

/* Not of the ten, without noise: answers whose builds differ and that nobody may choke on. */
static void hostile(struct ask *q, struct reply *r)
{
	const char *name = q->target + strlen("/hostile/");
	struct text *b = &r->body;
	if (strcmp(name, "script") == 0) {
		say(b, "{\"text\":\"</script><script>document.title='owned'</script><!-- %d\",\"</script>&\\u0000\\u2028\":%d}\n", q->build,
		    q->build);
	} else if (strcmp(name, "control") == 0) {
		r->type = "text/plain";
		for (char c = 1; c < 32; c++)
			text_bytes(b, &c, 1);
		say(b, "\x1b[31m\x1b]0;owned\x07\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xae %d\n", q->build);
	} else if (strcmp(name, "utf8") == 0) {
		r->type = "text/plain; charset=utf-8";
		say(b, "\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80 %d \xe2\x82\n", q->build);
	} else if (strcmp(name, "line") == 0) {
		r->type = "text/plain";
		text_room(b, 10u << 20);
		memset(b->ptr, 'a', 10u << 20);
		b->len = 10u << 20;
		say(b, "%d\n", q->build);
	} else if (strcmp(name, "deep") == 0) {
		for (int i = 0; i < 100000; i++)
			text_say(b, "[");
		say(b, "%d", q->build);
		for (int i = 0; i < 100000; i++)
			text_say(b, "]");
	} else if (strcmp(name, "twice") == 0) {
		say(b, "{\"a\":1,\"a\":%d}", q->build);
	} else if (strcmp(name, "cut") == 0) {
		say(b, "{\"a\":[1,2,\"%d", q->build);
	} else if (strcmp(name, "lie") == 0) {
		say(b, "<html><img src=x onerror=\"document.title='owned'\">%d</html>\n", q->build);
	} else if (strcmp(name, "gzip") == 0) {
		text_say(&r->fields, "Content-Encoding: gzip\r\n");
		say(b, "\x1f\x8bno gzip at all %d", q->build);
	} else if (strcmp(name, "number") == 0) {
		say(b, "{\"n\":1e40%d,\"m\":-0.%d}", q->build, q->build);
	} else if (strcmp(name, "header") == 0) {
		say(&r->fields, "X-Note: \"><script>document.title='owned'</script> %d\r\n", q->build);
		text_say(b, "{}");
	} else {
		say(b, "{\"build\":%d}", q->build);
	}
}

/* Where the number stands: behind `mark`, in the target or in the body. */
static const struct place {
	const char *method, *begins, *mark;
	void (*answer)(struct ask *q, struct reply *r);
} places[] = {
	{ "GET", "/api/items/", "/api/items/", item_page }, { "GET", "/api/items?", "page=", item_list },
	{ "GET", "/api/users/", "/api/users/", user_page }, { "GET", "/api/search?", "n=", search },
	{ "POST", "/api/orders", "\"cart\":", order },      { "GET", "/api/prices?", "set=", prices },
	{ "GET", "/pages/", "/pages/", web_page },          { "GET", "/export/", "/export/", export_rows },
	{ "GET", "/api/events?", "since=", events },        { "POST", "/login", "user=user", login },
	{ "GET", "/hostile/", "/hostile/", hostile },
};

/* r's texts keep their memory from one answer to the next. */
static void make_answer(struct ask *q, struct reply *r)
{
	r->status = 200;
	r->type = "application/json";
	r->fields.len = r->body.len = 0;
	r->gzip = r->chunked = r->in_pieces = false;
	r->delay_us = 0;
	const char *method = strcmp(q->method, "HEAD") == 0 ? "GET" : q->method, *mark = NULL;
	const struct place *p = places, *end = places + sizeof places / sizeof *places;
	while (p < end && (strcmp(method, p->method) != 0 || strncmp(q->target, p->begins, strlen(p->begins)) != 0))
		p++;
	if (p < end)
		mark = strstr(p->begins[0] && strcmp(p->method, "POST") == 0 ? q->body : q->target, p->mark);
	q->number = mark ? strtoul(mark + strlen(p->mark), NULL, 10) % 10000000 : 0;
	say(&r->fields, "X-Request-Id: %016" PRIx64 "\r\nX-Backend: node-%u\r\nETag: \"%08" PRIx64 "\"\r\n", noisy_id(q), 1 + below(q, 4),
	    noisy_id(q) >> 32);
	if (!mark) {
		r->status = 404;
		text_say(&r->body, "{\"error\":\"no such resource\"}\n");
	} else if (p->answer != hostile && sometimes(q, 2)) {
		r->status = 503;
		text_say(&r->fields, "Retry-After: 1\r\n");
		text_say(&r->body, "{\"error\":\"busy, try again\"}\n");
	} else {
		p->answer(q, r);
	}
	r->gzip = r->gzip && q->gzip_allowed;
}
