/* chunked: lines normalised on their way into llhttp, data straight through. */
#include "http/chunked.h"

#include <llhttp.h>

enum place {
	IN_SIZE,     /* digits */
	BEHIND_SIZE, /* blanks and extensions, through the LF */
	IN_DATA,     /* left bytes */
	BEHIND_DATA, /* CR LF, or LF */
	BEHIND_CR,   /* LF */
	IN_TRAILER,  /* field lines, through the empty one */
};

enum { SIZE_DIGITS = 15 }; /* 2^60 bytes: more is no size but an attack on whoever adds to it */

_Static_assert(sizeof(llhttp_t) <= sizeof(((struct chunked *)0)->parser), "chunked.h leaves too little room for llhttp_t");

static llhttp_t *parser_of(struct chunked *c)
{
	return (llhttp_t *)(void *)c->parser;
}

static int on_chunk_header(llhttp_t *p)
{
	struct chunked *c = p->data;
	c->left = p->content_length;
	c->place = c->left ? IN_DATA : IN_TRAILER;
	c->at_line_start = true;
	return 0;
}

static int on_chunk_complete(llhttp_t *p)
{
	struct chunked *c = p->data;
	c->place = IN_SIZE;
	c->any_digit = false;
	c->digits = 0;
	return 0;
}

static int on_message_complete(llhttp_t *p)
{
	struct chunked *c = p->data;
	c->done = true;
	return 0;
}

static const llhttp_settings_t settings = {
	.on_chunk_header = on_chunk_header,
	.on_chunk_complete = on_chunk_complete,
	.on_message_complete = on_message_complete,
};

static bool feed(struct chunked *c, const void *bytes, size_t n)
{
	llhttp_t *p = parser_of(c);
	p->data = c;
	return llhttp_execute(p, bytes, n) == HPE_OK;
}

void chunked_init(struct chunked *c)
{
	static const char head[] = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
	*c = (struct chunked){ .place = IN_SIZE };
	llhttp_init(parser_of(c), HTTP_REQUEST, &settings);
	(void)feed(c, head, sizeof head - 1);
}

static bool is_hex(uint8_t b)
{
	return (b >= '0' && b <= '9') || (ascii_lower(b) >= 'a' && ascii_lower(b) <= 'f');
}

/* One byte of a line; false: it may not stand there. */
static bool line_byte(struct chunked *c, uint8_t b)
{
	switch ((enum place)c->place) {
	case IN_SIZE:
		if (is_hex(b)) {
			c->any_digit = true;
			c->digits = (uint8_t)(c->digits + (c->digits || b != '0'));
			return c->digits <= SIZE_DIGITS && feed(c, &b, 1);
		}
		if (!c->any_digit)
			return b == ' ' || b == '\t';
		if (b != '\n' && b != '\r' && b != ';' && b != ' ' && b != '\t')
			return false;
		c->place = BEHIND_SIZE;
		/* fallthrough */
	case BEHIND_SIZE:
		return b != '\n' || feed(c, "\r\n", 2);
	case BEHIND_DATA:
		if (b == '\r') {
			c->place = BEHIND_CR;
			return true;
		}
		/* fallthrough */
	case BEHIND_CR:
		return b == '\n' && feed(c, "\r\n", 2);
	case IN_TRAILER:
		if (b == '\n' && c->at_line_start)
			return feed(c, "\r\n", 2);
		/* A CR at a line's start says nothing yet: the empty line may follow. */
		c->at_line_start = b == '\n' || (b == '\r' && c->at_line_start);
		return true;
	case IN_DATA:
		break;
	}
	return false;
}

enum chunked_result chunked_next(struct chunked *c, struct slice in, size_t *used, struct slice *data)
{
	*used = 0;
	while (*used < in.len && !c->done) {
		if (c->place == IN_DATA) {
			*data = slice_cut(in, *used, c->left > SIZE_MAX ? SIZE_MAX : (size_t)c->left);
			if (!feed(c, data->ptr, data->len))
				return CHUNKED_BAD;
			*used += data->len;
			c->left -= data->len;
			if (c->left == 0)
				c->place = BEHIND_DATA;
			return CHUNKED_DATA;
		}
		if (!line_byte(c, in.ptr[*used]))
			return CHUNKED_BAD;
		++*used;
	}
	return c->done ? CHUNKED_END : CHUNKED_MORE;
}

bool chunked_skip(struct chunked *c, uint64_t n)
{
	/* llhttp counts content and does not look at it. */
	static const uint8_t filler[16384];
	if (c->place != IN_DATA || n > c->left || c->done)
		return false;
	c->left -= n;
	for (size_t piece; n > 0; n -= piece) {
		piece = n < sizeof filler ? (size_t)n : sizeof filler;
		if (!feed(c, filler, piece))
			return false;
	}
	if (c->left == 0)
		c->place = BEHIND_DATA;
	return true;
}
