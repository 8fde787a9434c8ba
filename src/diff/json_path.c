/* json_path: one bounded text; each piece goes in whole or the path ends there with "...". */
#include "diff/json_path.h"

#include "diff/json_string.h"

#define ROOM (DIFFERENCE_PATH_MAX - 3)

void json_path_init(struct json_path *p)
{
	p->text[0] = '$';
	p->len = 1;
	p->cut = false;
}

static void add(struct json_path *p, const char *piece, size_t n)
{
	if (p->cut)
		return;
	if (n > ROOM - p->len) {
		memcpy(p->text + p->len, "...", 3);
		p->len += 3;
		p->cut = true;
		return;
	}
	memcpy(p->text + p->len, piece, n);
	p->len += (uint32_t)n;
}

static struct json_path_mark mark_of(const struct json_path *p)
{
	return (struct json_path_mark){ p->len, p->cut };
}

static bool is_identifier(struct slice key)
{
	for (size_t i = 0; i < key.len; i++) {
		uint8_t c = key.ptr[i], lower = ascii_lower(c);
		bool letter = (lower >= 'a' && lower <= 'z') || c == '_' || c == '$';
		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return key.len > 0;
}

/* Bytes of a key on their way out: up to four that may be one character. */
struct pending {
	uint8_t bytes[4];
	unsigned n;
};

/* How many bytes its character takes; 0: it begins none. RFC 3629, and the surrogates that JSON may name. */
static unsigned utf8_length(uint8_t lead)
{
	return lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
}

/* The character that the n bytes are; UINT32_MAX: none. */
static uint32_t utf8_code(const uint8_t *bytes, unsigned n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code = n == 1 ? bytes[0] : bytes[0] & (0x7fu >> n);
	for (unsigned i = 1; i < n; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return UINT32_MAX;
		code = code << 6 | (bytes[i] & 0x3fu);
	}
	return n == 0 || code < least[n] || code > 0x10ffff ? UINT32_MAX : code;
}

/* Nothing to see, or it moves what is seen. */
static bool is_invisible(uint32_t c)
{
	static const struct {
		uint32_t from, to;
	} ranges[] = {
		{ 0, 0x1f },        { 0x7f, 0xa0 },     { 0xad, 0xad },     { 0x61c, 0x61c },     { 0x180e, 0x180e },
		{ 0x200b, 0x200f }, { 0x2028, 0x202f }, { 0x2060, 0x206f }, { 0xd800, 0xdfff },   { 0xe000, 0xf8ff },
		{ 0xfeff, 0xfeff }, { 0xfff0, 0xfffc }, { 0xfffe, 0xffff }, { 0xe0000, 0xe0fff }, { 0xf0000, 0x10ffff },
	};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (c >= ranges[i].from && c <= ranges[i].to)
			return true;
	return false;
}

static size_t put_hex(char *out, uint32_t value, unsigned digits)
{
	for (unsigned i = 0; i < digits; i++)
		out[i] = "0123456789abcdef"[value >> (4 * (digits - 1 - i)) & 0xf];
	return digits;
}

static size_t put_unit(char *out, uint32_t unit)
{
	out[0] = '\\';
	out[1] = 'u';
	return 2 + put_hex(out + 2, unit, 4);
}

static void add_invisible(struct json_path *p, uint32_t code)
{
	static const char from[] = "\b\f\n\r\t", names[] = "bfnrt";
	char text[12];
	const char *named = code && code < 0x20 ? strchr(from, (int)code) : NULL;
	if (named) {
		text[0] = '\\';
		text[1] = names[named - from];
		add(p, text, 2);
	} else if (code < 0x10000) {
		add(p, text, put_unit(text, code));
	} else {
		size_t n = put_unit(text, 0xd800 + ((code - 0x10000) >> 10));
		add(p, text, n + put_unit(text + n, 0xdc00 + ((code - 0x10000) & 0x3ff)));
	}
}

/* The first character of what is pending, or its first byte where it is none. */
static void add_character(struct json_path *p, struct pending *in)
{
	unsigned n = utf8_length(in->bytes[0]);
	uint32_t code = n && n <= in->n ? utf8_code(in->bytes, n) : UINT32_MAX;
	if (code == UINT32_MAX) {
		char text[4] = { '\\', 'x' };
		put_hex(text + 2, in->bytes[0], 2);
		add(p, text, 4);
		n = 1;
	} else if (is_invisible(code)) {
		add_invisible(p, code);
	} else if (code == '"' || code == '\\') {
		add(p, (const char[]){ '\\', (char)code }, 2);
	} else {
		add(p, (const char *)in->bytes, n);
	}
	in->n -= n;
	memmove(in->bytes, in->bytes + n, in->n);
}

struct json_path_mark json_path_key(struct json_path *p, struct slice key, bool escaped)
{
	struct json_path_mark mark = mark_of(p);
	if (p->cut)
		return mark;
	if (!escaped && key.len < ROOM - p->len && is_identifier(key)) {
		add(p, ".", 1);
		add(p, (const char *)key.ptr, key.len);
		return mark;
	}
	struct json_unescape u = { .rest = key };
	struct pending in = { .n = 0 };
	add(p, "[\"", 2);
	for (bool more = true; !p->cut && (more || in.n);) {
		int c = more ? json_unescape_next(&u) : -1;
		more = c >= 0;
		if (more)
			in.bytes[in.n++] = (uint8_t)c;
		if (in.n == 4 || (!more && in.n))
			add_character(p, &in);
	}
	add(p, "\"]", 2);
	return mark;
}

struct json_path_mark json_path_any_key(struct json_path *p)
{
	struct json_path_mark mark = mark_of(p);
	add(p, ".*", 2);
	return mark;
}

struct json_path_mark json_path_element(struct json_path *p)
{
	struct json_path_mark mark = mark_of(p);
	add(p, "[*]", 3);
	return mark;
}
