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
	uint32_t key_hash; /* equal keys have equal ones */
	struct slice key;  /* in an object: without the quotes, escapes left in */
	struct slice text; /* as written: a string without its quotes, a container with its brackets */
	uint64_t
	        hash; /* of the value: equal values give equal hashes, whatever the space between, the order of keys, the escapes, and 1.0 for 1 */
};

/* Why a text is no JSON we can compare. */
enum json_fault {
	JSON_FAULT_NONE,
	JSON_FAULT_EMPTY,
	JSON_FAULT_BOM,       /* a byte order mark (RFC 8259 §8.1) */
	JSON_FAULT_SYNTAX,    /* something else than JSON allows there */
	JSON_FAULT_TRUNCATED, /* it ends in the middle */
	JSON_FAULT_TRAILING,  /* something behind the value */
	JSON_FAULT_DUPLICATE, /* a key stands twice */
	JSON_FAULT_DEPTH,
	JSON_FAULT_LARGE,  /* too many values */
	JSON_FAULT_HASHES, /* keys that were made to have one hash: too slow to tell apart */
	JSON_FAULT_MEMORY,
	JSON_FAULTS
};

struct json_tree {
	struct json_node *nodes; /* nodes[0] is the root */
	uint32_t n, cap;
	enum json_fault fault;
	const char
	        *why; /* after an error: why it is no JSON we can compare, for people: "a key stands twice", "nested more than 512 deep" */
	size_t at;    /* and where, in bytes */
	uint64_t *keys; /* of the objects that are open: json_sort's entries */
	size_t keys_n, keys_cap;
};

/* The sentence's part for each: plain, of the control, of the candidate. */
extern const char *const json_fault_text[JSON_FAULTS][3];

void json_tree_init(struct json_tree *t);
void json_tree_release(struct json_tree *t);

/* Strict in all but one: bytes in strings that are no UTF-8 pass, and compare as bytes. Reuses the tree's memory. 0; ERR_FORMAT (no JSON, or a key stands twice in one object), ERR_LIMIT, ERR_NOMEM: `why` and `at` say more. The whole text
 * must be one value, space round it allowed. */
int json_tree_parse(struct json_tree *t, struct slice text);

/* Newline-delimited values (also RFC 7464's record separators): an array of them, nodes[0], whose text is the whole. Empty lines count for nothing. */
int json_tree_parse_lines(struct json_tree *t, struct slice text);

/* The same value: hashes first, then for certain. Recursion no deeper than JSON_TREE_DEPTH_MAX. */
bool json_tree_equal(const struct json_tree *a, uint32_t i, const struct json_tree *b, uint32_t k);
/* The same string, escapes undone (as the keys of objects compare). */
bool json_tree_text_equal(struct slice a, bool a_escaped, struct slice b, bool b_escaped);

#endif
