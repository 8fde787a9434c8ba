/* terminal: what a descriptor can show. */
#ifndef REPLAY_CLI_TERMINAL_H
#define REPLAY_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

size_t terminal_columns(int fd); /* 0: it is none, or does not say */
bool terminal_colour(int fd);    /* it is one, and the environment has neither NO_COLOR nor TERM=dumb */

#endif
