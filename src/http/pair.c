/* pair: a queue, and the answers that came too early for it. */
#include "http/pair.h"

#include <stdlib.h>

void pair_init(struct pair *p, uint32_t max_waiting)
{
	*p = (struct pair){ .max = max_waiting, .next_ordinal = 1 };
}

void pair_release(struct pair *p)
{
	p->unanswered += p->count + p->forgotten;
	p->proven_lost += p->early_count;
	p->count = p->forgotten = p->early_count = 0;
	free(p->queue);
	p->queue = NULL;
	p->room = 0;
}

static struct pair_waiting *waiting(const struct pair *p, uint32_t i)
{
	return &p->queue[(p->first + i) & (p->room - 1)];
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

static void push(struct pair *p, struct pair_waiting w)
{
	/* Without room the oldest is forgotten: its answer, if one comes, then gets an ordinal of its own. */
	if (p->count >= p->max || (p->count == p->room && !grow(p))) {
		p->forgotten++;
		if (p->count == 0)
			return;
		pop(p);
	}
	*waiting(p, p->count) = w;
	p->count++;
}

static void drop_early(struct pair *p, uint8_t n)
{
	p->early_count = (uint8_t)(p->early_count - n);
	memmove(p->early, p->early + n, p->early_count * sizeof *p->early);
}

/* Could a response that begins there answer that request at all? (That its client had not yet acknowledged the response follows from it; what
 * the request's segment says of that may be newer, when it is a retransmission.) */
static bool possible(const struct pair_waiting *w, struct pair_place at)
{
	return at.peer_offset > w->at.offset;
}

uint32_t pair_request(struct pair *p, struct pair_place at, enum http_method method, enum pair_lost lost, bool *answered)
{
	bool after_hole = lost != PAIR_NONE_LOST;
	struct pair_waiting w = { .at = at, .ordinal = p->next_ordinal, .method = (uint8_t)method, .after_hole = after_hole };
	uint8_t before = 0;
	while (before < p->early_count && !possible(&w, p->early[before].at))
		before++;
	p->proven_lost += before;
	drop_early(p, before);
	/* Asked again with nothing new from the server in between; or with no answer to the one that was lost. */
	bool lost_unanswered = lost == PAIR_SURELY_LOST && p->count == 0 && (!p->finals_since || p->final_since >= at.peer_offset);
	if ((p->any_asked && p->asked_told == at.peer_offset) || lost_unanswered)
		p->pipelines = true;
	p->finals_since = 0;
	p->any_asked = true;
	p->asked_told = at.peer_offset;
	/* A response that came before is this one's, unless it may as well be one's that was lost or passed over. */
	*answered = p->early_count > 0;
	bool unsure = p->count > 0 || (after_hole && p->pipelines);
	if (*answered && !unsure) {
		uint32_t ordinal = p->early[0].ordinal;
		drop_early(p, 1);
		return ordinal;
	}
	w.after_hole |= *answered;
	p->next_ordinal++;
	push(p, w);
	return w.ordinal;
}

/* Behind a hole in the server's stream the answers to the first requests may be lost. A client that does not pipeline sends its next
 * request when it has the answer to the last: where it had acknowledged bytes from inside the hole, that answer was there. */
static void skip_lost_answers(struct pair *p, struct pair_place at, const struct pair_holes *holes)
{
	while (holes->server_missed && !p->pipelines && p->count >= 2) {
		const struct pair_waiting *first = waiting(p, 0), *next = waiting(p, 1);
		uint64_t from = first->at.peer_offset > holes->server_from ? first->at.peer_offset : holes->server_from;
		if (next->at.peer_offset <= from || !possible(next, at))
			return;
		pop(p);
		p->unanswered++;
	}
}

static struct pair_answer own_ordinal(struct pair *p, bool interim)
{
	struct pair_answer answer = { .ordinal = p->orphan_interim ? p->orphan_ordinal : p->next_ordinal++ };
	p->orphan_interim = interim;
	p->orphan_ordinal = answer.ordinal;
	return answer;
}

/* Its request may be among the bytes that have not come yet. */
static void note_early(struct pair *p, struct pair_place at, uint32_t ordinal)
{
	if (p->early_count == PAIR_EARLY) {
		p->proven_lost++;
		drop_early(p, 1);
	}
	p->early[p->early_count].at = at;
	p->early[p->early_count++].ordinal = ordinal;
}

/* No request that we know can be the one it answers. */
static struct pair_answer orphan(struct pair *p, struct pair_place at, bool interim, const struct pair_holes *holes)
{
	struct pair_answer answer = own_ordinal(p, interim);
	if (interim)
		return answer;
	if (p->count == 0 && at.peer_offset > holes->client_told)
		note_early(p, at, answer.ordinal);
	else if (p->count ? waiting(p, 0)->after_hole : holes->client_missed)
		p->proven_lost++;
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

struct pair_answer pair_response(struct pair *p, struct pair_place at, int status, const struct pair_holes *holes)
{
	bool interim = status >= 100 && status < 200 && status != 101;
	if (holes->server_missed)
		p->orphan_interim = false; /* its final answer may be lost */
	if (!interim) {                    /* Two answers with nothing new from the client in between. */
		p->pipelines |= p->any_final && p->final_told == at.peer_offset;
		p->any_final = true;
		if (p->finals_since++ == 0)
			p->final_since = at.offset;
		p->final_told = at.peer_offset;
	}
	if (p->forgotten) {
		if (!interim) {
			p->forgotten--;
			p->unanswered++;
		}
		return orphan(p, at, interim, holes);
	}
	skip_lost_answers(p, at, holes);
	if (p->count == 0 || !possible(waiting(p, 0), at))
		return orphan(p, at, interim, holes);
	uint32_t most = holes->server_missed ? UINT32_MAX : p->slack, slack = choices(p, at, most);
	bool unseen = holes->unseen;
	for (uint32_t i = 1; i <= slack + 1 && i < p->count; i++)
		unseen |= waiting(p, i)->after_hole;
	if (unseen && most > slack) /* or it answers none of these */
		slack = most < p->count ? most : p->count;
	const struct pair_waiting *w = waiting(p, 0);
	bool lost_before = w->after_hole && p->pipelines;
	if (slack || lost_before) {
		p->slack = slack + (lost_before && !interim);
		if (!lost_before && !interim) {
			pop(p);
			p->unanswered++;
		}
		struct pair_answer own = own_ordinal(p, interim);
		if (!interim && p->count == 0 && at.peer_offset > holes->client_told)
			note_early(p, at, own.ordinal);
		return own;
	}
	struct pair_answer answer = { .ordinal = w->ordinal, .paired = true, .sure = !w->after_hole, .method = w->method };
	p->orphan_interim = false;
	p->slack = 0;
	p->finals_since = 0;
	if (!interim)
		pop(p);
	return answer;
}

void pair_broken_response(struct pair *p)
{
	if (p->slack < UINT32_MAX)
		p->slack++;
	p->orphan_interim = false;
}
