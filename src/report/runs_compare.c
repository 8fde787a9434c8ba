/* runs_compare: both runs' findings sorted by what names them, then walked side by side. Knows jansson, since it reads what may come from anybody. */
#include "report/runs_inner.h"

#include "report/verdict_json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* Beyond what a verdict holds, nothing is looked at. */
#define FINDINGS_MAX  200000
#define ENDPOINTS_MAX 100000
#define RULES_MAX     20000

/* --- reading ----------------------------------------------------------------------------------------------- */

static double share_of(json_t *number)
{
	double n = json_is_number(number) ? json_number_value(number) : NAN;
	return n >= 0 && n <= 1 ? n : NAN;
}

static uint64_t count_of(json_t *number)
{
	json_int_t n = json_integer_value(number);
	return n > 0 ? (uint64_t)n : 0;
}

/* One of ours, so that nothing else is ever shown. */
static const char *known_state(const char *text)
{
	static const char *const states[] = { "sure", "unsure", "noise" };
	for (size_t i = 0; text && i < sizeof states / sizeof *states; i++)
		if (strcmp(text, states[i]) == 0)
			return states[i];
	return NULL;
}

static const char *member(json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int by_key(const struct run_finding *a, const struct run_finding *b)
{
	int r = strcmp(a->endpoint, b->endpoint);
	r = r ? r : strcmp(a->path, b->path);
	return r ? r : strcmp(a->kind, b->kind);
}

static int by_key_then_rank(const void *left, const void *right)
{
	const struct run_finding *a = left, *b = right;
	int r = by_key(a, b);
	return r ? r : (a->rank > b->rank) - (a->rank < b->rank);
}

static int by_name(const void *left, const void *right)
{
	const struct run_endpoint *a = left, *b = right;
	return strcmp(a->name, b->name);
}

static int by_text(const void *left, const void *right)
{
	const struct run_rule *a = left, *b = right;
	return strcmp(a->text, b->text);
}

static int read_findings(struct run *run, struct err *err)
{
	json_t *list = json_object_get(run->root, "findings");
	size_t n = json_array_size(list);
	if (!json_is_array(list))
		return err_set(err, ERR_FORMAT, "%s run: it has no findings", run->which);
	if (n > FINDINGS_MAX)
		return err_set(err, ERR_LIMIT, "%s run: more than %d findings", run->which, FINDINGS_MAX);
	run->findings = calloc(n + 1, sizeof *run->findings);
	if (!run->findings)
		return err_set(err, ERR_NOMEM, "out of memory");
	size_t kept = 0;
	for (size_t i = 0; i < n; i++) {
		json_t *f = json_array_get(list, i);
		struct run_finding *to = &run->findings[kept];
		*to = (struct run_finding){
			.endpoint = member(f, "endpoint"), .path = member(f, "path"), .kind = member(f, "kind"), .rank = i
		};
		to->compared = count_of(json_object_get(f, "compared"));
		to->differ = count_of(json_object_get(f, "differ"));
		to->side = (struct run_side){ true, known_state(member(f, "state")), share_of(json_object_get(f, "rate")),
			                      share_of(json_object_get(f, "rate_low")), share_of(json_object_get(f, "rate_high")) };
		if (!to->endpoint || !to->path || !to->kind || !to->side.state)
			return err_set(err, ERR_FORMAT, "%s run: finding %zu is not as VERDICT.md has it", run->which, i + 1);
		kept++;
	}
	qsort(run->findings, kept, sizeof *run->findings, by_key_then_rank);
	for (size_t i = 0; i < kept; i++)
		if (run->count == 0 || by_key(&run->findings[run->count - 1], &run->findings[i]) != 0)
			run->findings[run->count++] = run->findings[i];
	return 0;
}

static int read_endpoints(struct run *run, struct err *err)
{
	json_t *list = json_object_get(run->root, "endpoints");
	size_t n = json_array_size(list);
	if (n > ENDPOINTS_MAX)
		return err_set(err, ERR_LIMIT, "%s run: more than %d endpoints", run->which, ENDPOINTS_MAX);
	run->endpoints = calloc(n + 1, sizeof *run->endpoints);
	if (!run->endpoints)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		json_t *e = json_array_get(list, i);
		const char *name = member(e, "endpoint");
		if (name)
			run->endpoints[run->endpoint_count++] =
			        (struct run_endpoint){ name, count_of(json_object_get(e, "compared")), NAN };
	}
	qsort(run->endpoints, run->endpoint_count, sizeof *run->endpoints, by_name);
	return 0;
}

