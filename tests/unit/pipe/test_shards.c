/* shards: what all of them say is told once, and their figures are added up. (Their threads: threads/run_threads.c.) */
#include "pipe/shards.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

struct heard {
	unsigned n;
	char last[600];
};

static void on_note(void *arg, int level, const char *sentence)
{
	(void)level;
	struct heard *h = arg;
	h->n++;
	(void)snprintf(h->last, sizeof h->last, "%s", sentence);
}

static struct run *run_of(unsigned n, struct heard *heard)
{
	struct run *r = calloc(1, sizeof *r);
	r->shards = calloc(n, sizeof *r->shards);
	r->n = r->made = n;
	r->hooks.note = on_note;
	r->hooks.arg = heard;
	(void)pthread_mutex_init(&r->mutex, NULL);
	for (unsigned i = 0; i < n; i++)
		r->shards[i].run = r;
	return r;
}

static void run_away(struct run *r)
{
	(void)pthread_mutex_destroy(&r->mutex);
	free(r->shards);
	free(r);
}

Test(shards, what_all_say_is_told_once)
{
	struct heard heard = { 0 };
	struct run *r = run_of(3, &heard);
	for (unsigned i = 0; i < 3; i++)
		shards_note(&r->shards[i], 0, "eth0 went away");
	cr_expect_eq(heard.n, 1);
	for (unsigned i = 0; i < 3; i++)
		shards_note(&r->shards[2 - i], 0, "eth0 went away");
	cr_expect_eq(heard.n, 2, "it went away again");
	shards_note(&r->shards[1], 0, "something else");
	cr_expect_eq(heard.n, 3);
	cr_expect_str_eq(heard.last, "something else");
	run_away(r);
}

Test(shards, sentences_longer_than_are_kept_and_more_of_them)
{
	struct heard heard = { 0 };
	struct run *r = run_of(2, &heard);
	char sentence[600];
	for (unsigned k = 0; k < 3 * SAID_MAX; k++) {
		(void)snprintf(sentence, sizeof sentence, "%u %0580u", k, 0u);
		shards_note(&r->shards[0], 0, sentence);
		shards_note(&r->shards[1], 0, sentence);
	}
	cr_expect_eq(heard.n, 3 * SAID_MAX);
	run_away(r);
}

Test(shards, alone_says_what_it_likes)
{
	struct heard heard = { 0 };
	struct run *r = run_of(1, &heard);
	shards_note(&r->shards[0], 0, "again");
	shards_note(&r->shards[0], 0, "again");
	cr_expect_eq(heard.n, 2);
	run_away(r);
}

Test(shards, figures_are_added_up)
{
	static const struct run_status parts[] = {
		{ .seconds = 1,
		  .messages = 10,
		  .done = 4,
		  .in_flight = 1,
		  .failed = 2,
		  .lost = 3,
		  .lateness_p99_ns = -1,
		  .progress = 0.5,
		  .draining = true },
		{ .seconds = 2,
		  .messages = 1,
		  .done = 1,
		  .in_flight = 1,
		  .failed = 1,
		  .lost = 1,
		  .lateness_p99_ns = 7,
		  .progress = 1,
		  .live = true },
	};
	struct run_status sum = status_none;
	for (size_t i = 0; i < 2; i++)
		status_add(&sum, &parts[i], 2);
	cr_expect_eq(sum.seconds, 2);
	cr_expect_eq(sum.messages, 11);
	cr_expect_eq(sum.done, 5);
	cr_expect_eq(sum.in_flight, 2);
	cr_expect_eq(sum.failed, 3);
	cr_expect_eq(sum.lost, 4);
	cr_expect_eq(sum.lateness_p99_ns, 7);
	cr_expect_eq(sum.progress, 0.75);
	cr_expect(sum.live);
	cr_expect_not(sum.draining, "one of them still reads");
	const struct run_status unknown = { .progress = -1, .lateness_p99_ns = -1 };
	status_add(&sum, &unknown, 2);
	cr_expect_eq(sum.progress, -1);
}
