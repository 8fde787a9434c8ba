/* json_tree: takes what RFC 8259 calls JSON and says why it takes nothing else; jansson is asked about the same documents. */
#include "diff/json_tree.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"
#include "support/unit_rng.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static int parse_guarded(struct json_tree *t, struct slice text)
{
	struct slice s = guard_copy(text);
	int rc = json_tree_parse(t, s);
	cr_assert_eq(rc != 0, t->why != NULL);
	cr_assert(rc == 0 || t->n == 0, "a tree that is none holds nothing");
	cr_assert_leq(t->at, s.len);
	guard_free(s);
	return rc;
}

Test(json_tree, says_why_and_where)
{
	static const struct {
		const char *text;
		enum json_fault fault;
		size_t at;
	} rows[] = {
		{ "", JSON_FAULT_EMPTY, 0 },
		{ " \n", JSON_FAULT_EMPTY, 2 },
		{ "\xef\xbb\xbf{}", JSON_FAULT_BOM, 0 },
		{ "{", JSON_FAULT_TRUNCATED, 1 },
		{ "[1,", JSON_FAULT_TRUNCATED, 3 },
		{ "\"abc", JSON_FAULT_TRUNCATED, 4 },
		{ "\"abcdefgh", JSON_FAULT_TRUNCATED, 9 },
		{ "\"abc\\", JSON_FAULT_TRUNCATED, 5 },
		{ "\"\\u12", JSON_FAULT_TRUNCATED, 5 },
		{ "tru", JSON_FAULT_TRUNCATED, 3 },
		{ "-", JSON_FAULT_TRUNCATED, 1 },
		{ "1.", JSON_FAULT_TRUNCATED, 2 },
		{ "1e", JSON_FAULT_TRUNCATED, 2 },
		{ "{\"a\":1", JSON_FAULT_TRUNCATED, 6 },
		{ "{\"a\"", JSON_FAULT_TRUNCATED, 4 },
		{ "{\"a\":", JSON_FAULT_TRUNCATED, 5 },
		{ "[1,]", JSON_FAULT_SYNTAX, 3 },
		{ "[,1]", JSON_FAULT_SYNTAX, 1 },
		{ "{,}", JSON_FAULT_SYNTAX, 1 },
		{ "{\"a\":1,}", JSON_FAULT_SYNTAX, 7 },
		{ "{a:1}", JSON_FAULT_SYNTAX, 1 },
		{ "{\"a\" 1}", JSON_FAULT_SYNTAX, 5 },
		{ "[1 2]", JSON_FAULT_SYNTAX, 3 },
		{ "[1}", JSON_FAULT_SYNTAX, 2 },
		{ "{\"a\":1]", JSON_FAULT_SYNTAX, 6 },
		{ "nul!", JSON_FAULT_SYNTAX, 3 },
		{ "NaN", JSON_FAULT_SYNTAX, 0 },
		{ "+1", JSON_FAULT_SYNTAX, 0 },
		{ ".5", JSON_FAULT_SYNTAX, 0 },
		{ "01", JSON_FAULT_TRAILING, 1 },
		{ "'a'", JSON_FAULT_SYNTAX, 0 },
		{ "\"a\tb\"", JSON_FAULT_SYNTAX, 2 },
		{ "\"a\\x\"", JSON_FAULT_SYNTAX, 3 },
		{ "\"\\u12g4\"", JSON_FAULT_SYNTAX, 5 },
		{ "{} {}", JSON_FAULT_TRAILING, 3 },
		{ "1 x", JSON_FAULT_TRAILING, 2 },
		{ "{\"a\":1,\"a\":1}", JSON_FAULT_DUPLICATE, 13 },
		{ "{\"a\":1,\"\\u0061\":1}", JSON_FAULT_DUPLICATE, 18 },
		{ "[{\"a\":{\"b\":1,\"c\":1,\"b\":2}}]", JSON_FAULT_DUPLICATE, 25 },
	};
	struct json_tree t;
	json_tree_init(&t);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_expect_eq(parse_guarded(&t, slice_str(rows[i].text)), ERR_FORMAT, "%s", rows[i].text);
		cr_expect_eq(t.fault, rows[i].fault, "%s: %s", rows[i].text, t.why);
		cr_expect_eq(t.at, rows[i].at, "%s: at %zu", rows[i].text, t.at);
	}
	json_tree_release(&t);
}

