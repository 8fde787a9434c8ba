/* half: START, HEAD, body, and again. Each step takes some of the bytes at hand and leaves the state to go on from. */
#include "http/half.h"

#include "http/proxy.h"

enum {
	RESERVE_MAX = 256 * 1024, /* what a Content-Length alone makes us allocate */
	PROXY_V2_TOLD = 8,        /* "\0\r\nQUIT\n" */
};

/* --- storing ------------------------------------------------------------------------------------------------------ */

/* Behind the limit, or without memory, the bytes are let go and framing goes on. */
static void store(struct http_conn *c, struct half *h, struct slice s)
{
	if (!h->m || (h->flags & MESSAGE_TRUNC))
		return;
	size_t room = c->reader->limits.message_bytes - h->m->data.len;
	if (s.len > room || buf_append(&h->m->data, s))
		h->flags |= MESSAGE_TRUNC;
	if (s.len > room)
		(void)buf_append(&h->m->data, slice_cut(s, 0, room));
}

static void clear_hold(struct half *h)
{
	buf_clear(&h->hold);
	h->hold_checked = 0;
	h->n_others = 0;
	h->others_over = false;
}

/* A client's bytes that are no request were not missed: nothing but an error answers them. A server's may have been an answer. */
static void seek(struct http_conn *c, struct half *h, uint64_t from)
{
	h->state = HALF_SEEK;
	h->may_start = false;
	if (!h->missed && c->client != h->side) {
		h->missed = true;
		h->missed_from = from;
		h->missed_between = false;
	}
}

static void finish(struct http_conn *c, struct half *h)
{
	h->state = HALF_START;
	conn_give(c, h);
}

/* --- between messages --------------------------------------------------------------------------------------------- */

static size_t through_line(struct slice s)
{
	size_t lf = slice_find_byte(s, '\n');
	return lf < s.len ? lf + 1 : s.len;
}

static void mark_start(struct half *h, const struct chunk *chunk, size_t at)
{
	h->hold_at = (struct pair_place){ chunk->offset + at, chunk->peer_offset };
	h->hold_ts_ns = chunk->ts_ns;
	h->hold_inside = half_may_be_inside(h, at ? chunk->bytes.ptr[at - 1] : h->last_byte);
}

/* Is that verdict a message this side may send? */
static bool fits_side(const struct http_conn *c, const struct half *h, enum http_start what)
{
	if (what == START_REQUEST)
		return c->client < 0 || c->client == h->side;
	return what == START_RESPONSE && c->client != h->side;
}

/* The message that began in hold takes hold's bytes as its own. */
static void begin_with_hold(struct http_conn *c, struct half *h, enum http_start what)
{
	h->state = HALF_HEAD;
	if (!conn_begin(c, h, what, buf_slice(&h->hold)))
		return;
	struct buf swap = h->m->data;
	size_t max = swap.max;
	h->m->data = h->hold;
	h->m->data.max = max;
	h->hold = swap;
	h->hold.max = c->reader->limits.head_bytes;
	clear_hold(h);
	h->last_ts_ns = h->now_ns;
	if (h->m->data.ptr[h->m->data.len - 1] == '\n') {
		(void)http_facts_line(&h->facts, buf_slice(&h->m->data));
		h->line_at = h->m->data.len;
	}
}

/* A start line that is longer than a whole head may be. */
static enum http_start over_line_limit(struct http_conn *c, struct half *h, struct slice start)
{
	conn_discard_start(c, h, start);
	h->n_others = 0; /* the bytes at hand are not in hold: nothing can be made of it */
	return START_OTHER;
}

/* Puts the next piece of an open start line into hold and judges again. A status line is known by its first bytes, so no more than
 * those are taken at first. */
static enum http_start judge_held(struct http_conn *c, struct half *h, struct slice rest, size_t *used)
{
	*used = through_line(rest);
	if (h->hold.len ? h->hold.ptr[0] == 0 : rest.ptr[0] == 0) /* until it is told, no byte too many: it may be another start's */
		*used = h->hold.len < PROXY_V2_TOLD ? 1 : slice_cut(rest, 0, http_proxy_v2_size(buf_slice(&h->hold)) - h->hold.len).len;
	else if ((h->hold.len < HTTP_STATUS_PREFIX) && (*used > HTTP_STATUS_PREFIX - h->hold.len))
		*used = HTTP_STATUS_PREFIX - h->hold.len;
	size_t room = h->hold.max - h->hold.len;
	bool over = *used > room;
	if (over)
		*used = room;
	enum http_start what = START_OTHER;
	if (buf_append(&h->hold, slice_cut(rest, 0, *used)))
		*used = 0;
	else /* only HALF_EXPECT lets empty lines get here */
		what = http_start_judge(slice_from(buf_slice(&h->hold), half_count_blank(buf_slice(&h->hold))), &h->hold_checked);
	return what == START_MORE && over ? over_line_limit(c, h, buf_slice(&h->hold)) : what;
}

