/* diff: the public door to comparing: what differs, what a rule hides, each report, what is refused. */
#include <criterion/criterion.h>
#include <replay/diff.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static rp_message *make(enum rp_message_type type, unsigned n, const char *text)
{
	char id[RP_ID_TEXT];
	(void)snprintf(id, sizeof id, "00000000000000aa%08x", n);
	rp_message *m = rp_message_new(type, id, 1700000000000000000LL + n, text, strlen(text));
	cr_assert_not_null(m);
	return m;
}

static int add(rp_diff *d, unsigned n, const char *control, const char *candidate)
{
	char text[2][512];
	const char *body[] = { control, candidate };
	for (int i = 0; i < 2; i++)
		(void)snprintf(text[i], sizeof text[i],
		               "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body[i]),
		               body[i]);
	rp_message *q = make(RP_REQUEST, n, "GET /items/7 HTTP/1.1\r\nHost: h\r\n\r\n"), *a = make(RP_RESPONSE, n, text[0]),
	           *b = make(RP_REPLAYED_RESPONSE, n, text[1]);
	int rc = rp_diff_add(d, q, a, b, NULL);
	rp_message_free(q);
	rp_message_free(a);
	rp_message_free(b);
	return rc;
}

Test(diff, tells_what_differs_and_what_rules_hide)
{
	rp_error error = { 0 };
	rp_diff *d = rp_diff_open("old", "new", NULL, &error);
	cr_assert_not_null(d);
	cr_expect_eq(rp_diff_rules(d, "$.ts\n# more\n$.n tolerance 0.5\n", "r", &error), 0, "%s", error.text);
	cr_expect_eq(add(d, 1, "{\"a\":1,\"ts\":5}", "{\"ts\":6,\"a\":1.0}"), 0);
	cr_expect_eq(add(d, 2, "{\"n\":1}", "{\"n\":1.4}"), 0);
	cr_expect_eq(add(d, 3, "{\"a\":1}", "{\"a\":2}"), 1);
	cr_expect_lt(rp_diff_rules(d, "$.late", "r", &error), 0);
	const struct {
		rp_diff_form form;
		const char *part;
	} forms[] = { { RP_DIFF_TEXT, "$.a" }, { RP_DIFF_JSON, "\"$.a\"" }, { RP_DIFF_HTML, "</html>" }, { RP_DIFF_JUNIT, "<failure" } };
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		char *text = NULL;
		size_t n = 0, findings = 0;
		cr_assert_eq(rp_diff_report(d, forms[i].form, &text, &n, &findings, &error), 0, "%s", error.text);
		cr_expect_eq(strlen(text), n);
		cr_expect_not_null(strstr(text, forms[i].part), "%s", forms[i].part);
		cr_expect_eq(findings, 1);
		free(text);
	}
	rp_diff_close(d);
}

Test(diff, refuses_what_makes_no_sense)
{
	rp_error error = { 0 };
	rp_diff *d = rp_diff_open(NULL, NULL, NULL, &error);
	cr_assert_not_null(d);
	cr_expect_lt(rp_diff_rules(d, "nonsense", "mine", &error), 0);
	cr_expect_not_null(strstr(error.text, "mine:1"), "%s", error.text);
	rp_message *junk = make(RP_REQUEST, 1, "junk");
	cr_expect_lt(rp_diff_add(d, junk, junk, junk, NULL), 0);
	rp_message_free(junk);
	char *text = NULL;
	size_t n;
	cr_expect_eq(rp_diff_report(d, RP_DIFF_TEXT, &text, &n, NULL, &error), 0); /* of nothing */
	free(text);
	cr_expect_lt(rp_diff_report(d, (rp_diff_form)9, &text, &n, NULL, &error), 0);
	rp_diff_close(d);
	rp_diff_close(NULL);
}
