/* unit_rng: numbers from a seed, the same on every machine (splitmix64). */
#ifndef REPLAY_TESTS_UNIT_RNG_H
#define REPLAY_TESTS_UNIT_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
	uint64_t x;
};

static inline uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->x += 0x9e3779b97f4a7c15ULL;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static inline size_t rng_below(struct rng *r, size_t n)
{
	return n ? (size_t)(rng_next(r) % n) : 0;
}

static inline bool rng_mille(struct rng *r, unsigned share)
{
	return rng_below(r, 1000) < share;
}

#endif
