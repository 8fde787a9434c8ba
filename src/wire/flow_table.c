/* flow_table: a map by address, and lists by age. */
#include "wire/flow_table.h"

#include "base/clock.h"

#include <stdlib.h>

/* How long a flow that was closed or refused is kept, and how many closed ones: retransmissions come within a second or so. */
#define LINGER_NS  (5 * NS_PER_S)
#define CLOSED_MAX 65536

/* --- finding ------------------------------------------------------------------------------------------------ */

struct flow_key {
	const struct endpoint *src, *dst;
	uint32_t vlan;
	bool one_sided;            /* whatever the VLAN, where src has not been heard of */
	const struct flow *itself; /* no other one, though it may have the same addresses and VLAN in one direction */
};

int flow_side(const struct flow *f, const struct endpoint *src)
{
	return endpoint_eq(&f->info.side[SIDE_A], src) ? SIDE_A : SIDE_B;
}

static bool same(const void *entry, const void *key)
{
	const struct flow *f = entry;
	const struct flow_key *k = key;
	const struct endpoint *side = f->info.side;
	int from;
	if (k->itself)
		return f == k->itself;
	if (endpoint_eq(&side[0], k->src) && endpoint_eq(&side[1], k->dst))
		from = SIDE_A;
	else if (endpoint_eq(&side[0], k->dst) && endpoint_eq(&side[1], k->src))
		from = SIDE_B;
	else
		return false;
	if (k->one_sided)
		return f->state == FLOW_OPEN && !f->half[from].started && f->half[!from].started;
	return f->vlan[from] == k->vlan;
}

static size_t flatten(uint8_t *out, const struct endpoint *e)
{
	size_t n = e->family == 6 ? 16 : 4;
	memcpy(out, e->addr, n);
	out[n] = (uint8_t)(e->port >> 8);
	out[n + 1] = (uint8_t)e->port;
	return n + 2;
}

/* The same for both directions: the smaller endpoint first. vlan: the one the flow was opened in. It is hashed, or a sender who may choose
 * it could put any number of flows at one place. */
static uint64_t hash_of(const struct flow_table *t, const struct segment *s, uint32_t vlan)
{
	uint8_t flat[2 * 18 + sizeof vlan];
	int order = memcmp(s->src.addr, s->dst.addr, sizeof s->src.addr);
	bool swap = order > 0 || (order == 0 && s->src.port > s->dst.port);
	size_t n = flatten(flat, swap ? &s->dst : &s->src);
	n += flatten(flat + n, swap ? &s->src : &s->dst);
	memcpy(flat + n, &vlan, sizeof vlan);
	return hash_bytes(t->hash_key, slice_of(flat, n + sizeof vlan));
}

/* Among the flows that were opened in other VLANs: of many VLANs, only the latest are looked through. */
static struct flow *find_elsewhere(struct flow_table *t, const struct segment *s, bool one_sided)
{
	struct flow_key key = { .src = &s->src, .dst = &s->dst, .vlan = s->vlan, .one_sided = one_sided };
	for (int i = 0; i < t->n_vlans; i++) {
		uint32_t vlan = t->vlans[i];
		struct flow *f = vlan == s->vlan ? NULL : map_find(&t->map, hash_of(t, s, vlan), &key);
		if (f) {
			memmove(t->vlans + 1, t->vlans, (size_t)i * sizeof *t->vlans);
			t->vlans[0] = vlan;
			return f;
		}
	}
	return NULL;
}

struct flow *flow_find(struct flow_table *t, const struct segment *s)
{
	struct flow_key key = { .src = &s->src, .dst = &s->dst, .vlan = s->vlan };
	if (t->recent && same(t->recent, &key)) /* segments come in runs */
		return t->recent;
	struct flow *f = map_find(&t->map, hash_of(t, s, s->vlan), &key);
	if (!f)
		f = find_elsewhere(t, s, false);
	if (f)
		t->recent = f;
	return f;
}

struct flow *flow_find_one_sided(struct flow_table *t, const struct segment *s)
{
	return find_elsewhere(t, s, true);
}

/* The latest comes last, in the place of another where there are too many. */
static void note_vlan(struct flow_table *t, uint32_t vlan)
{
	for (int i = 0; i < t->n_vlans; i++)
		if (t->vlans[i] == vlan)
			return;
	if (t->n_vlans < FLOW_VLANS)
		t->n_vlans++;
	t->vlans[t->n_vlans - 1] = vlan;
}

