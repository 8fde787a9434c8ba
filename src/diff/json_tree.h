/* json_tree: JSON text (RFC 8259) to a tree whose strings and numbers are slices of that text.
 *
 * Takes text that stays the caller's and must outlive the tree; gives nodes in one array, in the order of the text. Numbers are kept as written: no
 * two different numbers become equal (see number.h). Strict; not recursive; bounded in depth and nodes. Owns the nodes. */
#ifndef REPLAY_DIFF_JSON_TREE_H
#define REPLAY_DIFF_JSON_TREE_H

#include "base/err.h"
#include "base/slice.h"

enum json_tree_type {
	JSON_TREE_NULL,
	JSON_TREE_FALSE,
	JSON_TREE_TRUE,
	JSON_TREE_NUMBER,
	JSON_TREE_STRING,
	JSON_TREE_ARRAY,
	JSON_TREE_OBJECT
};

#define JSON_TREE_DEPTH_MAX 512
#define JSON_TREE_NODES_MAX (8u << 20)

struct json_node {
	uint8_t type;      /* enum json_tree_type */
	bool escaped;      /* string: text holds backslashes */
	bool key_escaped;  /* likewise its key */
	uint32_t next;     /* index of the node behind this one and all it holds: siblings are node[i].next */
	uint32_t children; /* array, object */
	struct slice key;  /* in an object: without the quotes, escapes left in */
	struct slice text; /* as written: a string without its quotes, a container with its brackets */
	uint64_t
	        hash; /* of the value: equal values give equal hashes, whatever the space between, the order of keys, the escapes, and 1.0 for 1 */
};

struct json_tree {
	struct json_node *nodes; /* nodes[0] is the root */
	uint32_t n, cap;
	const char
	        *why; /* after an error: why it is no JSON we can compare, for people: "a key stands twice", "nested more than 512 deep" */
	size_t at;    /* and where, in bytes */
};

void json_tree_init(struct json_tree *t);
void json_tree_release(struct json_tree *t);

/* Reuses the tree's memory. 0; ERR_FORMAT (no JSON, or a key stands twice in one object), ERR_LIMIT, ERR_NOMEM: `why` and `at` say more. The whole text
 * must be one value, space round it allowed. */
int json_tree_parse(struct json_tree *t, struct slice text);

/* The same value: hashes first, then for certain. */
bool json_tree_equal(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k);
/* The same string, escapes undone (as the keys of objects compare). */
bool json_tree_text_equal(struct slice a, bool a_escaped, struct slice b, bool b_escaped);

const char *json_tree_type_name(enum json_tree_type type); /* "boolean" for both */

#endif