static const char *const whole[] = {
	"null",
	"true",
	"false",
	"0",
	"-12.5e+3",
	"\"\"",
	"\"a\\\"b\\\\c\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"",
	"[]",
	"{}",
	" [ 1 , [ 2 , { } ] , \"x\" ] \r\n\t",
	"{\"a\":{\"a\":{\"a\":[{\"b\":null}]}},\"b\":\"12345678\",\"12345678901234567890\":1}",
	"{\"u\":\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\",\"t\":[true,false,null,1e5,\"\"]}",
};

Test(json_tree, gives_nodes_in_the_order_of_the_text)
{
	static const char text[] = "{\"a\":[1,{\"b\\n\":\"x\\ty\"}], \"c\" : -2.5}";
	struct json_tree t;
	json_tree_init(&t);
	cr_assert_eq(json_tree_parse(&t, slice_str(text)), 0);
	cr_assert_eq(t.n, 6);
	static const struct {
		uint8_t type;
		uint32_t next, children;
		const char *key, *text;
	} rows[] = {
		{ JSON_TREE_OBJECT, 6, 2, "", text },        { JSON_TREE_ARRAY, 5, 2, "a", "[1,{\"b\\n\":\"x\\ty\"}]" },
		{ JSON_TREE_NUMBER, 3, 0, "", "1" },         { JSON_TREE_OBJECT, 5, 1, "", "{\"b\\n\":\"x\\ty\"}" },
		{ JSON_TREE_STRING, 5, 0, "b\\n", "x\\ty" }, { JSON_TREE_NUMBER, 6, 0, "c", "-2.5" },
	};
	for (size_t i = 0; i < t.n; i++) {
		const struct json_node *n = &t.nodes[i];
		cr_expect_eq(n->type, rows[i].type);
		cr_expect_eq(n->next, rows[i].next);
		cr_expect_eq(n->children, rows[i].children);
		cr_expect(slice_eq(n->key, slice_str(rows[i].key)));
		cr_expect(slice_eq(n->text, slice_str(rows[i].text)), "%.*s", (int)n->text.len, (const char *)n->text.ptr);
	}
	cr_expect(t.nodes[4].escaped && t.nodes[4].key_escaped && !t.nodes[1].key_escaped);
	json_tree_release(&t);
}

Test(json_tree, a_text_that_is_cut_is_never_whole)
{
	struct json_tree t;
	json_tree_init(&t);
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		struct slice all = slice_str(whole[i]);
		cr_expect_eq(parse_guarded(&t, all), 0, "%s: %s", whole[i], t.why);
		for (size_t n = 0; n < all.len; n++) {
			int rc = parse_guarded(&t, slice_cut(all, 0, n));
			cr_expect(rc != 0 || all.ptr[0] == '-' || all.ptr[n] == ' ' || all.ptr[n] <= '\r', "%.*s", (int)n, whole[i]);
			cr_expect(rc == 0 || t.fault == JSON_FAULT_TRUNCATED || t.fault == JSON_FAULT_EMPTY, "%.*s: %s", (int)n, whole[i],
			          t.why);
		}
	}
	json_tree_release(&t);
}

Test(json_tree, has_bounds)
{
	static char text[4096];
	struct json_tree t;
	json_tree_init(&t);
	for (size_t depth = JSON_TREE_DEPTH_MAX; depth <= JSON_TREE_DEPTH_MAX + 1; depth++) {
		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		int rc = parse_guarded(&t, slice_of(text, 2 * depth));
		cr_expect_eq(rc, depth > JSON_TREE_DEPTH_MAX ? ERR_LIMIT : 0);
		cr_expect_eq(t.fault, rc ? JSON_FAULT_DEPTH : JSON_FAULT_NONE);
		rc = json_tree_parse_lines(&t, slice_of(text, 2 * depth));
		cr_expect_eq(rc, depth > JSON_TREE_DEPTH_MAX ? ERR_LIMIT : 0);
	}
	size_t n = 2 * (size_t)JSON_TREE_NODES_MAX + 1;
	char *many = malloc(n);
	for (size_t i = 0; i < n; i++)
		many[i] = i & 1 ? '0' : ',';
	many[0] = '[';
	many[n - 1] = ']';
	cr_expect_eq(json_tree_parse(&t, slice_of(many, n)), ERR_LIMIT);
	cr_expect_eq(t.fault, JSON_FAULT_LARGE);
	many[n - 3] = ']';
	cr_expect_eq(json_tree_parse(&t, slice_of(many, n - 2)), 0, "%s", t.why);
	cr_expect_eq(json_tree_parse(&t, slice_str("1")), 0);
	cr_expect_leq(t.cap, 1u << 20, "the memory of a giant is not kept");
	free(many);
	json_tree_release(&t);
}

