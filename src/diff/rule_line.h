/* rule_line: one line of a rules file, read word by word, and the sentence that says what is wrong with it.
 *
 * Takes a line that stays the caller's; gives slices of it. A word ends at a space or tab; a word that begins with "#" begins a comment, which is the line's
 * end. Rules files are UTF-8, with or without a byte-order mark, their lines ending in LF or CR LF, at most RULE_LINE_MAX bytes each. */
#ifndef REPLAY_DIFF_RULE_LINE_H
#define REPLAY_DIFF_RULE_LINE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

#define RULE_LINE_MAX  4096
#define RULE_QUOTE_MAX 84 /* longer text is cut when it is quoted */

struct rule_line {
	struct slice text;  /* all of it, without the space round it */
	struct slice rest;  /* not read yet */
	const char *where;  /* "rules.txt:12", "--diff-ignore" */
	const char *called; /* what a line of this file is: "rule", "expectation" */
	struct err *err;
};

/* The next line of a text, without its end; false: there is none. *rest moves on. */
bool rule_text_next(struct slice *rest, struct slice *line);
/* The text without its byte-order mark. */
struct slice rule_text_begin(struct slice text);

/* Begins to read: 0, or ERR_USAGE for a line that is too long or holds control characters. */
int rule_line_open(struct rule_line *l, struct slice line);
/* Nothing is left but a comment, perhaps. */
bool rule_line_done(struct rule_line *l);
/* The next word; empty where nothing is left. */
struct slice rule_line_word(struct rule_line *l);
/* The next word, but that spaces within ["..."] do not end it. */
struct slice rule_line_path(struct rule_line *l);
/* What was read so far, from the line's beginning: the rule as written, without its comment. */
struct slice rule_line_read(const struct rule_line *l);

/* ERR_USAGE: "WHERE: 'LINE' is no rule: ...". */
int rule_line_bad(const struct rule_line *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
int rule_line_nomem(const struct rule_line *l);

/* For sentences: at most RULE_QUOTE_MAX bytes, what does not print as "?", "..." behind what was cut. */
struct rule_quote {
	char text[RULE_QUOTE_MAX + 4];
};
struct rule_quote rule_quote(struct slice s);

#endif
