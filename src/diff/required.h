/* required: fields that a JSON text has to have: "$.items[*].price" says that $.items is an array and each of its elements an object with a price.
 *
 * Likewise ".*" for each value of an object used as a map; "a*" in a key asks each key of that form. A field that is null is there. An array or a map
 * without elements has them all as required. */
#ifndef REPLAY_DIFF_REQUIRED_H
#define REPLAY_DIFF_REQUIRED_H

#include "diff/json_tree.h"

struct required;
struct required *required_new(void);    /* NULL: out of memory */
void required_free(struct required *r); /* NULL is allowed */

/* path has to stay. 0; ERR_USAGE: *why (static); ERR_LIMIT likewise: more than 64; ERR_NOMEM. */
int required_add(struct required *r, struct slice path, const char **why);

/* All of them, in a tree that was parsed. */
bool required_there(const struct required *r, const struct json_tree *tree);

#endif