/* With nothing held: most messages begin so, and are judged where they lie. */
static enum http_start judge_in_place(struct http_conn *c, struct half *h, struct slice rest)
{
	size_t checked = 0, limit = c->reader->limits.head_bytes;
	enum http_start what = http_start_judge(slice_cut(rest, 0, limit), &checked);
	return what == START_MORE && rest.len > limit ? over_line_limit(c, h, slice_cut(rest, 0, limit)) : what;
}

/* Does what is held begin a message of this side's? */
static bool accept_held(const struct http_conn *c, struct half *h, enum http_start what)
{
	if (!fits_side(c, h, what) || h->hold.len == 0)
		return false;
	if (what == START_REQUEST && half_in_doubt(h) && h->n_others && !half_choose_start(h))
		return false;
	return half_plausible(h, what, buf_slice(&h->hold));
}

static bool is_proxy(enum http_start what)
{
	return what == START_PROXY || what == START_PROXY_V2;
}

/* The PROXY protocol's header is in hold, with its last `used` bytes from rest, or else in rest. */
static size_t take_proxy(struct http_conn *c, struct half *h, struct slice rest, size_t used)
{
	struct slice header = buf_slice(&h->hold);
	if (header.len == 0) {
		used = rest.ptr[0] ? through_line(rest) : http_proxy_v2_size(rest);
		header = slice_cut(rest, 0, used);
	}
	conn_proxied(c, h, header);
	clear_hold(h);
	return used;
}

/* The bytes judged `what` are not for us. Returns how many of rest are done with. */
static size_t reject_start(struct http_conn *c, struct half *h, enum http_start what, struct slice rest, size_t used)
{
	uint64_t from = h->hold_at.offset;
	if (fits_side(c, h, what))
		what = START_OTHER;
	conn_may_begin_inside(c, h);
	do {
		if (!conn_not_a_message(c, h, what))
			return rest.len;
		seek(c, h, from);
		if (!half_try_start(h, &what)) {
			clear_hold(h);
			c->skipped += rest.len;
			return rest.len;
		}
		if (is_proxy(what))
			return take_proxy(c, h, rest, used);
	} while (what != START_MORE && !accept_held(c, h, what));
	if (what != START_MORE)
		begin_with_hold(c, h, what);
	return used;
}

/* HALF_START and HALF_SEEK. */
static size_t step_start(struct http_conn *c, struct half *h, const struct chunk *chunk, struct slice rest)
{
	size_t at = chunk->bytes.len - rest.len, used = 0;
	enum http_start what = START_MORE;
	if (h->state == HALF_SEEK && h->hold.len == 0 && !h->may_start) {
		c->skipped += rest.len;
		return rest.len;
	}
	if (h->hold.len == 0) {
		size_t blank = half_count_blank(rest); /* RFC 9112 §2.2 */
		if (blank)
			return blank;
		mark_start(h, chunk, at);
		what = judge_in_place(c, h, rest);
		if (fits_side(c, h, what) && half_plausible(h, what, rest)) {
			h->state = HALF_HEAD;
			(void)conn_begin(c, h, what, rest);
			return 0;
		}
	} else if (chunk->segment_start && at == 0) {
		half_mark_start(h, chunk);
	}
	if (what == START_MORE)
		what = judge_held(c, h, rest, &used);
	if (what == START_MORE)
		return used;
	if (is_proxy(what))
		return take_proxy(c, h, rest, used);
	if (!accept_held(c, h, what))
		return reject_start(c, h, what, rest, used);
	begin_with_hold(c, h, what);
	return used;
}

/* --- head --------------------------------------------------------------------------------------------------------- */

