/* pattern: segments of paths; a match is a walk over both with one place to go back to, as in any glob. */
#include "diff/pattern.h"

#include <stdlib.h>

bool glob_match(struct slice pattern, struct slice text)
{
	size_t p = 0, t = 0, back_p = SIZE_MAX, back_t = 0;
	while (t < text.len) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			back_p = ++p;
			back_t = t;
		} else if (p < pattern.len && pattern.ptr[p] == text.ptr[t]) {
			p++;
			t++;
		} else if (back_p != SIZE_MAX) {
			p = back_p;
			t = ++back_t;
		} else {
			return false;
		}
	}
	while (p < pattern.len && pattern.ptr[p] == '*')
		p++;
	return p == pattern.len;
}

static const struct root_row {
	const char *text;
	bool whole; /* nothing follows but the path's end or, for a status, a space */
} roots[ROOTS] = {
	[ROOT_JSON] = { "$", false },         [ROOT_HEADER] = { "header:", false }, [ROOT_FORM] = { "form:", false },
	[ROOT_STATUS] = { "status", true },   [ROOT_BODY] = { "body", true },       [ROOT_ANSWER] = { "answer", true },
	[ROOT_LATENCY] = { "latency", true },
};

static bool begins_with_root(struct slice text, enum path_root root, size_t *len)
{
	const char *name = roots[root].text;
	*len = strlen(name);
	if (text.len < *len || memcmp(text.ptr, name, *len) != 0)
		return false;
	return !roots[root].whole || text.len == *len || text.ptr[*len] == ' ' || text.ptr[*len] == '\t';
}

enum path_root path_root_of(struct slice text)
{
	size_t len;
	int root = 0;
	while (root < ROOT_ANY && !begins_with_root(text, (enum path_root)root, &len))
		root++;
	return (enum path_root)root;
}

/* What stands behind a root that is there. */
static struct slice behind_root(struct slice text, enum path_root root)
{
	struct slice rest = slice_from(text, strlen(roots[root].text));
	return roots[root].whole ? slice_trim(rest) : rest;
}

/* ["key"]: its length and the key; 0: that is not what stands there. */
static size_t quoted_key(struct slice s, struct slice *key)
{
	if (s.len < 4 || s.ptr[0] != '[' || s.ptr[1] != '"')
		return 0;
	size_t i = 2;
	while (i < s.len && s.ptr[i] != '"')
		i += s.ptr[i] == '\\' ? 2 : 1;
	if (i + 1 >= s.len || s.ptr[i + 1] != ']')
		return 0;
	*key = slice_cut(s, 2, i - 2);
	return i + 2;
}

/* The next segment of a JSON path. Whatever stands there, at least one byte is taken; well: it is a segment as it should be. */
static struct path_segment json_segment(struct slice *rest, bool *well)
{
	struct path_segment segment = { .kind = SEGMENT_KEY };
	struct slice s = *rest;
	size_t n = quoted_key(s, &segment.text);
	*well = true;
	if (n == 0 && slice_starts(s, slice_str("[*]"))) {
		segment.kind = SEGMENT_ELEMENT;
		n = 3;
	} else if (n == 0 && s.ptr[0] == '[') {
		*well = false; /* not ours; of a path, cut off perhaps: as a key to its end */
		n = slice_find_byte(s, ']');
		segment.text = slice_cut(s, 1, n - 1);
		n = n < s.len ? n + 1 : n;
	} else if (n == 0) {
		size_t from = s.ptr[0] == '.';
		n = from;
		while (n < s.len && s.ptr[n] != '.' && s.ptr[n] != '[')
			n++;
		segment.text = slice_cut(s, from, n - from);
		bool deep = slice_eq(segment.text, slice_str("**"));
		segment.kind = deep ? SEGMENT_DEEP : SEGMENT_KEY;
		*well = segment.text.len > 0 && (from || deep);
	}
	*rest = slice_from(s, n);
	return segment;
}

/* "set-cookie[sid].path": a name, a cookie's name, its attribute. first: nothing of it has been taken. */
static struct path_segment header_segment(struct slice *rest, bool first)
{
	struct slice s = *rest;
	struct path_segment segment = { .kind = SEGMENT_KEY };
	size_t n = s.len;
	if (first) {
		n = slice_find_byte(s, '[');
		segment.text = slice_cut(s, 0, n);
	} else if (s.ptr[0] == '[') {
		while (n > 1 && s.ptr[n - 1] != ']')
			n--;
		segment.text = n > 1 ? slice_cut(s, 1, n - 2) : slice_from(s, 1);
		n = n > 1 ? n : s.len;
	} else {
		segment.text = slice_from(s, s.ptr[0] == '.');
	}
	*rest = slice_from(s, n);
	return segment;
}

/* One segment of a path or a pattern; *rest, which is not empty, gets shorter. */
static struct path_segment take_segment(enum path_root root, struct slice *rest, bool first, bool *well)
{
	*well = true;
	if (root == ROOT_JSON)
		return json_segment(rest, well);
	if (root == ROOT_HEADER)
		return header_segment(rest, first);
	struct path_segment all = { .kind = SEGMENT_KEY, .text = *rest };
	*rest = slice_from(*rest, rest->len);
	return all;
}

