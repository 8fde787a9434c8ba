/* rules: all rules in the order they came, the built-in ones first; and of them, by root, what can apply to one endpoint. */
#include "diff/rules.h"

#include "base/hash.h"
#include "base/map.h"
#include "diff/number.h"
#include "diff/rule_parse.h"

#include <stdio.h>
#include <stdlib.h>

#define RULES_MAX 10000

struct rules {
	struct rule **rule;
	size_t n, cap;
	size_t built_in;
	bool without_volatile;
	struct map by_path; /* one rule for each path pattern that rules have: they are fewer than rules, and asked for each request */
};

struct endpoint_rules {
	struct regex_room *room; /* for this endpoint's user alone: threads share rules */
	size_t start[ROOTS + 1]; /* rule[start[root]..start[root + 1]] are those of a root */
	const struct rule *rule[];
};

/* Headers that differ from answer to answer, or from server to server, and say nothing of what is served: clocks, ages, framing, the connection, ids of
 * requests, caches' and proxies' marks, counters of rate limits. */
static const char *const volatile_headers[] = {
	/* RFC 9110, 9111, 9112, 7838 */
	"date",
	"age",
	"server",
	"etag",
	"last-modified",
	"expires",
	"content-length",
	"transfer-encoding",
	"connection",
	"keep-alive",
	"via",
	"alt-svc",
	/* ids and traces */
	"x-request-id",
	"request-id",
	"x-correlation-id",
	"correlation-id",
	"x-trace-id",
	"traceparent",
	"tracestate",
	"x-b3-*",
	"x-amzn-trace-id",
	"x-amzn-requestid",
	"x-amz-request-id",
	"x-amz-id-2",
	"x-amz-cf-id",
	"x-amz-cf-pop",
	"x-cloud-trace-context",
	"x-datadog-*",
	/* how long it took */
	"x-runtime",
	"x-response-time",
	"x-envoy-upstream-service-time",
	"server-timing",
	/* who served it */
	"x-served-by",
	"x-cache",
	"x-cache-hits",
	"x-timer",
	"cf-ray",
	"cf-cache-status",
	"nel",
	"report-to",
	/* counters of rate limits */
	"x-ratelimit-remaining",
	"x-ratelimit-reset",
	"ratelimit-remaining",
	"ratelimit-reset",
	"x-rate-limit-remaining",
	"x-rate-limit-reset",
	"retry-after",
};

/* Of a cookie its value, and when it ends: one that is gone or new, or another attribute of it, counts. */
static const char *const volatile_cookies[] = { "header:set-cookie[*] kind value", "header:set-cookie[*].expires kind value" };

static bool same_path(const void *entry, const void *key)
{
	const struct rule *rule = entry;
	return slice_eq(rule->scope.path, *(const struct slice *)key);
}

/* The rule stays with r, which has room for it. */
static int keep_path(struct rules *r, struct rule *rule)
{
	struct slice path = rule->scope.path;
	uint64_t hash = hash_bytes((struct hash_key){ 1, 2 }, path);
	return path.len == 0 || map_find(&r->by_path, hash, &path) ? 0 : map_put(&r->by_path, hash, rule);
}

/* Takes the rule. */
static int keep(struct rules *r, struct rule *rule, struct err *err)
{
	int rc = 0;
	if (r->n == r->cap) {
		size_t cap = r->cap ? r->cap * 2 : 64;
		struct rule **more = realloc(r->rule, cap * sizeof(struct rule *));
		rc = more ? 0 : ERR_NOMEM;
		r->rule = more ? more : r->rule;
		r->cap = more ? cap : r->cap;
	}
	rc = rc ? rc : keep_path(r, rule);
	if (rc) {
		rule_free(rule);
		return err_set(err, rc, "out of memory for rules");
	}
	rule->number = (int)r->n;
	r->rule[r->n++] = rule;
	return 0;
}

/* May be an empty line: then *empty. */
static int add_line(struct rules *r, struct slice line, const char *where, bool *empty, struct err *err)
{
	struct rule *rule;
	int rc = rule_parse(line, where, &rule, err);
	*empty = rc == 0 && !rule;
	if (rc || !rule)
		return rc;
	if (r->n - r->built_in >= RULES_MAX) {
		rule_free(rule);
		return err_set(err, ERR_LIMIT, "%s: this is one rule more than the %d that there may be", where, RULES_MAX);
	}
	return keep(r, rule, err);
}

