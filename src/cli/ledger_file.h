/* ledger_file: a small file written whole or not at all: first beside its place, then renamed into it. */
#ifndef REPLAY_CLI_LEDGER_FILE_H
#define REPLAY_CLI_LEDGER_FILE_H

#include "base/err.h"
#include "base/slice.h"

#define LEDGER_PATH_MAX 4096

struct ledger_file {
	int fd;                          /* -1: none wanted, or done */
	const char *what;                /* its option: "ledger", "report" */
	const char *path;                /* borrowed */
	char temporary[LEDGER_PATH_MAX]; /* "": written in place (a pipe, /dev/stdout) */
};

/* Makes the temporary file (0600), so that a path that will not do is known before the run and not behind it. path NULL: none is wanted. */
int ledger_file_open(struct ledger_file *f, const char *what, const char *path, struct err *err);
void ledger_file_discard(struct ledger_file *f); /* what was opened and never finished leaves nothing behind */
int ledger_file_finish(struct ledger_file *f, struct slice text, struct err *err);

#endif
