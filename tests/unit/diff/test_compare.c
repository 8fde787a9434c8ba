/* compare: which way two answers are compared, and one difference for one cause. */
#include "diff/compare.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "told.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* A stand-in for codings: a body that begins with "+" is what follows twice; with "!" it is damaged; "#" is beyond a limit; "@": no memory. */
static int decode(struct slice message, struct buf *out)
{
	size_t at = 0;
	while (at + 4 <= message.len && memcmp(message.ptr + at, "\r\n\r\n", 4) != 0)
		at++;
	struct slice body = slice_from(message, at + 4);
	if (body.len == 0)
		return ERR_FORMAT;
	static const struct {
		char lead;
		int code;
	} codes[] = { { '!', ERR_FORMAT }, { '#', ERR_LIMIT }, { '@', ERR_NOMEM } };
	for (size_t i = 0; i < 3; i++)
		if (body.len && body.ptr[0] == codes[i].lead)
			return codes[i].code;
	int r = buf_append(out, slice_from(body, 1));
	return r ? r : buf_append(out, slice_from(body, 1));
}

/* An answer from text: status, fields, body. "Content-Encoding" makes it coded. */
struct made {
	struct slice message;
	struct answer answer;
};

static struct made make(const char *text)
{
	struct made m = { .message = guard_copy(slice_str(text)) };
	size_t at = 0, line = slice_find_byte(m.message, '\n') + 1;
	while (memcmp(m.message.ptr + at, "\r\n\r\n", 4) != 0)
		at++;
	m.answer.status = atoi(text);
	m.answer.message = m.message;
	m.answer.fields = at > line ? slice_cut(m.message, line, at + 2 - line) : slice_of(NULL, 0);
	m.answer.body = slice_from(m.message, at + 4);
	const char *type = strstr(text, "Content-Type: ");
	if (type && (size_t)(type - text) < at)
		m.answer.content_type = slice_cut(m.message, (size_t)(type - text) + 14, strcspn(type + 14, "\r"));
	m.answer.coded = strstr(text, "Content-Encoding: ") != NULL;
	return m;
}

#define JSON  "200\r\nContent-Type: application/json\r\n\r\n"
#define TEXT  "200\r\nContent-Type: text/plain\r\n\r\n"
#define FORM  "200\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
#define LINES "200\r\nContent-Type: application/x-ndjson\r\n\r\n"
#define PNG   "200\r\nContent-Type: image/png\r\n\r\n"
#define NONE  "200\r\nX: y\r\n\r\n"
#define CODED "200\r\nContent-Type: text/plain\r\nContent-Encoding: twice\r\n\r\n"

