/* reassembly: one direction of a flow: segments at 64-bit offsets in, bytes in order and gaps out.
 *
 * Takes segments that flow.c has placed; calls the table's reader. Owns the blocks that wait behind a hole. The first
 * copy of a byte wins. A segment that comes in order goes to the reader straight from the packet. */
#ifndef REPLAY_WIRE_REASSEMBLY_H
#define REPLAY_WIRE_REASSEMBLY_H

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "wire/flow.h"

#define NO_FIN INT64_MAX

/* Offsets are signed in here: a retransmission may lie before the stream's first byte. */
struct block {
	struct block *prev, *next;
	int64_t at;
	uint32_t len; /* bytes[] */
	uint32_t cut; /* more that the capture's snap length cut off behind them */
	int64_t peer_at;
	int64_t ts_ns;   /* of its packet */
	int64_t seen_ns; /* the table's clock, which never goes back */
	bool segment_start;
	uint8_t bytes[];
};

struct half {
	/* What sequence numbers mean. */
	uint32_t base; /* sequence number of offset 0 */
	uint32_t hint; /* what the peer acknowledged first: where offset 0 lies if nothing better comes */
	uint32_t far;  /* a sequence number far outside, seen once */
	bool started;  /* base is known */
	bool syn_seen;
	bool hinted, far_seen;
	bool tentative; /* started, but only so that bytes can be held: base lies somewhere before them */
	/* What the reader was told. */
	bool ended;
	bool enough;
	uint8_t side;
	/* Offsets. */
	int64_t next;   /* to be delivered */
	int64_t high;   /* behind the last byte seen */
	int64_t acked;  /* by the peer, without its FIN */
	int64_t fin_at; /* NO_FIN: not seen */
	/* What its sender knows to be acknowledged, and so never sends again (RFC 9293 §3.4): it has acknowledged the peer's segment that said
	 * so. Next it will know of news_acked, when it has acknowledged the peer's bytes up to news_end; 0: no news. */
	int64_t known_acked, news_acked, news_end;
	int64_t gap_from, gap_end; /* the last gap declared */
	/* What waits behind a hole. */
	struct block *first, *last;
	size_t n_blocks, held_bytes;
	struct list hole; /* in the table's list while there is a hole */
	int64_t hole_at, hole_since_ns;
};

enum flow_state {
	FLOW_OPEN,
	FLOW_REFUSED, /* reset when nothing told yet whether the RST was forged */
	FLOW_CLOSED,  /* the reader knows; kept for a while so that stragglers open no new flow */
};

struct flow {
	struct list by_age;
	uint64_t hash;
	int64_t last_ns, listed_ns;
	uint32_t vlan[2]; /* by side: the two directions may lie in VLANs of their own */
	enum flow_state state;
	bool unread;      /* the reader refused it: no calls */
	bool reset;       /* closed by a RST, */
	uint8_t reset_by; /* sent by this side */
	struct flow_info info;
	struct half half[2];
};

enum { FLOW_VLANS = 16 };

struct flow_table {
	struct map map;
	struct hash_key hash_key;
	struct flow_limits limits;
	struct stream_reader reader;
	struct list open;    /* oldest first, to within relist_ns */
	struct list closing; /* FLOW_REFUSED and FLOW_CLOSED, in the order they got there */
	struct list holes;   /* halves, oldest hole first */
	struct flow *recent; /* of the last segment */
	size_t n_closed;
	size_t held_bytes;
	int64_t relist_ns;
	int64_t now_ns;
	uint32_t vlans[FLOW_VLANS]; /* in which flows were opened lately */
	uint8_t n_vlans;
	uint64_t counts[SEGMENT_ROWS];
};

/* A segment's payload, placed. */
struct arrival {
	int64_t at;
	struct slice bytes;
	uint32_t cut;
	int64_t peer_at;
	int64_t ts_ns;
};

void half_init(struct half *h, uint8_t side);

/* The row that counts it. */
enum segment_row half_push(struct flow_table *t, struct half *h, const struct arrival *in);

/* The peer's acknowledgements or the FIN moved: is there a hole now, or none any more? */
void half_settle(struct flow_table *t, struct half *h);

/* Declares the first hole a gap and delivers what stands behind it. */
void half_give_up(struct flow_table *t, struct half *h);

/* A tentative half's base is found: `shift` bytes behind the one it had, and not behind the first byte held. */
void half_rebase(struct flow_table *t, struct half *h, int64_t shift);

/* Delivers all there is, round every hole. */
void half_flush(struct flow_table *t, struct half *h);

/* Lets go of what is held. */
void half_drop(struct flow_table *t, struct half *h);

#endif
