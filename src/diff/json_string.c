/* json_string: escapes undone one at a time, nothing copied. */
#include "diff/json_string.h"

#include "diff/json_hash.h"
#include "diff/json_tree.h"

int json_string_hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int32_t hex_four(struct slice s)
{
	int32_t value = 0;
	if (s.len < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		int digit = json_string_hex(s.ptr[i]);
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

/* Behind "\u". */
static uint32_t take_code(struct slice *rest)
{
	int32_t first = hex_four(*rest), second = -1;
	*rest = slice_from(*rest, 4);
	if (first >= 0xd800 && first < 0xdc00 && rest->len >= 6 && rest->ptr[0] == '\\' && rest->ptr[1] == 'u')
		second = hex_four(slice_from(*rest, 2));
	if (second < 0xdc00 || second > 0xdfff)
		return first < 0 ? 0xfffd : (uint32_t)first;
	*rest = slice_from(*rest, 6);
	return 0x10000 + ((uint32_t)(first - 0xd800) << 10) + (uint32_t)(second - 0xdc00);
}

static uint8_t hold_utf8(struct json_unescape *u, uint32_t code)
{
	if (code < 0x80)
		return (uint8_t)code;
	unsigned more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const uint8_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };
	for (unsigned i = 0; i < more; i++)
		u->held[i] = (uint8_t)(0x80 | (code >> (6 * i) & 0x3f));
	u->holds = more;
	return (uint8_t)(lead[more] | code >> (6 * more));
}

int json_unescape_next(struct json_unescape *u)
{
	if (u->holds)
		return u->held[--u->holds];
	if (u->rest.len == 0)
		return -1;
	uint8_t c = u->rest.ptr[0];
	u->rest = slice_from(u->rest, 1);
	if (c != '\\' || u->rest.len == 0)
		return c;
	c = u->rest.ptr[0];
	u->rest = slice_from(u->rest, 1);
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	case 'u':
		return hold_utf8(u, take_code(&u->rest));
	default:
		return c;
	}
}

uint64_t json_string_hash(struct slice text)
{
	struct json_unescape u = { .rest = text };
	struct json_hash_stream h = { .h = JSON_HASH_STRING };
	for (int c = json_unescape_next(&u); c >= 0; c = json_unescape_next(&u))
		json_hash_byte(&h, (uint8_t)c);
	return json_hash_end(&h);
}

bool json_tree_text_equal(struct slice a, bool a_escaped, struct slice b, bool b_escaped)
{
	if (!a_escaped && !b_escaped)
		return slice_eq(a, b);
	struct json_unescape x = { .rest = a }, y = { .rest = b };
	int c;
	do {
		/* A backslash in a text without escapes there is none. */
		c = json_unescape_next(&x);
		if (c != json_unescape_next(&y))
			return false;
	} while (c >= 0);
	return true;
}
