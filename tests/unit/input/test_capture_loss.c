/* capture of long keep-alive conversations from which bursts of packets are missing: hundreds of exchanges go on while a hole is open.
 *
 * Never a wrong pair, nor a whole record that is not a message of the truth; every message whose bytes were all captured is found; and of
 * clients that wait for their answers, hardly a pair fails but where a packet of its own was lost. */
#include "base/buf.h"
#include "input/capture.h"
#include "support/unit_rng.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SEEDS = 2, EXCHANGES = 800 };
#else
enum { SEEDS = 6, EXCHANGES = 3000 };
#endif
enum { CONNS = 8, MSS = 1448, ORDINALS = 4 * EXCHANGES };

struct traffic {
	const char *name;
	unsigned lose;    /* of a million packets, behind so many a burst begins: */
	unsigned burst;   /* at most so long */
	unsigned depth;   /* requests under way on one connection */
	bool bodies;      /* in both directions, some in several segments */
	bool inside;      /* the capture has not seen the connections begin */
	size_t pending;   /* so many requests may wait; 0: no limit matters */
	int64_t think_ns; /* at most, between an answer and the next request */
};

struct told { /* a message of the truth */
	size_t from, end;
	bool lost; /* not all of it was captured */
};

struct chat {
	struct buf stream[2];
	struct told told[2][EXCHANGES];
	unsigned asked, answered;  /* exchanges */
	size_t acked[2];           /* by this side, of the other's bytes */
	size_t arrived[EXCHANGES]; /* an answer is sent when all of its request has come */
	int64_t next_ns;
	/* What was found. */
	bool found[2][EXCHANGES];
	unsigned by_ordinal[2][ORDINALS]; /* exchange + 1 */
};

struct run {
	const struct traffic *traffic;
	struct rng rng;
	struct chat chats[CONNS];
	struct capture *capture;
	int64_t now_ns;
	unsigned burst;
	uint64_t requests[16];
	size_t damaged, pairs, unpaired, wrong;
};

/* --- packets -------------------------------------------------------------------------------------------------------- */

static void put_be(uint8_t *at, size_t n, uint64_t v)
{
	while (n > 0) {
		at[--n] = (uint8_t)v;
		v >>= 8;
	}
}

/* Says whether the capture has it. */
static bool push_packet(struct run *r, size_t i, int side, struct slice payload, size_t seq)
{
	r->now_ns += 5000 + (int64_t)rng_below(&r->rng, 15000);
	if (r->burst == 0 && rng_below(&r->rng, 1000000) < r->traffic->lose)
		r->burst = 1 + (unsigned)rng_below(&r->rng, r->traffic->burst);
	if (r->burst > 0) {
		r->burst--;
		return false;
	}
	uint8_t bytes[40 + MSS] = { 0x45, [8] = 64, [9] = 6, [12] = 10, [15] = 1, [16] = 10, [19] = 2 };
	struct chat *c = &r->chats[i];
	put_be(bytes + 2, 2, 40 + payload.len);
	bytes[15] = side ? 2 : 1;
	bytes[19] = side ? 1 : 2;
	put_be(bytes + 20 + (side ? 2 : 0), 2, 30000 + i);
	put_be(bytes + 20 + (side ? 0 : 2), 2, 80);
	put_be(bytes + 24, 4, 0xfff00000u + seq); /* wraps around on the way */
	put_be(bytes + 28, 4, 0xfff00000u + c->acked[side]);
	bytes[32] = 0x50;
	bytes[33] = 0x10;
	put_be(bytes + 34, 2, 65535);
	if (payload.len)
		memcpy(bytes + 40, payload.ptr, payload.len);
	const struct packet packet = {
		.bytes = slice_of(bytes, 40 + payload.len), .wire_len = (uint32_t)(40 + payload.len), .link_type = 101, .ts_ns = r->now_ns
	};
	capture_push(r->capture, &packet);
	return true;
}

/* All of the stream from there on, in segments. The other side may acknowledge each. Says whether the capture has all of it. */
static bool push_bytes(struct run *r, size_t i, int side, size_t from)
{
	struct chat *c = &r->chats[i];
	bool all = true;
	for (size_t n; from < c->stream[side].len; from += n) {
		size_t left = c->stream[side].len - from, most = rng_mille(&r->rng, 100) ? 1 + rng_below(&r->rng, MSS) : MSS;
		n = left < most ? left : most;
		all &= push_packet(r, i, side, slice_cut(slice_from(buf_slice(&c->stream[side]), from), 0, n), from);
		c->acked[!side] = from + n;
		if (rng_mille(&r->rng, 150))
			(void)push_packet(r, i, !side, slice_of(NULL, 0), c->stream[!side].len);
	}
	return all;
}

/* --- the conversations ---------------------------------------------------------------------------------------------- */

static void put_filler(struct run *r, struct buf *b, size_t n)
{
	while (n-- > 0)
		cr_assert_eq(buf_append(b, slice_of(&(uint8_t){ (uint8_t)('a' + rng_below(&r->rng, 26)) }, 1)), 0);
}

