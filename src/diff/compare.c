/* compare: status, header fields, then the body as what it is. Two buffers for decoded bodies, one memory for JSON: all reused. */
#include "diff/compare.h"

#include "diff/fields.h"
#include "diff/form.h"
#include "diff/headers.h"
#include "diff/media.h"
#include "diff/text.h"

#include "base/hash.h"

#include <stdio.h>
#include <stdlib.h>

#define KEEP_BYTES (4u << 20) /* a decoded body's buffer that grew beyond is not kept */
#define CUT_BYTES  4096       /* of a body told as a whole */

const char *const fallback_names[FALLBACKS] = {
	[FALLBACK_NONE] = "compared as what they say",
	[FALLBACK_NOT_JSON] = "called JSON, but not JSON, or cut short",
	[FALLBACK_DUPLICATE] = "JSON with a key that stands twice in one object",
	[FALLBACK_LIMIT] = "too large, or nested too deep",
	[FALLBACK_CODING] = "coding damaged or unknown: compared as they came",
};

struct comparer {
	body_decode_fn decode;
	size_t body_max;
	struct buf decoded[2];
	struct json_differ *json;
	struct json_tree tree; /* to find out which of two texts is no JSON */
	uint64_t fallbacks[FALLBACKS];
	bool out_of_memory;
	struct difference_sink sink; /* of this comparison */
	uint64_t told;
	bool one_empty; /* only one of the two has a body */
};

struct comparer *comparer_new(body_decode_fn decode, size_t body_max)
{
	struct comparer *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->decode = decode;
	c->body_max = body_max;
	for (unsigned i = 0; i < 2; i++)
		buf_init(&c->decoded[i], body_max);
	json_tree_init(&c->tree);
	c->json = json_differ_new();
	if (!c->json) {
		comparer_free(c);
		return NULL;
	}
	return c;
}

void comparer_free(struct comparer *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < 2; i++)
		buf_release(&c->decoded[i]);
	json_tree_release(&c->tree);
	json_differ_free(c->json);
	free(c);
}

const uint64_t *comparer_fallbacks(const struct comparer *c)
{
	return c->fallbacks;
}

bool comparer_out_of_memory(const struct comparer *c)
{
	return c->out_of_memory;
}

/* Fields that come and go with the body. */
static bool is_of_body(const struct difference *d)
{
	static const char *const paths[] = { "header:content-type", "header:content-encoding", "header:content-language",
		                             "header:content-length", "header:transfer-encoding" };
	if (d->kind != DIFFERENCE_MISSING && d->kind != DIFFERENCE_EXTRA)
		return false;
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (slice_eq(d->path, slice_str(paths[i])))
			return true;
	return false;
}

/* Between the comparison's parts and the caller's sink: counts, and lets go what a body that is not there tells already. */
static void pass_on(void *arg, const struct difference *d)
{
	struct comparer *c = arg;
	if (c->one_empty && is_of_body(d))
		return;
	c->told++;
	c->sink.differs(c->sink.arg, d);
}

static struct difference_sink counting(struct comparer *c)
{
	return (struct difference_sink){ c, pass_on };
}

static void tell(struct comparer *c, enum difference_kind kind, struct slice control, struct slice candidate)
{
	struct difference d = { .path = slice_str("body"), .kind = kind, .control = control, .candidate = candidate };
	pass_on(c, &d);
}

static void compare_status(struct comparer *c, int control, int candidate)
{
	char path[64], a[16], b[16];
	(void)snprintf(a, sizeof a, "%d", control);
	(void)snprintf(b, sizeof b, "%d", candidate);
	(void)snprintf(path, sizeof path, "status %s>%s", a, b);
	struct difference d = { slice_str(path), DIFFERENCE_VALUE, slice_str(a), slice_str(b) };
	pass_on(c, &d);
}

/* --- bodies -------------------------------------------------------------------------------------------------------- */

struct bodies {
	struct slice a, b; /* decoded */
	const struct json_advice *advice;
};

static struct slice digest(struct slice body, char room[64])
{
	static const struct hash_key key = { 0x626f6479, 0x646967657374 };
	(void)snprintf(room, 64, "%zu bytes, hash %016llx", body.len, (unsigned long long)hash_bytes(key, body));
	return slice_str(room);
}

