/* unit_http_lay: first each connection's segments in good order, then what networks and captures do to them, then all connections' packets
 * among each other.
 *
 * What is kept whatever the seed does: a packet is not captured before one that it answers, and nothing is captured behind a RST that was
 * sent before it (a receiver throws that away too). */
#include "support/unit_http_talk.h"

#include <stdlib.h>

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { REORDER_MAX = 8 };

struct seg {
	int side;
	uint8_t flags;
	size_t from, len; /* in the stream of its side */
	size_t ack;       /* of the other's bytes */
	uint32_t cut;     /* bytes of the payload that the snap length cuts off */
	bool acks_syn, acks_fin;
	bool fixed;   /* stays behind what is in front of it */
	bool differs; /* repeats bytes with other content */
	bool parted;  /* in fragments */
	bool lost, part_lost;
	bool alive; /* a keep-alive: a byte of no meaning in front of the next one */
};

enum link { ETHERNET, VLAN, QINQ, SLL, NULL_LINK, RAW, VXLAN, LINKS };

struct lane {
	struct http_talk *t;
	struct http_talk_conn *c;
	struct rng *rng;
	struct seg *segs;
	size_t n, room, at;
	size_t sent[2], acked[2];
	size_t known[2]; /* what a side knows to be acknowledged of its own */
	bool fin[2];
	uint32_t isn[2];
	enum link link;
	size_t mss;
	bool options;
	unsigned reorder, repeat, overlap, part;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* --- segments in good order ------------------------------------------------------------------------------------------ */

static struct seg *add(struct lane *l, struct seg s)
{
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->segs = realloc(l->segs, l->room * sizeof *l->segs);
		must(l->segs != NULL);
	}
	s.ack = l->acked[s.side];
	s.acks_fin = l->fin[!s.side] && s.ack == l->c->stream[!s.side].len;
	l->segs[l->n] = s;
	return &l->segs[l->n++];
}

static void add_data(struct lane *l, int side, size_t from, size_t len, bool in_turn)
{
	struct seg *s = add(l, (struct seg){ .side = side, .flags = ACK | PSH, .from = from, .len = len, .fixed = in_turn });
	s->parted = rng_mille(l->rng, l->part);
}

/* So far back may a sender begin that has sent so much: what it knows to be acknowledged it does not send again (RFC 9293 §3.4). Where
 * nothing is lost it may all the same. */
static size_t repeatable(const struct lane *l, int side, size_t most)
{
	size_t open = l->sent[side] - (l->t->o.lossy ? l->known[side] : 0);
	return open < most ? open : most;
}

/* Sent again: with the same borders or others, with the same content or, by an attacker, with another. */
static void add_repeat(struct lane *l, int side)
{
	size_t sent = l->sent[side], back = 1 + rng_below(l->rng, repeatable(l, side, 3000));
	size_t len = 1 + rng_below(l->rng, back < l->mss ? back : l->mss);
	struct seg *s = add(l, (struct seg){ .side = side, .flags = ACK | PSH, .from = sent - back, .len = len, .fixed = true });
	s->differs = !l->t->o.lossy && rng_mille(l->rng, 100);
}

/* It knows what was told to it in what it acknowledges. */
static void learn(struct lane *l, int side)
{
	for (size_t i = l->n; i-- > 0;) {
		const struct seg *s = &l->segs[i];
		if (s->side == side || !s->len || s->from + s->len > l->acked[side])
			continue;
		if (s->ack > l->known[side])
			l->known[side] = s->ack;
		return;
	}
}

