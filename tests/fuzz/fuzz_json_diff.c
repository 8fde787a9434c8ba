/* fuzz_json_diff: a byte of choices, then two texts told apart by a byte 0xff. What is told must agree with whether the values are equal, in both
 * directions; paths are bounded and printable; jansson takes what we take, but where we mean to be other than it is. */
#include "diff/json_diff.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

/* In memory of its own, so that a byte too far is seen. */
static struct slice copy(struct slice s)
{
	uint8_t *bytes = malloc(s.len ? s.len : 1);
	if (!bytes)
		abort();
	if (s.len)
		memcpy(bytes, s.ptr, s.len);
	return slice_of(bytes, s.len);
}

struct heard {
	size_t calls, missing, extra;
};

static void hear(void *arg, const struct difference *d)
{
	struct heard *h = arg;
	volatile unsigned sum = 0;
	h->calls++;
	h->missing += d->kind == DIFFERENCE_MISSING;
	h->extra += d->kind == DIFFERENCE_EXTRA;
	require(d->path.len > 0 && d->path.len <= DIFFERENCE_PATH_MAX && d->path.ptr[0] == '$', "a path begins with $ and has a bound");
	for (size_t i = 0; i < d->path.len; i++)
		require(d->path.ptr[i] >= 0x20 && d->path.ptr[i] != 0x7f, "a path is printable");
	for (size_t i = 0; i < d->control.len; i++)
		sum += d->control.ptr[i];
	for (size_t i = 0; i < d->candidate.len; i++)
		sum += d->candidate.ptr[i];
}

/* Some advice or other for each path, the same each time. */
static struct path_advice advise(void *arg, struct slice path)
{
	unsigned seed = *(unsigned *)arg;
	for (size_t i = 0; i < path.len; i++)
		seed = seed * 31 + path.ptr[i];
	return (struct path_advice){ .skip = seed % 7 == 0, .any_order = seed % 3 == 0, .tolerance = seed % 5 == 0 ? 1.5 : 0 };
}

static bool means_to_differ(const json_error_t *e, struct slice text)
{
	enum json_error_code code = json_error_code(e);
	if (code == json_error_invalid_utf8 || code == json_error_null_byte_in_key || code == json_error_numeric_overflow ||
	    code == json_error_stack_overflow)
		return true;
	for (size_t i = 0; i + 2 < text.len; i++)
		if (text.ptr[i] == '\\' && text.ptr[i + 1] == 'u' && ascii_lower(text.ptr[i + 2]) == 'd')
			return true;
	return false;
}

static void ask_jansson(const struct json_tree *t, int rc, struct slice text)
{
	json_error_t e;
	/* It loses a NUL behind a number. */
	if (rc == ERR_LIMIT || slice_find_byte(text, 0) < text.len)
		return;
	json_t *other = json_loadb((const char *)text.ptr, text.len,
	                           JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &e);
	if (other || !means_to_differ(&e, text))
		require((rc == 0) == (other != NULL), t->why ? t->why : "jansson takes it too");
	json_decref(other);
}

static void check(struct json_differ *d, struct slice a, struct slice b, bool lines)
{
	static const struct difference_sink none;
	struct json_tree x, y;
	struct heard there = { 0 }, back = { 0 };
	struct difference_sink sink = none;
	const char *why, *why_back;
	json_tree_init(&x);
	json_tree_init(&y);
	int rc_x = lines ? json_tree_parse_lines(&x, a) : json_tree_parse(&x, a);
	int rc_y = lines ? json_tree_parse_lines(&y, b) : json_tree_parse(&y, b);
	if (!lines) {
		ask_jansson(&x, rc_x, a);
		ask_jansson(&y, rc_y, b);
	}
	sink.differs = hear;
	sink.arg = &there;
	int rc = json_differ_compare(d, a, b, lines, NULL, sink, &why);
	sink.arg = &back;
	int rc_back = json_differ_compare(d, b, a, lines, NULL, sink, &why_back);
	require((rc == 0) == (rc_back == 0), "both ways or neither");
	require((rc != 0) == (why != NULL), "a reason is given when there is one");
	require(rc == 0 || there.calls == 0, "nothing is told of what is no JSON");
	if (rc_x == 0 && rc_y == 0) {
		require(rc == 0, "what parses is compared");
		bool equal = json_tree_equal(&x, 0, &y, 0);
		require(equal == (there.calls == 0), "told if and only if different");
		require(equal == (back.calls == 0), "likewise the other way round");
		require(!equal || x.nodes[0].hash == y.nodes[0].hash, "equal values hash alike");
	}
	json_tree_release(&x);
	json_tree_release(&y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	struct slice rest = slice_of(data + 1, size - 1);
	size_t n = slice_find_byte(rest, 0xff);
	struct slice a = copy(slice_cut(rest, 0, n)), b = copy(slice_from(rest, n + 1));
	struct json_differ *d = json_differ_new();
	if (!d)
		abort();
	check(d, a, b, data[0] & 1);
	unsigned seed = data[0];
	struct heard h = { 0 };
	const char *why;
	const struct json_advice advice = { .arg = &seed, .advise = advise };
	(void)json_differ_compare(d, a, b, data[0] & 1, &advice, (struct difference_sink){ &h, hear }, &why);
	json_differ_free(d);
	free((void *)(uintptr_t)a.ptr);
	free((void *)(uintptr_t)b.ptr);
	return 0;
}
