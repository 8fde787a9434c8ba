/* verdict_json: see the header. */
#include "report/verdict_json.h"

#include "report/json.h"
#include "report/latency.h"
#include "report/verdict_codings.h"
#include "report/verdict_kept.h"
#include "report/verdict_words.h"

#include <math.h>
#include <stdio.h>

static void member_str(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	json_str(j, text);
}

static void member_u64(struct json *j, const char *key, uint64_t n)
{
	json_key(j, key);
	json_u64(j, n);
}

static void member_bool(struct json *j, const char *key, bool yes)
{
	json_key(j, key);
	json_bool(j, yes);
}

/* Probabilities and rates span many powers of ten: significant digits, not decimals. */
static void member_real(struct json *j, const char *key, double n)
{
	char text[32];
	json_key(j, key);
	if (!isfinite(n)) {
		json_str(j, NULL);
		return;
	}
	(void)snprintf(text, sizeof text, "%.9g", n);
	json_raw(j, slice_str(text));
}

/* null where it is not known. */
static void member_ms(struct json *j, const char *key, int64_t ns, bool known)
{
	member_real(j, key, known ? (double)ns / 1e6 : NAN);
}

static void member_unless(struct json *j, const char *key, double n, bool asked)
{
	member_real(j, key, asked ? n : NAN);
}

