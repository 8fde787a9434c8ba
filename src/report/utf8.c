/* utf8: decoding after RFC 3629 §4, and escapes for what must not reach a terminal. */
#include "report/utf8.h"

static bool is_tail(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* How many bytes follow that lead byte, and the smallest code point that needs them: anything lower is overlong. */
static int lead_tails(uint8_t c, uint32_t *least)
{
	if (c >= 0xc2 && c <= 0xdf)
		return *least = 0x80, 1;
	if (c >= 0xe0 && c <= 0xef)
		return *least = 0x800, 2;
	if (c >= 0xf0 && c <= 0xf4)
		return *least = 0x10000, 3;
	return -1;
}

uint32_t utf8_next(struct slice *rest)
{
	struct slice s = *rest;
	uint8_t lead = s.ptr[0];
	*rest = slice_from(s, 1);
	if (lead < 0x80)
		return lead;
	uint32_t least = 0;
	int tails = lead_tails(lead, &least);
	if (tails < 0 || s.len <= (size_t)tails)
		return UTF8_BAD;
	uint32_t point = lead & (0x3fu >> tails);
	for (int i = 1; i <= tails; i++) {
		if (!is_tail(s.ptr[i]))
			return UTF8_BAD;
		point = point << 6 | (s.ptr[i] & 0x3fu);
	}
	if (point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return UTF8_BAD;
	*rest = slice_from(s, (size_t)tails + 1);
	return point;
}

bool utf8_valid(struct slice s)
{
	for (s = slice_from(s, utf8_plain_run(s)); s.len; s = slice_from(s, utf8_plain_run(s)))
		if (utf8_next(&s) == UTF8_BAD)
			return false;
	return true;
}

/* Would this code point move the cursor, change colours, or reorder or hide what stands beside it? */
static bool is_unsafe(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f) || (point >= 0x200b && point <= 0x200f) ||
	       (point >= 0x2028 && point <= 0x202e) || (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
	       (point >= 0xfff9 && point <= 0xfffb) || (point >= 0xe0000 && point <= 0xe0fff);
}

static int put_escape(struct buf *out, uint32_t point)
{
	switch (point) {
	case '\n':
		return buf_append_str(out, "\\n");
	case '\r':
		return buf_append_str(out, "\\r");
	case '\t':
		return buf_append_str(out, "\\t");
	default:
		return point < 0x80 ? buf_printf(out, "\\x%02x", point) : buf_printf(out, "\\u{%x}", point);
	}
}

int utf8_visible(struct buf *out, struct slice s, bool lines)
{
	struct slice run = slice_of(s.ptr, 0); /* bytes that go out as they are */
	int r = 0;
	while (s.len && r == 0) {
		size_t plain = utf8_plain_run(s);
		if (plain) {
			run.len += plain;
			s = slice_from(s, plain);
			continue;
		}
		struct slice before = s;
		uint32_t point = utf8_next(&s);
		size_t took = before.len - s.len;
		if (point != UTF8_BAD && (!is_unsafe(point) || (lines && (point == '\n' || point == '\t')))) {
			run.len += took;
			continue;
		}
		r = buf_append(out, run);
		run = slice_of(s.ptr, 0);
		if (r || (lines && point == '\r' && s.len && s.ptr[0] == '\n'))
			continue;
		r = point == UTF8_BAD ? buf_printf(out, "\\x%02x", before.ptr[0]) : put_escape(out, point);
	}
	return r ? r : buf_append(out, run);
}