static void say(struct lane *l, const struct http_talk_event *e)
{
	int side = e->side;
	size_t heard = l->sent[!side] - l->acked[side];
	l->acked[side] += e->blind ? rng_below(l->rng, heard + 1) / 2 : heard;
	learn(l, side);
	while (l->sent[side] < e->end) {
		size_t left = e->end - l->sent[side], back = 0, len = 1 + rng_below(l->rng, l->mss);
		len = len < left ? len : left;
		if (rng_mille(l->rng, l->overlap) && repeatable(l, side, 100) > 0)
			back = 1 + rng_below(l->rng, repeatable(l, side, 100));
		add_data(l, side, l->sent[side] - back, len + back, e->in_turn);
		l->sent[side] += len;
		if (rng_mille(l->rng, 400)) {
			l->acked[!side] = l->sent[side];
			add(l, (struct seg){ .side = !side, .flags = ACK, .from = l->sent[!side] });
		}
		if (rng_mille(l->rng, l->repeat))
			add_repeat(l, side);
	}
	if (!l->t->o.lossy && rng_mille(l->rng, 20) && l->sent[side] > 0)
		add(l, (struct seg){ .side = side, .flags = ACK, .from = l->sent[side] - 1, .len = 1, .alive = true, .fixed = true });
	if (e->fin || e->rst)
		add(l, (struct seg){ .side = side, .flags = (uint8_t)(ACK | (e->fin ? FIN : RST)), .from = e->end, .fixed = e->rst });
	l->fin[side] |= e->fin;
}

static void shake_hands(struct lane *l)
{
	const struct http_talk_conn *c = l->c;
	add(l, (struct seg){ .side = 0, .flags = SYN, .fixed = true });
	bool fast = c->n_events && c->events[0].side == 0 && rng_mille(l->rng, 40);
	if (fast) { /* RFC 7413 */
		size_t n = c->events[0].end < 100 ? c->events[0].end : 100;
		l->segs[0].len = n;
		l->sent[0] = n;
	}
	l->acked[1] = rng_mille(l->rng, 500) ? l->sent[0] : 0;
	add(l, (struct seg){ .side = 1, .flags = SYN | ACK, .fixed = true });
	add(l, (struct seg){ .side = 0, .flags = ACK, .from = l->sent[0], .fixed = true });
}

/* --- what happens to them -------------------------------------------------------------------------------------------- */

static bool may_pass(const struct seg *s, const struct seg *before)
{
	if (s->fixed || before->fixed || before->flags & RST)
		return false;
	bool says = s->len || s->flags & FIN, said = before->len || before->flags & FIN;
	return s->side == before->side || !says || !said;
}

static void reorder(struct lane *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct seg s = l->segs[i];
		size_t to = i;
		if (!rng_mille(l->rng, l->reorder))
			continue;
		for (size_t steps = 1 + rng_below(l->rng, REORDER_MAX); steps > 0 && to > 0 && may_pass(&s, &l->segs[to - 1]); steps--)
			to--;
		memmove(l->segs + to + 1, l->segs + to, (i - to) * sizeof s);
		l->segs[to] = s;
	}
	if (l->reorder && rng_mille(l->rng, 30) && !l->segs[0].len) { /* the SYN-ACK first */
		struct seg syn = l->segs[0];
		l->segs[0] = l->segs[1];
		l->segs[1] = syn;
	}
}

/* Where the capture begins inside of a connection, the first packet seen says where a stream begins: one that repeats earlier bytes lies
 * before that. */
static void lose_earlier(struct lane *l)
{
	size_t floor[2] = { SIZE_MAX, SIZE_MAX };
	for (size_t i = 0; i < l->n; i++) {
		struct seg *s = &l->segs[i];
		if (s->lost || s->part_lost || !s->len)
			continue;
		if (floor[s->side] == SIZE_MAX)
			floor[s->side] = s->from;
		s->lost = s->from < floor[s->side];
	}
}

