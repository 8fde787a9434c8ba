/* nearest: which known word somebody may have meant. */
#ifndef REPLAY_CLI_NEAREST_H
#define REPLAY_CLI_NEAREST_H

#include <stddef.h>

/* Insertions, deletions, replacements and swaps of neighbours between two words; words over 64 bytes count as far apart. */
size_t edit_distance(const char *a, const char *b);

/* Is that distance small enough, for a word of that length, to be a slip? */
int edit_is_slip(const char *word, size_t distance);

#endif
