/* fields: header field lines, one by one, and values that say the same in other bytes.
 *
 * Generous as the framing: bare LF, obs-fold (RFC 9112 §5.2), any case. Slices point into the input. */
#ifndef REPLAY_DIFF_FIELDS_H
#define REPLAY_DIFF_FIELDS_H

#include "base/slice.h"

/* Walks field lines; false at the end. Value trimmed, folds left in. A line that is no field is one whose name is the whole line: nothing is passed over. */
bool fields_next(struct slice *rest, struct slice *name, struct slice *value);

/* Takes one line off, whole: its end and the folded ones behind it too. Empty at the end. */
struct slice fields_take_line(struct slice *rest);

/* The first field of that name (any case); an empty slice with ptr NULL where there is none. */
struct slice fields_find(struct slice fields, const char *name);

/* What does not matter in a value. Folded lines never do. */
enum value_form {
	VALUE_EXACT = 0,
	VALUE_NOCASE = 1,     /* letters' case */
	VALUE_PARAMETERS = 2, /* spaces and quotes, as between the parameters of a media type (RFC 9110 §8.3.1) */
};
bool fields_value_equal(struct slice a, struct slice b, unsigned form);

struct slice fields_trim(struct slice s); /* also of line ends */

#endif