static void compare_bytes(struct comparer *c, const struct bodies *x)
{
	char a[64], b[64];
	if (slice_eq(x->a, x->b))
		return;
	tell(c, x->a.len == x->b.len ? DIFFERENCE_VALUE : DIFFERENCE_LENGTH, digest(x->a, a), digest(x->b, b));
}

static void compare_text(struct comparer *c, const struct bodies *x)
{
	if (text_looks_like(x->a) && text_looks_like(x->b))
		text_compare(x->a, x->b, counting(c));
	else
		compare_bytes(c, x);
}

static void compare_form(struct comparer *c, const struct bodies *x)
{
	form_compare(x->a, x->b, counting(c));
}

static enum json_fault fault_of(struct comparer *c, struct slice body, bool lines)
{
	int r = lines ? json_tree_parse_lines(&c->tree, body) : json_tree_parse(&c->tree, body);
	return r ? c->tree.fault : JSON_FAULT_NONE;
}

static enum fallback fallback_of(enum json_fault fault)
{
	switch (fault) {
	case JSON_FAULT_NONE:
	case JSON_FAULT_MEMORY:
		return FALLBACK_NONE;
	case JSON_FAULT_DUPLICATE:
		return FALLBACK_DUPLICATE;
	case JSON_FAULT_DEPTH:
	case JSON_FAULT_LARGE:
	case JSON_FAULT_HASHES:
		return FALLBACK_LIMIT;
	default:
		return FALLBACK_NOT_JSON;
	}
}

/* They are called JSON and cannot be compared as such. One that is none beside one that is: that is the difference. */
static void compare_false_json(struct comparer *c, const struct bodies *x, bool lines)
{
	enum json_fault faults[] = { fault_of(c, x->a, lines), fault_of(c, x->b, lines) };
	if (faults[0] == JSON_FAULT_MEMORY || faults[1] == JSON_FAULT_MEMORY) {
		c->out_of_memory = true;
		return;
	}
	enum fallback a = fallback_of(faults[0]), b = fallback_of(faults[1]);
	c->fallbacks[a ? a : b]++;
	if ((a == FALLBACK_NOT_JSON) != (b == FALLBACK_NOT_JSON))
		tell(c, DIFFERENCE_TYPE, slice_cut(x->a, 0, CUT_BYTES), slice_cut(x->b, 0, CUT_BYTES));
	else
		compare_text(c, x);
}

/* True: they are compared, or memory is out. */
static bool compare_if_json(struct comparer *c, const struct bodies *x, bool lines)
{
	const char *why;
	int r = json_differ_compare(c->json, x->a, x->b, lines, x->advice, counting(c), &why);
	c->out_of_memory = c->out_of_memory || r == ERR_NOMEM;
	return r == 0 || r == ERR_NOMEM;
}

static void compare_json(struct comparer *c, const struct bodies *x)
{
	if (!compare_if_json(c, x, false))
		compare_false_json(c, x, false);
}

static void compare_json_lines(struct comparer *c, const struct bodies *x)
{
	if (!compare_if_json(c, x, true))
		compare_false_json(c, x, true);
}

static bool begins_like_json(struct slice s)
{
	s = slice_cut(s, 0, 256);
	s = fields_trim(s);
	return s.len && (s.ptr[0] == '{' || s.ptr[0] == '[');
}

/* Whatever it is called: much JSON goes out as text/html, or as nothing. It is not held to be JSON, so that its being none is no fallback. */
static void compare_anything(struct comparer *c, const struct bodies *x)
{
	if (begins_like_json(x->a) && begins_like_json(x->b) && compare_if_json(c, x, false))
		return;
	compare_text(c, x);
}

static void (*const compare_as[])(struct comparer *c, const struct bodies *x) = {
	[MEDIA_NONE] = compare_anything, [MEDIA_JSON] = compare_json,     [MEDIA_LINES] = compare_json_lines,
	[MEDIA_FORM] = compare_form,     [MEDIA_TEXT] = compare_anything, [MEDIA_BYTES] = compare_bytes,
};

/* What a body without a Content-Type is, beside one that has one. */
static enum media media_beside(struct slice body)
{
	return begins_like_json(body) ? MEDIA_JSON : text_looks_like(body) ? MEDIA_TEXT : MEDIA_BYTES;
}

/* A byte order mark that both have is none of the text (RFC 8259 §8.1 lets a parser pass over it). */
static void without_marks(struct bodies *x)
{
	struct slice mark = slice_of("\xef\xbb\xbf", 3);
	if (!slice_starts(x->a, mark) || !slice_starts(x->b, mark))
		return;
	x->a = slice_from(x->a, mark.len);
	x->b = slice_from(x->b, mark.len);
}

