/* pair: a queue, and the answers that came too early for it. */
#include "http/pair.h"

#include <stdlib.h>

enum {
	STEPS_TO_BE_SURE = 8,
	STEPS_TO_TRUST = 8,
	EARLY_KEPT = 64, /* the ring is let go when it is empty, if it has more room than this */
};

void pair_init(struct pair *p, uint32_t max_waiting)
{
	*p = (struct pair){ .max = max_waiting, .next_ordinal = 1 };
}

static struct pair_waiting *waiting(const struct pair *p, uint32_t i)
{
	return &p->queue[(p->first + i) & (p->room - 1)];
}

/* Could a response that begins there answer that request at all? (That its client had not yet acknowledged the response follows from it; what
 * the request's segment says of that may be newer, when it is a retransmission.) */
static bool possible(const struct pair_waiting *w, struct pair_place at)
{
	return at.peer_offset > w->at.offset;
}

static struct pair_early *early(const struct pair *p, uint32_t i)
{
	return &p->early[(p->early_first + i) & (p->early_room - 1)];
}

static void let_orphan_interims_go(struct pair *p)
{
	p->unasked += p->orphan_interims;
	p->orphan_interims = 0;
}

/* Is the first of the early responses none to a request which we know? */
static bool proves_a_lost_one(const struct pair *p)
{
	return !p->count || !possible(waiting(p, 0), early(p, 0)->at);
}

static void free_early(struct pair *p)
{
	free(p->early);
	p->early = NULL;
	p->early_room = 0;
}

static void drop_early(struct pair *p)
{
	p->early_first = (p->early_first + 1) & (p->early_room - 1);
	if (--p->early_count == 0 && p->early_room > EARLY_KEPT)
		free_early(p);
}

/* Nobody will take the first of them. */
static void let_early_go(struct pair *p)
{
	p->proven_lost += proves_a_lost_one(p);
	p->unasked += early(p, 0)->responses;
	drop_early(p);
}

void pair_release(struct pair *p)
{
	p->unanswered += p->count + p->forgotten;
	while (p->early_count)
		let_early_go(p);
	let_orphan_interims_go(p);
	p->count = p->forgotten = 0;
	free_early(p);
	free(p->queue);
	p->queue = NULL;
	p->room = 0;
}

static void pop(struct pair *p)
{
	p->first = (p->first + 1) & (p->room - 1);
	p->count--;
}

static bool grow(struct pair *p)
{
	uint32_t room = p->room ? p->room * 2 : 4;
	struct pair_waiting *queue = malloc(room * sizeof *queue);
	if (!queue)
		return false;
	for (uint32_t i = 0; i < p->count; i++)
		queue[i] = *waiting(p, i);
	free(p->queue);
	p->queue = queue;
	p->first = 0;
	p->room = room;
	return true;
}

/* How many answers come before the one to the first request that we know is not known any more: as if requests had been lost in front of it. */
static void lose_count(struct pair *p)
{
	p->unanswered += p->forgotten;
	p->forgotten = 0;
	if (p->count)
		waiting(p, 0)->after_hole = waiting(p, 0)->after_forgotten = true;
	else
		p->lost_count = true;
}

/* Without room the oldest is forgotten: its answer, if one comes, then gets an ordinal of its own. */
static void push(struct pair *p, struct pair_waiting w)
{
	bool full = p->count >= p->max || (p->count == p->room && !grow(p));
	if (full && p->count == 0) {
		p->forgotten++;
		lose_count(p);
		return;
	}
	if (full) {
		bool unsure = waiting(p, 0)->after_hole || p->slack;
		p->forgotten++;
		pop(p);
		if (unsure && p->count)
			lose_count(p);
		w.after_hole |= unsure && p->count == 0;
	}
	w.after_hole |= p->lost_count;
	p->lost_count = false;
	*waiting(p, p->count) = w;
	p->count++;
}

/* Of a client that waits for its answers, a request comes when all before it is answered: the server had all up to it when it sent the
 * final response before, and what it sends behind what the request acknowledges is the answer. Where a hole is before the request, or in
 * the server's stream, it must be so; else the answer may be another's. */
