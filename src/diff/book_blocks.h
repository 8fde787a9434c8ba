/* book_blocks: exchanges in which one side alone differed, by short stretches of time.
 *
 * A process that stalls makes neighbouring exchanges differ together, so these are not independent of each other, as the exact test wants them to be: what
 * falls into one block counts once. Blocks are 20 ms; where a key fills too many of them, twice as long, again and again. Takes moments in any order. Owns its memory. */
#ifndef REPLAY_DIFF_BOOK_BLOCKS_H
#define REPLAY_DIFF_BOOK_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#define BLOCK_NS    20000000
#define BLOCKS_MANY 4096 /* of one key */
#define BLOCKS_FEW  64   /* of one key, where all of them together have become too many */

struct block {
	int64_t at; /* its beginning, in units of its length */
	uint32_t candidate, control, odd;
};

struct blocks {
	struct block *all; /* ascending */
	uint32_t count, cap;
	unsigned doubled;                             /* how often their length was */
	uint64_t own_candidate, own_control, own_odd; /* of no known time: each a block of its own */
};

enum block_side {
	BLOCK_CANDIDATE, /* the candidate alone differed */
	BLOCK_CONTROL,   /* the second control alone */
	BLOCK_ODD        /* both, and alike: the control is the odd one out */
};

/* at_ns: Unix time; 0: not known. most: blocks that there may be. False: no memory, it is not counted. */
bool blocks_add(struct blocks *b, int64_t at_ns, enum block_side side, uint32_t most);
/* False: no memory, only b's own and those of no known time are in. */
bool blocks_merge(struct blocks *b, const struct blocks *other);
void blocks_free(struct blocks *b);

/* A block counts for the side that has more of it, for neither where both have as many. One that holds more than `each` exchanges counts as several, as its sides
 * share it: a recording that was played in one burst is not one observation. */
struct block_sums {
	uint64_t candidate, control, odd;
	uint64_t pairs; /* candidate, control, and those that count for neither */
};
struct block_sums blocks_sum(const struct blocks *b, uint64_t each);

#endif
