/* rule_parse: one line of rules.h's grammar to a rule.
 *
 * Takes the line and where it stands; gives a rule that owns copies of both. */
#ifndef REPLAY_DIFF_RULE_PARSE_H
#define REPLAY_DIFF_RULE_PARSE_H

#include "diff/forms.h"
#include "diff/pattern.h"
#include "diff/scope.h"
#include "diff/value_regex.h"
#include "model/difference.h"

enum rule_how { HOW_HIDDEN, HOW_ORDER, HOW_TOLERANCE, HOW_CASE, HOW_FORM, HOW_REGEX, HOW_KIND, HOW_RATE };

struct rule {
	char *text;         /* as written, without its comment */
	char *own;          /* what scope and what are slices of */
	char *where;        /* "rules.txt:12" */
	struct scope scope; /* the endpoints it is for */
	struct path_pattern what;
	enum rule_how how;
	bool one_kind; /* KIND, and RATE where it names one */
	enum difference_kind kind;
	double tolerance;
	enum known_form form;
	struct value_regex *regex;
	uint64_t differ, of; /* RATE */
	bool built_in;
	bool only_itself; /* not what lies beneath: of the built-in ones */
	int number;       /* among all rules */
};

/* *out stays NULL for a line that is empty or a comment. 0, ERR_USAGE (err says why) or ERR_NOMEM. */
int rule_parse(struct slice line, const char *where, struct rule **out, struct err *err);
void rule_free(struct rule *r); /* NULL is allowed */

#endif
