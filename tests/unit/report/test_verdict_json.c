/* verdict_json: what is read back is what the verdict holds; any bytes; the cap on kept bytes; memory that runs out. */
#include "report/verdict_json.h"
#include "support/unit_alloc.h"
#include "support/unit_verdict.h"

#include <criterion/criterion.h>
#include <jansson.h>

static json_t *written(const struct verdict *v, const struct verdict_json_options *o)
{
	struct buf out;
	buf_init(&out, 64u << 20);
	cr_assert_eq(verdict_json(v, o, &out), 0);
	json_error_t err;
	json_t *root = json_loadb((const char *)out.ptr, out.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &err);
	cr_assert_not_null(root, "%s at %d", err.text, err.position);
	buf_release(&out);
	return root;
}

static json_t *at(json_t *root, const char *path)
{
	char copy[128], *rest = NULL;
	(void)snprintf(copy, sizeof copy, "%s", path);
	for (char *word = strtok_r(copy, "/", &rest); word; word = strtok_r(NULL, "/", &rest))
		root = json_is_array(root) ? json_array_get(root, strtoul(word, NULL, 10)) : json_object_get(root, word);
	return root;
}

static const char *text_at(json_t *root, const char *path)
{
	return json_string_value(at(root, path));
}

Test(verdict_json, holds_it_all)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 10, .endpoints = 8, .seconds = 40 });
	json_t *root = written(v, &(struct verdict_json_options){ .made = "today" });
	cr_assert_str_eq(text_at(root, "format"), "replay-verdict");
	cr_assert_eq(json_integer_value(at(root, "version")), 1);
	cr_assert_str_eq(text_at(root, "made"), "today");
	cr_assert_str_eq(text_at(root, "outcome"), "different");
	cr_assert_str_eq(text_at(root, "second"), "http://127.0.0.1:8083");
	cr_assert(json_is_true(at(root, "failed")));
	cr_assert_eq(json_integer_value(at(root, "exchanges/not_comparable")), 12);
	cr_assert_eq(json_array_size(at(root, "findings")), 10);
	cr_assert_str_eq(text_at(root, "findings/0/path"), "$.items[*].price");
	cr_assert_str_eq(text_at(root, "findings/0/kind"), "value");
	cr_assert_str_eq(text_at(root, "findings/0/state"), "sure");
	cr_assert_str_eq(text_at(root, "findings/0/reason"), "test");
	cr_assert_str_eq(text_at(root, "findings/0/examples/0/control"), "12.50");
	cr_assert_eq(json_real_value(at(root, "findings/1/q")), 2e-9);
	cr_assert(json_is_null(at(root, "findings/2/examples/0/candidate")));
	/* findings/2 has three examples, after one and two of those before it. */
	cr_assert_eq(json_integer_value(at(root, "findings/2/examples/1/exchange")), 4);
	cr_assert_str_eq(text_at(root, "kept/4/id"), text_at(root, "findings/2/examples/1/id"));
	cr_assert_str_eq(text_at(root, "kept/0/request_line"), "GET /api/items/1000?currency=EUR HTTP/1.1");
	cr_assert_null(at(root, "kept/0/request"));
	cr_assert_eq(json_array_size(at(root, "endpoints")), 8);
	cr_assert_eq(json_integer_value(at(root, "latencies/2/candidate_ms/count")), 400);
	cr_assert(json_is_true(at(root, "latencies/2/slower")));
	cr_assert_eq(json_array_size(at(root, "series/points")), 40);
	cr_assert(json_is_null(at(root, "series/points/33/control_p50_ms")));
	cr_assert_str_eq(text_at(root, "hidden/1/where"), "rules.txt:3");
	cr_assert_eq(json_array_size(at(root, "rules")), 0);
	cr_assert_eq(json_array_size(at(root, "expectations")), 0);
	cr_assert(json_is_false(at(root, "settings/timestamps")));
	cr_assert_str_eq(text_at(root, "settings/seed"), "42");
	cr_assert_str_eq(text_at(root, "not_comparable/1/cause"), "the run ended first");
	json_decref(root);
	verdict_free(v);
}

Test(verdict_json, buckets_hold_every_value)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .endpoints = 1 });
	static const int64_t values[] = { 0, 1, 15, 16, 127, 128, 129, 255, 256, 1000, 999999, 1000000, 123456789, 4000000000000 };
	hist_init(v->latencies[0].control);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		hist_record(v->latencies[0].control, values[i]);
	json_t *root = written(v, &(struct verdict_json_options){ 0 }), *buckets = at(root, "latencies/0/control_buckets");
	json_int_t sum = 0;
	double before = 0;
	for (size_t i = 0; i < json_array_size(buckets); i++) {
		double from = json_real_value(json_array_get(json_array_get(buckets, i), 0));
		double to = json_real_value(json_array_get(json_array_get(buckets, i), 1));
		json_int_t n = json_integer_value(json_array_get(json_array_get(buckets, i), 2)), inside = 0;
		cr_assert(from >= before && to > from);
		before = to;
		for (size_t k = 0; k < sizeof values / sizeof *values; k++)
			inside += (double)values[k] / 1e6 >= from - 1e-9 && (double)values[k] / 1e6 < to - 1e-9;
		cr_assert_eq(inside, n, "%g to %g", from, to);
		sum += n;
	}
	cr_assert_eq(sum, (json_int_t)(sizeof values / sizeof *values));
	json_decref(root);
	verdict_free(v);
}

