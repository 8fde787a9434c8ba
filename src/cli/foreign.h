/* foreign: flags that GoReplay has and this version has not, so that its users read what is the matter. */
#ifndef REPLAY_CLI_FOREIGN_H
#define REPLAY_CLI_FOREIGN_H

#include <stddef.h>

/* What to do instead ("" where nothing is to be said), or NULL: GoReplay has no such flag either. */
const char *foreign_flag(const char *name);

#endif
