/* log_pairs: the exchanges of two logs, joined: a request with its answer in the one and its answer in the other.
 *
 * Takes messages of either log in any order; gives pairs once they are whole, and at the end what remains. Joined by id, or by method, target and content, the
 * n-th in one log with the n-th in the other. What waits is bounded in bytes: the oldest goes as it is. */
#ifndef REPLAY_INPUT_LOG_PAIRS_H
#define REPLAY_INPUT_LOG_PAIRS_H

#include "base/err.h"
#include "model/message.h"

enum log_side { LOG_CONTROL, LOG_CANDIDATE, LOG_SIDES };

struct log_pairs_options {
	bool by_request;
	enum message_type answers[LOG_SIDES]; /* RESPONSE or REPLAYED: what counts as an answer there */
	uint16_t target[LOG_SIDES];           /* and of those that were replayed, which target's */
	size_t waiting_bytes;                 /* 1 GiB */
};

/* References; answer NULL: that log has none; asked: does it have the request? */
struct log_pair {
	struct message *request, *answer[LOG_SIDES];
	bool asked[LOG_SIDES];
};
void log_pair_release(struct log_pair *p);

struct log_pairs;
struct log_pairs *log_pairs_new(const struct log_pairs_options *options); /* NULL: out of memory */
void log_pairs_free(struct log_pairs *p);

/* Keeps references. 0, or ERR_NOMEM: then this message is left out. */
int log_pairs_add(struct log_pairs *p, enum log_side side, struct message *m);
/* The next that is whole, or had to go; false: none now. all: what is unfinished too, the oldest first. The caller's to release. */
bool log_pairs_next(struct log_pairs *p, bool all, struct log_pair *out);
/* Requests that wait for that log's: the other one is ahead. */
uint64_t log_pairs_behind(const struct log_pairs *p, enum log_side side);

#endif
