/* verdict_junit: golden file; every endpoint a case; nothing that XML forbids. */
#include "report/utf8.h"
#include "report/verdict_junit.h"
#include "support/unit_alloc.h"
#include "support/unit_verdict.h"

#include <criterion/criterion.h>

static struct verdict_exchange exchange = { .id = "0123456789abcdef00000001" };

static struct verdict sample(void)
{
	static struct verdict_finding findings[] = {
		{ .endpoint = "GET /b",
		  .path = "$.a",
		  .kind = DIFFERENCE_VALUE,
		  .state = FINDING_SURE,
		  .reason = REASON_TEST,
		  .compared = 10,
		  .differ = 5,
		  .rate_low = 0.2,
		  .rate_high = 0.8,
		  .noise_of = 10,
		  .q = 1e-9,
		  .examples = { { .exchange = &exchange, .control = "\"<1>\"", .candidate = NULL } },
		  .example_count = 1 },
		{ .endpoint = "GET /z",
		  .path = "header:etag",
		  .kind = DIFFERENCE_EXTRA,
		  .state = FINDING_SURE,
		  .reason = REASON_UNMEASURED,
		  .compared = 1,
		  .differ = 1,
		  .rate_high = 1 },
		{ .endpoint = "GET /a",
		  .path = "body",
		  .kind = DIFFERENCE_LENGTH,
		  .state = FINDING_UNSURE,
		  .reason = REASON_TEST,
		  .compared = 4,
		  .differ = 1,
		  .rate_high = 0.000001,
		  .q = 0.2 },
		{ .endpoint = "GET /a", .path = "$.noise", .kind = DIFFERENCE_LENGTH, .state = FINDING_NOISE },
	};
	static struct verdict_endpoint endpoints[] = { { .name = "GET /a", .compared = 4 },
		                                       { .name = "GET /b", .compared = 10 },
		                                       { .name = "GET /c", .not_comparable = 3 } };
	exchange.request = slice_str("GET /b?x=1&y HTTP/1.1\r\n\r\n");
	return (struct verdict){ .control = "recorded",
		                 .candidate = "http://b",
		                 .seen = 17,
		                 .compared = 14,
		                 .different = 6,
		                 .findings = findings,
		                 .finding_count = 4,
		                 .sure_count = 2,
		                 .unsure_count = 1,
		                 .endpoints = endpoints,
		                 .endpoint_count = 3 };
}

static const char golden[] =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites>\n"
        " <testsuite name=\"replay\" tests=\"4\" failures=\"2\" errors=\"0\" skipped=\"1\" time=\"1.500\">\n"
        "  <properties>\n"
        "   <property name=\"control\" value=\"recorded\"/>\n"
        "   <property name=\"candidate\" value=\"http://b\"/>\n"
        "  </properties>\n"
        "  <testcase classname=\"replay\" name=\"GET /a\">\n"
        "   <system-out>perhaps:\n"
        "body: length: 25.0% (0\xe2\x80\x93&lt;0.001%) of 4; perhaps, q=0.2\n"
        "</system-out>\n"
        "  </testcase>\n"
        "  <testcase classname=\"replay\" name=\"GET /b\">\n"
        "   <failure type=\"value\" message=\"$.a: value: 50.0% (20.0\xe2\x80\x93"
        "80.0%) of 10, noise 0%; sure\">  control:   &quot;&lt;1&gt;&quot;\n"
        "  candidate: (none)\n"
        "  in 0123456789abcdef00000001: GET /b?x=1&amp;y HTTP/1.1\n"
        "</failure>\n"
        "  </testcase>\n"
        "  <testcase classname=\"replay\" name=\"GET /c\">\n"
        "   <skipped message=\"none of 3 exchanges could be compared\"/>\n"
        "  </testcase>\n"
        "  <testcase classname=\"replay\" name=\"GET /z\">\n"
        "   <failure type=\"extra\" message=\"header:etag: extra: 100% (0\xe2\x80\x93"
        "100%) of 1; sure, noise unknown\"></failure>\n"
        "  </testcase>\n"
        "  <system-out>DIFFERENT: 2 findings in 2 of 3 endpoints; 6 of 14 exchanges (42.9%); 1 more perhaps</system-out>\n"
        " </testsuite>\n"
        "</testsuites>\n";

Test(verdict_junit, golden)
{
	struct verdict v = sample();
	struct buf out;
	buf_init(&out, 1u << 16);
	cr_assert_eq(verdict_junit(&v, "replay", 1.5, &out), 0);
	cr_assert(slice_eq(buf_slice(&out), slice_str(golden)), "%.*s", (int)out.len, out.ptr);
	buf_release(&out);
}

/* XML 1.0 §2.2: no control character but tab and line ends, no surrogate, no U+FFFE; and every < is one of ours. */
Test(verdict_junit, hostile)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 20, .endpoints = 3, .hostile = true });
	struct buf out;
	buf_init(&out, 1u << 22);
	cr_assert_eq(verdict_junit(v, UNIT_HOSTILE UNIT_BAD_UTF8 "\xef\xbf\xbe\xef\xbf\xbf\r", -1, &out), 0);
	for (struct slice rest = buf_slice(&out); rest.len;) {
		bool opens = rest.ptr[0] == '<';
		uint32_t point = utf8_next(&rest);
		cr_assert(point != UTF8_BAD && (point >= 0x20 || point == '\n') && point != 0x7f && point != 0xfffe && point != 0xffff);
		static const char *const ours[] = { "?xml", "/", "testsuite", "testcase", "propert", "failure", "system-out", "skipped" };
		bool known = !opens;
		for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
			known |= slice_starts(rest, slice_str(ours[i]));
		cr_assert(known, "%.*s", 40, rest.ptr);
	}
	cr_assert_null(memmem(out.ptr, out.len, "]]>", 3));
	cr_assert_null(memmem(out.ptr, out.len, "time=", 5));
	buf_release(&out);
	verdict_free(v);
}

Test(verdict_junit, every_allocation_may_fail)
{
	struct verdict v = sample();
	for (unsigned long n = 1;; n++) {
		struct buf out;
		buf_init(&out, 1u << 16);
		alloc_fail_at(n);
		int r = verdict_junit(&v, "replay", 1.5, &out);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0);
		buf_release(&out);
		if (!failed)
			break;
	}
}
