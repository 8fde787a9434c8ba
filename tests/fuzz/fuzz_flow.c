/* Any run of segments of a few connections: no crash, offsets next to each other, one end per side, one close per flow, what is
 * held within its caps, every segment in one row.
 *
 * Input: segments in a row, each: which 1 (flow, side, flags, small or full sequence number), numbers 2 or 4 each, length 1, cut 1, time 1. */
#include "base/cursor.h"
#include "wire/flow.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	uint64_t at[2];
	bool ended[2];
	unsigned char quota; /* say ENOUGH after so many pieces; 255: never */
};

static int open_flows;

static void must(bool holds)
{
	if (!holds)
		abort();
}

static int on_open(void *arg, struct flow_info *flow)
{
	const uint8_t *mood = arg;
	if (*mood % 16 == 15)
		return -1;
	struct seen *s = calloc(1, sizeof *s);
	if (!s)
		return -1;
	s->quota = *mood % 16 == 14 ? 3 : 255;
	flow->user = s;
	open_flows++;
	return 0;
}

static enum stream_verdict verdict(struct seen *s)
{
	if (s->quota == 255 || --s->quota)
		return STREAM_WANT;
	s->quota = 255;
	return STREAM_ENOUGH;
}

static volatile uint8_t sink;

static enum stream_verdict on_data(void *arg, struct flow_info *flow, int side, const struct chunk *c)
{
	struct seen *s = flow->user;
	(void)arg;
	must(!s->ended[side] && c->offset == s->at[side] && c->bytes.len > 0);
	for (size_t i = 0; i < c->bytes.len; i++)
		sink ^= c->bytes.ptr[i];
	s->at[side] += c->bytes.len;
	return verdict(s);
}

static enum stream_verdict on_gap(void *arg, struct flow_info *flow, int side, const struct gap *g)
{
	struct seen *s = flow->user;
	(void)arg;
	must(!s->ended[side] && g->offset == s->at[side] && g->len > 0 && g->proven <= g->len);
	s->at[side] += g->len;
	return verdict(s);
}

static void on_end(void *arg, struct flow_info *flow, int side, enum stream_end how, int64_t ts_ns)
{
	struct seen *s = flow->user;
	(void)arg;
	(void)ts_ns;
	must(!s->ended[side] && how <= STREAM_CAPTURE_END);
	s->ended[side] = true;
}

static void on_close(void *arg, struct flow_info *flow)
{
	struct seen *s = flow->user;
	(void)arg;
	must(s->ended[0] && s->ended[1]);
	free(s);
	open_flows--;
}

static uint32_t number(struct cursor *c, bool full)
{
	return full ? cursor_u32be(c) : 0xffffff00U + cursor_u16be(c);
}

static void read_segment(struct cursor *c, struct segment *s)
{
	static const uint8_t flag_sets[8] = { TCP_ACK,           TCP_SYN, TCP_SYN | TCP_ACK, TCP_FIN | TCP_ACK, TCP_RST,
		                              TCP_RST | TCP_ACK, 0,       TCP_FIN | TCP_SYN };
	uint8_t which = cursor_u8(c);
	struct endpoint client = { .family = 4, .port = (uint16_t)(1000 + (which >> 1 & 3)), .addr = { 10, 0, 0, 1 } };
	struct endpoint server = { .family = 4, .port = 80, .addr = { 10, 0, 0, 2 } };
	s->src = which & 1 ? server : client;
	s->dst = which & 1 ? client : server;
	s->flags = flag_sets[which >> 3 & 7];
	s->seq = number(c, which & 0x40);
	s->ack = number(c, which & 0x40);
	size_t len = cursor_u8(c);
	uint8_t cut = cursor_u8(c);
	s->cut_bytes = cut > 250 ? cut - 250U : 0;
	uint8_t wait = cursor_u8(c);
	s->ts_ns += wait < 0xf0 ? wait * 1000000LL : wait * 10000000000LL;
	s->payload = cursor_take(c, len < cursor_left(c) ? len : cursor_left(c));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = cursor_of(slice_of(data, size));
	uint8_t mood = cursor_u8(&c);
	struct stream_reader reader = { &mood, on_open, on_data, on_gap, on_end, on_close };
	struct flow_limits limits = { .flows = 3, .held_bytes = 2000, .held_bytes_flow = 1500 };
	struct flow_table *t = flow_table_new(&limits, &reader);
	if (!t)
		return 0;
	struct segment s = { .ts_ns = 1 };
	while (cursor_left(&c)) {
		read_segment(&c, &s);
		flow_table_push(t, &s);
		const uint64_t *counts = flow_table_counts(t);
		uint64_t parts = 0;
		for (size_t i = 0; i < segment_table.n; i++)
			if (segment_table.rows[i].kind == TALLY_PART)
				parts += counts[i];
		must(parts == counts[SEGMENT_SEEN] && flow_table_flows(t) <= 3);
	}
	flow_table_finish(t);
	flow_table_free(t);
	must(open_flows == 0);
	return 0;
}