Test(verdict_json, bodies_up_to_a_limit)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 3, .endpoints = 2 });
	const struct verdict_exchange *x = v->findings[0].examples[0].exchange;
	size_t first = x->request.len + x->control.len + x->candidate.len;
	json_t *root = written(v, &(struct verdict_json_options){ .bodies = true, .bodies_max = first });
	cr_assert(json_is_false(at(root, "kept/0/left_out")));
	cr_assert_eq(strncmp(text_at(root, "kept/0/request"), "R0VUIC9h", 8), 0); /* "GET /a" */
	cr_assert_eq(json_string_length(at(root, "kept/0/control")), (x->control.len + 2) / 3 * 4);
	cr_assert(json_is_null(at(root, "kept/0/second")));
	cr_assert(json_is_true(at(root, "kept/1/left_out")));
	cr_assert_null(at(root, "kept/1/request"));
	json_decref(root);
	root = written(v, &(struct verdict_json_options){ .bodies = true });
	cr_assert(json_is_false(at(root, "kept/5/left_out")));
	json_decref(root);
	verdict_free(v);
}

/* Stands for the decoder: as many bytes as the message has, then what it was told to say. */
static int undo(struct slice message, struct buf *out)
{
	if (slice_starts(message, slice_str("HTTP/1.1 299")))
		return ERR_FORMAT;
	for (size_t i = 0; i < message.len; i++)
		if (buf_append_str(out, "<") != 0)
			return out->len == out->max ? ERR_LIMIT : ERR_NOMEM;
	return 0;
}

static void answer_in_br(struct slice *answer, const char *status, size_t body)
{
	free((void *)(uintptr_t)answer->ptr);
	*answer = unit_verdict_bytes("HTTP/1.1 %s\r\nContent-Encoding: br\r\n\r\n%*s", status, (int)body, "");
}

Test(verdict_json, bodies_that_a_page_cannot_decode)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 3, .endpoints = 2 });
	struct verdict_exchange *x[3];
	for (size_t i = 0; i < 3; i++)
		x[i] = (struct verdict_exchange *)(uintptr_t)v->findings[i].examples[0].exchange;
	answer_in_br(&x[0]->control, "200", 10);
	answer_in_br(&x[0]->candidate, "200", VERDICT_DECODED_BYTES + 10);
	answer_in_br(&x[1]->control, "299", 10);
	json_t *root = written(v, &(struct verdict_json_options){ .bodies = true, .decode = undo });
	cr_assert_eq(json_object_size(at(root, "kept/0/decoded")), 2);
	cr_assert(json_is_true(at(root, "kept/0/decoded/control/whole")));
	cr_assert_eq(json_string_length(at(root, "kept/0/decoded/control/body")), (x[0]->control.len + 2) / 3 * 4);
	cr_assert(json_is_false(at(root, "kept/0/decoded/candidate/whole")));
	cr_assert_eq(json_string_length(at(root, "kept/0/decoded/candidate/body")), (VERDICT_DECODED_BYTES + 2) / 3 * 4);
	cr_assert_null(at(root, "kept/1/decoded"), "nothing came of it: the page shows the bytes");
	cr_assert_null(at(root, "kept/2/decoded"), "it is not coded");
	json_decref(root);
	size_t raw = x[0]->request.len + x[0]->control.len + x[0]->candidate.len;
	root = written(v, &(struct verdict_json_options){ .bodies = true, .bodies_max = raw, .decode = undo });
	cr_assert(json_is_true(at(root, "kept/0/left_out")), "what was decoded counts");
	cr_assert_null(at(root, "kept/0/decoded"));
	json_decref(root);
	verdict_free(v);
}

Test(verdict_json, empty_and_hostile)
{
	struct verdict none = { 0 };
	json_t *root = written(&none, &(struct verdict_json_options){ 0 });
	cr_assert_str_eq(text_at(root, "outcome"), "nothing_compared");
	cr_assert(json_is_null(at(root, "control")));
	json_decref(root);
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 9, .endpoints = 3, .hostile = true });
	root = written(v, &(struct verdict_json_options){ .bodies = true });
	cr_assert_str_eq(text_at(root, "control"), UNIT_HOSTILE);
	json_decref(root);
	verdict_free(v);
}

Test(verdict_json, every_allocation_may_fail)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 3, .endpoints = 2 });
	answer_in_br((struct slice *)(uintptr_t)&v->findings[0].examples[0].exchange->control, "200", 10);
	for (unsigned long n = 1;; n++) {
		struct buf out;
		buf_init(&out, 1u << 20);
		alloc_fail_at(n);
		int r = verdict_json(v, &(struct verdict_json_options){ .bodies = true, .decode = undo }, &out);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0);
		buf_release(&out);
		if (!failed)
			break;
	}
	verdict_free(v);
}
