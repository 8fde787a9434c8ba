/* rule_parse: scope, path, and how. */
#include "diff/rule_parse.h"

#include "base/units.h"

#include <math.h>
#include <stdlib.h>

#define EXAMPLE "GET /api/*: $.meta.time"

static bool begins_path(struct slice text)
{
	return path_root_of(text) != ROOT_ANY || slice_eq(text, slice_str("**")) || slice_starts(text, slice_str("** "));
}

/* A word as C text, for the parsers of base/units.h; NULL: it is longer than any number. */
static const char *word_text(struct slice word, char text[static 64])
{
	if (word.len >= 64)
		return NULL;
	if (word.len)
		memcpy(text, word.ptr, word.len);
	text[word.len] = 0;
	return text;
}

/* Only what has values that can be compared in part. */
static int needs_value(const struct rule_line *l, const struct rule *r, const char *how)
{
	if (r->what.root <= ROOT_FORM || r->what.root == ROOT_ANY)
		return 0;
	return rule_line_bad(l, "'%s' is for values in JSON ($...), form: and header: only", how);
}

static int read_order(struct rule_line *l, struct rule *r)
{
	if (r->what.root != ROOT_JSON && r->what.root != ROOT_BODY && r->what.root != ROOT_ANY)
		return rule_line_bad(l, "only arrays in JSON ($...) and the lines of a text body (body) have an order");
	r->how = HOW_ORDER;
	return 0;
}

static int read_tolerance(struct rule_line *l, struct rule *r)
{
	struct slice word = rule_line_word(l);
	char text[64];
	const char *number = word_text(word, text);
	char *end = NULL;
	if (word.len && number && form_fits(FORM_NUMBER, word))
		r->tolerance = strtod(number, &end);
	if (!end || *end || !isfinite(r->tolerance) || r->tolerance <= 0)
		return rule_line_bad(
		        l, "behind 'tolerance' stands how far numbers may be apart, as in 'tolerance 0.01'; '%s' is no such number",
		        rule_quote(word).text);
	r->how = HOW_TOLERANCE;
	return needs_value(l, r, "tolerance");
}

static int read_case(struct rule_line *l, struct rule *r)
{
	r->how = HOW_CASE;
	return needs_value(l, r, "case");
}

/* The expression ends at the first slash that nothing but a space or the line's end follows: slashes within it need no backslash. */
static int read_regex(struct rule_line *l, struct rule *r)
{
	struct slice rest = l->rest;
	size_t end = 1;
	while (end < rest.len &&
	       !(rest.ptr[end] == '/' && rest.ptr[end - 1] != '\\' && (end + 1 == rest.len || strchr(" \t", rest.ptr[end + 1]))))
		end++;
	if (end >= rest.len)
		return rule_line_bad(l, "the expression '%s' lacks the slash at its end", rule_quote(rest).text);
	struct slice pattern = slice_cut(rest, 1, end - 1);
	l->rest = slice_from(rest, end + 1);
	struct regex_why why;
	int rc = value_regex_new(pattern, &r->regex, &why);
	if (rc == ERR_NOMEM)
		return rule_line_nomem(l);
	if (rc)
		return rule_line_bad(l, "'%s' is no regular expression: %s, at its byte %zu", rule_quote(pattern).text, why.text, why.at);
	r->how = HOW_REGEX;
	return needs_value(l, r, "like");
}

static int read_like(struct rule_line *l, struct rule *r)
{
	if (!rule_line_done(l) && l->rest.ptr[0] == '/')
		return read_regex(l, r);
	struct slice word = rule_line_word(l);
	for (unsigned i = 0; i < FORMS; i++)
		if (slice_eq(word, slice_str(form_names[i]))) {
			r->how = HOW_FORM;
			r->form = (enum known_form)i;
			return needs_value(l, r, "like");
		}
	return rule_line_bad(l, "behind 'like' stands timestamp, uuid, number, token, hex or /REGEX/, and not '%s'", rule_quote(word).text);
}

static int read_rate(struct rule_line *l, struct rule *r)
{
	struct slice word = rule_line_word(l);
	size_t slash = slice_find_byte(word, '/');
	char differ[64], of[64];
	const char *n = word_text(slice_cut(word, 0, slash), differ), *m = word_text(slice_from(word, slash + 1), of);
	if (!n || !m || parse_u64(n, &r->differ) != 0 || parse_u64(m, &r->of) != 0 || r->of == 0 || r->differ > r->of)
		return rule_line_bad(l, "behind 'rate' stands how many of how many differed, as in 'rate 39/2000', and not '%s'",
		                     rule_quote(word).text);
	if (r->what.root == ROOT_LATENCY)
		return rule_line_bad(l, "latency has no rate; 'latency' alone leaves it out");
	r->how = HOW_RATE;
	return 0;
}

