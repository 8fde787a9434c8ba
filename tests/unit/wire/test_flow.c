/* flow: conversations as scripts, and what the reader is told of them as a transcript; each at several places in the space of
 * sequence numbers, and with its payloads cut into single bytes. */
#include "base/buf.h"
#include "base/clock.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
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
	write_text(w, " close");
}

static struct stream_reader reader_of(struct transcript *w)
{
	buf_init(&w->text, 1 << 20);
	w->last_side = -1;
	return (struct stream_reader){ .arg = w, .open = on_open, .data = on_data, .gap = on_gap, .end = on_end, .close = on_close };
}

/* --- scripts ----------------------------------------------------------------------------------------------------- */

/* One segment; sequence numbers relative to the first byte of the side's stream (so a SYN has -1). */
struct line {
	char side;         /* 'A' or 'B'; '~': wait; 0: the script is over */
	const char *flags; /* of S A F R; A is what nearly all have */
	int64_t seq, ack;
	const char *payload;
	uint32_t cut;
	int64_t wait_ms; /* before it */
};

/* What the id of one flow is, for good. */
#define LANE_OF_PORT_1 0x09321ae99793628bULL

enum { LINES = 20 };
#define HANDSHAKE                                                                                                                          \
	{ 'A', "S", -1, 0, "", 0, 0 }, { 'B', "SA", -1, 0, "", 0, 0 },                                                                     \
	{                                                                                                                                  \
		'A', "A", 0, 0, "", 0, 0                                                                                                   \
	}

