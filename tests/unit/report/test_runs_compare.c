/* runs_compare, runs_show: each way a finding may go between two runs; files that are no verdicts; memory that runs out. */
#include "report/runs_compare.h"
#include "report/verdict_json.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "support/unit_verdict.h"

#include <criterion/criterion.h>
#include <jansson.h>

#define RUN(findings, endpoints)                                                                                                           \
	"{\"format\":\"replay-verdict\",\"version\":1,\"sentence\":\"a sentence\",\"candidate\":\"http://c\",\"findings\":[" findings      \
	"],\"endpoints\":[" endpoints "]}"
#define FINDING(path, state, rate, low, high)                                                                                              \
	"{\"endpoint\":\"GET /a\",\"path\":\"" path "\",\"kind\":\"value\",\"state\":\"" state "\",\"rate\":" rate ",\"rate_low\":" low    \
	",\"rate_high\":" high "}"
#define COMPARED "{\"endpoint\":\"GET /a\",\"compared\":10}"

static struct runs_compare *compare(const char *before, const char *now)
{
	struct runs_compare *c;
	struct err err = { 0 };
	struct slice first = guard_copy(slice_str(before)), second = guard_copy(slice_str(now));
	cr_assert_eq(runs_compare_new(first, second, NULL, &c, &err), 0, "%s", err.text);
	guard_free(first);
	guard_free(second);
	return c;
}

