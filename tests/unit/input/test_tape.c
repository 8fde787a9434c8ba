/* tape: every reader gets every byte in order, from memory and from the file alike. */
#include "input/tape.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

static struct message *numbered(uint32_t n)
{
	/* Lengths vary, 0 among them. */
	struct message *m = message_new(MESSAGE_REQUEST, 4096);
	if (!m)
		return NULL;
	m->id = message_id_make(n * 2654435761u, n);
	m->ts_ns = n;
	m->flags = (uint8_t)(n % 3);
	for (uint32_t i = 0; i < n * 7919 % 200; i++)
		if (buf_append(&m->data, slice_of(&(uint8_t){ (uint8_t)(n + i) }, 1)) != 0) {
			message_unref(m);
			return NULL;
		}
	return m;
}

static void expect_numbered(const struct message *m, uint32_t n)
{
	struct message *like = numbered(n);
	cr_assert(message_id_eq(&m->id, &like->id), "message %u", n);
	cr_assert_eq(m->refs, 1);
	cr_assert_eq(m->ts_ns, like->ts_ns);
	cr_assert_eq(m->flags, like->flags);
	cr_assert(slice_eq(message_bytes(m), message_bytes(like)), "message %u", n);
	message_unref(like);
}

static const struct {
	size_t readers, memory;
	uint32_t lag; /* each reader behind the one before, in messages */
	bool spills;
} tapes[] = {
	{ 2, 1 << 20, 0, false }, { 3, 1 << 20, 10, false }, { 3, 1, 10, true },
	{ 2, 20000, 300, true },  { 5, 30000, 40, true },    { 1, 1, 0, false },
};

Test(tape, every_reader_gets_everything)
{
	struct err err = { 0 };
	for (size_t i = 0; i < sizeof tapes / sizeof *tapes; i++) {
		struct tape *t = tape_new(tapes[i].readers, tapes[i].memory);
		const uint32_t n = 1000;
		uint32_t put = 0;
		for (uint32_t turn = 0; turn < n + tapes[i].lag * tapes[i].readers; turn++) {
			if (put < n)
				cr_assert_eq(tape_put(t, numbered(put++), &err), 0, "%s", err.text);
			for (size_t r = 0; r < tapes[i].readers; r++) {
				int64_t number = (int64_t)turn - (int64_t)(tapes[i].lag * r), ts_ns;
				if (number < 0 || number >= n)
					continue;
				cr_assert(tape_has(t, r));
				cr_assert_eq(tape_peek(t, r, &ts_ns, &err), 0);
				cr_expect_eq(ts_ns, number);
				struct message *m = tape_take(t, r, &err);
				cr_assert(m, "%s", err.text);
				expect_numbered(m, (uint32_t)number);
				message_unref(m);
			}
		}
		cr_expect_eq(tape_left(t), 0);
		cr_expect_eq(tape_spilled(t) > 0, tapes[i].spills, "case %zu: %llu through the file", i,
		             (unsigned long long)tape_spilled(t));
		tape_free(t);
	}
}

/* Filled and emptied again: the file starts over. */
Test(tape, goes_on_after_it_was_empty)
{
	struct err err = { 0 };
	struct tape *t = tape_new(2, 5000);
	for (uint32_t round = 0, n = 0; round < 5; round++) {
		for (uint32_t i = 0; i < 100; i++)
			cr_assert_eq(tape_put(t, numbered(n + i), &err), 0);
		for (size_t r = 0; r < 2; r++)
			for (uint32_t i = 0; i < 100; i++) {
				struct message *m = tape_take(t, r, &err);
				expect_numbered(m, n + i);
				message_unref(m);
			}
		n += 100;
	}
	cr_expect_eq(tape_put(t, numbered(7), &err), 0);
	cr_expect_eq(tape_left(t), 2);
	tape_free(t); /* with something on it */
}

/* A reader that met a failed allocation stays where it is and goes on later. */
Test(tape, allocations_that_fail)
{
	bool failed = true;
	for (unsigned long at = 1; failed; at++) {
		struct err err = { 0 };
		struct message *in[100];
		for (uint32_t i = 0; i < 100; i++)
			in[i] = numbered(i);
		alloc_fail_at(at);
		struct tape *t = tape_new(2, 5000);
		uint32_t put = 0, got[2] = { 0, 0 };
		for (uint32_t i = 0; i < 100 && t; i++)
			if (tape_put(t, in[i], &err) == 0 && put == i)
				put++;
		for (size_t r = 0; r < 2; r++)
			for (int tries = 0; t && tries < 300 && tape_has(t, r); tries++) {
				struct message *m = tape_take(t, r, &err);
				got[r] += m != NULL;
				message_unref(m);
			}
		failed = alloc_failed();
		alloc_fail_at(0);
		if (t)
			cr_expect(got[0] == got[1] && got[0] >= put, "failure %lu: %u put, %u and %u taken", at, put, got[0], got[1]);
		for (uint32_t i = 0; i < 100 && !t; i++)
			message_unref(in[i]);
		tape_free(t);
	}
}
