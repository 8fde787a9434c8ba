/* differ_inner: what differ.c (exchanges joined) and differ_again.c (requests sent once more) share. Private to them. */
#ifndef REPLAY_OUTPUT_DIFFER_INNER_H
#define REPLAY_OUTPUT_DIFFER_INNER_H

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "output/differ.h"

/* One target's part of an exchange. */
struct part_answer {
	bool asked, done, never;
	enum not_comparable why; /* never */
	const char *failed;
	struct slice bytes; /* of `copy`, or the player's until its call returns */
	struct buf copy;
	int64_t sent_ns, latency_ns;
	struct list again; /* in the queue of requests to send to it once more */
};

struct waiting {
	struct list by_age;
	struct waiting *same_id; /* a looped file sends an id again before its first answer may have come */
	struct message_id id;
	struct message *request, *recorded;
	bool unrecorded; /* and nothing will be */
	struct part_answer side[SIDES];
	size_t bytes;
	unsigned rounds; /* --diff-confirm: so many are left; 0: the exchange itself */
	uint32_t number; /* the book's, of an exchange to confirm */
};

struct differ_part {
	const struct differ_options *o;
	struct book *book;
	struct hash_key key;
	struct map by_id;
	struct list by_age; /* exchanges, the oldest first; not those to confirm */
	struct list confirming;
	bool stopped; /* nothing is sent once more from now on */
	struct list again[SIDES];
	size_t bytes;
	uint32_t confirmed; /* requests made to send once more */
	int baselines;
	struct buf folded;
};

uint64_t differ_hash_of(const struct differ_part *p, const struct message_id *id);

struct waiting *waiting_new(struct message *request); /* a reference of its own; NULL: out of memory */
void waiting_free(struct differ_part *p, struct waiting *w);
int differ_enter(struct differ_part *p, struct waiting *w, uint64_t hash); /* among those found by id; 0 or a negative error */
void differ_leave(struct differ_part *p, struct waiting *w);               /* and out again, freed */

/* What the book takes; false: the request has no head. */
bool differ_exchange_of(struct differ_part *p, const struct waiting *w, char id[MESSAGE_ID_MAX + 1], struct book_exchange *x);

/* The book has just said that x differs: it may have the request sent again. */
void differ_confirm(struct differ_part *p, const struct waiting *w, const struct book_exchange *x);
void differ_settle_round(struct differ_part *p, struct waiting *w); /* all have answered once more */

#endif
