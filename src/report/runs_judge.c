/* runs_judge: a finding that is gone is fixed only if the later run would have seen it: it asked, no rule of its own hides it, it compared that very place,
 * and often enough. */
#include "report/runs_inner.h"

#include "model/difference.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define NEARLY_ALL 0.9  /* of the exchanges that the earlier run compared: the same traffic */
#define BY_CHANCE  0.05 /* that it does not show in so many, were it there as often */

static bool is_sure(const struct run_finding *f)
{
	return f && f->side.state[0] == 's';
}

static bool is_found(const struct run_finding *f)
{
	return f && f->side.state[0] != 'n';
}

static bool is_kind(const struct run_finding *f, enum difference_kind kind)
{
	return strcmp(f->kind, difference_kind_name(kind)) == 0;
}

static void say(struct run_judgement *out, enum run_change_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void say(struct run_judgement *out, enum run_change_kind kind, const char *format, ...)
{
	va_list args;
	out->kind = kind;
	va_start(args, format);
	(void)vsnprintf(out->why, sizeof out->why, format, args);
	va_end(args);
}

/* --- was it asked? ------------------------------------------------------------------------------------------- */

static bool expected(const struct run *now, const char *text)
{
	size_t n = strlen(text);
	for (size_t i = 0; i < now->expectation_count; i++)
		if (strncmp(now->expectations[i].text, text, n) == 0 && (n >= DIFFERENCE_PATH_MAX || now->expectations[i].text[n] == 0))
			return true;
	return !now->knows_expectations;
}

static bool not_asked(const struct run *before, const struct run *now, const struct run_finding *b, const struct run_endpoint *e,
                      struct run_judgement *out)
{
	if (is_kind(b, DIFFERENCE_EXPECT) && !expected(now, b->path)) {
		say(out, RUN_NOT_ASKED, "it is expected no more");
		return true;
	}
	if (!is_kind(b, DIFFERENCE_LATENCY))
		return false;
	if (!(now->latency_share >= 0)) {
		say(out, RUN_NOT_ASKED, "--diff-latency was not given");
		return true;
	}
	/* By what the earlier run asked it would be slower still. */
	if (e && now->latency_share > before->latency_share && e->slower_low > 1 + before->latency_share) {
		say(out, RUN_NOT_ASKED, "--diff-latency allows %.4g%% now", 100 * now->latency_share);
		return true;
	}
	return false;
}

/* --- was it compared? ---------------------------------------------------------------------------------------- */

static const struct run_endpoint *endpoint_of(const struct run *run, const char *name)
{
	size_t from = 0, to = run->endpoint_count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = strcmp(run->endpoints[middle].name, name);
		if (order == 0)
			return &run->endpoints[middle];
		if (order < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

static bool starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Another status, or no answer: nothing else of that exchange was compared. */
static bool ends_all(const struct run_finding *f)
{
	return starts(f->path, "status") || strcmp(f->path, "answer") == 0;
}

/* Does the first path hold the second? An element that is gone leaves the others to be compared, and so does a key of a map. */
static bool holds(const struct run_finding *f, const char *path)
{
	size_t n = strlen(f->path);
	if (strcmp(f->path, "body") == 0)
		return path[0] == '$' || starts(path, "form:");
	if (!starts(path, f->path) || (path[n] != '.' && path[n] != '['))
		return false;
	bool one_of_many = f->path[n - 1] == ']' || f->path[n - 1] == '*';
	return is_kind(f, DIFFERENCE_TYPE) || (is_kind(f, DIFFERENCE_MISSING) && !one_of_many);
}

/* Where the later run's finding f shows, was b's place not compared? */
static bool stands_before(const struct run_finding *f, const struct run_finding *b)
{
	if (is_kind(f, DIFFERENCE_EXPECT) || is_kind(f, DIFFERENCE_LATENCY) || strcmp(f->path, b->path) == 0)
		return false;
	if (strcmp(f->path, "answer") == 0)
		return true;
	if (is_kind(b, DIFFERENCE_EXPECT))
		return ends_all(f) && strstr(b->path, " require ");
	if (is_kind(b, DIFFERENCE_LATENCY) || ends_all(b))
		return false;
	return ends_all(f) || holds(f, b->path);
}

static size_t first_of_endpoint(const struct run *run, const char *endpoint)
{
	size_t from = 0, to = run->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (strcmp(run->findings[middle].endpoint, endpoint) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Exchanges in which others stand before it; *most: the one that does most. */
static uint64_t in_its_way(const struct run *now, const struct run_finding *b, const struct run_finding **most)
{
	uint64_t sum = 0;
	*most = NULL;
	for (size_t i = first_of_endpoint(now, b->endpoint); i < now->count && strcmp(now->findings[i].endpoint, b->endpoint) == 0; i++) {
		const struct run_finding *f = &now->findings[i];
		if (f->differ == 0 || !stands_before(f, b))
			continue;
		sum = f->differ > UINT64_MAX - sum ? UINT64_MAX : sum + f->differ;
		*most = !*most || f->differ > (*most)->differ ? f : *most;
	}
	return sum;
}

/* As many as earlier, about; or so many that one of them would have shown it. */
static bool enough(const struct run_finding *b, uint64_t compared)
{
	if (compared == 0)
		return false;
	return (double)compared >= NEARLY_ALL * (double)b->compared || pow(1 - b->side.rate, (double)compared) <= BY_CHANCE;
}

static void judge_seen(const struct run *now, const struct run_finding *b, const struct run_endpoint *e, struct run_judgement *out)
{
	const struct run_finding *most;
	uint64_t others = in_its_way(now, b, &most), left = e->compared > others ? e->compared - others : 0;
	if (enough(b, left))
		out->kind = RUN_FIXED;
	else if (!enough(b, e->compared))
		say(out, RUN_NOT_COMPARED, "too few exchanges to tell: %llu, of %llu earlier", (unsigned long long)e->compared,
		    (unsigned long long)b->compared);
	else
		say(out, RUN_NOT_COMPARED, "%llu of %llu exchanges differ by what stands before it: %.500s",
		    (unsigned long long)(e->compared - left), (unsigned long long)e->compared, most ? most->path : "");
}

/* --- the whole ----------------------------------------------------------------------------------------------- */

/* Still there, as noise: fixed where it is seldomer by more than chance, and hidden by a learned rate or a second control otherwise. */
static void judge_noise(const struct run_finding *b, const struct run_finding *n, struct run_judgement *out)
{
	if (n->side.high < b->side.low)
		out->kind = RUN_FIXED;
	else
		say(out, RUN_HIDDEN, "it is taken for noise now");
}

static int judge_gone(const struct run *before, const struct run *now, const struct runs_rules *rules, const struct run_finding *b,
                      struct run_judgement *out)
{
	const struct run_endpoint *e = endpoint_of(now, b->endpoint);
	const char *rule = NULL;
	if (not_asked(before, now, b, e, out))
		return 0;
	if (!e || e->compared == 0) {
		say(out, RUN_NOT_COMPARED, "its endpoint was not compared");
		return 0;
	}
	int rc = rules ? rules->hides(rules->arg, b->endpoint, b->path, b->kind, &rule) : 0;
	if (rc)
		return rc;
	bool moments =
	        before->timestamps && !now->timestamps && is_kind(b, DIFFERENCE_VALUE) && strcmp(b->path, "body") != 0 && !ends_all(b);
	if (rule)
		say(out, RUN_HIDDEN, "by the rule %.600s", rule);
	else if (moments)
		say(out, RUN_HIDDEN, "perhaps: --diff-timestamps was not given");
	else
		judge_seen(now, b, e, out);
	return 0;
}

int run_judge(const struct run *before, const struct run *now, const struct runs_rules *rules, const struct run_finding *b,
              const struct run_finding *n, struct run_judgement *out)
{
	out->kind = RUN_CHANGES;
	out->why[0] = 0;
	if (!is_sure(b))
		out->kind = is_sure(n) ? RUN_NEW : RUN_CHANGES;
	else if (is_found(n))
		out->kind = RUN_LASTING;
	else if (n)
		judge_noise(b, n, out);
	else
		return judge_gone(before, now, rules, b, out);
	return 0;
}
