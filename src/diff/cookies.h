/* cookies: where the Set-Cookie fields (RFC 6265 §4.1) of two answers differ, cookie by cookie and attribute by attribute.
 *
 * header:set-cookie[NAME] for a cookie that only one sets, or with another value; header:set-cookie[NAME].ATTRIBUTE. A cookie that one sets and the
 * other tells the client to forget is as good as missing. */
#ifndef REPLAY_DIFF_COOKIES_H
#define REPLAY_DIFF_COOKIES_H

#include "model/difference.h"

/* One value each, as it came: the first COOKIES_MAX are looked at. */
#define COOKIES_MAX 64
void cookies_compare(const struct slice *control, size_t control_count, const struct slice *candidate, size_t candidate_count,
                     struct difference_sink sink);

#endif