static const struct row {
	const char *control, *candidate, *told;
	unsigned counted; /* enum fallback */
} rows[] = {
	{ JSON "{}", JSON "{}", "", 0 },
	{ "200\r\nA: 1\r\n\r\nx", "503\r\nA: 2\r\n\r\ny", "value status 200>503 200|503", 0 },
	{ "200\r\nA: 1\r\n\r\nx", "200\r\nA: 2\r\n\r\nx", "value header:a 1|2", 0 },
	{ "200\r\nA: 1\r\nB: 2\r\n\r\nx", "200\r\nB: 2\r\nA: 1\r\n\r\nx", "", 0 },
	{ "304\r\nA: 1\r\n\r\nx", "304\r\nA: 1\r\n\r\ny", "", 0 },
	{ "204\r\nA: 1\r\n\r\nx", "204\r\nA: 1\r\n\r\n", "", 0 },
	/* JSON */
	{ JSON "{\"a\":1,\"b\":2}", JSON "{ \"b\": 2, \"a\": 1.0 }", "", 0 },
	{ JSON "{\"a\":1}", JSON "{\"a\":2}", "value $.a 1|2", 0 },
	{ JSON "{\"a\":1}", "200\r\nContent-Type: application/problem+json\r\n\r\n{\"a\":2}",
	  "value header:content-type application/json|application/problem+json\nvalue $.a 1|2", 0 },
	{ JSON "{\"a\":1}", JSON "{\"a\":1", "type body {\"a\":1}|{\"a\":1", FALLBACK_NOT_JSON },
	{ JSON "\xef\xbb\xbf{\"a\":1}", JSON "\xef\xbb\xbf{\"a\":2}", "value $.a 1|2", 0 },
	{ JSON "\xef\xbb\xbf{}", JSON "{}", "type body \xef\xbb\xbf{}|{}", FALLBACK_NOT_JSON },
	{ JSON "Oops", JSON "[1]", "type body Oops|[1]", FALLBACK_NOT_JSON },
	{ JSON "Oops", JSON "Oh dear", "value body Oops|Oh dear", FALLBACK_NOT_JSON },
	{ JSON "{\"a\":1,\"a\":2}", JSON "{\"a\":1,\"a\":3}", "value body {\"a\":1,\"a\":2}|{\"a\":1,\"a\":3}", FALLBACK_DUPLICATE },
	{ JSON "{\"a\":1,\"a\":2}", JSON "{\"a\":1}", "value body {\"a\":1,\"a\":2}|{\"a\":1}", FALLBACK_DUPLICATE },
	{ JSON "{}", JSON "", "missing body {}|", 0 },
	{ JSON "{}", "200\r\nX: y\r\n\r\n", "extra header:x |y\nmissing body {}|", 0 },
	{ JSON "", JSON "{}", "extra body |{}", 0 },
	{ LINES "{\"a\":1}\n{\"a\":2}\n", LINES "{\"a\":1}\n{ \"a\": 2 }\n", "", 0 },
	{ LINES "{\"a\":1}\n{\"a\":2}\n", LINES "{\"a\":1}\n{\"a\":3}\n", "value $[*].a 2|3", 0 },
	{ LINES "{\"a\":1}\n", LINES "{\"a\":1}\nx\n", "type body {\"a\":1}/|{\"a\":1}/x/", FALLBACK_NOT_JSON },
	/* as something else than what it is called */
	{ TEXT "{\"a\":1}", TEXT "{\"a\":2}", "value $.a 1|2", 0 },
	{ TEXT "[a] log\n", TEXT "[b] log\n", "value body [a] log|[b] log", 0 },
	{ NONE "{\"a\":1}", NONE "{\"a\":2}", "value $.a 1|2", 0 },
	{ NONE "{\"a\":1}", NONE "sorry", "value body {\"a\":1}|sorry", 0 },
	{ NONE "a\nb\n", NONE "a\nc\n", "value body b|c", 0 },
	{ NONE "\x89PNG\r\n\x1a\n\x01", NONE "\x89PNG\r\n\x1a\n\x01\x02", "length body 9 bytes, hash *|10 bytes, hash *", 0 },
	{ TEXT "\x89PNG\r\n\x1a\n\x01", TEXT "\x89PNG\r\n\x1a\n\x02", "value body 9 bytes, hash *|9 bytes, hash *", 0 },
	{ FORM "a=1&b=2", FORM "b=3&a=1", "value form:b 2|3", 0 },
	{ PNG "abc", PNG "abd", "value body 3 bytes, hash *|3 bytes, hash *", 0 },
	{ PNG "abc", PNG "abcd", "length body 3 bytes, hash *|4 bytes, hash *", 0 },
	/* another media type is one cause */
	{ JSON "{\"a\":1}", "200\r\nContent-Type: text/html\r\n\r\n<p>Oops", "value header:content-type application/json|text/html", 0 },
	{ PNG "abc", "200\r\nContent-Type: image/gif\r\n\r\nabcd", "value header:content-type image/png|image/gif", 0 },
	{ TEXT "a", "200\r\nContent-Type: text/html\r\n\r\nb", "value header:content-type text/plain|text/html\nvalue body a|b", 0 },
	{ JSON "{\"a\":1}", "200\r\nX: y\r\n\r\n{\"a\":2}",
	  "missing header:content-type application/json|\nextra header:x |y\nvalue $.a 1|2", 0 },
	{ JSON "{\"a\":1}", "200\r\nX: y\r\n\r\nsorry", "missing header:content-type application/json|\nextra header:x |y", 0 },
	/* codings */
	{ CODED "+ab", TEXT "abab", "missing header:content-encoding twice|", 0 },
	{ CODED "+a\nb\n", CODED "+a\nc\n", "value body b/a/b|c/a/c", 0 },
	{ CODED "", "200\r\nContent-Type: text/plain\r\nContent-Encoding: thrice\r\n\r\n", "value header:content-encoding twice|thrice",
	  0 },
	{ CODED "", "200\r\nX: y\r\n\r\n",
	  "missing header:content-encoding twice|\nmissing header:content-type text/plain|\nextra header:x |y", 0 },
	{ CODED "+", "200\r\nX: y\r\n\r\n",
	  "missing header:content-encoding twice|\nmissing header:content-type text/plain|\nextra header:x |y", 0 },
	{ CODED "+a", "200\r\n\r\n", "missing body aa|", 0 },
	{ CODED "", CODED "+a", "extra body |aa", 0 },
	{ CODED "!same", CODED "!same", "", 0 },
	{ CODED "!abc", CODED "!abd", "value body 4 bytes, hash *|4 bytes, hash *", FALLBACK_CODING },
	{ CODED "+ab", CODED "!abc", "length body 3 bytes, hash *|4 bytes, hash *", FALLBACK_CODING },
	{ CODED "#ab", CODED "+ab", "value body 3 bytes, hash *|3 bytes, hash *", FALLBACK_LIMIT },
	{ CODED "+aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", CODED "+b",
	  "length body 103 bytes, hash *|2 bytes, hash *", FALLBACK_LIMIT },
};

