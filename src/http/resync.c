/* resync: where a message may begin when the stream is out of step: what is held may hold the end of one and, from a segment's start on, the
 * beginning of another. */
#include "http/half.h"

bool half_in_doubt(const struct half *h)
{
	return h->state == HALF_SEEK || h->missed;
}

/* The end of a request line whose target holds blanks is one, too ("and so on HTTP/1.1"): out of step, more is asked for. */
bool half_plausible(const struct half *h, enum http_start what, struct slice start)
{
	return what != START_REQUEST || !half_in_doubt(h) || http_start_common_method(start) || http_start_likely(start);
}

bool half_sees_pipelining(struct half *h, const struct chunk *chunk)
{
	if (h->watch.begun && chunk->segment_start)
		h->watch.on = false;
	h->watch.begun = true;
	for (size_t i = 0; i < chunk->bytes.len && h->watch.on; i++) {
		uint8_t c = chunk->bytes.ptr[i];
		if (c == '\n') {
			h->watch.empty = h->watch.text && !h->watch.line;
			h->watch.line = false;
			h->watch.n = 0;
		} else if (c != '\r') {
			h->watch.text = h->watch.line = true;
		}
		if (!h->watch.line || !h->watch.empty || h->watch.n == sizeof h->watch.head)
			continue;
		h->watch.head[h->watch.n++] = c;
		struct slice head = slice_of(h->watch.head, h->watch.n);
		if (c == '/' && http_start_common_method(head) && http_start_likely(head))
			return true;
	}
	return false;
}

/* Two starts with nothing but empty lines between them are one: the same message begins behind both. */
static bool begins_the_same(const struct half *h, const struct other_start *o)
{
	struct slice between = slice_from(buf_slice(&h->hold), o->at);
	return half_count_blank(between) == between.len;
}

/* A segment begins behind what is held: if that turns out to be nothing, this may be the message. */
void half_mark_start(struct half *h, const struct chunk *chunk)
{
	if (h->n_others && begins_the_same(h, &h->others[h->n_others - 1])) {
		h->n_others--;
	} else if (h->n_others == OTHER_STARTS) {
		h->n_others--;
		memmove(h->others, h->others + 1, h->n_others * sizeof *h->others);
		h->others_over = true;
	}
	h->others[h->n_others++] = (struct other_start){ h->hold.len, chunk->peer_offset, chunk->ts_ns };
}

/* What is held begins at the i-th other start. */
static void move_to_start(struct half *h, int i)
{
	struct other_start o = h->others[i];
	size_t drop = o.at + half_count_blank(slice_from(buf_slice(&h->hold), o.at));
	h->hold_inside = half_may_be_inside(h, drop ? h->hold.ptr[drop - 1] : 0);
	buf_consume(&h->hold, drop);
	h->hold_checked = 0;
	h->hold_at = (struct pair_place){ h->hold_at.offset + drop, o.peer_offset };
	h->hold_ts_ns = o.ts_ns;
	h->n_others = (uint8_t)(h->n_others - i - 1);
	memmove(h->others, h->others + i + 1, h->n_others * sizeof *h->others);
	for (uint8_t k = 0; k < h->n_others; k++)
		h->others[k].at -= drop; /* they begin behind what is no empty line */
	h->may_start = true;
}

/* Out of step, the end of a body may lie before a request line and make one line with it ("some text" "GET / HTTP/1.1"), and a segment may
 * begin anywhere in that. A method that everybody knows tells; one that only its sender knows does where there is no other choice. */
bool half_choose_start(struct half *h)
{
	enum { AS_HELD = -1, NONE = -2 };
	int choice = NONE, n = 0;
	for (int i = h->n_others - 1; i >= AS_HELD && choice != AS_HELD; i--) {
		struct slice s = slice_from(buf_slice(&h->hold), i == AS_HELD ? 0 : h->others[i].at);
		size_t checked = 0;
		s = slice_from(s, half_count_blank(s));
		if (http_start_judge(s, &checked) != START_REQUEST || !half_plausible(h, START_REQUEST, s))
			continue;
		choice = i;
		n++;
		if (http_start_common_method(s)) {
			n = 1;
			h->others_over = false;
			break;
		}
	}
	if (n != 1 || h->others_over) {
		h->n_others = 0;
		return false;
	}
	if (choice != AS_HELD)
		move_to_start(h, choice);
	return true;
}

/* What is held begins no message. True: it does so from the next segment's start on, or may. */
bool half_try_start(struct half *h, enum http_start *what)
{
	if (!h->n_others)
		return false;
	move_to_start(h, 0);
	*what = http_start_judge(buf_slice(&h->hold), &h->hold_checked);
	return true;
}
