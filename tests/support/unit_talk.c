/* unit_talk: first the conversation in good order, then what a capture does to it. */
#include "support/unit_talk.h"

#include "support/unit_rng.h"

#include <stdlib.h>

enum { ROOM = 8192 };

struct maker {
	struct talk *t;
	const struct talk_options *o;
	struct rng rng;
	uint32_t isn[2];
	size_t sent[2];
};

static struct segment *add(struct maker *m, int side, uint8_t flags, uint32_t seq)
{
	if (m->t->n == ROOM)
		abort();
	struct segment *s = &m->t->segments[m->t->n++];
	*s = (struct segment){
		.src = m->t->side[side],
		.dst = m->t->side[!side],
		.seq = seq,
		.ack = flags & TCP_ACK ? m->isn[!side] + 1 + (uint32_t)m->sent[!side] : 0,
		.flags = flags,
		.window = 65535,
	};
	return s;
}

static struct segment *add_data(struct maker *m, int side, size_t from, size_t len)
{
	struct segment *s = add(m, side, TCP_ACK | TCP_PSH, m->isn[side] + 1 + (uint32_t)from);
	s->payload = slice_of(m->t->truth[side] + from, len);
	return s;
}

/* Sent again: the same, or with borders that cut across what was sent before. */
static void add_repeat(struct maker *m, int side)
{
	size_t sent = m->sent[side];
	if (!sent)
		return;
	size_t from = rng_below(&m->rng, sent);
	add_data(m, side, from, 1 + rng_below(&m->rng, sent - from > 400 ? 400 : sent - from));
}

static void converse(struct maker *m)
{
	struct talk *t = m->t;
	while (m->sent[0] < t->len[0] || m->sent[1] < t->len[1]) {
		int side = (int)rng_below(&m->rng, 2);
		size_t left = t->len[side] - m->sent[side];
		size_t len = 1 + rng_below(&m->rng, 300);
		if (len > left)
			len = left;
		if (!len)
			continue;
		add_data(m, side, m->sent[side], len);
		m->sent[side] += len;
		if (rng_mille(&m->rng, 500))
			add(m, !side, TCP_ACK, m->isn[!side] + 1 + (uint32_t)m->sent[!side]);
		if (rng_mille(&m->rng, m->o->repeat))
			add_repeat(m, side);
	}
}

static void lose(struct maker *m)
{
	struct talk *t = m->t;
	size_t kept = 0;
	for (size_t i = 0; i < t->n; i++) {
		bool other_side = m->o->one_sided && endpoint_eq(&t->segments[i].src, &t->side[1]);
		/* With no SYN, the first segment says where the stream starts: it has to be there. */
		bool first = m->o->no_handshake && t->segments[i].payload.ptr == t->truth[0];
		if (other_side || (!first && t->segments[i].payload.len && rng_mille(&m->rng, m->o->lose)))
			continue;
		t->segments[kept++] = t->segments[i];
	}
	t->n = kept;
}

static void reorder(struct maker *m)
{
	struct talk *t = m->t;
	for (size_t i = 1; i < t->n; i++) {
		if (!rng_mille(&m->rng, m->o->reorder))
			continue;
		size_t to = i - rng_below(&m->rng, i < 12 ? i : 12);
		if (to < 2)
			continue; /* what says where the streams begin stays in front */
		struct segment s = t->segments[i];
		memmove(t->segments + to + 1, t->segments + to, (i - to) * sizeof s);
		t->segments[to] = s;
	}
}

static void note_truth(struct talk *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct segment *s = &t->segments[i];
		s->ts_ns = 1700000000000000000LL + (int64_t)i * 100000;
		if (!s->payload.len)
			continue;
		int side = endpoint_eq(&s->src, &t->side[0]) ? 0 : 1;
		size_t from = (size_t)(s->payload.ptr - t->truth[side]);
		t->starts[side][from] = true;
		memset(t->captured[side] + from, 1, s->payload.len);
	}
}

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

struct talk *talk_new(const struct talk_options *options)
{
	struct maker m = { .t = must(calloc(1, sizeof(struct talk))), .o = options, .rng = { options->seed } };
	struct talk *t = m.t;
	t->segments = must(calloc(ROOM, sizeof *t->segments));
	t->side[0] = (struct endpoint){ .family = 4, .port = 40000, .addr = { 192, 0, 2, 1 } };
	t->side[1] = (struct endpoint){ .family = 4, .port = 80, .addr = { 192, 0, 2, 2 } };
	for (int side = 0; side < 2; side++) {
		t->len[side] = 1 + rng_below(&m.rng, options->stream_max);
		t->truth[side] = must(malloc(t->len[side]));
		t->captured[side] = must(calloc(t->len[side], sizeof(bool)));
		t->starts[side] = must(calloc(t->len[side], sizeof(bool)));
		for (size_t i = 0; i < t->len[side]; i++)
			t->truth[side][i] = (uint8_t)rng_next(&m.rng);
		/* Half of the streams wrap around. */
		m.isn[side] = rng_mille(&m.rng, 500) ? (uint32_t)rng_next(&m.rng) : 0U - (uint32_t)rng_below(&m.rng, t->len[side] + 2);
	}
	t->truth[0][0] |= 1; /* a lone zero byte in front would be taken for a keep-alive */
	if (!options->no_handshake) {
		add(&m, 0, TCP_SYN, m.isn[0]);
		add(&m, 1, TCP_SYN | TCP_ACK, m.isn[1]);
		add(&m, 0, TCP_ACK, m.isn[0] + 1);
	} else {
		m.sent[0] = 1;
		add_data(&m, 0, 0, 1);
	}
	converse(&m);
	for (int side = 0; side < 2; side++)
		add(&m, side, TCP_FIN | TCP_ACK, m.isn[side] + 1 + (uint32_t)t->len[side]);
	lose(&m);
	reorder(&m);
	note_truth(t);
	return t;
}

void talk_free(struct talk *t)
{
	for (int side = 0; side < 2; side++) {
		free(t->truth[side]);
		free(t->captured[side]);
		free(t->starts[side]);
	}
	free(t->segments);
	free(t);
}
