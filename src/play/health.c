/* health: a target's circuit breaker, and the width of the door. */
#include "play/health.h"

void health_init(struct health *h)
{
	*h = (struct health){ .state = HEALTH_UP, .at_once = HEALTH_AT_ONCE_MAX, .narrowed_ns = INT64_MIN, .told_ns = INT64_MIN / 2 };
}

bool health_may_try(const struct health *h, int64_t now_ns)
{
	return h->state == HEALTH_UP || (h->state == HEALTH_DOWN && now_ns >= h->until_ns);
}

void health_trying(struct health *h)
{
	if (h->state == HEALTH_DOWN)
		h->state = HEALTH_PROBING;
}

static void narrow(struct health *h, int64_t began_ns, int64_t now_ns)
{
	if (began_ns < h->narrowed_ns)
		return;
	h->narrowed_ns = now_ns;
	h->at_once = h->at_once / 2 > HEALTH_AT_ONCE_MIN ? h->at_once / 2 : HEALTH_AT_ONCE_MIN;
}

enum health_news health_connected(struct health *h, int64_t began_ns, int64_t now_ns)
{
	bool told = h->told_down;
	h->state = HEALTH_UP;
	h->failures = 0;
	h->pause_ns = 0;
	h->told_down = false;
	if (now_ns - began_ns >= HEALTH_SLOW_NS)
		narrow(h, began_ns, now_ns);
	else if (h->at_once < HEALTH_AT_ONCE_MAX)
		h->at_once++;
	return told ? HEALTH_CAME_BACK : HEALTH_NO_NEWS;
}

/* Tries that began before the pause do not prolong it. */
enum health_news health_failed(struct health *h, const struct health_failure *f, int64_t now_ns)
{
	if (f->slow)
		narrow(h, f->began_ns, now_ns);
	if (f->others) {
		h->state = HEALTH_UP;
		return HEALTH_NO_NEWS;
	}
	if (h->state == HEALTH_DOWN || (h->state == HEALTH_PROBING && f->began_ns < h->until_ns))
		return HEALTH_NO_NEWS;
	if (h->state == HEALTH_UP && ++h->failures < HEALTH_FAILURES && !f->slow)
		return HEALTH_NO_NEWS;
	if (h->state == HEALTH_UP)
		h->down_ns = now_ns;
	h->state = HEALTH_DOWN;
	h->pause_ns = h->pause_ns ? h->pause_ns * 2 : HEALTH_PAUSE_MIN_NS;
	if (h->pause_ns > HEALTH_PAUSE_MAX_NS)
		h->pause_ns = HEALTH_PAUSE_MAX_NS;
	h->until_ns = now_ns + h->pause_ns;
	if (h->told_down || now_ns - h->told_ns < HEALTH_TELL_NS)
		return HEALTH_NO_NEWS;
	h->told_down = true;
	h->told_ns = now_ns;
	return HEALTH_WENT_DOWN;
}
