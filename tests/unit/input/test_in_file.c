/* in_file: what is given out, in which order and when, under a virtual clock that jumps to the next deadline. */
#include "input/in_file.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define T0    1700000000000000000 /* the recording's first time stamp */
#define START 50000000000         /* the virtual clock, at the beginning */
#define MANY  4096

struct line {
	int type;
	uint64_t lane;
	uint32_t ordinal;
	int64_t ms; /* after T0 */
	uint8_t flags;
};

struct given {
	struct line line;
	int64_t at_ms, due_ms; /* after START */
};

struct outcome {
	struct given list[MANY];
	size_t n;
	enum input_result end;
	struct err err;
	uint64_t pace[6], shown; /* rows of the pace section */
	uint64_t records;        /* of the input sections */
};

static char dir[64];

static void set_up(void)
{
	(void)snprintf(dir, sizeof dir, "/tmp/replay-unit-XXXXXX");
	cr_assert(mkdtemp(dir));
}

static void tear_down(void)
{
	char command[128];
	(void)snprintf(command, sizeof command, "rm -rf %s", dir);
	cr_assert_eq(system(command), 0);
}

static char *write_log(const char *name, const struct line *lines, size_t n)
{
	static char path[8][128];
	static int turn;
	char *p = path[turn++ % 8];
	(void)snprintf(p, sizeof path[0], "%s/%s", dir, name);
	FILE *f = fopen(p, "w");
	cr_assert(f);
	for (size_t i = 0; i < n; i++) {
		const char *bytes = lines[i].type == MESSAGE_REQUEST ? "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
		                                                     : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
		(void)fprintf(f, "%d %016llx%08x %lld 0 n=%zu%s\n%s\n\xf0\x9f\x90\xb5\xf0\x9f\x99\x88\xf0\x9f\x99\x89\n", lines[i].type,
		              (unsigned long long)lines[i].lane, lines[i].ordinal, (long long)(T0 + lines[i].ms * NS_PER_MS), strlen(bytes),
		              lines[i].flags ? " f=cut" : "", bytes);
	}
	cr_assert_eq(fclose(f), 0);
	return p;
}

static void no_note(void *arg, int level, const char *sentence)
{
	(void)arg, (void)level, (void)sentence;
}

static void take_section(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	(void)label;
	struct outcome *o = arg;
	uint64_t total = 0, parts = 0;
	for (size_t i = 0; i < table->n; i++) {
		total += table->rows[i].kind == TALLY_TOTAL ? counts[i] : 0;
		parts += table->rows[i].kind == TALLY_PART ? counts[i] : 0;
		if (strcmp(table->section, "pace") == 0)
			o->pace[i] = counts[i];
	}
	if (strcmp(table->section, "input") == 0)
		o->records += total;
	o->shown += strcmp(table->section, "pace") == 0;
	cr_expect_eq(total, parts, "section %s balances", table->section);
}

static uint32_t hex32(const char *hex)
{
	char text[9] = { 0 };
	memcpy(text, hex, 8);
	return (uint32_t)strtoul(text, NULL, 16);
}

struct play {
	const char *paths[8];
	struct file_input_options options;
	struct io_env env;
	size_t stop_after; /* messages; 0: never */
};

static struct outcome *play(const struct play *p)
{
	struct outcome *o = calloc(1, sizeof *o);
	struct io_env env = p->env;
	env.note = no_note;
	env.real_minus_mono_ns = T0 + 1000 * NS_PER_S - START; /* played 1,000 s after it was recorded */
	size_t n = 0;
	while (p->paths[n])
		n++;
	struct input *in = NULL;
	if (in_file_open(p->paths, n, &p->options, &env, &in, &o->err) != 0) {
		o->end = INPUT_FAIL;
		return o;
	}
	int64_t now = START;
	for (int turns = 0; turns < 100000; turns++) {
		struct message *m;
		enum input_result got = in->ops->next(in, now, &m, &o->err);
		if (got == INPUT_WAIT) {
			cr_assert_geq(in->ops->deadline(in), now);
			now = in->ops->deadline(in);
			continue;
		}
		o->end = got;
		if (got != INPUT_MESSAGE || o->n == MANY)
			break;
		o->list[o->n++] =
		        (struct given){ { m->type, message_lane(&m->id), hex32(m->id.hex + 16), (m->ts_ns - T0) / NS_PER_MS, m->flags },
			                (now - START) / NS_PER_MS,
			                m->due_ns ? (m->due_ns - START) / NS_PER_MS : -1 };
		cr_assert_eq(m->refs, 1);
		message_unref(m);
		if (p->stop_after && o->n == p->stop_after)
			in->ops->stop(in);
	}
	struct tally_sink sink = { o, take_section };
	in->ops->tally(in, &sink);
	in->ops->close(in);
	return o;
}

