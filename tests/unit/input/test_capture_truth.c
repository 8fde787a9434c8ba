/* capture against conversations with an exact truth: thousands of seeds, each with its own messages, segments and faults.
 *
 * Where nothing is lost, the records are the truth: bytes, flags, times, addresses, pairing, order. Where something is:
 *   - a record without a flag is a whole message of the truth, byte for byte, and comes once;
 *   - a flagged one holds, in order, only bytes that were sent, and takes no whole message's id;
 *   - no two exchanges share an id, but where the capture began inside of a connection whose client pipelines (bounded at the end);
 *   - every message comes whole that can: all its bytes were captured, and where it begins is known (see must_be_found).
 * The ledger balances after every seed. */
#include "input/capture.h"
#include "support/unit_http_talk.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SEEDS = 1500 };
#else
enum { SEEDS = 10000 };
#endif

struct found {
	struct message *m;
	const struct http_talk_conn *c;
	const struct http_talk_message *truth; /* NULL: a flagged one */
	uint32_t ordinal;
};

struct totals {
	size_t records, flagged, packets, pairs, unpaired, unpaired_known, wrong;
};

struct found_all {
	struct found *list;
	size_t n, room;
	size_t before_end; /* of them, so many came before the packets ended */
};

static void sum_up(void *arg, const struct tally_table *table, const char *label, const uint64_t *counts)
{
	uint64_t *kinds = arg, total = 0, parts = 0;
	(void)label;
	for (size_t i = 0; i < table->n; i++) {
		total += table->rows[i].kind == TALLY_TOTAL ? counts[i] : 0;
		parts += table->rows[i].kind == TALLY_PART ? counts[i] : 0;
	}
	cr_assert_eq(total, parts, "%s: %zu seen, %zu accounted for", table->section, (size_t)total, (size_t)parts);
	if (strcmp(table->section, "connections") == 0)
		memcpy(kinds, counts, table->n * sizeof *counts);
}

/* The whole way from packets to messages. stop_after: packets. */
static struct found_all read_talk(const struct http_talk *t, size_t stop_after, uint64_t *kinds)
{
	struct found_all all = { 0 };
	const struct capture_options options = { .http.message_bytes = t->o.message_bytes };
	struct capture *c = capture_new(&options, NULL);
	cr_assert_not_null(c);
	for (size_t i = 0; i <= t->n_packets && i <= stop_after; i++) {
		bool end = i == t->n_packets || i == stop_after;
		if (end) {
			all.before_end = all.n;
			capture_finish(c);
		} else {
			capture_push(c, &t->packets[i]);
		}
		for (struct message *m; (m = capture_next(c));) {
			if (all.n == all.room) {
				all.room = all.room ? all.room * 2 : 64;
				all.list = realloc(all.list, all.room * sizeof *all.list);
				cr_assert_not_null(all.list);
			}
			all.list[all.n++] = (struct found){ .m = m };
		}
	}
	struct tally_sink sink = { .arg = kinds, .section = sum_up };
	capture_tally(c, &sink);
	capture_free(c);
	return all;
}

static void let_go(struct found_all *all)
{
	for (size_t i = 0; i < all->n; i++)
		message_unref(all->list[i].m);
	free(all->list);
}

/* --- records and truth ---------------------------------------------------------------------------------------------- */

static struct slice truth_bytes(const struct http_talk *t, const struct http_talk_conn *c, const struct http_talk_message *m)
{
	size_t len = m->end - m->from, max = t->o.message_bytes;
	return slice_of(c->stream[m->is_response].ptr + m->from, max && len > max ? max : len);
}

static uint8_t truth_flags(const struct http_talk *t, const struct http_talk_message *m)
{
	bool over = t->o.message_bytes && m->end - m->from > t->o.message_bytes;
	return (uint8_t)((m->unfinished ? MESSAGE_CUT : 0) | (over ? MESSAGE_TRUNC : 0));
}

static const struct http_talk_conn *conn_of(const struct http_talk *t, const struct message *m)
{
	bool response = m->type == MESSAGE_RESPONSE;
	for (size_t i = 0; i < t->n_conns; i++) {
		const struct http_talk_conn *c = &t->conns[i];
		const struct endpoint *client = response ? &m->dst : &m->src;
		bool known = endpoint_eq(client, &c->client) || (c->lossy && endpoint_eq(client, &c->side[0]));
		if (known && endpoint_eq(response ? &m->src : &m->dst, &c->side[1]))
			return c;
	}
	return NULL;
}

static uint32_t ordinal_of(const struct message *m)
{
	char text[9] = { 0 };
	memcpy(text, m->id.hex + 16, 8);
	return (uint32_t)strtoul(text, NULL, 16);
}