static bool in_step(const struct pair *p, const struct pair_waiting *w, const struct pair_before *b)
{
	bool is_next = b->run_from >= w->at.peer_offset && b->run_from - w->at.peer_offset < PAIR_SHORTEST;
	bool all_answered =
	        b->from_inside || p->steps >= STEPS_TO_TRUST || (!b->server_hole && w->at.offset < b->client_told + PAIR_SHORTEST);
	return !p->pipelines && is_next && (!w->after_hole || all_answered);
}

/* Do a request and its answer, of which there is no doubt, fit a client that waits, with no hole to look away from? */
static void note_step(struct pair *p, struct pair_waiting w, const struct pair_before *b)
{
	if (p->steps >= STEPS_TO_TRUST || w.after_hole || b->server_hole || b->slack)
		return;
	w.after_hole = true;
	p->steps += in_step(p, &w, b);
}

/* Is the first of the early responses the one to this request? */
static bool takes_early(const struct pair *p, struct pair_waiting w)
{
	const struct pair_before *b = &early(p, 0)->before;
	if (!p->count && !w.after_hole && !b->server_hole && !b->slack)
		return true;
	w.after_hole |= p->count > 0;
	return in_step(p, &w, b);
}

/* Those that came before this request was there. */
static void drop_early_to(struct pair *p, const struct pair_waiting *w)
{
	while (p->early_count && !possible(w, early(p, 0)->at))
		let_early_go(p);
}

/* Those that came, but not to this request. */
static void note_finals_since(struct pair *p)
{
	p->finals_since = p->early_count;
	p->final_since = p->early_count ? early(p, 0)->at.offset : 0;
	p->hole_since = p->early_count && early(p, 0)->before.server_hole;
}

uint32_t pair_request(struct pair *p, struct pair_place at, enum http_method method, enum pair_lost lost, bool *answered)
{
	bool after_hole = lost != PAIR_NONE_LOST;
	if (after_hole)
		p->doubt = STEPS_TO_BE_SURE;
	struct pair_waiting w = { .at = at,
		                  .ordinal = p->next_ordinal,
		                  .method = (uint8_t)method,
		                  .after_hole = after_hole,
		                  .after_lost = lost >= PAIR_SURELY_LOST };
	drop_early_to(p, &w);
	/* Asked again with nothing new from the server in between; or with no answer to the one that was lost. */
	bool no_final = !p->hole_since && (!p->finals_since || p->final_since >= at.peer_offset);
	bool lost_unanswered = lost == PAIR_LOST_AND_SEEN && p->count == 0 && no_final;
	if ((p->any_asked && p->asked_told == at.peer_offset) || lost_unanswered)
		p->pipelines = true;
	p->any_asked = true;
	p->asked_told = at.peer_offset;
	/* A response that came before is this one's, unless it may as well be one's that was lost or passed over. */
	*answered = p->early_count > 0;
	if (*answered && takes_early(p, w)) {
		uint32_t ordinal = early(p, 0)->ordinal;
		if (!p->count)
			note_step(p, w, &early(p, 0)->before);
		while (p->count) { /* those were answered before, by responses with ordinals of their own */
			pop(p);
			p->unanswered++;
		}
		drop_early(p);
		note_finals_since(p);
		return ordinal;
	}
	note_finals_since(p);
	w.after_hole |= *answered;
	p->next_ordinal++;
	push(p, w);
	return w.ordinal;
}

/* A client that waits for its answers: was the first request's answer lost before this response? The next request, of a client that waits, comes
 * when it has the answer to the last: where it had acknowledged bytes from inside the hole, or of such an answer, that was there. And where one
 * more request than we know may be there, the response is to that one if it does not begin where the answer to the first must. */
