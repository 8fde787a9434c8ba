/* share: a part of a whole as people write it: 0.1%, 5%, 0. */
#ifndef REPLAY_CLI_SHARE_H
#define REPLAY_CLI_SHARE_H

#include "base/err.h"

/* --OPTION TEXT: 0 to 100, as a rule with a % behind it; *out is 0 to 1. 0 or ERR_USAGE with a sentence. */
int share_parse(const char *option, const char *text, double *out, struct err *err);
/* How much more than another something is: 0 to 100000%, *out 0 to 1000. */
int share_parse_more(const char *option, const char *text, double *out, struct err *err);

#endif
