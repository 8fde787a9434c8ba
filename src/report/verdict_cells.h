/* verdict_cells: pieces of a line of text of so many columns, for verdict_text and runs_compare.
 *
 * The first error sticks; what a piece shows of foreign text is visible and harmless (utf8_visible). Columns are counted as terminals do: wide
 * characters as two, combining ones as none. */
#ifndef REPLAY_REPORT_VERDICT_CELLS_H
#define REPLAY_REPORT_VERDICT_CELLS_H

#include "base/buf.h"

enum cell_style { CELL_PLAIN, CELL_BAD, CELL_GOOD, CELL_DOUBT, CELL_FAINT, CELL_STRONG };

struct cells {
	struct buf *out;
	size_t columns, at; /* of the line; where it stands */
	bool colour;
	int error;
};

struct cells cells_into(struct buf *out, size_t columns, bool colour);

/* Our own words, of which every byte is a column but in UTF-8; never clipped. */
void cells_put(struct cells *c, enum cell_style style, const char *text);
void cells_printf(struct cells *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Foreign text, clipped to n columns with an ellipsis. */
void cells_clip(struct cells *c, enum cell_style style, struct slice text, size_t n);
/* Two values that differ, "a → b", in n columns: of long ones the part where they begin to differ. NULL: there is none. */
void cells_values(struct cells *c, const char *control, const char *candidate, size_t n);
void cells_to(struct cells *c, size_t column); /* spaces up to there, one at least unless the line is empty */
void cells_end(struct cells *c);               /* the line */

/* Columns that text takes once it is visible. 0 where memory is out. */
size_t cells_width(struct slice text);
/* Columns left on the line. */
size_t cells_left(const struct cells *c);

#endif