static bool first_was_answered(const struct pair *p, struct pair_place at, const struct pair_holes *holes, const struct pair_before *b)
{
	const struct pair_waiting *first = waiting(p, 0), *next = p->count >= 2 ? waiting(p, 1) : NULL;
	uint64_t from = p->slack ? p->slack_from : holes->server_from;
	from = first->at.peer_offset > from ? first->at.peer_offset : from;
	if (next && next->at.peer_offset > from && possible(next, at))
		return true;
	bool another = next ? next->after_hole : holes->unseen;
	return another && p->steps >= STEPS_TO_TRUST && b->run_from >= first->at.peer_offset + PAIR_SHORTEST;
}

/* Did the client send its second request while the final answer before this one was on its way to it? */
static bool second_asked_inside(const struct pair *p, const struct pair_before *b)
{
	uint64_t told = p->count >= 2 ? waiting(p, 1)->at.peer_offset : 0;
	return !b->server_hole && b->client_told && told > b->final_from && told < b->run_from && b->run_from - told >= PAIR_SHORTEST;
}

/* Behind a hole in the server's stream the answers to the first requests may be lost; or they got ordinals of their own. */
static void skip_lost_answers(struct pair *p, struct pair_place at, const struct pair_holes *holes, const struct pair_before *b)
{
	p->pipelines |= second_asked_inside(p, b);
	bool look = (holes->server_missed || p->slack) && !p->pipelines;
	while (look && p->count && first_was_answered(p, at, holes, b)) {
		pop(p);
		p->unanswered++;
		p->slack = 0;
	}
}

/* That of the interim responses before it, if there are some. */
static struct pair_answer own_ordinal(struct pair *p)
{
	return (struct pair_answer){ .ordinal = p->orphan_interims ? p->orphan_ordinal : p->next_ordinal++ };
}

static void note_orphan_interim(struct pair *p, uint32_t ordinal)
{
	p->orphan_interims++;
	p->orphan_ordinal = ordinal;
}

/* A final one, with its interim ones, has no request and will get none. */
static void note_unasked(struct pair *p)
{
	p->unasked++;
	let_orphan_interims_go(p);
}

static bool grow_early(struct pair *p)
{
	/* Of a capture that has the server's side alone, none will find its request. */
	uint32_t room = p->early_room ? p->early_room * 2 : 8, most = p->any_asked ? PAIR_EARLY_MAX : 8;
	struct pair_early *ring = room <= most ? malloc(room * sizeof *ring) : NULL;
	if (!ring)
		return false;
	for (uint32_t i = 0; i < p->early_count; i++)
		ring[i] = *early(p, i);
	free(p->early);
	p->early = ring;
	p->early_first = 0;
	p->early_room = room;
	return true;
}

/* Its request may be among the bytes that have not come yet. */
static void note_early(struct pair *p, struct pair_place at, uint32_t ordinal, const struct pair_before *before)
{
	if (p->early_count == p->early_room && !grow_early(p)) {
		if (!p->early_count) {
			p->proven_lost++;
			note_unasked(p);
			return;
		}
		let_early_go(p);
	}
	*early(p, p->early_count++) =
	        (struct pair_early){ .at = at, .ordinal = ordinal, .responses = 1 + p->orphan_interims, .before = *before };
	p->orphan_interims = 0;
}

/* No request that we know can be the one it answers. */
static struct pair_answer orphan(struct pair *p, struct pair_place at, bool interim, const struct pair_holes *holes,
                                 const struct pair_before *before)
{
	struct pair_answer answer = own_ordinal(p);
	if (interim) {
		note_orphan_interim(p, answer.ordinal);
		return answer;
	}
	if (p->count == 0 && at.peer_offset > holes->client_told) {
		note_early(p, at, answer.ordinal, before);
		return answer;
	}
	if (p->count ? waiting(p, 0)->after_hole && !waiting(p, 0)->after_forgotten : holes->client_missed)
		p->proven_lost++;
	note_unasked(p);
	return answer;
}

/* How many of the first requests it can be an answer to, but for one. */
static uint32_t choices(const struct pair *p, struct pair_place at, uint32_t most)
{
	uint32_t n = 0;
	while (n < most && n + 1 < p->count && possible(waiting(p, n + 1), at))
		n++;
	return n;
}

