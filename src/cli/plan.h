/* plan: what a dry run found, counted message by message in bounded memory, as text and JSON. */
#ifndef REPLAY_CLI_PLAN_H
#define REPLAY_CLI_PLAN_H

#include "cli/census.h"

struct plan {
	struct census census; /* of the requests that would be sent */
	bool paced;           /* they have due times */
	bool endless;         /* this is one round of a loop that has no end */
	int64_t start_ns;     /* due times count from the first of them */
	int64_t first_ns, last_ns;
	uint64_t second, in_second;    /* the one counted at present */
	uint64_t peak, peak_second;    /* the most in any second, and which that was */
	uint64_t responses;            /* kept, and nothing to send */
	uint64_t incomplete, filtered; /* not sent */
	uint64_t not_requests, limited;
};

void plan_init(struct plan *p, int64_t start_ns, bool paced);
void plan_release(struct plan *p);
void plan_count(struct plan *p, const struct message *m); /* in the order of due times */
uint64_t plan_requests(const struct plan *p);
int plan_text(const struct plan *p, struct buf *out); /* 0, ERR_LIMIT or ERR_NOMEM */
int plan_json(const struct plan *p, struct buf *out);

#endif
