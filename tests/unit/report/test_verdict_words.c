/* verdict_words: the sentence of each outcome, shares, confidence. */
#include "report/verdict_words.h"
#include "support/unit_alloc.h"
#include "support/unit_verdict.h"

#include <criterion/criterion.h>
#include <math.h>

static void expect_sentence(const struct verdict *v, const char *expected)
{
	struct buf out;
	buf_init(&out, 1024);
	cr_assert_eq(verdict_sentence(v, &out), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str(expected)), "got %.*s", (int)out.len, out.ptr);
	buf_release(&out);
}

Test(verdict_words, sentence)
{
	struct verdict_finding findings[] = { { .endpoint = "GET /a", .state = FINDING_SURE },
		                              { .endpoint = "GET /b", .state = FINDING_SURE },
		                              { .endpoint = "GET /a", .state = FINDING_SURE },
		                              { .endpoint = "GET /c", .state = FINDING_UNSURE } };
	struct verdict v = { .seen = 20012, .compared = 20000, .different = 412, .findings = findings, .endpoint_count = 14 };
	v.finding_count = v.sure_count = 3;
	expect_sentence(&v, "DIFFERENT: 3 findings in 2 of 14 endpoints; 412 of 20,000 exchanges (2.1%)");
	v.finding_count = 4;
	v.unsure_count = 1;
	expect_sentence(&v, "DIFFERENT: 3 findings in 2 of 14 endpoints; 412 of 20,000 exchanges (2.1%); 1 more perhaps");
	v = (struct verdict){ .seen = 1, .compared = 1, .different = 1, .findings = findings, .finding_count = 1, .sure_count = 1 };
	expect_sentence(&v, "DIFFERENT: 1 finding in 1 of 1 endpoint; 1 of 1 exchange (100%)");
	v.different = 0;
	expect_sentence(&v, "DIFFERENT: 1 finding in 1 of 1 endpoint; none of 1 answer differs");
	v = (struct verdict){ .seen = 5, .compared = 5, .same = 3, .noise = 2, .endpoint_count = 2 };
	expect_sentence(&v, "same: no finding; 5 exchanges in 2 endpoints compared, 2 differ by no more than noise");
	cr_assert_eq(verdict_outcome(&v), VERDICT_SAME);
	v = (struct verdict){ .seen = 12, .not_comparable = 12 };
	expect_sentence(&v, "NOTHING COMPARED: none of 12 exchanges could be");
	v = (struct verdict){ 0 };
	expect_sentence(&v, "NOTHING COMPARED: no exchange was seen");
	cr_assert_str_eq(verdict_outcome_name(verdict_outcome(&v)), "nothing_compared");
}

Test(verdict_words, percent)
{
	static const struct {
		double share;
		const char *text;
	} rows[] = { { 0, "0%" },          { 1, "100%" },           { 0.206, "20.6%" },
		     { 0.0002, "0.02%" },  { 0.000001, "<0.001%" }, { 0.0000156, "0.0016%" },
		     { 0.99999, "99.9%" }, { 0.00999, "1%" },       { 0.0101, "1.0%" },
		     { -1, "0%" },         { 2, "100%" },           { NAN, "-" },
		     { INFINITY, "-" },    { 0.005, "0.5%" } };
	char text[VERDICT_WORDS];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_assert_str_eq(verdict_percent(text, rows[i].share), rows[i].text, "%g: %s", rows[i].share, text);
}

Test(verdict_words, confidence)
{
	static const struct {
		struct verdict_finding f;
		const char *text;
	} rows[] = {
		{ { .state = FINDING_SURE, .reason = REASON_TEST, .q = 1e-12 }, "sure" },
		{ { .state = FINDING_SURE, .reason = REASON_TEST, .q = 0.003 }, "sure, q=0.003" },
		{ { .state = FINDING_UNSURE, .reason = REASON_TEST, .q = 0.08 }, "perhaps, q=0.08" },
		{ { .state = FINDING_NOISE, .reason = REASON_TEST, .q = 1 }, "noise, q=1" },
		{ { .state = FINDING_SURE, .reason = REASON_UNMEASURED }, "sure, noise unknown" },
		{ { .state = FINDING_SURE, .reason = REASON_CONFIRMED, .confirmed = 5 }, "sure, confirmed 5 of 5" },
		{ { .state = FINDING_UNSURE, .reason = REASON_FLAKY, .confirmed = 2, .flaky = 3 }, "perhaps, flaky 3 of 5" },
		{ { .state = FINDING_UNSURE, .reason = REASON_THRESHOLD }, "perhaps, below thresholds" },
		{ { .state = FINDING_SURE, .reason = REASON_THRESHOLD }, "sure, over thresholds" },
		{ { .state = FINDING_SURE, .reason = REASON_LIMIT }, "sure, over its limit" },
	};
	char text[VERDICT_WORDS];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_assert_str_eq(verdict_confidence(text, &rows[i].f), rows[i].text);
	/* The largest numbers there are fit. */
	struct verdict_finding big = {
		.state = FINDING_UNSURE, .reason = REASON_FLAKY, .confirmed = UINT64_MAX / 2, .flaky = UINT64_MAX / 2
	};
	cr_assert_lt(strlen(verdict_confidence(text, &big)), (size_t)VERDICT_WORDS);
	struct verdict_finding f = { .rate_low = 0.189, .rate_high = 0.224 };
	cr_assert_str_eq(verdict_interval(text, &f), "18.9\xe2\x80\x93"
	                                             "22.4%");
}

Test(verdict_words, request_line)
{
	static const char *const rows[][2] = { { "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1" },
		                               { "GET /\n", "GET /" },
		                               { "GET /", "GET /" },
		                               { "\r\n", "" },
		                               { "", "" } };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct verdict_exchange x = { .request = slice_str(rows[i][0]) };
		cr_assert(slice_eq(verdict_request_line(&x), slice_str(rows[i][1])));
	}
}

Test(verdict_words, every_allocation_may_fail)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 3, .endpoints = 2 });
	for (unsigned long n = 1;; n++) {
		struct buf out;
		buf_init(&out, 1024);
		alloc_fail_at(n);
		int r = verdict_sentence(v, &out);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0);
		buf_release(&out);
		if (!failed)
			break;
	}
	verdict_free(v);
}