/* "200>503", digits or "*" on both sides. */
static bool is_status_change(struct slice s)
{
	size_t sign = slice_find_byte(s, '>');
	for (size_t i = 0; i < s.len; i++)
		if (i != sign && s.ptr[i] != '*' && (s.ptr[i] < '0' || s.ptr[i] > '9'))
			return false;
	return sign > 0 && sign + 1 < s.len;
}

/* NULL: segments may follow that root as they do. */
static const char *root_objects(enum path_root root, struct slice rest)
{
	if ((root == ROOT_HEADER || root == ROOT_FORM) && rest.len == 0)
		return "behind the colon stands a name, as in header:etag or form:page; * for any";
	if (root == ROOT_HEADER && rest.ptr[0] == '[')
		return "a header's name is missing, as in header:set-cookie[sid]";
	if (root == ROOT_STATUS && rest.len && !is_status_change(rest))
		return "a status is written alone or with its change, as in 'status 200>503', * for any";
	return NULL;
}

static int add_segments(struct path_pattern *p, struct slice rest, const char **why)
{
	struct path_segment segments[PATTERN_SEGMENTS_MAX];
	size_t n = 0;
	while (rest.len) {
		bool well, quoted = slice_starts(rest, slice_str("[\""));
		bool index = rest.len > 1 && rest.ptr[0] == '[' && rest.ptr[1] >= '0' && rest.ptr[1] <= '9';
		struct path_segment segment = take_segment(p->root, &rest, n == 0, &well);
		if (!well) {
			*why = index    ? "elements have no numbers here: [*] is any element"
			       : quoted ? "a quoted key ends with a quote and a bracket, as in $[\"odd key\"]"
			                : "behind $ stand keys, as in .price or [\"odd key\"], and elements, as in [*]";
			return ERR_USAGE;
		}
		if (n == PATTERN_SEGMENTS_MAX) {
			*why = "it has more than 64 keys and elements";
			return ERR_USAGE;
		}
		segments[n++] = segment;
	}
	if (n == 0)
		return 0;
	p->segments = malloc(n * sizeof segments[0]);
	if (!p->segments)
		return ERR_NOMEM;
	memcpy(p->segments, segments, n * sizeof segments[0]);
	p->n = n;
	return 0;
}

int path_pattern_init(struct path_pattern *p, struct slice text, const char **why)
{
	*p = (struct path_pattern){ .root = ROOT_ANY };
	if (slice_eq(text, slice_str("**")))
		return 0;
	p->root = path_root_of(text);
	struct slice rest = p->root == ROOT_ANY ? text : behind_root(text, p->root);
	*why = p->root == ROOT_ANY ? "a path begins with $, header:, form:, status, body, answer or latency, or is ** for all"
	                           : root_objects(p->root, rest);
	if (*why)
		return ERR_USAGE;
	if (text.len > 3 && slice_eq(slice_from(text, text.len - 3), slice_str("..."))) {
		p->cut = text;
		return 0;
	}
	return add_segments(p, rest, why);
}

void path_pattern_release(struct path_pattern *p)
{
	free(p->segments);
	*p = (struct path_pattern){ .root = ROOT_ANY };
}

static bool segment_matches(const struct path_segment *pattern, const struct path_segment *of)
{
	/* Of a path, "**" is a key that is so called. */
	bool element = of->kind == SEGMENT_ELEMENT;
	return pattern->kind == SEGMENT_ELEMENT ? element : !element && glob_match(pattern->text, of->text);
}

/* All segments, or those before what lies beneath. */
static enum path_match match_segments(const struct path_pattern *p, struct slice path)
{
	enum path_match best = PATH_OTHER;
	struct slice rest = path, back = path;
	size_t i = 0, back_i = SIZE_MAX;
	bool well;
	for (;;) {
		if (i < p->n && p->segments[i].kind == SEGMENT_DEEP) {
			back_i = ++i;
			back = rest;
			continue;
		}
		if (i == p->n && rest.len == 0)
			return PATH_ITSELF;
		if (i == p->n)
			best = PATH_BENEATH;
		if (i < p->n && rest.len) {
			struct path_segment segment = take_segment(p->root, &rest, rest.ptr == path.ptr, &well);
			if (segment_matches(&p->segments[i], &segment)) {
				i++;
				continue;
			}
		}
		if (back_i == SIZE_MAX || back.len == 0)
			return best;
		(void)take_segment(p->root, &back, back.ptr == path.ptr, &well);
		rest = back;
		i = back_i;
	}
}

enum path_match path_pattern_match(const struct path_pattern *p, struct slice path)
{
	if (p->root == ROOT_ANY)
		return PATH_ITSELF;
	if (p->cut.len)
		return slice_eq(p->cut, path) ? PATH_ITSELF : PATH_OTHER;
	size_t len;
	if (!begins_with_root(path, p->root, &len))
		return PATH_OTHER;
	struct slice rest = behind_root(path, p->root);
	/* Of the many rules for headers, most are done with here. */
	bool plain = p->root == ROOT_HEADER && p->segments[0].text.ptr[0] != '*';
	if (plain && (rest.len == 0 || rest.ptr[0] != p->segments[0].text.ptr[0]))
		return PATH_OTHER;
	return match_segments(p, rest);
}