/* --- ages --------------------------------------------------------------------------------------------------- */

static void list_at_end(struct flow_table *t, struct flow *f, struct list *list)
{
	list_remove(&f->by_age);
	list_append(list, &f->by_age);
	f->listed_ns = t->now_ns;
}

void flow_touch(struct flow_table *t, struct flow *f, const struct segment *s)
{
	f->last_ns = t->now_ns;
	if (f->state == FLOW_REFUSED && !(s->flags & TCP_RST) && (s->flags & TCP_SYN || s->payload.len + s->cut_bytes > 0)) {
		f->state = FLOW_OPEN; /* the RST was forged, or the opener tries again */
		list_at_end(t, f, &t->open);
	}
	/* Moving it for every segment would cost three cache lines each time; the list is in order to within relist_ns. */
	if (f->state == FLOW_OPEN && t->now_ns - f->listed_ns > t->relist_ns)
		list_at_end(t, f, &t->open);
}

void flow_refused(struct flow_table *t, struct flow *f)
{
	if (f->state != FLOW_OPEN)
		return;
	f->state = FLOW_REFUSED;
	list_at_end(t, f, &t->closing);
}

/* --- ends --------------------------------------------------------------------------------------------------- */

void flow_end_side(struct flow_table *t, struct flow *f, int side, enum stream_end how)
{
	struct half *h = &f->half[side];
	if (h->ended)
		return;
	half_flush(t, h);
	h->ended = true;
	half_drop(t, h);
	/* All its bytes are there, and its FIN. (One byte more that was acknowledged may be a FIN that the capture missed, or a byte.) */
	if (h->started && h->next >= h->fin_at)
		how = STREAM_FIN;
	if (!f->unread)
		t->reader.end(t->reader.arg, &f->info, side, how, t->now_ns);
}

void flow_close(struct flow_table *t, struct flow *f, enum stream_end how)
{
	if (f->state == FLOW_CLOSED)
		return;
	/* What is held of both sides comes out before either ends, the older hole first. */
	struct half *a = &f->half[SIDE_A], *b = &f->half[SIDE_B];
	while (!list_empty(&a->hole) && !list_empty(&b->hole))
		half_give_up(t, a->hole_since_ns <= b->hole_since_ns ? a : b);
	half_flush(t, a);
	half_flush(t, b);
	int first = how == STREAM_RST && f->reset ? f->reset_by : SIDE_A;
	flow_end_side(t, f, first, how);
	flow_end_side(t, f, !first, how);
	f->state = FLOW_CLOSED;
	if (!f->unread)
		t->reader.close(t->reader.arg, &f->info);
}

static void flow_free(struct flow_table *t, struct flow *f)
{
	struct flow_key key = { .itself = f };
	(void)map_remove(&t->map, f->hash, &key);
	half_drop(t, &f->half[SIDE_A]);
	half_drop(t, &f->half[SIDE_B]);
	list_remove(&f->by_age);
	if (t->recent == f)
		t->recent = NULL;
	free(f);
}

/* Frees the flow that has been in t->closing for longest. */
static void closing_pop(struct flow_table *t)
{
	struct flow *f = LIST_ENTRY(list_first(&t->closing), struct flow, by_age);
	if (f->state == FLOW_CLOSED)
		t->n_closed--;
	else
		flow_close(t, f, STREAM_RST);
	flow_free(t, f);
}

void flow_bury(struct flow_table *t, struct flow *f)
{
	t->n_closed++;
	list_at_end(t, f, &t->closing);
	while (t->n_closed > CLOSED_MAX)
		closing_pop(t);
}

void flow_replace(struct flow_table *t, struct flow *f)
{
	if (f->state == FLOW_CLOSED)
		t->n_closed--;
	else
		flow_close(t, f, f->state == FLOW_REFUSED ? STREAM_RST : STREAM_REUSED);
	flow_free(t, f);
}

static bool evict_oldest(struct flow_table *t)
{
	if (!list_empty(&t->closing)) {
		closing_pop(t);
		return true;
	}
	if (list_empty(&t->open))
		return false;
	struct flow *f = LIST_ENTRY(list_first(&t->open), struct flow, by_age);
	t->counts[SEGMENT_FLOWS_EVICTED]++;
	flow_close(t, f, STREAM_EVICTED);
	flow_free(t, f);
	return true;
}