/* Two clients; the second's requests are answered. */
static const struct line talk[] = {
	{ 1, 0xa, 0, 0, 0 },    { 1, 0xb, 0, 100, 0 },  { 2, 0xb, 0, 150, 0 },  { 1, 0xa, 1, 200, 0 },
	{ 1, 0xb, 1, 1000, 0 }, { 2, 0xb, 1, 1200, 0 }, { 1, 0xa, 2, 5000, 0 },
};
#define TALK (sizeof talk / sizeof *talk)

static void expect_due(const char *name, const struct outcome *o, const int64_t *due, size_t n)
{
	cr_assert_eq(o->n, n, "%s: %zu messages", name, o->n);
	cr_expect_eq(o->end, INPUT_END, "%s: %s", name, o->err.text);
	for (size_t i = 0; i < n; i++) {
		cr_expect_eq(o->list[i].due_ms, due[i], "%s: message %zu due at %lld", name, i, (long long)o->list[i].due_ms);
		cr_expect_eq(o->list[i].at_ms, due[i] < 0 ? 0 : due[i], "%s: message %zu given at %lld", name, i,
		             (long long)o->list[i].at_ms);
	}
}

static struct stages plan(const char *text)
{
	struct stages s;
	cr_assert_eq(stages_parse(text, &s), 0);
	return s;
}

TestSuite(in_file, .init = set_up, .fini = tear_down);