Test(runs_compare, each_way)
{
#define ABSENT ""
	static const struct {
		const char *before, *now, *endpoints;
		int kind; /* RUN_CHANGES: none */
		int trend;
	} rows[] = {
		{ ABSENT, FINDING("$.x", "sure", "0.5", "0.4", "0.6"), COMPARED, RUN_NEW, 0 },
		{ FINDING("$.x", "unsure", "0.1", "0", "0.2"), FINDING("$.x", "sure", "0.5", "0.4", "0.6"), COMPARED, RUN_NEW, 0 },
		{ FINDING("$.x", "noise", "0.1", "0", "0.2"), FINDING("$.x", "sure", "0.5", "0.4", "0.6"), COMPARED, RUN_NEW, 0 },
		{ FINDING("$.x", "sure", "0.1", "0", "0.2"), FINDING("$.x", "sure", "0.5", "0.4", "0.6"), COMPARED, RUN_LASTING, 1 },
		{ FINDING("$.x", "sure", "0.8", "0.7", "1"), FINDING("$.x", "sure", "0.5", "0.4", "0.6"), COMPARED, RUN_LASTING, -1 },
		{ FINDING("$.x", "sure", "0.5", "0.4", "0.6"), FINDING("$.x", "unsure", "0.5", "0.4", "0.6"), COMPARED, RUN_LASTING, 0 },
		{ FINDING("$.x", "sure", "1", "null", "7"), FINDING("$.x", "sure", "0.5", "0.4", "0.6"), COMPARED, RUN_LASTING, 0 },
		{ FINDING("$.x", "sure", "0.5", "0.4", "0.6"), ABSENT, COMPARED, RUN_FIXED, 0 },
		{ FINDING("$.x", "sure", "0.5", "0.4", "0.6"), FINDING("$.x", "noise", "0.5", "0.4", "0.6"), "", RUN_HIDDEN, 0 },
		{ FINDING("$.x", "sure", "0.5", "0.4", "0.6"), FINDING("$.x", "noise", "0.1", "0", "0.2"), "", RUN_FIXED, 0 },
		{ FINDING("$.x", "sure", "0.5", "0.4", "0.6"), ABSENT, "", RUN_NOT_COMPARED, 0 },
		{ FINDING("$.x", "sure", "0.5", "0.4", "0.6"), ABSENT, "{\"endpoint\":\"GET /a\",\"compared\":0}", RUN_NOT_COMPARED, 0 },
		{ FINDING("$.x", "unsure", "0.5", "0.4", "0.6"), ABSENT, COMPARED, RUN_CHANGES, 0 },
		{ FINDING("$.x", "unsure", "0.5", "0.4", "0.6"), FINDING("$.x", "unsure", "0.5", "0.4", "0.6"), COMPARED, RUN_CHANGES, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char before[1024], now[1024];
		(void)snprintf(before, sizeof before, RUN("%s", ""), rows[i].before);
		(void)snprintf(now, sizeof now, RUN("%s", "%s"), rows[i].now, rows[i].endpoints);
		struct runs_compare *c = compare(before, now);
		cr_assert_eq(c->count, rows[i].kind == RUN_CHANGES ? 0 : 1, "row %zu", i);
		for (int kind = 0; kind < RUN_CHANGES; kind++)
			cr_assert_eq(c->counts[kind], kind == rows[i].kind ? 1 : 0, "row %zu", i);
		if (c->count) {
			cr_assert_eq(c->changes[0].kind, (enum run_change_kind)rows[i].kind);
			cr_assert_eq(run_change_trend(&c->changes[0]), rows[i].trend, "row %zu", i);
			cr_assert_eq(c->changes[0].before.there, rows[i].before[0] != '\0');
			cr_assert_eq(c->changes[0].now.there, rows[i].now[0] != '\0');
		}
		runs_compare_free(c);
	}
}

static const char before_text[] =
        RUN(FINDING("$.lasts", "sure", "0.5", "0.4", "0.6") "," FINDING("$.gone", "sure", "1", "0.9", "1"), COMPARED);
static const char now_text[] = RUN(FINDING("$.b", "sure", "0.25", "0.2", "0.3") "," FINDING(
                                           "$.a", "sure", "0.125", "0.1", "0.2") "," FINDING("$.lasts", "unsure", "0.02", "0.01", "0.03"),
                                   COMPARED);

Test(runs_compare, text)
{
	static const char golden[] =
	        "2 new, 1 lasting, 1 fixed\nbefore: a sentence\nnow:    a sentence\n\n"
	        "new\n  GET /a  $.b\n    value  not there \xe2\x86\x92 25.0%\n  GET /a  $.a\n    value  not there \xe2\x86\x92 12.5%\n\n"
	        "lasting\n  GET /a  $.lasts\n    value  50.0% \xe2\x86\x92 2.0% perhaps, less often\n\n"
	        "fixed\n  GET /a  $.gone\n    value  100% \xe2\x86\x92 not there\n";
	struct runs_compare *c = compare(before_text, now_text);
	struct buf out;
	buf_init(&out, 1u << 16);
	cr_assert_eq(runs_compare_text(c, 0, false, &out), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str(golden)), "%.*s", (int)out.len, out.ptr);
	buf_release(&out);
	runs_compare_free(c);
}

Test(runs_compare, json)
{
	struct runs_compare *c = compare(before_text, now_text);
	struct buf out;
	buf_init(&out, 1u << 16);
	cr_assert_eq(runs_compare_json(c, &out), 0);
	json_t *root = json_loadb((const char *)out.ptr, out.len, JSON_REJECT_DUPLICATES, NULL),
	       *changes = json_object_get(root, "changes");
	cr_assert_str_eq(json_string_value(json_object_get(root, "format")), "replay-runs");
	cr_assert_eq(json_integer_value(json_object_get(root, "new")), 2);
	cr_assert_eq(json_integer_value(json_object_get(root, "not_compared")), 0);
	cr_assert_eq(json_array_size(changes), 4);
	cr_assert_str_eq(json_string_value(json_object_get(json_array_get(changes, 2), "trend")), "less");
	cr_assert(json_is_null(json_object_get(json_array_get(changes, 3), "now")));
	json_decref(root);
	buf_release(&out);
	runs_compare_free(c);
}

