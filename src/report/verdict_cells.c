/* verdict_cells: see the header. */
#include "report/verdict_cells.h"

#include "report/utf8.h"

#include <stdarg.h>
#include <stdio.h>

/* More of one value than any line could show is not looked at. */
#define CELL_BYTES  2048
#define SCRATCH_MAX (16 * CELL_BYTES)

struct range {
	uint32_t from, to;
};

static bool is_within(uint32_t point, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (point >= ranges[i].from && point <= ranges[i].to)
			return true;
	return false;
}

/* After Unicode's East_Asian_Width, in round blocks. */
static size_t columns_of(uint32_t point)
{
	static const struct range none[] = { { 0x300, 0x36f },   { 0x483, 0x489 },   { 0x591, 0x5bd },   { 0x610, 0x61a },
		                             { 0x64b, 0x65f },   { 0x1ab0, 0x1aff }, { 0x1dc0, 0x1dff }, { 0x20d0, 0x20ff },
		                             { 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f } };
	static const struct range wide[] = { { 0x1100, 0x115f },   { 0x2e80, 0xa4cf },   { 0xac00, 0xd7a3 },  { 0xf900, 0xfaff },
		                             { 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },  { 0x1f300, 0x1f64f },
		                             { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1faff }, { 0x20000, 0x3fffd } };
	if (point < 0x300)
		return 1;
	if (is_within(point, none, sizeof none / sizeof *none))
		return 0;
	return is_within(point, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

static size_t width_of(struct slice visible)
{
	size_t n = 0;
	while (visible.len)
		n += columns_of(utf8_next(&visible));
	return n;
}

/* The first bytes of visible text that take no more than n columns. */
static struct slice fitting(struct slice visible, size_t n)
{
	struct slice rest = visible;
	while (rest.len) {
		struct slice next = rest;
		size_t columns = columns_of(utf8_next(&next));
		if (columns > n)
			break;
		n -= columns;
		rest = next;
	}
	return slice_cut(visible, 0, visible.len - rest.len);
}

struct cells cells_into(struct buf *out, size_t columns, bool colour)
{
	return (struct cells){ .out = out, .columns = columns, .colour = colour };
}

static void put_raw(struct cells *c, struct slice s)
{
	if (c->error == 0)
		c->error = buf_append(c->out, s);
}

static void put_styled(struct cells *c, enum cell_style style, struct slice visible)
{
	static const char *const codes[] = {
		[CELL_PLAIN] = "",         [CELL_BAD] = "\x1b[1;31m", [CELL_GOOD] = "\x1b[32m",
		[CELL_DOUBT] = "\x1b[33m", [CELL_FAINT] = "\x1b[2m",  [CELL_STRONG] = "\x1b[1m",
	};
	bool on = c->colour && style != CELL_PLAIN && visible.len;
	if (on)
		put_raw(c, slice_str(codes[style]));
	put_raw(c, visible);
	if (on)
		put_raw(c, slice_str("\x1b[0m"));
	c->at += width_of(visible);
}

void cells_put(struct cells *c, enum cell_style style, const char *text)
{
	put_styled(c, style, slice_str(text));
}

void cells_printf(struct cells *c, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	cells_put(c, CELL_PLAIN, text);
}

/* Visible text of the first bytes; whole characters. */
static int make_visible(struct buf *scratch, struct slice text)
{
	size_t n = text.len;
	if (n > CELL_BYTES) {
		n = CELL_BYTES;
		while (n > CELL_BYTES - 4 && (text.ptr[n] & 0xc0) == 0x80)
			n--;
	}
	buf_init(scratch, SCRATCH_MAX);
	return utf8_visible(scratch, slice_cut(text, 0, n), false);
}

void cells_clip(struct cells *c, enum cell_style style, struct slice text, size_t n)
{
	struct buf scratch;
	int r = make_visible(&scratch, text);
	if (r && c->error == 0)
		c->error = r;
	struct slice visible = buf_slice(&scratch);
	if (width_of(visible) <= n)
		put_styled(c, style, visible);
	else if (n) {
		put_styled(c, style, fitting(visible, n - 1));
		put_styled(c, style, slice_str("\xe2\x80\xa6"));
	}
	buf_release(&scratch);
}

/* How many of the first bytes two texts share, in whole characters. */
static size_t shared_bytes(struct slice a, struct slice b)
{
	size_t n = 0;
	while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
		n++;
	while (n && n < a.len && (a.ptr[n] & 0xc0) == 0x80)
		n--;
	while (n && n < b.len && (b.ptr[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static const char *stand_in(const char *value)
{
	return !value ? "(none)" : value[0] == '\0' ? "(empty)" : NULL;
}

static size_t value_width(const char *value, size_t skipped)
{
	const char *instead = stand_in(value);
	return instead ? strlen(instead) : cells_width(slice_from(slice_str(value), skipped)) + (skipped ? 1 : 0);
}

static void put_value(struct cells *c, const char *value, size_t skipped, size_t n)
{
	const char *instead = stand_in(value);
	struct slice text = slice_str(instead ? instead : value);
	if (instead)
		cells_clip(c, CELL_FAINT, text, n);
	else if (skipped && n > 1) {
		cells_put(c, CELL_FAINT, "\xe2\x80\xa6");
		cells_clip(c, CELL_PLAIN, slice_from(text, skipped), n - 1);
	} else {
		cells_clip(c, CELL_PLAIN, text, n);
	}
}

void cells_values(struct cells *c, const char *control, const char *candidate, size_t n)
{
	size_t half = n > 8 ? (n - 3) / 2 : 3, skipped = 0;
	struct slice a = slice_str(control ? control : ""), b = slice_str(candidate ? candidate : "");
	/* Where the shared beginning would fill the room, it goes but for its end. */
	size_t shared = shared_bytes(a, b), kept = half / 4;
	if ((a.len > half || b.len > half) && shared > half / 2 && shared > kept) {
		skipped = shared - kept;
		while (skipped && skipped < a.len && (a.ptr[skipped] & 0xc0) == 0x80)
			skipped--;
	}
	/* What one of them does not need the other may have. */
	size_t first = half, need = value_width(candidate, skipped);
	if (n > 8 && need < half)
		first = n - 3 - need;
	size_t from = c->at;
	put_value(c, control, skipped, first);
	cells_put(c, CELL_FAINT, " \xe2\x86\x92 ");
	size_t used = c->at - from;
	put_value(c, candidate, skipped, n > used ? n - used : half);
}

void cells_to(struct cells *c, size_t column)
{
	static const char spaces[] = "                                                                ";
	size_t n = column > c->at ? column - c->at : c->at ? 1 : 0;
	while (n) {
		size_t some = n < sizeof spaces - 1 ? n : sizeof spaces - 1;
		put_styled(c, CELL_PLAIN, slice_of(spaces, some));
		n -= some;
	}
}

void cells_end(struct cells *c)
{
	put_raw(c, slice_str("\n"));
	c->at = 0;
}

size_t cells_width(struct slice text)
{
	struct buf scratch;
	size_t n = make_visible(&scratch, text) == 0 ? width_of(buf_slice(&scratch)) : 0;
	buf_release(&scratch);
	return n;
}

size_t cells_left(const struct cells *c)
{
	return c->columns > c->at ? c->columns - c->at : 0;
}
