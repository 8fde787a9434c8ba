/* conn_scripts: what two sides of a connection send, written as a table, and the messages that must come out: whole, byte by byte, cut in
 * two at every place, with inputs against a guard page, and with every allocation failing once. */
#ifndef REPLAY_TESTS_CONN_SCRIPTS_H
#define REPLAY_TESTS_CONN_SCRIPTS_H

#include "http/conn.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 24, LANE = 0xab };

enum step_kind { S_DONE, S_DATA, S_GAP, S_END };

struct step {
	enum step_kind kind;
	int side;
	const char *bytes;
	size_t n;            /* of a gap; of the bytes where they hold a NUL */
	long ack;            /* ACK_ALL: the sender had acknowledged all that the other side had sent */
	bool inside;         /* no segment starts here */
	enum stream_end how; /* S_END */
};

enum { ACK_ALL = -1 };

/* Data of the client's (C) and the server's (S); A: with the acknowledgement told. */
#define C(text)                                                                                                                            \
	{                                                                                                                                  \
		S_DATA, SIDE_A, text, sizeof(text) - 1, ACK_ALL, false, 0                                                                  \
	}
#define S(text)                                                                                                                            \
	{                                                                                                                                  \
		S_DATA, SIDE_B, text, sizeof(text) - 1, ACK_ALL, false, 0                                                                  \
	}
#define CA(a, text)                                                                                                                        \
	{                                                                                                                                  \
		S_DATA, SIDE_A, text, sizeof(text) - 1, a, false, 0                                                                        \
	}
#define SA(a, text)                                                                                                                        \
	{                                                                                                                                  \
		S_DATA, SIDE_B, text, sizeof(text) - 1, a, false, 0                                                                        \
	}
#define C_IN(text)                                                                                                                         \
	{                                                                                                                                  \
		S_DATA, SIDE_A, text, sizeof(text) - 1, ACK_ALL, true, 0                                                                   \
	}
#define S_IN(text)                                                                                                                         \
	{                                                                                                                                  \
		S_DATA, SIDE_B, text, sizeof(text) - 1, ACK_ALL, true, 0                                                                   \
	}
#define C_GAP(n)                                                                                                                           \
	{                                                                                                                                  \
		S_GAP, SIDE_A, NULL, n, ACK_ALL, false, 0                                                                                  \
	}
#define S_GAP_(n)                                                                                                                          \
	{                                                                                                                                  \
		S_GAP, SIDE_B, NULL, n, ACK_ALL, false, 0                                                                                  \
	}
#define C_END(how)                                                                                                                         \
	{                                                                                                                                  \
		S_END, SIDE_A, NULL, 0, ACK_ALL, false, how                                                                                \
	}
#define S_END_(how)                                                                                                                        \
	{                                                                                                                                  \
		S_END, SIDE_B, NULL, 0, ACK_ALL, false, how                                                                                \
	}

struct script {
	const char *name;
	bool mid;    /* the capture began inside of the connection, */
	bool no_syn; /* or with the SYN-ACK */
	bool no_responses;
	struct http_limits limits;
	struct step steps[STEPS];
	/* One line for each message: type, ordinal, flags (g h c t), bytes; then the counts that are not 0. */
	const char *expect;
};

#define GET      "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define OK2      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
#define NO_BODY  "HTTP/1.1 204 No Content\r\n\r\n"
#define ONE_PAIR "Q1  " GET "\nR1  " OK2 "\n"

/* --- running one -------------------------------------------------------------------------------------------------- */

struct transcript {
	char text[8192];
	size_t len;
	bool times;           /* with the times, to compare two runs of one script */
	bool asked[64];       /* by ordinal: a request came out, */
	unsigned answers[64]; /* so many responses */
};

static void say(struct transcript *t, const void *bytes, size_t n)
{
	cr_assert_leq(n, sizeof t->text - t->len);
	memcpy(t->text + t->len, bytes, n);
	t->len += n;
}

