/* flow: conversations as scripts, and what the reader is told of them as a transcript; each at several places in the space of
 * sequence numbers, and with its payloads cut into single bytes. */
#include "base/buf.h"
#include "base/clock.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "unit/wire/flow_scripts.h"
#include "unit/wire/wire_kit.h"
#include "wire/flow.h"

#include <stdio.h>

#define T0 (1700000000 * NS_PER_S)

/* --- the reader: writes a transcript --------------------------------------------------------------------------- */

struct transcript {
	struct buf text;
	int last_side; /* whose bytes stand at the end of text; -1: something else does */
	bool detail;   /* chunk by chunk, with offsets */
	int enough_at; /* say STREAM_ENOUGH at the n-th piece of data; 0: never */
	int pieces;
	bool refuse;
	int opened, closed;
	uint64_t lane;
	bool syn_seen[2]; /* of the flow closed last */
};

static void write_text(struct transcript *w, const char *text)
{
	cr_assert_eq(buf_append_str(&w->text, text), 0);
	w->last_side = -1;
}

static int on_open(void *arg, struct flow_info *flow)
{
	struct transcript *w = arg;
	w->opened++;
	w->lane = flow->lane;
	flow->user = w;
	if (w->refuse)
		return ERR_NOMEM;
	char text[2 * ENDPOINT_TEXT + 16], a[ENDPOINT_TEXT];
	(void)snprintf(text, sizeof text, "%s%s%s", w->text.len ? " " : "", flow->opener_known ? "open " : "join ",
	               endpoint_format(a, &flow->side[SIDE_A]));
	*strchr(text, ':') = 0;
	write_text(w, text);
	return 0;
}

static enum stream_verdict on_data(void *arg, struct flow_info *flow, int side, const struct chunk *c)
{
	struct transcript *w = arg;
	cr_assert_eq(flow->user, w);
	cr_assert_gt(c->bytes.len, 0);
	if (w->detail) {
		cr_assert_eq(buf_printf(&w->text, " %c%zu<%zu%s:", 'A' + side, (size_t)c->offset, (size_t)c->peer_offset,
		                        c->segment_start ? "" : "~"),
		             0);
	} else if (w->last_side != side) {
		cr_assert_eq(buf_printf(&w->text, " %c:", 'A' + side), 0);
	}
	cr_assert_eq(buf_append(&w->text, c->bytes), 0);
	w->last_side = side;
	return ++w->pieces == w->enough_at ? STREAM_ENOUGH : STREAM_WANT;
}

static enum stream_verdict on_gap(void *arg, struct flow_info *flow, int side, const struct gap *g)
{
	struct transcript *w = arg;
	cr_assert_eq(flow->user, w);
	cr_assert_gt(g->len, 0);
	cr_assert_leq(g->proven, g->len);
	cr_assert_eq(buf_printf(&w->text, " %c[%zu,%zu]", 'A' + side, (size_t)g->len, (size_t)g->proven), 0);
	w->last_side = -1;
	return STREAM_WANT;
}

static void on_end(void *arg, struct flow_info *flow, int side, enum stream_end how, int64_t ts_ns)
{
	static const char *const names[] = { "fin", "rst", "expired", "evicted", "reused", "over" };
	struct transcript *w = arg;
	cr_assert_eq(flow->user, w);
	cr_assert_gt(ts_ns, 0);
	cr_assert_eq(buf_printf(&w->text, " %c.%s", 'A' + side, names[how]), 0);
	w->last_side = -1;
}

static void on_close(void *arg, struct flow_info *flow)
{
	struct transcript *w = arg;
	cr_assert_eq(flow->user, w);
	w->closed++;
	memcpy(w->syn_seen, flow->syn_seen, sizeof w->syn_seen);
	write_text(w, " close");
}

static struct stream_reader reader_of(struct transcript *w)
{
	buf_init(&w->text, 1 << 20);
	w->last_side = -1;
	return (struct stream_reader){ .arg = w, .open = on_open, .data = on_data, .gap = on_gap, .end = on_end, .close = on_close };
}

/* --- scripts, run ----------------------------------------------------------------------------------------------- */

static const uint32_t isns[] = { 1000, 0, 0xffffffff, 0xfffffffe, 0xfffffffb, 0x7ffffffe, 0x80000000 };
enum { ISNS = sizeof isns / sizeof isns[0] };

