/* verdict_codings: which bodies a page cannot show by itself. A browser undoes gzip and deflate for a page; br and zstd, and several codings one
 * upon the other, it does not. */
#ifndef REPLAY_REPORT_VERDICT_CODINGS_H
#define REPLAY_REPORT_VERDICT_CODINGS_H

#include "base/slice.h"

/* By the Content-Encoding fields (RFC 9110 section 8.4) of a message's bytes. */
bool verdict_needs_decoding(struct slice message);

#endif
