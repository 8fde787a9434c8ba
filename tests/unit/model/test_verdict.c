/* verdict: freed with all it holds; an exchange that several examples show goes with the last of them. */
#include "model/verdict.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct verdict_exchange *exchange_new(void)
{
	struct verdict_exchange *x = calloc(1, sizeof *x);
	x->refs = 1;
	x->request = slice_of(strdup("GET /"), 5);
	return x;
}

Test(verdict, shared_exchanges)
{
	struct verdict_exchange *x = exchange_new();
	struct verdict *v = calloc(1, sizeof *v);
	v->control = strdup("recorded");
	v->findings = calloc(2, sizeof *v->findings);
	v->finding_count = 2;
	for (int i = 0; i < 2; i++) {
		struct verdict_finding *f = &v->findings[i];
		f->endpoint = strdup("GET /");
		f->path = strdup("$.x");
		f->example_count = 2;
		for (int k = 0; k < 2; k++) {
			f->examples[k].exchange = x;
			f->examples[k].control = k ? strdup("1") : NULL;
			x->refs++;
		}
	}
	verdict_free(v);
	cr_assert_eq(x->refs, 1, "ours is the last");
	cr_assert(slice_eq(x->request, slice_str("GET /")));
	verdict_exchange_unref(x);
}

Test(verdict, all_of_its_parts)
{
	struct verdict *v = calloc(1, sizeof *v);
	v->hidden = calloc(1, sizeof *v->hidden);
	v->hidden_count = 1;
	v->hidden[0] = (struct verdict_hidden){ strdup("$.t"), strdup("rules.txt:1"), 3, strdup("GET /"), strdup("$.t") };
	v->latencies = calloc(1, sizeof *v->latencies);
	v->latency_count = 1;
	v->latencies[0].endpoint = strdup("GET /");
	v->latencies[0].control = calloc(1, sizeof(struct hist));
	v->endpoints = calloc(1, sizeof *v->endpoints);
	v->endpoint_count = 1;
	v->endpoints[0].name = strdup("GET /");
	v->seconds = calloc(1, sizeof *v->seconds);
	v->causes = calloc(1, sizeof *v->causes);
	v->fallbacks = calloc(1, sizeof *v->fallbacks);
	cr_assert_eq(v->hidden[0].exchanges, 3);
	verdict_free(v);
	verdict_free(NULL);
	verdict_exchange_unref(NULL);
}