static int add_built_in(struct rules *r, const char *line)
{
	char shown[96];
	bool empty;
	int rc = add_line(r, slice_str(line), "built in", &empty, NULL);
	if (rc)
		return rc;
	struct rule *rule = r->rule[r->n - 1];
	rule->built_in = true;
	rule->only_itself = rule->one_kind;
	(void)snprintf(shown, sizeof shown, "built in: %s", line);
	char *text = slice_copy(slice_str(shown));
	if (!text)
		return ERR_NOMEM;
	free(rule->text);
	rule->text = text;
	return 0;
}

struct rules *rules_new(void)
{
	struct rules *r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	map_init(&r->by_path, RULES_MAX, same_path);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof volatile_headers / sizeof volatile_headers[0]; i++) {
		char line[64];
		(void)snprintf(line, sizeof line, "header:%s", volatile_headers[i]);
		rc = add_built_in(r, line);
	}
	for (size_t i = 0; rc == 0 && i < sizeof volatile_cookies / sizeof volatile_cookies[0]; i++)
		rc = add_built_in(r, volatile_cookies[i]);
	if (rc) {
		rules_free(r);
		return NULL;
	}
	r->built_in = r->n;
	return r;
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		rule_free(r->rule[i]);
	free(r->rule);
	map_release(&r->by_path);
	free(r);
}

void rules_without_volatile(struct rules *r)
{
	r->without_volatile = true;
}

void rules_with_volatile(struct rules *r)
{
	r->without_volatile = false;
}

int rules_add(struct rules *r, struct slice line, const char *where, struct err *err)
{
	bool empty;
	int rc = add_line(r, line, where, &empty, err);
	if (rc == 0 && empty)
		return err_set(err, ERR_USAGE, "%s: '%s' holds no rule; one looks like 'GET /api/*: $.meta.time'", where,
		               rule_quote(line).text);
	return rc;
}

int rules_add_text(struct rules *r, struct slice text, const char *name, struct err *err)
{
	struct slice rest = rule_text_begin(text), line;
	for (size_t number = 1; rule_text_next(&rest, &line); number++) {
		char where[320];
		bool empty;
		(void)snprintf(where, sizeof where, "%.280s:%zu", name, number);
		int rc = add_line(r, line, where, &empty, err);
		if (rc)
			return rc;
	}
	return 0;
}

bool rules_of_own_path(const struct rules *r, struct slice folded, struct slice path)
{
	const struct rule *rule;
	if (slice_eq(folded, path))
		return false;
	for (size_t at = 0; (rule = map_next(&r->by_path, &at));)
		if (scope_of_own_path(&rule->scope, folded, path))
			return true;
	return false;
}

struct endpoint_rules *rules_for(const struct rules *r, struct slice method, struct slice folded, struct slice path)
{
	const struct rule **all = malloc((r->n + 1) * sizeof(struct rule *));
	size_t n = 0, of_root[ROOTS] = { 0 };
	bool expressions = false;
	for (size_t i = r->without_volatile ? r->built_in : 0; all && i < r->n; i++) {
		const struct rule *rule = r->rule[i];
		if (!scope_matches(&rule->scope, method, folded, path))
			continue;
		all[n++] = rule;
		of_root[rule->what.root]++;
		expressions |= rule->how == HOW_REGEX;
	}
	struct endpoint_rules *e = all ? calloc(1, sizeof *e + n * sizeof e->rule[0]) : NULL;
	if (e && expressions && !(e->room = regex_room_new())) {
		free(e);
		e = NULL;
	}
	if (e) { /* by root, within each as they came */
		size_t at[ROOTS];
		for (int root = 0; root < ROOTS; root++) {
			at[root] = e->start[root];
			e->start[root + 1] = e->start[root] + of_root[root];
		}
		for (size_t i = 0; i < n; i++)
			e->rule[at[all[i]->what.root]++] = all[i];
	}
	free(all);
	return e;
}

void endpoint_rules_free(struct endpoint_rules *e)
{
	if (!e)
		return;
	regex_room_free(e->room);
	free(e);
}

/* Walks the rules whose what covers path, those of its root and then those for any path: *at begins at 0; NULL ends. */
static const struct rule *next_covering(const struct endpoint_rules *e, struct slice path, size_t *at, enum path_match *match)
{
	enum path_root root = path_root_of(path);
	size_t own = e->start[root + 1] - e->start[root];
	size_t any = root == ROOT_ANY ? 0 : e->start[ROOTS] - e->start[ROOT_ANY];
	while (*at < own + any) {
		size_t i = (*at)++;
		const struct rule *rule = e->rule[i < own ? e->start[root] + i : e->start[ROOT_ANY] + (i - own)];
		*match = path_pattern_match(&rule->what, path);
		if (*match == PATH_ITSELF || (*match == PATH_BENEATH && !rule->only_itself))
			return rule;
	}
	return NULL;
}