/* What verdict_json writes is read, a NUL in a request line too. */
Test(runs_compare, reads_what_is_written)
{
	struct verdict *before = unit_verdict(&(struct unit_verdict_options){ .findings = 40, .endpoints = 8 });
	struct verdict *now = unit_verdict(&(struct unit_verdict_options){ .findings = 50, .endpoints = 8 });
	((uint8_t *)(uintptr_t)now->findings[0].examples[0].exchange->request.ptr)[2] = '\0';
	struct buf first, second;
	buf_init(&first, 1u << 22);
	buf_init(&second, 1u << 22);
	cr_assert_eq(verdict_json(before, &(struct verdict_json_options){ .bodies = true }, &first), 0);
	cr_assert_eq(verdict_json(now, &(struct verdict_json_options){ .bodies = true }, &second), 0);
	struct runs_compare *c;
	struct err err = { 0 };
	cr_assert_eq(runs_compare_new(buf_slice(&first), buf_slice(&first), NULL, &c, &err), 0, "%s", err.text);
	cr_assert_eq(c->counts[RUN_LASTING], 28);
	cr_assert_eq(c->count, 28);
	runs_compare_free(c);
	cr_assert_eq(runs_compare_new(buf_slice(&first), buf_slice(&second), NULL, &c, &err), 0, "%s", err.text);
	cr_assert_eq(c->count - c->counts[RUN_NEW], 28);
	cr_assert_gt(c->counts[RUN_NEW], 0);
	runs_compare_free(c);
	buf_release(&first);
	buf_release(&second);
	verdict_free(before);
	verdict_free(now);
}

Test(runs_compare, what_is_no_verdict)
{
	static const struct {
		const char *text;
		int code;
	} rows[] = {
		{ "", ERR_FORMAT },
		{ "{", ERR_FORMAT },
		{ "[]", ERR_FORMAT },
		{ "{\"format\":\"other\",\"version\":1,\"findings\":[]}", ERR_FORMAT },
		{ "{\"format\":\"replay-verdict\",\"version\":2,\"findings\":[]}", ERR_UNSUPPORTED },
		{ "{\"format\":\"replay-verdict\",\"version\":0,\"findings\":[]}", ERR_UNSUPPORTED },
		{ "{\"format\":\"replay-verdict\",\"version\":1}", ERR_FORMAT },
		{ "{\"format\":\"replay-verdict\",\"version\":1,\"findings\":{}}", ERR_FORMAT },
		{ RUN("1", ""), ERR_FORMAT },
		{ RUN("{\"endpoint\":\"GET /a\",\"path\":\"$\",\"kind\":\"value\",\"state\":\"certain\"}", ""), ERR_FORMAT },
		{ RUN("", "") RUN("", ""), ERR_FORMAT },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int side = 0; side < 2; side++) {
			struct slice bad = guard_copy(slice_str(rows[i].text)), good = slice_str(now_text);
			struct runs_compare *c;
			struct err err = { 0 };
			cr_assert_eq(runs_compare_new(side ? good : bad, side ? bad : good, NULL, &c, &err), rows[i].code, "row %zu: %s", i,
			             err.text);
			cr_assert_null(c);
			cr_assert_not_null(strstr(err.text, side ? "the later run" : "the earlier run"));
			guard_free(bad);
		}
	/* As deep as one likes, and longer than any verdict. */
	size_t n = 1u << 20;
	char *deep = malloc(n);
	memset(deep, '[', n);
	struct runs_compare *c;
	struct err err = { 0 };
	cr_assert_eq(runs_compare_new(slice_of(deep, n), slice_str(now_text), NULL, &c, &err), ERR_FORMAT);
	free(deep);
	cr_assert_eq(runs_compare_new(slice_of("{", RUNS_BYTES_MAX + 1), slice_str(now_text), NULL, &c, NULL), ERR_LIMIT);
}

Test(runs_compare, every_allocation_may_fail)
{
	for (unsigned long n = 1;; n++) {
		struct runs_compare *c;
		struct err err = { 0 };
		struct buf out;
		buf_init(&out, 1u << 16);
		alloc_fail_at(n);
		int r = runs_compare_new(slice_str(before_text), slice_str(now_text), NULL, &c, &err);
		r = r ? r : runs_compare_json(c, &out);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0);
		buf_release(&out);
		runs_compare_free(c);
		if (!failed)
			break;
	}
}
