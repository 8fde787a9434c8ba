/* conn: what needs both directions: roles, pairing, the way out. */
#include "http/conn.h"

#include "http/half.h"
#include "http/proxy.h"

#include <stdlib.h>

enum {
	MESSAGE_BYTES = 64 * 1024 * 1024,
	HEAD_BYTES = 1024 * 1024,
	PENDING = 4096, /* as many as segments that reassembly holds behind a hole in the server's stream */
	/* A capture that starts inside of a connection may start inside of a long body: so much is looked through for a message. */
	SEEK_BYTES = 16 * 1024 * 1024,
};

static const struct tally_row request_rows[HTTP_ROWS] = {
	[HTTP_SEEN] = { "seen", "requests seen", TALLY_TOTAL, false },
	[HTTP_COMPLETE] = { "complete", "complete", TALLY_PART, false },
	[HTTP_INCOMPLETE] = { "incomplete", "incomplete (flagged)", TALLY_PART, true },
	[HTTP_DISCARDED] = { "discarded", "no record: head not whole, or only an answer seen", TALLY_PART, true },
	[HTTP_UNRECORDED] = { "unrecorded", "not recorded", TALLY_PART, false },
	[HTTP_INTERIM] = { "interim", "interim", TALLY_NOTE, false },
	[HTTP_UNPAIRED] = { "unpaired", "without a response", TALLY_NOTE, false },
	[HTTP_CONFLICTING] = { "conflicting", "with conflicting framing", TALLY_NOTE, false },
};
const struct tally_table request_table = { "requests", request_rows, HTTP_ROWS };

static const struct tally_row response_rows[HTTP_ROWS] = {
	[HTTP_SEEN] = { "seen", "responses seen", TALLY_TOTAL, false },
	[HTTP_COMPLETE] = { "complete", "complete", TALLY_PART, false },
	[HTTP_INCOMPLETE] = { "incomplete", "incomplete (flagged)", TALLY_PART, true },
	[HTTP_DISCARDED] = { "discarded", "no record: head not whole", TALLY_PART, true },
	[HTTP_UNRECORDED] = { "unrecorded", "not recorded", TALLY_PART, false },
	[HTTP_INTERIM] = { "interim", "interim (1xx)", TALLY_NOTE, false },
	[HTTP_UNPAIRED] = { "unpaired", "without a request", TALLY_NOTE, false },
	[HTTP_CONFLICTING] = { "conflicting", "with conflicting framing", TALLY_NOTE, false },
};
const struct tally_table response_table = { "responses", response_rows, HTTP_ROWS };

static const struct tally_row conn_rows[HTTP_CONN_ROWS] = {
	[HTTP_CONN_SEEN] = { "seen", "connections seen", TALLY_TOTAL, false },
	[HTTP_CONN_HTTP] = { "http", "HTTP/1", TALLY_PART, false },
	[HTTP_CONN_TUNNEL] = { "tunnel", "HTTP/1, then a tunnel or another protocol", TALLY_PART, false },
	[HTTP_CONN_TLS] = { "tls", "TLS", TALLY_PART, false },
	[HTTP_CONN_HTTP2] = { "http2", "HTTP/2", TALLY_PART, false },
	[HTTP_CONN_SSH] = { "ssh", "SSH", TALLY_PART, false },
	[HTTP_CONN_OTHER] = { "other", "something else", TALLY_PART, false },
	[HTTP_CONN_EMPTY] = { "empty", "no bytes", TALLY_PART, false },
};
const struct tally_table http_conn_table = { "connections", conn_rows, HTTP_CONN_ROWS };

/* --- life --------------------------------------------------------------------------------------------------------- */

static void apply_defaults(struct http_limits *l)
{
	if (!l->message_bytes)
		l->message_bytes = MESSAGE_BYTES;
	if (!l->head_bytes)
		l->head_bytes = HEAD_BYTES;
	if (!l->pending)
		l->pending = PENDING;
}

