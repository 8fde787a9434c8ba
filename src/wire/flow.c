/* flow: which connection a segment belongs to, where it lies in its stream, and when a connection begins and ends. */
#include "wire/flow.h"

#include "base/clock.h"
#include "wire/flow_table.h"

/* Farther ahead than this a sequence number is believed only when a second one agrees: larger than any window in use,
 * and small against the 2^31 that tell ahead from behind. */
#define FAR_BYTES (32 << 20)
/* A jump that two segments agree on, up to the largest window there can be (RFC 7323 §2.3), is loss in the capture; beyond
 * it is another connection. */
#define JUMP_BYTES (1 << 30)
/* A RST may lie this far behind the bytes we saw of its sender: the capture may have missed some. */
#define RST_AHEAD_BYTES 65536
/* How far before the first bytes seen a stream may have begun whose SYN-ACK comes later in the capture. */
#define TENTATIVE_BYTES 65536
/* So long a capture may have packets in the wrong order. */
#define PROVEN_NS (NS_PER_S / 2)

/* --- sequence numbers -------------------------------------------------------------------------------------- */

static int64_t offset_of(const struct half *h, uint32_t seq)
{
	return h->next + (int32_t)(seq - (h->base + (uint32_t)h->next));
}

static void half_start(struct half *h, uint32_t base)
{
	if (!h->hinted || base != h->hint)
		h->acked = 0;
	h->base = base;
	h->started = true;
}

/* Nothing tells where the stream began but the peer's first acknowledgement: bytes between it and the first seen were missed. When
 * not even that does, but the peer's SYN was seen, then the SYN-ACK is still to come: the bytes wait for it. */
static void start_by_data(struct half *h, const struct half *peer, uint32_t seq)
{
	if (h->hinted && seq - h->hint <= FAR_BYTES) {
		half_start(h, h->hint);
	} else if (peer->syn_seen) {
		half_start(h, seq - TENTATIVE_BYTES);
		h->tentative = true;
	} else {
		half_start(h, seq);
	}
}

/* The base of a tentative half may be this sequence number. */
static void settle_base(struct flow_table *t, struct half *h, uint32_t base)
{
	int64_t shift = (int32_t)(base - h->base);
	if (h->first && shift >= 0 && shift <= h->first->at)
		half_rebase(t, h, shift);
}

/* What the sender of s acknowledged of its peer, as an offset there. */
static int64_t note_ack(struct flow_table *t, struct half *peer, const struct segment *s)
{
	if (!(s->flags & TCP_ACK) || s->flags & TCP_RST)
		return peer->acked;
	if (!peer->started && !peer->hinted) {
		peer->hinted = true;
		peer->hint = s->ack;
	}
	if (peer->tentative)
		settle_base(t, peer, s->ack);
	if (peer->tentative)
		return 0;
	uint32_t base = peer->started ? peer->base : peer->hint;
	int64_t reference = peer->next > peer->acked ? peer->next : peer->acked;
	int64_t at = reference + (int32_t)(s->ack - (base + (uint32_t)reference));
	if (at > reference + FAR_BYTES)
		return peer->acked;
	if (at > peer->fin_at)
		at = peer->fin_at;
	if (at > peer->acked) {
		peer->acked = at;
		if (at > peer->next)
			half_settle(t, peer);
	}
	return at > 0 ? at : 0;
}

/* --- what a segment does to an open flow --------------------------------------------------------------------- */

static bool established(const struct flow *f)
{
	const struct half *a = &f->half[SIDE_A], *b = &f->half[SIDE_B];
	return (a->started && b->started) || a->next > 0 || b->next > 0;
}

/* RFC 9293 §3.5.2: in the window, which for an onlooker lies between what the peer acknowledged and a little beyond what he saw. */
static bool rst_plausible(const struct half *h, uint32_t seq)
{
	int64_t at = offset_of(h, seq);
	return at >= h->acked && at <= (h->high > h->acked ? h->high : h->acked) + RST_AHEAD_BYTES;
}

