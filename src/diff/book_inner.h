/* book_inner: what the book's files share: how an endpoint, a kind of difference and a kept exchange are held.
 *
 *   book.c           exchanges in, counted
 *   book_touch.c     one exchange compared: which keys it touches
 *   book_keys.c      endpoints and their kinds of difference ("keys": path and kind), found or made, within the limits
 *   book_blocks.c    of a key, exchanges in which one side alone differed, by stretches of time
 *   book_latency.c   times of answers, and which endpoint is slower
 *   book_examples.c  exchanges kept to show, drawn at random
 *   book_sets.c      sets of keys by which exchanges differed, counted, since only the end knows which of them count
 *   book_series.c    the run second by second
 *   book_confirm.c   exchanges that are sent again
 *   book_merge.c     one book into another
 *   book_findings.c  keys tested: what each of them is
 *   book_verdict.c   all of it told
 *   book_learned.c   all of it as rules */
#ifndef REPLAY_DIFF_BOOK_INNER_H
#define REPLAY_DIFF_BOOK_INNER_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "diff/book.h"
#include "diff/book_blocks.h"
#include "diff/book_series.h"

#define BOOK_ENDPOINTS     1000
#define BOOK_EXPECTS       64 /* rules of --expect */
#define BOOK_ENDPOINT_KEYS (2000 + BOOK_EXPECTS)
#define BOOK_KEYS          50000
#define BOOK_KEPT_BYTES    (64u << 20)
#define BOOK_SETS          65536
#define BOOK_SET_BYTES     (32u << 20)
#define BOOK_PENDING       4096       /* exchanges being sent again at a time */
#define BOOK_ASKED         8          /* exchanges sent again for one key */
#define BOOK_BLOCKS        (1u << 20) /* from then on a key may have few */
#define BLOCK_SHARE        32         /* of an endpoint's exchanges: as many at least, were each to differ, are so many observations */

/* Examples, each of those seen equally likely to be among them (algorithm R). */
struct reservoir {
	uint64_t seen, random;
	bool surely; /* those here differed while the controls agreed; the first such one displaces the others */
	struct verdict_example kept[VERDICT_EXAMPLES];
	unsigned count;
};

struct endpoint_book;

/* One path and kind of one endpoint. */
struct key_book {
	struct endpoint_book *endpoint;
	char *path;
	size_t path_len;
	enum difference_kind kind;
	bool of_all;     /* "status 200>503", "answer": of the answer as a whole, told before anything else */
	uint32_t number; /* within the book */
	uint64_t turn;   /* the exchange that touched it last, and where it stands in `touched` then */
	uint32_t at;
	uint64_t differ, noise;                      /* exchanges */
	uint64_t only_candidate, only_control, both; /* of those where the controls were compared too */
	uint64_t control_odd;                        /* of both: candidate and second agreed */
	struct blocks blocks;                        /* those three by time, for the test */
	uint64_t confirmed, flaky, asked;            /* exchanges sent again */
	uint64_t rounds, rounds_came;                /* times sent again; of them, times it came back */
	unsigned forms;                              /* learning: those (of diff/forms.h) that all values seen have */
	struct reservoir examples;
};

struct latency_book {
	struct hist control, candidate;
	struct hist ratio, noise_ratio; /* candidate's to control's, second's to control's, by exchange; in millionths */
	struct hist more, noise_more;   /* and by how much longer it took, 0 where it was faster */
};

struct endpoint_book {
	char *name; /* "GET /api/items/{id}" */
	size_t method_len, name_len;
	size_t at;                    /* among all, as they came */
	struct endpoint_rules *rules; /* of the folded path */
	uint64_t compared, same, noise, not_comparable;
	uint64_t beyond;        /* exchanges that differed by a set the table had no room for */
	uint64_t measured;      /* compared, and the controls with each other */
	struct map keys;        /* struct key_book */
	struct key_book *other; /* takes what is beyond the limits */
	struct latency_book *latency;
	struct reservoir slow;
	uint64_t expects;      /* rules of --expect for its folded path */
	uint64_t expects_seen; /* and for paths of its requests */
	uint64_t *checked;     /* answers that each was put to; NULL: none yet */
};

/* Keys that one exchange differed by, though the controls agreed; ascending numbers. */
struct key_set {
	struct endpoint_book *endpoint;
	uint64_t count; /* exchanges */
	uint32_t number, n;
	uint32_t keys[];
};

struct set_table {
	struct map by_keys;
	struct key_set **all; /* by number */
	size_t count, cap;
	size_t bytes;
};

/* What the exchange at hand touched. */
struct touched {
	struct key_book *key;
	bool candidate, second;
	uint64_t candidate_sum, second_sum; /* of the values told: equal sums, equal values */
	int slot;                           /* where it goes in the key's examples; -1: nowhere */
	char *control_value, *candidate_value;
};

struct pending {
	bool used;
	struct endpoint_book *endpoint;
	unsigned rounds, done;
	uint32_t n;
	struct key_book **keys;
	uint32_t *came;   /* rounds in which each came back, */
	uint32_t *judged; /* of those that could tell; in the same memory */
};

/* Rules for a request's own path, found again. */
struct path_rules {
	uint64_t hash; /* of method, folded path and own path, keyed */
	struct endpoint_rules *rules;
	uint64_t expects;
	bool known;
};
#define PATH_RULES 256

/* Of a rule. The last of a book's is of no rule: time stamps of the present moment. */
struct hidden_count {
	uint64_t exchanges;
	char *endpoint, *path;
};

struct book {
	struct book_options options;
	char *control, *candidate, *second;
	struct hash_key key;
	struct comparer *comparer;
	struct json_tree tree;
	struct buf decoded;

