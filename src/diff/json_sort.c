/* json_sort: few by insertion, many by radix, a byte at a time. */
#include "diff/json_sort.h"

#include <string.h>

#define FEW 48

static void sort_few(uint64_t *entries, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t e = entries[i];
		size_t k = i;
		for (; k > 0 && entries[k - 1] >> 32 > e >> 32; k--)
			entries[k] = entries[k - 1];
		entries[k] = e;
	}
}

static void pass(const uint64_t *from, uint64_t *to, size_t n, unsigned shift)
{
	size_t at[257] = { 0 };
	for (size_t i = 0; i < n; i++)
		at[(from[i] >> shift & 0xff) + 1]++;
	for (size_t byte = 1; byte < 257; byte++)
		at[byte] += at[byte - 1];
	for (size_t i = 0; i < n; i++)
		to[at[from[i] >> shift & 0xff]++] = from[i];
}

void json_sort(uint64_t *entries, uint64_t *room, size_t n)
{
	if (n <= FEW) {
		sort_few(entries, n);
		return;
	}
	for (unsigned shift = 32; shift < 64; shift += 16) {
		pass(entries, room, n, shift);
		pass(room, entries, n, shift + 8);
	}
}
