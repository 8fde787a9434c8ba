/* ledger_text: the ledger as lines.
 *
 *     ledger
 *       packets            1,234 seen = 1,200 TCP + 34 other; 5 fragments
 *       target http://[::1]:8080
 *                          12 submitted = 12 answered; 4 connections
 *     lost: nothing
 *     every total is the sum of its parts
 */
#include "base/units.h"
#include "report/ledger_add.h"
#include "report/utf8.h"

#include <stdio.h>

#define NAME_COLUMNS 22
#define LINE_COLUMNS 118

struct line {
	struct buf *out;
	size_t column;
};

static int indent(struct line *line, size_t to)
{
	int r = 0;
	if (line->column >= to) {
		r = buf_append_str(line->out, "\n");
		line->column = 0;
	}
	for (; r == 0 && line->column < to; line->column++)
		r = buf_append_str(line->out, " ");
	return r;
}

static size_t columns_of(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((uint8_t)*text & 0xc0) != 0x80;
	return n;
}

/* "1,234 seen"; bytes as "1.2 MiB sent" where the text begins "bytes". */
static void row_words(char out[192], const struct ledger_row *row)
{
	char number[UNITS_TEXT];
	const char *text = row->text;
	if (strncmp(text, "bytes ", 6) == 0) {
		format_bytes(number, row->count);
		text += 6;
	} else {
		format_count(number, row->count);
	}
	(void)snprintf(out, 192, "%s %s", number, text);
}

static int put_row(struct line *line, const char *before, const struct ledger_row *row)
{
	char words[192];
	row_words(words, row);
	size_t columns = columns_of(before) + columns_of(words);
	int r = 0;
	if (line->column + columns > LINE_COLUMNS && line->column > NAME_COLUMNS + 4) {
		/* What joins it to the row before stays on that row's line only where it is punctuation. */
		if (before[0] == ';' || before[0] == ',') {
			r = buf_append_str(line->out, ";");
			before = "";
		}
		while (*before == ' ')
			before++;
		line->column = SIZE_MAX;
		r = r ? r : indent(line, NAME_COLUMNS + 4);
	}
	line->column += columns;
	r = r ? r : buf_append_str(line->out, before);
	return r ? r : utf8_visible(line->out, slice_str(words), false);
}

static int put_name(struct line *line, const struct ledger_section *s)
{
	int r = buf_append_str(line->out, "  ");
	size_t before = line->out->len;
	r = r ? r : utf8_visible(line->out, slice_str(s->section), false);
	if (s->label[0]) {
		r = r ? r : buf_append_str(line->out, " ");
		r = r ? r : utf8_visible(line->out, slice_str(s->label), false);
	}
	line->column = 2 + line->out->len - before;
	return r ? r : indent(line, NAME_COLUMNS);
}

static int put_section(struct buf *out, const struct ledger_section *s)
{
	struct line line = { .out = out };
	int r = put_name(&line, s);
	const struct ledger_row *total = ledger_total(s);
	const char *before = "";
	if (total) {
		r = r ? r : put_row(&line, "", total);
		before = " = ";
	}
	for (size_t i = 0; i < s->n; i++) {
		if (s->rows[i].kind != TALLY_PART || s->rows[i].count == 0)
			continue;
		r = r ? r : put_row(&line, before, &s->rows[i]);
		before = " + ";
	}
	bool noted = !total;
	for (size_t i = 0; i < s->n; i++) {
		if (s->rows[i].kind != TALLY_NOTE || s->rows[i].count == 0)
			continue;
		r = r ? r : put_row(&line, noted ? (line.column > NAME_COLUMNS ? ", " : "") : "; ", &s->rows[i]);
		noted = true;
	}
	if (!ledger_section_balanced(s)) {
		char parts[UNITS_TEXT];
		r = r ? r : buf_printf(out, "  DOES NOT BALANCE: the parts come to %s", format_count(parts, ledger_parts(s)));
	}
	return r ? r : buf_append_str(out, "\n");
}

static int put_losses(const struct ledger *l, struct buf *out)
{
	if (!ledger_lost(l))
		return buf_append_str(out, "lost: nothing\n");
	struct line line = { .out = out, .column = 5 };
	int r = buf_append_str(out, "lost:");
	const char *before = " ";
	const struct ledger_section *s;
	for (size_t i = 0; (s = ledger_section_at(l, i)) && r == 0; i++)
		for (size_t k = 0; k < s->n && r == 0; k++) {
			if (!s->rows[k].loss || s->rows[k].count == 0)
				continue;
			r = put_row(&line, before, &s->rows[k]);
			r = r ? r : buf_append_str(out, " (");
			r = r ? r : utf8_visible(out, slice_str(s->section), false);
			r = r ? r : buf_append_str(out, ")");
			line.column += strlen(s->section) + 3;
			before = ", ";
		}
	return r ? r : buf_append_str(out, "\n");
}

int ledger_text(const struct ledger *l, struct buf *out)
{
	if (ledger_failed(l))
		return ERR_NOMEM;
	int r = buf_append_str(out, "ledger\n");
	const struct ledger_section *s;
	for (size_t i = 0; (s = ledger_section_at(l, i)) && r == 0; i++)
		r = put_section(out, s);
	r = r ? r : put_losses(l, out);
	return r ? r : buf_append_str(out, ledger_balanced(l) ? "every total is the sum of its parts\n" : "THE LEDGER DOES NOT BALANCE\n");
}