/* What a RST that is believed acknowledges was there, too. */
static void note_last_ack(struct half *peer, const struct segment *s)
{
	if (!(s->flags & TCP_ACK) || !peer->started || peer->tentative || peer->enough)
		return;
	int64_t at = offset_of(peer, s->ack), known = peer->high > peer->acked ? peer->high : peer->acked;
	if (at > known && at <= known + RST_AHEAD_BYTES && at <= peer->fin_at)
		peer->acked = at;
}

static void on_rst(struct flow_table *t, struct flow *f, int side, const struct segment *s)
{
	struct half *h = &f->half[side];
	if (h->tentative)
		half_give_up(t, h);
	if (!h->started && h->hinted && s->seq - h->hint <= FAR_BYTES)
		half_start(h, h->hint);
	if (!h->started || !established(f)) { /* there is nothing to judge it by yet */
		flow_refused(t, f);
		return;
	}
	if (!rst_plausible(h, s->seq))
		return;
	/* It stands behind all that its sender had sent (RFC 9293 §3.5.2): what lies before it and was not seen is missing. */
	int64_t at = offset_of(h, s->seq);
	if (h->fin_at == NO_FIN && !h->enough && at > h->high)
		h->fin_at = at;
	note_last_ack(&f->half[!side], s);
	f->reset = true;
	f->reset_by = (uint8_t)side;
	flow_close(t, f, STREAM_RST);
	flow_bury(t, f);
}

static void on_fin(struct flow_table *t, struct half *h, const struct segment *s)
{
	uint32_t fin_seq = s->seq + (uint32_t)s->payload.len + s->cut_bytes;
	if (!h->started && h->hinted && s->seq - h->hint <= FAR_BYTES)
		half_start(h, h->hint);
	/* A FIN before the SYN and without bytes says nothing of where it belongs: it may be forged. */
	if (!h->started || h->fin_at != NO_FIN)
		return;
	int64_t at = offset_of(h, fin_seq);
	if (at < h->high || at > h->high + FAR_BYTES) /* no sender sends bytes behind its own FIN */
		return;
	h->fin_at = at;
	if (h->acked > at)
		h->acked = at;
	if (h->enough)
		h->next = at;
	half_settle(t, h);
}

/* A segment of h's acknowledges the peer's bytes up to peer_at. So h's sender knows what was told to it in the bytes that this acknowledges;
 * and the peer will know of this once it has acknowledged the segment's last byte, `end` (a repeated segment may tell more than the one that
 * is acknowledged; -1). */
static void note_news(struct half *h, struct half *peer, int64_t end, int64_t peer_at)
{
	if (h->news_end && peer_at >= h->news_end) {
		h->known_acked = h->news_acked;
		h->news_end = 0;
	}
	if (!peer->news_end && end > h->high && peer_at > peer->known_acked && !h->tentative) {
		peer->news_acked = peer_at;
		peer->news_end = end;
	}
}

/* A hole whose bytes the sender knows to have arrived is never filled, but by packets that the capture has in the wrong order. */
static bool never_filled(const struct flow_table *t, const struct half *h)
{
	return !list_empty(&h->hole) && h->first && h->known_acked >= h->first->at && t->now_ns - h->hole_since_ns >= PROVEN_NS;
}

static void give_up_proven(struct flow_table *t, struct flow *f)
{
	struct half *a = &f->half[SIDE_A], *b = &f->half[SIDE_B];
	for (;;) {
		bool give_a = never_filled(t, a), give_b = never_filled(t, b);
		if (!give_a && !give_b)
			return;
		half_give_up(t, give_a && (!give_b || a->hole_since_ns <= b->hole_since_ns) ? a : b);
	}
}

enum located { LOCATED, LOCATED_OUTSIDE, LOCATED_OTHER_CONNECTION };

/* Is the payload near enough to what is known? See FAR_BYTES. */
static enum located locate(struct half *h, uint32_t seq, int64_t *at)
{
	*at = offset_of(h, seq);
	int64_t ahead = *at - h->next;
	if (ahead <= FAR_BYTES && ahead >= -FAR_BYTES)
		return LOCATED;
	bool agrees = h->far_seen && seq - h->far <= FAR_BYTES;
	h->far_seen = true;
	h->far = seq;
	if (!agrees)
		return LOCATED_OUTSIDE;
	h->far_seen = false;
	return ahead > 0 && ahead <= JUMP_BYTES ? LOCATED : LOCATED_OTHER_CONNECTION;
}

