/* json_diff: where two JSON texts differ in structure, so that one cause gives one difference.
 *
 * Objects by key whatever their order; null is a value, gone is MISSING. Objects used as maps (more than half of their keys look like ids, at least two on
 * both sides together; or 64 keys with values of one type) fold to one path ".*"; where such keys are new each time, values are compared in place and the
 * keys are a VALUE at ".*". Arrays aligned by a key where their objects have an id-like one that serves (unique on both sides, half of the shorter side in
 * common), otherwise by longest common subsequence of equal elements, the rest paired in place or by what it has in common; equal elements in another order
 * are DIFFERENCE_ORDER of the array. Newline-delimited JSON compares as an array of its lines. Strings that are no UTF-8 compare as bytes; a byte order mark
 * is no fault when both have it.
 *
 * Work is bounded: beyond the limits elements go in place. At most 64 differences of one path and kind are told, and 10,000 in all. */
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
	void (*let_pass)(
	        void *arg,
	        const struct difference *d); /* what any_order or tolerance makes no difference, each time; NULL: nobody wants to know */
};

struct json_differ; /* holds memory from one comparison to the next */
struct json_differ *json_differ_new(void);
void json_differ_free(struct json_differ *d);

/* 0: compared, differences told. ERR_FORMAT, ERR_LIMIT: one of them is no JSON we can compare: nothing was told, *why (for people, static) says which
 * and why: the caller falls back to text. ERR_NOMEM: some may have been told.
 * lines: newline-delimited. */
int json_differ_compare(struct json_differ *d, struct slice control, struct slice candidate, bool lines, const struct json_advice *advice,
                        struct difference_sink sink, const char **why);

#endif
