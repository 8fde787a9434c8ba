/* map: hash table from a 64-bit hash and a key to an entry that the caller owns.
 *
 * Open addressing with linear probing and back-shift deletion; grows by doubling up to a cap on entries. The
 * caller computes hashes (base/hash.h, with a random key where the keys come from the network). */
#ifndef REPLAY_BASE_MAP_H
#define REPLAY_BASE_MAP_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t hash;
	void *entry; /* NULL: free */
};

struct map {
	struct map_slot *slots;
	size_t cap; /* a power of two, or 0 */
	size_t count, max;
	bool (*same)(const void *entry, const void *key);
};

/* Allocates nothing yet. `same` tells whether an entry is the one for that key. */
void map_init(struct map *m, size_t max_entries, bool (*same)(const void *entry, const void *key));
void map_release(struct map *m); /* the entries stay the caller's */

void *map_find(const struct map *m, uint64_t hash, const void *key);

/* The caller has made sure that the key is not there. 0, ERR_LIMIT or ERR_NOMEM. */
int map_put(struct map *m, uint64_t hash, void *entry);

/* Takes the entry out and returns it, or NULL. */
void *map_remove(struct map *m, uint64_t hash, const void *key);

/* Walks all entries in no order: start with *at = 0; NULL ends. The map must not change meanwhile. */
void *map_next(const struct map *m, size_t *at);

#endif