/* --- opening ------------------------------------------------------------------------------------------------ */

/* Of the endpoints in the order of the sides, the VLAN and the start: with a fixed key, so that ids repeat. */
static uint64_t lane_of(const struct flow_info *info, uint32_t vlan)
{
	static const struct hash_key lane_key = { 0x7265706c61792e31ULL, 0x6c616e652e696431ULL };
	uint8_t flat[2 * 19 + 4 + 8];
	size_t n = 0;
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		flat[n++] = info->side[side].family;
		memcpy(flat + n, info->side[side].addr, 16);
		n += 16;
		flat[n++] = (uint8_t)(info->side[side].port >> 8);
		flat[n++] = (uint8_t)info->side[side].port;
	}
	for (int i = 0; i < 4; i++)
		flat[n++] = (uint8_t)(vlan >> (8 * i));
	for (int i = 0; i < 8; i++)
		flat[n++] = (uint8_t)((uint64_t)info->start_ns >> (8 * i));
	return hash_bytes(lane_key, slice_of(flat, n));
}

struct flow *flow_open(struct flow_table *t, const struct segment *s)
{
	while (t->map.count >= t->limits.flows)
		if (!evict_oldest(t))
			return NULL;
	struct flow *f = malloc(sizeof *f);
	if (!f)
		return NULL;
	bool syn = s->flags & TCP_SYN, answer = syn && s->flags & TCP_ACK;
	*f = (struct flow){
		.hash = hash_of(t, s, s->vlan),
		.last_ns = t->now_ns,
		.vlan = { s->vlan, s->vlan },
		.state = FLOW_OPEN,
		.info = {
			.side = { answer ? s->dst : s->src, answer ? s->src : s->dst },
			.opener_known = syn,
			.start_ns = s->ts_ns,
		},
	};
	if (map_put(&t->map, f->hash, f) != 0) {
		free(f);
		return NULL;
	}
	f->info.lane = lane_of(&f->info, s->vlan);
	note_vlan(t, s->vlan);
	half_init(&f->half[SIDE_A], SIDE_A);
	half_init(&f->half[SIDE_B], SIDE_B);
	list_init(&f->by_age);
	list_at_end(t, f, &t->open);
	t->counts[SEGMENT_FLOWS]++;
	t->recent = f;
	if (t->reader.open(t->reader.arg, &f->info) < 0)
		f->unread = f->half[SIDE_A].enough = f->half[SIDE_B].enough = true;
	return f;
}

/* --- the table ---------------------------------------------------------------------------------------------- */

static void set_limits(struct flow_limits *to, const struct flow_limits *from)
{
	static const struct flow_limits defaults = {
		.flows = 1000000,
		.held_bytes = (size_t)64 << 20,
		.held_bytes_flow = (size_t)4 << 20,
		.gap_ns = 2 * NS_PER_S,
		.idle_ns = 600 * NS_PER_S,
	};
	*to = from ? *from : defaults;
	if (!to->flows)
		to->flows = defaults.flows;
	if (!to->held_bytes)
		to->held_bytes = defaults.held_bytes;
	if (!to->held_bytes_flow)
		to->held_bytes_flow = defaults.held_bytes_flow;
	if (!to->gap_ns)
		to->gap_ns = defaults.gap_ns;
	if (!to->idle_ns)
		to->idle_ns = defaults.idle_ns;
}

struct flow_table *flow_table_new(const struct flow_limits *limits, const struct stream_reader *reader)
{
	struct flow_table *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	set_limits(&t->limits, limits);
	map_init(&t->map, t->limits.flows, same);
	t->hash_key = hash_key_random();
	t->reader = *reader;
	t->relist_ns = t->limits.idle_ns / 16 < NS_PER_S ? t->limits.idle_ns / 16 : NS_PER_S;
	list_init(&t->open);
	list_init(&t->closing);
	list_init(&t->holes);
	return t;
}

void flow_table_free(struct flow_table *t)
{
	if (!t)
		return;
	struct list *lists[] = { &t->open, &t->closing };
	for (size_t i = 0; i < 2; i++)
		while (!list_empty(lists[i]))
			flow_free(t, LIST_ENTRY(list_first(lists[i]), struct flow, by_age));
	map_release(&t->map);
	free(t);
}

