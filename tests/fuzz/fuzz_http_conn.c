/* fuzz_http_conn: what two sides of a connection may do, from bytes. Each run is done twice, in whole pieces and byte by byte: the
 * messages must be the same, the counts must balance, and a message that carries no flag must stand in the stream as it is. */
#include "http/conn.h"

#include <stdio.h>
#include <stdlib.h>

struct half_log {
	uint8_t *bytes; /* all that this side sent; gaps left out */
	size_t len;
};

enum { ORDINALS = 1 << 10 };

struct run {
	struct half_log log[2];
	bool asked[ORDINALS];       /* by ordinal: a request came out, */
	uint32_t answers[ORDINALS]; /* so many responses */
	uint64_t digest;
	uint64_t messages;
	size_t body_bytes;
};

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static void mix(struct run *r, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		r->digest = (r->digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ULL;
}

static void on_message(void *arg, struct message *m)
{
	struct run *r = arg;
	r->messages++;
	r->body_bytes += m->data.len;
	mix(r, &m->type, sizeof m->type);
	mix(r, &m->flags, sizeof m->flags);
	mix(r, m->id.hex, m->id.len);
	mix(r, &m->ts_ns, sizeof m->ts_ns);
	mix(r, &m->latency_ns, sizeof m->latency_ns);
	mix(r, m->data.ptr, m->data.len);
	require(m->data.len > 0 && m->refs == 1 && m->latency_ns >= 0, "a message has bytes, one holder, a latency");
	const struct half_log *log = &r->log[m->src.port - 1];
	if (!(m->flags & MESSAGE_GAP))
		require(memmem(log->bytes, log->len, m->data.ptr, m->data.len) != NULL, "a message's bytes were sent as they stand");
	char text[9] = { 0 };
	memcpy(text, m->id.hex + 16, 8);
	unsigned long ordinal = strtoul(text, NULL, 16);
	if (ordinal < ORDINALS) {
		r->asked[ordinal] |= m->type == MESSAGE_REQUEST;
		r->answers[ordinal] += m->type == MESSAGE_RESPONSE;
	}
	message_unref(m);
}

/* The row of the responses without a request says how many have an ordinal that no request has. Of messages without a record nobody knows. */
static void counts_the_unasked(const struct run *r, const struct http_reader *reader)
{
	uint64_t n = 0, counted = reader->responses[HTTP_UNPAIRED];
	for (size_t i = 0; i < ORDINALS; i++)
		n += r->asked[i] ? 0 : r->answers[i];
	if (r->messages < ORDINALS && !reader->responses[HTTP_DISCARDED] && !reader->skip_responses)
		require(reader->requests[HTTP_DISCARDED] ? counted <= n : counted == n, "the responses without a request are counted");
}

static void balances(const struct tally_table *table, const uint64_t *counts)
{
	uint64_t total = 0, parts = 0;
	for (size_t i = 0; i < table->n; i++) {
		total += table->rows[i].kind == TALLY_TOTAL ? counts[i] : 0;
		parts += table->rows[i].kind == TALLY_PART ? counts[i] : 0;
	}
	require(total == parts, table->section);
}

struct input {
	const uint8_t *at, *end;
};

static unsigned take(struct input *in)
{
	return in->at < in->end ? *in->at++ : 0;
}

static void send_bytes(struct http_conn *c, struct run *r, struct chunk chunk, int side, size_t piece)
{
	struct slice all = chunk.bytes;
	memcpy(r->log[side].bytes + r->log[side].len, all.ptr, all.len);
	r->log[side].len += all.len;
	uint64_t offset = chunk.offset;
	bool starts = chunk.segment_start;
	for (size_t at = 0; at < all.len; at += piece) {
		struct slice part = slice_cut(all, at, piece);
		/* In memory of its own, so that the sanitizer sees a read beyond it. */
		uint8_t *copy = malloc(part.len);
		memcpy(copy, part.ptr, part.len);
		chunk.bytes = slice_of(copy, part.len);
		chunk.offset = offset + at;
		chunk.segment_start = starts && at == 0;
		(void)http_conn_data(c, side, &chunk);
		free(copy);
	}
}

static void play(struct input in, size_t piece, struct run *r)
{
	size_t size = (size_t)(in.end - in.at);
	for (int side = 0; side < 2; side++)
		r->log[side] = (struct half_log){ .bytes = malloc(size + 1) };
	unsigned setup = take(&in);
	struct flow_info flow = { .side = { { .family = 4, .port = 1 }, { .family = 4, .port = 2 } },
		                  .opener_known = setup & 1,
		                  .syn_seen = { (setup & 9) == 1, (setup & 17) == 1 },
		                  .lane = 7 };
	struct http_reader reader = { .skip_responses = setup & 2, .arg = r, .message = on_message };
	if (setup & 4)
		reader.limits = (struct http_limits){ .message_bytes = 64, .head_bytes = 48, .pending = 2 };
	struct http_conn *c = http_conn_new(&reader, &flow);
	uint64_t told[2] = { 0 };
	int64_t now = 0;
	while (in.at < in.end) {
		unsigned op = take(&in);
		int side = op & 1;
		now += 10;
		if ((op & 6) == 6) {
			struct gap gap = { .offset = told[side], .len = 1 + take(&in), .ts_ns = now };
			told[side] += gap.len;
			(void)http_conn_gap(c, side, &gap);
		} else if (op == 0xf4 || op == 0xf5) {
			http_conn_end(c, side, (enum stream_end)(take(&in) % 6), now);
		} else {
			/* Up to the next 0xff, so that texts stay readable in the corpus. */
			const uint8_t *stop = memchr(in.at, 0xff, (size_t)(in.end - in.at));
			size_t n = (size_t)((stop ? stop : in.end) - in.at);
			uint64_t acked = op & 8 ? told[!side] / 2 : told[!side];
			if (n)
				send_bytes(c, r,
				           (struct chunk){ .bytes = slice_of(in.at, n),
				                           .offset = told[side],
				                           .peer_offset = acked,
				                           .ts_ns = now,
				                           .segment_start = !(op & 16) },
				           side, piece ? piece : n);
			told[side] += n;
			in.at += n + (stop != NULL);
		}
	}
	http_conn_free(c);
	counts_the_unasked(r, &reader);
	balances(&request_table, reader.requests);
	balances(&response_table, reader.responses);
	balances(&http_conn_table, reader.conns);
	mix(r, reader.requests, sizeof reader.requests);
	mix(r, reader.responses, sizeof reader.responses);
	mix(r, reader.conns, sizeof reader.conns);
	for (int side = 0; side < 2; side++)
		free(r->log[side].bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, data + size };
	static struct run whole, bytes;
	memset(&whole, 0, sizeof whole);
	memset(&bytes, 0, sizeof bytes);
	play(in, 0, &whole);
	play(in, 1, &bytes);
	require(whole.digest == bytes.digest && whole.messages == bytes.messages, "the same messages however the bytes are cut");
	return 0;
}
