/* fold: the endpoint a request goes to: its path, with what names one thing among many put as {id}. */
#ifndef REPLAY_HTTP_FOLD_H
#define REPLAY_HTTP_FOLD_H

#include "base/buf.h"

/* Appends the folded path of a request target, without query, fragment, scheme and authority: digits, UUIDs, long hexadecimal and
 * long mixed tokens become {id}. A path over 256 bytes ends in "...". 0 or a negative error. */
int fold_path(struct slice target, struct buf *out);

#endif