Test(in_file, when_each_message_is_due)
{
	const char *path = write_log("talk.gor", talk, TALK);
	const struct {
		const char *name;
		struct file_input_options options;
		int64_t due[2 * TALK];
		size_t n;
	} cases[] = {
		{ "as recorded", { .speed = 1 }, { 0, 100, 150, 200, 1000, 1200, 5000 }, 7 },
		{ "2x", { .speed = 2 }, { 0, 50, 75, 100, 500, 600, 2500 }, 7 },
		{ "0.5x", { .speed = 0.5 }, { 0, 200, 300, 400, 2000, 2400, 10000 }, 7 },
		{ "max", { .max = true }, { -1, -1, -1, -1, -1, -1, -1 }, 7 },
		{ "pauses", { .speed = 1, .max_wait_ns = 300 * NS_PER_MS }, { 0, 100, 150, 200, 500, 700, 1000 }, 7 },
		{ "a rate", { .rate = plan("10") }, { 0, 100, 100, 200, 300, 300, 400 }, 7 },
		{ "stages that end first", { .rate = plan("10:200ms,20:50ms") }, { 0, 100, 100, 200 }, 4 },
		{ "a limit", { .speed = 1, .requests_max = 2 }, { 0, 100, 150 }, 3 },
		{ "two rounds", { .speed = 10, .loops = 2 }, { 0, 10, 15, 20, 100, 120, 500, 500, 510, 515, 520, 600, 620, 1000 }, 14 },
		{ "two rounds at a rate",
		  { .rate = plan("10"), .loops = 2 },
		  { 0, 100, 100, 200, 300, 300, 400, 500, 600, 600, 700, 800, 800, 900 },
		  14 },
		{ "for ever, up to a limit",
		  { .rate = plan("10"), .loops = LOOPS_FOREVER, .requests_max = 7 },
		  { 0, 100, 100, 200, 300, 300, 400, 500, 600, 600 },
		  10 },
		{ "at most one a second", { .speed = 1, .per_second = 1 }, { 0, 1000, 1200, 5000 }, 4 },
		{ "at most two", { .speed = 1, .per_second = 2 }, { 0, 100, 150, 1000, 1200, 5000 }, 6 },
		{ "an appointment", { .speed = 1, .start_at_ns = T0 + 1003 * NS_PER_S }, { 3000, 3100, 3150, 3200, 4000, 4200, 8000 }, 7 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct outcome *o = play(&(struct play){ { path }, cases[i].options, .stop_after = 0 });
		expect_due(cases[i].name, o, cases[i].due, cases[i].n);
		free(o);
	}
}

Test(in_file, an_appointment_holds_at_full_speed_too)
{
	struct outcome *o = play(&(struct play){ { write_log("t", talk, TALK) },
	                                         { .max = true, .lead_ns = NS_PER_S, .start_at_ns = T0 + 1002 * NS_PER_S },
	                                         .stop_after = 0 });
	cr_assert_eq(o->n, TALK);
	cr_expect_eq(o->list[0].at_ms, 2000);
	cr_expect_eq(o->list[0].due_ms, -1, "and still nothing is late");
	free(o);
}

Test(in_file, given_early_to_who_can_wait)
{
	struct outcome *o =
	        play(&(struct play){ { write_log("t", talk, TALK) }, { .speed = 1, .lead_ns = 60 * NS_PER_MS }, .stop_after = 0 });
	static const int64_t at[] = { 0, 100, 150, 200, 1000, 1200, 5000 }; /* and the first, too, has its 60 ms */
	cr_assert_eq(o->n, TALK);
	for (size_t i = 0; i < TALK; i++) {
		cr_expect_eq(o->list[i].at_ms, at[i]);
		cr_expect_eq(o->list[i].due_ms, talk[i].ms + 60);
	}
	free(o);
}

Test(in_file, files_are_merged_by_time)
{
	static const struct line a[] = { { 1, 1, 0, 0, 0 }, { 1, 1, 1, 30, 0 }, { 1, 1, 2, 40, 0 } };
	static const struct line b[] = { { 1, 2, 0, 10, 0 }, { 1, 2, 1, 35, 0 } };
	static const struct line c[] = { { 1, 3, 0, -5, 0 }, { 1, 3, 1, 100, 0 } };
	write_log("part-1.gor", a, 3);
	write_log("part-2.gor", b, 2);
	char glob[128];
	(void)snprintf(glob, sizeof glob, "%s/part-*.gor", dir);
	struct outcome *o = play(&(struct play){ { glob, write_log("other", c, 2) }, { .speed = 1 }, .stop_after = 0 });
	static const int64_t due[] = { 0, 5, 15, 35, 40, 45, 105 };
	static const uint64_t lanes[] = { 3, 1, 2, 1, 2, 1, 3 };
	expect_due("merged", o, due, 7);
	for (size_t i = 0; i < 7; i++)
		cr_expect_eq(o->list[i].line.lane, lanes[i]);
	cr_expect_eq(o->records, 7);
	free(o);
}

Test(in_file, what_misses_bytes_takes_no_place_unless_it_is_sent)
{
	static const struct line lines[] = { { 1, 1, 0, 0, 0 }, { 1, 1, 1, 1, MESSAGE_CUT }, { 1, 1, 2, 2, 0 } };
	const char *path = write_log("t", lines, 3);
	struct outcome *o = play(&(struct play){ { path }, { .rate = plan("10") }, .stop_after = 0 });
	expect_due("not sent", o, (const int64_t[]){ 0, 0, 100 }, 3);
	free(o);
	o = play(&(struct play){ { path }, { .rate = plan("10"), .incomplete_too = true }, .stop_after = 0 });
	expect_due("sent", o, (const int64_t[]){ 0, 100, 200 }, 3);
	free(o);
}

static bool keep_a(void *arg, const struct message *m, bool counted)
{
	uint64_t *dropped = arg;
	struct message_id a = message_id_make(0xa, 0);
	bool kept = message_lane(&m->id) == message_lane(&a);
	*dropped += !kept && counted;
	return kept;
}

static bool keep_none(void *arg, const struct message *m, bool counted)
{
	(void)m;
	*(uint64_t *)arg += counted;
	return false;
}

/* Of the first client's requests, at 0, 200 and 5,000 ms, and of nothing else. */
Test(in_file, what_is_filtered_out_takes_no_place)
{
	const char *path = write_log("t", talk, TALK);
	uint64_t dropped;
	const struct {
		const char *name;
		struct file_input_options options;
		int64_t due[8];
		size_t n, dropped;
	} cases[] = {
		{ "as recorded", { .speed = 1 }, { 0, 200, 5000 }, 3, 4 },
		{ "pauses", { .speed = 1, .max_wait_ns = 300 * NS_PER_MS }, { 0, 200, 500 }, 3, 4 },
		{ "a rate", { .rate = plan("10") }, { 0, 100, 200 }, 3, 4 },
		{ "two rounds", { .rate = plan("10"), .loops = 2 }, { 0, 100, 200, 300, 400, 500 }, 6, 8 },
		{ "a limit", { .speed = 1, .requests_max = 2 }, { 0, 200 }, 2, 4 },
		{ "for ever, up to a limit",
		  { .rate = plan("10"), .loops = LOOPS_FOREVER, .requests_max = 5 },
		  { 0, 100, 200, 300, 400 },
		  5,
		  8 },
		{ "so many a second", { .speed = 1, .per_second = 2 }, { 0, 200, 5000 }, 3, 4 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct file_input_options options = cases[i].options;
		options.keep = keep_a;
		options.keep_arg = &dropped;
		dropped = 0;
		struct outcome *o = play(&(struct play){ { path }, options, .stop_after = 0 });
		expect_due(cases[i].name, o, cases[i].due, cases[i].n);
		cr_expect_eq(dropped, cases[i].dropped, "%s: %llu", cases[i].name, (unsigned long long)dropped);
		free(o);
	}
}

Test(in_file, a_loop_of_which_nothing_is_kept_ends)
{
	uint64_t dropped = 0;
	struct outcome *o = play(&(struct play){ { write_log("t", talk, TALK) },
	                                         { .loops = LOOPS_FOREVER, .rate = plan("10"), .keep = keep_none, .keep_arg = &dropped },
	                                         .stop_after = 0 });
	cr_expect_eq(o->end, INPUT_END);
	cr_expect_eq(o->n, 0);
	cr_expect_eq(dropped, TALK);
	free(o);
}

/* Each shard asks of everything, so that all have one schedule, and accounts for its own. */
Test(in_file, shards_filter_alike)
{
	struct line lines[200];
	for (int i = 0; i < 200; i++)
		lines[i] = (struct line){ 1, i % 2 ? 0xa : (uint64_t)(i % 37) << 32 | 7, (uint32_t)i, i, 0 };
	const char *path = write_log("t", lines, 200);
	uint64_t dropped = 0, given = 0;
	for (unsigned shard = 0; shard < 3; shard++) {
		struct outcome *o = play(&(struct play){ { path },
		                                         { .rate = plan("10"), .keep = keep_a, .keep_arg = &dropped, .requests_max = 90 },
		                                         { .shard = shard, .shards = 3, .start_ns = START },
		                                         0 });
		for (size_t i = 0; i < o->n; i++)
			cr_expect_eq(o->list[i].due_ms, (int64_t)i * 100);
		given += o->n;
		free(o);
	}
	cr_expect_eq(given, 90);
	cr_expect_eq(dropped, 91, "%llu, those before the end", (unsigned long long)dropped);
}

/* An exchange over the limit goes whole, and both its messages are in the account. */
Test(in_file, the_limit_is_in_the_account)
{
	struct outcome *o = play(&(struct play){ { write_log("t", talk, TALK) }, { .speed = 1, .per_second = 1 }, .stop_after = 0 });
	const uint64_t rows[] = { 7, 4, 3, 0 };
	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(o->pace[i], rows[i], "row %zu: %llu", i, (unsigned long long)o->pace[i]);
	free(o);
	/* At full speed seconds are the clock's, and this clock stands still. */
	o = play(&(struct play){ { write_log("t", talk, TALK) }, { .max = true, .per_second = 2 }, .stop_after = 0 });
	cr_expect_eq(o->n, 3);
	free(o);
}

Test(in_file, what_a_stop_left_is_in_the_account)
{
	static const struct line b[] = { { 1, 2, 0, 10, 0 }, { 1, 2, 1, 35, 0 } };
	struct outcome *o = play(&(struct play){ { write_log("t", talk, TALK), write_log("b", b, 2) }, { .speed = 1 }, .stop_after = 2 });
	cr_expect_eq(o->end, INPUT_END);
	cr_expect_eq(o->n, 2);
	const uint64_t rows[] = { 3, 2, 0, 1 };
	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(o->pace[i], rows[i], "row %zu: %llu", i, (unsigned long long)o->pace[i]);
	free(o);
}

/* Three shards: each message once, whole lanes, one schedule for all of them. */
Test(in_file, shards_keep_one_schedule)
{
	struct line lines[300];
	for (int i = 0; i < 300; i++)
		lines[i] = (struct line){ 1, (uint64_t)(i % 37) << 32 | 7, (uint32_t)i / 37, i, 0 };
	const char *path = write_log("t", lines, 300);
	bool seen[300] = { false };
	size_t sum = 0, least = 300;
	int shard_of[37] = { 0 };
	for (unsigned shard = 0; shard < 3; shard++) {
		struct outcome *o =
		        play(&(struct play){ { path }, { .rate = plan("10") }, { .shard = shard, .shards = 3, .start_ns = START }, 0 });
		for (size_t i = 0; i < o->n; i++) {
			int64_t k = o->list[i].line.ms, lane = k % 37;
			cr_assert_not(seen[k]);
			seen[k] = true;
			cr_expect_eq(o->list[i].due_ms, k * 100);
			cr_expect(shard_of[lane] == 0 || shard_of[lane] == (int)shard + 1);
			shard_of[lane] = (int)shard + 1;
		}
		sum += o->n;
		least = o->n < least ? o->n : least;
		free(o);
	}
	cr_expect_eq(sum, 300);
	cr_expect_gt(least, 30);
}

/* Copies are further clients: each sees the recording whole and in its own order, and its answers have its requests' ids. */
Test(in_file, copies)
{
	struct outcome *o = play(&(struct play){
	        { write_log("t", talk, TALK) }, { .speed = 1, .copies = 4, .copies_spread_ns = 2 * NS_PER_S }, .stop_after = 0 });
	cr_assert_eq(o->n, 4 * TALK);
	for (size_t copy = 0; copy < 4; copy++) {
		struct message_id a = message_id_make(0xa, 0), b = message_id_make(0xb, 0);
		a = clone_id(&a, copy);
		b = clone_id(&b, copy);
		size_t next = 0;
		for (size_t i = 0; i < o->n; i++) {
			const struct given *g = &o->list[i];
			if (g->line.lane != message_lane(&a) && g->line.lane != message_lane(&b))
				continue;
			cr_assert_lt(next, TALK);
			cr_expect_eq(g->line.lane, talk[next].lane == 0xa ? message_lane(&a) : message_lane(&b));
			cr_expect_eq(g->line.ordinal, talk[next].ordinal);
			cr_expect_eq(g->line.type, talk[next].type);
			cr_expect_eq(g->due_ms, talk[next].ms + 500 * (int64_t)copy);
			cr_expect_eq(g->line.ms, g->due_ms, "the time stamp is the copy's own");
			next++;
		}
		cr_expect_eq(next, TALK, "copy %zu", copy);
	}
	for (size_t i = 1; i < o->n; i++)
		cr_expect_geq(o->list[i].due_ms, o->list[i - 1].due_ms);
	const uint64_t rows[] = { 28, 28, 0, 0, 0, 21 };
	for (size_t i = 0; i < 6; i++)
		cr_expect_eq(o->pace[i], rows[i], "row %zu: %llu", i, (unsigned long long)o->pace[i]);
	free(o);
}

Test(in_file, copies_at_another_speed_a_rate_and_over_again)
{
	const char *path = write_log("t", talk, TALK);
	struct outcome *o =
	        play(&(struct play){ { path }, { .speed = 2, .copies = 2, .copies_spread_ns = 2 * NS_PER_S }, .stop_after = 0 });
	expect_due("2x: the spread is the replay's time", o,
	           (const int64_t[]){ 0, 50, 75, 100, 500, 600, 1000, 1050, 1075, 1100, 1500, 1600, 2500, 3500 }, 14);
	free(o);
	o = play(&(struct play){ { path }, { .rate = plan("10"), .copies = 2 }, .stop_after = 0 });
	expect_due("a rate is that of all copies", o,
	           (const int64_t[]){ 0, 100, 200, 300, 300, 300, 400, 500, 600, 700, 700, 700, 800, 900 }, 14);
	free(o);
	o = play(&(struct play){ { path }, { .max = true, .copies = 3, .loops = 2 }, .stop_after = 0 });
	cr_expect_eq(o->n, 2 * 3 * TALK);
	cr_expect_eq(o->pace[0], 2 * 3 * TALK);
	free(o);
	o = play(&(struct play){ { path }, { .max = true, .copies = 1000, .requests_max = 1500 }, .stop_after = 0 });
	cr_expect_eq(o->n, 1500);
	cr_expect_eq(o->pace[3], o->pace[0] - 1500, "the copies that were not asked for any more are left");
	free(o);
	o = play(&(struct play){ { path }, { .copies = CLONES_MAX + 1 }, .stop_after = 0 });
	cr_expect_eq(o->err.code, ERR_USAGE);
	free(o);
}

Test(in_file, copies_in_shards)
{
	const char *path = write_log("t", talk, TALK);
	size_t sum = 0;
	for (unsigned shard = 0; shard < 2; shard++) {
		struct outcome *o = play(&(struct play){ { path },
		                                         { .speed = 1, .copies = 50, .copies_spread_ns = NS_PER_S },
		                                         { .shard = shard, .shards = 2, .start_ns = START },
		                                         0 });
		sum += o->n;
		cr_expect_gt(o->n, 100);
		free(o);
	}
	cr_expect_eq(sum, 50 * TALK);
}

Test(in_file, what_does_not_open)
{
	const char *path = write_log("t", talk, TALK);
	char text[8][160];
	static const struct {
		const char *behind;
		struct file_input_options options;
		enum err_code code;
	} cases[] = {
		{ "|0", { .speed = 1 }, ERR_USAGE },  { "|", { .speed = 1 }, ERR_USAGE },
		{ "|x", { .speed = 1 }, ERR_USAGE },  { "|50x", { .speed = 1 }, ERR_USAGE },
		{ "|0%", { .speed = 1 }, ERR_USAGE }, { "|200%", { .rate = { .list = { { 1, 1, 0 } }, .n = 1 } }, ERR_USAGE },
		{ ".none", { .speed = 1 }, ERR_IO },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)snprintf(text[i], sizeof text[i], "%s%s", path, cases[i].behind);
		struct outcome *o = play(&(struct play){ { text[i] }, cases[i].options, .stop_after = 0 });
		cr_expect_eq(o->end, INPUT_FAIL, "'%s'", cases[i].behind);
		cr_expect(o->err.code == (int)cases[i].code && o->err.text[0], "'%s': %d %s", cases[i].behind, o->err.code, o->err.text);
		free(o);
	}
	struct outcome *o = play(&(struct play){ { "-" }, { .loops = 2 }, .stop_after = 0 });
	cr_expect_eq(o->err.code, ERR_USAGE);
	free(o);
}

Test(in_file, speeds)
{
	static const struct {
		const char *text;
		double speed;
		bool max;
		int r;
	} cases[] = {
		{ "2x", 2, false, 0 },          { "0.5x", 0.5, false, 0 },      { "200%", 2, false, 0 },       { "3", 3, false, 0 },
		{ "max", 1, true, 0 },          { "0", 0, false, ERR_USAGE },   { "-1", 0, false, ERR_USAGE }, { "x", 0, false, ERR_USAGE },
		{ "2xx", 0, false, ERR_USAGE }, { "nan", 0, false, ERR_USAGE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		double speed;
		bool max;
		int r = parse_speed(cases[i].text, &speed, &max);
		cr_expect_eq(r, cases[i].r, "%s", cases[i].text);
		if (r == 0)
			cr_expect(speed == cases[i].speed && max == cases[i].max, "%s", cases[i].text);
	}
}
