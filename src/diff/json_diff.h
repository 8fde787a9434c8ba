/* json_diff: where two JSON texts differ in structure.
 *
 * Objects by key whatever their order; objects used as maps (keys that look like ids, or very many of one shape) fold to one path ".*". Arrays aligned by
 * a key where their objects have an id-like one that serves (unique on both sides and mostly in common), otherwise by longest common subsequence of equal
 * elements, the rest paired in place; equal elements in another order are DIFFERENCE_ORDER alone. Newline-delimited JSON compares as an array of
 * its lines. Work is bounded: beyond the limits what is left is told as one coarser difference. */
#ifndef REPLAY_DIFF_JSON_DIFF_H
#define REPLAY_DIFF_JSON_DIFF_H

#include "diff/json_tree.h"
#include "model/difference.h"

/* What a rule may say about a path before it is compared. */
struct path_advice {
	bool skip;        /* neither this nor what it holds */
	bool any_order;   /* array: order does not matter */
	double tolerance; /* numbers: 0 exact */
};
struct json_advice { /* `advise` NULL: none. Asked once for each node that differs, with its path */
	void *arg;
	struct path_advice (*advise)(void *arg, struct slice path);
};

struct json_differ; /* holds memory from one comparison to the next */
struct json_differ *json_differ_new(void);
void json_differ_free(struct json_differ *d);

/* 0: compared, differences told. ERR_FORMAT, ERR_LIMIT: one of them is no JSON we can compare: nothing was told, *why (for people, static) says which
 * and why: the caller falls back to text. ERR_NOMEM. lines: newline-delimited. */
int json_differ_compare(struct json_differ *d, struct slice control, struct slice candidate, bool lines, const struct json_advice *advice,
                        struct difference_sink sink, const char **why);

#endif
