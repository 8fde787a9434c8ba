#include "book_rig.h"

#include <stdarg.h>
#include <stdio.h>

#define SENT (1700000000ll * 1000000000)
#define MS   1000000

const struct fault_place fault_places[FAULTS] = {
	[FAULT_NAME_CASE] = { "GET /api/items/{id}", "$.name", DIFFERENCE_VALUE },
	[FAULT_PRICE_THIRD] = { "GET /api/prices/{id}", "$.cents", DIFFERENCE_VALUE },
	[FAULT_HEADER] = { "GET /api/users/{id}", "header:cache-control", DIFFERENCE_VALUE },
	[FAULT_ORDER] = { "GET /api/search", "$.hits", DIFFERENCE_ORDER },
	[FAULT_TYPE] = { "GET /api/stock/{id}", "$.count", DIFFERENCE_TYPE },
	[FAULT_MISSING] = { "GET /api/users/{id}", "$.email", DIFFERENCE_MISSING },
	[FAULT_RARE] = { "GET /api/orders/{id}", "$.total", DIFFERENCE_VALUE },
	[FAULT_PRECISION] = { "GET /api/accounts/{id}", "$.balance", DIFFERENCE_VALUE },
	[FAULT_STATUS] = { "POST /api/orders", "status 201>500", DIFFERENCE_VALUE },
	[FAULT_EXTRA] = { "GET /api/profile/{id}", "$.debug", DIFFERENCE_EXTRA },
	[FAULT_ELEMENT] = { "GET /api/lists/{id}", "$.rows[*]", DIFFERENCE_MISSING },
	[FAULT_SLOW] = { "GET /api/orders/{id}", "latency", DIFFERENCE_LATENCY },
};

/* xorshift64*, well mixed enough for rates of a few in a thousand. */
uint64_t rig_draw(struct rig *r, uint64_t below)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return ((r->state * 0x2545f4914f6cdd1du) >> 11) % below;
}

struct rig rig_seeded(uint64_t seed, unsigned faults, bool second)
{
	struct rig r = { .state = (seed + 1) * 0x9e3779b97f4a7c15u, .faults = faults, .second = second };
	for (int i = 0; i < 8; i++)
		(void)rig_draw(&r, 2);
	return r;
}

/* --- the service -------------------------------------------------------------------------------------------------------------------- */

struct reply {
	int status;
	bool candidate;
	uint64_t item; /* what was asked for */
	char bytes[2048];
	size_t head, len; /* of the head, and all */
	int64_t took_ns;
};

static void put(struct reply *a, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	a->len += (size_t)vsnprintf(a->bytes + a->len, sizeof a->bytes - a->len, format, args);
	va_end(args);
}

static bool goes_wrong(struct rig *r, const struct reply *a, enum fault f, uint64_t per_mille)
{
	bool drawn = rig_draw(r, 1000) < per_mille;
	return drawn && a->candidate && r->faults >> f & 1;
}

static const char *shuffled(struct rig *r, char out[64])
{
	const char *words[4] = { "\"red\"", "\"green\"", "\"blue\"", "\"grey\"" };
	for (unsigned i = 3; i > 0 && !r->quiet; i--) {
		uint64_t k = rig_draw(r, i + 1);
		const char *w = words[i];
		words[i] = words[k];
		words[k] = w;
	}
	(void)snprintf(out, 64, "[%s,%s,%s,%s]", words[0], words[1], words[2], words[3]);
	return out;
}

static void items(struct rig *r, struct reply *a)
{
	char tags[64];
	bool wrong = goes_wrong(r, a, FAULT_NAME_CASE, 1000);
	put(a, "\"name\":\"%s %llu\",\"tags\":%s", wrong ? "ITEM" : "Item", (unsigned long long)a->item, shuffled(r, tags));
}

static void prices(struct rig *r, struct reply *a)
{
	uint64_t jitter = r->quiet ? 0 : rig_draw(r, 3);
	bool wrong = goes_wrong(r, a, FAULT_PRICE_THIRD, 300);
	put(a, "\"cents\":%llu,\"rate\":1.%llu", (unsigned long long)(1999 + a->item + wrong), (unsigned long long)jitter);
}

