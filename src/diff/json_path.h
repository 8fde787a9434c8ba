/* json_path: where one is in a JSON value: "$.items[*].price", written as one goes down and up.
 *
 * Keys that are identifiers ([A-Za-z_$][A-Za-z0-9_$]*) stand behind a dot; others in ["…"], escaped as in JSON; bytes that are no UTF-8 as \xHH, what
 * a terminal might obey or not show as \uXXXX. Cut with "..." at DIFFERENCE_PATH_MAX. */
#ifndef REPLAY_DIFF_JSON_PATH_H
#define REPLAY_DIFF_JSON_PATH_H

#include "model/difference.h"

struct json_path {
	char text[DIFFERENCE_PATH_MAX];
	uint32_t len;
	bool cut;
};
struct json_path_mark {
	uint32_t len;
	bool cut;
};

void json_path_init(struct json_path *p); /* "$" */

/* Each gives where to come back to. */
struct json_path_mark json_path_key(struct json_path *p, struct slice key, bool escaped);
struct json_path_mark json_path_any_key(struct json_path *p); /* ".*" */
struct json_path_mark json_path_element(struct json_path *p); /* "[*]" */

static inline void json_path_back(struct json_path *p, struct json_path_mark mark)
{
	p->len = mark.len;
	p->cut = mark.cut;
}

static inline struct slice json_path_text(const struct json_path *p)
{
	return slice_of(p->text, p->len);
}

#endif
