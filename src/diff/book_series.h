/* book_series: a run second by second: times of answers, and which exchanges differed by which set of keys.
 *
 * Takes moments in any order. At most 3,600 points, all of one length, each beginning at a multiple of it; where they do not suffice, two become one. Owns its
 * memory. */
#ifndef REPLAY_DIFF_BOOK_SERIES_H
#define REPLAY_DIFF_BOOK_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_POINTS  3600
#define SERIES_BITS    3
#define SERIES_BUCKETS ((32 - SERIES_BITS + 1) << SERIES_BITS) /* microseconds below 2^32, within 13% */
#define SERIES_MARKS   (4u << 20)                              /* exchanges that differed, in all */

struct series_point {
	uint64_t compared;
	uint64_t beyond; /* that differed and are not in marks */
	uint32_t *marks; /* number of the set of each that differed */
	uint32_t mark_count, mark_cap;
	uint32_t control[SERIES_BUCKETS], candidate[SERIES_BUCKETS];
};

struct series {
	int64_t start_ns, step_ns; /* step 0: nothing yet */
	struct series_point *points;
	size_t count, cap;
	size_t marks;
};

#define SERIES_SAME   UINT32_MAX       /* did not differ */
#define SERIES_BEYOND (UINT32_MAX - 1) /* differed by a set that has no number */

/* Times negative: not known. False: no memory, the point lacks it. */
bool series_add(struct series *s, int64_t at_ns, int64_t control_ns, int64_t candidate_ns, uint32_t set);
/* numbers: what the other one's sets are called here. */
bool series_merge(struct series *into, const struct series *from, const uint32_t *numbers);
int64_t series_quantile(const uint32_t bucket[SERIES_BUCKETS], double q);
void series_free(struct series *s);

#endif
