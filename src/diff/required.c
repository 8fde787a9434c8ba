/* required: a walk down the tree for each path; each node is met once a path, the recursion as deep as the path is long. */
#include "diff/required.h"

#include "diff/pattern.h"

#include <stdlib.h>

#define REQUIRED_MAX 64

struct required {
	struct path_pattern path[REQUIRED_MAX];
	size_t n;
};

struct required *required_new(void)
{
	return calloc(1, sizeof(struct required));
}

void required_free(struct required *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		path_pattern_release(&r->path[i]);
	free(r);
}

int required_add(struct required *r, struct slice path, const char **why)
{
	if (path_root_of(path) != ROOT_JSON) {
		*why = "it should begin with $, as in $.id";
		return ERR_USAGE;
	}
	if (r->n == REQUIRED_MAX) {
		*why = "a line may require 64 fields";
		return ERR_LIMIT;
	}
	struct path_pattern *p = &r->path[r->n];
	int rc = path_pattern_init(p, path, why);
	if (rc)
		return rc;
	r->n++; /* so that it is released, whatever it is */
	if (p->cut.len) {
		*why = "it is not whole, since it ends in ...";
		return ERR_USAGE;
	}
	for (size_t i = 0; i < p->n; i++)
		if (p->segments[i].kind == SEGMENT_DEEP) {
			*why = "** says no place where a field has to be";
			return ERR_USAGE;
		}
	return 0;
}

static bool below(const struct json_tree *tree, uint32_t node, const struct path_segment *at, const struct path_segment *end);

/* Each child that the segment means has the rest. */
static bool each_child(const struct json_tree *tree, uint32_t node, const struct path_segment *at, const struct path_segment *end)
{
	uint32_t child = node + 1;
	for (uint32_t i = 0; i < tree->nodes[node].children; i++, child = tree->nodes[child].next) {
		bool meant = at->kind == SEGMENT_ELEMENT || glob_match(at->text, tree->nodes[child].key);
		if (meant && !below(tree, child, at + 1, end))
			return false;
	}
	return true;
}

static bool the_child(const struct json_tree *tree, uint32_t node, const struct path_segment *at, const struct path_segment *end)
{
	bool escaped = slice_find_byte(at->text, '\\') < at->text.len;
	uint32_t child = node + 1;
	for (uint32_t i = 0; i < tree->nodes[node].children; i++, child = tree->nodes[child].next)
		if (json_tree_text_equal(tree->nodes[child].key, tree->nodes[child].key_escaped, at->text, escaped))
			return below(tree, child, at + 1, end);
	return false;
}

static bool below(const struct json_tree *tree, uint32_t node, const struct path_segment *at, const struct path_segment *end)
{
	if (at == end)
		return true;
	if (tree->nodes[node].type != (at->kind == SEGMENT_ELEMENT ? JSON_TREE_ARRAY : JSON_TREE_OBJECT))
		return false;
	bool several = at->kind == SEGMENT_ELEMENT || slice_find_byte(at->text, '*') < at->text.len;
	return several ? each_child(tree, node, at, end) : the_child(tree, node, at, end);
}

bool required_there(const struct required *r, const struct json_tree *tree)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct path_pattern *p = &r->path[i];
		if (p->n && !below(tree, 0, p->segments, p->segments + p->n)) /* "$" alone has no segments: the body is there */
			return false;
	}
	return true;
}