static void lose(struct lane *l)
{
	static const unsigned shares[] = { 0, 5, 20, 100 };
	unsigned share = shares[rng_below(l->rng, 4)], cut = rng_mille(l->rng, 100) ? 50 : 0;
	int only = rng_mille(l->rng, 80) ? (int)rng_below(l->rng, 2) : -1;
	size_t begin = rng_mille(l->rng, 150) ? rng_below(l->rng, l->n) : 0;
	if (begin)
		l->c->from_syn = false;
	for (size_t i = 0; i < l->n; i++) {
		struct seg *s = &l->segs[i];
		if (i < begin || (only >= 0 && s->side != only)) {
			s->lost = true;
		} else if (!(s->flags & (SYN | RST)) && rng_mille(l->rng, share)) {
			s->lost = !s->parted;
			s->part_lost = s->parted;
		} else if (s->len > 1 && !s->parted && rng_mille(l->rng, cut)) {
			s->cut = (uint32_t)(1 + rng_below(l->rng, s->len));
		}
		l->c->lossy |= s->lost || s->part_lost || s->cut;
	}
	if (only >= 0)
		l->c->from_syn = false; /* not of both sides */
	if (!l->c->from_syn)
		lose_earlier(l);
}

/* --- packets --------------------------------------------------------------------------------------------------------- */

static void put_u8(struct buf *b, unsigned v)
{
	uint8_t byte = (uint8_t)v;
	must(buf_append(b, slice_of(&byte, 1)) == 0);
}

static void put_u16(struct buf *b, size_t v)
{
	put_u8(b, (unsigned)(v >> 8 & 255));
	put_u8(b, (unsigned)(v & 255));
}

static void put_u32(struct buf *b, size_t v)
{
	put_u16(b, v >> 16 & 65535);
	put_u16(b, v & 65535);
}

static void put_zeros(struct buf *b, size_t n)
{
	while (n-- > 0)
		put_u8(b, 0);
}

static void put_link(struct buf *b, enum link link, uint8_t family)
{
	size_t ethertype = family == 6 ? 0x86dd : 0x0800;
	switch (link) {
	case ETHERNET:
	case VLAN:
	case QINQ:
		put_zeros(b, 12);
		if (link == QINQ)
			put_u32(b, 0x88a80005);
		if (link != ETHERNET)
			put_u32(b, 0x81000007);
		put_u16(b, ethertype);
		break;
	case SLL:
		put_zeros(b, 14);
		put_u16(b, ethertype);
		break;
	case NULL_LINK:
		put_u32(b, family == 6 ? 30 : 2);
		break;
	default:
		break;
	}
}

/* rest: bytes behind the header. fragment: bits of the fragment field, 0 where it is none. */
static void put_ip(struct buf *b, const struct endpoint *ends[2], size_t rest, size_t id, int fragment)
{
	if (ends[0]->family == 4) {
		put_u16(b, 0x4500);
		put_u16(b, 20 + rest);
		put_u16(b, id);
		put_u16(b, fragment < 0 ? 0 : (size_t)fragment);
		put_u32(b, 0x40060000);
	} else {
		put_u32(b, 0x60000000);
		put_u16(b, rest + (fragment < 0 ? 0 : 8));
		put_u16(b, (size_t)(fragment < 0 ? 6 : 44) << 8 | 64);
	}
	for (int i = 0; i < 2; i++)
		must(buf_append(b, slice_of(ends[i]->addr, ends[0]->family == 6 ? 16 : 4)) == 0);
	if (ends[0]->family == 6 && fragment >= 0) { /* offset in 8 bytes, 2 reserved bits, M */
		put_u16(b, 0x0600);
		put_u16(b, ((size_t)fragment & 0x1fff) << 3 | (fragment & 0x2000 ? 1 : 0));
		put_u32(b, id);
	}
}

static void put_tcp(struct lane *l, const struct seg *s, struct buf *b)
{
	struct http_talk_conn *c = l->c;
	bool options = l->options && !(s->flags & SYN);
	put_u16(b, c->side[s->side].port);
	put_u16(b, c->side[!s->side].port);
	put_u32(b, l->isn[s->side] + (s->flags & SYN ? 0 : 1) + (uint32_t)s->from);
	put_u32(b, s->flags & ACK ? l->isn[!s->side] + 1 + (uint32_t)s->ack + s->acks_fin : 0);
	put_u16(b, (size_t)(options ? 8 : 5) << 12 | s->flags);
	put_u16(b, 65535);
	put_u32(b, 0);
	if (options) {
		put_u32(b, 0x0101080a);
		put_zeros(b, 8);
	}
	size_t at = b->len;
	if (s->alive)
		put_u8(b, 0);
	else if (s->len)
		must(buf_append(b, slice_of(c->stream[s->side].ptr + s->from, s->len)) == 0);
	for (size_t i = 0; s->differs && i < s->len; i++)
		b->ptr[at + i] ^= 0x55;
}