	uint64_t seen, compared, causes[NC_CAUSES], let_go;
	uint64_t fallbacks[FALLBACKS]; /* of books merged into this one */
	struct map endpoints;
	struct endpoint_book **ordered; /* as they came */
	size_t endpoint_count, endpoint_cap;
	struct endpoint_book *other;

	struct key_book **keys; /* by number */
	size_t key_count, key_cap;
	struct set_table sets;
	struct series series;
	struct hidden_count *hidden; /* by rule, and one more */
	size_t hidden_count;         /* rules */
	int own_rules;               /* number of the first rule that is not built in */
	bool by_path;                /* rules, or a contract, that a request's own path may decide */
	struct path_rules path_rules[PATH_RULES];

	struct touched *touched; /* of the exchange at hand, and of the last one until the next comes */
	uint32_t touched_count, touched_cap;
	bool ended;    /* one of its pairs ended at another status, or with no answer */
	bool expected; /* a rule of --expect was put to the answer at hand */
	bool hid;      /* one of the rules that are not built in hid something of it */
	uint64_t hidden_seen[64];
	unsigned hidden_seen_count;
	uint64_t turn;
	enum exchange_verdict last;
	struct endpoint_book *last_endpoint;
	uint32_t *set; /* scratch: numbers of keys */
	uint32_t set_cap;

	size_t kept_bytes;
	size_t block_count; /* of all keys */

	struct pending *pending;
	uint32_t pending_count;
	uint32_t pending_free; /* where to look for a free one */
};

/* --- book_keys.c --- */
struct endpoint_book *book_endpoint(struct book *b, struct slice method, struct slice folded);                    /* NULL: no memory */
struct key_book *book_key(struct book *b, struct endpoint_book *e, struct slice path, enum difference_kind kind); /* likewise */
/* What takes the rest, beyond the limits. */
struct endpoint_book *book_other_endpoint(struct book *b);
struct key_book *book_other_key(struct book *b, struct endpoint_book *e);
struct key_book *book_key_find(const struct book *b, const struct endpoint_book *e, struct slice path, enum difference_kind kind);
void book_endpoint_free(struct endpoint_book *e);
struct slice endpoint_method(const struct endpoint_book *e);
struct slice endpoint_folded(const struct endpoint_book *e);
bool book_path_of_all(struct slice path);

/* --- book_examples.c --- */
/* Where this one goes, were it to be kept: the slot, or -1. */
int reservoir_slot(struct book *b, struct reservoir *r, bool surely);
void reservoir_put(struct book *b, struct reservoir *r, int slot, struct verdict_example e); /* takes e */
void reservoir_free(struct reservoir *r);
void reservoir_merge(struct book *b, struct reservoir *into,
                     struct reservoir *from); /* empties from, whose bytes b has been charged with */
char *value_copy(struct slice value);         /* valid UTF-8, cut; NULL: no memory */
/* One reference; without its bytes where kept bytes would exceed limit; NULL: no memory. */
struct verdict_exchange *exchange_keep(struct book *b, const struct book_exchange *x, size_t limit);
size_t exchange_bytes(const struct verdict_exchange *x);
void exchange_strip(struct verdict_exchange *x); /* lets its bytes go */
static inline struct verdict_exchange *exchange_ref(const struct verdict_exchange *shared)
{
	struct verdict_exchange *x = (struct verdict_exchange *)(uintptr_t)shared;
	if (x)
		x->refs++;
	return x;
}

/* --- book_latency.c --- */
static inline int64_t latency_of(const struct book_answer *a)
{
	return a->there ? a->latency_ns : -1;
}
void book_latency_count(struct book *b, struct endpoint_book *e, const struct book_exchange *x);
/* A target against the control, by exchange. */
struct latency_ratio {
	uint64_t compared;
	double ratio, low, high; /* the median, its 99% interval; 0: of none */
	int64_t more_ns;         /* the median of how much longer it took */
};
struct latency_ratio latency_ratio_of(const struct hist *ratio, const struct hist *more);
/* Slower by more than was asked, and by more than matters? */
bool book_slower(const struct book *b, const struct latency_ratio *r);
int64_t book_latency_floor(const struct book *b);

/* --- book_sets.c --- */
/* Counts that many exchanges that differed by these keys: the number of the set, SERIES_BEYOND where there is no room for it. */
uint32_t sets_add(struct book *b, struct endpoint_book *e, const uint32_t *keys, uint32_t n, uint64_t count);
void sets_free(struct set_table *t);

/* --- book_touch.c --- */
/* Fills b->touched from an exchange, nothing counted yet but what rules hid, and that only for a first time (again: false). 0 or ERR_NOMEM. *measured:
 * the controls were compared. */
int book_touch(struct book *b, struct endpoint_book *e, const struct book_exchange *x, bool again, bool *measured);
/* And the contract's rules that the candidate's answer breaks. */
int book_expect(struct book *b, struct endpoint_book *e, const struct book_exchange *x);
void book_forget(struct book *b); /* empties touched */
/* Does the exchange at hand say anything of this key? One that ended at another status knows nothing of bodies and headers. */
static inline bool book_tells_of(const struct book *b, const struct key_book *k)
{
	return !b->ended || k->of_all;
}

/* --- book_findings.c --- */
struct key_state {
	enum finding_state state;
	enum finding_reason reason;
	double p, q;
	uint64_t noise, noise_of;
	uint64_t blocks_candidate, blocks_control; /* what the test of pairs counted */
};
/* One for each key, by number. NULL: no memory. */
struct key_state *book_states(const struct book *b);

/* --- book_confirm.c --- */
void book_pending_free(struct book *b);

#endif