static void users(struct rig *r, struct reply *a)
{
	if (!goes_wrong(r, a, FAULT_MISSING, 10))
		put(a, "\"email\":\"u%llu@example.org\",", (unsigned long long)a->item);
	put(a, "\"user\":%llu", (unsigned long long)a->item);
}

static void search(struct rig *r, struct reply *a)
{
	bool wrong = goes_wrong(r, a, FAULT_ORDER, 50);
	put(a, "\"hits\":%s", wrong ? "[\"b\",\"a\",\"c\"]" : "[\"a\",\"b\",\"c\"]");
}

static void stock(struct rig *r, struct reply *a)
{
	bool wrong = goes_wrong(r, a, FAULT_TYPE, 20);
	put(a, wrong ? "\"count\":\"%llu\"" : "\"count\":%llu", (unsigned long long)a->item);
}

static void orders(struct rig *r, struct reply *a)
{
	bool wrong = goes_wrong(r, a, FAULT_RARE, 1000) && a->item % 200 == 7;
	put(a, "\"total\":%llu", (unsigned long long)(100 + a->item + wrong));
	if (a->candidate && r->faults >> FAULT_SLOW & 1)
		a->took_ns += 3 * MS;
}

static void accounts(struct rig *r, struct reply *a)
{
	bool wrong = goes_wrong(r, a, FAULT_PRECISION, 1000) && a->item % 4 == 0;
	put(a, "\"balance\":%s", wrong ? "9007199254740992" : "9007199254740993");
}

static void new_order(struct rig *r, struct reply *a)
{
	bool wrong = goes_wrong(r, a, FAULT_STATUS, 1000) && a->item % 50 == 0;
	a->status = wrong ? 500 : 201;
	put(a, "\"accepted\":%s", wrong ? "false" : "true");
}

static void profile(struct rig *r, struct reply *a)
{
	if (goes_wrong(r, a, FAULT_EXTRA, 30))
		put(a, "\"debug\":true,");
	put(a, "\"nick\":\"n%llu\"", (unsigned long long)a->item);
}

static void lists(struct rig *r, struct reply *a)
{
	bool wrong = goes_wrong(r, a, FAULT_ELEMENT, 40);
	put(a, "\"rows\":[{\"id\":1,\"v\":5},{\"id\":2,\"v\":6}%s]", wrong ? "" : ",{\"id\":3,\"v\":7}");
}

static const struct endpoint_row {
	const char *method, *folded;
	void (*answer)(struct rig *r, struct reply *a);
} endpoints[] = {
	{ "GET", "/api/items/{id}", items },       { "GET", "/api/prices/{id}", prices }, { "GET", "/api/users/{id}", users },
	{ "GET", "/api/search", search },          { "GET", "/api/stock/{id}", stock },   { "GET", "/api/orders/{id}", orders },
	{ "GET", "/api/accounts/{id}", accounts }, { "POST", "/api/orders", new_order },  { "GET", "/api/profile/{id}", profile },
	{ "GET", "/api/lists/{id}", lists },
};
#define ENDPOINTS (sizeof endpoints / sizeof endpoints[0])

static void noise(struct rig *r, struct reply *a)
{
	uint64_t id = r->quiet ? 7 : rig_draw(r, UINT64_MAX >> 12), ms = r->quiet ? 0 : rig_draw(r, 1000);
	put(a, ",\"request\":\"%013llx%03llx\",\"at\":\"2024-03-01T12:00:00.%03lluZ\"}", (unsigned long long)id,
	    (unsigned long long)(id & 0xfff), (unsigned long long)ms);
}