/* What one packet carries of a segment: all of it, or a fragment. */
struct part {
	struct slice bytes;
	int fragment; /* the fragment field of IPv4; -1: whole */
	size_t id;
};

static void put_packet(struct lane *l, const struct seg *s, const struct part *part, int64_t ts_ns)
{
	struct slice rest = part->bytes;
	int fragment = part->fragment;
	static const uint32_t link_types[LINKS] = { 1, 1, 1, 113, 0, 101, 1 };
	static const struct endpoint outer[2] = { { .family = 4, .addr = { 192, 0, 2, 9 } }, { .family = 4, .addr = { 192, 0, 2, 10 } } };
	struct http_talk *t = l->t;
	struct buf *b = &t->bytes;
	const struct endpoint *ends[2] = { &l->c->side[s->side], &l->c->side[!s->side] };
	size_t from = b->len, ip = ends[0]->family == 6 ? 40 + (fragment >= 0 ? 8 : 0) : 20;
	if (l->link == VXLAN) {
		const struct endpoint *tunnel[2] = { &outer[0], &outer[1] };
		size_t inner = 14 + ip + rest.len;
		put_link(b, ETHERNET, 4);
		size_t header = b->len;
		put_ip(b, tunnel, 16 + inner, 0, -1);
		b->ptr[header + 9] = 17;
		put_u32(b, 0x123412b5);
		put_u16(b, 16 + inner);
		put_u16(b, 0);
		put_u32(b, 0x08000000);
		put_u32(b, 0x00000500);
	}
	put_link(b, l->link == VXLAN ? ETHERNET : l->link, ends[0]->family);
	put_ip(b, ends, rest.len, part->id, fragment);
	must(buf_append(b, rest) == 0);
	if (l->link == ETHERNET && !s->cut && b->len - from < 60)
		put_zeros(b, 60 - (b->len - from));
	if ((t->n_packets & (t->n_packets - 1)) == 0) {
		t->packets = realloc(t->packets, (t->n_packets ? t->n_packets * 2 : 1) * sizeof *t->packets);
		must(t->packets != NULL);
	}
	/* Where the bytes lie is told at the end: the buffer moves. */
	t->packets[t->n_packets++] = (struct packet){ .bytes = { NULL, b->len - from - s->cut },
		                                      .wire_len = (uint32_t)(b->len - from),
		                                      .link_type = link_types[l->link],
		                                      .ts_ns = ts_ns };
}

/* The first copy of a byte counts, and what was cut off is cut off. */
static void note(struct lane *l, const struct seg *s, int64_t ts_ns)
{
	struct http_talk_conn *c = l->c;
	for (size_t i = s->from; i < s->from + s->len && !s->alive; i++) {
		if (c->ns[s->side][i])
			continue;
		c->ns[s->side][i] = i < s->from + s->len - s->cut ? ts_ns : -1;
		c->starts[s->side][i] = i == s->from;
	}
	if (s->flags & (FIN | RST))
		c->end_seen[s->side] = true;
	if (s->flags & RST)
		c->end_seen[!s->side] = true;
}