/* Did the client ask while a response was on its way to it? */
static bool asked_inside(const struct pair *p, uint64_t told)
{
	return told > p->final_from && told < p->run_from && p->run_from - told >= PAIR_SHORTEST;
}

static struct pair_before note_response(struct pair *p, struct pair_place at, bool interim, const struct pair_holes *holes)
{
	if (!p->after_interim || holes->server_missed)
		p->run_from = at.offset;
	p->after_interim = interim;
	struct pair_before before = {
		.run_from = p->run_from,
		.client_told = p->any_final ? p->final_told : 0,
		.final_from = p->final_from,
		.final_paired = p->any_final && p->final_paired,
		.server_hole = holes->server_missed,
		.from_inside = holes->from_inside,
		.slack = p->slack > 0,
	};
	if (p->any_final && !holes->server_missed)
		p->pipelines |=
		        (p->any_asked && asked_inside(p, p->asked_told)) || (p->count && asked_inside(p, waiting(p, 0)->at.peer_offset));
	p->hole_since |= holes->server_missed;
	if (holes->server_missed)
		let_orphan_interims_go(p); /* their final answer may be lost */
	if (interim)
		return before;
	p->pipelines |= p->any_final && p->final_told == at.peer_offset; /* two with nothing new from the client in between */
	p->any_final = true;
	if (p->finals_since++ == 0)
		p->final_since = at.offset;
	p->final_from = at.offset;
	p->final_told = at.peer_offset;
	p->final_paired = false;
	return before;
}

struct pair_answer pair_response(struct pair *p, struct pair_place at, int status, const struct pair_holes *holes)
{
	bool interim = status >= 100 && status < 200 && status != 101;
	struct pair_before before = note_response(p, at, interim, holes);
	if (p->forgotten && holes->server_missed)
		lose_count(p);
	if (p->forgotten) {
		if (!interim) {
			p->forgotten--;
			p->unanswered++;
		}
		return orphan(p, at, interim, holes, &before);
	}
	skip_lost_answers(p, at, holes, &before);
	if (p->count == 0 || !possible(waiting(p, 0), at))
		return orphan(p, at, interim, holes, &before);
	uint32_t most = holes->server_missed ? UINT32_MAX : p->slack, slack = choices(p, at, most);
	bool unseen = holes->unseen;
	for (uint32_t i = 1; i <= slack + 1 && i < p->count; i++)
		unseen |= waiting(p, i)->after_hole;
	if (unseen && most > slack) /* or it answers none of these */
		slack = most < p->count ? most : p->count;
	const struct pair_waiting *w = waiting(p, 0);
	if (w->after_lost && !before.server_hole && before.final_paired)
		p->pipelines = true; /* the one that was lost had no answer yet */
	bool lost_before = w->after_hole && !in_step(p, w, &before);
	if (slack || lost_before) {
		if (!p->slack)
			p->slack_from = holes->server_missed ? holes->server_from : at.offset;
		p->slack = slack + (lost_before && !interim);
		if (!lost_before && !interim) {
			pop(p);
			p->unanswered++;
		}
		struct pair_answer own = own_ordinal(p);
		if (interim)
			note_orphan_interim(p, own.ordinal);
		else if (at.peer_offset > holes->client_told)
			note_early(p, at, own.ordinal, &before);
		else
			note_unasked(p);
		return own;
	}
	if (!interim)
		note_step(p, *w, &before);
	struct pair_answer answer = { .ordinal = w->ordinal, .paired = true, .sure = p->doubt == 0, .method = w->method };
	let_orphan_interims_go(p);
	p->slack = 0;
	p->finals_since = 0;
	if (!interim) {
		p->final_paired = true;
		if (p->doubt > 0)
			p->doubt--;
		pop(p);
	}
	return answer;
}

void pair_broken_response(struct pair *p)
{
	if (p->forgotten)
		lose_count(p);
	if (!p->slack)
		p->slack_from = p->final_from;
	if (p->slack < UINT32_MAX)
		p->slack++;
	let_orphan_interims_go(p);
}
