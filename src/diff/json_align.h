/* json_align: which children of two containers belong together.
 *
 * Takes two trees; gives pairs on a stack: those that may differ, in the order of the control; the ones that are alike to the byte are left out.
 * Objects go by key. Arrays go by an id-like key where their objects have one that serves, else by a longest common subsequence of equal elements; what is
 * left goes in place, by what it has in common where that leaves a choice. Bounded work, memory kept from one comparison to the next. */
#ifndef REPLAY_DIFF_JSON_ALIGN_H
#define REPLAY_DIFF_JSON_ALIGN_H

#include "diff/json_lcs.h"
#include "diff/json_tree.h"

/* Node numbers; 0: there is none (the root is nobody's child). */
struct json_pair {
	uint32_t a, b;
};

struct json_aligner {
	const struct json_tree *a, *b;
	struct json_pair *pairs; /* a stack: whoever takes them off sets n back */
	size_t n, cap;
	uint64_t *room; /* for one call */
	size_t room_cap;
	struct json_lcs lcs;
	uint64_t looks; /* how often two values may still be held against each other to see what they have in common */
};

enum json_keys {
	JSON_KEYS_NAMES,   /* each is a field */
	JSON_KEYS_MAP,     /* they are data: ids, dates, or very many of one shape */
	JSON_KEYS_RENAMED, /* and none of them is the same: pairs are in place, by other keys */
};

void json_aligner_init(struct json_aligner *al); /* once */
void json_aligner_release(struct json_aligner *al);
void json_aligner_begin(struct json_aligner *al, const struct json_tree *a, const struct json_tree *b); /* for each comparison */

/* 0 or ERR_NOMEM. */
int json_align_objects(struct json_aligner *al, uint32_t a, uint32_t b, enum json_keys *keys);
/* *reordered: elements that are the same stand in another order (any_order: whatever that is worth, it is not needed). */
int json_align_arrays(struct json_aligner *al, uint32_t a, uint32_t b, bool any_order, bool *reordered);

/* Does a key look like data: digits, UUID, hex, date, long token? */
bool json_key_is_id(struct slice key);

/* Within the folder. */
int json_aligner_push(struct json_aligner *al, uint32_t a, uint32_t b);
int json_aligner_room(struct json_aligner *al, size_t n); /* n entries at al->room */
/* How much two values have in common, 0..100. */
unsigned json_alike(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k);

static inline const struct json_node *json_node_at(const struct json_tree *t, uint32_t i)
{
	return &t->nodes[i];
}

/* For certain the same, and cheaply so. */
static inline bool json_same_bytes(const struct json_node *a, const struct json_node *b)
{
	return a->hash == b->hash && slice_eq(a->text, b->text);
}

#endif
