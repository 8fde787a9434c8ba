/* number: JSON numbers compared as what they say, not as what fits a double.
 *
 * Source: RFC 8259 §6; arithmetic is on the decimal digits. 1.0, 1 and 10e-1 are one number; 9007199254740993 and 9007199254740992 are two, and so are
 * 1e400 and 1e401. */
#ifndef REPLAY_DIFF_NUMBER_H
#define REPLAY_DIFF_NUMBER_H

#include "base/slice.h"

/* Both as json_tree.h gives them. */
bool number_equal(struct slice a, struct slice b);

/* |a - b| <= tolerance; exact for what a double can tell apart, by number_equal where it is not finite. */
bool number_near(struct slice a, struct slice b, double tolerance);

/* About; infinite where a double cannot hold it. No locale has a say. */
double number_value(struct slice n);

/* Equal numbers have equal hashes. */
uint64_t number_hash(struct slice n);

#endif