static void expire_holes(struct flow_table *t)
{
	while (!list_empty(&t->holes)) {
		struct half *h = LIST_ENTRY(list_first(&t->holes), struct half, hole);
		if (t->now_ns - h->hole_since_ns < t->limits.gap_ns)
			return;
		/* The holes behind it may be as old. */
		do
			half_give_up(t, h);
		while (!list_empty(&h->hole) && t->now_ns - h->hole_since_ns >= t->limits.gap_ns);
		struct flow *f = LIST_ENTRY(h - h->side, struct flow, half);
		if (h->next >= h->fin_at) {
			flow_end_side(t, f, h->side, STREAM_FIN);
			if (f->half[!h->side].ended) {
				flow_close(t, f, STREAM_FIN);
				flow_bury(t, f);
			}
		}
	}
}

static void expire_flows(struct flow_table *t)
{
	while (!list_empty(&t->closing)) {
		struct flow *f = LIST_ENTRY(list_first(&t->closing), struct flow, by_age);
		if (t->now_ns - f->listed_ns < LINGER_NS)
			break;
		closing_pop(t);
	}
	while (!list_empty(&t->open)) {
		struct flow *f = LIST_ENTRY(list_first(&t->open), struct flow, by_age);
		if (t->now_ns - f->listed_ns < t->limits.idle_ns)
			return;
		if (t->now_ns - f->last_ns < t->limits.idle_ns) {
			list_at_end(t, f, &t->open);
			continue;
		}
		flow_close(t, f, STREAM_EXPIRED);
		flow_free(t, f);
	}
}

void flow_table_tick(struct flow_table *t, int64_t now_ns)
{
	if (now_ns <= t->now_ns) /* starts at 0: a time before 1970 is none */
		return;
	t->now_ns = now_ns;
	expire_holes(t);
	expire_flows(t);
}

void flow_table_finish(struct flow_table *t)
{
	while (!list_empty(&t->closing))
		closing_pop(t);
	while (!list_empty(&t->open)) {
		struct flow *f = LIST_ENTRY(list_first(&t->open), struct flow, by_age);
		flow_close(t, f, STREAM_CAPTURE_END);
		flow_free(t, f);
	}
}

const uint64_t *flow_table_counts(const struct flow_table *t)
{
	return t->counts;
}

size_t flow_table_flows(const struct flow_table *t)
{
	return t->map.count - t->n_closed;
}

static const struct tally_row rows[SEGMENT_ROWS] = {
	[SEGMENT_SEEN] = { "seen", "TCP segments", TALLY_TOTAL, false },
	[SEGMENT_DATA] = { "data", "brought new bytes", TALLY_PART, false },
	[SEGMENT_CONTROL] = { "control", "without payload", TALLY_PART, false },
	[SEGMENT_DUPLICATE] = { "duplicate", "repeated bytes already known", TALLY_PART, false },
	[SEGMENT_PROBE] = { "probe", "keep-alive and zero-window probes", TALLY_PART, false },
	[SEGMENT_LATE] = { "late", "came after their gap had been declared", TALLY_PART, false },
	[SEGMENT_IGNORED] = { "ignored", "of connections not read, or already reset", TALLY_PART, false },
	[SEGMENT_OUTSIDE] = { "outside", "outside what their connection can hold", TALLY_PART, false },
	[SEGMENT_REFUSED] = { "refused", "no memory for the connection or its bytes", TALLY_PART, true },
	[SEGMENT_OVERLAP_DIFFERS] = { "overlap_differs", "repeated bytes with different content", TALLY_NOTE, false },
	[SEGMENT_OUT_OF_ORDER] = { "out_of_order", "out of order", TALLY_NOTE, false },
	[SEGMENT_GAPS] = { "gaps", "gaps", TALLY_NOTE, true },
	[SEGMENT_BYTES_MISSED] = { "bytes_missed", "bytes in gaps", TALLY_NOTE, true },
	[SEGMENT_BYTES_PROVEN] = { "bytes_proven", "of those, acknowledged by the receiver", TALLY_NOTE, true },
	[SEGMENT_FLOWS] = { "connections", "connections", TALLY_NOTE, false },
	[SEGMENT_FLOWS_EVICTED] = { "connections_evicted", "connections closed by a limit", TALLY_NOTE, true },
};
const struct tally_table segment_table = { "segments", rows, SEGMENT_ROWS };
