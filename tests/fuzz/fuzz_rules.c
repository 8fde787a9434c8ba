/* fuzz_rules: any text as a rules file, as expectations, and as rules one by one; asked about the paths and values that the text itself holds. What is said
 * of a bad line is one printable sentence; a rule as written reads back as a rule that hides the same. */
#include "diff/expect.h"
#include "diff/forms.h"
#include "diff/rules.h"
#include "diff/timestamp.h"

#include <stdio.h>
#include <stdlib.h>

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void check_sentence(int rc, const struct err *err)
{
	require((rc == 0) == (err->code == ERR_NONE) && (rc == 0 || rc == (int)err->code), "a failure says so");
	for (const char *c = err->text; *c; c++)
		require((unsigned char)*c >= ' ' && *c != 127, "a sentence is printable, and in one line");
	require(rc == 0 || err->text[0], "a failure has a sentence");
}

/* The next piece of the text, ended by a line or a "|". */
static struct slice piece(struct slice *rest)
{
	size_t n = 0;
	while (n < rest->len && rest->ptr[n] != '\n' && rest->ptr[n] != '|')
		n++;
	struct slice s = slice_cut(*rest, 0, n);
	*rest = slice_from(*rest, n + 1);
	return s;
}

static void check_forms(struct slice value)
{
	for (unsigned f = 0; f < FORMS; f++)
		require(form_fits((enum known_form)f, value) == ((forms_of(value) >> f & 1) != 0),
		        "a form fits alone as it does among all");
	static const struct timestamp_span unknown;
	struct timestamp t;
	bool stamp = timestamp_read(value, &t);
	require(timestamps_present(value, unknown, value, unknown) == stamp, "a moment is the present of its own");
	require(!stamp || (t.ns >= 0 && t.ns < 7258204801 * 1000000000), "of the years 1970 to 2199, and a zone");
}

/* Written down and read again, a rule is the same rule. */
static void check_again(const struct rules *r, const struct endpoint_rules *e, const struct difference *d)
{
	int rule = rules_hide(e, d);
	if (rule < 0 || strcmp(rules_where(r, rule), "built in") == 0)
		return;
	struct rules *again = rules_new();
	struct err err = { 0 };
	require(again && rules_add(again, slice_str(rules_text(r, rule)), "again", &err) == 0, "a rule as written is a rule");
	rules_without_volatile(again);
	struct endpoint_rules *f = rules_for(again, slice_str("GET"), slice_str("/api/{id}"), slice_str("/api/1"));
	require(f && rules_hide(f, d) == (int)rules_count(again) - 1, "and hides the same");
	endpoint_rules_free(f);
	rules_free(again);
}

static void ask(const struct rules *r, struct slice text)
{
	struct endpoint_rules *e = rules_for(r, slice_str("GET"), slice_str("/api/{id}"), slice_str("/api/1"));
	require(e, "memory");
	struct slice rest = text, before = { 0 };
	for (int i = 0; rest.len && i < 64; i++) {
		struct slice path = piece(&rest), value = piece(&rest);
		struct difference d = {
			.path = path, .kind = (enum difference_kind)(i % DIFFERENCE_KINDS), .control = value, .candidate = before
		};
		check_forms(value);
		check_again(r, e, &d);
		struct path_advice advice = rules_advise(e, path);
		require(advice.skip == (rules_skips(e, path) >= 0), "what is skipped has a rule that says so");
		require(advice.tolerance >= 0, "a tolerance is a distance");
		uint64_t differ = 0, of = 1;
		if (rules_rate(e, path, d.kind, &differ, &of))
			require(of > 0 && differ <= of, "a rate is a share");
		before = value;
	}
	endpoint_rules_free(e);
}

static void check_expect(struct slice text)
{
	struct expect *e = expect_new();
	struct err err = { 0 };
	require(e, "memory");
	check_sentence(expect_add_text(e, text, "expect.txt", &err), &err);
	uint64_t rules = expect_for(e, slice_str("GET"), slice_str("/api/{id}"), slice_str("/api/1"));
	struct json_tree tree;
	json_tree_init(&tree);
	size_t body = 0;
	while (body < text.len && text.ptr[body] != '{' && text.ptr[body] != '[')
		body++;
	uint64_t broken = expect_broken(e, rules, 200, slice_from(text, body), &tree);
	require((broken & ~rules) == 0, "only what is asked for is broken");
	broken |= expect_broken(e, rules, 200, slice_str("{\"a\":[{\"b\":1}],\"c\":{\"d\":null}}"), &tree);
	require((broken & ~rules) == 0, "only what is asked for is broken");
	json_tree_release(&tree);
	expect_free(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_of(data, size), rest = text;
	struct rules *r = rules_new();
	struct err err = { 0 };
	require(r, "memory");
	check_sentence(rules_add_text(r, text, "rules.txt", &err), &err);
	for (int i = 0; rest.len && i < 64; i++) {
		struct err one = { 0 };
		check_sentence(rules_add(r, piece(&rest), "--diff-ignore", &one), &one);
	}
	rules_without_volatile(r);
	ask(r, text);
	rules_free(r);
	check_expect(text);
	return 0;
}
