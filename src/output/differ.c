/* differ: see the header. */
#include "output/differ_inner.h"

#include <stdio.h>
#include <stdlib.h>

#define WAITING_BYTES ((size_t)256 << 20)
#define WAITING_MAX   (1u << 20)
#define FOLDED_BYTES  1024
#define SAME_ID_MAX   16

struct differ {
	struct differ_options o;
	unsigned n;
	struct differ_part *parts;
};

/* --- entries ---------------------------------------------------------------------------------------------------------------------------- */

static bool same_id(const void *entry, const void *key)
{
	return message_id_eq(&((const struct waiting *)entry)->id, key);
}

uint64_t differ_hash_of(const struct differ_part *p, const struct message_id *id)
{
	return hash_bytes(p->key, slice_of(id->hex, id->len));
}

static void hold(struct differ_part *p, struct waiting *w, size_t bytes)
{
	w->bytes += bytes;
	p->bytes += bytes;
}

struct waiting *waiting_new(struct message *request)
{
	struct waiting *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->id = request->id;
	w->request = message_ref(request);
	list_init(&w->by_age);
	for (int s = 0; s < SIDES; s++) {
		buf_init(&w->side[s].copy, SIZE_MAX);
		list_init(&w->side[s].again);
	}
	return w;
}

void waiting_free(struct differ_part *p, struct waiting *w)
{
	p->bytes -= w->bytes;
	list_remove(&w->by_age);
	for (int s = 0; s < SIDES; s++) {
		buf_release(&w->side[s].copy);
		list_remove(&w->side[s].again);
	}
	message_unref(w->request);
	message_unref(w->recorded);
	free(w);
}

int differ_enter(struct differ_part *p, struct waiting *w, uint64_t hash)
{
	struct waiting *first = map_find(&p->by_id, hash, &w->id);
	if (!first)
		return map_put(&p->by_id, hash, w);
	while (first->same_id)
		first = first->same_id;
	first->same_id = w;
	return 0;
}

void differ_leave(struct differ_part *p, struct waiting *w)
{
	uint64_t hash = differ_hash_of(p, &w->id);
	struct waiting *first = map_find(&p->by_id, hash, &w->id);
	if (first == w) {
		(void)map_remove(&p->by_id, hash, &w->id);
		if (w->same_id)
			(void)map_put(&p->by_id, hash, w->same_id); /* there is room: one has just left */
	} else {
		while (first && first->same_id != w)
			first = first->same_id;
		if (first)
			first->same_id = w->same_id;
	}
	waiting_free(p, w);
}

/* --- to the book ------------------------------------------------------------------------------------------------------------------------ */

static void count_out(struct differ_part *p, const struct message *request, enum not_comparable why)
{
	struct request_view v;
	if (view_request(p->o->names, message_bytes(request), &p->folded, &v))
		book_not_comparable(p->book, v.method, v.folded, why);
	else
		book_not_comparable(p->book, slice_str("?"), slice_str(""), why);
}

static void target_answer(const struct part_answer *a, struct book_answer *out)
{
	*out = (struct book_answer){ .failed = a->failed, .sent_ns = a->sent_ns, .latency_ns = a->latency_ns };
	if (!a->done || a->failed)
		return;
	out->there = view_answer(a->bytes, &out->answer);
	if (!out->there)
		out->failed = "an answer without a head";
}

bool differ_exchange_of(struct differ_part *p, const struct waiting *w, char id[MESSAGE_ID_MAX + 1], struct book_exchange *x)
{
	struct request_view v;
	if (!view_request(p->o->names, message_bytes(w->request), &p->folded, &v))
		return false;
	(void)snprintf(id, MESSAGE_ID_MAX + 1, "%.*s", w->id.len, w->id.hex);
	*x = (struct book_exchange){
		.id = id, .request = message_bytes(w->request), .method = v.method, .path = v.path, .folded = v.folded
	};
	target_answer(&w->side[SIDE_CANDIDATE], &x->candidate);
	target_answer(&w->side[SIDE_SECOND], &x->second);
	if (p->o->asked[SIDE_CONTROL])
		target_answer(&w->side[SIDE_CONTROL], &x->control);
	else
		view_kept_answer(w->request, w->recorded, &x->control);
	return true;
}

/* --- settled ---------------------------------------------------------------------------------------------------------------------------- */

static bool complete(const struct differ_part *p, const struct waiting *w)
{
	for (int s = 0; s < SIDES; s++)
		if (p->o->asked[s] && !w->side[s].done && !w->side[s].never)
			return false;
	return p->o->asked[SIDE_CONTROL] || w->recorded || w->unrecorded || w->side[SIDE_CANDIDATE].never;
}

/* NC_CAUSES: it can be compared. */
static enum not_comparable hindrance(const struct differ_part *p, const struct waiting *w)
{
	for (int s = 0; s < SIDES; s++)
		if (w->side[s].never)
			return w->side[s].why;
	for (int s = 0; s < SIDES; s++)
		if (p->o->asked[s] && !w->side[s].done)
			return NC_NOT_FINISHED;
	if (p->o->asked[SIDE_CONTROL])
		return NC_CAUSES;
	if (!w->recorded)
		return NC_NO_RECORDED;
	return w->recorded->flags ? NC_INCOMPLETE_RECORDED : NC_CAUSES;
}

