/* json_sort: entries by the upper half of 64 bits: a short hash above, an index below. Linear whatever the hashes; stable. */
#ifndef REPLAY_DIFF_JSON_SORT_H
#define REPLAY_DIFF_JSON_SORT_H

#include <stddef.h>
#include <stdint.h>

/* room: for n entries more. */
void json_sort(uint64_t *entries, uint64_t *room, size_t n);

static inline uint64_t json_sort_entry(uint64_t hash, uint32_t index)
{
	return (hash >> 32) << 32 | index;
}

#endif
