/* response_framing: one response after another off a connection, in a fixed state.
 *
 * Lines of the head that lie whole in the bytes at hand are read there; a broken one is put together in the state, as far as it
 * can matter: the four fields that framing rests on are short. */
#include "http/response_framing.h"

#include "http/chunked.h"
#include "http/facts.h"
#include "http/head.h"
#include "http/start.h"

enum {
	LINE_KEPT = 1024,       /* of a field line; the rest of it is not looked at */
	HEAD_MAX = 1024 * 1024, /* also for trailers and chunk extensions together */
};

enum stage { IN_START, IN_HEAD, IN_SIZED, IN_CHUNKED, IN_CLOSE, IS_OVER };

struct state {
	uint8_t stage; /* enum stage */
	uint8_t method;
	bool done; /* ended as HTTP: keep_alive has a meaning */
	struct http_facts facts;
	int status;
	uint64_t left;
	uint32_t overhead; /* bytes of head, extensions, trailers */
	struct chunked chunked;
	uint16_t line_len;
	uint8_t line[LINE_KEPT];
};

static void restart(struct state *s)
{
	s->stage = IN_START;
	s->overhead = 0;
	s->line_len = 0;
	http_facts_init(&s->facts, true, (enum http_method)s->method);
}

static void init(void *state, struct slice method)
{
	struct state *s = state;
	s->method = (uint8_t)http_method_of(method);
	s->done = false;
	s->status = 0;
	s->left = 0;
	restart(s);
}

static enum framing over(struct state *s, enum framing how)
{
	s->stage = IS_OVER;
	s->done = how == FRAMING_DONE;
	return how;
}

/* RFC 9112 §6.3, 5: where only Content-Length could say where the body ends, and it says nothing, or two things. */
static bool length_unknown(const struct http_facts *f, enum http_body body)
{
	return f->size_bad && !f->coded && (body == BODY_SIZED || body == BODY_CLOSE);
}

static enum framing head_done(struct state *s)
{
	s->status = s->facts.status;
	enum http_body body = http_facts_body(&s->facts);
	if (length_unknown(&s->facts, body))
		return over(s, FRAMING_BAD);
	switch (body) {
	case BODY_TUNNEL:
		return over(s, FRAMING_TUNNEL);
	case BODY_NONE:
		if (s->status < 100 || s->status >= 200)
			return over(s, FRAMING_DONE);
		restart(s);
		return FRAMING_INTERIM;
	case BODY_SIZED:
		s->left = s->facts.size;
		s->stage = IN_SIZED;
		return FRAMING_MORE;
	case BODY_CHUNKED:
		chunked_init(&s->chunked);
		s->stage = IN_CHUNKED;
		return FRAMING_MORE;
	case BODY_CLOSE:
		s->stage = IN_CLOSE;
		return FRAMING_MORE;
	}
	return FRAMING_BAD;
}

/* Keeps what of the line may matter. */
static void keep(struct state *s, struct slice piece)
{
	size_t room = LINE_KEPT - s->line_len;
	piece = slice_cut(piece, 0, room);
	if (piece.len)
		memcpy(s->line + s->line_len, piece.ptr, piece.len);
	s->line_len = (uint16_t)(s->line_len + piece.len);
}

/* A whole line of the head. */
static enum framing take_line(struct state *s, struct slice line)
{
	if (!s->facts.started) {
		size_t checked = 0;
		if (http_start_judge(line, &checked) != START_RESPONSE)
			return over(s, FRAMING_BAD);
		s->stage = IN_HEAD;
	}
	return http_facts_line(&s->facts, slice_cut(line, 0, LINE_KEPT)) ? head_done(s) : FRAMING_MORE;
}

/* Does the beginning of a status line still look like one? Tells garbage early, not at the end of its first line. */
static bool still_a_status_line(const struct state *s)
{
	size_t checked = 0;
	enum http_start what = http_start_judge(slice_of(s->line, s->line_len), &checked);
	return what == START_RESPONSE ||
	       (what == START_MORE && slice_starts(slice_str("HTTP/"), slice_cut(slice_of(s->line, s->line_len), 0, 5)));
}

