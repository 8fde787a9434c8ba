/* carry: answers in any order, lanes of their own, what is learnt from each kind of rule, what is not; bounds and the account. */
#include "output/carry.h"

#include "base/buf.h"
#include "report/ledger.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct carry *open_with(const char *rule, const char *base_path)
{
	struct err err = { .code = ERR_NONE };
	struct carry *c = carry_new(&(struct text_list){ &rule, 1 }, slice_str(base_path), &err);
	cr_assert_not_null(c, "%s", err.text);
	return c;
}

static struct message *make(enum message_type type, uint64_t lane, uint32_t n, const char *text)
{
	struct message *m = message_new(type, 1 << 20);
	m->id = message_id_make(lane, n);
	cr_assert_eq(buf_append_str(&m->data, text), 0);
	return m;
}

static void sent(struct carry *c, uint64_t lane, uint32_t n)
{
	struct message_id id = message_id_make(lane, n);
	carry_sent(c, &id);
}

static void recorded(struct carry *c, uint64_t lane, uint32_t n, const char *text)
{
	struct message *m = make(MESSAGE_RESPONSE, lane, n, text);
	carry_recorded(c, m);
	message_unref(m);
}

static void answered(struct carry *c, uint64_t lane, uint32_t n, const char *text)
{
	struct message_id id = message_id_make(lane, n);
	carry_answered(c, &id, slice_str(text));
}

/* A whole exchange that was answered otherwise. */
static void differ(struct carry *c, uint64_t lane, uint32_t n, const char *was, const char *is)
{
	sent(c, lane, n);
	recorded(c, lane, n, was);
	answered(c, lane, n, is);
}

static void becomes(struct carry *c, uint64_t lane, const char *before, const char *after)
{
	struct message *m = make(MESSAGE_REQUEST, lane, 99, before), *now = carry_prepare(c, m);
	if (strcmp(before, after) == 0)
		cr_expect_null(now, "%s", before);
	else if (!now)
		cr_expect_fail("unchanged: %s", before);
	else
		cr_expect(slice_eq(message_bytes(now), slice_str(after)) && message_id_eq(&now->id, &m->id), "%.*s", (int)now->data.len,
		          (const char *)now->data.ptr);
	message_unref(now);
	message_unref(m);
}

static void stays(struct carry *c, uint64_t lane, const char *text)
{
	becomes(c, lane, text, text);
}

/* Ends it; its account must balance and have that count in the row. */
static void closed(struct carry *c, const char *row, uint64_t count)
{
	struct ledger *l = ledger_new();
	struct tally_sink sink = ledger_sink(l);
	carry_tally(c, "t", &sink);
	cr_expect(ledger_balanced(l));
	cr_expect_eq(ledger_get(l, "carry", "t", row), count, "%s: %lu", row, (unsigned long)ledger_get(l, "carry", "t", row));
	ledger_free(l);
	carry_free(c);
}

#define OK        "HTTP/1.1 200 OK\r\n"
#define GET(rest) "GET / HTTP/1.1\r\n" rest "\r\n\r\n"

Test(carry, cookies_by_lane_and_name)
{
	struct carry *c = open_with("cookie", "");
	differ(c, 1, 0, OK "Set-Cookie: a=old; Path=/\r\nSet-Cookie: sid=recorded1\r\n\r\n",
	       OK "Set-Cookie: sid=new\r\nSet-Cookie: a=n\r\n\r\n");
	becomes(c, 1, GET("Cookie: a=old; b=old; sid=recorded1"), GET("Cookie: a=n; b=old; sid=new"));
	stays(c, 1, GET("Cookie: a=other"));
	becomes(c, 2, GET("Cookie: a=old; sid=recorded1"), GET("Cookie: a=old; sid=new")); /* long enough for the run */
	differ(c, 2, 0, OK "Set-Cookie: sid=recorded1\r\n\r\n", OK "Set-Cookie: sid=two\r\n\r\n");
	becomes(c, 2, GET("Cookie: sid=recorded1"), GET("Cookie: sid=two"));
	becomes(c, 1, GET("Cookie: sid=recorded1"), GET("Cookie: sid=new")); /* a lane's own before the run's */
	stays(c, 1, GET("X: recorded1"));
	closed(c, "changed", 4);
}