struct http_conn *http_conn_new(struct http_reader *reader, const struct flow_info *flow)
{
	struct http_conn *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	apply_defaults(&reader->limits);
	c->reader = reader;
	c->flow = flow;
	c->kind = HTTP_CONN_EMPTY;
	c->client = -1;
	for (int side = 0; side < 2; side++) {
		c->half[side].side = (uint8_t)side;
		c->half[side].missed = c->half[side].missed_much = !flow->opener_known;
		buf_init(&c->half[side].hold, reader->limits.head_bytes);
	}
	pair_init(&c->pair, reader->limits.pending > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)reader->limits.pending);
	reader->conns[HTTP_CONN_SEEN]++;
	return c;
}

/* As soon as it is certain: a row of the ledger never falls. */
static void count_unasked(struct http_conn *c)
{
	c->reader->responses[HTTP_UNPAIRED] += c->pair.unasked;
	c->pair.unasked = 0;
}

void http_conn_free(struct http_conn *c)
{
	if (!c)
		return;
	struct http_reader *r = c->reader;
	for (int side = 0; side < 2; side++)
		half_end(c, &c->half[side], STREAM_CAPTURE_END);
	pair_release(&c->pair);
	count_unasked(c);
	r->requests[HTTP_UNPAIRED] += c->pair.unanswered;
	r->requests[HTTP_SEEN] += c->pair.proven_lost;
	r->requests[HTTP_DISCARDED] += c->pair.proven_lost;
	r->conns[c->kind]++;
	for (int side = 0; side < 2; side++)
		buf_release(&c->half[side].hold);
	free(c);
}

static enum stream_verdict verdict(const struct http_conn *c, int side)
{
	return c->enough || c->half[side].state == HALF_OVER ? STREAM_ENOUGH : STREAM_WANT;
}

static void stop(struct http_conn *c, enum http_conn_row kind)
{
	c->kind = kind;
	c->enough = true;
	for (int side = 0; side < 2; side++) {
		c->half[side].state = HALF_OVER;
		buf_release(&c->half[side].hold);
	}
}

/* --- a message's way ---------------------------------------------------------------------------------------------- */

static bool is_response(const struct half *h)
{
	return h->facts.is_response;
}

static uint64_t *rows_of(struct http_conn *c, const struct half *h)
{
	return is_response(h) ? c->reader->responses : c->reader->requests;
}

/* Could there have been a whole message in what was missed before this offset? */
static bool missed_a_message(const struct half *h, uint64_t offset)
{
	return h->missed && (h->missed_much || offset - h->missed_from >= PAIR_SHORTEST);
}

/* Where a segment begins inside of a method, what is left of it is a method, too. */
static bool may_miss_letters(const struct half *h, struct slice start)
{
	return h->hold_inside && !http_start_common_method(start);
}

/* Did the client ask when it had not got the end of the response at hand? */
static bool asked_inside(const struct half *server, uint64_t peer_offset)
{
	bool inside = server->state == HALF_HEAD || server->state == HALF_SIZED || server->state == HALF_CHUNKED;
	return inside && server->hold_at.offset < peer_offset && peer_offset <= server->told;
}

static void pair_up_request(struct http_conn *c, struct half *h, struct slice start)
{
	enum http_method method = http_method_of(slice_cut(start, 0, slice_find_byte(start, ' ')));
	http_facts_init(&h->facts, false, method);
	enum pair_lost lost = missed_a_message(h, h->hold_at.offset) ? PAIR_MAY_BE_LOST : PAIR_NONE_LOST;
	const struct half *server = &c->half[!h->side];
	bool server_seen = !server->missed && server->told >= h->hold_at.peer_offset;
	if (lost != PAIR_NONE_LOST && h->missed_between && !h->missed_much)
		lost = server_seen ? PAIR_LOST_AND_SEEN : PAIR_SURELY_LOST;
	if (lost == PAIR_NONE_LOST && may_miss_letters(h, start))
		lost = PAIR_MAY_BE_LOST;
	c->pair.pipelines |= asked_inside(server, h->hold_at.peer_offset);
	h->ordinal = pair_request(&c->pair, h->hold_at, method, lost, &h->answered);
	count_unasked(c);
}

