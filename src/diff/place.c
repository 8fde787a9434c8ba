/* place: escaping and cutting. */
#include "diff/place.h"

static const char more[] = "...";
#define MORE (sizeof more - 1)

/* Bytes of the character, and the code point; 0 where it is none. UTF-8 after RFC 3629 §4: no overlong forms, no surrogates. */
static size_t decode(struct slice s, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t lead = s.ptr[0];
	*point = lead;
	if (lead < 0x80)
		return 1;
	size_t tails = lead >= 0xc2 && lead <= 0xdf ? 1 : lead >= 0xe0 && lead <= 0xef ? 2 : lead >= 0xf0 && lead <= 0xf4 ? 3 : 0;
	if (tails == 0 || s.len <= tails)
		return 0;
	*point = lead & (0x3fu >> tails);
	for (size_t i = 1; i <= tails; i++) {
		if ((s.ptr[i] & 0xc0) != 0x80)
			return 0;
		*point = *point << 6 | (s.ptr[i] & 0x3fu);
	}
	bool well = *point >= least[tails] && *point <= 0x10ffff && !(*point >= 0xd800 && *point <= 0xdfff);
	return well ? tails + 1 : 0;
}

size_t place_character(struct slice s)
{
	uint32_t point;
	return decode(s, &point);
}

/* Would it be unseen, or move or reorder what stands beside it? "%" is what escapes begin with. */
static bool is_odd(uint32_t point)
{
	return point <= ' ' || point == '%' || (point >= 0x7f && point <= 0xa0) || (point >= 0x2000 && point <= 0x200f) ||
	       (point >= 0x2028 && point <= 0x202f) || (point >= 0x205f && point <= 0x206f) || point == 0x3000 || point == 0xfeff ||
	       (point >= 0xfff9 && point <= 0xfffb) || (point >= 0xe0000 && point <= 0xe0fff);
}

/* A piece that must stay whole, with room kept for the dots. */
static void put(struct place *p, const void *piece, size_t n)
{
	if (p->cut)
		return;
	if (n > sizeof p->text - MORE - p->len) {
		memcpy(p->text + p->len, more, MORE);
		p->len += MORE;
		p->cut = true;
		return;
	}
	memcpy(p->text + p->len, piece, n);
	p->len += n;
}

static void put_escaped(struct place *p, struct slice bytes)
{
	static const char digits[] = "0123456789ABCDEF";
	for (size_t i = 0; i < bytes.len; i++) {
		char escape[] = { '%', digits[bytes.ptr[i] >> 4], digits[bytes.ptr[i] & 15] };
		put(p, escape, sizeof escape);
	}
}

static void add(struct place *p, struct slice name, bool lower)
{
	while (name.len && !p->cut) {
		uint32_t point;
		size_t n = decode(name, &point);
		struct slice character = slice_cut(name, 0, n ? n : 1);
		name = slice_from(name, character.len);
		if (n == 0 || is_odd(point)) {
			put_escaped(p, character);
			continue;
		}
		uint8_t low = ascii_lower(character.ptr[0]);
		put(p, n == 1 && lower ? &low : character.ptr, n);
	}
}

void place_start(struct place *p, const char *text)
{
	p->len = 0;
	p->cut = false;
	place_add_text(p, text);
}

void place_add_text(struct place *p, const char *text)
{
	put(p, text, strlen(text));
}

void place_add(struct place *p, struct slice name)
{
	add(p, name, false);
}

void place_add_lower(struct place *p, struct slice name)
{
	add(p, name, true);
}

struct slice place_path(const struct place *p)
{
	return slice_of(p->text, p->len);
}
