/* stop: the signals by which a user ends a command, as a descriptor, so that it ends in order. */
#ifndef REPLAY_CLI_STOP_H
#define REPLAY_CLI_STOP_H

#include <signal.h>
#include <stdbool.h>

/* *set: SIGINT, SIGTERM and SIGHUP, which are the caller's to block; a SIGHUP that nohup had ignored stays so. Negative: none to be had. */
int stop_descriptor(sigset_t *set);
/* Did one come? Never waits. */
bool stop_asked(int fd);

#endif
