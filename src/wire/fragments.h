/* fragments: IP datagrams put together again.
 *
 * Takes fragments, copies them; gives the datagram when it is whole. Owns what it holds, under a cap in bytes and a time-out in
 * packet time; the oldest datagram goes first. A fragment that repeats another exactly is ignored; one that overlaps otherwise
 * drops its datagram, and whatever still comes of it (RFC 5722 §4, here for IPv4 too: no honest sender does that). */
#ifndef REPLAY_WIRE_FRAGMENTS_H
#define REPLAY_WIRE_FRAGMENTS_H

#include "base/slice.h"
#include "model/endpoint.h"

struct fragment {
	const struct endpoint *src, *dst; /* ports 0 */
	uint32_t vlan;
	uint32_t id;
	uint8_t proto; /* IPv4: part of the key; IPv6: counts in the first fragment only (RFC 8200 §4.5) */
	uint16_t offset;
	bool more;
	struct slice bytes;
	int64_t ts_ns;
};

enum fragment_result { FRAGMENT_HELD, FRAGMENT_WHOLE, FRAGMENT_MALFORMED };

struct fragments;

/* *lost is counted up for each datagram given up. NULL when out of memory. */
struct fragments *fragments_new(size_t max_bytes, int64_t timeout_ns, uint64_t *lost);
void fragments_free(struct fragments *f);

/* WHOLE: *whole, valid until the next call, is the datagram's payload and *proto its protocol. */
enum fragment_result fragments_push(struct fragments *f, const struct fragment *in, struct slice *whole, uint8_t *proto);

#endif