/* It waits no longer. An answer that has nothing to be compared with can still break a contract (--expect). */
static void give_up(struct differ_part *p, struct waiting *w, enum not_comparable unless)
{
	char id[MESSAGE_ID_MAX + 1];
	struct book_exchange x;
	enum not_comparable why = hindrance(p, w);
	if (why == NC_NO_RECORDED && p->o->book.expect && differ_exchange_of(p, w, id, &x))
		(void)book_add(p->book, &x);
	else
		count_out(p, w->request, why == NC_NO_RECORDED || unless == NC_CAUSES ? why : unless);
	differ_leave(p, w);
}

static void settle(struct differ_part *p, struct waiting *w)
{
	if (w->rounds) {
		differ_settle_round(p, w);
		return;
	}
	char id[MESSAGE_ID_MAX + 1];
	struct book_exchange x;
	enum not_comparable why = hindrance(p, w);
	if (why == NC_NO_RECORDED) {
		give_up(p, w, why);
		return;
	}
	if (why != NC_CAUSES)
		count_out(p, w->request, why);
	else if (!differ_exchange_of(p, w, id, &x))
		count_out(p, w->request, NC_MEMORY);
	else if (book_add(p->book, &x) == EXCHANGE_DIFFERENT)
		differ_confirm(p, w, &x);
	differ_leave(p, w);
}

static void let_go_oldest(struct differ_part *p)
{
	size_t limit = p->o->waiting_bytes ? p->o->waiting_bytes : WAITING_BYTES;
	while (p->bytes > limit && !list_empty(&p->by_age))
		give_up(p, LIST_ENTRY(list_first(&p->by_age), struct waiting, by_age), NC_LET_GO);
}

/* --- what comes in ---------------------------------------------------------------------------------------------------------------------- */

/* Of a file that is read again and again, and lacks the answer: those of passes long past do not wait for it. (Few passes, if several files hold the id.) */
static void without_record(struct differ_part *p, struct waiting *first)
{
	size_t n = 0;
	for (struct waiting *w = first; w; w = w->same_id)
		n++;
	for (struct waiting *w = first, *next; n > SAME_ID_MAX; w = next, n--) {
		next = w->same_id;
		w->unrecorded = !w->recorded;
		if (w->unrecorded && complete(p, w))
			settle(p, w);
	}
}

/* The first of that id that this side has not been asked yet; made where there is none. NULL: out of memory, counted. */
static struct waiting *to_ask(struct differ_part *p, enum differ_side side, struct message *request)
{
	uint64_t hash = differ_hash_of(p, &request->id);
	for (struct waiting *w = map_find(&p->by_id, hash, &request->id); w; w = w->same_id)
		if (!w->side[side].asked && !w->side[side].never)
			return w;
	if (!p->o->asked[SIDE_CONTROL])
		without_record(p, map_find(&p->by_id, hash, &request->id));
	struct waiting *w = waiting_new(request);
	if (!w || differ_enter(p, w, hash) != 0) {
		if (w)
			waiting_free(p, w);
		if (side == SIDE_CANDIDATE)
			count_out(p, request, NC_MEMORY);
		return NULL;
	}
	list_append(&p->by_age, &w->by_age);
	hold(p, w, sizeof *w + sizeof *request + request->data.cap);
	return w;
}

void differ_asked(struct differ_part *p, enum differ_side side, struct message *request)
{
	struct waiting *w = to_ask(p, side, request);
	if (w)
		w->side[side].asked = true;
}

/* The first of that id that this side is asked and has not answered. */
static struct waiting *under_way(const struct differ_part *p, enum differ_side side, const struct message_id *id)
{
	struct waiting *w = map_find(&p->by_id, differ_hash_of(p, id), id);
	while (w && (!w->side[side].asked || w->side[side].done))
		w = w->same_id;
	return w;
}

void differ_withdrawn(struct differ_part *p, enum differ_side side, const struct message *request)
{
	struct waiting *w = under_way(p, side, &request->id);
	if (w)
		w->side[side].asked = false;
}

void differ_not_asked(struct differ_part *p, enum differ_side side, struct message *request)
{
	struct waiting *w = to_ask(p, side, request);
	if (!w)
		return;
	w->side[side].never = true;
	w->side[side].why = NC_REQUEST_NOT_SENT;
	if (complete(p, w))
		settle(p, w);
}

/* What says nothing of the target's answer: it did not get the request, or we gave up. */
static bool never_answers(enum target_row outcome, enum not_comparable *why)
{
	static const struct {
		enum target_row outcome;
		enum not_comparable why;
	} rows[] = {
		{ TARGET_UNFINISHED, NC_NOT_FINISHED },
		{ TARGET_NOT_TRIED, NC_REQUEST_NOT_SENT },
		{ TARGET_NOT_IN_VERSION, NC_REQUEST_NOT_SENT },
		{ TARGET_FAILED_MEMORY, NC_MEMORY },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		*why = rows[i].why;
		if (outcome == rows[i].outcome)
			return true;
	}
	return false;
}