static void compare_decoded(struct comparer *c, const struct answer *control, const struct answer *candidate, struct bodies *x)
{
	if (slice_eq(x->a, x->b))
		return;
	if (x->a.len == 0 || x->b.len == 0) {
		tell(c, x->b.len ? DIFFERENCE_EXTRA : DIFFERENCE_MISSING, slice_cut(x->a, 0, CUT_BYTES), slice_cut(x->b, 0, CUT_BYTES));
		return;
	}
	enum media a = media_of(control->content_type), b = media_of(candidate->content_type);
	bool named = a != MEDIA_NONE && b != MEDIA_NONE;
	if (a == MEDIA_BYTES && named && !slice_eq_nocase(media_name(control->content_type), media_name(candidate->content_type)))
		return; /* a picture of another kind: header:content-type has said so */
	if (a != b) {
		a = a == MEDIA_NONE ? media_beside(x->a) : a;
		b = b == MEDIA_NONE ? media_beside(x->b) : b;
	}
	if (a != b)
		return; /* header:content-type has said it */
	if (a != MEDIA_BYTES)
		without_marks(x);
	compare_as[a](c, x);
}

/* Bodies that cannot be decoded, or are too large: as they came. */
static void compare_as_came(struct comparer *c, const struct answer *control, const struct answer *candidate, enum fallback why)
{
	c->fallbacks[why]++;
	compare_bytes(c, &(struct bodies){ control->body, candidate->body, NULL });
}

/* 0 or why not. */
static int decode(struct comparer *c, const struct answer *a, struct buf *room, struct slice *body)
{
	*body = a->body;
	if (!a->coded || a->body.len == 0) /* none, though a coding is named: the answer to HEAD */
		return a->body.len > c->body_max ? ERR_LIMIT : 0;
	buf_clear(room);
	int r = c->decode(a->message, room);
	*body = buf_slice(room);
	return r;
}

static bool same_field(struct slice a, struct slice b, const char *name)
{
	return fields_value_equal(fields_find(a, name), fields_find(b, name), VALUE_NOCASE);
}

static bool same_coding(const struct answer *a, const struct answer *b)
{
	if (a->coded != b->coded)
		return false;
	return !a->coded || slice_eq(a->fields, b->fields) ||
	       (same_field(a->fields, b->fields, "content-encoding") && same_field(a->fields, b->fields, "transfer-encoding"));
}

/* RFC 9110 §6.4.1. */
static bool may_have_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

/* 0: both are there to be compared; SAME: no need to; or why not. */
enum { SAME = 1 };
static int read_bodies(struct comparer *c, const struct answer *control, const struct answer *candidate, struct bodies *x)
{
	if (!may_have_body(control->status) || (slice_eq(control->body, candidate->body) && same_coding(control, candidate)))
		return SAME;
	int r = decode(c, control, &c->decoded[0], &x->a);
	return r ? r : decode(c, candidate, &c->decoded[1], &x->b);
}

static void forget_bodies(struct comparer *c)
{
	for (unsigned i = 0; i < 2; i++)
		if (c->decoded[i].cap > KEEP_BYTES)
			buf_release(&c->decoded[i]);
}

bool compare_answers(struct comparer *c, const struct answer *control, const struct answer *candidate, const struct json_advice *advice,
                     struct difference_sink sink)
{
	c->out_of_memory = c->one_empty = false;
	if (control->message.len && slice_eq(control->message, candidate->message))
		return true;
	c->sink = sink;
	c->told = 0;
	if (control->status != candidate->status) {
		compare_status(c, control->status, candidate->status);
		return false;
	}
	struct bodies x = { .advice = advice };
	int r = read_bodies(c, control, candidate, &x);
	c->one_empty = r == 0 && (x.a.len == 0) != (x.b.len == 0);
	if (!slice_eq(control->fields, candidate->fields))
		headers_compare(control->fields, candidate->fields, counting(c));
	if (r == 0)
		compare_decoded(c, control, candidate, &x);
	else if (r == ERR_NOMEM)
		c->out_of_memory = true;
	else if (r != SAME)
		compare_as_came(c, control, candidate, r == ERR_LIMIT ? FALLBACK_LIMIT : FALLBACK_CODING);
	forget_bodies(c);
	return c->told == 0 && !c->out_of_memory;
}
