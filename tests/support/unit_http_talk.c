/* unit_http_talk: what two sides say. Each message has a token of its own, so that no two of a run have the same bytes. */
#include "support/unit_http_talk.h"

#include <stdio.h>
#include <stdlib.h>

enum { EXCHANGES_MAX = 8, MESSAGES_MAX = 64, EVENTS_MAX = 256, CONNS_MAX = 6 };

struct talker {
	struct http_talk *t;
	struct http_talk_conn *c;
	struct rng *rng;
	const char *eol; /* of the message at hand */
	uint32_t asked, answered;
	struct asked {
		bool head, connect, upgrade;
	} open[EXCHANGES_MAX];
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

static bool mille(struct talker *k, unsigned share)
{
	return rng_mille(k->rng, share);
}

static size_t below(struct talker *k, size_t n)
{
	return rng_below(k->rng, n);
}

/* --- bytes ---------------------------------------------------------------------------------------------------------- */

static void put(struct talker *k, int side, const char *text)
{
	must(buf_append_str(&k->c->stream[side], text) == 0);
}

static void put_line(struct talker *k, int side, const char *text)
{
	put(k, side, text);
	put(k, side, k->eol);
}

static void put_number(struct talker *k, int side, const char *format, size_t n)
{
	must(buf_printf(&k->c->stream[side], format, n) == 0);
}

/* Text with blanks and line ends; or any bytes; where nothing is lost also what looks like a message. */
static void put_content(struct talker *k, int side, size_t n)
{
	static const char letters[] = "abcdefgh ijklmnop\nqrst:/\"{}01234";
	struct buf *b = &k->c->stream[side];
	size_t from = b->len;
	bool any = mille(k, 300), decoy = !k->t->o.lossy && mille(k, 200);
	must(buf_reserve(b, n) == 0);
	for (size_t i = 0; i < n; i++)
		b->ptr[from + i] = any ? (uint8_t)rng_next(k->rng) : (uint8_t)letters[below(k, sizeof letters - 1)];
	b->len += n;
	const char *bait = side == HTTP_TALK_CLIENT ? "GET / HTTP/1.1\r\n\r\n" : "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
	size_t bait_len = strlen(bait);
	if (decoy && n > bait_len)
		memcpy(b->ptr + from + below(k, n - bait_len), bait, bait_len);
}

static size_t body_size(struct talker *k)
{
	size_t limit = k->t->o.message_bytes;
	if (limit && mille(k, 300))
		return limit + below(k, limit);
	if (mille(k, 30))
		return below(k, 60000);
	return below(k, mille(k, 500) ? 60 : 4000);
}

/* --- messages ------------------------------------------------------------------------------------------------------- */

static struct http_talk_event *tell(struct talker *k, int side, size_t from, size_t end)
{
	struct http_talk_conn *c = k->c;
	must(c->n_events < EVENTS_MAX);
	struct http_talk_event *e = &c->events[c->n_events++];
	*e = (struct http_talk_event){ .side = side, .from = from, .end = end };
	return e;
}

static struct http_talk_message *begin(struct talker *k, int side, uint32_t exchange)
{
	struct http_talk_conn *c = k->c;
	must(c->n < MESSAGES_MAX);
	struct http_talk_message *m = &c->messages[c->n++];
	k->eol = mille(k, 150) ? "\n" : "\r\n";
	*m = (struct http_talk_message){ .is_response = side == HTTP_TALK_SERVER, .exchange = exchange, .blank = c->stream[side].len };
	/* RFC 9112 §2.2 */
	for (size_t n = mille(k, 80) ? 1 + below(k, 2) : 0; n > 0; n--)
		put(k, side, k->eol);
	m->from = c->stream[side].len;
	return m;
}

static void put_fields(struct talker *k, int side)
{
	put_number(k, side, "X-Token: %zu", (size_t)++k->t->tokens);
	put(k, side, k->eol);
	for (size_t n = below(k, 4); n > 0; n--) {
		switch (below(k, 6)) {
		case 0:
			put_line(k, side, "X-Folded: one");
			put_line(k, side, "\t  two");
			break;
		case 1:
			put_line(k, side, "no colon in here");
			break;
		case 2:
			put_line(k, side, "X-Empty:");
			break;
		case 3:
			put_line(k, side, "X-Odd \t:  \x80\xff\x01 ");
			break;
		default:
			put_number(k, side, "X-Plain: %zu", (size_t)rng_next(k->rng));
			put(k, side, k->eol);
		}
	}
	if (!k->t->o.message_bytes && mille(k, 8)) {
		put(k, side, "X-Long: ");
		for (size_t n = 0; n < 16384; n++)
			put(k, side, "long");
		put(k, side, k->eol);
	}
}

static void put_chunks(struct talker *k, int side, size_t size)
{
	while (size > 0) {
		size_t n = 1 + below(k, mille(k, 500) ? 20 : 900);
		n = n < size ? n : size;
		put_number(k, side, mille(k, 500) ? "%zx" : mille(k, 500) ? "%zX" : "00%zx", n);
		put_line(k, side, mille(k, 150) ? ";a=\"b\";c" : mille(k, 100) ? " " : "");
		put_content(k, side, n);
		put(k, side, k->eol);
		size -= n;
	}
	put_line(k, side, mille(k, 100) ? "000;last" : "0");
	if (mille(k, 200)) {
		put_line(k, side, "X-Trailer: 1");
		put_line(k, side, "X-Another: 2");
	}
	put(k, side, k->eol);
}

/* From behind the fields on: the ones that say how long it is, the empty line, the body. */
static void put_body(struct talker *k, int side, struct http_talk_message *m, size_t size)
{
	static const char *const codings[] = { "chunked", "Chunked", "gzip, chunked", "gzip\r\nTransfer-Encoding: chunked",
		                               "gzip,\r\n\tchunked" };
	if (m->body == TALK_BODY_CHUNKED && mille(k, 50)) {
		put_number(k, side, "Content-Length: %zu", size);
		put(k, side, k->eol);
		k->c->conflicts = true;
	}
	if (m->body == TALK_BODY_CHUNKED) {
		put(k, side, "Transfer-Encoding: ");
		put_line(k, side, codings[mille(k, 700) ? 0 : below(k, sizeof codings / sizeof *codings)]);
	} else if (m->body == TALK_BODY_SIZED) {
		put_number(k, side, mille(k, 900) ? "Content-Length: %zu" : "content-length:%zu  ", size);
		put(k, side, k->eol);
	}
	put(k, side, k->eol);
	m->head = k->c->stream[side].len;
	if (m->body == TALK_BODY_CHUNKED)
		put_chunks(k, side, size);
	else if (m->body != TALK_BODY_NONE)
		put_content(k, side, size);
	m->end = k->c->stream[side].len;
}

static void put_target(struct talker *k)
{
	put_number(k, HTTP_TALK_CLIENT, "/%zx?q=", below(k, 100000));
	for (size_t n = below(k, 40); n > 0; n--)
		put(k, HTTP_TALK_CLIENT, mille(k, 50) ? " " : "u");
	if (!k->t->o.message_bytes && mille(k, 8))
		for (size_t n = 0; n < 65536 / 8; n++)
			put(k, HTTP_TALK_CLIENT, "longlong");
	put(k, HTTP_TALK_CLIENT, "v");
}

static const char *pick_method(struct talker *k, struct asked *a)
{
	static const char *const methods[] = { "GET", "GET", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND", "m!x~", "A", "GETTER" };
	a->head = mille(k, 80);
	return a->head ? "HEAD" : methods[below(k, sizeof methods / sizeof *methods)];
}

/* Puts a request; says nothing yet. more: a field. */
static struct http_talk_message *put_request(struct talker *k, const char *method, const char *more, enum http_talk_body body, size_t size)
{
	enum { C = HTTP_TALK_CLIENT };
	struct http_talk_message *m = begin(k, C, ++k->asked);
	put(k, C, method);
	put(k, C, " ");
	if (k->open[k->asked - 1].connect)
		put(k, C, "host.example:443");
	else
		put_target(k);
	put_line(k, C, mille(k, 100) ? " HTTP/1.0" : " HTTP/1.1");
	put_line(k, C, "Host: a.example");
	put_fields(k, C);
	if (more)
		put_line(k, C, more);
	m->body = body;
	put_body(k, C, m, size);
	return m;
}

static enum http_talk_body any_body(struct talker *k)
{
	return mille(k, 550) ? TALK_BODY_NONE : mille(k, 600) ? TALK_BODY_SIZED : TALK_BODY_CHUNKED;
}

static void ask(struct talker *k, bool blind)
{
	struct asked *a = &k->open[k->asked];
	const struct http_talk_message *m = put_request(k, pick_method(k, a), NULL, any_body(k), body_size(k));
	tell(k, HTTP_TALK_CLIENT, m->blank, m->end)->blind = blind;
}

static void put_status_line(struct talker *k, int status)
{
	static const char *const reasons[] = { " OK", " ", "", " Not what you think", " \x80 odd" };
	char line[64];
	(void)snprintf(line, sizeof line, "HTTP/1.%d %d%s", mille(k, 100) ? 0 : 1, status,
	               reasons[below(k, sizeof reasons / sizeof *reasons)]);
	put_line(k, HTTP_TALK_SERVER, line);
}

static void interim(struct talker *k, uint32_t exchange, int status)
{
	struct http_talk_message *m = begin(k, HTTP_TALK_SERVER, exchange);
	m->interim = true;
	put_status_line(k, status);
	put_fields(k, HTTP_TALK_SERVER);
	put_body(k, HTTP_TALK_SERVER, m, 0);
	tell(k, HTTP_TALK_SERVER, m->blank, m->end);
}

/* The final answer to the oldest request without one; says nothing yet. */
static struct http_talk_message *put_answer(struct talker *k, int status, enum http_talk_body body)
{
	enum { S = HTTP_TALK_SERVER };
	const struct asked *a = &k->open[k->answered];
	struct http_talk_message *m = begin(k, S, ++k->answered);
	bool no_body = a->head || status == 204 || status == 304;
	m->to_head = a->head || a->connect;
	put_status_line(k, status);
	put_fields(k, S);
	if (no_body) {
		put_line(k, S, mille(k, 500) ? "Content-Length: 900" : "Transfer-Encoding: chunked");
		body = TALK_BODY_NONE;
	}
	m->body = body;
	put_body(k, S, m, body == TALK_BODY_NONE ? 0 : body_size(k));
	return m;
}

static void answer(struct talker *k)
{
	static const int statuses[] = { 200, 200, 200, 201, 204, 304, 404, 500, 299, 799, 999 };
	while (mille(k, 80))
		interim(k, k->answered + 1, mille(k, 500) ? 103 : 100 + (int)below(k, 1) + (mille(k, 500) ? 2 : 0));
	const struct http_talk_message *m =
	        put_answer(k, statuses[below(k, sizeof statuses / sizeof *statuses)], mille(k, 600) ? TALK_BODY_SIZED : TALK_BODY_CHUNKED);
	tell(k, HTTP_TALK_SERVER, m->blank, m->end);
}

/* --- exchanges out of the ordinary ---------------------------------------------------------------------------------- */

/* RFC 9110 §10.1.1. What the client does when the final answer comes in place of the 100 can be told only by who sees that answer, so
 * it is captured in turn, and not lost. (A body of a few bytes could not be told from the beginning of a request.) */
static void expect(struct talker *k)
{
	static const char *const field = "Expect: 100-continue";
	enum { CONTINUED, REFUSED, ALL_THE_SAME } how = (int)below(k, k->t->o.lossy ? 1 : 3);
	enum http_talk_body body = mille(k, 500) ? TALK_BODY_SIZED : TALK_BODY_CHUNKED;
	const struct http_talk_message *m = put_request(k, "PUT", field, body, 20 + body_size(k));
	size_t blank = m->blank, head = m->head, end = m->end;
	tell(k, HTTP_TALK_CLIENT, blank, head);
	if (how == CONTINUED) {
		interim(k, k->asked, 100);
		tell(k, HTTP_TALK_CLIENT, head, end);
		answer(k);
		return;
	}
	struct http_talk_message *mine = &k->c->messages[m - k->c->messages];
	if (how == REFUSED) {
		k->c->stream[HTTP_TALK_CLIENT].len = head;
		mine->end = head;
		mine->unfinished = true;
	} else { /* no bait: a body that begins like a request would be one */
		k->c->stream[HTTP_TALK_CLIENT].ptr[head] = body == TALK_BODY_SIZED ? ':' : k->c->stream[HTTP_TALK_CLIENT].ptr[head];
	}
	const struct http_talk_message *a = put_answer(k, how == REFUSED ? 417 : 200, TALK_BODY_SIZED);
	tell(k, HTTP_TALK_SERVER, a->blank, a->end)->in_turn = true;
	if (how == ALL_THE_SAME)
		tell(k, HTTP_TALK_CLIENT, head, end);
}

/* The answer comes before the request is all there. */
static void early(struct talker *k)
{
	const struct http_talk_message *m =
	        put_request(k, "POST", NULL, mille(k, 500) ? TALK_BODY_SIZED : TALK_BODY_CHUNKED, 1 + body_size(k));
	size_t split = m->head + below(k, m->end - m->head + 1), end = m->end;
	tell(k, HTTP_TALK_CLIENT, m->blank, split);
	answer(k);
	if (split < end)
		tell(k, HTTP_TALK_CLIENT, split, end)->blind = mille(k, 500);
}

static void tunnel(struct talker *k)
{
	struct asked *a = &k->open[k->asked];
	a->connect = mille(k, 500);
	const struct http_talk_message *m =
	        put_request(k, a->connect ? "CONNECT" : "GET", a->connect ? NULL : "Upgrade: websocket", TALK_BODY_NONE, 0);
	tell(k, HTTP_TALK_CLIENT, m->blank, m->end);
	m = put_answer(k, a->connect ? 200 + (int)below(k, 3) : 101, TALK_BODY_NONE);
	tell(k, HTTP_TALK_SERVER, m->blank, m->end);
	for (int i = 0; i < 4; i++) {
		size_t from = k->c->stream[i & 1].len;
		/* TLS, as it is in the world: other bytes would be the body of an answer, for who has not seen the CONNECT. */
		if (a->connect && i < 2)
			put(k, i, i ? "\x16\x03\x03\x01\x40\x02" : "\x16\x03\x01\x02\x01\x01");
		put_content(k, i & 1, 1 + below(k, 500));
		tell(k, i & 1, from, k->c->stream[i & 1].len);
	}
	k->c->kind = TALK_TUNNEL;
	k->c->has_tunnel = true;
}

/* A message that its sender does not end. */
static void unfinished(struct talker *k)
{
	struct http_talk_message *m;
	int side = (int)below(k, 2);
	if (side == HTTP_TALK_CLIENT) {
		m = put_request(k, "POST", NULL, TALK_BODY_SIZED, 2 + body_size(k));
	} else {
		m = put_request(k, "GET", NULL, TALK_BODY_NONE, 0);
		tell(k, HTTP_TALK_CLIENT, m->blank, m->end);
		m = put_answer(k, 200, TALK_BODY_SIZED);
	}
	m->unfinished = m->end > m->head;
	m->end = m->head + below(k, m->end - m->head);
	k->c->stream[side].len = m->end;
	tell(k, side, m->blank, m->end);
}

static void end(struct talker *k)
{
	struct http_talk_conn *c = k->c;
	int first = (int)below(k, 2);
	c->ends_by_peer = true;
	switch (below(k, 4)) {
	case 0:
		c->ends_by_peer = false;
		return;
	case 1:
		tell(k, first, c->stream[first].len, c->stream[first].len)->rst = true;
		return;
	default:
		tell(k, first, c->stream[first].len, c->stream[first].len)->fin = true;
		tell(k, !first, c->stream[!first].len, c->stream[!first].len)->fin = true;
	}
}

static void close_delimited(struct talker *k)
{
	enum { S = HTTP_TALK_SERVER };
	put_request(k, "GET", NULL, TALK_BODY_NONE, 0);
	const struct http_talk_message *q = &k->c->messages[k->c->n - 1];
	tell(k, HTTP_TALK_CLIENT, q->blank, q->end);
	bool half_closed = mille(k, 200);
	if (half_closed)
		tell(k, HTTP_TALK_CLIENT, q->end, q->end)->fin = true;
	const struct http_talk_message *m = put_answer(k, 200, TALK_BODY_CLOSE);
	tell(k, S, m->blank, m->end);
	if (!half_closed) {
		end(k);
	} else {
		struct http_talk_event *e = tell(k, S, m->end, m->end);
		e->fin = mille(k, 500);
		e->rst = !e->fin;
		k->c->ends_by_peer = true;
	}
	k->c->messages[k->c->n - 1].unfinished = !k->c->ends_by_peer;
}

static void converse(struct talker *k)
{
	uint32_t total = (uint32_t)below(k, EXCHANGES_MAX - 2);
	size_t depth = mille(k, 300) ? 2 + below(k, 4) : 1;
	k->c->pipelined = depth > 1;
	while (k->answered < total) {
		if (depth == 1 && k->asked == k->answered && mille(k, 120)) {
			if (mille(k, 500))
				expect(k);
			else
				early(k);
		} else if (k->asked < total && k->asked - k->answered < depth && (k->asked == k->answered || mille(k, 600))) {
			ask(k, k->asked > k->answered);
		} else {
			answer(k);
		}
	}
	switch (below(k, 6)) {
	case 0:
		close_delimited(k);
		return;
	case 1:
		tunnel(k);
		break;
	case 2:
		unfinished(k);
		break;
	case 3: /* "Connection: close", and what was sent behind it is not answered */
		ask(k, false);
		ask(k, true);
		answer(k);
		k->c->pipelined = true;
		break;
	default:
		break;
	}
	end(k);
}

/* --- connections ---------------------------------------------------------------------------------------------------- */

static void other_protocol(struct talker *k)
{
	static const struct {
		enum http_talk_kind kind;
		const char *says[2];
	} protocols[] = {
		{ TALK_TLS, { "\x16\x03\x01\x02\x01\x01", "\x16\x03\x03\x01\x40\x02" } },
		{ TALK_SSH, { "SSH-2.0-client\r\n", "SSH-2.0-server\r\n" } },
		{ TALK_HTTP2, { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x01\x01\x12\x04" } },
		{ TALK_OTHER, { "\x8f\x01\x02GET / HTTP/1.1\r\n\r\n", "\x8f\x07HTTP/1.1 200 OK\r\n\r\n" } },
		{ TALK_OTHER, { "EHLO there\r\n", "220 mail ESMTP\r\n" } },
		{ TALK_OTHER, { "GET /\r\n", "<html>HTTP/0.9</html>" } },
	};
	size_t which = below(k, sizeof protocols / sizeof *protocols);
	k->c->kind = protocols[which].kind;
	for (int i = 0; i < 4; i++) {
		struct buf *b = &k->c->stream[i & 1];
		size_t from = b->len;
		if (from == 0)
			put(k, i & 1, protocols[which].says[i & 1]);
		put_content(k, i & 1, below(k, 3000));
		tell(k, i & 1, from, b->len);
	}
	end(k);
}

/* The header of the PROXY protocol, in either version. */
static void proxied(struct talker *k)
{
	enum { C = HTTP_TALK_CLIENT };
	struct http_talk_conn *c = k->c;
	c->client =
	        (struct endpoint){ .family = 4, .port = (uint16_t)(1 + below(k, 65535)), .addr = { 203, 0, 113, (uint8_t)below(k, 256) } };
	if (mille(k, 500)) {
		must(buf_printf(&c->stream[C], "PROXY TCP4 203.0.113.%d 192.0.2.1 %d 80\r\n", c->client.addr[3], c->client.port) == 0);
	} else {
		uint8_t head[28] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\0\xc0\0\x02\x01\0\0\0\x50";
		head[19] = c->client.addr[3];
		head[24] = (uint8_t)(c->client.port >> 8);
		head[25] = (uint8_t)c->client.port;
		must(buf_append(&c->stream[C], slice_of(head, sizeof head)) == 0);
	}
	if (mille(k, 500)) /* in a segment of its own, or in one with the request */
		tell(k, C, 0, c->stream[C].len);
}

static void make_conn(struct http_talk *t, struct http_talk_conn *c, size_t i)
{
	struct talker k = { .t = t, .c = c, .rng = &t->rng };
	c->messages = calloc(MESSAGES_MAX, sizeof *c->messages);
	c->events = calloc(EVENTS_MAX, sizeof *c->events);
	must(c->messages && c->events);
	uint8_t family = mille(&k, 250) ? 6 : 4;
	for (int side = 0; side < 2; side++) {
		buf_init(&c->stream[side], (size_t)16 << 20);
		c->side[side] = (struct endpoint){ .family = family,
			                           .port = side ? 80 : (uint16_t)(20000 + i),
			                           .addr = { 10, 1, 2, (uint8_t)(side + 1) } };
		if (family == 6)
			c->side[side].addr[15] = 7;
	}
	c->client = c->side[0];
	if (mille(&k, 120)) {
		other_protocol(&k);
		return;
	}
	if (mille(&k, 60))
		proxied(&k);
	converse(&k);
	/* A header of the PROXY protocol that shares its segment with the request. */
	for (size_t e = 0; e < c->n_events; e++)
		if (c->events[e].side == HTTP_TALK_CLIENT) {
			c->events[e].from = 0;
			break;
		}
}

struct http_talk *http_talk_new(const struct http_talk_options *options)
{
	struct http_talk *t = calloc(1, sizeof *t);
	must(t != NULL);
	t->o = *options;
	t->rng = (struct rng){ options->seed };
	t->n_conns = 1 + rng_below(&t->rng, CONNS_MAX);
	t->conns = calloc(t->n_conns, sizeof *t->conns);
	must(t->conns != NULL);
	buf_init(&t->bytes, (size_t)256 << 20);
	for (size_t i = 0; i < t->n_conns; i++)
		make_conn(t, &t->conns[i], i);
	http_talk_lay(t);
	return t;
}

void http_talk_free(struct http_talk *t)
{
	for (size_t i = 0; i < t->n_conns; i++) {
		struct http_talk_conn *c = &t->conns[i];
		for (int side = 0; side < 2; side++) {
			buf_release(&c->stream[side]);
			free(c->ns[side]);
			free(c->starts[side]);
		}
		free(c->messages);
		free(c->events);
	}
	free(t->conns);
	free(t->packets);
	buf_release(&t->bytes);
	free(t);
}