static void enter_body(struct http_conn *c, struct half *h, enum http_body body)
{
	switch (body) {
	case BODY_NONE:
		finish(c, h);
		return;
	case BODY_SIZED:
		h->left = h->facts.size;
		h->state = HALF_SIZED;
		break;
	case BODY_CHUNKED:
		chunked_init(&h->chunked);
		h->state = HALF_CHUNKED;
		break;
	case BODY_CLOSE:
		h->state = HALF_CLOSE;
		break;
	case BODY_TUNNEL:
		finish(c, h);
		conn_tunnel(c);
		return;
	}
	if (h->facts.is_response ? h->method_unknown : h->facts.expect_continue)
		h->state = HALF_EXPECT;
}

/* The head's last bytes are in the message, or are `last`, to be put there. */
static void end_head(struct http_conn *c, struct half *h, struct slice last)
{
	enum http_body body = conn_head_done(c, h);
	if (h->m) {
		size_t limit = c->reader->limits.message_bytes;
		h->m->data.max = limit;
		if (h->m->data.len > limit) {
			h->m->data.len = limit;
			h->flags |= MESSAGE_TRUNC;
		}
		size_t want = last.len + (size_t)(h->left < RESERVE_MAX ? h->left : RESERVE_MAX);
		size_t room = limit - h->m->data.len;
		(void)buf_reserve(&h->m->data, want < room ? want : room);
	}
	store(c, h, last);
	enter_body(c, h, body);
}

static void over_head_limit(struct http_conn *c, struct half *h)
{
	conn_discard(c, h);
	seek(c, h, h->hold_at.offset + c->reader->limits.head_bytes);
}

/* The rest of a line whose beginning is in the message already. */
static size_t step_broken_line(struct http_conn *c, struct half *h, struct slice rest)
{
	size_t n = through_line(rest);
	if (h->m->data.len + n > c->reader->limits.head_bytes || buf_append(&h->m->data, slice_cut(rest, 0, n))) {
		over_head_limit(c, h);
		return rest.len;
	}
	if (rest.ptr[n - 1] != '\n')
		return n;
	struct slice line = slice_from(buf_slice(&h->m->data), h->line_at);
	h->line_at = h->m->data.len;
	if (http_facts_line(&h->facts, line))
		end_head(c, h, slice_of(NULL, 0));
	return n;
}

/* HALF_HEAD. Whole lines are read where they lie, and copied once. */
static size_t step_head(struct http_conn *c, struct half *h, struct slice rest)
{
	if (h->line_at < h->m->data.len)
		return step_broken_line(c, h, rest);
	size_t at = 0;
	bool ended = false;
	while (!ended) {
		struct slice line = slice_from(rest, at);
		size_t lf = slice_find_byte(line, '\n');
		if (lf == line.len)
			break;
		at += lf + 1;
		ended = http_facts_line(&h->facts, slice_cut(line, 0, lf + 1));
	}
	size_t n = ended ? at : rest.len;
	if (h->m->data.len + n > c->reader->limits.head_bytes) {
		over_head_limit(c, h);
		return rest.len;
	}
	if (ended) {
		end_head(c, h, slice_cut(rest, 0, n));
		return n;
	}
	h->line_at = h->m->data.len + at;
	if (buf_append(&h->m->data, rest))
		over_head_limit(c, h);
	return n;
}

/* --- body --------------------------------------------------------------------------------------------------------- */

static size_t step_sized(struct http_conn *c, struct half *h, struct slice rest)
{
	size_t n = h->left < rest.len ? (size_t)h->left : rest.len;
	store(c, h, slice_cut(rest, 0, n));
	h->left -= n;
	if (h->left == 0)
		finish(c, h);
	return n;
}

static size_t step_chunked(struct http_conn *c, struct half *h, struct slice rest)
{
	size_t total = 0, used;
	enum chunked_result r;
	do {
		struct slice data;
		r = chunked_next(&h->chunked, slice_from(rest, total), &used, &data);
		total += used;
	} while (r == CHUNKED_DATA && total < rest.len);
	store(c, h, slice_cut(rest, 0, total));
	if (r == CHUNKED_END) {
		finish(c, h);
	} else if (r == CHUNKED_BAD) {
		h->flags |= MESSAGE_CUT;
		conn_give(c, h);
		seek(c, h, h->rest_end - (rest.len - total));
		total = rest.len;
	}
	return total;
}

static size_t step_body(struct http_conn *c, struct half *h, struct slice rest)
{
	switch (h->state) {
	case HALF_SIZED:
		return step_sized(c, h, rest);
	case HALF_CHUNKED:
		return step_chunked(c, h, rest);
	default:
		store(c, h, rest);
		return rest.len;
	}
}