static void read_latencies(struct run *run)
{
	json_t *list = json_object_get(run->root, "latencies"),
	       *share = json_object_get(json_object_get(run->root, "settings"), "latency_share");
	run->latency_share = json_is_number(share) ? json_number_value(share) : NAN;
	for (size_t i = 0; i < json_array_size(list) && i < ENDPOINTS_MAX; i++) {
		json_t *l = json_array_get(list, i), *low = json_object_get(l, "ratio_low");
		struct run_endpoint key = { .name = member(l, "endpoint") };
		struct run_endpoint *e = key.name ? bsearch(&key, run->endpoints, run->endpoint_count, sizeof key, by_name) : NULL;
		if (e && json_is_number(low))
			e->slower_low = json_number_value(low);
	}
}

/* A list of objects with a rule, or of texts; what is neither is passed over. */
static int read_texts(struct run *run, const char *key, struct run_rule **out, size_t *count, struct err *err)
{
	json_t *list = json_object_get(run->root, key);
	size_t n = json_array_size(list);
	if (n > RULES_MAX)
		return err_set(err, ERR_LIMIT, "%s run: more than %d %s", run->which, RULES_MAX, key);
	*out = calloc(n + 1, sizeof **out);
	if (!*out)
		return err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < n; i++) {
		json_t *r = json_array_get(list, i);
		const char *text = json_is_string(r) ? json_string_value(r) : member(r, "rule"), *where = member(r, "where");
		if (text)
			(*out)[(*count)++] = (struct run_rule){ text, where ? where : run->which };
	}
	qsort(*out, *count, sizeof **out, by_text);
	return 0;
}

static int read_asked(struct run *run, struct err *err)
{
	json_t *settings = json_object_get(run->root, "settings");
	run->all_headers = json_is_true(json_object_get(settings, "all_headers"));
	run->timestamps = json_is_true(json_object_get(settings, "timestamps"));
	run->knows_expectations = json_is_array(json_object_get(run->root, "expectations"));
	read_latencies(run);
	int r = read_texts(run, "rules", &run->rules, &run->rule_count, err);
	return r ? r : read_texts(run, "expectations", &run->expectations, &run->expectation_count, err);
}

static int read_run(struct run *run, struct slice text, struct err *err)
{
	json_error_t at;
	if (text.len > RUNS_BYTES_MAX)
		return err_set(err, ERR_LIMIT, "%s run: longer than %u MiB", run->which, RUNS_BYTES_MAX >> 20);
	run->root = text.len ? json_loadb((const char *)text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &at) : NULL;
	if (!run->root && text.len && json_error_code(&at) == json_error_out_of_memory)
		return err_set(err, ERR_NOMEM, "out of memory");
	const char *format = member(run->root, "format");
	if (!format || strcmp(format, VERDICT_FORMAT) != 0)
		return err_set(err, ERR_FORMAT, "%s run: no verdict of replay's (a JSON file that --diff-report wrote)", run->which);
	json_int_t version = json_integer_value(json_object_get(run->root, "version"));
	if (version < 1 || version > VERDICT_VERSION)
		return err_set(err, ERR_UNSUPPORTED, "%s run: version %lld of the format, where this program knows %d", run->which,
		               (long long)version, VERDICT_VERSION);
	int r = read_findings(run, err);
	r = r ? r : read_endpoints(run, err);
	return r ? r : read_asked(run, err);
}

static void run_release(struct run *run)
{
	free(run->findings);
	free(run->endpoints);
	free(run->rules);
	free(run->expectations);
	json_decref(run->root);
}

/* --- side by side -------------------------------------------------------------------------------------------- */

static int add_change(struct runs_compare *c, const struct run_judgement *j, const struct run_finding *b, const struct run_finding *n)
{
	enum run_change_kind kind = j->kind;
	const struct run_finding *named = n ? n : b;
	struct run_change *to = &c->changes[c->count++];
	*to = (struct run_change){ .kind = kind, .rank = (kind == RUN_FIXED || !n ? b : n)->rank };
	to->endpoint = strdup(named->endpoint);
	to->path = strdup(named->path);
	to->difference = strdup(named->kind);
	to->why = j->why[0] ? strdup(j->why) : NULL;
	if (b)
		to->before = b->side;
	if (n)
		to->now = n->side;
	c->counts[kind]++;
	return to->endpoint && to->path && to->difference && (to->why || !j->why[0]) ? 0 : ERR_NOMEM;
}

