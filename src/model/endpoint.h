/* endpoint: one side of a TCP connection. */
#ifndef REPLAY_MODEL_ENDPOINT_H
#define REPLAY_MODEL_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct endpoint {
	uint8_t family; /* 4, 6, or 0: not known */
	uint16_t port;
	uint8_t addr[16]; /* network order; IPv4 in the first 4 bytes, the rest 0 */
};

static inline bool endpoint_eq(const struct endpoint *a, const struct endpoint *b)
{
	return a->family == b->family && a->port == b->port && memcmp(a->addr, b->addr, 16) == 0;
}

/* "192.0.2.1:80", "[2001:db8::1]:80"; "-" when not known. */
#define ENDPOINT_TEXT 56
char *endpoint_format(char out[ENDPOINT_TEXT], const struct endpoint *e);

/* The reverse; false when the text is not of that form. */
bool endpoint_parse(const char *text, struct endpoint *out);

#endif
