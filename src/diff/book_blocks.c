/* book_blocks: a sorted array, since moments come nearly in order; two neighbours become one where it is full. */
#include "diff/book_blocks.h"

#include <stdlib.h>
#include <string.h>

#define DOUBLED_MAX 60

static void count(uint32_t *into, uint32_t n)
{
	*into = *into > UINT32_MAX - n ? UINT32_MAX : *into + n;
}

static void block_add(struct block *into, const struct block *from)
{
	count(&into->candidate, from->candidate);
	count(&into->control, from->control);
	count(&into->odd, from->odd);
}

static int64_t block_of(int64_t at_ns, unsigned doubled)
{
	int64_t at = at_ns / BLOCK_NS - (at_ns % BLOCK_NS < 0);
	return at >> doubled;
}

/* Of twice the length. */
static void coarsen(struct blocks *b)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < b->count; i++) {
		struct block next = b->all[i];
		next.at >>= 1;
		if (n && b->all[n - 1].at == next.at)
			block_add(&b->all[n - 1], &next);
		else
			b->all[n++] = next;
	}
	b->count = n;
	b->doubled++;
}

static bool grow(struct blocks *b)
{
	uint32_t cap = b->cap ? b->cap * 2 : 4;
	struct block *more = realloc(b->all, cap * sizeof *more);
	if (!more)
		return false;
	b->all = more;
	b->cap = cap;
	return true;
}

/* Where it is, or belongs: the first that does not lie before it. Sought from the end. */
static uint32_t place_of(const struct blocks *b, int64_t at)
{
	uint32_t i = b->count;
	for (unsigned steps = 0; i > 0 && b->all[i - 1].at >= at && steps < 8; steps++)
		i--;
	if (i == 0 || b->all[i - 1].at < at)
		return i;
	uint32_t low = 0;
	while (low < i) {
		uint32_t middle = low + (i - low) / 2;
		if (b->all[middle].at < at)
			low = middle + 1;
		else
			i = middle;
	}
	return low;
}

/* The block at that moment; NULL: no memory. */
static struct block *block_at(struct blocks *b, int64_t at_ns, uint32_t most)
{
	int64_t at = block_of(at_ns, b->doubled);
	uint32_t i = place_of(b, at);
	if (i < b->count && b->all[i].at == at)
		return &b->all[i];
	if (b->count >= most && b->doubled < DOUBLED_MAX) {
		while (b->count > most / 2 && b->doubled < DOUBLED_MAX)
			coarsen(b);
		return block_at(b, at_ns, most);
	}
	if (b->count == b->cap && !grow(b))
		return NULL;
	memmove(&b->all[i + 1], &b->all[i], (b->count - i) * sizeof *b->all);
	b->all[i] = (struct block){ .at = at };
	b->count++;
	return &b->all[i];
}

bool blocks_add(struct blocks *b, int64_t at_ns, enum block_side side, uint32_t most)
{
	if (at_ns == 0) {
		b->own_candidate += side == BLOCK_CANDIDATE;
		b->own_control += side == BLOCK_CONTROL;
		b->own_odd += side == BLOCK_ODD;
		return true;
	}
	struct block *at = block_at(b, at_ns, most);
	if (!at)
		return false;
	count(side == BLOCK_CANDIDATE ? &at->candidate : side == BLOCK_CONTROL ? &at->control : &at->odd, 1);
	return true;
}

/* Adds one that does not lie before the last. */
static void append(struct blocks *b, struct block next)
{
	if (b->count && b->all[b->count - 1].at == next.at)
		block_add(&b->all[b->count - 1], &next);
	else
		b->all[b->count++] = next;
}

bool blocks_merge(struct blocks *b, const struct blocks *other)
{
	b->own_candidate += other->own_candidate;
	b->own_control += other->own_control;
	b->own_odd += other->own_odd;
	if (other->count == 0)
		return true;
	while (b->doubled < other->doubled)
		coarsen(b);
	unsigned shift = b->doubled - other->doubled;
	struct blocks all = { .cap = b->count + other->count, .doubled = b->doubled };
	all.all = malloc(all.cap * sizeof *all.all);
	if (!all.all)
		return false;
	for (uint32_t i = 0, k = 0; i < b->count || k < other->count;) {
		bool mine = k == other->count || (i < b->count && b->all[i].at <= other->all[k].at >> shift);
		struct block next = mine ? b->all[i++] : other->all[k++];
		next.at >>= mine ? 0 : shift;
		append(&all, next);
	}
	while (all.count > BLOCKS_MANY && all.doubled < DOUBLED_MAX)
		coarsen(&all);
	free(b->all);
	b->all = all.all;
	b->count = all.count;
	b->cap = all.cap;
	b->doubled = all.doubled;
	return true;
}

void blocks_free(struct blocks *b)
{
	free(b->all);
	*b = (struct blocks){ 0 };
}

static void sum_block(const struct block *b, uint64_t each, struct block_sums *s)
{
	uint64_t n = (uint64_t)b->candidate + b->control, groups = n / each + (n % each != 0);
	s->odd += b->odd / each + (b->odd % each != 0);
	s->pairs += groups;
	if (groups <= 1) {
		s->candidate += b->candidate > b->control;
		s->control += b->control > b->candidate;
		return;
	}
	/* The candidate's part of them, rounded; a half goes to neither. Each factor is below 2^33. */
	double part = (double)b->candidate * (double)groups / (double)n;
	uint64_t whole = (uint64_t)part;
	double rest = part - (double)whole;
	bool tie = rest > 0.5 - 1e-9 && rest < 0.5 + 1e-9;
	uint64_t candidate = whole + (rest > 0.5 && !tie);
	s->candidate += candidate;
	s->control += groups - candidate - tie;
}

struct block_sums blocks_sum(const struct blocks *b, uint64_t each)
{
	struct block_sums s = {
		.candidate = b->own_candidate,
		.control = b->own_control,
		.odd = b->own_odd,
		.pairs = b->own_candidate + b->own_control,
	};
	each = each ? each : 1;
	for (uint32_t i = 0; i < b->count; i++)
		sum_block(&b->all[i], each, &s);
	return s;
}