static void walk(struct http_conn *c, struct half *h, const struct chunk *chunk);

static enum half_state body_state(const struct half *h)
{
	switch (http_facts_body(&h->facts)) {
	case BODY_CHUNKED:
		return HALF_CHUNKED;
	case BODY_CLOSE:
		return HALF_CLOSE;
	default:
		return HALF_SIZED;
	}
}

/* The bytes held turn out to be the body's; `now` of them, at their end, are of the chunk at hand. The body may end among them: then
 * the others are walked again. Returns how many of `now` are done with. */
static size_t body_from_hold(struct http_conn *c, struct half *h, size_t now)
{
	h->state = body_state(h);
	struct buf held = h->hold;
	buf_init(&h->hold, held.max);
	clear_hold(h);
	size_t took = 0, before = held.len - now, blank = half_count_blank(buf_slice(&held));
	uint64_t rest_end = h->rest_end;
	h->rest_end = h->hold_at.offset - blank + held.len;
	while (took < held.len && (h->state == HALF_SIZED || h->state == HALF_CHUNKED || h->state == HALF_CLOSE))
		took += step_body(c, h, slice_from(buf_slice(&held), took));
	if (took < before) {
		struct chunk again = {
			.bytes = slice_cut(buf_slice(&held), took, before - took),
			.offset = h->hold_at.offset - blank + took,
			.peer_offset = h->hold_at.peer_offset,
			.ts_ns = h->hold_ts_ns,
		};
		walk(c, h, &again);
	}
	buf_release(&held);
	h->rest_end = rest_end;
	return took > before ? took - before : 0;
}

/* HALF_EXPECT of a response: whether it answers a HEAD is told by a status line in place of its body; a CONNECT, by what tunnels carry. */
static size_t step_unknown(struct http_conn *c, struct half *h, struct slice rest)
{
	enum { TLS_HANDSHAKE = 22 }; /* RFC 8446 §5.1 */
	size_t used;
	enum http_start what = judge_held(c, h, rest, &used);
	struct slice held = buf_slice(&h->hold), begun = slice_from(held, half_count_blank(held));
	bool blank_body = body_state(h) == HALF_SIZED && held.len - begun.len >= h->left;
	if (what == START_RESPONSE && !blank_body) {
		conn_give(c, h);
		buf_consume(&h->hold, held.len - begun.len);
		begin_with_hold(c, h, what);
		return used;
	}
	/* Even where these are all of a short body. */
	bool may_be = !blank_body && slice_starts(slice_str("HTTP/1."), slice_cut(begun, 0, 7));
	bool unbounded = body_state(h) == HALF_CLOSE && h->facts.status < 300;
	may_be |= unbounded && ((held.len && held.ptr[0] == TLS_HANDSHAKE) || slice_starts(slice_str("SSH-"), slice_cut(held, 0, 4)));
	if (what == START_MORE && may_be)
		return used;
	if (unbounded && begun.len == held.len && (what == START_TLS || what == START_SSH)) {
		finish(c, h);
		conn_tunnel(c);
		return rest.len;
	}
	h->last_ts_ns = h->now_ns;
	return body_from_hold(c, h, used);
}

/* HALF_EXPECT of a request: a client that got a final answer in place of the 100 may leave the body out. */
static size_t step_expect(struct http_conn *c, struct half *h, const struct chunk *chunk, struct slice rest)
{
	if (h->hold.len == 0 && !h->facts.is_response && !h->answered) {
		(void)body_from_hold(c, h, 0);
		return 0;
	}
	size_t before = h->hold.len, used;
	if (half_count_blank(buf_slice(&h->hold)) == before)
		mark_start(h, chunk, chunk->bytes.len - rest.len + half_count_blank(rest));
	if (h->facts.is_response)
		return step_unknown(c, h, rest);
	bool sized = !h->facts.chunked;
	if (sized && before < h->left)
		rest = slice_cut(rest, 0, h->left - before > SIZE_MAX ? SIZE_MAX : (size_t)(h->left - before));
	enum http_start what = judge_held(c, h, rest, &used);
	if (what == START_REQUEST) {
		h->flags |= MESSAGE_CUT;
		conn_give(c, h);
		buf_consume(&h->hold, half_count_blank(buf_slice(&h->hold)));
		begin_with_hold(c, h, what);
		return used;
	}
	struct slice begun = slice_from(buf_slice(&h->hold), half_count_blank(buf_slice(&h->hold)));
	bool whole_body = sized && h->hold.len == h->left && !http_start_likely(begun);
	if (what == START_MORE && !whole_body)
		return used;
	h->last_ts_ns = chunk->ts_ns;
	return body_from_hold(c, h, used);
}

