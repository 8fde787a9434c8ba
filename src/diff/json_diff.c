/* json_diff: down two trees at once, pair by pair. */
#include "diff/json_diff.h"

#include "diff/json_align.h"
#include "diff/json_hash.h"
#include "diff/json_path.h"
#include "diff/number.h"

#include <stdlib.h>

#define TOLD_MAX  10000 /* in one comparison */
#define TOLD_EACH 64    /* of one path and kind, so that many of one leave room for others */
#define SEEN_CAP  16384 /* a power of two, above TOLD_MAX */

/* A path and kind that was told; free where the comparison is another one. */
struct seen {
	uint64_t hash;
	uint32_t comparison, count;
};

struct json_differ {
	struct json_tree a, b;
	struct json_aligner align;
	struct json_path path;
	struct seen *seen;
	uint32_t comparison;
	/* Of the comparison under way. */
	const struct json_advice *advice;
	struct difference_sink sink;
	unsigned told;
};

struct json_differ *json_differ_new(void)
{
	struct json_differ *d = calloc(1, sizeof *d);
	struct seen *seen = calloc(SEEN_CAP, sizeof *seen);
	if (!d || !seen) {
		free(d);
		free(seen);
		return NULL;
	}
	d->seen = seen;
	json_tree_init(&d->a);
	json_tree_init(&d->b);
	json_aligner_init(&d->align);
	return d;
}

void json_differ_free(struct json_differ *d)
{
	if (!d)
		return;
	json_tree_release(&d->a);
	json_tree_release(&d->b);
	json_aligner_release(&d->align);
	free(d->seen);
	free(d);
}

/* --- telling ------------------------------------------------------------------------------------------------------- */

static uint64_t hash_path(struct slice path, enum difference_kind kind)
{
	uint64_t h = JSON_HASH_STRING + kind;
	size_t i = 0;
	for (; i + 8 <= path.len; i += 8)
		h = json_hash_word(h, json_hash_load(path.ptr + i));
	return json_hash_tail(h, json_hash_load_some(path.ptr + i, path.len - i), path.len);
}

/* Was this path and kind told often enough? Counts. */
static bool told_enough(struct json_differ *d, uint64_t hash)
{
	size_t i = (size_t)hash & (SEEN_CAP - 1);
	while (d->seen[i].comparison == d->comparison && d->seen[i].hash != hash)
		i = (i + 1) & (SEEN_CAP - 1);
	struct seen *s = &d->seen[i];
	if (s->comparison != d->comparison)
		*s = (struct seen){ .hash = hash, .comparison = d->comparison };
	return s->count == TOLD_EACH || (s->count++, false);
}

static void tell(struct json_differ *d, enum difference_kind kind, struct slice control, struct slice candidate)
{
	struct difference it = { .path = json_path_text(&d->path), .kind = kind, .control = control, .candidate = candidate };
	if (d->told == TOLD_MAX || told_enough(d, hash_path(it.path, kind)))
		return;
	d->told++;
	d->sink.differs(d->sink.arg, &it);
}

/* By the advice it is none. */
static void let_pass(struct json_differ *d, enum difference_kind kind, struct slice control, struct slice candidate)
{
	if (!d->advice || !d->advice->let_pass)
		return;
	struct difference it = { .path = json_path_text(&d->path), .kind = kind, .control = control, .candidate = candidate };
	d->advice->let_pass(d->advice->arg, &it);
}

static struct path_advice ask(const struct json_differ *d)
{
	static const struct path_advice none;
	return d->advice && d->advice->advise ? d->advice->advise(d->advice->arg, json_path_text(&d->path)) : none;
}

static void tell_unpaired(struct json_differ *d, struct json_pair p)
{
	static const struct slice nothing;
	if (ask(d).skip)
		return;
	if (p.b == 0)
		tell(d, DIFFERENCE_MISSING, d->a.nodes[p.a].text, nothing);
	else
		tell(d, DIFFERENCE_EXTRA, nothing, d->b.nodes[p.b].text);
}

/* --- comparing ----------------------------------------------------------------------------------------------------- */

static int compare(struct json_differ *d, struct json_pair p);

static int compare_pair(struct json_differ *d, struct json_pair p)
{
	if (p.a && p.b)
		return compare(d, p);
	tell_unpaired(d, p);
	return 0;
}

static inline bool all_told(const struct json_differ *d)
{
	return d->told == TOLD_MAX;
}

static int compare_arrays(struct json_differ *d, struct json_pair p, bool any_order)
{
	size_t from = d->align.n;
	bool reordered;
	int rc = json_align_arrays(&d->align, p.a, p.b, any_order, &reordered);
	if (rc != 0)
		return rc;
	if (reordered)
		(any_order ? let_pass : tell)(d, DIFFERENCE_ORDER, d->a.nodes[p.a].text, d->b.nodes[p.b].text);
	struct json_path_mark mark = json_path_element(&d->path);
	for (size_t i = from, end = d->align.n; i < end && rc == 0 && !all_told(d); i++)
		rc = compare_pair(d, d->align.pairs[i]);
	json_path_back(&d->path, mark);
	d->align.n = from;
	return rc;
}