/* Which message of the truth a record is, if it is one in every byte and flag. */
static const struct http_talk_message *truth_of(const struct http_talk *t, const struct found *f)
{
	for (size_t i = 0; i < f->c->n; i++) {
		const struct http_talk_message *m = &f->c->messages[i];
		if (m->is_response == (f->m->type == MESSAGE_RESPONSE) && truth_flags(t, m) == f->m->flags &&
		    slice_eq(truth_bytes(t, f->c, m), message_bytes(f->m)))
			return m;
	}
	return NULL;
}

static bool captured(const struct http_talk_conn *c, int side, size_t from, size_t end)
{
	for (size_t i = from; i < end; i++)
		if (c->ns[side][i] <= 0)
			return false;
	return true;
}

/* Where a client pipelines and one of its requests was missed, there may be nothing that tells the answer to that from the answer to the
 * next: then there is no pair, and what answers a HEAD is told by what stands in place of the body, if at all. */
static bool cannot_know(const struct http_talk_conn *c)
{
	return c->pipelined && !captured(c, 0, 0, c->stream[0].len);
}

static void identify(const struct http_talk *t, struct found_all *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct found *f = &all->list[i];
		struct slice b = message_bytes(f->m);
		f->c = conn_of(t, f->m);
		cr_assert_not_null(f->c, "seed %zu: a record between nobody", (size_t)t->o.seed);
		f->truth = truth_of(t, f);
		f->ordinal = ordinal_of(f->m);
		bool damaged = f->m->flags & (MESSAGE_GAP | MESSAGE_HEAD | MESSAGE_CUT) || (t->o.lossy && f->m->flags);
		cr_assert(f->truth || (damaged && f->c->lossy), "seed %zu: port %u: a record (flags %d) that was not sent:\n%.*s",
		          (size_t)t->o.seed, f->c->side[0].port, f->m->flags, (int)(b.len < 600 ? b.len : 600), (const char *)b.ptr);
	}
}

/* --- what must be found ---------------------------------------------------------------------------------------------- */

static bool found(const struct found_all *all, const struct http_talk_message *m)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].truth == m)
			return true;
	return false;
}

static const struct http_talk_message *request_of(const struct http_talk_conn *c, uint32_t exchange)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->messages[i].is_response && c->messages[i].exchange == exchange)
			return &c->messages[i];
	return NULL;
}

/* A segment begins the message, or the empty lines before it, and holds all of its first line: a line that comes in several segments
 * behind bytes of unknown meaning may as well be their end, and so may a method that only its sender knows. */
static bool segment_begins(const struct http_talk_conn *c, const struct http_talk_message *m)
{
	static const char *const methods[] = { "GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT " };
	const uint8_t *bytes = c->stream[m->is_response].ptr;
	const bool *starts = c->starts[m->is_response];
	size_t line_end = m->from, begin = SIZE_MAX;
	while (bytes[line_end] != '\n')
		line_end++;
	bool known = m->is_response;
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		known |= slice_starts(slice_of(bytes + m->from, m->end - m->from), slice_str(methods[i]));
	if (!known)
		return false;
	for (size_t i = m->blank; i <= line_end; i++)
		if (starts[i])
			begin = i;
	return begin <= m->from && captured(c, m->is_response, begin, m->from);
}

/* Behind a damaged message: is it known where the next one begins? The head told how long the body is, and no byte outside of the body is
 * missing (of a chunked one: no byte outside of a chunk's content, which is not looked into here). */
static bool still_in_step(const struct http_talk_conn *c, const struct http_talk_message *m)
{
	return m->body == TALK_BODY_SIZED && captured(c, m->is_response, m->blank, m->head) && !m->unfinished;
}