/* --- what reassembly says ----------------------------------------------------------------------------------------- */

static size_t step(struct http_conn *c, struct half *h, const struct chunk *chunk, struct slice rest)
{
	if (h->state == HALF_HEAD || h->state == HALF_SIZED || h->state == HALF_CHUNKED || h->state == HALF_CLOSE)
		h->last_ts_ns = chunk->ts_ns;
	switch (h->state) {
	case HALF_START:
	case HALF_SEEK:
		return step_start(c, h, chunk, rest);
	case HALF_HEAD:
		return step_head(c, h, rest);
	case HALF_EXPECT:
		return step_expect(c, h, chunk, rest);
	case HALF_SIZED:
	case HALF_CHUNKED:
	case HALF_CLOSE:
		return step_body(c, h, rest);
	case HALF_OVER:
		break;
	}
	return rest.len;
}

static void walk(struct http_conn *c, struct half *h, const struct chunk *chunk)
{
	struct slice rest = chunk->bytes;
	h->rest_end = chunk->offset + rest.len;
	while (rest.len && !c->enough && h->state != HALF_OVER)
		rest = slice_from(rest, step(c, h, chunk, rest));
}

void half_data(struct http_conn *c, struct half *h, const struct chunk *chunk)
{
	h->told = chunk->offset + chunk->bytes.len;
	h->now_ns = chunk->ts_ns;
	h->may_start |= chunk->segment_start;
	walk(c, h, chunk);
	if (h->watch.on && half_sees_pipelining(h, chunk)) {
		c->pair.pipelines = true;
		h->watch.on = false;
	}
	if (chunk->bytes.len)
		h->last_byte = chunk->bytes.ptr[chunk->bytes.len - 1];
}

/* The message at hand cannot be framed across the hole. */
static void break_off(struct http_conn *c, struct half *h)
{
	switch (h->state) {
	case HALF_START:
	case HALF_SEEK:
		conn_discard_start(c, h, buf_slice(&h->hold));
		break;
	case HALF_HEAD:
		conn_discard(c, h);
		break;
	default:
		h->flags |= MESSAGE_CUT;
		conn_give(c, h);
		break;
	}
	clear_hold(h);
	h->state = HALF_SEEK;
	h->may_start = false;
}

void half_gap(struct http_conn *c, struct half *h, const struct gap *gap)
{
	h->told = gap->offset + gap->len;
	h->last_byte = 0;
	memset(&h->watch, 0, sizeof h->watch);
	if (h->state == HALF_OVER)
		return;
	if (h->state == HALF_EXPECT)
		(void)body_from_hold(c, h, 0);
	if (h->state == HALF_CLOSE || (h->state == HALF_SIZED && gap->len < h->left)) {
		h->flags |= MESSAGE_GAP;
		h->left -= h->state == HALF_SIZED ? gap->len : 0;
		return;
	}
	if (h->state == HALF_CHUNKED && chunked_skip(&h->chunked, gap->len)) {
		h->flags |= MESSAGE_GAP;
		return;
	}
	/* A hole that reaches exactly to the body's end leaves the stream in step. */
	bool in_step = h->state == HALF_SIZED && gap->len == h->left;
	/* What begins to say nothing yet is a message that was missed, too. */
	bool between = h->state == HALF_START && !http_start_likely(buf_slice(&h->hold));
	break_off(c, h);
	h->missed_more |= h->missed_much;
	h->watch.on = !in_step && c->client == h->side;
	if (in_step) {
		h->state = HALF_START;
	} else if (!h->missed) {
		h->missed = true;
		h->missed_from = gap->offset;
		h->missed_between = between;
	}
}

void half_end(struct http_conn *c, struct half *h, enum stream_end how)
{
	if (h->state == HALF_OVER)
		return;
	if (h->state == HALF_EXPECT && h->facts.is_response && h->maybe_head && h->hold.len == 0)
		finish(c, h);
	if (h->state == HALF_EXPECT)
		(void)body_from_hold(c, h, 0);
	bool closed = how == STREAM_FIN || how == STREAM_RST;
	if (h->state == HALF_CLOSE && closed)
		conn_give(c, h);
	else
		break_off(c, h);
	h->state = HALF_OVER;
}
