/* plan: the peak, the average and the span of what would be sent. */
#include "cli/plan.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void count(struct plan *p, uint32_t lane, int64_t due_ns)
{
	struct message *m = message_new(MESSAGE_REQUEST, 1000);
	m->id = message_id_make(lane, 0);
	m->due_ns = due_ns;
	cr_assert_eq(buf_append_str(&m->data, "GET /items/7 HTTP/1.1\r\nHost: a.example\r\n\r\n"), 0);
	plan_count(p, m);
	message_unref(m);
}

static bool says(const struct plan *p, bool json, const char *words)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	cr_assert_eq(json ? plan_json(p, &text) : plan_text(p, &text), 0);
	cr_assert_eq(buf_append(&text, slice_of("", 1)), 0);
	bool does = strstr((const char *)text.ptr, words) != NULL;
	if (!does)
		(void)fprintf(stderr, "no '%s' in:\n%s\n", words, (const char *)text.ptr);
	buf_release(&text);
	return does;
}

Test(plan, peak_and_average)
{
	struct plan p;
	plan_init(&p, 5 * NS_PER_S, true);
	/* From 7 s on: 2 in the first second, 5 in the third, 1 in the sixth. */
	static const int64_t tenths[] = { 0, 9, 20, 21, 22, 23, 29, 50 };
	for (size_t i = 0; i < 8; i++)
		count(&p, (uint32_t)i % 3, 7 * NS_PER_S + tenths[i] * NS_PER_S / 10);
	p.incomplete = 4;
	cr_expect(p.peak == 5 && p.peak_second == 2);
	cr_expect(says(&p, false, "takes       5.00 s"));
	cr_expect(says(&p, false, "begins      in 2.00 s"));
	cr_expect(says(&p, false, "at most 5 in a second (from 2 s on), 1.4 a second on average"));
	cr_expect(says(&p, false, "from 3 recorded connections"));
	cr_expect(says(&p, false, "not sent    4 requests that miss bytes"));
	cr_expect(says(&p, false, "8 GET /items/{id}"));
	cr_expect(says(&p, true, "\"requests\":8,"));
	cr_expect(says(&p, true, "\"seconds\":5.000000,"));
	cr_expect(says(&p, true, "\"peak_per_second\":5,\"peak_at_second\":2"));
	cr_expect(says(&p, true, "\"incomplete\":4"));
	plan_release(&p);
}

Test(plan, without_a_schedule_or_without_anything)
{
	struct plan p;
	plan_init(&p, 0, false);
	count(&p, 1, 0);
	count(&p, 1, 0);
	cr_expect(says(&p, false, "there is no schedule"));
	cr_expect(says(&p, true, "\"scheduled\":false"));
	plan_release(&p);
	plan_init(&p, 0, true);
	cr_expect(says(&p, false, "requests    0, "));
	cr_expect(says(&p, true, "\"requests\":0,"));
	plan_release(&p);
}
