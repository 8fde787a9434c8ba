/* json_pretty: JSON text laid out a value a line, so that two of them compare by lines.
 *
 * Takes text that json_tree takes; gives the same tokens with other space between. Any other text comes out in lines too, its bytes kept. */
#ifndef REPLAY_DIFF_JSON_PRETTY_H
#define REPLAY_DIFF_JSON_PRETTY_H

#include "base/buf.h"

/* Appends. Two spaces a level, at most 64 levels of them. 0 or a negative error. */
int json_pretty(struct slice text, struct buf *out);

#endif
