/* stages: a stage that goes from rate a to rate b in d seconds has seen a·t + (b - a)·t²/2d requests after t of them; solved for t. */
#include "play/stages.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/units.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PART_TEXT 40

static int parse_rate(const char *text, double *out)
{
	char *end;
	if (text[0] == 0 || strspn(text, "0123456789.") != strlen(text))
		return ERR_USAGE;
	*out = strtod(text, &end);
	if (*end)
		return ERR_USAGE;
	return *out <= STAGES_RATE_MAX ? 0 : ERR_LIMIT;
}

/* Cuts text at its colons in place. How many parts there are, or 0 when there are more than three. */
static size_t split(char *text, char *parts[3])
{
	size_t n = 0;
	for (char *rest = text; rest;) {
		if (n == 3)
			return 0;
		parts[n++] = strsep(&rest, ":");
	}
	return n;
}

static int parse_stage(char *text, bool last, struct stage *out)
{
	char *parts[3];
	size_t n = split(text, parts);
	if (n == 0 || (n == 1 && !last))
		return ERR_USAGE;
	*out = (struct stage){ 0 };
	int r = parse_rate(parts[0], &out->from);
	out->to = out->from;
	if (r == 0 && n == 3)
		r = parse_rate(parts[1], &out->to);
	if (r == 0 && n > 1)
		r = parse_duration_ns(parts[n - 1], &out->length_ns);
	if (r == 0 && (n > 1 ? out->length_ns <= 0 : out->from <= 0))
		r = ERR_USAGE;
	return r;
}

static double requests_in(const struct stage *s)
{
	return (s->from + s->to) / 2 * ((double)s->length_ns / 1e9);
}

int stages_parse(const char *text, struct stages *out)
{
	struct stages s = { .n = 0 };
	double requests = 0;
	for (const char *at = text; at;) {
		const char *comma = strchr(at, ',');
		size_t len = comma ? (size_t)(comma - at) : strlen(at);
		char one[3 * PART_TEXT];
		if (len >= sizeof one)
			return ERR_USAGE;
		memcpy(one, at, len);
		one[len] = 0;
		if (s.n == STAGES_MAX)
			return ERR_LIMIT;
		struct stage *stage = &s.list[s.n++];
		int r = parse_stage(one, !comma, stage);
		if (r)
			return r;
		requests += stage->length_ns ? requests_in(stage) : 1;
		at = comma ? comma + 1 : NULL;
	}
	if (requests <= 0)
		return ERR_USAGE;
	*out = s;
	return 0;
}

/* Seconds into the stage until it has seen that many requests. The textbook's (-a + √…)/s loses digits where the slope is small; this form
 * does not. */
static double seconds_until(const struct stage *s, double requests)
{
	if (requests <= 0)
		return 0;
	double slope = s->length_ns ? (s->to - s->from) / ((double)s->length_ns / 1e9) : 0;
	double under = s->from * s->from + 2 * slope * requests;
	return 2 * requests / (s->from + sqrt(under > 0 ? under : 0));
}

int64_t stages_time(const struct stages *s, uint64_t number)
{
	double requests = (double)number;
	int64_t past_ns = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct stage *stage = &s->list[i];
		double here = stage->length_ns ? requests_in(stage) : INFINITY;
		if (requests < here) {
			double ns = seconds_until(stage, requests) * 1e9;
			return ns < (double)(INT64_MAX / 4) ? past_ns + (int64_t)(ns + 0.5) : INT64_MAX;
		}
		requests -= here;
		if (__builtin_add_overflow(past_ns, stage->length_ns, &past_ns) || past_ns > INT64_MAX / 4)
			return INT64_MAX;
	}
	return INT64_MAX;
}