static uint8_t flags_of(const char *text)
{
	uint8_t flags = 0;
	for (; *text; text++)
		flags |= *text == 'S' ? TCP_SYN : *text == 'A' ? TCP_ACK : *text == 'F' ? TCP_FIN : *text == 'R' ? TCP_RST : 0;
	return flags;
}

static struct segment segment_of(const struct line *l, const uint32_t isn[2], int64_t now_ns)
{
	static const struct endpoint a = { .family = 4, .port = 40000, .addr = { 192, 0, 2, 1 } };
	static const struct endpoint b = { .family = 4, .port = 80, .addr = { 192, 0, 2, 2 } };
	int side = l->side == 'A' ? 0 : 1;
	uint8_t flags = flags_of(l->flags);
	return (struct segment){
		.src = side ? b : a,
		.dst = side ? a : b,
		.seq = isn[side] + 1 + (uint32_t)l->seq,
		.ack = flags & TCP_ACK ? isn[!side] + 1 + (uint32_t)l->ack : 0,
		.flags = flags,
		.window = 1000,
		.payload = slice_str(l->payload),
		.cut_bytes = l->cut,
		.ts_ns = now_ns,
	};
}

/* How a script's payloads are cut: not at all, into single bytes, or in two at some place. */
enum { WHOLE = 0, BYTEWISE = -1 };

static void push_part(struct flow_table *t, const struct segment *s, size_t from, size_t len)
{
	struct segment part = *s;
	part.payload = slice_cut(s->payload, from, len);
	/* The SYN stands in front of the bytes, the FIN behind them. */
	part.seq += (uint32_t)from;
	if (from + len < s->payload.len)
		part.flags &= (uint8_t)~TCP_FIN;
	flow_table_push(t, &part);
}

static void push_cut(struct flow_table *t, const struct segment *s, int cut)
{
	size_t len = s->payload.len, at = (size_t)cut;
	if (cut == WHOLE || len < 2) {
		flow_table_push(t, s);
	} else if (cut == BYTEWISE) {
		for (size_t i = 0; i < len; i++)
			push_part(t, s, i, 1);
	} else {
		at = at < len ? at : len - 1;
		push_part(t, s, 0, at);
		push_part(t, s, at, len - at);
	}
}

static void push_line(struct flow_table *t, const struct line *l, const uint32_t isn[2], int64_t now_ns, int cut)
{
	if (l->side == '~') {
		flow_table_tick(t, now_ns);
		return;
	}
	struct segment s = segment_of(l, isn, now_ns);
	struct slice guarded = guard_copy(s.payload);
	s.payload = guarded;
	push_cut(t, &s, cut);
	guard_free(guarded);
}

static void run(struct flow_table *t, const struct script *script, const uint32_t isn[2], int cut)
{
	int64_t now_ns = T0;
	for (const struct line *l = script->lines; l->side; l++) {
		now_ns += l->wait_ms * NS_PER_MS;
		push_line(t, l, isn, now_ns, cut);
		assert_balanced(&segment_table, flow_table_counts(t));
	}
	flow_table_finish(t);
	cr_assert_eq(flow_table_flows(t), 0);
}

static void check(const struct script *script, const uint32_t isn[2], int cut)
{
	struct transcript w = { .detail = false };
	struct stream_reader reader = reader_of(&w);
	struct flow_table *t = flow_table_new(NULL, &reader);
	run(t, script, isn, cut);
	cr_expect(slice_eq(buf_slice(&w.text), slice_str(script->expected)), "%s (isn %08x%s)\n  got  %.*s\n  want %s", script->name,
	          isn[0],
	          cut == BYTEWISE ? ", byte by byte"
	          : cut           ? ", cut in two"
	                          : "",
	          (int)w.text.len, (const char *)w.text.ptr, script->expected);
	if (script->row != SEGMENT_SEEN && cut == WHOLE)
		cr_expect_eq(flow_table_counts(t)[script->row], script->count, "%s: %s is %zu", script->name,
		             segment_table.rows[script->row].key, (size_t)flow_table_counts(t)[script->row]);
	cr_expect_eq(w.opened, w.closed, "%s", script->name);
	flow_table_free(t);
	buf_release(&w.text);
}

Test(flow, scripts)
{
	for (size_t i = 0; i < SCRIPTS; i++)
		for (size_t k = 0; k < ISNS; k++) {
			const uint32_t isn[2] = { isns[k], isns[(k + 3) % ISNS] };
			check(&scripts[i], isn, WHOLE);
			for (int cut = BYTEWISE; cut < 8 && !scripts[i].whole; cut++)
				check(&scripts[i], isn, cut);
		}
}

