/* differ_again: --diff-confirm: requests whose answers differed, sent so many times more to all targets. See differ.h. */
#include "output/differ_inner.h"

#define AGAIN_ORDINAL 0xf0000000u /* of requests sent once more: no recorded connection has so many */

/* RFC 9110 §9.2.1. */
static bool safe_method(struct slice method)
{
	return slice_eq(method, slice_str("GET")) || slice_eq(method, slice_str("HEAD")) || slice_eq(method, slice_str("OPTIONS"));
}

static void next_round(struct differ_part *p, struct waiting *w)
{
	for (int s = 0; s < SIDES; s++) {
		struct part_answer *a = &w->side[s];
		a->asked = a->done = a->never = false;
		a->failed = NULL;
		buf_clear(&a->copy);
		if (p->o->asked[s])
			list_append(&p->again[s], &a->again);
	}
}

/* In the lane of the first one, under an id of its own. */
static struct message *copy_request(struct differ_part *p, const struct message *m)
{
	struct message *copy = message_new(MESSAGE_REQUEST, m->data.len);
	if (!copy || buf_append(&copy->data, message_bytes(m)) != 0) {
		message_unref(copy);
		return NULL;
	}
	copy->id = message_id_make(message_lane(&m->id), AGAIN_ORDINAL + p->confirmed++);
	copy->ts_ns = m->ts_ns;
	copy->src = m->src;
	copy->dst = m->dst;
	return copy;
}

void differ_confirm(struct differ_part *p, const struct waiting *w, const struct book_exchange *x)
{
	uint32_t number;
	if (!p->o->confirm || p->stopped || !safe_method(x->method) || !book_wants_confirmation(p->book, (unsigned)p->o->confirm, &number))
		return;
	struct message *request = copy_request(p, w->request);
	struct waiting *again = request ? waiting_new(request) : NULL;
	message_unref(request);
	if (!again || differ_enter(p, again, differ_hash_of(p, &again->id)) != 0) {
		if (again)
			waiting_free(p, again);
		return; /* it stays unconfirmed */
	}
	again->recorded = w->recorded ? message_ref(w->recorded) : NULL;
	again->number = number;
	again->rounds = (unsigned)p->o->confirm;
	list_append(&p->confirming, &again->by_age);
	next_round(p, again);
}

/* No further round: a target is not asked any more, or takes the whole time-out each time, or there is nothing to compare with. */
static bool hopeless(const struct waiting *w)
{
	for (int s = 0; s < SIDES; s++)
		if (w->side[s].never || w->side[s].failed == target_table.rows[TARGET_FAILED_TIMEOUT].text)
			return true;
	return w->side[SIDE_CONTROL].failed;
}

void differ_settle_round(struct differ_part *p, struct waiting *w)
{
	char id[MESSAGE_ID_MAX + 1];
	struct book_exchange x, none = { .id = NULL };
	bool whole = differ_exchange_of(p, w, id, &x);
	if (whole)
		book_repeat(p->book, w->number, &x);
	if (--w->rounds > 0 && whole && !p->stopped && !hopeless(w)) {
		next_round(p, w);
		return;
	}
	if (w->rounds > 0)
		book_repeat(p->book, w->number, &none); /* ends it, if that one has not */
	differ_leave(p, w);
}

bool differ_again(const struct differ_part *p, enum differ_side side)
{
	return !list_empty(&p->again[side]);
}

struct message *differ_again_take(struct differ_part *p, enum differ_side side)
{
	struct list *first = list_first(&p->again[side]);
	if (!first)
		return NULL;
	list_remove(first);
	const struct part_answer *a = LIST_ENTRY(first, struct part_answer, again);
	return message_ref(LIST_ENTRY(a - side, struct waiting, side)->request);
}

void differ_again_refused(struct differ_part *p, enum differ_side side, const struct message *m)
{
	struct waiting *w = map_find(&p->by_id, differ_hash_of(p, &m->id), &m->id);
	if (w)
		list_append(&p->again[side], &w->side[side].again);
}

static bool under_way_anywhere(const struct waiting *w)
{
	for (int s = 0; s < SIDES; s++)
		if (w->side[s].asked)
			return true;
	return false;
}

void differ_stop_confirming(struct differ_part *p)
{
	const struct book_exchange none = { .id = NULL };
	p->stopped = true;
	for (struct list *at = p->confirming.next, *next; at != &p->confirming; at = next) {
		struct waiting *w = LIST_ENTRY(at, struct waiting, by_age);
		next = at->next;
		if (under_way_anywhere(w))
			continue; /* this round is its last */
		book_repeat(p->book, w->number, &none);
		differ_leave(p, w);
	}
}

bool differ_busy(const struct differ_part *p)
{
	return !list_empty(&p->confirming);
}
