/* book_confirm: each exchange that is sent again is a number, the keys it differed by, and how often each of them came back. */
#include "diff/book_inner.h"

#include <stdlib.h>

static bool worth_asking(const struct book *b, const struct touched *t)
{
	return book_tells_of(b, t->key) && t->candidate && !t->second && t->key->kind != DIFFERENCE_EXPECT && t->key->asked < BOOK_ASKED;
}

static struct pending *free_pending(struct book *b)
{
	for (uint32_t i = 0; i < b->pending_count; i++) {
		uint32_t at = (b->pending_free + i) % b->pending_count;
		if (!b->pending[at].used) {
			b->pending_free = at + 1;
			return &b->pending[at];
		}
	}
	if (b->pending_count == BOOK_PENDING)
		return NULL;
	uint32_t n = b->pending_count ? b->pending_count * 2 : 16;
	struct pending *more = realloc(b->pending, n * sizeof *more);
	if (!more)
		return NULL;
	memset(more + b->pending_count, 0, (n - b->pending_count) * sizeof *more);
	b->pending = more;
	b->pending_free = b->pending_count;
	b->pending_count = n;
	return &b->pending[b->pending_free++];
}

static void pending_end(struct pending *p)
{
	free(p->keys);
	free(p->came);
	*p = (struct pending){ 0 };
}

bool book_wants_confirmation(struct book *b, unsigned rounds, uint32_t *number)
{
	uint32_t n = 0;
	if (b->last != EXCHANGE_DIFFERENT || rounds == 0)
		return false;
	for (uint32_t i = 0; i < b->touched_count; i++)
		n += worth_asking(b, &b->touched[i]);
	struct pending *p = n ? free_pending(b) : NULL;
	if (!p)
		return false;
	p->keys = calloc(n, sizeof *p->keys);
	p->came = calloc(2 * (size_t)n, sizeof *p->came);
	p->judged = p->came ? p->came + n : NULL;
	if (!p->keys || !p->came) {
		pending_end(p);
		b->let_go++;
		return false;
	}
	for (uint32_t i = 0; i < b->touched_count; i++) {
		if (!worth_asking(b, &b->touched[i]))
			continue;
		p->keys[p->n++] = b->touched[i].key;
		b->touched[i].key->asked++;
	}
	p->used = true;
	p->endpoint = b->last_endpoint;
	p->rounds = rounds;
	*number = (uint32_t)(p - b->pending);
	return true;
}

/* Flaky is what failed to come back once, however many rounds there were; confirmed only what came back in all that were asked for. */
static void settle(struct pending *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		p->keys[i]->flaky += p->came[i] < p->judged[i];
		p->keys[i]->confirmed += p->came[i] == p->rounds;
	}
	pending_end(p);
}

static bool answered(const struct book *b, const struct book_exchange *x)
{
	return x->control.there && (x->candidate.there || x->candidate.failed) && (!b->second || x->second.there || x->second.failed);
}

void book_repeat(struct book *b, uint32_t number, const struct book_exchange *again)
{
	struct pending *p = number < b->pending_count ? &b->pending[number] : NULL;
	bool measured;
	if (!p || !p->used)
		return;
	b->last = EXCHANGE_NOT_COMPARABLE;
	if (!answered(b, again) || book_touch(b, p->endpoint, again, true, &measured) != 0) {
		settle(p);
		return;
	}
	p->done++;
	for (uint32_t i = 0; i < p->n; i++) {
		struct key_book *k = p->keys[i];
		if (!book_tells_of(b, k))
			continue;
		bool came = k->turn == b->turn && b->touched[k->at].candidate && !b->touched[k->at].second;
		p->judged[i]++;
		p->came[i] += came;
		k->rounds++;
		k->rounds_came += came;
	}
	if (p->done == p->rounds)
		settle(p);
}

void book_pending_free(struct book *b)
{
	for (uint32_t i = 0; i < b->pending_count; i++)
		pending_end(&b->pending[i]);
	free(b->pending);
	b->pending = NULL;
	b->pending_count = 0;
}