Test(flow, any_allocation_may_fail)
{
	static const uint32_t isn[2] = { 1000, 2000 };
	for (size_t i = 0; i < SCRIPTS; i++)
		for (unsigned long n = 1;; n++) {
			struct transcript w = { .detail = false };
			struct stream_reader reader = reader_of(&w);
			alloc_fail_at(0);
			cr_assert_eq(buf_reserve(&w.text, 4096), 0);
			alloc_fail_at(n);
			struct flow_table *t = flow_table_new(NULL, &reader);
			if (t)
				run(t, &scripts[i], isn, WHOLE);
			cr_assert_eq(w.opened, w.closed);
			flow_table_free(t);
			buf_release(&w.text);
			if (!alloc_failed())
				break;
		}
	alloc_fail_at(0);
}

/* --- what chunks say besides their bytes ---------------------------------------------------------------------------- */

static const uint32_t plain_isn[2] = { 1000, 2000 };

static void expect_detail(const struct line *lines, const char *expected)
{
	struct script script = { .name = "" };
	for (size_t i = 0; lines[i].side; i++)
		script.lines[i] = lines[i];
	struct transcript w = { .detail = true };
	struct stream_reader reader = reader_of(&w);
	struct flow_table *t = flow_table_new(NULL, &reader);
	run(t, &script, plain_isn, WHOLE);
	cr_expect(slice_eq(buf_slice(&w.text), slice_str(expected)), "\n  got  %.*s\n  want %s", (int)w.text.len, (const char *)w.text.ptr,
	          expected);
	flow_table_free(t);
	buf_release(&w.text);
}

Test(flow, chunks_say_what_was_acknowledged)
{
	/* Pipelined: the second request left before the first answer was acknowledged. */
	static const struct line pipelined[] = { HANDSHAKE,
		                                 { 'A', "A", 0, 0, "one", 0, 0 },
		                                 { 'A', "A", 3, 0, "two", 0, 0 },
		                                 { 'B', "A", 0, 3, "1", 0, 0 },
		                                 { 'B', "A", 1, 6, "2", 0, 0 },
		                                 { 'A', "A", 6, 1, "three", 0, 0 },
		                                 { 0 } };
	expect_detail(pipelined, "open 192.0.2.1 A0<0:one A3<0:two B0<3:1 B1<6:2 A6<1:three A.over B.over close");
	/* Held bytes keep what their own packet said; a remainder does not start a segment. */
	static const struct line held[] = { HANDSHAKE,
		                            { 'B', "A", 0, 0, "hello", 0, 0 },
		                            { 'A', "A", 4, 5, "ef", 0, 0 },
		                            { 'A', "A", 2, 3, "cdefgh", 0, 0 },
		                            { 'A', "A", 0, 0, "ab", 0, 0 },
		                            { 0 } };
	expect_detail(held, "open 192.0.2.1 B0<0:hello A0<0:ab A2<3:cd A4<5:ef A6<3~:gh A.over B.over close");
	/* A capture of one side: what it acknowledged of the other is known all the same. */
	static const struct line one_sided[] = {
		{ 'A', "A", 0, 0, "one", 0, 0 }, { 'A', "A", 3, 500, "two", 0, 0 }, { 'A', "A", 6, 900, "three", 0, 0 }, { 0 }
	};
	expect_detail(one_sided, "join 192.0.2.1 A0<0:one A3<500:two A6<900:three A.over B.over close");
	/* The FIN takes a sequence number but no offset. */
	static const struct line fin[] = { HANDSHAKE, { 'A', "FA", 0, 0, "one", 0, 0 }, { 'B', "A", 0, 4, "1", 0, 0 }, { 0 } };
	expect_detail(fin, "open 192.0.2.1 A0<0:one A.fin B0<3:1 B.over close");
}

/* --- limits, verdicts, ids -------------------------------------------------------------------------------------------- */

static struct segment from_port(uint16_t port, uint32_t seq, const char *payload, int64_t ts_ns)
{
	static const struct line line = { 'A', "A", 0, 0, "", 0, 0 };
	struct segment s = segment_of(&line, plain_isn, ts_ns);
	s.src.port = port;
	s.seq = seq;
	s.payload = slice_str(payload);
	return s;
}

