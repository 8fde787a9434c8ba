/* verdict: freeing it, and the exchanges that its examples share. */
#include "model/verdict.h"

#include <stdlib.h>

void verdict_exchange_unref(const struct verdict_exchange *shared)
{
	struct verdict_exchange *x = (struct verdict_exchange *)(uintptr_t)shared;
	if (!x || --x->refs)
		return;
	free((void *)(uintptr_t)x->request.ptr);
	free((void *)(uintptr_t)x->control.ptr);
	free((void *)(uintptr_t)x->candidate.ptr);
	free((void *)(uintptr_t)x->second.ptr);
	free(x);
}

static void free_finding(struct verdict_finding *f)
{
	for (unsigned i = 0; i < f->example_count; i++) {
		verdict_exchange_unref(f->examples[i].exchange);
		free(f->examples[i].control);
		free(f->examples[i].candidate);
	}
	free(f->endpoint);
	free(f->path);
}

static void free_hidden(struct verdict_hidden *h)
{
	free(h->rule);
	free(h->where);
	free(h->endpoint);
	free(h->path);
}

static void free_latency(struct verdict_latency *l)
{
	free(l->endpoint);
	free(l->control);
	free(l->candidate);
}

void verdict_free(struct verdict *v)
{
	if (!v)
		return;
	for (size_t i = 0; i < v->finding_count; i++)
		free_finding(&v->findings[i]);
	for (size_t i = 0; i < v->hidden_count; i++)
		free_hidden(&v->hidden[i]);
	for (size_t i = 0; i < v->latency_count; i++)
		free_latency(&v->latencies[i]);
	for (size_t i = 0; i < v->endpoint_count; i++)
		free(v->endpoints[i].name);
	for (size_t i = 0; i < v->rule_count; i++) {
		free(v->rules[i].rule);
		free(v->rules[i].where);
	}
	for (size_t i = 0; i < v->expectation_count; i++)
		free(v->expectations[i].rule);
	free(v->findings);
	free(v->hidden);
	free(v->rules);
	free(v->expectations);
	free(v->latencies);
	free(v->endpoints);
	free(v->seconds);
	free(v->causes);
	free(v->fallbacks);
	free(v->control);
	free(v->candidate);
	free(v->second);
	free(v);
}
