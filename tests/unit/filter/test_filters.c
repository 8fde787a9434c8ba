/* filters: an exchange goes on whole or not at all. */
#include "filter/filters.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

static struct message *request(uint32_t ordinal, const char *line)
{
	struct message *m = message_new(MESSAGE_REQUEST, 1 << 16);
	m->id = message_id_make(1, ordinal);
	cr_assert_eq(buf_printf(&m->data, "%s HTTP/1.1\r\nHost: x\r\n\r\n", line), 0);
	return m;
}

static enum filter_result judge(struct filters *f, uint32_t ordinal, const char *line)
{
	struct message *m = request(ordinal, line);
	enum filter_result r = filters_apply(f, m);
	m->type = MESSAGE_RESPONSE;
	cr_expect_eq(filters_apply(f, m), r, "the response of '%s' goes with its request", line);
	message_unref(m);
	return r;
}

Test(filters, methods_and_urls)
{
	static const char *const methods[] = { "GET", "POST" };
	static const char *const allow[] = { "^/api/", "\\?debug=1$" };
	static const char *const disallow[] = { "secret" };
	const struct filter_options o = { { methods, 2 }, { allow, 2 }, { disallow, 1 } };
	struct filters *f = filters_new(&o, NULL);
	cr_assert_not_null(f);
	cr_expect_eq(judge(f, 1, "GET /api/items"), FILTER_KEEP);
	cr_expect_eq(judge(f, 2, "PUT /api/items"), FILTER_DROP);
	cr_expect_eq(judge(f, 3, "GET /other"), FILTER_DROP);
	cr_expect_eq(judge(f, 4, "POST /other?debug=1"), FILTER_KEEP);
	cr_expect_eq(judge(f, 5, "GET /api/secret"), FILTER_DROP);
	cr_expect_eq(judge(f, 6, "get /api/items"), FILTER_DROP, "methods are case-sensitive, RFC 9110 section 9.1");
	filters_free(f);
}

Test(filters, a_bad_expression_is_a_sentence)
{
	static const char *const allow[] = { "a(b" };
	const struct filter_options o = { .allow_url = { allow, 1 } };
	struct err err = { 0 };
	cr_assert_null(filters_new(&o, &err));
	cr_expect_eq(err.code, ERR_USAGE);
	cr_expect_not_null(strstr(err.text, "a(b"));
}

Test(filters, a_hostile_url_does_not_run_for_ever)
{
	static const char *const allow[] = { "^/(a+)+$" };
	const struct filter_options o = { .allow_url = { allow, 1 } };
	struct filters *f = filters_new(&o, NULL);
	char line[4200] = "GET /";
	memset(line + 5, 'a', 4000);
	strcpy(line + 4005, "!");
	cr_expect_eq(judge(f, 1, line), FILTER_DROP);
	filters_free(f);
}