int rules_skips(const struct endpoint_rules *e, struct slice path)
{
	const struct rule *rule;
	enum path_match match;
	for (size_t at = 0; (rule = next_covering(e, path, &at, &match));)
		if (rule->how == HOW_HIDDEN)
			return rule->number;
	return -1;
}

struct path_advice rules_advise(const struct endpoint_rules *e, struct slice path)
{
	struct path_advice advice = { 0 };
	const struct rule *rule;
	enum path_match match;
	for (size_t at = 0; (rule = next_covering(e, path, &at, &match));) {
		advice.skip |= rule->how == HOW_HIDDEN;
		advice.any_order |= rule->how == HOW_ORDER;
		if (rule->how == HOW_TOLERANCE && rule->tolerance > advice.tolerance)
			advice.tolerance = rule->tolerance;
	}
	return advice;
}

static bool values_alike(const struct endpoint_rules *e, const struct rule *rule, struct slice a, struct slice b)
{
	switch (rule->how) {
	case HOW_TOLERANCE:
		return form_fits(FORM_NUMBER, a) && form_fits(FORM_NUMBER, b) && number_near(a, b, rule->tolerance);
	case HOW_CASE:
		return slice_eq_nocase(a, b);
	case HOW_FORM:
		return form_fits(rule->form, a) && form_fits(rule->form, b);
	case HOW_REGEX:
		return value_regex_matches(rule->regex, e->room, a) && value_regex_matches(rule->regex, e->room, b);
	default:
		return false;
	}
}

/* As far as path and kind tell, whatever the values. */
static bool may_hide(const struct rule *rule, struct slice path, enum difference_kind kind)
{
	switch (rule->how) {
	case HOW_HIDDEN:
		return true;
	case HOW_RATE:
		return false;
	case HOW_ORDER:
		return kind == DIFFERENCE_ORDER;
	case HOW_KIND:
		return kind == rule->kind;
	default:
		/* What "**" covers and holds no single value is not judged by what is shown of it. */
		return kind == DIFFERENCE_VALUE && path_root_of(path) <= ROOT_FORM;
	}
}

static bool hides(const struct endpoint_rules *e, const struct rule *rule, const struct difference *d)
{
	if (!may_hide(rule, d->path, d->kind))
		return false;
	bool by_values = rule->how != HOW_HIDDEN && rule->how != HOW_ORDER && rule->how != HOW_KIND;
	return !by_values || values_alike(e, rule, d->control, d->candidate);
}

int rules_hide(const struct endpoint_rules *e, const struct difference *d)
{
	const struct rule *rule;
	enum path_match match;
	if (d->kind == DIFFERENCE_EXPECT) /* its path is an expectation's text, and who expects wants to be told */
		return -1;
	for (size_t at = 0; (rule = next_covering(e, d->path, &at, &match));)
		if (hides(e, rule, d))
			return rule->number;
	return -1;
}

int rules_may_hide(const struct endpoint_rules *e, struct slice path, enum difference_kind kind)
{
	const struct rule *rule;
	enum path_match match;
	if (kind == DIFFERENCE_EXPECT)
		return -1;
	for (size_t at = 0; (rule = next_covering(e, path, &at, &match));)
		if (may_hide(rule, path, kind))
			return rule->number;
	return -1;
}

/* How much a rule that covers a path is about that path: "**" about anything else, then what lies above it, then itself. */
static int closeness(const struct rule *rule, enum path_match match)
{
	return rule->what.root == ROOT_ANY ? 1 : match == PATH_ITSELF ? 3 : 2;
}

bool rules_rate(const struct endpoint_rules *e, struct slice path, enum difference_kind kind, uint64_t *differ, uint64_t *of)
{
	/* The closest goes first; among equals the highest rate, which claims least. */
	const struct rule *rule, *best = NULL;
	enum path_match match;
	int best_close = 0;
	for (size_t at = 0; (rule = next_covering(e, path, &at, &match));) {
		int close = closeness(rule, match);
		if (rule->how != HOW_RATE || (rule->one_kind && rule->kind != kind) || close < best_close)
			continue;
		bool higher = !best || (double)rule->differ / (double)rule->of > (double)best->differ / (double)best->of;
		if (close > best_close || higher)
			best = rule;
		best_close = close;
	}
	if (!best)
		return false;
	*differ = best->differ;
	*of = best->of;
	return true;
}

size_t rules_count(const struct rules *r)
{
	return r->n;
}

bool rules_all_headers(const struct rules *r)
{
	return r->without_volatile;
}

const char *rules_text(const struct rules *r, int rule)
{
	return r->rule[rule]->text;
}

const char *rules_where(const struct rules *r, int rule)
{
	return r->rule[rule]->where;
}
