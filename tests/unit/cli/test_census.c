/* census and tops: counts, in bounded memory. */
#include "cli/census.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void count(struct census *c, enum message_type type, uint64_t lane, uint8_t flags, const char *bytes)
{
	struct message *m = message_new(type, 1 << 16);
	cr_assert_not_null(m);
	m->id = message_id_make(lane, 1);
	m->ts_ns = 1000 + (int64_t)lane;
	m->flags = flags;
	cr_assert_eq(buf_append_str(&m->data, bytes), 0);
	census_count(c, m);
	message_unref(m);
}

Test(census, counts)
{
	struct census c;
	census_init(&c);
	count(&c, MESSAGE_REQUEST, 5, 0, "GET /items/1 HTTP/1.1\r\nHost: a\r\n\r\n");
	count(&c, MESSAGE_RESPONSE, 5, 0, "HTTP/1.1 200 OK\r\n\r\n");
	count(&c, MESSAGE_REQUEST, 0, MESSAGE_CUT | MESSAGE_GAP, "GET /items/2 HTTP/1.1\r\nhost: a\r\n\r\n");
	count(&c, MESSAGE_RESPONSE, 0, 0, "HTTP/1.1 503 No\r\n\r\n");
	count(&c, MESSAGE_REQUEST, 7, 0, "PUT /x HTTP/1.0\r\n\r\n");
	count(&c, MESSAGE_RESPONSE, 7, MESSAGE_HEAD, "tail");
	cr_assert_eq(c.messages[MESSAGE_REQUEST], 3);
	cr_assert_eq(c.messages[MESSAGE_RESPONSE], 3);
	cr_assert_eq(c.complete, 4);
	cr_assert_eq(c.flags[0], 1);
	cr_assert_eq(c.flags[1], 1);
	cr_assert_eq(c.flags[2], 1);
	cr_assert_eq(c.headless, 1);
	cr_assert_eq(c.status[200], 1);
	cr_assert_eq(c.status[503], 1);
	cr_assert_eq(c.lanes.count, 3);
	cr_assert_eq(c.first_ns, 1000);
	cr_assert_eq(c.last_ns, 1007);
	const struct top *best[4];
	uint64_t rest;
	cr_assert_eq(tops_best(&c.endpoints, best, 4, &rest), 2);
	cr_assert(slice_eq(slice_of(best[0]->text, best[0]->len), slice_str("GET /items/{id}")));
	cr_assert_eq(best[0]->count, 2);
	cr_assert_eq(rest, 0);
	cr_assert_eq(tops_best(&c.hosts, best, 1, &rest), 1);
	cr_assert_eq(best[0]->count, 2);
	cr_assert_eq(rest, 1);
	census_release(&c);
}

Test(census, tops_are_bounded_and_nothing_is_lost)
{
	struct tops t;
	tops_init(&t, 10);
	for (int i = 0; i < 1000; i++) {
		char text[16];
		(void)snprintf(text, sizeof text, "%d", i % 50);
		tops_count(&t, slice_str(text));
	}
	const struct top *best[20];
	uint64_t rest, sum = 0;
	size_t n = tops_best(&t, best, 20, &rest);
	cr_assert_eq(n, 10);
	for (size_t i = 0; i < n; i++)
		sum += best[i]->count;
	cr_assert_eq(sum + rest, 1000);
	cr_assert_eq(rest, 800);
	tops_release(&t);
}

Test(census, equal_counts_stand_in_the_order_of_their_texts)
{
	static const char *const texts[] = { "b", "a", "ab", "c", "c", "" };
	static const char *const sorted[] = { "c", "", "a", "ab", "b" };
	struct tops t;
	tops_init(&t, 10);
	for (size_t i = 0; i < 6; i++)
		tops_count(&t, slice_str(texts[i]));
	const struct top *best[5];
	uint64_t rest;
	cr_assert_eq(tops_best(&t, best, 5, &rest), 5);
	for (size_t i = 0; i < 5; i++)
		cr_assert(slice_eq(slice_of(best[i]->text, best[i]->len), slice_str(sorted[i])), "place %zu", i);
	tops_release(&t);
}

Test(census, every_allocation_may_fail)
{
	for (unsigned long n = 1;; n++) {
		struct census c;
		census_init(&c);
		struct message *m = message_new(MESSAGE_REQUEST, 1 << 16);
		cr_assert_not_null(m);
		m->id = message_id_make(1, 1);
		cr_assert_eq(buf_append_str(&m->data, "GET /items/1 HTTP/1.1\r\nHost: a\r\n\r\n"), 0);
		alloc_fail_at(n);
		census_count(&c, m);
		const struct top *best[2];
		uint64_t rest;
		size_t got = tops_best(&c.endpoints, best, 2, &rest);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		cr_assert_eq((got ? best[0]->count : 0) + rest, 1, "allocation %lu", n); /* counted, be it as other */
		message_unref(m);
		census_release(&c);
		if (!failed)
			break;
	}
}