Test(flow, says_whose_syn_was_seen)
{
	static const struct {
		bool seen[2];
		struct line lines[5];
	} cases[] = {
		{ { true, true }, { { 'A', "S", -1, 0, "", 0, 0 }, { 'B', "SA", -1, 0, "", 0, 0 }, { 'A', "A", 0, 0, "hi", 0, 0 } } },
		{ { true, true }, { { 'B', "SA", -1, 2, "", 0, 0 }, { 'A', "S", -1, 0, "hi", 0, 0 }, { 'B', "A", 0, 2, "ho", 0, 0 } } },
		{ { false, true }, { { 'B', "SA", -1, 2, "", 0, 0 }, { 'A', "A", 2, 0, "hi", 0, 0 } } },
		{ { true, false }, { { 'A', "S", -1, 0, "", 0, 0 }, { 'A', "A", 0, 0, "hi", 0, 0 }, { 'B', "A", 0, 2, "ho", 0, 0 } } },
		{ { false, false }, { { 'A', "A", 0, 0, "hi", 0, 0 }, { 'B', "A", 0, 2, "ho", 0, 0 } } },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct script script = { .name = "" };
		memcpy(script.lines, cases[i].lines, sizeof cases[i].lines);
		struct transcript w = { .detail = false };
		struct stream_reader reader = reader_of(&w);
		struct flow_table *t = flow_table_new(NULL, &reader);
		run(t, &script, plain_isn, WHOLE);
		cr_expect_eq(w.closed, 1, "%zu", i);
		for (int side = 0; side < 2; side++)
			cr_expect_eq(w.syn_seen[side], cases[i].seen[side], "%zu, %c", i, 'A' + side);
		flow_table_free(t);
		buf_release(&w.text);
	}
}

Test(flow, the_oldest_flow_goes_first)
{
	struct transcript w = { .detail = false };
	struct stream_reader reader = reader_of(&w);
	struct flow_table *t = flow_table_new(&(struct flow_limits){ .flows = 3 }, &reader);
	for (uint16_t port = 1; port <= 3; port++) {
		struct segment s = from_port(port, 0, "a", T0 + port * NS_PER_S);
		flow_table_push(t, &s);
	}
	struct segment again = from_port(1, 1, "a", T0 + 10 * NS_PER_S), more = from_port(4, 0, "b", T0 + 11 * NS_PER_S);
	flow_table_push(t, &again);
	flow_table_push(t, &more);
	cr_assert_eq(flow_table_flows(t), 3);
	cr_assert_eq(flow_table_counts(t)[SEGMENT_FLOWS_EVICTED], 1);
	struct segment kept = from_port(1, 2, "c", T0 + 12 * NS_PER_S);
	flow_table_push(t, &kept);
	cr_assert_eq(flow_table_counts(t)[SEGMENT_FLOWS], 4, "the second, not the first, has gone");
	flow_table_finish(t);
	cr_assert_eq(w.opened, 4);
	cr_assert_eq(w.closed, 4);
	flow_table_free(t);
	buf_release(&w.text);
}

Test(flow, held_bytes_have_caps)
{
	static const struct flow_limits limits[] = { { .held_bytes_flow = 4000 }, { .held_bytes = 4000 } };
	for (size_t i = 0; i < 2; i++) {
		struct transcript w = { .detail = false };
		struct stream_reader reader = reader_of(&w);
		struct flow_table *t = flow_table_new(&limits[i], &reader);
		uint64_t bytes = 0;
		for (uint32_t n = 0; n < 3000; n++) { /* every second byte is missing, in three flows */
			struct segment s = from_port((uint16_t)(1 + n % 3), n / 3 * 2, "x", T0);
			flow_table_push(t, &s);
			bytes++;
			assert_balanced(&segment_table, flow_table_counts(t));
		}
		cr_assert_gt(flow_table_counts(t)[SEGMENT_GAPS], 2700, "most had to be let go already");
		flow_table_finish(t);
		cr_assert_eq(flow_table_counts(t)[SEGMENT_GAPS], 3 * 999);
		cr_assert_eq(flow_table_counts(t)[SEGMENT_BYTES_MISSED], 3 * 999);
		cr_assert_eq((uint64_t)w.pieces, bytes);
		flow_table_free(t);
		buf_release(&w.text);
	}
}

