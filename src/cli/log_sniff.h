/* log_sniff: what the beginnings of two logs tell about how to compare them. */
#ifndef REPLAY_CLI_LOG_SNIFF_H
#define REPLAY_CLI_LOG_SNIFF_H

#include "cli/options.h"

struct log_sniff {
	bool replayed[2];   /* that log holds replayed answers */
	uint16_t target[2]; /* and of those, the target of the least number */
	bool ids_meet;      /* some request of one log has the id of one in the other */
};

/* Reads some of each of the n (1 or 2) logs, in their own order: 20,000 requests, and until a replayed answer comes. 0 or a negative error with a sentence. */
int log_sniff(struct options *o, const char *const *paths, size_t n, struct log_sniff *out, struct err *err);

#endif