static int by_kind_and_rank(const void *left, const void *right)
{
	const struct run_change *a = left, *b = right;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (a->rank > b->rank) - (a->rank < b->rank);
}

static int join(struct runs_compare *c, const struct run *before, const struct run *now, const struct runs_rules *rules)
{
	size_t b = 0, n = 0;
	c->changes = calloc(before->count + now->count + 1, sizeof *c->changes);
	if (!c->changes)
		return ERR_NOMEM;
	while (b < before->count || n < now->count) {
		const struct run_finding *left = b < before->count ? &before->findings[b] : NULL;
		const struct run_finding *right = n < now->count ? &now->findings[n] : NULL;
		int order = !left ? 1 : !right ? -1 : by_key(left, right);
		left = order <= 0 ? left : NULL;
		right = order >= 0 ? right : NULL;
		b += left != NULL;
		n += right != NULL;
		struct run_judgement j;
		int r = run_judge(before, now, rules, left, right, &j);
		r = r || j.kind == RUN_CHANGES ? r : add_change(c, &j, left, right);
		if (r)
			return r;
	}
	qsort(c->changes, c->count, sizeof *c->changes, by_kind_and_rank);
	return 0;
}

/* Those that both runs have hid what they hid in both. */
static int newer_rules(const struct run *before, const struct run *now, const struct runs_rules *rules, struct err *err)
{
	int r = 0;
	for (size_t i = 0; i < now->rule_count && r == 0; i++)
		if (!bsearch(&now->rules[i], before->rules, before->rule_count, sizeof now->rules[i], by_text))
			r = rules->add(rules->arg, now->rules[i].text, now->rules[i].where, err);
	if (before->all_headers && !now->all_headers)
		rules->add_built_in(rules->arg);
	return r;
}

static bool copy_text(char **to, const char *text)
{
	*to = text ? strdup(text) : NULL;
	return !text || *to;
}

static int copy_said(struct run_said *to, const struct run *run)
{
	bool whole = copy_text(&to->sentence, member(run->root, "sentence"));
	whole &= copy_text(&to->control, member(run->root, "control"));
	whole &= copy_text(&to->candidate, member(run->root, "candidate"));
	whole &= copy_text(&to->made, member(run->root, "made"));
	return whole ? 0 : ERR_NOMEM;
}

int runs_compare_new(struct slice before, struct slice now, const struct runs_rules *rules, struct runs_compare **out, struct err *err)
{
	struct run first = { .which = "the earlier" }, second = { .which = "the later" };
	struct runs_compare *c = calloc(1, sizeof *c);
	*out = NULL;
	int r = c ? 0 : err_set(err, ERR_NOMEM, "out of memory");
	r = r ? r : read_run(&first, before, err);
	r = r ? r : read_run(&second, now, err);
	r = r || !rules ? r : newer_rules(&first, &second, rules, err);
	if (r == 0) {
		r = join(c, &first, &second, rules);
		r = r ? r : copy_said(&c->before, &first);
		r = r ? r : copy_said(&c->now, &second);
		if (r)
			err_set(err, ERR_NOMEM, "out of memory");
	}
	run_release(&first);
	run_release(&second);
	if (r)
		runs_compare_free(c);
	else
		*out = c;
	return r;
}

static void free_said(struct run_said *s)
{
	free(s->sentence);
	free(s->control);
	free(s->candidate);
	free(s->made);
}

void runs_compare_free(struct runs_compare *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		free(c->changes[i].endpoint);
		free(c->changes[i].path);
		free(c->changes[i].difference);
		free(c->changes[i].why);
	}
	free(c->changes);
	free_said(&c->before);
	free_said(&c->now);
	free(c);
}

int run_change_trend(const struct run_change *c)
{
	if (c->kind != RUN_LASTING)
		return 0;
	/* Not a number compares as false. */
	return (c->now.low > c->before.high) - (c->now.high < c->before.low);
}