Test(carry, a_value_of_the_run)
{
	struct carry *c = open_with("header:X-T", "");
	differ(c, 1, 0, OK "X-T: token/+1\r\n\r\n", OK "X-T: n\r\n\r\n");
	becomes(c, 2, GET("A: Bearer token/+1"), GET("A: Bearer n"));
	becomes(c, 2, "POST /a?t=token%2F%2B1 HTTP/1.1\r\nContent-Length: 9\r\n\r\ntoken/+1\n",
	        "POST /a?t=n HTTP/1.1\r\nContent-Length: 2\r\n\r\nn\n");
	differ(c, 1, 4, OK "X-T: plain12\r\n\r\n", OK "X-T: a b/c\r\n\r\n");
	becomes(c, 2, "GET /?t=plain12 HTTP/1.1\r\nA: plain12\r\n\r\n", "GET /?t=a%20b%2Fc HTTP/1.1\r\nA: a b/c\r\n\r\n");
	differ(c, 1, 1, OK "X-T: five5\r\n\r\n", OK "X-T: other\r\n\r\n");
	stays(c, 1, GET("A: five5"));
	differ(c, 1, 2, OK "X-T: token/+1\r\n\r\n", OK "X-T: newer\r\n\r\n");
	becomes(c, 2, GET("A: token/+1"), GET("A: newer"));
	differ(c, 1, 3, OK "X-T: token/+1\r\n\r\n", OK "X-T: token/+1\r\n\r\n");
	stays(c, 2, GET("A: token/+1"));
	closed(c, "too_short", 1);
}

Test(carry, the_answer_may_come_before_the_recorded_response)
{
	struct carry *c = open_with("json:id", "");
	sent(c, 1, 0);
	answered(c, 1, 0, OK "Content-Length: 13\r\n\r\n{\"id\":777777}");
	stays(c, 1, GET("A: 123456"));
	recorded(c, 1, 0, "HTTP/1.1 100 Continue\r\n\r\n");
	recorded(c, 1, 0, OK "Content-Length: 13\r\n\r\n{\"id\":123456}");
	becomes(c, 1, GET("A: 123456"), GET("A: 777777"));
	closed(c, "joined", 1);
}

