/* privileges: giving up what only opening a capture needed. */
#ifndef REPLAY_PIPE_PRIVILEGES_H
#define REPLAY_PIPE_PRIVILEGES_H

#include "base/err.h"

#include <stdbool.h>

/* Becomes `user`, or whoever called sudo; without either, root stays root but keeps only CAP_DAC_OVERRIDE (to write logs where it was told
 * to), and any other user loses every capability; with keep_raw all keep CAP_NET_RAW where they have it. No program this process may start can regain one. 0, or an error: then nothing may go on. */
int privileges_drop(const char *user, bool keep_raw, struct err *err);

#endif