/* Hashes by a star. */
static void forget_hashes(struct told *t)
{
	char *to = t->text;
	for (const char *from = t->text; *from;) {
		*to++ = *from;
		if (to - t->text >= 6 && memcmp(to - 6, " hash ", 6) == 0) {
			*to++ = '*';
			from += 16;
		}
		from++;
	}
	*to = 0;
}

Test(compare, table)
{
	struct comparer *c = comparer_new(decode, 200);
	cr_assert(c);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct made a = make(rows[i].control), b = make(rows[i].candidate);
		uint64_t before = comparer_fallbacks(c)[rows[i].counted], all = 0, all_before = 0;
		for (int k = 0; k < FALLBACKS; k++)
			all_before += comparer_fallbacks(c)[k];
		struct told t;
		bool same = compare_answers(c, &a.answer, &b.answer, NULL, told_sink(&t));
		forget_hashes(&t);
		told_is(&t, rows[i].told, rows[i].candidate);
		cr_assert_eq(same, t.n == 0);
		cr_assert(!comparer_out_of_memory(c));
		for (int k = 0; k < FALLBACKS; k++)
			all += comparer_fallbacks(c)[k];
		cr_assert_eq(all - all_before, rows[i].counted != FALLBACK_NONE, "%s", rows[i].candidate);
		cr_assert_eq(comparer_fallbacks(c)[rows[i].counted] - before, rows[i].counted != FALLBACK_NONE);
		guard_free(a.message);
		guard_free(b.message);
	}
	comparer_free(c);
}

