/* timestamp: a value as the moment it names, and whether that is the present one.
 *
 * Takes values as they stand in an answer (quotes round them may be there): date and time of RFC 3339 §5.6 with any fraction, also as databases and logs write
 * it ("/" in the date, a space for the T, no zone: then UTC); HTTP's fixed date (RFC 9110 §5.6.7); Unix seconds, milliseconds, microseconds, nanoseconds of
 * the years 2000 to 2100, with a fraction or an exponent perhaps. Pure functions: no locale and no time zone of the machine has a say. */
#ifndef REPLAY_DIFF_TIMESTAMP_H
#define REPLAY_DIFF_TIMESTAMP_H

#include "base/slice.h"

struct timestamp {
	int64_t ns;     /* Unix time */
	uint64_t shape; /* equal for values written in the same way: unit, separators, whether there is a fraction, kind of zone */
};

/* Of the years 1970 to 2199. False: it is none, or says less than the second. */
bool timestamp_read(struct slice value, struct timestamp *t);

/* When an answer was asked for, and when it was there. from_ns 0 or less: not known. */
struct timestamp_span {
	int64_t from_ns, until_ns;
};
#define TIMESTAMP_PRESENT_NS 10000000000 /* so near is present: servers' clocks are not ours */

/* Do two values of one shape each name the moment of their own answer? Where an answer's time is not known: that of the other value. */
bool timestamps_present(struct slice a, struct timestamp_span of_a, struct slice b, struct timestamp_span of_b);

#endif
