/* answers: what came of one target's requests: measured by endpoint and over time, why they left late, handed on as messages, told in lines.
 *
 * Takes one result a request, from the player; owns copies. Memory is bounded: answers that nobody fetches are let go beyond 64 MiB, counted. */
#ifndef REPLAY_OUTPUT_ANSWERS_H
#define REPLAY_OUTPUT_ANSWERS_H

#include "base/hash.h"
#include "http/head.h"
#include "model/ops.h"
#include "play/player.h"

#define ANSWERS_CACHED 1024 /* paths whose endpoint is known without folding */

struct answers_options {
	bool track;       /* answers become messages */
	bool measure;     /* by endpoint and over time */
	int64_t stats_ns; /* a line each so often; 0: none */
};

struct answers {
	struct answers_options o;
	int64_t real_minus_mono_ns;
	unsigned shard, shards;
	void *note_arg;
	void (*note)(void *note_arg, int level, const char *sentence);

	int64_t refused_ns; /* when a request was last turned away since the queue was full */
	double late_ns[LATE_CAUSES];
	uint64_t unsent; /* were due and never sent */

	struct measure *measure; /* NULL: not wanted */
	struct hash_key key;
	struct known_path {
		uint64_t hash;
		uint32_t endpoint;
	} * known;

	struct message **queue; /* tracked answers, from `first` on */
	size_t first, n, cap, bytes;
	uint64_t tracked, handed, let_go, no_memory;

	struct hist *recent; /* latencies since the last line; NULL: no lines */
	int64_t next_line_ns;
	uint64_t line_answered; /* as of the last line */
};

int answers_init(struct answers *a, const struct answers_options *o, const struct io_env *env, struct err *err);
void answers_release(struct answers *a);

/* The number of a request's endpoint, to come back in its result; 0 where nothing is measured. */
uint32_t answers_endpoint(struct answers *a, const struct http_head *head);

void answers_take(struct answers *a, const struct play_result *r);
struct message *answers_next(struct answers *a); /* a reference, NULL when there is none */

int64_t answers_deadline(const struct answers *a); /* of the next line; TIME_NEVER */
void answers_tick(struct answers *a, const struct player *p, const char *label, int64_t now_ns);

void answers_tally(const struct answers *a, const char *label, struct tally_sink *sink);

#endif
