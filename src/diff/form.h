/* form: two application/x-www-form-urlencoded bodies (WHATWG URL §5.1) by name: form:NAME.
 *
 * Names and values compare decoded; names in any order, several values of one name in order: at most one difference a name (ORDER: the same values in
 * another order). Values are told as they stand, encoded. More than 100,000 pairs, or no memory: "form:*". */
#ifndef REPLAY_DIFF_FORM_H
#define REPLAY_DIFF_FORM_H

#include "model/difference.h"

void form_compare(struct slice control, struct slice candidate, struct difference_sink sink);

#endif