static enum framing push_head(struct state *s, struct slice in, size_t *used)
{
	while (*used < in.len) {
		struct slice rest = slice_from(in, *used);
		if (s->stage == IN_START && s->line_len == 0 && (rest.ptr[0] == '\r' || rest.ptr[0] == '\n')) {
			++*used; /* an empty line behind the last body */
			if (++s->overhead > HEAD_MAX)
				return over(s, FRAMING_BAD);
			continue;
		}
		size_t lf = slice_find_byte(rest, '\n');
		size_t n = lf < rest.len ? lf + 1 : rest.len;
		if (n > HEAD_MAX - s->overhead)
			return over(s, FRAMING_BAD);
		s->overhead += (uint32_t)n;
		*used += n;
		struct slice line = slice_cut(rest, 0, n);
		if (s->line_len || lf == rest.len) {
			keep(s, line);
			line = slice_of(s->line, s->line_len);
		}
		if (lf == rest.len)
			return s->stage == IN_START && !still_a_status_line(s) ? over(s, FRAMING_BAD) : FRAMING_MORE;
		s->line_len = 0;
		enum framing r = take_line(s, line);
		if (r != FRAMING_MORE || s->stage != IN_HEAD)
			return r;
	}
	return FRAMING_MORE;
}

static enum framing push_chunked(struct state *s, struct slice in, size_t *used)
{
	while (*used < in.len) {
		struct slice data = { 0 };
		size_t n;
		enum chunked_result r = chunked_next(&s->chunked, slice_from(in, *used), &n, &data);
		*used += n;
		/* Content resets the count: only lines without content between them can be endless. */
		size_t lines = n - data.len;
		if (data.len)
			s->overhead = 0;
		else if (lines > HEAD_MAX - s->overhead)
			return over(s, FRAMING_BAD);
		else
			s->overhead += (uint32_t)lines;
		if (r == CHUNKED_END)
			return over(s, FRAMING_DONE);
		if (r == CHUNKED_BAD)
			return over(s, FRAMING_BAD);
	}
	return FRAMING_MORE;
}

static enum framing push(void *state, struct slice in, size_t *used)
{
	struct state *s = state;
	*used = 0;
	for (;;) {
		enum framing r = FRAMING_MORE;
		switch ((enum stage)s->stage) {
		case IN_START:
		case IN_HEAD:
			r = push_head(s, in, used);
			if (r != FRAMING_MORE || *used == in.len)
				return r;
			break;
		case IN_SIZED: {
			size_t n = in.len - *used;
			if (n > s->left)
				n = (size_t)s->left;
			*used += n;
			s->left -= n;
			return s->left ? FRAMING_MORE : over(s, FRAMING_DONE);
		}
		case IN_CHUNKED:
			return push_chunked(s, in, used);
		case IN_CLOSE:
			*used = in.len;
			return FRAMING_MORE;
		case IS_OVER:
			return FRAMING_BAD;
		}
	}
}

static enum framing finish(void *state)
{
	struct state *s = state;
	if (s->stage != IN_CLOSE)
		return over(s, FRAMING_BAD);
	s->facts.close = true;
	return over(s, FRAMING_DONE);
}

static int status(const void *state)
{
	return ((const struct state *)state)->status;
}

static bool keep_alive(const void *state)
{
	const struct state *s = state;
	return s->done && http_facts_keep_alive(&s->facts);
}

static size_t request_head(struct slice request)
{
	struct http_head head;
	return http_head_parse(request, &head) ? head.head_len : 0;
}

const struct framing_ops http1_response_framing = {
	.size = sizeof(struct state),
	.init = init,
	.push = push,
	.finish = finish,
	.status = status,
	.keep_alive = keep_alive,
	.request_head = request_head,
};
