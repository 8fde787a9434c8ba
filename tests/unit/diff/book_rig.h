/* book_rig: a noisy service of ten endpoints, whose answers go straight into a book.
 *
 * In both builds: random ids, time stamps, arrays shuffled, numbers that jitter, a cookie, 2% of 503. The second build has faults, switched on one by one. */
#ifndef REPLAY_TESTS_BOOK_RIG_H
#define REPLAY_TESTS_BOOK_RIG_H

#include "diff/book.h"

enum fault {
	FAULT_NAME_CASE,   /* GET /api/items/{id}: $.name, always */
	FAULT_PRICE_THIRD, /* GET /api/prices/{id}: $.cents, 30% */
	FAULT_HEADER,      /* GET /api/users/{id}: header:cache-control, 10% */
	FAULT_ORDER,       /* GET /api/search: $.hits, order, 5% */
	FAULT_TYPE,        /* GET /api/stock/{id}: $.count, number to string, 2% */
	FAULT_MISSING,     /* GET /api/users/{id}: $.email, 1% */
	FAULT_RARE,        /* GET /api/orders/{id}: $.total, 10 of 2,000 */
	FAULT_PRECISION,   /* GET /api/accounts/{id}: $.balance, always where it is large */
	FAULT_STATUS,      /* POST /api/orders: 201 becomes 500 for some */
	FAULT_EXTRA,       /* GET /api/profile/{id}: $.debug, 3% */
	FAULT_ELEMENT,     /* GET /api/lists/{id}: an element of $.rows is lost, 4% */
	FAULT_SLOW,        /* GET /api/orders/{id}: 4 ms become 7 ms */
	FAULTS
};
#define ALL_FAULTS ((1u << FAULTS) - 1)

struct fault_place {
	const char *endpoint, *path;
	enum difference_kind kind;
};
extern const struct fault_place fault_places[FAULTS];

struct rig {
	uint64_t state;  /* of the random numbers */
	unsigned faults; /* of the candidate */
	bool second;     /* there is a second control */
	bool quiet;      /* no noise at all */
	uint64_t n;      /* exchanges so far */
};

/* That many exchanges, evenly over the endpoints, into the book. */
void rig_run(struct rig *r, struct book *b, unsigned exchanges);
/* One: the same number always asks the same. */
enum exchange_verdict rig_exchange(struct rig *r, struct book *b, uint64_t number);
/* The same request again, for confirmation. */
void rig_repeat(struct rig *r, struct book *b, uint64_t number, uint32_t pending);

struct rig rig_seeded(uint64_t seed, unsigned faults, bool second);
uint64_t rig_draw(struct rig *r, uint64_t below);

struct book_options rig_options(const struct rules *rules, bool second);

/* The finding at that place; NULL: there is none. */
const struct verdict_finding *find_finding(const struct verdict *v, const char *endpoint, const char *path, enum difference_kind kind);

#endif