static void ask(struct run *r, size_t i)
{
	struct chat *c = &r->chats[i];
	struct buf *b = &c->stream[0];
	struct told *t = &c->told[0][c->asked];
	size_t body = r->traffic->bodies && rng_mille(&r->rng, 300) ? rng_below(&r->rng, 4000) : 0;
	t->from = b->len;
	cr_assert_eq(buf_printf(b, "%s /item HTTP/1.1\r\nX-N: %06u\r\nContent-Length: %zu\r\n\r\n", body ? "POST" : "GET", c->asked, body),
	             0);
	put_filler(r, b, body);
	t->end = b->len;
	t->lost = !push_bytes(r, i, 0, t->from);
	c->asked++;
}

static void answer(struct run *r, size_t i)
{
	struct chat *c = &r->chats[i];
	struct buf *b = &c->stream[1];
	struct told *t = &c->told[1][c->answered];
	size_t body = !r->traffic->bodies ? 60 : rng_mille(&r->rng, 200) ? rng_below(&r->rng, 9000) : rng_below(&r->rng, 100);
	t->from = b->len;
	if (r->traffic->bodies && rng_mille(&r->rng, 100)) {
		cr_assert_eq(buf_printf(b, "HTTP/1.1 204 No Content\r\nX-N: %06u\r\n\r\n", c->answered), 0);
	} else {
		cr_assert_eq(buf_printf(b, "HTTP/1.1 200 OK\r\nX-N: %06u\r\nContent-Length: %zu\r\n\r\n", c->answered, body), 0);
		put_filler(r, b, body);
	}
	t->end = b->len;
	t->lost = !push_bytes(r, i, 1, t->from);
	c->answered++;
}

/* Whoever is next to speak on one of the connections does. False: all is said. */
static bool speak(struct run *r)
{
	size_t i = CONNS;
	for (size_t k = 0; k < CONNS; k++) {
		const struct chat *c = &r->chats[k];
		if (c->answered < EXCHANGES && (i == CONNS || c->next_ns < r->chats[i].next_ns))
			i = k;
	}
	if (i == CONNS)
		return false;
	struct chat *c = &r->chats[i];
	if (c->next_ns > r->now_ns)
		r->now_ns = c->next_ns;
	bool may_ask = c->asked < EXCHANGES && c->asked - c->answered < r->traffic->depth;
	if (may_ask && (c->asked == c->answered || rng_mille(&r->rng, 600)))
		ask(r, i);
	else
		answer(r, i);
	c->next_ns = r->now_ns + 20000 + (int64_t)rng_below(&r->rng, 80000);
	if (r->traffic->think_ns && c->asked == c->answered)
		c->next_ns += (int64_t)rng_below(&r->rng, (size_t)r->traffic->think_ns);
	return true;
}

static void shake_hands(struct run *r, size_t i)
{
	struct chat *c = &r->chats[i];
	for (int side = 0; side < 2; side++)
		buf_init(&c->stream[side], (size_t)64 << 20);
	if (r->traffic->inside)
		return;
	uint8_t bytes[40] = { 0x45, [3] = 40, [8] = 64, [9] = 6, [12] = 10, [15] = 1, [16] = 10, [19] = 2 };
	for (int side = 0; side < 2; side++) {
		bytes[15] = side ? 2 : 1;
		bytes[19] = side ? 1 : 2;
		put_be(bytes + 20 + (side ? 2 : 0), 2, 30000 + i);
		put_be(bytes + 20 + (side ? 0 : 2), 2, 80);
		put_be(bytes + 24, 4, 0xfff00000u - 1);
		put_be(bytes + 28, 4, side ? 0xfff00000u : 0);
		bytes[32] = 0x50;
		bytes[33] = side ? 0x12 : 0x02;
		const struct packet packet = {
			.bytes = slice_of(bytes, 40), .wire_len = 40, .link_type = 101, .ts_ns = r->now_ns += 10000
		};
		capture_push(r->capture, &packet);
	}
}

/* --- what came of them ---------------------------------------------------------------------------------------------- */

static unsigned number_in(struct slice s)
{
	const char *at = memmem(s.ptr, s.len, "X-N: ", 5);
	return at && (const uint8_t *)at + 11 <= s.ptr + s.len ? (unsigned)strtoul(at + 5, NULL, 10) : EXCHANGES;
}

static void take(struct run *r, struct message *m)
{
	int side = m->type == MESSAGE_RESPONSE;
	struct chat *c = &r->chats[(side ? m->dst.port : m->src.port) - 30000];
	struct slice bytes = message_bytes(m);
	unsigned n = number_in(bytes);
	char text[9] = { 0 };
	memcpy(text, m->id.hex + 16, 8);
	unsigned long ordinal = strtoul(text, NULL, 16);
	cr_assert_lt(ordinal, ORDINALS);
	if (!m->flags) {
		cr_assert_lt(n, EXCHANGES, "%s: a whole record without a number", r->traffic->name);
		const struct told *t = &c->told[side][n];
		cr_assert(slice_eq(bytes, slice_cut(slice_from(buf_slice(&c->stream[side]), t->from), 0, t->end - t->from)),
		          "%s: exchange %u: a whole record that was not sent", r->traffic->name, n);
		cr_assert_not(c->found[side][n], "%s: exchange %u twice", r->traffic->name, n);
		c->found[side][n] = true;
	}
	if (n < EXCHANGES)
		c->by_ordinal[side][ordinal] = n + 1;
	message_unref(m);
}

