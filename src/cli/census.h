/* census: what is in a log, counted message by message in bounded memory. */
#ifndef REPLAY_CLI_CENSUS_H
#define REPLAY_CLI_CENSUS_H

#include "cli/tops.h"
#include "model/message.h"

#define CENSUS_STATUSES 1000

struct census {
	uint64_t messages[4]; /* by enum message_type */
	uint64_t bytes;
	uint64_t complete, flags[4]; /* gap, head, cut, trunc: a message may have several */
	int64_t first_ns, last_ns;   /* meaningless while census_empty */
	uint64_t status[CENSUS_STATUSES];
	uint64_t headless; /* no whole head in their bytes */
	struct tops methods, hosts, endpoints;
	struct map lanes; /* of the lane numbers themselves */
	bool lanes_full;  /* there are more than counted */
	struct buf scratch;
};

void census_init(struct census *c);
void census_release(struct census *c);
void census_count(struct census *c, const struct message *m);

static inline bool census_empty(const struct census *c)
{
	return c->messages[MESSAGE_REQUEST] + c->messages[MESSAGE_RESPONSE] + c->messages[MESSAGE_REPLAYED] == 0;
}

/* From the first message to the last; time stamps that no 64 bits part are cut short. */
int64_t census_span_ns(const struct census *c);

extern const char *const census_flag_names[4];

#endif