/* With few keys and with many, where another way is taken. */
Test(json_tree, a_key_twice_is_found_wherever_it_stands)
{
	static char text[1 << 16];
	struct json_tree t;
	json_tree_init(&t);
	for (unsigned n = 2; n < 1500; n = n * 3 / 2 + 1)
		for (unsigned twin = 0; twin <= n; twin += n / 2 + 1) {
			size_t len = (size_t)snprintf(text, sizeof text, "{\"k%u\":0", n * 7);
			for (unsigned i = 0; i < n; i++)
				len += (size_t)snprintf(text + len, sizeof text - len, ",\"%s%u\":%u", i == twin ? "\\u006b" : "k",
				                        i == twin ? n * 7 : i, i);
			len += (size_t)snprintf(text + len, sizeof text - len, "}");
			int rc = json_tree_parse(&t, slice_of(text, len));
			cr_expect_eq(rc, twin < n ? ERR_FORMAT : 0, "%u keys", n);
			cr_expect_eq(t.fault, twin < n ? JSON_FAULT_DUPLICATE : JSON_FAULT_NONE);
		}
	json_tree_release(&t);
}

Test(json_tree, equal_values_are_equal_and_hash_alike)
{
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":10e-1}", true },
		{ "{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", false },
		{ "[1,2]", "[2,1]", false },
		{ "[]", "{}", false },
		{ "[[]]", "[]", false },
		{ "[[],[]]", "[[[]]]", false },
		{ "\"1\"", "1", false },
		{ "\"\"", "null", false },
		{ "true", "false", false },
		{ "\"a\\u0062cdefghi\"", "\"abcdefghi\"", true },
		{ "\"a\\u0062cdefgh\"", "\"abcdefgh\"", true },
		{ "\"\\u0000\"", "\"\"", false },
		{ "\"\\u0000\"", "\"\\u0000\\u0000\"", false },
		{ "\"\\u20ac\\ud83d\\ude00\"", "\"\xe2\x82\xac\xf0\x9f\x98\x80\"", true },
		{ "\"\\ud83d\\u0041\"", "\"\\ud83dA\"", true },
		{ "\"\\ud83d\"", "\"\\ud83e\"", false },
		{ "{\"a\":1,\"b\":1,\"c\":1,\"d\":[{\"e\":2,\"f\":3}]}", "{\"d\":[{\"f\":3,\"e\":2}],\"c\":1,\"b\":1,\"a\":1}", true },
		{ "3", "-0.0", false },
		{ "[0,1]", "[1,0]", false },
	};
	struct json_tree a, b;
	json_tree_init(&a);
	json_tree_init(&b);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_assert_eq(json_tree_parse(&a, slice_str(rows[i].a)), 0);
		cr_assert_eq(json_tree_parse(&b, slice_str(rows[i].b)), 0);
		cr_expect_eq(json_tree_equal(&a, 0, &b, 0), rows[i].equal, "%s %s", rows[i].a, rows[i].b);
		cr_expect_eq(a.nodes[0].hash == b.nodes[0].hash, rows[i].equal, "%s %s", rows[i].a, rows[i].b);
	}
	json_tree_release(&a);
	json_tree_release(&b);
}

/* --- against jansson ----------------------------------------------------------------------------------------------- */

/* Where we mean to be other than jansson is. */
static bool means_to_differ(const json_error_t *e, struct slice text)
{
	enum json_error_code code = json_error_code(e);
	if (code == json_error_invalid_utf8 || code == json_error_null_byte_in_key || code == json_error_numeric_overflow ||
	    code == json_error_stack_overflow)
		return true;
	for (size_t i = 0; i + 4 < text.len; i++)
		if (text.ptr[i] == '\\' && text.ptr[i + 1] == 'u' && ascii_lower(text.ptr[i + 2]) == 'd')
			return true; /* halves of surrogates, which the grammar lets pass */
	return false;
}

