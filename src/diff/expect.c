/* expect: rules of what an answer has to be, each tested by itself. */
#include "diff/expect.h"

#include "base/units.h"
#include "diff/required.h"
#include "diff/rule_line.h"
#include "diff/scope.h"

#include <stdio.h>
#include <stdlib.h>

#define EXPECT_MAX 64
#define STATUS_MAX 600
#define EXAMPLE    "GET /api/*: status 200,404"

enum expectation { EXPECT_STATUS, EXPECT_REQUIRE, EXPECT_LATENCY };

struct expected {
	char *text; /* as written */
	char *own;  /* what scope and fields are slices of */
	struct scope scope;
	enum expectation what;
	uint8_t status[STATUS_MAX / 8]; /* a bit each */
	struct required *fields;
	double quantile; /* 1: the longest */
	int64_t limit_ns;
	bool or_equal; /* the limit itself is allowed */
};

struct expect {
	struct expected *rule[EXPECT_MAX];
	size_t n;
};

struct expect *expect_new(void)
{
	return calloc(1, sizeof(struct expect));
}

static void expected_free(struct expected *x)
{
	if (!x)
		return;
	required_free(x->fields);
	free(x->text);
	free(x->own);
	free(x);
}

void expect_free(struct expect *e)
{
	if (!e)
		return;
	for (size_t i = 0; i < e->n; i++)
		expected_free(e->rule[i]);
	free(e);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* "200", "2xx", "200-299", taken off the word. */
static bool take_status(struct slice *word, unsigned *low, unsigned *high)
{
	unsigned step = 100;
	*low = *high = 0;
	if (word->len < 3)
		return false;
	for (size_t i = 0; i < 3; i++, step /= 10) {
		uint8_t c = word->ptr[i];
		bool wild = i && ascii_lower(c) == 'x';
		if (!wild && (c < '0' || c > '9'))
			return false;
		*low += wild ? 0 : step * (c - '0');
		*high += step * (wild ? 9 : c - '0');
	}
	*word = slice_from(*word, 3);
	return *low >= 100 && *high < STATUS_MAX;
}

static bool take_status_range(struct slice *word, unsigned *low, unsigned *high)
{
	unsigned until;
	if (!take_status(word, low, high))
		return false;
	if (word->len == 0 || word->ptr[0] != '-')
		return true;
	*word = slice_from(*word, 1);
	return take_status(word, &until, high) && *low <= until;
}

static int no_status(const struct rule_line *l, struct slice word)
{
	return rule_line_bad(l, "'%s' is no status; right would be 'status 200,404', 'status 2xx' or 'status 200-299'",
	                     rule_quote(word).text);
}

/* Commas between them, spaces, or both. */
static int read_status(struct rule_line *l, struct expected *x)
{
	bool wanted = true;
	for (struct slice word = rule_line_word(l); word.len; word = word.len ? word : rule_line_word(l)) {
		struct slice whole = word;
		if (word.ptr[0] == ',' && !wanted) {
			word = slice_from(word, 1);
			wanted = true;
			continue;
		}
		unsigned low, high;
		if (!take_status_range(&word, &low, &high) || (word.len && word.ptr[0] != ','))
			return no_status(l, whole);
		for (unsigned i = low; i <= high; i++)
			x->status[i / 8] |= (uint8_t)(1u << i % 8);
		wanted = false;
	}
	return wanted ? no_status(l, slice_of("", 0)) : 0;
}

static int read_require(struct rule_line *l, struct expected *x)
{
	x->fields = required_new();
	if (!x->fields)
		return rule_line_nomem(l);
	if (rule_line_done(l))
		return rule_line_bad(l, "behind 'require' stand fields of JSON, as in 'require $.id $.items[*].price'");
	while (!rule_line_done(l)) {
		struct slice path = rule_line_path(l);
		const char *why = NULL;
		int rc = required_add(x->fields, path, &why);
		if (rc == ERR_NOMEM)
			return rule_line_nomem(l);
		if (rc)
			return rule_line_bad(l, "of the field '%s': %s", rule_quote(path).text, why);
	}
	return 0;
}

static const struct quantile_row {
	const char *name;
	double quantile;
} quantiles[] = { { "p50", 0.5 }, { "p75", 0.75 }, { "p90", 0.9 }, { "p95", 0.95 }, { "p99", 0.99 }, { "p99.9", 0.999 }, { "max", 1 } };

static bool take_prefix(struct slice *s, const char *prefix)
{
	bool there = slice_starts(*s, slice_str(prefix));
	if (there)
		*s = slice_from(*s, strlen(prefix));
	return there;
}

/* "p99", "<" and "200ms", with spaces between them or without. */
static int read_latency(struct rule_line *l, struct expected *x)
{
	struct slice word = rule_line_word(l);
	struct slice name = slice_cut(word, 0, slice_find_byte(word, '<'));
	for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++)
		if (slice_eq(name, slice_str(quantiles[i].name)))
			x->quantile = quantiles[i].quantile;
	if (x->quantile <= 0)
		return rule_line_bad(l, "behind 'latency' stands p50, p75, p90, p95, p99, p99.9 or max, and not '%s'",
		                     rule_quote(name).text);
	word = slice_from(word, name.len);
	if (word.len == 0)
		word = rule_line_word(l);
	bool below = take_prefix(&word, "<");
	x->or_equal = below && take_prefix(&word, "=");
	if (below && word.len == 0)
		word = rule_line_word(l);
	char text[64];
	if (!below || word.len == 0 || word.len >= sizeof text)
		return rule_line_bad(l, "a latency has a limit, as in 'latency p99 < 200ms'");
	memcpy(text, word.ptr, word.len);
	text[word.len] = 0;
	if (parse_duration_ns(text, &x->limit_ns) != 0 || x->limit_ns <= 0)
		return rule_line_bad(l, "'%s' is no time; right would be one as in 'latency p99 < 200ms', with the unit us, ms, s or m",
		                     rule_quote(word).text);
	return 0;
}

