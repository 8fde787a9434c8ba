/* scope: which endpoints a line of a rules file is for: the part before ": ".
 *
 *   GET /api/items/{id}:   a method and a pattern of paths        GET:      every path
 *   /api/STAR:             every method                           STAR:     everything, as where this part is left out
 *
 * (STAR: "*", any run of characters, slashes too.) Slices of the line: it has to stay. */
#ifndef REPLAY_DIFF_SCOPE_H
#define REPLAY_DIFF_SCOPE_H

#include "diff/rule_line.h"

struct scope {
	struct slice method, path; /* empty: any */
};

/* Reads it, where there is one. begins: does text begin as what stands behind a scope does? Then there is none. example: such a thing, for sentences. */
int scope_read(struct rule_line *l, bool (*begins)(struct slice text), const char *example, struct scope *out);

/* folded: the endpoint's path ("/api/items/{id}"); path: one request's own. Either may match. */
bool scope_matches(const struct scope *s, struct slice method, struct slice folded, struct slice path);
/* It matches the path and not the folded one. */
bool scope_of_own_path(const struct scope *s, struct slice folded, struct slice path);

#endif