static void on_message(void *arg, struct message *m)
{
	struct transcript *t = arg;
	char head[160];
	struct message_id id = m->id;
	cr_assert_eq(message_lane(&id), LANE);
	unsigned ordinal = (unsigned)strtoul(
	        (char[9]){ id.hex[16], id.hex[17], id.hex[18], id.hex[19], id.hex[20], id.hex[21], id.hex[22], id.hex[23], 0 }, NULL, 16);
	int n = snprintf(head, sizeof head, "%c%u %s%s%s%s ", m->type == MESSAGE_REQUEST ? 'Q' : 'R', ordinal,
	                 m->flags & MESSAGE_GAP ? "g" : "", m->flags & MESSAGE_HEAD ? "h" : "", m->flags & MESSAGE_CUT ? "c" : "",
	                 m->flags & MESSAGE_TRUNC ? "t" : "");
	if (t->times)
		n += snprintf(head + n, sizeof head - (size_t)n, "%ld+%ld %u>%u ", (long)m->ts_ns, (long)m->latency_ns, m->src.port,
		              m->dst.port);
	say(t, head, (size_t)n);
	say(t, m->data.ptr, m->data.len);
	say(t, "\n", 1);
	cr_assert_lt(ordinal, sizeof t->asked / sizeof *t->asked);
	t->asked[ordinal] |= m->type == MESSAGE_REQUEST;
	t->answers[ordinal] += m->type == MESSAGE_RESPONSE;
	message_unref(m);
}

/* The row of the responses without a request says how many have an ordinal that no request has. Of messages without a record nobody knows. */
static void counts_the_unasked(const struct transcript *t, const struct http_reader *r, const char *name)
{
	unsigned long n = 0, counted = (unsigned long)r->responses[HTTP_UNPAIRED];
	for (size_t i = 0; i < sizeof t->asked / sizeof *t->asked; i++)
		n += t->asked[i] ? 0 : t->answers[i];
	if (r->responses[HTTP_DISCARDED] || r->skip_responses)
		return;
	cr_assert(r->requests[HTTP_DISCARDED] ? counted <= n : counted == n, "%s: %lu responses without a request, %lu counted", name, n,
	          counted);
}

/* "+": the connection said that it wants no more. */
static void say_counts(struct transcript *t, const struct http_reader *r, bool enough)
{
	static const char *const names[] = { "seen", "whole", "part", "lost", "off", "interim", "unpaired", "odd" };
	static const char *const kinds[] = { "", "http", "tunnel", "tls", "http2", "ssh", "other", "empty" };
	char word[40];
	for (int i = 0; i < 2; i++) {
		const uint64_t *rows = i ? r->responses : r->requests;
		say(t, i ? "R " : "Q ", 2);
		for (int row = 0; row < HTTP_ROWS; row++)
			if (rows[row])
				say(t, word, (size_t)snprintf(word, sizeof word, "%s%lu ", names[row], (unsigned long)rows[row]));
	}
	for (int row = 1; row < HTTP_CONN_ROWS; row++)
		if (r->conns[row])
			say(t, kinds[row], strlen(kinds[row]));
	if (enough)
		say(t, "+", 1);
}

static void balances(const struct tally_table *table, const uint64_t *counts, const char *name)
{
	uint64_t total = 0, parts = 0;
	for (size_t i = 0; i < table->n; i++) {
		cr_assert_not_null(table->rows[i].key);
		total += table->rows[i].kind == TALLY_TOTAL ? counts[i] : 0;
		parts += table->rows[i].kind == TALLY_PART ? counts[i] : 0;
	}
	cr_assert_eq(total, parts, "%s: %s: %lu seen, %lu in the rows", name, table->section, (unsigned long)total, (unsigned long)parts);
}

/* How data is given: in pieces of `piece` bytes (0: whole), or step `cut_step` in two at `cut_at`. */
struct manner {
	size_t piece;
	int cut_step;
	size_t cut_at;
};

struct run {
	struct http_conn *conn;
	uint64_t told[2];
	int64_t now;
	bool enough;
};

static void give_data(struct run *run, const struct step *s, size_t at, size_t n)
{
	struct slice copy = guard_copy(slice_of(s->bytes + at, n));
	struct chunk chunk = {
		.bytes = copy,
		.offset = run->told[s->side],
		.peer_offset = s->ack == ACK_ALL ? run->told[!s->side] : (uint64_t)s->ack,
		.ts_ns = run->now,
		.segment_start = at == 0 && !s->inside,
	};
	run->told[s->side] += n;
	run->enough = http_conn_data(run->conn, s->side, &chunk) == STREAM_ENOUGH;
	guard_free(copy);
}