static void pair_up_response(struct http_conn *c, struct half *h, struct slice start)
{
	struct half *client = &c->half[!h->side];
	/* A stream that has ended brings no more, though its FIN is acknowledged like a byte. */
	uint64_t told = client->state == HALF_OVER ? UINT64_MAX : client->told;
	bool to_come = h->hold_at.peer_offset > told && h->hold_at.peer_offset - told >= PAIR_SHORTEST;
	struct pair_holes holes = {
		.client_told = told,
		.client_missed = client->missed,
		.unseen = to_come || missed_a_message(client, client->told),
		.server_missed = missed_a_message(h, h->hold_at.offset),
		.server_from = h->missed_from,
		.from_inside = h->missed_much && !h->missed_more,
	};
	int status = http_start_status(start);
	bool interim = status >= 100 && status < 200 && status != 101;
	struct pair_answer answer = pair_response(&c->pair, h->hold_at, status, &holes);
	/* A HEAD that it may answer or may not is told by what stands in place of the body. */
	http_facts_init(&h->facts, true, answer.sure ? answer.method : METHOD_OTHER);
	h->maybe_head = answer.method == METHOD_HEAD;
	h->ordinal = answer.ordinal;
	h->method_unknown = !answer.sure;
	c->reader->responses[HTTP_INTERIM] += interim;
	count_unasked(c);
	if (answer.paired && !interim && client->ordinal == answer.ordinal)
		client->answered = true;
}

bool conn_begin(struct http_conn *c, struct half *h, enum http_start kind, struct slice start)
{
	if (!c->tunnel_at)
		c->kind = HTTP_CONN_HTTP;
	c->client = kind == START_REQUEST ? h->side : !h->side;
	if (kind == START_REQUEST)
		pair_up_request(c, h, start);
	else
		pair_up_response(c, h, start);
	rows_of(c, h)[HTTP_SEEN]++;
	h->missed = h->missed_much = h->missed_more = h->watch.on = false;
	h->flags = kind == START_REQUEST && may_miss_letters(h, start) ? MESSAGE_HEAD : 0;
	h->line_at = 0;
	h->ts_ns = h->hold_ts_ns;
	const struct http_limits *l = &c->reader->limits;
	size_t max = l->message_bytes > l->head_bytes ? l->message_bytes : l->head_bytes;
	h->m = message_new(is_response(h) ? MESSAGE_RESPONSE : MESSAGE_REQUEST, max);
	if (h->m)
		return true;
	/* Out of memory: the connection is given up, and counted so. */
	rows_of(c, h)[HTTP_DISCARDED]++;
	h->state = HALF_OVER;
	struct half *other = &c->half[!h->side];
	half_end(c, other, STREAM_EVICTED);
	stop(c, HTTP_CONN_HTTP);
	return false;
}

static void drop_message(struct half *h)
{
	message_unref(h->m);
	h->m = NULL;
}

enum http_body conn_head_done(struct http_conn *c, struct half *h)
{
	enum http_body body = http_facts_body(&h->facts);
	h->left = body == BODY_SIZED ? h->facts.size : 0;
	rows_of(c, h)[HTTP_CONFLICTING] += http_facts_conflict(&h->facts);
	h->recorded = !(is_response(h) && c->reader->skip_responses);
	if (!h->recorded)
		drop_message(h);
	return body;
}

void conn_give(struct http_conn *c, struct half *h)
{
	struct http_reader *r = c->reader;
	uint64_t *rows = rows_of(c, h);
	if (!h->recorded) {
		rows[HTTP_UNRECORDED]++;
		return;
	}
	struct message *m = h->m;
	h->m = NULL;
	rows[h->flags ? HTTP_INCOMPLETE : HTTP_COMPLETE]++;
	m->flags = h->flags;
	m->id = message_id_make(c->flow->lane, h->ordinal);
	m->ts_ns = h->ts_ns;
	m->latency_ns = h->last_ts_ns > h->ts_ns ? h->last_ts_ns - h->ts_ns : 0;
	m->src = c->flow->side[h->side];
	m->dst = c->flow->side[!h->side];
	if (c->behind.family)
		*(is_response(h) ? &m->dst : &m->src) = c->behind;
	r->message(r->arg, m);
}

void conn_discard(struct http_conn *c, struct half *h)
{
	rows_of(c, h)[HTTP_DISCARDED]++;
	drop_message(h);
}

