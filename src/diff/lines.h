/* lines: a text's lines from either end, and the part of two texts that differs.
 *
 * Lines end in LF or CRLF, which is no part of them; what stands behind the last line end is a line where it is not empty. Slices point into the input. */
#ifndef REPLAY_DIFF_LINES_H
#define REPLAY_DIFF_LINES_H

#include "base/slice.h"

/* The first line, off the text. False: there is none left. */
bool lines_next(struct slice *rest, struct slice *line);
/* The last line, off the text. */
bool lines_last(struct slice *rest, struct slice *line);

/* Whole lines, their ends with them: how many bytes equal first lines have on each side; likewise last lines, of what is handed in. Line ends are compared
 * only with `exact`. */
void lines_common_start(struct slice a, struct slice b, bool exact, size_t *of_a, size_t *of_b);
void lines_common_end(struct slice a, struct slice b, bool exact, size_t *of_a, size_t *of_b);

struct slice lines_without_end(struct slice line); /* LF or CRLF taken off */

#endif