/* One direction of one connection. in_step: it is known that a message begins here. */
static void must_be_found(const struct http_talk *t, const struct http_talk_conn *c, bool responses, const struct found_all *all)
{
	bool in_step = c->from_syn, first = true;
	for (size_t i = 0; i < c->n; i++) {
		const struct http_talk_message *m = &c->messages[i];
		if (m->is_response != responses)
			continue;
		in_step = in_step && (!first || captured(c, responses, 0, m->blank)); /* behind a header of the PROXY protocol */
		first = false;
		/* HEAD and CONNECT make of the same bytes another message: who has not seen them when the answer comes (a hole before them
		 * holds them back), or cannot tell which answer is theirs, cannot know. */
		if (m->is_response && cannot_know(c))
			return;
		if (m->is_response && m->to_head && (c->pipelined || !captured(c, 0, 0, request_of(c, m->exchange)->end)))
			return;
		/* Where the capture began inside, even a HEAD that was seen may have another answer: what stands in place of a body tells. */
		if (m->is_response && m->to_head && !c->from_syn && !captured(c, 1, m->end, m->end + (m->end < c->stream[1].len)))
			return;
		bool whole = captured(c, responses, m->blank, m->end) || (!in_step && captured(c, responses, m->from, m->end));
		bool ends = m->body != TALK_BODY_CLOSE || c->end_seen[responses] || !c->ends_by_peer;
		if (whole && ends && (in_step || segment_begins(c, m))) {
			cr_assert(found(all, m), "seed %zu: port %u: exchange %u, %s, bytes %zu to %zu: not found%s", (size_t)t->o.seed,
			          c->side[0].port, m->exchange, responses ? "response" : "request", m->from, m->end,
			          in_step ? "" : " (resync)");
			in_step = !m->unfinished;
		} else {
			in_step = in_step && still_in_step(c, m);
		}
	}
}

/* --- ids -------------------------------------------------------------------------------------------------------------- */

/* Whole records share an id if they are of one exchange, and only then; of whole requests and responses of one exchange that is demanded
 * where nothing was lost. */
static void check_ids(const struct http_talk *t, const struct found_all *all, struct totals *sum)
{
	for (size_t i = 0; i < all->n; i++)
		for (size_t j = 0; j < i; j++) {
			const struct found *a = &all->list[i], *b = &all->list[j];
			bool same = message_id_eq(&a->m->id, &b->m->id);
			bool lossy = a->c->lossy;
			if (a->c != b->c || !a->truth || !b->truth) {
				/* A flagged answer may have its request's id; not that of a whole record of its own kind. */
				bool interim = (a->truth && a->truth->interim) || (b->truth && b->truth->interim);
				cr_assert(!same || (a->c == b->c && (a->m->type != b->m->type || interim)),
				          "seed %zu: port %u: an id taken", (size_t)t->o.seed, a->c->side[0].port);
				continue;
			}
			bool one = a->truth->exchange == b->truth->exchange;
			/* Behind what was before the capture, nothing tells a client that pipelines from one that does not. */
			bool known = !cannot_know(a->c) || a->c->from_syn;
			if (same && !one && getenv("TRUTH_FIGURES"))
				fprintf(stderr, "seed %zu: port %u: exchanges %u and %u share an id%s\n", (size_t)t->o.seed,
				        a->c->side[0].port, a->truth->exchange, b->truth->exchange,
				        known ? "" : " (pipelining, begun inside)");
			cr_assert(!same || one || (lossy && !known), "seed %zu: exchanges %u and %u share an id", (size_t)t->o.seed,
			          a->truth->exchange, b->truth->exchange);
			cr_assert(same || !one || lossy, "seed %zu: port %u: exchange %u is not paired", (size_t)t->o.seed,
			          a->c->side[0].port, a->truth->exchange);
			sum->unpaired += !same && one;
			sum->unpaired_known += !same && one && !a->c->pipelined;
			sum->wrong += same && !one;
			sum->pairs += same && one;
			bool rises = (a->truth->exchange < b->truth->exchange) == (a->ordinal < b->ordinal);
			cr_assert(one || rises || lossy, "seed %zu: ordinals fall", (size_t)t->o.seed);
		}
}

static void check_lossless(const struct http_talk *t, const struct found_all *all)
{
	size_t expected = 0;
	for (size_t i = 0; i < t->n_conns; i++)
		expected += t->conns[i].n;
	for (size_t i = 0; i < all->n; i++) {
		const struct found *f = &all->list[i];
		const int64_t *ns = f->c->ns[f->truth->is_response];
		int64_t first = ns[f->truth->from], last = ns[f->truth->end - 1];
		cr_assert_eq(f->m->ts_ns, first, "seed %zu: exchange %u of port %u begins at the wrong time", (size_t)t->o.seed,
		             f->truth->exchange, f->c->side[0].port);
		cr_assert_eq(f->m->latency_ns, last > first ? last - first : 0,
		             "seed %zu: exchange %u of port %u ends at the wrong time (%s, %d, %d, %zu bytes)", (size_t)t->o.seed,
		             f->truth->exchange, f->c->side[0].port, f->truth->is_response ? "response" : "request", f->truth->interim,
		             f->truth->unfinished, f->truth->end - f->truth->from);
	}
	for (size_t i = 0; i < t->n_conns; i++)
		for (size_t j = 0; j < t->conns[i].n; j++)
			cr_assert(found(all, &t->conns[i].messages[j]), "seed %zu: port %u: message %zu (exchange %u, %s) not found",
			          (size_t)t->o.seed, t->conns[i].side[0].port, j, t->conns[i].messages[j].exchange,
			          t->conns[i].messages[j].is_response ? "response" : "request");
	cr_assert_eq(all->n, expected, "seed %zu: %zu records of %zu", (size_t)t->o.seed, all->n, expected);
}

