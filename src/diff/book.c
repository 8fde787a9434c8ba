/* book: an exchange is compared, then counted, whole or not at all: memory that runs out between leaves the counts as they were. */
#include "diff/book_inner.h"

#include <stdlib.h>

#define BODY_MAX (64u << 20)

static char *copy_name(const char *name)
{
	return name ? slice_copy(slice_str(name)) : NULL;
}

/* What --diff-ignore and rules files say comes behind what is built in. */
static void look_at_rules(struct book *b)
{
	size_t n = b->options.rules ? rules_count(b->options.rules) : 0;
	while (n && strcmp(rules_where(b->options.rules, (int)n - 1), "built in") != 0)
		n--;
	b->own_rules = (int)n;
	b->by_path = b->options.expect || (b->options.rules && n < rules_count(b->options.rules));
}

struct book *book_new(const struct book_options *options, struct err *err)
{
	struct book *b = calloc(1, sizeof *b);
	if (!b) {
		err_set(err, ERR_NOMEM, "out of memory for the comparison");
		return NULL;
	}
	b->options = *options;
	b->key = hash_key_random();
	b->control = copy_name(options->control);
	b->candidate = copy_name(options->candidate);
	b->second = copy_name(options->second);
	b->comparer = comparer_new(options->decode, BODY_MAX);
	json_tree_init(&b->tree);
	buf_init(&b->decoded, BODY_MAX);
	look_at_rules(b);
	b->hidden_count = options->rules ? rules_count(options->rules) : 0;
	b->hidden = calloc(b->hidden_count + 1, sizeof *b->hidden);
	bool whole = b->comparer && b->hidden && (b->control || !options->control) && (b->candidate || !options->candidate) &&
	             (b->second || !options->second);
	if (whole)
		return b;
	book_free(b);
	err_set(err, ERR_NOMEM, "out of memory for the comparison");
	return NULL;
}

void book_free(struct book *b)
{
	if (!b)
		return;
	book_forget(b);
	book_pending_free(b);
	for (size_t i = 0; i < b->key_count; i++) {
		reservoir_free(&b->keys[i]->examples);
		blocks_free(&b->keys[i]->blocks);
		free(b->keys[i]->path);
		free(b->keys[i]);
	}
	for (size_t i = 0; i < b->endpoint_count; i++)
		book_endpoint_free(b->ordered[i]);
	for (size_t i = 0; b->hidden && i <= b->hidden_count; i++) {
		free(b->hidden[i].endpoint);
		free(b->hidden[i].path);
	}
	for (size_t i = 0; i < PATH_RULES; i++)
		endpoint_rules_free(b->path_rules[i].rules);
	sets_free(&b->sets);
	series_free(&b->series);
	map_release(&b->endpoints);
	comparer_free(b->comparer);
	json_tree_release(&b->tree);
	buf_release(&b->decoded);
	free(b->keys);
	free(b->ordered);
	free(b->hidden);
	free(b->touched);
	free(b->set);
	free(b->control);
	free(b->candidate);
	free(b->second);
	free(b);
}

/* --- counting ----------------------------------------------------------------------------------------------------------------------- */

static void count_block(struct book *b, struct key_book *k, int64_t at_ns, enum block_side side)
{
	uint32_t before = k->blocks.count;
	if (!blocks_add(&k->blocks, at_ns, side, b->block_count < BOOK_BLOCKS ? BLOCKS_MANY : BLOCKS_FEW))
		b->let_go++;
	b->block_count += k->blocks.count;
	b->block_count -= before;
}

/* at_ns: when the candidate was asked. measured: the controls were compared as far as that key. */
static void count_key(struct book *b, struct touched *t, int64_t at_ns, bool measured)
{
	struct key_book *k = t->key;
	k->differ += t->candidate;
	k->noise += t->second;
	if (!measured || !(t->candidate || t->second))
		return;
	if (t->candidate && t->second) {
		bool presence = k->kind == DIFFERENCE_MISSING || k->kind == DIFFERENCE_EXTRA;
		bool alike = presence || t->candidate_sum == t->second_sum;
		k->both++;
		k->control_odd += alike;
		if (alike)
			count_block(b, k, at_ns, BLOCK_ODD);
		return;
	}
	k->only_candidate += t->candidate;
	k->only_control += t->second;
	count_block(b, k, at_ns, t->candidate ? BLOCK_CANDIDATE : BLOCK_CONTROL);
}

