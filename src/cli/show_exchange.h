/* show_exchange: one exchange in full: the request, both answers, what differs, how to ask again. */
#ifndef REPLAY_CLI_SHOW_EXCHANGE_H
#define REPLAY_CLI_SHOW_EXCHANGE_H

#include "diff/rules.h"
#include "input/log_pairs.h"

/* Text for a terminal, control characters made visible; in the curl line they are escapes of printf. An answer may be missing. rules: to tell which
 * differences they hide. 0 or a negative error. */
int show_exchange(const struct log_pair *p, const struct rules *rules, struct buf *out);

/* Writes it as a plain log, ID.gor in the current directory: the request, the control as recorded, the candidate as replayed. An existing file is an error. */
int save_exchange(const struct log_pair *p, char path[64], struct err *err);

#endif