static void give_step(struct run *run, const struct step *s, size_t cut_at, size_t piece)
{
	if (s->kind == S_GAP) {
		struct gap gap = { .offset = run->told[s->side], .len = s->n, .ts_ns = run->now };
		run->told[s->side] += s->n;
		(void)http_conn_gap(run->conn, s->side, &gap);
	} else if (s->kind == S_END) {
		http_conn_end(run->conn, s->side, s->how, run->now);
	} else if (cut_at) {
		give_data(run, s, 0, cut_at);
		give_data(run, s, cut_at, s->n - cut_at);
	} else {
		for (size_t at = 0; at < s->n; at += piece)
			give_data(run, s, at, s->n - at < piece ? s->n - at : piece);
	}
}

static void play(const struct script *script, struct manner manner, struct transcript *t)
{
	struct flow_info flow = { .side = { { .family = 4, .port = 1000 }, { .family = 4, .port = 80 } },
		                  .opener_known = !script->mid,
		                  .syn_seen = { !script->mid && !script->no_syn, !script->mid },
		                  .lane = LANE };
	struct http_reader reader = { .limits = script->limits, .skip_responses = script->no_responses, .arg = t, .message = on_message };
	struct run run = { .conn = http_conn_new(&reader, &flow) };
	t->len = 0;
	memset(t->asked, 0, sizeof t->asked);
	memset(t->answers, 0, sizeof t->answers);
	if (!run.conn)
		return;
	for (int i = 0; i < STEPS && script->steps[i].kind != S_DONE; i++) {
		run.now += 1000;
		give_step(&run, &script->steps[i], i == manner.cut_step ? manner.cut_at : 0, manner.piece ? manner.piece : SIZE_MAX / 2);
	}
	http_conn_free(run.conn);
	say_counts(t, &reader, run.enough);
	counts_the_unasked(t, &reader, script->name);
	balances(&request_table, reader.requests, script->name);
	balances(&response_table, reader.responses, script->name);
	balances(&http_conn_table, reader.conns, script->name);
}

/* --- all of a table ---------------------------------------------------------------------------------------------- */

static void scripts_give_their_messages(const struct script *scripts, size_t n_scripts)
{
	static struct transcript t;
	for (size_t i = 0; i < n_scripts; i++) {
		play(&scripts[i], (struct manner){ .cut_step = -1 }, &t);
		size_t n = strlen(scripts[i].expect);
		cr_expect(t.len == n && memcmp(t.text, scripts[i].expect, n) == 0, "%s:\n--- got\n%.*s\n--- expected\n%s\n",
		          scripts[i].name, (int)t.len, t.text, scripts[i].expect);
	}
}

static void scripts_give_the_same_however_cut(const struct script *scripts, size_t n_scripts)
{
	static struct transcript whole, cut;
	whole.times = cut.times = true;
	for (size_t i = 0; i < n_scripts; i++) {
		const struct script *s = &scripts[i];
		play(s, (struct manner){ .cut_step = -1 }, &whole);
		for (size_t piece = 1; piece <= 3; piece++) {
			play(s, (struct manner){ .piece = piece, .cut_step = -1 }, &cut);
			cr_assert(cut.len == whole.len && memcmp(cut.text, whole.text, cut.len) == 0,
			          "%s, by %zu:\n--- got\n%.*s\n--- whole\n%.*s\n", s->name, piece, (int)cut.len, cut.text, (int)whole.len,
			          whole.text);
		}
		for (int step = 0; step < STEPS && s->steps[step].kind != S_DONE; step++)
			for (size_t at = 1; s->steps[step].kind == S_DATA && at < s->steps[step].n; at++) {
				play(s, (struct manner){ .cut_step = step, .cut_at = at }, &cut);
				cr_assert(cut.len == whole.len && memcmp(cut.text, whole.text, cut.len) == 0,
				          "%s, step %d cut at %zu:\n--- got\n%.*s\n--- whole\n%.*s\n", s->name, step, at, (int)cut.len,
				          cut.text, (int)whole.len, whole.text);
			}
	}
}

static void scripts_survive_every_failing_allocation(const struct script *scripts, size_t n_scripts)
{
	static struct transcript t;
	for (size_t i = 0; i < n_scripts; i++)
		for (size_t piece = 0; piece < 2; piece++) {
			unsigned long n = 1;
			do {
				alloc_fail_at(n++);
				play(&scripts[i], (struct manner){ .piece = piece, .cut_step = -1 }, &t);
			} while (alloc_failed());
			alloc_fail_at(0);
		}
}

#endif
