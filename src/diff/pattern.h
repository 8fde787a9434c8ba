/* pattern: paths of differences with "*" in them, and which paths they cover.
 *
 * Both patterns and paths (model/difference.h) are a root and segments: "$" with keys (".price", ["odd key"]) and elements ("[*]"); "header:" with a name, a
 * cookie and its attribute; "form:" with a name; "status" with "200>503"; "body"; "answer"; "latency". "*" in a key or name is any run of characters within
 * it; "**" any segments, none among them, and alone any path whatever. ["price"] and .price are one key. A pattern covers what lies beneath it too. */
#ifndef REPLAY_DIFF_PATTERN_H
#define REPLAY_DIFF_PATTERN_H

#include "base/err.h"
#include "base/slice.h"

/* "*": any run of bytes. Linear in pattern × text at worst. */
bool glob_match(struct slice pattern, struct slice text);

enum path_root {
	ROOT_JSON,
	ROOT_HEADER,
	ROOT_FORM,
	ROOT_STATUS,
	ROOT_BODY,
	ROOT_ANSWER,
	ROOT_LATENCY,
	ROOT_ANY, /* of a pattern: "**"; of a path: none of these */
	ROOTS
};

enum segment_kind { SEGMENT_KEY, SEGMENT_ELEMENT, SEGMENT_DEEP };
struct path_segment {
	enum segment_kind kind;
	struct slice text; /* a key: without the quotes, escapes left in */
};

#define PATTERN_SEGMENTS_MAX 64

struct path_pattern {
	enum path_root root;
	size_t n;
	struct path_segment *segments; /* owned; their text is the caller's */
	struct slice cut;              /* not empty: a path that was cut, "..." at its end: matches itself alone */
};

/* The root that text begins with, ROOT_ANY for none or for "**": is a path or a pattern likely to begin here? */
enum path_root path_root_of(struct slice text);

/* text has to stay as long as the pattern. 0; ERR_USAGE: *why says what is wrong with it (static); ERR_NOMEM. */
int path_pattern_init(struct path_pattern *p, struct slice text, const char **why);
void path_pattern_release(struct path_pattern *p);

enum path_match { PATH_OTHER, PATH_BENEATH, PATH_ITSELF };
enum path_match path_pattern_match(const struct path_pattern *p, struct slice path);

#endif
