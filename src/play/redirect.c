/* redirect: an answer that leads to another request of the same target. The task stays the same, with other bytes, and goes back to the
 * head of its lane; its result is the last answer's. */
#include "play/engine.h"

/* RFC 9110 §15.4: 300 leaves the choice to a user, 304 and 305 lead nowhere. */
static bool leads_on(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool redirect_follow(struct player *p, struct task *t, const struct answer *a)
{
	if (!p->o.redirects || !leads_on(a->status))
		return false;
	if (t->redirects == p->o.redirects) {
		p->counts[TARGET_REDIRECTS_SPENT]++;
		return false;
	}
	struct play_lead to = p->sink.redirect(p->sink.arg, t->m, t->redirects, a->status, a->bytes);
	if (!to.m) {
		p->counts[TARGET_REDIRECTS_ELSEWHERE] += to.elsewhere;
		return false;
	}
	p->counts[TARGET_REDIRECTS]++;
	task_method(t, to.method);
	message_unref(t->m);
	t->m = to.m;
	t->retry = to.retry;
	/* One more try is each request's own; what is told is of the first, whose send the times are of. */
	if (t->redirects++ == 0)
		t->first_retried = t->retried;
	t->retried = false;
	return true;
}