static void write_causes(struct json *j, const char *key, const struct verdict_cause *causes, size_t n)
{
	json_key(j, key);
	json_open(j, '[');
	for (size_t i = 0; i < n; i++) {
		json_open(j, '{');
		member_str(j, "cause", causes[i].text);
		member_u64(j, "count", causes[i].count);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void write_example(struct json *j, const struct verdict_example *e, const struct verdict_kept *kept)
{
	json_open(j, '{');
	json_key(j, "exchange");
	if (e->exchange)
		json_u64(j, verdict_kept_number(kept, e->exchange));
	else
		json_str(j, NULL);
	member_str(j, "id", e->exchange ? e->exchange->id : NULL);
	member_str(j, "control", e->control);
	member_str(j, "candidate", e->candidate);
	json_close(j, '}');
}

static void write_finding(struct json *j, const struct verdict_finding *f, const struct verdict_kept *kept)
{
	char words[VERDICT_WORDS];
	json_open(j, '{');
	member_str(j, "endpoint", f->endpoint);
	member_str(j, "path", f->path);
	member_str(j, "kind", difference_kind_name(f->kind));
	member_str(j, "state", verdict_state_name(f->state));
	member_str(j, "reason", verdict_reason_name(f->reason));
	member_str(j, "confidence", verdict_confidence(words, f));
	member_u64(j, "compared", f->compared);
	member_u64(j, "differ", f->differ);
	member_real(j, "rate", verdict_rate(f));
	member_real(j, "rate_low", f->rate_low);
	member_real(j, "rate_high", f->rate_high);
	member_u64(j, "noise", f->noise);
	member_u64(j, "noise_of", f->noise_of);
	member_real(j, "noise_rate", verdict_noise_rate(f));
	member_u64(j, "only_candidate", f->only_candidate);
	member_u64(j, "only_control", f->only_control);
	member_u64(j, "blocks_candidate", f->blocks_candidate);
	member_u64(j, "blocks_control", f->blocks_control);
	member_real(j, "p", f->p);
	member_real(j, "q", f->q);
	member_u64(j, "confirmed", f->confirmed);
	member_u64(j, "flaky", f->flaky);
	json_key(j, "examples");
	json_open(j, '[');
	for (unsigned i = 0; i < f->example_count; i++)
		write_example(j, &f->examples[i], kept);
	json_close(j, ']');
	json_close(j, '}');
}

/* --- kept exchanges ------------------------------------------------------------------------------------------ */

enum part { PART_REQUEST, PART_CONTROL, PART_CANDIDATE, PART_SECOND, PARTS };
static const char *const part_names[PARTS] = { "request", "control", "candidate", "second" };

struct decoded {
	bool there, whole;
	struct buf body;
};

static void write_decoded(struct json *j, const struct decoded part[static PARTS])
{
	bool any = false;
	for (int i = 0; i < PARTS; i++)
		any |= part[i].there;
	if (!any)
		return;
	json_key(j, "decoded");
	json_open(j, '{');
	for (int i = 0; i < PARTS; i++) {
		if (!part[i].there)
			continue;
		json_key(j, part_names[i]);
		json_open(j, '{');
		json_key(j, "body");
		json_base64(j, buf_slice(&part[i].body));
		member_bool(j, "whole", part[i].whole);
		json_close(j, '}');
	}
	json_close(j, '}');
}

static int decode_parts(const struct slice parts[static PARTS], message_decode_fn decode, struct decoded out[static PARTS])
{
	int r = 0;
	for (int i = 0; i < PARTS && r == 0; i++) {
		if (!decode || !verdict_needs_decoding(parts[i]))
			continue;
		r = decode(parts[i], &out[i].body);
		out[i].whole = r == 0;
		out[i].there = out[i].whole || out[i].body.len; /* damaged from its first byte: it is shown as it is */
		r = r == ERR_NOMEM ? r : 0;
	}
	return r;
}

static int write_bytes(struct json *j, const struct verdict_exchange *x, message_decode_fn decode, size_t *left)
{
	const struct slice parts[PARTS] = { x->request, x->control, x->candidate, x->second };
	struct decoded decoded[PARTS] = { 0 };
	size_t sum = x->request.len + x->control.len + x->candidate.len + x->second.len;
	for (int i = 0; i < PARTS; i++)
		buf_init(&decoded[i].body, VERDICT_DECODED_BYTES);
	int r = sum <= *left ? decode_parts(parts, decode, decoded) : 0;
	for (int i = 0; i < PARTS; i++)
		sum += decoded[i].body.len;
	bool fits = sum <= *left;
	member_bool(j, "left_out", !fits);
	*left -= fits ? sum : 0;
	for (int i = 0; i < PARTS && fits; i++) {
		json_key(j, part_names[i]);
		if (i == PART_SECOND && !x->second.len)
			json_str(j, NULL);
		else
			json_base64(j, parts[i]);
	}
	if (fits)
		write_decoded(j, decoded);
	for (int i = 0; i < PARTS; i++)
		buf_release(&decoded[i].body);
	return r;
}

static int write_exchanges(struct json *j, const struct verdict_kept *kept, const struct verdict_json_options *o)
{
	size_t left = o->bodies_max ? o->bodies_max : SIZE_MAX;
	int r = 0;
	json_key(j, "kept");
	json_open(j, '[');
	for (size_t i = 0; i < kept->count && r == 0 && json_error(j) == 0; i++) {
		const struct verdict_exchange *x = kept->list[i];
		json_open(j, '{');
		member_str(j, "id", x->id);
		json_key(j, "request_line");
		json_text(j, verdict_request_line(x));
		member_ms(j, "control_ms", x->control_ns, x->control_ns >= 0);
		member_ms(j, "candidate_ms", x->candidate_ns, x->candidate_ns >= 0);
		member_bool(j, "cut", x->cut);
		if (o->bodies)
			r = write_bytes(j, x, o->decode, &left);
		json_close(j, '}');
	}
	json_close(j, ']');
	return r;
}

static void write_endpoints(struct json *j, const struct verdict *v)
{
	json_key(j, "endpoints");
	json_open(j, '[');
	for (size_t i = 0; i < v->endpoint_count; i++) {
		const struct verdict_endpoint *e = &v->endpoints[i];
		json_open(j, '{');
		member_str(j, "endpoint", e->name);
		member_u64(j, "compared", e->compared);
		member_u64(j, "same", e->same);
		member_u64(j, "noise", e->noise);
		member_u64(j, "different", e->different);
		member_u64(j, "not_comparable", e->not_comparable);
		json_close(j, '}');
	}
	json_close(j, ']');
}

/* Sparse and coarse: eight buckets a power of two are enough to draw, and a page may have a thousand of these. */
#define COARSE_SHIFT (HIST_SUB_BITS - 3)

static double lower_edge_ms(unsigned coarse)
{
	unsigned bucket = coarse << COARSE_SHIFT, group = bucket >> HIST_SUB_BITS;
	uint64_t sub = bucket & ((1u << HIST_SUB_BITS) - 1);
	uint64_t edge = group == 0 ? sub : (sub | 1u << HIST_SUB_BITS) << (group - 1);
	return (double)edge / 1e6;
}

static void write_buckets(struct json *j, const char *key, const struct hist *h)
{
	json_key(j, key);
	json_open(j, '[');
	for (unsigned c = 0; h && h->count && c < HIST_BUCKETS >> COARSE_SHIFT; c++) {
		uint64_t sum = 0;
		for (unsigned i = c << COARSE_SHIFT; i < (c + 1) << COARSE_SHIFT; i++)
			sum += h->bucket[i];
		if (sum == 0)
			continue;
		json_open(j, '[');
		json_number(j, lower_edge_ms(c), 6);
		json_number(j, lower_edge_ms(c + 1), 6);
		json_u64(j, sum);
		json_close(j, ']');
	}
	json_close(j, ']');
}

static void write_latencies(struct json *j, const struct verdict *v)
{
	json_key(j, "latencies");
	json_open(j, '[');
	for (size_t i = 0; i < v->latency_count; i++) {
		const struct verdict_latency *l = &v->latencies[i];
		json_open(j, '{');
		member_str(j, "endpoint", l->endpoint);
		member_u64(j, "compared", l->compared);
		member_bool(j, "slower", l->slower);
		member_real(j, "ratio", l->ratio);
		member_real(j, "ratio_low", l->ratio_low);
		member_real(j, "ratio_high", l->ratio_high);
		member_ms(j, "more_ms", l->more_ns, true);
		member_unless(j, "noise_ratio", l->noise_ratio, l->noise_ratio > 0);
		member_unless(j, "noise_high", l->noise_high, l->noise_high > 0);
		json_key(j, "control_ms");
		latency_json(j, l->control);
		json_key(j, "candidate_ms");
		latency_json(j, l->candidate);
		write_buckets(j, "control_buckets", l->control);
		write_buckets(j, "candidate_buckets", l->candidate);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void write_seconds(struct json *j, const struct verdict *v)
{
	json_key(j, "series");
	json_open(j, '{');
	member_real(j, "start_unix", (double)(v->seconds_start_ns / 1000000) / 1e3);
	member_real(j, "step_seconds", (double)v->seconds_step_ns / 1e9);
	json_key(j, "points");
	json_open(j, '[');
	for (size_t i = 0; i < v->second_count; i++) {
		const struct verdict_second *s = &v->seconds[i];
		json_open(j, '{');
		member_u64(j, "compared", s->compared);
		member_u64(j, "different", s->different);
		member_ms(j, "control_p50_ms", s->control_p50_ns, s->control_p50_ns > 0);
		member_ms(j, "control_p99_ms", s->control_p99_ns, s->control_p99_ns > 0);
		member_ms(j, "candidate_p50_ms", s->candidate_p50_ns, s->candidate_p50_ns > 0);
		member_ms(j, "candidate_p99_ms", s->candidate_p99_ns, s->candidate_p99_ns > 0);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

static void write_hidden(struct json *j, const struct verdict *v)
{
	json_key(j, "hidden");
	json_open(j, '[');
	for (size_t i = 0; i < v->hidden_count; i++) {
		const struct verdict_hidden *h = &v->hidden[i];
		json_open(j, '{');
		member_str(j, "rule", h->rule);
		member_str(j, "where", h->where);
		member_u64(j, "count", h->exchanges);
		member_str(j, "endpoint", h->endpoint);
		member_str(j, "path", h->path);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void write_rules(struct json *j, const struct verdict *v)
{
	json_key(j, "rules");
	json_open(j, '[');
	for (size_t i = 0; i < v->rule_count; i++) {
		json_open(j, '{');
		member_str(j, "rule", v->rules[i].rule);
		member_str(j, "where", v->rules[i].where);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_key(j, "expectations");
	json_open(j, '[');
	for (size_t i = 0; i < v->expectation_count; i++) {
		json_open(j, '{');
		member_str(j, "rule", v->expectations[i].rule);
		member_u64(j, "answers", v->expectations[i].answers);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void write_settings(struct json *j, const struct verdict *v)
{
	json_key(j, "settings");
	json_open(j, '{');
	member_real(j, "alpha", v->alpha);
	member_real(j, "relative", v->relative);
	member_real(j, "absolute", v->absolute);
	member_unless(j, "latency_share", v->latency_share, v->latency_share >= 0);
	member_ms(j, "latency_floor_ms", v->latency_floor_ns, true);
	member_bool(j, "all_headers", v->all_headers);
	member_bool(j, "timestamps", v->timestamps);
	member_unless(j, "fail_share", v->fail_share, v->fail_share >= 0);
	char seed[24]; /* 64 bits are more than most readers' numbers hold */
	(void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)v->seed);
	member_str(j, "seed", seed);
	json_close(j, '}');
}

static int write_head(struct json *j, const struct verdict *v, const struct verdict_json_options *o)
{
	struct buf sentence;
	buf_init(&sentence, 1024);
	int r = verdict_sentence(v, &sentence);
	member_str(j, "format", VERDICT_FORMAT);
	member_u64(j, "version", VERDICT_VERSION);
	member_str(j, "made", o->made);
	json_key(j, "sentence");
	json_text(j, buf_slice(&sentence));
	member_str(j, "outcome", verdict_outcome_name(verdict_outcome(v)));
	member_bool(j, "failed", v->failed);
	member_str(j, "control", v->control);
	member_str(j, "candidate", v->candidate);
	member_str(j, "second", v->second);
	buf_release(&sentence);
	return r;
}

static void write_counts(struct json *j, const struct verdict *v)
{
	json_key(j, "exchanges");
	json_open(j, '{');
	member_u64(j, "seen", v->seen);
	member_u64(j, "compared", v->compared);
	member_u64(j, "same", v->same);
	member_u64(j, "noise", v->noise);
	member_u64(j, "different", v->different);
	member_u64(j, "not_comparable", v->not_comparable);
	json_close(j, '}');
	member_u64(j, "sure", v->sure_count);
	member_u64(j, "unsure", v->unsure_count);
	member_u64(j, "let_go", v->let_go);
	write_causes(j, "not_comparable", v->causes, v->cause_count);
	write_causes(j, "fallbacks", v->fallbacks, v->fallback_count);
}

int verdict_json(const struct verdict *v, const struct verdict_json_options *o, struct buf *out)
{
	struct verdict_kept kept;
	int r = verdict_kept_init(&kept, v);
	struct json j = json_into(out);
	if (r == 0) {
		json_open(&j, '{');
		r = write_head(&j, v, o);
		write_counts(&j, v);
		json_key(&j, "findings");
		json_open(&j, '[');
		for (size_t i = 0; i < v->finding_count && json_error(&j) == 0; i++)
			write_finding(&j, &v->findings[i], &kept);
		json_close(&j, ']');
		int kept_too = write_exchanges(&j, &kept, o);
		r = r ? r : kept_too;
		write_endpoints(&j, v);
		write_latencies(&j, v);
		write_seconds(&j, v);
		write_hidden(&j, v);
		write_rules(&j, v);
		write_settings(&j, v);
		json_close(&j, '}');
	}
	verdict_kept_release(&kept);
	return r ? r : json_error(&j);
}