static int compare_objects(struct json_differ *d, struct json_pair p)
{
	size_t from = d->align.n;
	enum json_keys keys;
	int rc = json_align_objects(&d->align, p.a, p.b, &keys);
	for (size_t i = from, end = d->align.n; i < end && rc == 0 && !all_told(d); i++) {
		struct json_pair child = d->align.pairs[i];
		const struct json_node *a = &d->a.nodes[child.a], *b = &d->b.nodes[child.b], *named = child.a ? a : b;
		struct json_path_mark mark =
		        keys == JSON_KEYS_NAMES ? json_path_key(&d->path, named->key, named->key_escaped) : json_path_any_key(&d->path);
		if (keys == JSON_KEYS_RENAMED && child.a && child.b && !ask(d).skip)
			tell(d, DIFFERENCE_VALUE, a->key, b->key);
		rc = compare_pair(d, child);
		json_path_back(&d->path, mark);
	}
	d->align.n = from;
	return rc;
}

static inline uint8_t plain_type(const struct json_node *n)
{
	return n->type == JSON_TREE_FALSE ? JSON_TREE_TRUE : n->type;
}

static bool same_scalar(const struct json_node *a, const struct json_node *b, double tolerance)
{
	if (a->type == JSON_TREE_NUMBER)
		return tolerance > 0 ? number_near(a->text, b->text, tolerance) : number_equal(a->text, b->text);
	if (a->type == JSON_TREE_STRING)
		return json_tree_text_equal(a->text, a->escaped, b->text, b->escaped);
	return a->type == b->type;
}

/* 41 and "41" read alike without the quotes, which stand on both sides of a string's text. */
static struct slice with_quotes(const struct json_node *n)
{
	return n->type == JSON_TREE_STRING ? slice_of(n->text.ptr - 1, n->text.len + 2) : n->text;
}

/* Recursion no deeper than the trees. Equal hashes are no proof: what has them is compared too, unless its bytes are the same. */
static int compare(struct json_differ *d, struct json_pair p)
{
	const struct json_node *a = &d->a.nodes[p.a], *b = &d->b.nodes[p.b];
	if (json_same_bytes(a, b) && a->type == b->type)
		return 0;
	struct path_advice advice = ask(d);
	if (advice.skip)
		return 0;
	if (plain_type(a) != plain_type(b)) {
		tell(d, DIFFERENCE_TYPE, with_quotes(a), with_quotes(b));
		return 0;
	}
	if (a->type == JSON_TREE_OBJECT)
		return compare_objects(d, p);
	if (a->type == JSON_TREE_ARRAY)
		return compare_arrays(d, p, advice.any_order);
	if (!same_scalar(a, b, advice.tolerance))
		tell(d, DIFFERENCE_VALUE, a->text, b->text);
	else if (advice.tolerance > 0 && !same_scalar(a, b, 0))
		let_pass(d, DIFFERENCE_VALUE, a->text, b->text);
	return 0;
}

/* --- from outside -------------------------------------------------------------------------------------------------- */

static int parse(struct json_tree *t, struct slice text, bool lines, int side, const char **why)
{
	int rc = lines ? json_tree_parse_lines(t, text) : json_tree_parse(t, text);
	if (rc != 0)
		*why = json_fault_text[t->fault][side];
	return rc;
}

static bool has_bom(struct slice s)
{
	return slice_starts(s, slice_str("\xef\xbb\xbf"));
}

int json_differ_compare(struct json_differ *d, struct slice control, struct slice candidate, bool lines, const struct json_advice *advice,
                        struct difference_sink sink, const char **why)
{
	*why = NULL;
	if (slice_eq(control, candidate))
		return 0;
	/* RFC 8259 §8.1 lets a reader ignore it; when only one side has it, that is a difference, and not one of structure. */
	if (has_bom(control) && has_bom(candidate)) {
		control = slice_from(control, 3);
		candidate = slice_from(candidate, 3);
	}
	int rc = parse(&d->a, control, lines, 1, why);
	if (rc == 0)
		rc = parse(&d->b, candidate, lines, 2, why);
	if (rc != 0)
		return rc;
	d->advice = advice;
	d->sink = sink;
	d->told = 0;
	if (++d->comparison == 0) {
		memset(d->seen, 0, SEEN_CAP * sizeof *d->seen);
		d->comparison = 1;
	}
	json_aligner_begin(&d->align, &d->a, &d->b);
	json_path_init(&d->path);
	rc = compare(d, (struct json_pair){ 0, 0 });
	if (rc != 0)
		*why = json_fault_text[JSON_FAULT_MEMORY][0];
	return rc;
}
