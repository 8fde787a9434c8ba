/* text_file: a small file that a person wrote, read whole. */
#ifndef REPLAY_CLI_TEXT_FILE_H
#define REPLAY_CLI_TEXT_FILE_H

#include "base/buf.h"

/* Overwrites *out, whose cap is the file's. what: for errors, "rules". 0 or a negative error with a sentence. */
int text_file_read(const char *path, const char *what, struct buf *out, struct err *err);

#endif
