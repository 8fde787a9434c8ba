/* book_merge: another book's endpoints and keys found or made here first, all that can fail; then their counts added and their examples drawn together. */
#include "diff/book_inner.h"

#include <stdlib.h>

/* What the other book's things are called here, by their numbers there. */
struct names {
	struct endpoint_book **endpoints;
	struct key_book **keys;
	uint32_t *sets;
	uint32_t *scratch;
};

static int name_all(struct book *into, const struct book *from, struct names *n)
{
	for (size_t i = 0; i < from->endpoint_count; i++) {
		const struct endpoint_book *e = from->ordered[i];
		struct endpoint_book *here =
		        e == from->other ? book_other_endpoint(into) : book_endpoint(into, endpoint_method(e), endpoint_folded(e));
		if (!here || (e->checked && !here->checked && !(here->checked = calloc(BOOK_EXPECTS, sizeof *here->checked))))
			return ERR_NOMEM;
		n->endpoints[i] = here;
	}
	for (size_t i = 0; i < from->key_count; i++) {
		const struct key_book *k = from->keys[i];
		struct endpoint_book *e = n->endpoints[k->endpoint->at];
		struct slice path = slice_of(k->path, k->path_len);
		n->keys[i] = k == k->endpoint->other ? book_other_key(into, e) : book_key(into, e, path, k->kind);
		if (!n->keys[i])
			return ERR_NOMEM;
	}
	return 0;
}

static void merge_endpoint(struct book *b, struct endpoint_book *into, struct endpoint_book *from)
{
	into->compared += from->compared;
	into->same += from->same;
	into->noise += from->noise;
	into->not_comparable += from->not_comparable;
	into->beyond += from->beyond;
	into->measured += from->measured;
	into->expects_seen |= from->expects_seen;
	for (size_t i = 0; from->checked && i < BOOK_EXPECTS; i++)
		into->checked[i] += from->checked[i];
	reservoir_merge(b, &into->slow, &from->slow);
	if (!into->latency) {
		into->latency = from->latency;
		from->latency = NULL;
	} else if (from->latency) {
		hist_merge(&into->latency->control, &from->latency->control);
		hist_merge(&into->latency->candidate, &from->latency->candidate);
		hist_merge(&into->latency->ratio, &from->latency->ratio);
		hist_merge(&into->latency->noise_ratio, &from->latency->noise_ratio);
		hist_merge(&into->latency->more, &from->latency->more);
		hist_merge(&into->latency->noise_more, &from->latency->noise_more);
	}
}

static void merge_key(struct book *b, struct key_book *into, struct key_book *from)
{
	into->differ += from->differ;
	into->noise += from->noise;
	into->only_candidate += from->only_candidate;
	into->only_control += from->only_control;
	into->both += from->both;
	into->control_odd += from->control_odd;
	into->confirmed += from->confirmed;
	into->flaky += from->flaky;
	into->asked += from->asked;
	into->rounds += from->rounds;
	into->rounds_came += from->rounds_came;
	into->forms &= from->forms;
	uint32_t before = into->blocks.count;
	b->let_go += !blocks_merge(&into->blocks, &from->blocks);
	b->block_count += into->blocks.count;
	b->block_count -= before;
	reservoir_merge(b, &into->examples, &from->examples);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

/* Several keys may be one here, where they went beyond the limits. */
static uint32_t translate(const struct key_set *s, const struct names *n)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < s->n; i++)
		n->scratch[i] = n->keys[s->keys[i]]->number;
	qsort(n->scratch, s->n, sizeof *n->scratch, by_number);
	for (uint32_t i = 0; i < s->n; i++)
		if (count == 0 || n->scratch[count - 1] != n->scratch[i])
			n->scratch[count++] = n->scratch[i];
	return count;
}

static void merge_sets(struct book *into, const struct book *from, const struct names *n)
{
	for (size_t i = 0; i < from->sets.count; i++) {
		const struct key_set *s = from->sets.all[i];
		uint32_t count = translate(s, n);
		n->sets[i] = sets_add(into, n->endpoints[s->endpoint->at], n->scratch, count, s->count);
	}
}

static void merge_hidden(struct hidden_count *into, struct hidden_count *from)
{
	if (into->exchanges == 0) {
		free(into->endpoint);
		free(into->path);
		*into = *from;
		*from = (struct hidden_count){ 0 };
		return;
	}
	into->exchanges += from->exchanges;
}

static void strip(struct book *b, struct reservoir *r)
{
	for (unsigned i = 0; i < r->count && b->kept_bytes > BOOK_KEPT_BYTES; i++) {
		struct verdict_exchange *x = exchange_ref(r->kept[i].exchange);
		if (!x)
			continue;
		b->kept_bytes -= exchange_bytes(x);
		exchange_strip(x);
		b->let_go++;
		verdict_exchange_unref(x);
	}
}

/* Two books may hold more than one may: what shows noise goes first. */
static void keep_within(struct book *b)
{
	for (int surely = 0; surely < 2; surely++)
		for (size_t i = b->key_count; i-- > 0;)
			if (b->keys[i]->examples.surely == surely)
				strip(b, &b->keys[i]->examples);
	for (size_t i = 0; i < b->endpoint_count; i++)
		strip(b, &b->ordered[i]->slow);
}

static void add_all(struct book *into, struct book *from, const struct names *n)
{
	const uint64_t *fallbacks = comparer_fallbacks(from->comparer);
	into->kept_bytes += from->kept_bytes;
	from->kept_bytes = 0;
	for (size_t i = 0; i < from->endpoint_count; i++)
		merge_endpoint(into, n->endpoints[i], from->ordered[i]);
	for (size_t i = 0; i < from->key_count; i++)
		merge_key(into, n->keys[i], from->keys[i]);
	merge_sets(into, from, n);
	for (size_t i = 0; i <= into->hidden_count && i <= from->hidden_count; i++)
		merge_hidden(&into->hidden[i], &from->hidden[i]);
	into->seen += from->seen;
	into->compared += from->compared;
	into->let_go += from->let_go;
	for (size_t i = 0; i < NC_CAUSES; i++)
		into->causes[i] += from->causes[i];
	for (size_t i = 0; i < FALLBACKS; i++)
		into->fallbacks[i] += fallbacks[i] + from->fallbacks[i];
	into->let_go += !series_merge(&into->series, &from->series, n->sets);
	keep_within(into);
}

int book_merge(struct book *into, struct book *from)
{
	struct names n = {
		.endpoints = calloc(from->endpoint_count + 1, sizeof *n.endpoints),
		.keys = calloc(from->key_count + 1, sizeof *n.keys),
		.sets = calloc(from->sets.count + 1, sizeof *n.sets),
		.scratch = calloc(from->key_count + 1, sizeof *n.scratch),
	};
	int rc = n.endpoints && n.keys && n.sets && n.scratch ? name_all(into, from, &n) : ERR_NOMEM;
	if (rc == 0)
		add_all(into, from, &n);
	free(n.endpoints);
	free(n.keys);
	free(n.sets);
	free(n.scratch);
	return rc;
}