/* However small the pieces: the number of blocks is bounded too. */
Test(flow, held_blocks_have_a_cap)
{
	struct transcript w = { .detail = false };
	struct stream_reader reader = reader_of(&w);
	struct flow_table *t = flow_table_new(NULL, &reader);
	for (uint32_t n = 0; n < 20000; n++) {
		struct segment s = from_port(1, n * 2, "x", T0);
		flow_table_push(t, &s);
	}
	cr_assert_gt(flow_table_counts(t)[SEGMENT_GAPS], 10000);
	flow_table_finish(t);
	cr_assert_eq(w.pieces, 20000);
	flow_table_free(t);
	buf_release(&w.text);
}

Test(flow, enough_is_enough)
{
	struct transcript w = { .enough_at = 2 };
	struct stream_reader reader = reader_of(&w);
	struct flow_table *t = flow_table_new(NULL, &reader);
	static const struct script script = { .lines = { HANDSHAKE,
		                                         { 'A', "A", 0, 0, "abc", 0, 0 },
		                                         { 'A', "A", 6, 0, "ghi", 0, 0 },
		                                         { 'A', "A", 9, 0, "jkl", 0, 0 },
		                                         { 'A', "A", 3, 0, "def", 0, 0 },
		                                         { 'A', "A", 999, 0, "more", 0, 0 },
		                                         { 'B', "A", 0, 3, "xyz", 0, 0 },
		                                         { 'A', "FA", 2000, 0, "", 0, 0 },
		                                         { 'B', "FA", 3, 0, "", 0, 0 } } };
	run(t, &script, plain_isn, WHOLE);
	cr_assert(slice_eq(buf_slice(&w.text), slice_str("open 192.0.2.1 A:abcdef B:xyz A.fin B.fin close")), "%.*s", (int)w.text.len,
	          (const char *)w.text.ptr);
	cr_assert_eq(flow_table_counts(t)[SEGMENT_IGNORED], 1);
	flow_table_free(t);
	buf_release(&w.text);
}

Test(flow, a_flow_that_the_reader_refuses_is_ignored)
{
	struct transcript w = { .refuse = true };
	struct stream_reader reader = reader_of(&w);
	struct flow_table *t = flow_table_new(NULL, &reader);
	run(t, &scripts[0], plain_isn, WHOLE);
	cr_assert_eq(w.text.len, 0);
	cr_assert_eq(w.opened, 1);
	cr_assert_eq(w.closed, 0);
	cr_assert_eq(flow_table_counts(t)[SEGMENT_IGNORED], 4);
	flow_table_free(t);
	buf_release(&w.text);
}

Test(flow, lanes_are_the_same_every_time)
{
	uint64_t lanes[3];
	for (size_t i = 0; i < 3; i++) {
		struct transcript w = { .detail = false };
		struct stream_reader reader = reader_of(&w);
		struct flow_table *t = flow_table_new(NULL, &reader);
		struct segment s = from_port(1, 0, "a", T0 + (i == 2));
		flow_table_push(t, &s);
		lanes[i] = w.lane;
		flow_table_finish(t);
		flow_table_free(t);
		buf_release(&w.text);
	}
	cr_assert_eq(lanes[0], lanes[1]);
	cr_assert_neq(lanes[0], lanes[2], "another start, another lane");
	cr_assert_eq(lanes[0], LANE_OF_PORT_1, "ids in old logs stay what they are: %016zx", (size_t)lanes[0]);
}

Test(flow, vlans_are_apart)
{
	struct transcript w = { .detail = false };
	struct stream_reader reader = reader_of(&w);
	struct flow_table *t = flow_table_new(NULL, &reader);
	for (uint32_t vlan = 0; vlan < 3; vlan++) {
		struct segment s = from_port(1, 0, "a", T0);
		s.vlan = vlan;
		flow_table_push(t, &s);
	}
	cr_assert_eq(flow_table_flows(t), 3);
	flow_table_finish(t);
	flow_table_free(t);
	buf_release(&w.text);
}

static struct segment in_vlan(uint32_t vlan, bool answer, uint8_t flags, const char *payload)
{
	struct segment s = from_port(1, answer ? 900 : 100, payload, T0);
	if (answer) {
		struct endpoint swap = s.src;
		s.src = s.dst;
		s.dst = swap;
	}
	s.vlan = vlan;
	s.flags = flags;
	s.ack = answer ? 101 : 901;
	if (!(flags & TCP_SYN))
		s.seq++;
	return s;
}

