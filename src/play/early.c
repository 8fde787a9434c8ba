/* early: requests that came before they are due. A lane stands in the heap once, by its first task; with no_lanes the tasks stand there
 * themselves, since a pooled connection would be held by a request that does not need it yet. */
#include "play/engine.h"

int early_lane(struct player *p, struct lane *l)
{
	int rc = heap_push(&p->early, l->waiting.first->m->due_ns, l);
	l->timed = rc == 0;
	return rc;
}

int early_task(struct player *p, struct task *t)
{
	return heap_push(&p->early_shared, t->m->due_ns, t);
}

static bool due(const struct player *p, const struct heap *h)
{
	return h->len && heap_peek(h)->key <= p->now_ns;
}

void early_run(struct player *p)
{
	while (due(p, &p->early)) {
		struct lane *l = heap_pop(&p->early);
		l->timed = false;
		lane_go(p, l);
	}
	while (due(p, &p->early_shared))
		task_append(&p->shared, heap_pop(&p->early_shared));
	if (p->o.no_lanes && p->shared.first)
		lanes_share(p);
}

int64_t early_next(const struct player *p)
{
	int64_t a = p->early.len ? heap_peek(&p->early)->key : TIME_NEVER;
	int64_t b = p->early_shared.len ? heap_peek(&p->early_shared)->key : TIME_NEVER;
	return a < b ? a : b;
}