static void put_seg(struct lane *l, struct seg *s, int64_t *now)
{
	struct buf tcp;
	buf_init(&tcp, 1 << 20);
	put_tcp(l, s, &tcp);
	struct slice whole = buf_slice(&tcp);
	size_t id = l->t->n_packets, pieces = s->parted && whole.len > 64 ? 2 + rng_below(l->rng, 3) : 1;
	size_t piece = pieces > 1 ? (whole.len / pieces + 7) / 8 * 8 : whole.len;
	pieces = (whole.len + piece - 1) / piece;
	size_t skip = s->part_lost ? rng_below(l->rng, pieces) : SIZE_MAX, first = rng_below(l->rng, pieces);
	for (size_t i = 0; i < pieces; i++) {
		size_t which = (first + i) % pieces, at = which * piece;
		const struct part part = {
			.bytes = slice_cut(whole, at, which + 1 == pieces ? SIZE_MAX : piece),
			.fragment = pieces == 1 ? -1 : (int)(at / 8) | (which + 1 < pieces ? 0x2000 : 0),
			.id = id & 0xffff,
		};
		if (which == skip)
			continue;
		*now += l->t->o.slow ? (int64_t)rng_below(l->rng, 1500000000) : (int64_t)rng_below(l->rng, 100000);
		put_packet(l, s, &part, *now);
	}
	if (!s->part_lost)
		note(l, s, *now);
	buf_release(&tcp);
}

/* --- all of it ------------------------------------------------------------------------------------------------------- */

static void plan(struct lane *l)
{
	static const size_t sizes[] = { 3, 100, 536, 1460, 1460, 1460, 16000 };
	const struct http_talk_options *o = &l->t->o;
	struct http_talk_conn *c = l->c;
	size_t bytes = c->stream[0].len + c->stream[1].len;
	l->link = (enum link)rng_below(l->rng, LINKS);
	l->mss = sizes[rng_below(l->rng, 7)];
	if (bytes > 20000 && l->mss < 1000)
		l->mss = 1460;
	l->options = rng_mille(l->rng, 500);
	for (int side = 0; side < 2; side++) {
		l->isn[side] =
		        rng_mille(l->rng, 500) ? (uint32_t)rng_next(l->rng) : 0U - (uint32_t)rng_below(l->rng, c->stream[side].len + 2);
		c->ns[side] = calloc(c->stream[side].len + 1, sizeof *c->ns[side]);
		c->starts[side] = calloc(c->stream[side].len + 1, sizeof *c->starts[side]);
		must(c->ns[side] && c->starts[side]);
	}
	if (!o->slow) {
		l->reorder = rng_mille(l->rng, 600) ? 100 : 0;
		l->repeat = rng_mille(l->rng, 500) ? 50 : 0;
		l->overlap = rng_mille(l->rng, 400) ? 100 : 0;
		l->part = rng_mille(l->rng, 200) ? 150 : 0;
	}
	c->from_syn = true;
	shake_hands(l);
	for (size_t i = 0; i < c->n_events; i++)
		say(l, &c->events[i]);
	if (o->lossy)
		lose(l);
	if (c->from_syn)
		reorder(l);
}

void http_talk_lay(struct http_talk *t)
{
	struct lane *lanes = calloc(t->n_conns, sizeof *lanes);
	must(lanes != NULL);
	size_t left = 0;
	for (size_t i = 0; i < t->n_conns; i++) {
		lanes[i] = (struct lane){ .t = t, .c = &t->conns[i], .rng = &t->rng };
		plan(&lanes[i]);
		left += lanes[i].n;
	}
	int64_t now = 1700000000000000000LL;
	while (left > 0) {
		struct lane *l = &lanes[rng_below(&t->rng, t->n_conns)];
		for (size_t run = 1 + rng_below(&t->rng, 6); run > 0 && l->at < l->n; run--, left--) {
			struct seg *s = &l->segs[l->at++];
			now++;
			if (!s->lost)
				put_seg(l, s, &now);
		}
	}
	size_t at = 0;
	for (size_t i = 0; i < t->n_packets; i++) {
		t->packets[i].bytes.ptr = t->bytes.ptr + at;
		at += t->packets[i].wire_len;
	}
	for (size_t i = 0; i < t->n_conns; i++)
		free(lanes[i].segs);
	free(lanes);
}