static void keep_examples(struct book *b, const struct book_exchange *x)
{
	bool wanted = false, surely = false;
	for (uint32_t i = 0; i < b->touched_count; i++) {
		wanted |= b->touched[i].slot >= 0;
		surely |= b->touched[i].slot >= 0 && !b->touched[i].second;
	}
	if (!wanted)
		return;
	/* What the controls differ by too may fill a quarter: there is room left for what is news. */
	struct verdict_exchange *kept = exchange_keep(b, x, surely ? BOOK_KEPT_BYTES : BOOK_KEPT_BYTES / 4);
	for (uint32_t i = 0; kept && i < b->touched_count; i++) {
		struct touched *t = &b->touched[i];
		if (t->slot < 0)
			continue;
		struct verdict_example example = { exchange_ref(kept), t->control_value, t->candidate_value };
		reservoir_put(b, &t->key->examples, t->slot, example);
		t->control_value = t->candidate_value = NULL;
	}
	if (kept)
		verdict_exchange_unref(kept);
	else
		b->let_go++;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static bool room_for_set(struct book *b)
{
	if (b->touched_count <= b->set_cap)
		return true;
	uint32_t *more = realloc(b->set, b->touched_cap * sizeof *more);
	if (!more)
		return false;
	b->set = more;
	b->set_cap = b->touched_cap;
	return true;
}

/* The keys by which the candidate differs though the controls agree, into b->set. */
static uint32_t gather_set(struct book *b)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < b->touched_count; i++)
		if (b->touched[i].candidate && !b->touched[i].second)
			b->set[n++] = b->touched[i].key->number;
	if (n > 1)
		qsort(b->set, n, sizeof *b->set, by_number);
	return n;
}

static void count_keys(struct book *b, const struct book_exchange *x, bool measured)
{
	for (uint32_t i = 0; i < b->touched_count; i++)
		count_key(b, &b->touched[i], x->candidate.sent_ns, measured && book_tells_of(b, b->touched[i].key));
	keep_examples(b, x);
}

static bool touched_by_candidate(const struct book *b)
{
	for (uint32_t i = 0; i < b->touched_count; i++)
		if (b->touched[i].candidate)
			return true;
	return false;
}

static enum exchange_verdict count_compared(struct book *b, struct endpoint_book *e, const struct book_exchange *x, bool measured)
{
	uint32_t n = gather_set(b), set = SERIES_SAME;
	enum exchange_verdict what = n ? EXCHANGE_DIFFERENT : b->hid || touched_by_candidate(b) ? EXCHANGE_NOISE : EXCHANGE_SAME;
	count_keys(b, x, measured);
	b->compared++;
	e->compared++;
	e->measured += measured;
	e->same += what == EXCHANGE_SAME;
	e->noise += what == EXCHANGE_NOISE;
	if (n)
		set = sets_add(b, e, b->set, n, 1);
	int64_t at_ns = x->candidate.sent_ns ? x->candidate.sent_ns : x->control.sent_ns;
	if (!series_add(&b->series, at_ns, latency_of(&x->control), latency_of(&x->candidate), set))
		b->let_go++;
	return what;
}

/* --- exchanges in ------------------------------------------------------------------------------------------------------------------- */

static void not_comparable(struct book *b, struct endpoint_book *e, enum not_comparable why)
{
	b->causes[why]++;
	if (e)
		e->not_comparable++;
}

void book_not_comparable(struct book *b, struct slice method, struct slice folded, enum not_comparable why)
{
	b->seen++;
	not_comparable(b, book_endpoint(b, method, folded), why);
}

/* Where there is no pair to compare: a candidate's answer alone can still break a contract. */
static enum exchange_verdict add_unpaired(struct book *b, struct endpoint_book *e, const struct book_exchange *x)
{
	bool control_asked = x->control.there || x->control.failed;
	book_forget(b);
	if (book_expect(b, e, x) != 0 || !room_for_set(b)) {
		not_comparable(b, e, NC_MEMORY);
		return EXCHANGE_NOT_COMPARABLE;
	}
	book_latency_count(b, e, x);
	if (!control_asked && b->expected)
		return count_compared(b, e, x, false);
	count_keys(b, x, false);
	not_comparable(b, e, x->control.failed ? NC_CONTROL_FAILED : control_asked ? NC_REQUEST_NOT_SENT : NC_NO_RECORDED);
	return EXCHANGE_NOT_COMPARABLE;
}

static enum exchange_verdict add_pair(struct book *b, struct endpoint_book *e, const struct book_exchange *x)
{
	bool measured;
	int rc = book_touch(b, e, x, false, &measured);
	if (rc == 0)
		rc = book_expect(b, e, x);
	if (rc || !room_for_set(b)) {
		not_comparable(b, e, NC_MEMORY);
		book_forget(b);
		return EXCHANGE_NOT_COMPARABLE;
	}
	book_latency_count(b, e, x);
	return count_compared(b, e, x, measured);
}

enum exchange_verdict book_add(struct book *b, const struct book_exchange *x)
{
	struct endpoint_book *e = book_endpoint(b, x->method, x->folded);
	b->seen++;
	b->last = EXCHANGE_NOT_COMPARABLE;
	b->last_endpoint = e;
	if (!e)
		not_comparable(b, NULL, NC_MEMORY);
	else if (x->control.there && (x->candidate.there || x->candidate.failed))
		b->last = add_pair(b, e, x);
	else
		b->last = add_unpaired(b, e, x);
	return b->last;
}