/* As a mirror of a trunk shows them. */
Test(flow, two_directions_may_have_a_vlan_each)
{
	for (int with_syn = 0; with_syn < 2; with_syn++)
		for (uint32_t vlan = 0; vlan < 2; vlan++) {
			struct transcript w = { .detail = false };
			struct stream_reader reader = reader_of(&w);
			struct flow_table *t = flow_table_new(NULL, &reader);
			const struct segment segments[] = {
				in_vlan(vlan, false, TCP_SYN, ""),
				in_vlan(7, true, TCP_SYN | TCP_ACK, ""),
				in_vlan(vlan, false, TCP_ACK, "a"),
				in_vlan(7, true, TCP_ACK, "b"),
				/* The other VLAN's traffic in a direction that is taken is a connection of its own, and ends apart. */
				in_vlan(vlan, true, TCP_ACK, "c"),
				in_vlan(vlan, false, TCP_ACK | TCP_FIN, "a"),
			};
			for (size_t i = with_syn ? 0 : 2; i < sizeof segments / sizeof *segments; i++) {
				flow_table_push(t, &segments[i]);
				cr_expect_eq(flow_table_flows(t), i < 4 ? 1 : 2, "after segment %zu", i);
			}
			flow_table_finish(t);
			cr_expect_eq(flow_table_flows(t), 0);
			flow_table_free(t);
			buf_release(&w.text);
		}
}

Test(flow, what_another_vlan_acknowledges_is_not_this_connection)
{
	struct transcript w = { .detail = false };
	struct stream_reader reader = reader_of(&w);
	struct flow_table *t = flow_table_new(NULL, &reader);
	struct segment first = in_vlan(5, false, TCP_SYN, ""), other = in_vlan(7, true, TCP_SYN | TCP_ACK, "");
	other.ack += 1000000;
	flow_table_push(t, &first);
	flow_table_push(t, &other);
	cr_expect_eq(flow_table_flows(t), 2);
	flow_table_finish(t);
	flow_table_free(t);
	buf_release(&w.text);
}

/* --- beyond 4 GiB ------------------------------------------------------------------------------------------------------- */

static enum stream_verdict add_up(void *arg, struct flow_info *flow, int side, const struct chunk *c)
{
	uint64_t *at = arg;
	(void)flow;
	(void)side;
	cr_assert_eq(c->offset, *at);
	cr_assert_eq(c->peer_offset, c->offset / 2);
	*at += c->bytes.len;
	return STREAM_WANT;
}

static int take_any(void *arg, struct flow_info *flow)
{
	(void)arg;
	(void)flow;
	return 0;
}

static enum stream_verdict no_gap(void *arg, struct flow_info *flow, int side, const struct gap *g)
{
	(void)arg;
	(void)flow;
	(void)side;
	(void)g;
	cr_assert_fail("nothing was missing");
	return STREAM_WANT;
}

static void let_end(void *arg, struct flow_info *flow, int side, enum stream_end how, int64_t ts_ns)
{
	(void)arg;
	(void)flow;
	(void)side;
	(void)how;
	(void)ts_ns;
}

static void let_close(void *arg, struct flow_info *flow)
{
	(void)arg;
	(void)flow;
}

Test(flow, offsets_have_64_bits)
{
	static const char piece[1 << 20];
	enum { PIECES = 9000 };
	uint64_t at = 0;
	struct stream_reader reader = { &at, take_any, add_up, no_gap, let_end, let_close };
	struct flow_table *t = flow_table_new(NULL, &reader);
	struct line syn = { 'A', "S", -1, 0, "", 0, 0 }, answer = { 'B', "SA", -1, 0, "", 0, 0 }, data = { 'A', "A", 0, 0, "", 0, 0 };
	struct segment s = segment_of(&syn, plain_isn, T0);
	flow_table_push(t, &s);
	s = segment_of(&answer, plain_isn, T0);
	flow_table_push(t, &s);
	for (int64_t i = 0; i < PIECES; i++) {
		data.seq = i * (1 << 20);
		data.ack = data.seq / 2;
		s = segment_of(&data, plain_isn, T0);
		s.payload = slice_of(piece, sizeof piece);
		flow_table_push(t, &s);
	}
	cr_assert_eq(at, (uint64_t)PIECES << 20);
	cr_assert_eq(flow_table_counts(t)[SEGMENT_DATA], PIECES);
	flow_table_free(t);
}
