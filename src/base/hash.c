/* hash: SipHash-1-3. */
#include "base/hash.h"

#include <sys/random.h>
#include <time.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotl(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 = rotl(s->v2, 32);
}

static inline uint64_t load_le(const uint8_t *p, size_t n)
{
	uint64_t word = 0;
	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

static inline void sip_word(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

uint64_t hash_bytes(struct hash_key key, struct slice s)
{
	struct sip sip = {
		.v0 = key.k0 ^ 0x736f6d6570736575ULL,
		.v1 = key.k1 ^ 0x646f72616e646f6dULL,
		.v2 = key.k0 ^ 0x6c7967656e657261ULL,
		.v3 = key.k1 ^ 0x7465646279746573ULL,
	};
	size_t whole = s.len & ~(size_t)7;
	for (size_t i = 0; i < whole; i += 8)
		sip_word(&sip, load_le(s.ptr + i, 8));
	uint64_t tail = (uint64_t)s.len << 56;
	if (s.len > whole)
		tail |= load_le(s.ptr + whole, s.len - whole);
	sip_word(&sip, tail);
	sip.v2 ^= 0xff;
	sip_round(&sip);
	sip_round(&sip);
	sip_round(&sip);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}

struct hash_key hash_key_random(void)
{
	struct hash_key key;
	if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key) {
		/* Only before the pool is seeded at boot: the clock still beats a constant. */
		struct timespec t;
		(void)clock_gettime(CLOCK_REALTIME, &t);
		key.k0 = (uint64_t)t.tv_nsec;
		key.k1 = (uint64_t)t.tv_sec;
	}
	return key;
}