/* It was sent, so it will be answered, or is an answer: pairing must know. */
void conn_discard_start(struct http_conn *c, struct half *h, struct slice start)
{
	if (!http_start_likely(start))
		return;
	bool response = slice_starts(start, slice_str("HTTP/1."));
	if (c->client >= 0 && (c->client != h->side) != response)
		return;
	c->client = response ? !h->side : h->side;
	c->kind = HTTP_CONN_HTTP;
	if (response)
		pair_broken_response(&c->pair);
	else
		pair_up_request(c, h, start);
	rows_of(c, h)[HTTP_SEEN]++;
	rows_of(c, h)[HTTP_DISCARDED]++;
	/* What was missed before a response stays missed: pairing has not been told. */
	if (response)
		h->missed_more = true;
	else
		h->missed = h->missed_much = h->missed_more = false;
}

void conn_may_begin_inside(const struct http_conn *c, struct half *h)
{
	/* A SYN may carry bytes (RFC 7413), and the SYN-ACK then acknowledges them. */
	if (!c->flow->syn_seen[h->side] && h->ordinal == 0 && !h->missed)
		h->missed = h->missed_much = true;
}

bool conn_not_a_message(struct http_conn *c, struct half *h, enum http_start what)
{
	static const enum http_conn_row kinds[] = {
		[START_TLS] = HTTP_CONN_TLS,
		[START_HTTP2] = HTTP_CONN_HTTP2,
		[START_SSH] = HTTP_CONN_SSH,
	};
	if (c->kind == HTTP_CONN_HTTP || c->tunnel_at)
		return true;
	bool from_the_start = c->flow->opener_known && !h->missed;
	if (what == START_TLS || what == START_HTTP2 || what == START_SSH)
		stop(c, kinds[what]);
	else if (from_the_start || c->skipped > SEEK_BYTES)
		stop(c, HTTP_CONN_OTHER);
	return !c->enough;
}

void conn_proxied(struct http_conn *c, struct half *h, struct slice header)
{
	struct endpoint client;
	if (c->kind == HTTP_CONN_HTTP) /* only before all else is it what it seems */
		return;
	c->client = h->side;
	if (http_proxy_client(header, &client))
		c->behind = client;
}

static void end_for_tunnel(struct http_conn *c)
{
	struct half *client = &c->half[c->client];
	/* Bytes that the client sent ahead belong to the tunnel, unless they were a request's. */
	if (client->state == HALF_START || client->state == HALF_SEEK)
		client->state = HALF_OVER;
	half_end(c, client, STREAM_FIN);
	stop(c, HTTP_CONN_TUNNEL);
}

void conn_tunnel(struct http_conn *c)
{
	const struct half *client = &c->half[c->client];
	struct half *server = &c->half[!c->client];
	if (client->state == HALF_OVER || client->told >= server->hold_at.peer_offset) {
		end_for_tunnel(c);
		return;
	}
	/* A hole holds requests back. */
	c->kind = HTTP_CONN_TUNNEL;
	c->tunnel_at = server->hold_at.peer_offset;
	server->state = HALF_OVER;
	buf_release(&server->hold);
}

/* --- what reassembly says ----------------------------------------------------------------------------------------- */

enum stream_verdict http_conn_data(struct http_conn *c, int side, const struct chunk *chunk)
{
	if (c->kind == HTTP_CONN_EMPTY && chunk->bytes.len)
		c->kind = HTTP_CONN_OTHER;
	if (!c->enough) {
		struct chunk part = *chunk;
		if (c->tunnel_at && side == c->client)
			part.bytes = slice_cut(chunk->bytes, 0, (size_t)(c->tunnel_at - chunk->offset));
		half_data(c, &c->half[side], &part);
		if (c->tunnel_at && side == c->client && c->half[side].told >= c->tunnel_at)
			end_for_tunnel(c);
	}
	return verdict(c, side);
}

enum stream_verdict http_conn_gap(struct http_conn *c, int side, const struct gap *gap)
{
	if (!c->enough) {
		half_gap(c, &c->half[side], gap);
		if (c->tunnel_at && side == c->client && c->half[side].told >= c->tunnel_at)
			end_for_tunnel(c);
	}
	return verdict(c, side);
}

void http_conn_end(struct http_conn *c, int side, enum stream_end how, int64_t ts_ns)
{
	(void)ts_ns;
	half_end(c, &c->half[side], how);
}
