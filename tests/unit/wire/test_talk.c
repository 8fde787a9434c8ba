/* flow against conversations with an exact truth: thousands of seeds, each segmented, reordered, repeated, overlapped and lossy in
 * its own way. Every byte that was captured is delivered in its place, every other is in a gap, and nothing else is. */
#include "base/clock.h"
#include "support/unit_talk.h"
#include "unit/wire/wire_kit.h"
#include "wire/flow.h"

struct listener {
	const struct talk *talk;
	uint64_t at[2];
	uint64_t missed;
	bool hasty; /* limits are so low that bytes which were captured end up in gaps */
	int ends[2], opened, closed;
};

static int on_open(void *arg, struct flow_info *flow)
{
	struct listener *l = arg;
	l->opened++;
	cr_assert(endpoint_eq(&flow->side[SIDE_A], &l->talk->side[0]));
	cr_assert(endpoint_eq(&flow->side[SIDE_B], &l->talk->side[1]));
	return 0;
}

static enum stream_verdict on_data(void *arg, struct flow_info *flow, int side, const struct chunk *c)
{
	struct listener *l = arg;
	(void)flow;
	cr_assert_eq(l->ends[side], 0);
	cr_assert_eq(c->offset, l->at[side]);
	cr_assert_leq(c->offset + c->bytes.len, l->talk->len[side]);
	cr_assert_leq(c->peer_offset, l->talk->len[!side]);
	cr_assert_eq(memcmp(c->bytes.ptr, l->talk->truth[side] + c->offset, c->bytes.len), 0,
	             "side %d at %zu of %zu, first byte of flow %02x", side, (size_t)c->offset, l->talk->len[side], l->talk->truth[0][0]);
	cr_assert(!c->segment_start || l->talk->starts[side][c->offset]);
	l->at[side] += c->bytes.len;
	return STREAM_WANT;
}

static enum stream_verdict on_gap(void *arg, struct flow_info *flow, int side, const struct gap *g)
{
	struct listener *l = arg;
	(void)flow;
	cr_assert_eq(g->offset, l->at[side]);
	cr_assert_leq(g->offset + g->len, l->talk->len[side]);
	for (uint64_t i = g->offset; i < g->offset + g->len; i++)
		cr_assert(l->hasty || !l->talk->captured[side][i], "byte %zu was there", (size_t)i);
	l->at[side] += g->len;
	l->missed += g->len;
	return STREAM_WANT;
}

static void on_end(void *arg, struct flow_info *flow, int side, enum stream_end how, int64_t ts_ns)
{
	struct listener *l = arg;
	(void)flow;
	(void)ts_ns;
	l->ends[side]++;
	cr_assert(how == STREAM_FIN || how == STREAM_CAPTURE_END);
}

static void on_close(void *arg, struct flow_info *flow)
{
	struct listener *l = arg;
	(void)flow;
	l->closed++;
}

static void check(const struct talk_options *options, const struct flow_limits *limits)
{
	struct talk *talk = talk_new(options);
	struct listener l = { .talk = talk, .hasty = limits };
	struct stream_reader reader = { &l, on_open, on_data, on_gap, on_end, on_close };
	struct flow_table *t = flow_table_new(limits, &reader);
	uint64_t lost = 0;
	for (size_t i = 0; i < talk->n; i++)
		flow_table_push(t, &talk->segments[i]);
	flow_table_finish(t);
	for (int side = 0; side < (options->one_sided ? 1 : 2); side++) {
		cr_assert_eq(l.at[side], talk->len[side], "seed %zu, side %d: %zu of %zu bytes", (size_t)options->seed, side,
		             (size_t)l.at[side], talk->len[side]);
		for (size_t i = 0; i < talk->len[side]; i++)
			lost += !talk->captured[side][i];
	}
	cr_assert(limits ? l.missed >= lost : l.missed == lost);
	cr_assert_eq(l.opened, 1);
	cr_assert_eq(l.closed, 1);
	cr_assert(l.ends[0] == 1 && l.ends[1] == 1);
	const uint64_t *counts = flow_table_counts(t);
	assert_balanced(&segment_table, counts);
	cr_assert_eq(counts[SEGMENT_BYTES_MISSED], l.missed);
	cr_assert(limits || counts[SEGMENT_LATE] == 0);
	cr_assert_eq(counts[SEGMENT_OVERLAP_DIFFERS], 0);
	cr_assert_eq(counts[SEGMENT_OUTSIDE] + counts[SEGMENT_REFUSED] + counts[SEGMENT_IGNORED], 0);
	flow_table_free(t);
	talk_free(talk);
}

enum { SEEDS = 2000 };

Test(talk, nothing_lost)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		check(
		        &(struct talk_options){
		                .seed = seed,
		                .reorder = (unsigned)(seed % 7) * 100,
		                .repeat = (unsigned)(seed % 5) * 150,
		                .stream_max = 1 + (seed * 37) % 8000,
		                .no_handshake = seed % 11 == 0,
		        },
		        NULL);
}

Test(talk, gaps_account_for_what_was_lost)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		check(
		        &(struct talk_options){
		                .seed = seed,
		                .reorder = (unsigned)(seed % 5) * 100,
		                .repeat = (unsigned)(seed % 3) * 150,
		                .lose = 20 + (unsigned)(seed % 8) * 60,
		                .stream_max = 1 + (seed * 37) % 8000,
		                .no_handshake = seed % 11 == 0,
		        },
		        NULL);
}

Test(talk, one_side_only)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		check(
		        &(struct talk_options){
		                .seed = seed,
		                .reorder = (unsigned)(seed % 5) * 100,
		                .repeat = (unsigned)(seed % 3) * 150,
		                .lose = (unsigned)(seed % 4) * 60,
		                .stream_max = 1 + (seed * 37) % 8000,
		                .one_sided = true,
		        },
		        NULL);
}

Test(talk, limits_cost_bytes_but_never_their_order)
{
	static const struct flow_limits limits[] = { { .gap_ns = 300000 }, { .held_bytes_flow = 500 }, { .held_bytes = 500 } };
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		check(
		        &(struct talk_options){
		                .seed = seed,
		                .reorder = (unsigned)(seed % 5) * 100,
		                .repeat = (unsigned)(seed % 3) * 150,
		                .lose = (unsigned)(seed % 4) * 60,
		                .stream_max = 1 + (seed * 37) % 8000,
		        },
		        &limits[seed % 3]);
}