void differ_answered(struct differ_part *p, enum differ_side side, const struct play_result *r, int64_t real_minus_mono_ns)
{
	struct waiting *w = under_way(p, side, &r->request->id);
	if (!w)
		return; /* let go */
	struct part_answer *a = &w->side[side];
	a->never = never_answers(r->outcome, &a->why);
	a->done = !a->never;
	a->failed = a->done && r->outcome != TARGET_ANSWERED ? target_table.rows[r->outcome].text : NULL;
	a->bytes = r->response;
	a->sent_ns = r->sent_ns ? r->sent_ns + real_minus_mono_ns : 0;
	a->latency_ns = r->outcome == TARGET_ANSWERED ? r->done_ns - r->sent_ns : -1;
	if (complete(p, w)) {
		settle(p, w);
		return;
	}
	if (buf_append(&a->copy, r->response) != 0)
		a->failed = "out of memory for the answer";
	a->bytes = buf_slice(&a->copy);
	hold(p, w, a->copy.cap);
	let_go_oldest(p);
}

/* An interim answer is a record of its own under the request's id; 101 ends the exchange. */
static bool interim(const struct message *response)
{
	struct answer a;
	return view_answer(message_bytes(response), &a) && a.status < 200 && a.status != 101;
}

void differ_recorded(struct differ_part *p, struct message *response)
{
	if (p->o->asked[SIDE_CONTROL])
		return;
	struct waiting *w = map_find(&p->by_id, differ_hash_of(p, &response->id), &response->id);
	while (w && (w->recorded || w->unrecorded))
		w = w->same_id;
	if (!w || interim(response))
		return;
	w->recorded = message_ref(response);
	hold(p, w, sizeof *response + response->data.cap);
	if (complete(p, w))
		settle(p, w);
	else
		let_go_oldest(p);
}

/* --- the whole -------------------------------------------------------------------------------------------------------------------------- */

static int part_init(struct differ_part *p, const struct differ_options *o, struct err *err)
{
	p->o = o;
	p->key = hash_key_random();
	map_init(&p->by_id, WAITING_MAX, same_id);
	list_init(&p->by_age);
	list_init(&p->confirming);
	for (int s = 0; s < SIDES; s++)
		list_init(&p->again[s]);
	buf_init(&p->folded, FOLDED_BYTES);
	p->book = book_new(&o->book, err);
	return p->book ? 0 : err->code;
}

struct differ *differ_new(const struct differ_options *options, unsigned parts, struct err *err)
{
	struct differ *d = calloc(1, sizeof *d);
	if (d)
		d->parts = calloc(parts, sizeof *d->parts);
	if (!d || !d->parts) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		differ_free(d);
		return NULL;
	}
	d->o = *options;
	d->o.asked[SIDE_CANDIDATE] = true;
	int rc = 0;
	while (d->n < parts && rc == 0)
		rc = part_init(&d->parts[d->n++], &d->o, err);
	if (rc == 0)
		return d;
	differ_free(d);
	return NULL;
}

static void drop_list(struct differ_part *p, struct list *all)
{
	while (!list_empty(all))
		differ_leave(p, LIST_ENTRY(list_first(all), struct waiting, by_age));
}

void differ_free(struct differ *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < d->n; i++) {
		struct differ_part *p = &d->parts[i];
		drop_list(p, &p->by_age);
		drop_list(p, &p->confirming);
		map_release(&p->by_id);
		buf_release(&p->folded);
		book_free(p->book);
	}
	free(d->parts);
	free(d);
}

struct differ_part *differ_part(struct differ *d, unsigned shard)
{
	return &d->parts[shard < d->n ? shard : 0];
}

enum differ_side differ_next_baseline(struct differ_part *p)
{
	for (enum differ_side s = SIDE_CONTROL + (enum differ_side)p->baselines; s < SIDES; s++) {
		p->baselines++;
		if (p->o->asked[s])
			return s;
	}
	return SIDES;
}

struct verdict *differ_verdict(struct differ *d, struct err *err)
{
	for (unsigned i = 0; i < d->n; i++) {
		struct differ_part *p = &d->parts[i];
		while (!list_empty(&p->by_age)) /* none of these can be compared: what could be was, at once */
			give_up(p, LIST_ENTRY(list_first(&p->by_age), struct waiting, by_age), NC_CAUSES);
		drop_list(p, &p->confirming);
		if (i > 0 && book_merge(d->parts[0].book, d->parts[i].book) != 0) {
			(void)err_set(err, ERR_NOMEM, "out of memory while summing up the differences");
			return NULL;
		}
	}
	return book_verdict(d->parts[0].book, err);
}

int differ_learned(struct differ *d, struct buf *out)
{
	return book_learned(d->parts[0].book, out);
}
