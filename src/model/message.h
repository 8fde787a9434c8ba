/* message: one HTTP request or response, raw bytes as captured. The unit of the pipeline.
 *
 * One buffer per message, counted references, shared by all outputs of one shard (so: no atomics; a message does
 * not cross threads). Who holds a reference may read; only a sole holder may write. */
#ifndef REPLAY_MODEL_MESSAGE_H
#define REPLAY_MODEL_MESSAGE_H

#include "base/buf.h"
#include "model/endpoint.h"

enum message_type { MESSAGE_REQUEST = 1, MESSAGE_RESPONSE = 2, MESSAGE_REPLAYED = 3 };

/* Why the bytes are not the whole message. 0: byte for byte what crossed the wire. */
enum message_flag {
	MESSAGE_GAP = 1,   /* bytes missing inside */
	MESSAGE_HEAD = 2,  /* beginning missing */
	MESSAGE_CUT = 4,   /* end missing */
	MESSAGE_TRUNC = 8, /* over the size limit: the bytes behind it were let go */
};

#define MESSAGE_ID_MAX 40

/* 24 hex digits (lane 16, ordinal 8); 40 in old files of GoReplay's. */
struct message_id {
	uint8_t len;
	char hex[MESSAGE_ID_MAX]; /* lower case, not terminated */
};

struct message {
	uint32_t refs;
	uint8_t type;    /* enum message_type */
	uint8_t flags;   /* enum message_flag */
	uint16_t target; /* MESSAGE_REPLAYED: which target, from 0 */
	struct message_id id;
	int64_t ts_ns;      /* Unix time of the first byte's packet (REPLAYED: start of the send) */
	int64_t latency_ns; /* last byte's packet minus first (REPLAYED: round trip); -1 not known */
	int64_t due_ns;     /* monotonic: when a paced input wants it to leave; 0: now. Not stored */
	struct endpoint src, dst;
	struct buf data; /* the bytes */
};

/* One reference, type set, data empty with that cap. NULL when out of memory. */
struct message *message_new(enum message_type type, size_t max_bytes);

static inline struct message *message_ref(struct message *m)
{
	m->refs++;
	return m;
}

void message_unref(struct message *m); /* NULL is allowed */

static inline struct slice message_bytes(const struct message *m)
{
	return buf_slice(&m->data);
}

struct message_id message_id_make(uint64_t lane, uint32_t ordinal);

/* From text: 1 to 40 hex digits, folded to lower case. False otherwise. */
bool message_id_parse(struct slice text, struct message_id *out);

static inline bool message_id_eq(const struct message_id *a, const struct message_id *b)
{
	return a->len == b->len && memcmp(a->hex, b->hex, a->len) == 0;
}

/* The lane an id belongs to: its first 16 digits as a number where it has 24; a hash of all of them otherwise. */
uint64_t message_lane(const struct message_id *id);

#endif
