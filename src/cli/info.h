/* info: a census and its surroundings, as text or JSON. */
#ifndef REPLAY_CLI_INFO_H
#define REPLAY_CLI_INFO_H

#include "cli/census.h"
#include "log/reader.h"
#include "report/ledger.h"

struct info {
	const char *path;
	struct census census;
	bool is_log;         /* `log` is filled in; else a capture */
	uint64_t file_bytes; /* 0: not known (a pipe) */
	struct log_info log;
	struct ledger *read, *written; /* reading's own; the writing run's, NULL where the file has none */
};

int info_text(const struct info *i, struct buf *out); /* 0 or a negative error */
int info_json(const struct info *i, struct buf *out); /* one object and a newline */

/* Distinguishes forms for people: "native log (zstd)". */
const char *info_kind(const struct info *i);

#endif
