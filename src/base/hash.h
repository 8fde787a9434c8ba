/* hash: SipHash-1-3, keyed, so that no sender can choose keys that collide.
 *
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012); the 1-3 variant is what hash
 * tables use. Same key and bytes give the same value on every machine: ids rest on that. */
#ifndef REPLAY_BASE_HASH_H
#define REPLAY_BASE_HASH_H

#include "base/slice.h"

struct hash_key {
	uint64_t k0, k1;
};

uint64_t hash_bytes(struct hash_key key, struct slice s);

/* A key from the system's random source, for tables; never for ids. */
struct hash_key hash_key_random(void);

#endif