static const struct expectation_row {
	const char *word;
	enum expectation what;
	int (*read)(struct rule_line *l, struct expected *x);
} expectations[] = {
	{ "status", EXPECT_STATUS, read_status },
	{ "require", EXPECT_REQUIRE, read_require },
	{ "latency", EXPECT_LATENCY, read_latency },
};

static const struct expectation_row *expectation_of(struct slice text)
{
	for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++) {
		struct slice rest = text;
		if (take_prefix(&rest, expectations[i].word) && (rest.len == 0 || rest.ptr[0] == ' ' || rest.ptr[0] == '\t'))
			return &expectations[i];
	}
	return NULL;
}

static bool begins_expectation(struct slice text)
{
	return expectation_of(text) != NULL;
}

static int read_expected(struct rule_line *l, struct expected *x)
{
	int rc = scope_read(l, begins_expectation, EXAMPLE, &x->scope);
	if (rc)
		return rc;
	bool nothing = rule_line_done(l);
	const struct expectation_row *row = nothing ? NULL : expectation_of(l->rest);
	struct slice word = rule_line_word(l);
	if (!row)
		return rule_line_bad(l, "behind the endpoint stands status, require or latency, as in '" EXAMPLE "', and not '%s'",
		                     rule_quote(word).text);
	x->what = row->what;
	rc = row->read(l, x);
	if (rc == 0 && !rule_line_done(l))
		return rule_line_bad(l, "'%s' is too much: a line expects one thing", rule_quote(l->rest).text);
	return rc;
}

/* *out stays NULL for an empty line. */
static int parse(struct slice line, const char *where, struct expected **out, struct err *err)
{
	struct rule_line l = { .where = where, .called = "expectation", .err = err };
	*out = NULL;
	int rc = rule_line_open(&l, line);
	if (rc || rule_line_done(&l))
		return rc;
	struct expected *x = calloc(1, sizeof *x);
	if (!x)
		return rule_line_nomem(&l);
	x->text = slice_copy(l.text);
	x->own = slice_copy(l.text);
	rc = x->text && x->own ? 0 : rule_line_nomem(&l);
	if (rc == 0) {
		l.text = l.rest = slice_of(x->own, l.text.len);
		rc = read_expected(&l, x);
	}
	if (rc) {
		expected_free(x);
		return rc;
	}
	x->text[rule_line_read(&l).len] = 0;
	*out = x;
	return 0;
}

int expect_add_text(struct expect *e, struct slice text, const char *name, struct err *err)
{
	struct slice rest = rule_text_begin(text), line;
	for (size_t number = 1; rule_text_next(&rest, &line); number++) {
		char where[320];
		struct expected *x;
		(void)snprintf(where, sizeof where, "%.280s:%zu", name, number);
		int rc = parse(line, where, &x, err);
		if (rc)
			return rc;
		if (!x)
			continue;
		if (e->n == EXPECT_MAX) {
			expected_free(x);
			return err_set(err, ERR_LIMIT, "%s: this is one expectation more than the %d that there may be", where, EXPECT_MAX);
		}
		e->rule[e->n++] = x;
	}
	return 0;
}