static void end_if_through(struct flow_table *t, struct flow *f)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		struct half *h = &f->half[side];
		if (!h->ended && h->next >= h->fin_at)
			flow_end_side(t, f, side, STREAM_FIN);
	}
	if (f->half[SIDE_A].ended && f->half[SIDE_B].ended) {
		flow_close(t, f, STREAM_FIN);
		flow_bury(t, f);
	}
}

static enum segment_row row_of_empty(const struct half *h, const struct segment *s)
{
	bool bare = !(s->flags & (TCP_SYN | TCP_FIN | TCP_RST));
	return bare && h->started && offset_of(h, s->seq) == h->high - 1 ? SEGMENT_PROBE : SEGMENT_CONTROL;
}

/* SEGMENT_ROWS: it is of another connection. */
static enum segment_row open_flow_segment(struct flow_table *t, struct flow *f, int side, const struct segment *s)
{
	struct half *h = &f->half[side];
	int64_t peer_at = note_ack(t, &f->half[!side], s);
	if (s->flags & TCP_RST) {
		on_rst(t, f, side, s);
		return SEGMENT_CONTROL;
	}
	enum segment_row row = SEGMENT_CONTROL;
	if (s->payload.len + s->cut_bytes > 0) {
		uint32_t seq = s->seq + (s->flags & TCP_SYN ? 1 : 0);
		struct arrival in = { .bytes = s->payload, .cut = s->cut_bytes, .peer_at = peer_at, .ts_ns = s->ts_ns };
		if (!h->started)
			start_by_data(h, &f->half[!side], seq);
		switch (locate(h, seq, &in.at)) {
		case LOCATED_OTHER_CONNECTION:
			return SEGMENT_ROWS;
		case LOCATED_OUTSIDE:
			return SEGMENT_OUTSIDE;
		case LOCATED:
			note_news(h, &f->half[!side], in.at + (int64_t)s->payload.len + s->cut_bytes, peer_at);
			row = half_push(t, h, &in);
			if (h->tentative && !h->first) /* there was no room to hold them */
				h->tentative = h->started = false;
		}
	} else {
		note_news(h, &f->half[!side], -1, peer_at);
		row = row_of_empty(h, s);
	}
	if (s->flags & TCP_FIN)
		on_fin(t, h, s);
	if (!list_empty(&f->half[SIDE_A].hole) || !list_empty(&f->half[SIDE_B].hole))
		give_up_proven(t, f);
	if (f->half[SIDE_A].fin_at != NO_FIN || f->half[SIDE_B].fin_at != NO_FIN)
		end_if_through(t, f);
	return row;
}

/* --- which flow ---------------------------------------------------------------------------------------------- */

/* Does this SYN (or SYN-ACK) belong to the connection that is there? Then the half learns from it what there is to learn. */
static bool syn_fits(struct flow_table *t, struct flow *f, int side, const struct segment *s)
{
	struct half *h = &f->half[side];
	uint32_t base = s->seq + 1;
	if (f->state == FLOW_CLOSED)
		return h->syn_seen && h->base == base;
	if (h->syn_seen)
		return h->base == base || (s->flags & TCP_ACK && f->half[!side].syn_seen && s->ack == f->half[!side].base);
	if (!h->started) {
		/* The SYN-ACK, or an ACK, may stand before the SYN in the capture. */
		bool far = h->hinted && h->hint - base > FAR_BYTES;
		if (far && !(s->flags & TCP_ACK))
			return false;
		half_start(h, base);
		h->syn_seen = true;
		return true;
	}
	if (h->tentative) {
		settle_base(t, h, base);
		if (h->tentative) { /* what is held was forged, or another connection's */
			half_drop(t, h);
			half_init(h, (uint8_t)side);
			half_start(h, base);
		}
		h->syn_seen = true;
		return true;
	}
	/* Bytes were seen first: they follow the SYN closely, or this is another connection's. */
	h->syn_seen = h->base == base;
	return h->base - base <= FAR_BYTES && h->next <= FAR_BYTES;
}

