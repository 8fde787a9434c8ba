/* help: help texts, the manual page and shell completions, all made from the tables of commands and options. */
#ifndef REPLAY_CLI_HELP_H
#define REPLAY_CLI_HELP_H

#include "cli/commands.h"

int help_text(const struct command *c, struct buf *out); /* 0 or a negative error, like the others */
int help_man(struct buf *out);
int help_bash(struct buf *out);
int help_zsh(struct buf *out);
int help_fish(struct buf *out);

#endif
