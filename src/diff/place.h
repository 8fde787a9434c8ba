/* place: a difference's path, as it is built.
 *
 * Takes names that came from the network; gives text of at most DIFFERENCE_PATH_MAX bytes that is printable and holds no space: what is not becomes
 * %XX (so does "%"), what is too long ends in "...". Owns its bytes; nothing is allocated. */
#ifndef REPLAY_DIFF_PLACE_H
#define REPLAY_DIFF_PLACE_H

#include "model/difference.h"

struct place {
	size_t len;
	bool cut; /* full: what is added goes nowhere */
	uint8_t text[DIFFERENCE_PATH_MAX];
};

void place_start(struct place *p, const char *text);
void place_add_text(struct place *p, const char *text); /* ours: as it is */
void place_add(struct place *p, struct slice name);
void place_add_lower(struct place *p, struct slice name); /* ASCII letters in lower case */
struct slice place_path(const struct place *p);

/* How many bytes the first character of a non-empty slice takes (RFC 3629); 0: its first byte begins none. */
size_t place_character(struct slice s);

#endif