static int read_kind(struct rule_line *l, struct rule *r)
{
	struct slice word = rule_line_word(l);
	r->how = HOW_KIND;
	for (int i = 0; i <= DIFFERENCE_LENGTH && !r->one_kind; i++)
		if (slice_eq(word, slice_str(difference_kind_name((enum difference_kind)i)))) {
			r->kind = (enum difference_kind)i;
			r->one_kind = true;
		}
	if (!r->one_kind)
		return rule_line_bad(l, "behind 'kind' stands value, type, missing, extra, order or length, and not '%s'",
		                     rule_quote(word).text);
	struct rule_line ahead = *l;
	if (!slice_eq(rule_line_word(&ahead), slice_str("rate")))
		return 0;
	*l = ahead;
	return read_rate(l, r);
}

static const struct how_row {
	const char *word;
	int (*read)(struct rule_line *l, struct rule *r);
} hows[] = {
	{ "order", read_order }, { "tolerance", read_tolerance }, { "case", read_case },
	{ "like", read_like },   { "kind", read_kind },           { "rate", read_rate },
};

static int read_how(struct rule_line *l, struct rule *r)
{
	if (rule_line_done(l))
		return 0;
	struct slice word = rule_line_word(l);
	int rc = ERR_NONE;
	size_t i = 0, n = sizeof hows / sizeof hows[0];
	while (i < n && !slice_eq(word, slice_str(hows[i].word)))
		i++;
	if (i == n)
		return rule_line_bad(l, "'%s' is none of what may stand behind a path: order, tolerance, case, like, kind, rate",
		                     rule_quote(word).text);
	rc = hows[i].read(l, r);
	if (rc == 0 && !rule_line_done(l))
		return rule_line_bad(l, "'%s' is too much: a rule says one thing of a path, and another rule may say another",
		                     rule_quote(l->rest).text);
	return rc;
}

/* Header names in lower case, as paths have them; cookies' names are left as they are. */
static void lower_header(char *text)
{
	for (; *text && *text != '['; text++)
		*text = (char)ascii_lower((uint8_t)*text);
	char *attribute = strrchr(text, ']');
	for (; attribute && *attribute; attribute++)
		*attribute = (char)ascii_lower((uint8_t)*attribute);
}

/* "status 200>503" is one path, though there is a space in it. */
static struct slice read_what(struct rule_line *l)
{
	struct slice what = rule_line_path(l);
	if (!slice_eq(what, slice_str("status")))
		return what;
	struct rule_line ahead = *l;
	struct slice change = rule_line_word(&ahead);
	if (slice_find_byte(change, '>') == change.len)
		return what;
	*l = ahead;
	return slice_of(what.ptr, (size_t)(change.ptr + change.len - what.ptr));
}

static int read_rule(struct rule_line *l, struct rule *r)
{
	int rc = scope_read(l, begins_path, EXAMPLE, &r->scope);
	if (rc)
		return rc;
	struct slice what = read_what(l);
	if (what.len == 0)
		return rule_line_bad(l, "behind the endpoint stands a path, as in '" EXAMPLE "'");
	if (path_root_of(what) == ROOT_HEADER) {
		char *at = r->own + (what.ptr - (const uint8_t *)r->own), behind = at[what.len];
		at[what.len] = 0;
		lower_header(at);
		at[what.len] = behind;
	}
	const char *why = NULL;
	rc = path_pattern_init(&r->what, what, &why);
	if (rc == ERR_NOMEM)
		return rule_line_nomem(l);
	if (rc)
		return rule_line_bad(l, "of the path '%s': %s", rule_quote(what).text, why);
	return read_how(l, r);
}

int rule_parse(struct slice line, const char *where, struct rule **out, struct err *err)
{
	struct rule_line l = { .where = where, .called = "rule", .err = err };
	*out = NULL;
	int rc = rule_line_open(&l, line);
	if (rc || rule_line_done(&l))
		return rc;
	struct rule *r = calloc(1, sizeof *r);
	if (!r)
		return rule_line_nomem(&l);
	r->text = slice_copy(l.text);
	r->own = slice_copy(l.text);
	r->where = slice_copy(slice_str(where));
	if (!r->text || !r->own || !r->where) {
		rule_free(r);
		return rule_line_nomem(&l);
	}
	l.text = l.rest = slice_of(r->own, l.text.len);
	rc = read_rule(&l, r);
	if (rc) {
		rule_free(r);
		return rc;
	}
	r->text[rule_line_read(&l).len] = 0;
	*out = r;
	return 0;
}

void rule_free(struct rule *r)
{
	if (!r)
		return;
	path_pattern_release(&r->what);
	value_regex_free(r->regex);
	free(r->text);
	free(r->own);
	free(r->where);
	free(r);
}