static bool syn_belongs(struct flow_table *t, struct flow *f, int side, const struct segment *s)
{
	bool fits = syn_fits(t, f, side, s);
	f->info.syn_seen[side] = f->half[side].syn_seen;
	return fits;
}

/* Bytes for a connection that is over: a straggler, or one whose SYN was missed or whose RST was forged? */
static bool straggles(const struct flow *f, int side, const struct segment *s, enum segment_row *row)
{
	const struct half *h = &f->half[side];
	*row = SEGMENT_CONTROL;
	if (s->payload.len + s->cut_bytes == 0)
		return true;
	*row = f->unread ? SEGMENT_IGNORED : SEGMENT_DUPLICATE;
	if (s->flags & TCP_SYN)
		return true;
	bool into_reset = f->reset && f->reset_by != side;
	if (!h->started) {
		*row = SEGMENT_IGNORED;
		return into_reset;
	}
	int64_t ahead = offset_of(h, s->seq) + (int64_t)s->payload.len + s->cut_bytes - h->next;
	if (ahead <= 0 && ahead >= -FAR_BYTES)
		return true;
	*row = SEGMENT_IGNORED;
	return into_reset && ahead > 0 && ahead <= FAR_BYTES;
}

/* Only a SYN or bytes open a flow. A lone zero byte is most likely the keep-alive of an idle connection. */
static bool opens(const struct segment *s, enum segment_row *row)
{
	size_t len = s->payload.len + s->cut_bytes;
	*row = SEGMENT_CONTROL;
	if (s->flags & TCP_RST)
		return false;
	if (s->flags & TCP_SYN)
		return true;
	if (len == 1 && s->payload.len == 1 && s->payload.ptr[0] == 0)
		*row = SEGMENT_PROBE;
	else if (len > 0)
		return true;
	return false;
}

static enum segment_row new_flow_segment(struct flow_table *t, const struct segment *s)
{
	enum segment_row row;
	if (!opens(s, &row))
		return row;
	struct flow *f = flow_open(t, s);
	if (!f)
		return SEGMENT_REFUSED;
	int side = flow_side(f, &s->src);
	if (s->flags & TCP_SYN)
		(void)syn_belongs(t, f, side, s);
	return open_flow_segment(t, f, side, s);
}

/* Where the two directions of a connection lie in VLANs of their own, what the second one acknowledges tells that it belongs to the first. */
static struct flow *find(struct flow_table *t, const struct segment *s)
{
	struct flow *f = flow_find(t, s);
	if (f || !(s->flags & TCP_ACK))
		return f;
	f = flow_find_one_sided(t, s);
	if (!f)
		return NULL;
	int side = flow_side(f, &s->src);
	const struct half *peer = &f->half[!side];
	int64_t at = offset_of(peer, s->ack);
	if (peer->tentative || at < 0 || at > peer->high + RST_AHEAD_BYTES)
		return NULL;
	f->vlan[side] = s->vlan;
	return f;
}

static enum segment_row push(struct flow_table *t, const struct segment *s)
{
	struct flow *f = find(t, s);
	if (!f)
		return new_flow_segment(t, s);
	int side = flow_side(f, &s->src);
	enum segment_row row = SEGMENT_CONTROL;
	if (s->flags & TCP_SYN && !(s->flags & TCP_RST) && !syn_belongs(t, f, side, s)) {
		flow_replace(t, f);
		return new_flow_segment(t, s);
	}
	if (f->state == FLOW_CLOSED) {
		if (straggles(f, side, s, &row))
			return row;
		flow_replace(t, f);
		return new_flow_segment(t, s);
	}
	flow_touch(t, f, s);
	row = open_flow_segment(t, f, side, s);
	if (row != SEGMENT_ROWS)
		return row;
	flow_replace(t, f);
	return new_flow_segment(t, s);
}

void flow_table_push(struct flow_table *t, const struct segment *s)
{
	flow_table_tick(t, s->ts_ns);
	t->counts[SEGMENT_SEEN]++;
	t->counts[push(t, s)]++;
}
