/* form: two application/x-www-form-urlencoded bodies (WHATWG URL §5.1) by name: form:NAME.
 *
 * Names and values compare decoded; names in any order, several values of one name in order. */
#ifndef REPLAY_DIFF_FORM_H
#define REPLAY_DIFF_FORM_H

#include "model/difference.h"

void form_compare(struct slice control, struct slice candidate, struct difference_sink sink);

#endif
