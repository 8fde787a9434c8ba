/* line_framing: the first byte tells the kind, a newline ends it; Z ends with the connection, R and S are 302. A request's head ends with '|'. */
#include "unit/play/line_framing.h"

struct line {
	char kind; /* 0: nothing read yet */
	bool head; /* the request's method was HEAD: answers are empty lines of status 204 */
};

static void line_init(void *state, struct slice method)
{
	*(struct line *)state = (struct line){ .head = slice_eq(method, slice_str("HEAD")) };
}

static enum framing line_push(void *state, struct slice bytes, size_t *used)
{
	struct line *l = state;
	*used = bytes.len;
	if (bytes.len == 0)
		return FRAMING_MORE;
	if (!l->kind)
		l->kind = (char)bytes.ptr[0];
	if (!memchr("KCIUZRS", l->kind, 7))
		return FRAMING_BAD;
	size_t end = slice_find_byte(bytes, '\n');
	if (l->kind == 'Z' || end == bytes.len)
		return FRAMING_MORE;
	*used = end + 1;
	char kind = l->kind;
	if (kind == 'I') {
		l->kind = 0;
		return FRAMING_INTERIM;
	}
	return kind == 'U' ? FRAMING_TUNNEL : FRAMING_DONE;
}

static enum framing line_finish(void *state)
{
	return ((struct line *)state)->kind == 'Z' ? FRAMING_DONE : FRAMING_BAD;
}

static int line_status(const void *state)
{
	const struct line *l = state;
	if (l->head)
		return 204;
	if (l->kind == 'R' || l->kind == 'S')
		return 302;
	return l->kind == 'U' ? 101 : l->kind == 0 ? 100 : 200;
}

static bool line_keep_alive(const void *state)
{
	char kind = ((const struct line *)state)->kind;
	return kind == 'K' || kind == 'R';
}

static size_t line_request_head(struct slice request)
{
	size_t bar = slice_find_byte(request, '|');
	return bar < request.len ? bar + 1 : 0;
}

const struct framing_ops line_framing = { sizeof(struct line), line_init,       line_push,        line_finish,
	                                  line_status,         line_keep_alive, line_request_head };