static size_t make_value(struct rng *r, char *out, unsigned depth)
{
	static const char *const scalars[] = { "null",
		                               "true",
		                               "false",
		                               "0",
		                               "-1",
		                               "12.50",
		                               "1e3",
		                               "2E-2",
		                               "\"\"",
		                               "\"a\"",
		                               "\"k1\"",
		                               "\"\\n\"",
		                               "\"\\u00e9\"",
		                               "\"\xc3\xa9\"",
		                               "\"a\\\"b\"",
		                               "123456789",
		                               "\"0123456789abcdef\"" };
	static const char *const keys[] = { "\"a\"", "\"b\"", "\"c\"", "\"\\u0061\"", "\"key\"", "\"a b\"", "\"\"", "\"longer_key_name\"" };
	static const char *const spaces[] = { "", "", "", " ", "\n\t" };
	size_t n = 0, kind = rng_below(r, depth ? 4 : 2);
	if (kind < 2)
		return (size_t)sprintf(out, "%s", scalars[rng_below(r, sizeof scalars / sizeof *scalars)]);
	size_t count = rng_below(r, 5);
	n += (size_t)sprintf(out, "%s%s", kind == 2 ? "[" : "{", spaces[rng_below(r, 5)]);
	for (size_t i = 0; i < count; i++) {
		n += (size_t)sprintf(out + n, "%s%s", i ? "," : "", spaces[rng_below(r, 5)]);
		if (kind == 3)
			n += (size_t)sprintf(out + n, "%s%s:", keys[rng_below(r, 8)], spaces[rng_below(r, 5)]);
		n += make_value(r, out + n, depth - 1);
	}
	n += (size_t)sprintf(out + n, "%s", kind == 2 ? "]" : "}");
	return n;
}

/* A few bytes become others, or go. */
static size_t spoil(struct rng *r, char *text, size_t n)
{
	static const char bytes[] = "{}[],:\"\\ 0123456789.eE+-truefalsn\x01\x7f\xc3\xa9u/";
	for (size_t times = rng_below(r, 3); times > 0 && n > 1; times--) {
		size_t at = rng_below(r, n);
		if (rng_below(r, 2)) {
			text[at] = bytes[rng_below(r, sizeof bytes - 1)];
		} else {
			memmove(text + at, text + at + 1, n - at - 1);
			n--;
		}
	}
	return n;
}

Test(json_tree, takes_what_jansson_takes)
{
	static char text[1 << 20];
	struct rng r = { 1 };
	struct json_tree t;
	unsigned taken = 0, refused = 0;
	json_tree_init(&t);
	for (unsigned i = 0; i < 60000; i++) {
		size_t n = spoil(&r, text, make_value(&r, text, 4));
		json_error_t e;
		json_t *other =
		        json_loadb(text, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &e);
		int rc = json_tree_parse(&t, slice_of(text, n));
		if (other || !means_to_differ(&e, slice_of(text, n)))
			cr_assert_eq(rc == 0, other != NULL, "%.*s: %s; jansson: %s", (int)n, text, t.why ? t.why : "taken",
			             other ? "taken" : e.text);
		taken += rc == 0;
		refused += rc != 0;
		json_decref(other);
	}
	cr_expect_gt(taken, 10000);
	cr_expect_gt(refused, 10000);
	json_tree_release(&t);
}

/* Two trees are equal where jansson calls its own so (its integers and reals are two kinds: the documents have no such pairs). */
Test(json_tree, calls_equal_what_jansson_calls_equal)
{
	static char text[2][1 << 20];
	struct rng r = { 2 };
	struct json_tree a, b;
	unsigned equal = 0;
	json_tree_init(&a);
	json_tree_init(&b);
	for (unsigned i = 0; i < 60000; i++) {
		size_t n = make_value(&r, text[0], 1), m = make_value(&r, text[1], 1);
		json_t *x = json_loadb(text[0], n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		json_t *y = json_loadb(text[1], m, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		if (x && y) {
			cr_assert_eq(json_tree_parse(&a, slice_of(text[0], n)), 0);
			cr_assert_eq(json_tree_parse(&b, slice_of(text[1], m)), 0);
			bool same = json_tree_equal(&a, 0, &b, 0);
			cr_assert_eq(same, json_equal(x, y) != 0, "%.*s %.*s", (int)n, text[0], (int)m, text[1]);
			equal += same;
		}
		json_decref(x);
		json_decref(y);
	}
	cr_expect_gt(equal, 1000);
	json_tree_release(&a);
	json_tree_release(&b);
}

Test(json_tree, every_allocation_may_fail)
{
	static char text[4096];
	size_t n = (size_t)snprintf(text, sizeof text, "[{\"z\":1");
	for (unsigned i = 0; i < 300; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, ",\"k%u\":%u", i, i % 7);
	n += (size_t)snprintf(text + n, sizeof text - n, "}]");
	bool failed = true;
	unsigned long times = 0;
	for (; failed; times++) {
		struct json_tree t;
		json_tree_init(&t);
		alloc_fail_at(times + 1);
		int rc = json_tree_parse(&t, slice_of(text, n));
		failed = alloc_failed();
		alloc_fail_at(0);
		cr_expect_eq(rc, failed ? ERR_NOMEM : 0);
		cr_expect_eq(t.fault, failed ? JSON_FAULT_MEMORY : JSON_FAULT_NONE);
		json_tree_release(&t);
	}
	cr_expect_gt(times, 3);
}