static const struct script {
	const char *name;
	const char *expected;
	enum segment_row row; /* a count to look at; SEGMENT_SEEN: none */
	uint64_t count;
	bool whole; /* not to be cut into single bytes */
	struct line lines[LINES];
} scripts[] = {
	{ "in order",
	  "open 192.0.2.1 A:GET / B:200 OK A.fin B.fin close",
	  SEGMENT_DATA,
	  4,
	  false,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "GET", 0, 0 },
	    { 'A', "A", 3, 0, " /", 0, 0 },
	    { 'B', "A", 0, 5, "200", 0, 0 },
	    { 'B', "A", 3, 5, " OK", 0, 0 },
	    { 'A', "FA", 5, 6, "", 0, 0 },
	    { 'B', "FA", 6, 6, "", 0, 0 },
	    { 'A', "A", 6, 7, "", 0, 0 } } },
	{ "syn-ack before syn",
	  "open 192.0.2.1 A:hi B:ho A.over B.over close",
	  SEGMENT_FLOWS,
	  1,
	  false,
	  { { 'B', "SA", -1, 0, "", 0, 0 },
	    { 'A', "S", -1, 0, "", 0, 0 },
	    { 'A', "A", 0, 0, "hi", 0, 0 },
	    { 'B', "A", 0, 2, "ho", 0, 0 } } },
	{ "reordered",
	  "open 192.0.2.1 A:abcdefghi A.over B.over close",
	  SEGMENT_OUT_OF_ORDER,
	  2,
	  true,
	  { HANDSHAKE, { 'A', "A", 6, 0, "ghi", 0, 0 }, { 'A', "A", 3, 0, "def", 0, 0 }, { 'A', "A", 0, 0, "abc", 0, 0 } } },
	{ "bytes before the syn",
	  "join 192.0.2.1 A:abcdef B:xy A.over B.over close",
	  SEGMENT_FLOWS,
	  1,
	  false,
	  { { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "S", -1, 0, "", 0, 0 },
	    { 'B', "SA", -1, 0, "", 0, 0 },
	    { 'A', "A", 3, 0, "def", 0, 0 },
	    { 'B', "A", 0, 6, "xy", 0, 0 } } },
	{ "bytes before the syn-ack",
	  "open 192.0.2.1 B:abcdef A:hi A.over B.over close",
	  SEGMENT_GAPS,
	  0,
	  false,
	  { { 'A', "S", -1, 0, "", 0, 0 },
	    { 'B', "A", 3, 0, "def", 0, 0 },
	    { 'B', "SA", -1, 0, "", 0, 0 },
	    { 'B', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "A", 0, 0, "hi", 0, 0 } } },
	{ "bytes, and the syn-ack never seen",
	  "open 192.0.2.1 B:defghi A.over B.over close",
	  SEGMENT_GAPS,
	  0,
	  false,
	  { { 'A', "S", -1, 0, "", 0, 0 },
	    { 'B', "A", 3, 0, "def", 0, 0 },
	    { '~', "", 0, 0, "", 0, 2000 },
	    { 'B', "A", 6, 0, "ghi", 0, 0 } } },
	{ "forged bytes before the syn-ack",
	  "open 192.0.2.1 A:hi B:abc A.over B.over close",
	  SEGMENT_GAPS,
	  0,
	  false,
	  { { 'A', "S", -1, 0, "", 0, 0 },
	    { 'B', "A", 777777, 0, "bad", 0, 0 },
	    { 'B', "SA", -1, 0, "", 0, 0 },
	    { 'A', "A", 0, 0, "hi", 0, 0 },
	    { 'B', "A", 0, 2, "abc", 0, 0 } } },
	{ "repeated",
	  "open 192.0.2.1 A:abcdef A.over B.over close",
	  SEGMENT_DUPLICATE,
	  2,
	  true,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "A", 3, 0, "def", 0, 0 },
	    { 'A', "A", 1, 0, "bcd", 0, 0 } } },
	{ "repeated and longer",
	  "open 192.0.2.1 A:abcdef A.over B.over close",
	  SEGMENT_DATA,
	  2,
	  false,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'A', "A", 0, 0, "abcdef", 0, 0 } } },
	{ "first copy wins behind a hole",
	  "open 192.0.2.1 A:abcdefgh A.over B.over close",
	  SEGMENT_OVERLAP_DIFFERS,
	  1,
	  true,
	  { HANDSHAKE, { 'A', "A", 3, 0, "def", 0, 0 }, { 'A', "A", 2, 0, "cXXXgh", 0, 0 }, { 'A', "A", 0, 0, "ab", 0, 0 } } },
	{ "an equal overlap is no difference",
	  "open 192.0.2.1 A:abcdefgh A.over B.over close",
	  SEGMENT_OVERLAP_DIFFERS,
	  0,
	  false,
	  { HANDSHAKE, { 'A', "A", 3, 0, "def", 0, 0 }, { 'A', "A", 2, 0, "cdefgh", 0, 0 }, { 'A', "A", 0, 0, "ab", 0, 0 } } },
	{ "one segment fills two holes",
	  "open 192.0.2.1 A:abcdefgh A.over B.over close",
	  SEGMENT_DATA,
	  3,
	  true,
	  { HANDSHAKE, { 'A', "A", 2, 0, "c", 0, 0 }, { 'A', "A", 5, 0, "fg", 0, 0 }, { 'A', "A", 0, 0, "abcdefgh", 0, 0 } } },
	{ "keep-alive",
	  "open 192.0.2.1 A:abcdef A.over B.over close",
	  SEGMENT_PROBE,
	  2,
	  true,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "A", 2, 0, "\xff", 0, 9000 },
	    { 'A', "A", 2, 0, "", 0, 9000 },
	    { 'A', "A", 3, 0, "def", 0, 0 } } },
	{ "zero-window probe",
	  "open 192.0.2.1 A:abcdef A.over B.over close",
	  SEGMENT_GAPS,
	  0,
	  true,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'B', "A", 0, 3, "", 0, 0 },
	    { 'A', "A", 3, 0, "d", 0, 9000 },
	    { 'B', "A", 0, 3, "", 0, 0 },
	    { 'A', "A", 3, 0, "def", 0, 0 } } },
	{ "fast open",
	  "open 192.0.2.1 A:GET / B:200 A.over B.over close",
	  SEGMENT_DATA,
	  3,
	  true,
	  { { 'A', "S", -1, 0, "GET", 0, 0 },
	    { 'B', "SA", -1, 3, "", 0, 0 },
	    { 'A', "A", 3, 0, " /", 0, 0 },
	    { 'B', "A", 0, 5, "200", 0, 0 } } },
	{ "fast open refused",
	  "open 192.0.2.1 A:GET / A.over B.over close",
	  SEGMENT_DATA,
	  2,
	  true,
	  { { 'A', "S", -1, 0, "GET", 0, 0 }, { 'B', "SA", -1, 0, "", 0, 0 }, { 'A', "A", 0, 0, "GET /", 0, 0 } } },
	{ "syn repeated",
	  "open 192.0.2.1 A:abc A.over B.over close",
	  SEGMENT_FLOWS,
	  1,
	  false,
	  { { 'A', "S", -1, 0, "", 0, 0 },
	    { 'A', "S", -1, 0, "", 0, 1000 },
	    { 'B', "SA", -1, 0, "", 0, 0 },
	    { 'B', "SA", -1, 0, "", 0, 900 },
	    { 'A', "A", 0, 0, "abc", 0, 0 } } },
	{ "half-closed",
	  "open 192.0.2.1 A:abc A.fin B:defghi B.fin close",
	  SEGMENT_FLOWS,
	  1,
	  false,
	  { HANDSHAKE,
	    { 'A', "FA", 0, 0, "abc", 0, 0 },
	    { 'B', "A", 0, 4, "def", 0, 0 },
	    { 'B', "A", 3, 4, "ghi", 0, 60000 },
	    { 'B', "FA", 6, 4, "", 0, 0 } } },
	{ "fin before the bytes",
	  "open 192.0.2.1 A:abcdef A.fin B.over close",
	  SEGMENT_DATA,
	  2,
	  false,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'A', "FA", 6, 0, "", 0, 0 }, { 'A', "A", 3, 0, "def", 0, 0 } } },
	{ "fin, last bytes missing",
	  "open 192.0.2.1 A:abc B:ok A[3,3] A.fin B.over close",
	  SEGMENT_BYTES_PROVEN,
	  3,
	  false,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "FA", 6, 0, "", 0, 0 },
	    { 'B', "A", 0, 7, "ok", 0, 0 },
	    { '~', "", 0, 0, "", 0, 2000 } } },
	{ "bytes behind the fin",
	  "open 192.0.2.1 A:abc A.fin B.over close",
	  SEGMENT_OUTSIDE,
	  1,
	  true,
	  { HANDSHAKE, { 'A', "FA", 0, 0, "abc", 0, 0 }, { 'A', "A", 3, 0, "def", 0, 0 } } },
	{ "a fin below what was seen is none",
	  "open 192.0.2.1 A:abcdef A.over B.over close",
	  SEGMENT_FLOWS,
	  1,
	  false,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'A', "FA", 1, 0, "", 0, 0 }, { 'A', "A", 3, 0, "def", 0, 0 } } },
	{ "reset",
	  "open 192.0.2.1 A:abc B.rst A.rst close",
	  SEGMENT_CONTROL,
	  4,
	  false,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'B', "RA", 0, 3, "", 0, 0 } } },
	{ "reset far outside is forged",
	  "open 192.0.2.1 A:abcdef A.over B.over close",
	  SEGMENT_FLOWS,
	  1,
	  false,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'B', "R", 1000000, 0, "", 0, 0 },
	    { 'B', "R", -70000, 0, "", 0, 0 },
	    { 'A', "A", 3, 0, "def", 0, 0 } } },
	{ "forged before the syn-ack",
	  "open 192.0.2.1 A:abc B:def A.over B.over close",
	  SEGMENT_FLOWS,
	  1,
	  false,
	  { { 'A', "S", -1, 0, "", 0, 0 },
	    { 'B', "RA", 777777, 0, "", 0, 0 },
	    { 'B', "FA", 777777, 0, "", 0, 0 },
	    { 'A', "R", 0, 0, "", 0, 0 },
	    { 'B', "SA", -1, 0, "", 0, 0 },
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'B', "A", 0, 3, "def", 0, 0 } } },
	{ "refused",
	  "open 192.0.2.1 A.rst B.rst close",
	  SEGMENT_CONTROL,
	  2,
	  false,
	  { { 'A', "S", -1, 0, "", 0, 0 }, { 'B', "RA", 777777, 0, "", 0, 0 }, { '~', "", 0, 0, "", 0, 10000 } } },
	{ "bytes in flight when it was reset",
	  "open 192.0.2.1 A:abc B:de A.rst B.rst close",
	  SEGMENT_IGNORED,
	  1,
	  true,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'B', "A", 0, 3, "de", 0, 0 },
	    { 'A', "R", 3, 0, "", 0, 0 },
	    { 'B', "A", 2, 3, "fg", 0, 0 } } },
	{ "a reset that did not hold",
	  "open 192.0.2.1 A:abc A.rst B.rst close join 192.0.2.1 A:def B:ok A.over B.over close",
	  SEGMENT_FLOWS,
	  2,
	  false,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "R", 3, 0, "", 0, 0 },
	    { 'A', "A", 3, 0, "def", 0, 0 },
	    { 'B', "A", 0, 6, "ok", 0, 0 } } },
	{ "stragglers open nothing",
	  "open 192.0.2.1 A:abc A.fin B:def B.fin close",
	  SEGMENT_DUPLICATE,
	  2,
	  true,
	  { HANDSHAKE,
	    { 'A', "FA", 0, 0, "abc", 0, 0 },
	    { 'B', "FA", 0, 4, "def", 0, 0 },
	    { 'A', "A", 4, 4, "", 0, 0 },
	    { 'B', "FA", 0, 4, "def", 0, 300 },
	    { 'A', "A", 0, 0, "abc", 0, 300 },
	    { 'A', "RA", 4, 4, "", 0, 0 } } },
	{ "4-tuple used again",
	  "open 192.0.2.1 A:abc A.reused B.reused close open 192.0.2.1 A:xyz A.over B.over close",
	  SEGMENT_FLOWS,
	  2,
	  false,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'A', "S", 99999, 0, "", 0, 0 }, { 'A', "A", 100000, 0, "xyz", 0, 0 } } },
	{ "4-tuple used again after its end",
	  "open 192.0.2.1 A:abc A.fin B.fin close open 192.0.2.1 A:xyz A.over B.over close",
	  SEGMENT_FLOWS,
	  2,
	  false,
	  { HANDSHAKE,
	    { 'A', "FA", 0, 0, "abc", 0, 0 },
	    { 'B', "FA", 0, 4, "", 0, 0 },
	    { 'A', "S", 99999, 0, "", 0, 0 },
	    { 'A', "A", 100000, 0, "xyz", 0, 0 } } },
	{ "joined by its client",
	  "join 192.0.2.1 A:abc B:def A.over B.over close",
	  SEGMENT_DATA,
	  2,
	  false,
	  { { 'A', "A", 0, 0, "", 0, 0 }, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'B', "A", 0, 3, "def", 0, 0 } } },
	{ "joined by its server",
	  "join 192.0.2.2 A:def B:ghi A.over B.over close",
	  SEGMENT_DATA,
	  2,
	  false,
	  { { 'B', "A", 0, 0, "def", 0, 0 }, { 'A', "A", 0, 3, "ghi", 0, 0 } } },
	{ "joined, answer's beginning missed",
	  "join 192.0.2.1 A:abc B[3,3] B:def A.over B.over close",
	  SEGMENT_BYTES_PROVEN,
	  3,
	  false,
	  { { 'A', "A", 0, 0, "abc", 0, 0 }, { 'B', "A", 3, 3, "def", 0, 0 }, { 'A', "A", 3, 6, "", 0, 0 } } },
	{ "never opened by a bare ACK, FIN, RST or keep-alive",
	  "",
	  SEGMENT_FLOWS,
	  0,
	  true,
	  { { 'A', "A", 0, 0, "", 0, 0 }, { 'A', "FA", 0, 0, "", 0, 0 }, { 'A', "R", 0, 0, "", 0, 0 }, { 'B', "RA", 0, 0, "", 0, 0 } } },
	{ "one side only",
	  "open 192.0.2.1 A:abcdef A.fin B.over close",
	  SEGMENT_GAPS,
	  0,
	  false,
	  { { 'A', "S", -1, 0, "", 0, 0 },
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "A", 3, 500, "def", 0, 9000 },
	    { 'A', "FA", 6, 900, "", 0, 9000 } } },
	{ "a hole, in time",
	  "open 192.0.2.1 A:abcdefghi A.over B.over close",
	  SEGMENT_GAPS,
	  0,
	  false,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'A', "A", 6, 0, "ghi", 0, 0 }, { 'A', "A", 3, 0, "def", 0, 1999 } } },
	{ "a hole, given up",
	  "open 192.0.2.1 A:abc A[3,0] A:ghijkl A.over B.over close",
	  SEGMENT_LATE,
	  1,
	  true,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "A", 6, 0, "ghi", 0, 0 },
	    { 'A', "A", 3, 0, "def", 0, 2000 },
	    { 'A', "A", 9, 0, "jkl", 0, 0 } } },
	{ "a hole, proven",
	  "open 192.0.2.1 A:abc A[3,3] A:ghi A.over B.over close",
	  SEGMENT_BYTES_PROVEN,
	  3,
	  false,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "A", 6, 0, "ghi", 0, 0 },
	    { 'B', "A", 0, 9, "", 0, 0 },
	    { '~', "", 0, 0, "", 0, 2000 } } },
	{ "two holes as old as each other",
	  "open 192.0.2.1 A[1,0] A:b A[1,0] A:d A.over B.over close",
	  SEGMENT_GAPS,
	  2,
	  false,
	  { HANDSHAKE, { 'A', "A", 1, 0, "b", 0, 0 }, { 'A', "A", 3, 0, "d", 0, 0 }, { '~', "", 0, 0, "", 0, 2000 } } },
	{ "a request that only its answer's ACK proves",
	  "open 192.0.2.1 B:ok A[5,5] A:next A.over B.over close",
	  SEGMENT_BYTES_PROVEN,
	  5,
	  false,
	  { HANDSHAKE, { 'B', "A", 0, 5, "ok", 0, 0 }, { '~', "", 0, 0, "", 0, 2000 }, { 'A', "A", 5, 2, "next", 0, 0 } } },
	{ "one acknowledged byte too many is a FIN that was missed",
	  "open 192.0.2.1 A:abc B:d A.fin B.over close",
	  SEGMENT_GAPS,
	  0,
	  false,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'B', "A", 0, 4, "d", 0, 0 }, { '~', "", 0, 0, "", 0, 5000 } } },
	{ "cut by the snap length",
	  "open 192.0.2.1 A:ab A[4,4] A:gh A.over B.over close",
	  SEGMENT_BYTES_MISSED,
	  4,
	  true,
	  { HANDSHAKE, { 'A', "A", 0, 0, "ab", 4, 0 }, { 'A', "A", 6, 0, "gh", 0, 0 } } },
	{ "cut to its headers",
	  "open 192.0.2.1 A[6,6] A:gh A.over B.over close",
	  SEGMENT_BYTES_MISSED,
	  6,
	  true,
	  { HANDSHAKE, { 'A', "A", 0, 0, "", 6, 0 }, { 'A', "A", 6, 0, "gh", 0, 0 } } },
	{ "cut, out of order",
	  "open 192.0.2.1 A:abcd A[4,4] A:ij A.over B.over close",
	  SEGMENT_BYTES_MISSED,
	  4,
	  true,
	  { HANDSHAKE, { 'A', "A", 8, 0, "ij", 0, 0 }, { 'A', "A", 2, 0, "cd", 4, 0 }, { 'A', "A", 0, 0, "ab", 0, 0 } } },
	{ "far outside once",
	  "open 192.0.2.1 A:abcdef A.over B.over close",
	  SEGMENT_OUTSIDE,
	  1,
	  true,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'A', "A", 500000000, 0, "xxx", 0, 0 }, { 'A', "A", 3, 0, "def", 0, 0 } } },
	{ "far ahead twice is loss",
	  "open 192.0.2.1 A:abc A[100000000,0] A:vw A.over B.over close",
	  SEGMENT_OUTSIDE,
	  1,
	  true,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'A', "A", 100000000, 0, "xxx", 0, 0 }, { 'A', "A", 100000003, 0, "vw", 0, 0 } } },
	{ "far behind twice is another connection",
	  "open 192.0.2.1 A:abc A.reused B.reused close join 192.0.2.1 A:vw A.over B.over close",
	  SEGMENT_OUTSIDE,
	  1,
	  true,
	  { HANDSHAKE,
	    { 'A', "A", 0, 0, "abc", 0, 0 },
	    { 'A', "A", -1000000000, 0, "xxx", 0, 0 },
	    { 'A', "A", -999999997, 0, "vw", 0, 0 } } },
	{ "idle",
	  "open 192.0.2.1 A:abc A.expired B.expired close join 192.0.2.1 A:d A.over B.over close",
	  SEGMENT_FLOWS,
	  2,
	  false,
	  { HANDSHAKE, { 'A', "A", 0, 0, "abc", 0, 0 }, { 'A', "A", 3, 0, "d", 0, 600000 } } },
};
enum { SCRIPTS = sizeof scripts / sizeof scripts[0] };

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