Test(carry, ids_of_locations)
{
	static const struct {
		const char *was, *is, *target, *becomes;
	} rows[] = {
		{ "/items/17", "/items/42", "/items/17", "/items/42" },
		{ "/items/17", "http://other/base/items/42", "/items/17/parts?x=/items/17", "/items/42/parts?x=/items/42" },
		{ "/items/17", "/items/42", "/items/170", "/items/170" },
		{ "http://was/items/abcdef12", "/items/99", "/other/abcdef12", "/other/99" },
		{ "/home", "/welcome", "/home", "/home" },
		{ "/items/17", "/things/42", "/items/17", "/items/17" },
		{ "/items/17", "/items/42/edit", "/items/17", "/items/17" },
		{ "/items?id=1234567&a=b", "/items?id=7654321&a=b", "/show/1234567", "/show/7654321" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct carry *c = open_with("location", "/base");
		char was[256], is[256], before[256], after[256];
		(void)snprintf(was, sizeof was, "HTTP/1.1 201 Created\r\nLocation: %s\r\n\r\n", rows[i].was);
		(void)snprintf(is, sizeof is, "HTTP/1.1 201 Created\r\nLocation: %s\r\n\r\n", rows[i].is);
		(void)snprintf(before, sizeof before, "GET /base%s HTTP/1.1\r\n\r\n", rows[i].target);
		(void)snprintf(after, sizeof after, "GET /base%s HTTP/1.1\r\n\r\n", rows[i].becomes);
		differ(c, 1, 0, was, is);
		becomes(c, 2, before, after);
		carry_free(c);
	}
}

Test(carry, too_early)
{
	struct carry *c = open_with("header:X-T", "");
	struct message *other = make(MESSAGE_REQUEST, 2, 0, GET("A: tokens1")), *same = make(MESSAGE_REQUEST, 1, 1, GET("A: tokens1"));
	sent(c, 1, 0);
	cr_expect_not(carry_early(c, other));
	recorded(c, 1, 0, OK "X-T: tokens1\r\n\r\n");
	cr_expect(carry_early(c, other));
	cr_expect_not(carry_early(c, same), "its lane is in order anyway");
	answered(c, 1, 0, OK "X-T: n\r\n\r\n");
	cr_expect_not(carry_early(c, other));
	sent(c, 1, 2);
	recorded(c, 1, 2, OK "X-T: tokens1\r\n\r\n");
	struct message_id id = message_id_make(1, 2);
	carry_failed(c, &id);
	cr_expect_not(carry_early(c, other), "it will never come");
	message_unref(other);
	message_unref(same);
	closed(c, "no_answer", 1);
}

Test(carry, the_account_of_each_end)
{
	struct carry *c = open_with("cookie", "");
	struct message_id id = message_id_make(1, 7);
	for (uint32_t i = 0; i < 6; i++)
		sent(c, 1, i);
	recorded(c, 1, 0, OK "\r\n");
	answered(c, 1, 0, OK "\r\n"); /* joined */
	answered(c, 1, 1, OK "\r\n"); /* no recorded one */
	recorded(c, 1, 2, OK "\r\n"); /* no answer */
	carry_sent(c, &id);
	carry_unsent(c, &id);
	sent(c, 1, 1);                /* the next round */
	recorded(c, 9, 9, OK "\r\n"); /* of a request that was never sent */
	answered(c, 9, 9, OK "\r\n");
	closed(c, "exchanges", 7);
}

Test(carry, bounded)
{
	struct carry *c = open_with("cookie", "");
	char text[5000] = OK "Set-Cookie: a=";
	memset(text + strlen(text), 'x', 4000);
	(void)strcat(text, "\r\n\r\n");
	for (uint32_t i = 0; i < 70000; i++) {
		sent(c, i, 0);
		if (i % 2)
			answered(c, i, 0, i % 16 == 1 ? text : OK "\r\n");
	}
	closed(c, "exchanges", 70000);
}

Test(carry, refused_rules)
{
	const char *bad[] = { "cookie", "nonsense" }, *many[40];
	struct err err = { .code = ERR_NONE };
	cr_expect_null(carry_new(&(struct text_list){ bad, 2 }, slice_str(""), &err));
	cr_expect_eq(err.code, ERR_USAGE);
	cr_expect_not_null(strstr(err.text, "nonsense"));
	for (int i = 0; i < 40; i++)
		many[i] = "json:x";
	err.code = ERR_NONE;
	cr_expect_null(carry_new(&(struct text_list){ many, 40 }, slice_str(""), &err));
	cr_expect_eq(err.code, ERR_USAGE);
}

Test(carry, without_memory)
{
	for (unsigned long n = 1;; n++) {
		const char *rule = "header:X-T";
		struct err err = { .code = ERR_NONE };
		struct message *m = make(MESSAGE_REQUEST, 2, 0, GET("A: tokens1")),
		               *r = make(MESSAGE_RESPONSE, 1, 0, OK "X-T: tokens1\r\n\r\n");
		alloc_fail_at(n);
		struct carry *c = carry_new(&(struct text_list){ &rule, 1 }, slice_str(""), &err);
		if (c) {
			sent(c, 1, 0);
			carry_recorded(c, r);
			answered(c, 1, 0, OK "X-T: new+tokens\r\n\r\n");
			message_unref(carry_prepare(c, m));
		}
		bool failed = alloc_failed();
		alloc_fail_at(0);
		if (c)
			closed(c, "exchanges", 1);
		message_unref(m);
		message_unref(r);
		if (!failed)
			break;
	}
}

/* A copy of the lane has its answer already: the run knows a value, so the request does not go without one. */
Test(carry, early_counts_only_what_is_known_nowhere)
{
	struct carry *c = open_with("header:X-T", "");
	struct message *m = make(MESSAGE_REQUEST, 2, 0, GET("A: tokens1"));
	sent(c, 1, 0);
	recorded(c, 1, 0, OK "X-T: tokens1\r\n\r\n");
	carry_count_early(c, m);
	differ(c, 3, 0, OK "X-T: tokens1\r\n\r\n", OK "X-T: n\r\n\r\n");
	cr_expect(carry_early(c, m));
	carry_count_early(c, m);
	message_unref(m);
	closed(c, "early", 1);
}