Test(compare, the_other_way_round)
{
	struct comparer *c = comparer_new(decode, 200);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct made a = make(rows[i].control), b = make(rows[i].candidate);
		struct told t, u;
		bool one = compare_answers(c, &a.answer, &b.answer, NULL, told_sink(&t));
		bool two = compare_answers(c, &b.answer, &a.answer, NULL, told_sink(&u));
		cr_assert(one == two && t.n == u.n, "%s", rows[i].candidate);
		a.answer.message = slice_of(NULL, 0); /* not known to be the same at once */
		a.answer.coded = false;
		cr_assert(compare_answers(c, &a.answer, &a.answer, NULL, told_sink(&t)));
		cr_assert_eq(t.n, 0u);
		guard_free(a.message);
		guard_free(b.message);
	}
	comparer_free(c);
}

Test(compare, too_large_without_a_coding)
{
	struct comparer *c = comparer_new(decode, 4);
	struct made a = make(TEXT "12345"), b = make(TEXT "12346");
	struct told t;
	cr_assert(!compare_answers(c, &a.answer, &b.answer, NULL, told_sink(&t)));
	cr_assert_eq(t.n, 1u);
	cr_assert_eq(comparer_fallbacks(c)[FALLBACK_LIMIT], 1u);
	guard_free(a.message);
	guard_free(b.message);
	comparer_free(c);
}

/* Without memory it never says "the same"; afterwards it goes on. */
Test(compare, without_memory)
{
	static const char *const pairs[][2] = {
		{ JSON "{\"a\":1,\"b\":[1,2,{\"c\":3}]}", JSON "{\"a\":1,\"b\":[2,1,{\"c\":4}],\"d\":5}" },
		{ CODED "+ab", CODED "+ac" },
		{ JSON "{\"a\":1,\"a\":2}", JSON "{\"a\":1}" },
		{ LINES "1\n2\n", LINES "1\n3\n" },
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct made a = make(pairs[i][0]), b = make(pairs[i][1]);
		bool failed = true;
		for (unsigned long n = 1; failed; n++) {
			struct told t;
			alloc_fail_at(n);
			struct comparer *c = comparer_new(decode, 1 << 20);
			bool same = c && compare_answers(c, &a.answer, &b.answer, NULL, told_sink(&t));
			failed = alloc_failed();
			alloc_fail_at(0);
			cr_assert(!same, "%zu, %lu", i, n);
			if (c && failed && t.n == 0)
				cr_assert(comparer_out_of_memory(c));
			if (c && failed) {
				cr_assert(!compare_answers(c, &a.answer, &b.answer, NULL, told_sink(&t)));
				cr_assert(t.n && !comparer_out_of_memory(c));
			}
			comparer_free(c);
		}
		guard_free(a.message);
		guard_free(b.message);
	}
	struct made a = make(CODED "@ab"), b = make(CODED "+ab");
	struct comparer *c = comparer_new(decode, 100);
	struct told t;
	cr_assert(!compare_answers(c, &a.answer, &b.answer, NULL, told_sink(&t)));
	cr_assert(comparer_out_of_memory(c));
	cr_assert_eq(t.n, 0u);
	comparer_free(c);
	guard_free(a.message);
	guard_free(b.message);
}

static struct path_advice skip_a(void *arg, struct slice path)
{
	unsigned *asked = arg;
	++*asked;
	return (struct path_advice){ .skip = slice_eq(path, slice_str("$.a")) };
}

Test(compare, advice_reaches_json)
{
	struct comparer *c = comparer_new(decode, 1000);
	struct made a = make(JSON "{\"a\":1,\"b\":1}"), b = make(JSON "{\"a\":2,\"b\":1}");
	unsigned asked = 0;
	struct told t;
	cr_assert(compare_answers(c, &a.answer, &b.answer, &(struct json_advice){ .arg = &asked, .advise = skip_a }, told_sink(&t)));
	cr_assert_gt(asked, 0u);
	comparer_free(c);
	guard_free(a.message);
	guard_free(b.message);
}

Test(compare, names_of_fallbacks)
{
	for (int i = 0; i < FALLBACKS; i++)
		cr_assert(fallback_names[i] && *fallback_names[i]);
}