static void one_seed(uint64_t seed, bool lossy, struct totals *sum)
{
	const struct http_talk_options options = {
		.seed = seed,
		.lossy = lossy,
		.slow = seed % 8 == 3,
		.message_bytes = seed % 8 == 5 ? 3000 : 0,
	};
	struct http_talk *t = http_talk_new(&options);
	uint64_t kinds[16] = { 0 };
	struct found_all all = read_talk(t, SIZE_MAX, kinds);
	identify(t, &all);
	check_ids(t, &all, sum);
	if (lossy) {
		for (size_t i = 0; i < t->n_conns; i++)
			for (int side = 0; side < 2; side++)
				must_be_found(t, &t->conns[i], side, &all);
	} else {
		check_lossless(t, &all);
	}
	for (size_t i = 0; i < all.n; i++)
		sum->flagged += all.list[i].m->flags != 0;
	sum->records += all.n;
	sum->packets += t->n_packets;
	let_go(&all);
	http_talk_free(t);
}

static void report(const char *what, const struct totals *sum)
{
	if (getenv("TRUTH_FIGURES"))
		fprintf(stderr,
		        "%s: %zu packets, %zu records, %zu flagged, %zu pairs, %zu not made (%zu of clients that do not pipeline), %zu "
		        "wrong\n",
		        what, sum->packets, sum->records, sum->flagged, sum->pairs, sum->unpaired, sum->unpaired_known, sum->wrong);
}

static uint64_t first_seed(void)
{
	const char *text = getenv("TRUTH_SEED");
	return text ? strtoull(text, NULL, 10) : 0;
}

static uint64_t last_seed(void)
{
	const char *n = getenv("TRUTH_SEEDS");
	return getenv("TRUTH_SEED") ? first_seed() + (n ? strtoull(n, NULL, 10) : 1) : SEEDS / 2;
}

Test(capture_truth, gives_exactly_the_truth_where_nothing_is_lost)
{
	struct totals sum = { 0 };
	for (uint64_t seed = first_seed(); seed < last_seed(); seed++)
		one_seed(seed, false, &sum);
	report("nothing lost", &sum);
}

Test(capture_truth, gives_nothing_wrong_and_all_it_can_where_something_is_lost)
{
	struct totals sum = { 0 };
	for (uint64_t seed = first_seed(); seed < last_seed(); seed++)
		one_seed(seed, true, &sum);
	report("something lost", &sum);
	/* The first pairs of a capture that begins among pipelined requests: to make none there would cost every other client its own. */
	cr_assert_leq(sum.wrong * 500, sum.pairs, "%zu pairs wrong", sum.wrong);
	cr_assert_leq(sum.unpaired_known * 100, sum.pairs, "%zu pairs not made", sum.unpaired_known);
}

/* Stopped after any number of packets: what was given before the stop is the beginning of what the whole gives, twice the same. */
Test(capture_truth, gives_a_prefix_however_early_the_packets_stop)
{
	for (uint64_t seed = 0; seed < 40; seed++) {
		const struct http_talk_options options = { .seed = seed, .lossy = seed & 1 };
		struct http_talk *t = http_talk_new(&options);
		uint64_t kinds[16];
		struct found_all whole = read_talk(t, SIZE_MAX, kinds), again = read_talk(t, SIZE_MAX, kinds);
		cr_assert_eq(whole.n, again.n);
		for (size_t i = 0; i < whole.n; i++)
			cr_assert(message_id_eq(&whole.list[i].m->id, &again.list[i].m->id) &&
			          whole.list[i].m->ts_ns == again.list[i].m->ts_ns &&
			          slice_eq(message_bytes(whole.list[i].m), message_bytes(again.list[i].m)));
		for (size_t k = 0; k < t->n_packets; k += 1 + t->n_packets / 40) {
			struct found_all part = read_talk(t, k, kinds);
			for (size_t i = 0; i < part.before_end; i++)
				cr_assert(i < whole.n && message_id_eq(&whole.list[i].m->id, &part.list[i].m->id) &&
				                  slice_eq(message_bytes(whole.list[i].m), message_bytes(part.list[i].m)),
				          "seed %zu, %zu packets: message %zu", (size_t)seed, k, i);
			let_go(&part);
		}
		let_go(&again);
		let_go(&whole);
		http_talk_free(t);
	}
}
