/* replay/message.h: one HTTP request or response, raw bytes as captured.
 *
 * Part of libreplay. Handles are opaque; a handle belongs to one thread at a time. Times are Unix nanoseconds. */
#ifndef REPLAY_MESSAGE_H
#define REPLAY_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rp_message rp_message;

enum rp_message_type { RP_REQUEST = 1, RP_RESPONSE = 2, RP_REPLAYED_RESPONSE = 3 };

/* Why the bytes are not the whole message; 0: byte for byte what crossed the wire. */
enum rp_message_flag {
	RP_GAP = 1,   /* bytes missing inside */
	RP_HEAD = 2,  /* beginning missing */
	RP_CUT = 4,   /* end missing */
	RP_TRUNC = 8, /* over the size limit */
};

/* Where a function takes an rp_error *, it may be NULL; text is one sentence, "" while nothing went wrong. */
typedef struct rp_error {
	int code; /* 0, or negative */
	char text[512];
} rp_error;

/* A new message with a copy of the bytes. id: 1 to 40 hex digits. NULL: out of memory, or no such id. */
rp_message *rp_message_new(enum rp_message_type type, const char *id, int64_t time_ns, const void *bytes, size_t len);

enum rp_message_type rp_message_type(const rp_message *m);
unsigned rp_message_flags(const rp_message *m);     /* enum rp_message_flag, or-ed */
int64_t rp_message_time_ns(const rp_message *m);    /* of the first byte's packet */
int64_t rp_message_latency_ns(const rp_message *m); /* last byte minus first; -1 not known */

/* The bytes, valid as long as the message. */
const void *rp_message_bytes(const rp_message *m, size_t *len);

#define RP_ID_TEXT 41
/* Writes the id as hex text; a request and its responses share one. Returns out. */
char *rp_message_id(const rp_message *m, char out[RP_ID_TEXT]);

#define RP_ADDRESS_TEXT 56
/* "192.0.2.1:80", "[2001:db8::1]:80", or "-" where it is not known. Return out. */
char *rp_message_source(const rp_message *m, char out[RP_ADDRESS_TEXT]);
char *rp_message_destination(const rp_message *m, char out[RP_ADDRESS_TEXT]);

void rp_message_free(rp_message *m); /* NULL is allowed */

#ifdef __cplusplus
}
#endif
#endif
