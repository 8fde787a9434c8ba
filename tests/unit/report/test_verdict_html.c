/* verdict_html: whatever the network sent, the document has the elements we wrote and no others; its data read back is the verdict's JSON. */
#include "report/utf8.h"
#include "report/verdict_html.h"
#include "report/verdict_json.h"
#include "support/unit_alloc.h"
#include "support/unit_verdict.h"

#include <criterion/criterion.h>
#include <jansson.h>

static struct buf render(const struct verdict_page *page)
{
	struct buf out;
	buf_init(&out, 256u << 20);
	cr_assert_eq(verdict_html(page, &out), 0);
	return out;
}

static size_t count(struct slice all, const char *text)
{
	size_t n = 0;
	for (const uint8_t *hit; (hit = memmem(all.ptr, all.len, text, strlen(text))); n++)
		all = slice_from(all, (size_t)(hit - all.ptr) + strlen(text));
	return n;
}

static struct slice between(struct slice all, const char *from, const char *to)
{
	const uint8_t *start = memmem(all.ptr, all.len, from, strlen(from));
	cr_assert_not_null(start);
	all = slice_from(all, (size_t)(start - all.ptr) + strlen(from));
	const uint8_t *end = memmem(all.ptr, all.len, to, strlen(to));
	cr_assert_not_null(end);
	return slice_cut(all, 0, (size_t)(end - all.ptr));
}

/* What a browser takes as the data: up to the first thing that ends a script element. */
static struct slice data_of(struct slice all)
{
	return between(all, "<script type=\"application/json\" id=\"data\">", "</script");
}

Test(verdict_html, hostile_bytes_are_data)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 12, .endpoints = 3, .hostile = true });
	struct verdict_page page = { .verdict = v,
		                     .title = UNIT_HOSTILE,
		                     .made = UNIT_HOSTILE UNIT_BAD_UTF8,
		                     .ledger_json = slice_str("{\"error\":\"</script><!--\xe2\x80\xa8&\"}") };
	struct buf out = render(&page);
	struct slice all = buf_slice(&out), data = data_of(all);
	cr_assert_eq(count(all, "<script"), 2);
	cr_assert_eq(count(all, "</script"), 2);
	cr_assert_eq(count(all, "<!--"), 0);
	cr_assert_eq(count(all, "<img"), 0);
	cr_assert_eq(count(all, "<body"), 1);
	for (size_t i = 0; i < data.len; i++)
		cr_assert(data.ptr[i] != '<' && data.ptr[i] != '>' && data.ptr[i] != '&' && data.ptr[i] >= 0x20 && data.ptr[i] != 0x7f);
	cr_assert_eq(count(data, "\xe2\x80\xa8") + count(data, "\xe2\x80\xa9"), 0);
	cr_assert(utf8_valid(all));
	buf_release(&out);
	verdict_free(v);
}

Test(verdict_html, data_read_back_is_the_verdict)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 12, .endpoints = 3, .seconds = 5, .hostile = true });
	struct buf out = render(&(struct verdict_page){ .verdict = v, .made = "today" }), plain;
	buf_init(&plain, 64u << 20);
	cr_assert_eq(verdict_json(v, &(struct verdict_json_options){ .bodies = true, .made = "today" }, &plain), 0);
	struct slice data = data_of(buf_slice(&out));
	json_t *root = json_loadb((const char *)data.ptr, data.len, 0, NULL),
	       *same = json_loadb((const char *)plain.ptr, plain.len, 0, NULL);
	cr_assert(json_equal(json_object_get(root, "verdict"), same));
	cr_assert(json_is_null(json_object_get(root, "ledger")));
	json_decref(root);
	json_decref(same);
	buf_release(&out);
	buf_release(&plain);
	verdict_free(v);
}

Test(verdict_html, asks_for_nothing_and_allows_its_own_alone)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 1, .endpoints = 1 });
	struct buf out = render(&(struct verdict_page){ .verdict = v });
	struct slice all = buf_slice(&out), policy = between(all, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
	cr_assert(slice_starts(policy, slice_str("default-src 'none'; ")));
	cr_assert_eq(count(policy, "unsafe"), 0);
	cr_assert_eq(count(policy, "script-src 'sha256-"), 1);
	cr_assert_eq(count(policy, "style-src 'sha256-"), 1);
	cr_assert_eq(between(policy, "script-src 'sha256-", "'").len, 44);
	static const char *const outside[] = { " src=",     "@import",   "url(",           "<link",          "fetch(", "XMLHttpRequest",
		                               "innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(",  "new Function" };
	for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
		cr_assert_eq(count(all, outside[i]), 0, "%s", outside[i]);
	cr_assert_eq(between(all, "<title>", "</title>").len,
	             strlen("DIFFERENT: 1 finding in 1 of 1 endpoint; 412 of 20,000 exchanges (2.1%)"));
	buf_release(&out);
	verdict_free(v);
}

Test(verdict_html, kept_bytes_have_a_limit)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 300, .endpoints = 3 });
	struct buf all = render(&(struct verdict_page){ .verdict = v }),
	           some = render(&(struct verdict_page){ .verdict = v, .bytes_max = 10000 });
	cr_assert_eq(count(buf_slice(&all), "\"left_out\":true"), 0);
	cr_assert_gt(count(buf_slice(&some), "\"left_out\":true"), 400);
	cr_assert_gt(all.len, some.len + 100000);
	buf_release(&all);
	buf_release(&some);
	verdict_free(v);
}

Test(verdict_html, every_allocation_may_fail)
{
	struct verdict *v = unit_verdict(&(struct unit_verdict_options){ .findings = 2, .endpoints = 2 });
	for (unsigned long n = 1;; n++) {
		struct buf out;
		buf_init(&out, 4u << 20);
		alloc_fail_at(n);
		int r = verdict_html(&(struct verdict_page){ .verdict = v }, &out);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq(r, failed ? ERR_NOMEM : 0);
		buf_release(&out);
		if (!failed)
			break;
	}
	verdict_free(v);
}
