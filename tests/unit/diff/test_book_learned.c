/* book_learned: what was learned can be read again, and hides or rates what it was learned from. */
#include "book_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

struct pair {
	const char *control, *other; /* fields, an empty line ("|"), body */
	int every;                   /* one exchange in so many differs so */
};

static struct book_answer said(const char *text)
{
	struct slice all = slice_str(text);
	size_t bar = slice_find_byte(all, '|');
	struct slice body = slice_from(all, bar + 1);
	return (struct book_answer){
		.there = true,
		.latency_ns = -1,
		.answer = { .status = body.len && body.ptr[0] == '!' ? 503 : 200,
		            .fields = slice_cut(all, 0, bar),
		            .content_type = slice_str("application/json"),
		            .message = all,
		            .body = body },
	};
}

static struct buf learned_of(const struct pair *p, const char *folded)
{
	struct rules *rules = rules_new();
	struct book_options o = rig_options(rules, true);
	struct buf out;
	o.learning = true;
	struct book *b = book_new(&o, NULL);
	for (int i = 0; i < 1000; i++) {
		struct book_exchange x = {
			.id = "1",
			.method = slice_str("GET"),
			.path = slice_str(folded),
			.folded = slice_str(folded),
			.control = said(p->control),
			.candidate = said(i % p->every ? p->control : p->other),
			.second = said((i + 1) % p->every ? p->control : p->other),
		};
		(void)book_add(b, &x);
	}
	buf_init(&out, 1 << 16);
	cr_assert_eq(book_learned(b, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	book_free(b);
	rules_free(rules);
	return out;
}

/* The same differences, with those rules: what becomes of them. */
static struct verdict *used(const char *learned, const struct pair *p, const char *folded)
{
	struct rules *rules = rules_new();
	struct err err = { 0 };
	cr_assert_eq(rules_add_text(rules, slice_str(learned), "learned", &err), 0, "%s", err.text);
	struct book_options o = rig_options(rules, false);
	struct book *b = book_new(&o, &err);
	for (int i = 0; i < 500; i++) {
		struct book_exchange x = {
			.id = "1",
			.method = slice_str("GET"),
			.path = slice_str(folded),
			.folded = slice_str(folded),
			.control = said(p->control),
			.candidate = said(i % p->every ? p->control : p->other),
			.second = { .latency_ns = -1 },
		};
		(void)book_add(b, &x);
	}
	struct verdict *v = book_verdict(b, &err);
	book_free(b);
	rules_free(rules);
	return v;
}

Test(learned, rules)
{
	static const struct {
		struct pair pair;
		const char *rule;
	} rows[] = {
		{ { "|{\"id\":\"6f9619ff-8b86-4d01-b42d-00cf4fc964ff\"}", "|{\"id\":\"11111111-8b86-4d01-b42d-00cf4fc964ff\"}", 1 },
		  "GET /a: $.id like uuid  # 1000 of 1000: " },
		{ { "|{\"t\":\"2024-03-01T12:00:00Z\"}", "|{\"t\":\"2024-03-01T12:01:01Z\"}", 2 }, "GET /a: $.t like timestamp  # " },
		{ { "|{\"s\":\"a word\"}", "|{\"s\":\"another one\"}", 1 }, "GET /a: $.s kind value  # " },
		{ { "|{\"s\":\"a word\"}", "|{\"s\":\"another one\"}", 50 },
		  "GET /a: $.s kind value rate 40/2000  # 40 of 2000: a word | another one\n" },
		{ { "|{\"l\":[1,2,3]}", "|{\"l\":[3,1,2]}", 2 }, "GET /a: $.l order  # " },
		{ { "|{\"l\":[1,2,3]}", "|{\"l\":[3,1,2]}", 100 }, "GET /a: $.l kind order rate 20/2000  # " },
		{ { "|{\"a\":1}", "|{\"a\":1,\"b\":2}", 1 }, "GET /a: $.b kind extra  # " },
		{ { "|{\"a\":1}", "|!{\"e\":1}", 50 }, "GET /a: status 200>503 kind value rate 40/2000  # " },
		{ { "|!{\"a\":1}", "|{\"e\":1}", 50 }, "GET /a: status 503>200 kind value rate 40/2000  # " },
		{ { "|{\"odd # key\":1}", "|{\"odd # key\":\"x\"}", 1 }, "GET /a: $[\"odd # key\"] kind type  # " },
		{ { "X-A: 1\r\n|{}", "X-A: 2\r\n|{}", 3 }, "GET /a: header:x-a like number  # " },
		{ { "|{\"a\":\"one\\ntwo # three\"}", "|{\"a\":\"four\"}", 1 }, "GET /a: $.a kind value  # " },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf out = learned_of(&rows[i].pair, "/a");
		const char *text = (const char *)out.ptr;
		cr_assert(strstr(text, rows[i].rule), "%s\nis not in\n%s", rows[i].rule, text);
		cr_assert(strstr(text, "GET /a: ** rate 0/1333"), "%s", text);
		cr_assert_eq(text[0], '#', "it says what it is");
		struct verdict *v = used(text, &rows[i].pair, "/a");
		cr_assert_eq(v->sure_count, 0, "%s", text);
		cr_assert_eq(v->different, 0);
		verdict_free(v);
		/* What was not learned is still found. */
		struct pair news = { rows[i].pair.control, "|{\"quite\":\"another\"}", 10 };
		v = used(text, &news, "/a");
		cr_assert_gt(v->sure_count, 0, "%s", text);
		verdict_free(v);
		buf_release(&out);
	}
}

/* Both pairs share the control: where it is the odd one, one event is seen twice and counts once. */
Test(learned, one_event_seen_twice)
{
	static const struct pair p = { "|{\"s\":\"a word\"}", "|{\"s\":\"another one\"}", 1 };
	struct rules *rules = rules_new();
	struct book_options o = rig_options(rules, true);
	struct buf out;
	o.learning = true;
	struct book *b = book_new(&o, NULL);
	for (int i = 0; i < 1000; i++) {
		struct book_exchange x = {
			.id = "1",
			.method = slice_str("GET"),
			.path = slice_str("/a"),
			.folded = slice_str("/a"),
			.control = said(i % 50 ? p.other : p.control),
			.candidate = said(p.other),
			.second = said(p.other),
		};
		(void)book_add(b, &x);
	}
	buf_init(&out, 1 << 16);
	cr_assert_eq(book_learned(b, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	cr_assert(strstr((const char *)out.ptr, "$.s kind value rate 20/1000 "), "%s", (const char *)out.ptr);
	buf_release(&out);
	book_free(b);
	rules_free(rules);
}

Test(learned, no_answer_and_paths_too_long)
{
	char key[600] = "|{\"k\":{\"", control[700], other[700];
	size_t n = strlen(key);
	memset(key + n, 'x', 550);
	key[n + 550] = 0;
	(void)snprintf(control, sizeof control, "%s\":1}}", key);
	(void)snprintf(other, sizeof other, "%s\":2}}", key);
	struct rules *rules = rules_new();
	struct book_options o = rig_options(rules, true);
	struct buf out;
	o.learning = true;
	struct book *b = book_new(&o, NULL);
	for (int i = 0; i < 100; i++) {
		struct book_exchange x = {
			.id = "1",
			.method = slice_str("GET"),
			.path = slice_str("/a"),
			.folded = slice_str("/a"),
			.control = said(control),
			.candidate = said(i % 50 ? other : control),
			.second = said(control),
		};
		if (i % 25 == 0)
			x.second = (struct book_answer){ .failed = "timed out", .latency_ns = -1 };
		(void)book_add(b, &x);
	}
	buf_init(&out, 1 << 16);
	cr_assert_eq(book_learned(b, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	cr_assert(strstr((const char *)out.ptr, "GET /a: answer kind missing rate 4/200  # "), "%s", (const char *)out.ptr);
	struct err err = { 0 };
	cr_assert_eq(rules_add_text(rules, slice_str((const char *)out.ptr), "learned", &err), 0, "%s", err.text);
	buf_release(&out);
	book_free(b);
	rules_free(rules);
}

/* One that often did not answer while it was learned from is no measure of the next. */
Test(learned, an_outage_is_no_rule)
{
	struct rules *rules = rules_new();
	struct book_options o = rig_options(rules, false);
	struct buf out;
	o.learning = true;
	struct book *b = book_new(&o, NULL);
	for (int i = 0; i < 100; i++) {
		struct book_exchange x = {
			.id = "1",
			.method = slice_str("GET"),
			.path = slice_str("/a"),
			.folded = slice_str("/a"),
			.control = said("|{}"),
			.candidate = i % 2 ? said("|{}") : (struct book_answer){ .failed = "timed out", .latency_ns = -1 },
			.second = { .latency_ns = -1 },
		};
		(void)book_add(b, &x);
	}
	buf_init(&out, 1 << 16);
	cr_assert_eq(book_learned(b, &out), 0);
	cr_assert_eq(buf_append(&out, slice_of("", 1)), 0);
	cr_assert(strstr((const char *)out.ptr, "\n# no rule, but a fault: GET /a: answer kind missing  # 50 of 100"), "%s",
	          (const char *)out.ptr);
	cr_assert_eq(rules_add_text(rules, slice_str((const char *)out.ptr), "learned", NULL), 0);
	buf_release(&out);
	book_free(b);
	rules_free(rules);
}

/* Whatever stands in an endpoint's name, no line of the file is anything but a rule. */
Test(learned, hostile_names)
{
	static const struct pair p = { "|{\"s #\\u0001 *\":\"a word\"}", "|{\"s #\\u0001 *\":\"another one\"}", 1 };
	static const char *const names[] = { "/a b", "/a#b", "/a\n$.x", "relative", "", "/a: b", "/\xff\xfe", "/a?b" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct buf out = learned_of(&p, names[i]);
		struct verdict *v = used((const char *)out.ptr, &p, names[i]);
		cr_assert_eq(v->sure_count, 0, "%s", (const char *)out.ptr);
		verdict_free(v);
		buf_release(&out);
	}
}