/* --- asking ----------------------------------------------------------------------------------------------------- */

size_t expect_count(const struct expect *e)
{
	return e->n;
}

const char *expect_text(const struct expect *e, size_t rule)
{
	return e->rule[rule]->text;
}

uint64_t expect_for(const struct expect *e, struct slice method, struct slice folded, struct slice path)
{
	bool head = slice_eq(method, slice_str("HEAD")); /* its answers have no body, so no fields (RFC 9110 §9.3.2) */
	uint64_t rules = 0;
	for (size_t i = 0; i < e->n; i++)
		if (scope_matches(&e->rule[i]->scope, method, folded, path) && !(head && e->rule[i]->what == EXPECT_REQUIRE))
			rules |= 1ull << i;
	return rules;
}

bool expect_of_own_path(const struct expect *e, struct slice folded, struct slice path)
{
	if (slice_eq(folded, path))
		return false;
	for (size_t i = 0; i < e->n; i++)
		if (scope_of_own_path(&e->rule[i]->scope, folded, path))
			return true;
	return false;
}

/* Those of `rules` that are of that sort. */
static uint64_t rules_of(const struct expect *e, uint64_t rules, enum expectation what)
{
	uint64_t of = 0;
	for (size_t i = 0; i < e->n; i++)
		if ((rules & 1ull << i) && e->rule[i]->what == what)
			of |= 1ull << i;
	return of;
}

bool expect_needs_body(const struct expect *e, uint64_t rules)
{
	return rules_of(e, rules, EXPECT_REQUIRE) != 0;
}

static bool status_allowed(const struct expected *x, int status)
{
	return status >= 100 && status < STATUS_MAX && (x->status[status / 8] & 1u << status % 8);
}

/* 204 and 205 say by themselves that there is nothing (RFC 9110 §15.3.5, §15.3.6). */
static bool has_fields(int status)
{
	return status >= 200 && status < 300 && status != 204 && status != 205;
}

/* The body as a tree, newline-delimited values as an array of them. False: it is none; known: and that can be held against it. */
static bool parse_body(struct json_tree *tree, struct slice body, bool *known)
{
	int rc = json_tree_parse(tree, body);
	if (rc == ERR_FORMAT && tree->fault == JSON_FAULT_TRAILING)
		rc = json_tree_parse_lines(tree, body);
	/* Too large, or a key twice, or no memory: fields may be there, so nothing is claimed. */
	*known = rc == ERR_FORMAT && tree->fault != JSON_FAULT_DUPLICATE;
	return rc == 0;
}

uint64_t expect_broken(const struct expect *e, uint64_t rules, int status, struct slice decoded, struct json_tree *tree)
{
	uint64_t of_status = rules_of(e, rules, EXPECT_STATUS), of_fields = has_fields(status) ? rules_of(e, rules, EXPECT_REQUIRE) : 0;
	uint64_t broken = 0;
	for (size_t i = 0; i < e->n; i++)
		if ((of_status & 1ull << i) && !status_allowed(e->rule[i], status))
			broken |= 1ull << i;
	if (of_fields == 0)
		return broken;
	bool known;
	if (!parse_body(tree, rule_text_begin(decoded), &known))
		return known ? broken | of_fields : broken;
	for (size_t i = 0; i < e->n; i++)
		if ((of_fields & 1ull << i) && !required_there(e->rule[i]->fields, tree))
			broken |= 1ull << i;
	return broken;
}

uint64_t expect_late(const struct expect *e, uint64_t rules, const struct hist *from_send)
{
	uint64_t of_latency = from_send->count ? rules_of(e, rules, EXPECT_LATENCY) : 0, late = 0;
	for (size_t i = 0; i < e->n; i++) {
		const struct expected *x = e->rule[i];
		if (!(of_latency & 1ull << i))
			continue;
		int64_t value = x->quantile < 1 ? hist_quantile(from_send, x->quantile) : from_send->max_ns;
		if (value > x->limit_ns || (value == x->limit_ns && !x->or_equal))
			late |= 1ull << i;
	}
	return late;
}
