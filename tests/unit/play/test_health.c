/* health: a virtual clock and the failures of a target. */
#include "base/clock.h"
#include "play/health.h"

#include <criterion/criterion.h>

static enum health_news fail_at(struct health *h, int64_t began_ns, int64_t now_ns)
{
	return health_failed(h, &(struct health_failure){ .began_ns = began_ns }, now_ns);
}

Test(health, goes_down_probes_and_comes_back)
{
	struct health h;
	int64_t now = 1000 * NS_PER_S;
	health_init(&h);
	cr_expect_eq(fail_at(&h, now, now), HEALTH_NO_NEWS);
	cr_expect_eq(fail_at(&h, now, now), HEALTH_NO_NEWS);
	cr_expect(health_may_try(&h, now));
	cr_expect_eq(fail_at(&h, now, now), HEALTH_WENT_DOWN);
	cr_expect_eq(h.state, HEALTH_DOWN);
	cr_expect_eq(fail_at(&h, now, now), HEALTH_NO_NEWS, "began before the pause");
	int64_t pause = HEALTH_PAUSE_MIN_NS;
	for (int i = 0; i < 12; i++) {
		cr_expect_eq(h.until_ns, now + pause);
		cr_expect_not(health_may_try(&h, h.until_ns - 1));
		now = h.until_ns;
		cr_expect(health_may_try(&h, now));
		health_trying(&h);
		cr_expect_eq(h.state, HEALTH_PROBING);
		cr_expect_not(health_may_try(&h, now + NS_PER_S), "one at a time");
		cr_expect_eq(fail_at(&h, now - 1, now), HEALTH_NO_NEWS);
		cr_expect_eq(h.state, HEALTH_PROBING, "an older try says nothing about the probe");
		(void)fail_at(&h, now, now);
		pause = pause * 2 < HEALTH_PAUSE_MAX_NS ? pause * 2 : HEALTH_PAUSE_MAX_NS;
	}
	now = h.until_ns;
	health_trying(&h);
	cr_expect_eq(health_connected(&h, now, now), HEALTH_CAME_BACK);
	cr_expect(health_may_try(&h, now));
	cr_expect_eq(fail_at(&h, now, now), HEALTH_NO_NEWS, "and is up until it fails three times again");
}

Test(health, one_time_out_is_enough_and_others_that_are_open_speak_for_it)
{
	struct health h;
	health_init(&h);
	cr_expect_eq(health_failed(&h, &(struct health_failure){ .slow = true, .others = true }, 5), HEALTH_NO_NEWS);
	cr_expect_eq(h.state, HEALTH_UP);
	cr_expect_eq(health_failed(&h, &(struct health_failure){ .slow = true }, 5), HEALTH_WENT_DOWN);
	cr_expect_eq(h.state, HEALTH_DOWN);
	health_trying(&h);
	(void)health_failed(&h, &(struct health_failure){ .began_ns = INT64_MAX, .others = true }, INT64_MAX);
	cr_expect_eq(h.state, HEALTH_UP, "never stuck in probing");
}

Test(health, flapping_is_told_seldom)
{
	struct health h;
	int told = 0;
	health_init(&h);
	for (int64_t now = 0; now < 60 * NS_PER_S; now += 20 * NS_PER_MS) {
		for (int i = 0; i < 3; i++)
			told += fail_at(&h, now, now) != HEALTH_NO_NEWS;
		told += health_connected(&h, now, now) != HEALTH_NO_NEWS;
	}
	cr_expect_leq(told, 2 * 13);
	cr_expect_geq(told, 2 * 11);
}

Test(health, the_door_narrows_with_lost_requests_and_widens_again)
{
	struct health h;
	health_init(&h);
	cr_expect_eq(h.at_once, HEALTH_AT_ONCE_MAX);
	for (int i = 0; i < 100; i++) /* all of one wave */
		(void)health_connected(&h, 0, NS_PER_S);
	cr_expect_eq(h.at_once, HEALTH_AT_ONCE_MAX / 2);
	for (int64_t wave = 2; wave < 20; wave++)
		(void)health_connected(&h, wave * NS_PER_S, (wave + 1) * NS_PER_S);
	cr_expect_eq(h.at_once, HEALTH_AT_ONCE_MIN);
	for (int i = 0; i < 10000; i++)
		(void)health_connected(&h, 0, NS_PER_MS);
	cr_expect_eq(h.at_once, HEALTH_AT_ONCE_MAX);
}