static void take_all(struct run *r)
{
	for (struct message *m; (m = capture_next(r->capture));)
		take(r, m);
}

static void note_requests(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	(void)label;
	if (strcmp(table->section, "requests") == 0)
		memcpy(arg, counts, table->n * sizeof *counts);
}

static void judge(struct run *r)
{
	size_t lost = 0, missing = 0;
	for (size_t i = 0; i < CONNS; i++) {
		const struct chat *c = &r->chats[i];
		for (unsigned n = 0; n < EXCHANGES; n++) {
			r->damaged += c->told[0][n].lost || c->told[1][n].lost;
			lost += c->told[0][n].lost;
			for (int side = 0; side < 2; side++)
				missing += !c->told[side][n].lost && !c->found[side][n];
		}
		size_t whole = 0, pairs = 0;
		for (size_t o = 0; o < ORDINALS; o++) {
			bool both = c->by_ordinal[0][o] && c->by_ordinal[1][o];
			r->wrong += both && c->by_ordinal[0][o] != c->by_ordinal[1][o];
			pairs += both;
		}
		for (unsigned n = 0; n < EXCHANGES; n++)
			whole += c->found[0][n] && c->found[1][n];
		r->pairs += pairs;
		r->unpaired += whole > pairs ? whole - pairs : 0;
	}
	if (getenv("TRUTH_FIGURES"))
		fprintf(stderr,
		        "%s: %zu exchanges, %zu damaged, %zu pairs, %zu not made, %zu wrong, %zu not found; requests: %zu seen, %zu of "
		        "them discarded, %zu lost, %zu without an answer\n",
		        r->traffic->name, (size_t)CONNS * EXCHANGES, r->damaged, r->pairs, r->unpaired, r->wrong, missing,
		        (size_t)r->requests[HTTP_SEEN], (size_t)r->requests[HTTP_DISCARDED], lost, (size_t)r->requests[HTTP_UNPAIRED]);
	cr_assert_eq(r->wrong, 0, "%s: %zu pairs are wrong", r->traffic->name, r->wrong);
	cr_assert_leq(missing * 20, r->damaged, "%s: %zu messages not found, of which nothing is missing", r->traffic->name, missing);
	cr_assert_leq(r->requests[HTTP_DISCARDED], lost, "%s: more requests were lost than there were", r->traffic->name);
	if (r->traffic->depth > 1 || r->traffic->pending)
		return;
	cr_assert_leq(r->unpaired * 4, r->damaged, "%s: %zu pairs not made", r->traffic->name, r->unpaired);
	cr_assert_leq(r->requests[HTTP_UNPAIRED], r->damaged, "%s: requests without an answer", r->traffic->name);
}

static void converse(const struct traffic *traffic, uint64_t seed)
{
	struct run *r = calloc(1, sizeof *r);
	cr_assert_not_null(r);
	r->traffic = traffic;
	r->rng.x = seed;
	r->now_ns = 1700000000000000000LL;
	r->capture = capture_new(&(struct capture_options){ .http.pending = traffic->pending }, NULL);
	cr_assert_not_null(r->capture);
	for (size_t i = 0; i < CONNS; i++)
		shake_hands(r, i);
	while (speak(r))
		take_all(r);
	capture_finish(r->capture);
	take_all(r);
	capture_tally(r->capture, &(struct tally_sink){ .arg = r->requests, .section = note_requests });
	capture_free(r->capture);
	judge(r);
	for (size_t i = 0; i < CONNS; i++)
		for (int side = 0; side < 2; side++)
			buf_release(&r->chats[i].stream[side]);
	free(r);
}

Test(capture_loss, pairs_hold_across_lost_packets)
{
	static const struct traffic kinds[] = {
		{ .name = "small messages, bursts", .lose = 250, .burst = 60, .depth = 1 },
		{ .name = "small messages, single packets", .lose = 5000, .burst = 1, .depth = 1 },
		{ .name = "small messages, much is lost", .lose = 5000, .burst = 20, .depth = 1 },
		{ .name = "bodies, bursts", .lose = 250, .burst = 60, .depth = 1, .bodies = true },
		{ .name = "bodies, single packets", .lose = 5000, .burst = 1, .depth = 1, .bodies = true },
		{ .name = "clients that think", .lose = 1000, .burst = 30, .depth = 1, .think_ns = 30000000 },
		{ .name = "begun inside", .lose = 1000, .burst = 30, .depth = 1, .bodies = true, .inside = true },
		{ .name = "little room", .lose = 1000, .burst = 30, .depth = 1, .pending = 64 },
		{ .name = "clients that pipeline", .lose = 1000, .burst = 30, .depth = 3, .bodies = true },
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		for (uint64_t seed = 0; seed < SEEDS; seed++)
			converse(&kinds[i], seed);
}