static void make_reply(struct rig *r, const struct endpoint_row *e, struct reply *a)
{
	char body[1024];
	a->status = 200;
	a->took_ns = 4 * MS + (int64_t)rig_draw(r, MS);
	put(a, "{");
	e->answer(r, a);
	noise(r, a);
	bool unavailable = !r->quiet && rig_draw(r, 50) == 0;
	if (unavailable) {
		a->status = 503;
		(void)snprintf(body, sizeof body, "{\"error\":\"try again\"}");
	} else {
		memcpy(body, a->bytes, a->len + 1);
	}
	bool header = e->answer == users && goes_wrong(r, a, FAULT_HEADER, 100);
	a->len = 0;
	put(a, "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nDate: Fri, 01 Mar 2024 12:00:%02llu GMT\r\n", a->status,
	    (unsigned long long)(r->quiet ? 0 : rig_draw(r, 60)));
	put(a, "Set-Cookie: sid=%llu\r\nCache-Control: %s\r\n\r\n", (unsigned long long)(r->quiet ? 1 : rig_draw(r, 1000000)),
	    header ? "no-store" : "max-age=60");
	a->head = a->len;
	put(a, "%s", body);
}

static struct book_answer answer_of(const struct reply *a, int64_t sent_ns)
{
	struct slice all = slice_of(a->bytes, a->len);
	size_t line = slice_find_byte(all, '\n') + 1;
	return (struct book_answer){
		.there = true,
		.sent_ns = sent_ns,
		.latency_ns = a->took_ns,
		.answer = {
			.status = a->status,
			.fields = slice_cut(all, line, a->head - line - 2),
			.content_type = slice_str("application/json"),
			.message = all,
			.body = slice_from(all, a->head),
		},
	};
}

struct asked {
	struct reply control, candidate, second;
	struct book_exchange x;
	char id[32], path[64], request[128];
};

static void ask(struct rig *r, uint64_t number, struct asked *a)
{
	const struct endpoint_row *e = &endpoints[number % ENDPOINTS];
	uint64_t item = number / ENDPOINTS % 400;
	int64_t sent_ns = SENT + (int64_t)number * MS;
	memset(a, 0, sizeof *a);
	a->control.item = a->candidate.item = a->second.item = item;
	a->candidate.candidate = true;
	make_reply(r, e, &a->control);
	make_reply(r, e, &a->candidate);
	const char *brace = strchr(e->folded, '{');
	int prefix = (int)(brace ? (size_t)(brace - e->folded) : strlen(e->folded));
	(void)snprintf(a->id, sizeof a->id, "%024llx", (unsigned long long)number);
	(void)snprintf(a->path, sizeof a->path, brace ? "%.*s%llu" : "%.*s", prefix, e->folded, (unsigned long long)item);
	(void)snprintf(a->request, sizeof a->request, "%s %s HTTP/1.1\r\nHost: x\r\n\r\n", e->method, a->path);
	a->x = (struct book_exchange){
		.id = a->id,
		.request = slice_str(a->request),
		.method = slice_str(e->method),
		.path = slice_str(a->path),
		.folded = slice_str(e->folded),
		.control = answer_of(&a->control, sent_ns),
		.candidate = answer_of(&a->candidate, sent_ns),
	};
	if (r->second) {
		make_reply(r, e, &a->second);
		a->x.second = answer_of(&a->second, sent_ns);
	}
}

enum exchange_verdict rig_exchange(struct rig *r, struct book *b, uint64_t number)
{
	static struct asked a;
	ask(r, number, &a);
	return book_add(b, &a.x);
}

void rig_repeat(struct rig *r, struct book *b, uint64_t number, uint32_t pending)
{
	static struct asked a;
	ask(r, number, &a);
	book_repeat(b, pending, &a.x);
}

void rig_run(struct rig *r, struct book *b, unsigned exchanges)
{
	for (unsigned i = 0; i < exchanges; i++)
		(void)rig_exchange(r, b, r->n++);
}

struct book_options rig_options(const struct rules *rules, bool second)
{
	return (struct book_options){
		.control = "http://old",
		.candidate = "http://new",
		.second = second ? "http://old2" : NULL,
		.rules = rules,
		.alpha = 0.01,
		.latency_share = 0.2,
		.fail_share = 0,
		.seed = 1,
	};
}

const struct verdict_finding *find_finding(const struct verdict *v, const char *endpoint, const char *path, enum difference_kind kind)
{
	for (size_t i = 0; i < v->finding_count; i++) {
		const struct verdict_finding *f = &v->findings[i];
		if (f->kind == kind && strcmp(f->endpoint, endpoint) == 0 && strcmp(f->path, path) == 0)
			return f;
	}
	return NULL;
}
