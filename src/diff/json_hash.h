/* json_hash: the hash of JSON values: quick, the same for both trees, not secret.
 *
 * Eight bytes at a time through a folded 64x64 multiplication. Whoever chooses values can make two collide: equal hashes mean "look", never "equal",
 * and nothing may become slow when all hashes are one. */
#ifndef REPLAY_DIFF_JSON_HASH_H
#define REPLAY_DIFF_JSON_HASH_H

#include "base/slice.h"

#define JSON_HASH_STRING 0x8f3d1c6b52e9a741ULL
#define JSON_HASH_NUMBER 0x63a1f8d92c47be05ULL
#define JSON_HASH_ARRAY  0xd7250bb94e8c63f1ULL
#define JSON_HASH_OBJECT 0x29b6e4d70f1a95c3ULL
#define JSON_HASH_WORD   0xa24baed4963ee407ULL
#define JSON_HASH_TAIL   0x9fb21c651e98df25ULL

static inline uint64_t json_hash_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* One whole word of a string; then the tail: up to seven bytes, the first lowest, the rest zero. */
static inline uint64_t json_hash_word(uint64_t h, uint64_t word)
{
	return json_hash_mix(h ^ word, JSON_HASH_WORD);
}

static inline uint64_t json_hash_tail(uint64_t h, uint64_t tail, size_t len)
{
	return json_hash_mix(h ^ tail, JSON_HASH_TAIL ^ (uint64_t)len << 1) + len;
}

/* Eight bytes, the first lowest. */
static inline uint64_t json_hash_load(const uint8_t *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* Likewise n < 8 bytes. */
static inline uint64_t json_hash_load_some(const uint8_t *p, size_t n)
{
	uint64_t word = 0;
	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)p[i] << (8 * i);
	return word;
}

/* A string that comes byte by byte. */
struct json_hash_stream {
	uint64_t h, word;
	size_t len;
};

static inline void json_hash_byte(struct json_hash_stream *s, uint8_t byte)
{
	s->word |= (uint64_t)byte << (8 * (s->len & 7));
	if ((++s->len & 7) == 0) {
		s->h = json_hash_word(s->h, s->word);
		s->word = 0;
	}
}

static inline uint64_t json_hash_end(const struct json_hash_stream *s)
{
	return json_hash_tail(s->h, s->word, s->len);
}

#endif
