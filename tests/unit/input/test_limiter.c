/* limiter: so many a second, and whole exchanges. */
#include "input/limiter.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static bool passes(struct limiter *l, enum message_type type, uint32_t n, int64_t at_ns)
{
	struct message m = { .type = (uint8_t)type, .id = message_id_make(n * 77, n) };
	return limiter_passes(l, &m, 1000, 1000 + at_ns);
}

Test(limiter, the_first_of_each_second)
{
	struct limiter *l = limiter_new(3);
	for (uint32_t second = 0; second < 5; second++)
		for (uint32_t i = 0; i < 10; i++)
			cr_expect_eq(passes(l, MESSAGE_REQUEST, second * 10 + i, second * NS_PER_S + i * (NS_PER_S / 10)), i < 3);
	limiter_free(l);
}

/* A thousand are dropped before the first of their responses comes. */
Test(limiter, responses_share_their_requests_fate)
{
	struct limiter *l = limiter_new(20);
	bool kept[1020];
	for (uint32_t i = 0; i < 1020; i++)
		kept[i] = passes(l, MESSAGE_REQUEST, i, i * 1000);
	for (uint32_t i = 0; i < 1020; i++)
		cr_expect(passes(l, MESSAGE_RESPONSE, i, NS_PER_S + i) == kept[i] && kept[i] == (i < 20), "exchange %u", i);
	/* In another round of a loop the same id may pass. */
	cr_expect(passes(l, MESSAGE_REQUEST, 500, 2 * NS_PER_S));
	cr_expect(passes(l, MESSAGE_RESPONSE, 500, 2 * NS_PER_S));
	cr_expect(passes(l, MESSAGE_RESPONSE, 5000, 2 * NS_PER_S), "a response whose request nobody saw");
	limiter_free(l);
}

Test(limiter, what_was_dropped_long_ago_is_forgotten_not_kept)
{
	struct limiter *l = limiter_new(1);
	for (uint32_t i = 0; i < 1000000; i++)
		(void)passes(l, MESSAGE_REQUEST, i, i);
	cr_expect_not(passes(l, MESSAGE_RESPONSE, 999999, NS_PER_S));
	limiter_free(l);
}
