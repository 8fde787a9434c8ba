/* text: what kind of difference two texts have. One pass over each for every question; nothing is allocated. */
#include "diff/text.h"

#include "diff/lines.h"
#include "diff/place.h"

#include "base/hash.h"

#define LOOK_BYTES   4096
#define LONG_BYTES   256 /* a difference that far into its line is shown from near there on */
#define BEFORE_BYTES 64

/* Are the shorter one's lines all in the longer one, in their order? *left: the first run of lines that the longer one has more. */
static bool only_gone(struct slice longer, struct slice shorter, struct slice *left)
{
	struct slice line, wanted, run = slice_of(longer.ptr, 0);
	bool open = true, any = lines_next(&shorter, &wanted);
	while (lines_next(&longer, &line)) {
		bool same = any && slice_eq(line, wanted);
		if (same)
			any = lines_next(&shorter, &wanted);
		open = open && !(same && run.len);
		if (!same && open) {
			if (run.len == 0)
				run = line;
			run.len = (size_t)(longer.ptr - run.ptr);
		}
	}
	*left = lines_without_end(run);
	return !any;
}

/* The same for the same lines in any order; another for others, as far as 64 bits tell. */
static uint64_t lines_sum(struct slice text, size_t *count)
{
	static const struct hash_key key = { 0x6c696e6573, 0x73756d };
	uint64_t sum = 0;
	struct slice line;
	for (*count = 0; lines_next(&text, &line); (*count)++)
		sum += hash_bytes(key, line);
	return sum;
}

static bool only_moved(struct slice a, struct slice b)
{
	size_t na, nb;
	uint64_t x = lines_sum(a, &na), y = lines_sum(b, &nb);
	return na == nb && x == y;
}

/* Of a very long line, what stands near the first byte that differs, from a character's first byte on. */
static void cut_to_difference(struct difference *d)
{
	size_t n = 0, most = d->control.len < d->candidate.len ? d->control.len : d->candidate.len;
	while (n < most && d->control.ptr[n] == d->candidate.ptr[n])
		n++;
	if (n < LONG_BYTES)
		return;
	n -= BEFORE_BYTES;
	for (unsigned back = 0; back < 3 && (d->control.ptr[n] & 0xc0) == 0x80; back++)
		n--;
	d->control = slice_from(d->control, n);
	d->candidate = slice_from(d->candidate, n);
}

/* All lines are equal, their ends are not: the first line that ends otherwise, its end shown. */
static void line_ends(struct slice control, struct slice candidate, struct difference *d)
{
	size_t na, nb;
	lines_common_start(control, candidate, true, &na, &nb);
	d->control = slice_from(control, na);
	d->candidate = slice_from(candidate, nb);
	size_t x = slice_find_byte(d->control, '\n'), y = slice_find_byte(d->candidate, '\n');
	d->control = slice_cut(d->control, 0, x + 1);
	d->candidate = slice_cut(d->candidate, 0, y + 1);
}

void text_compare(struct slice control, struct slice candidate, struct difference_sink sink)
{
	if (slice_eq(control, candidate))
		return;
	size_t na, nb;
	lines_common_start(control, candidate, false, &na, &nb);
	struct slice a = slice_from(control, na), b = slice_from(candidate, nb), left;
	lines_common_end(a, b, false, &na, &nb);
	a.len -= na;
	b.len -= nb;
	struct difference d = { .path = slice_str("body"), .kind = DIFFERENCE_VALUE };
	if (a.len == 0 && b.len == 0) {
		line_ends(control, candidate, &d);
	} else if (only_gone(a, b, &left)) {
		d.kind = DIFFERENCE_MISSING;
		d.control = left;
	} else if (only_gone(b, a, &left)) {
		d.kind = DIFFERENCE_EXTRA;
		d.candidate = left;
	} else {
		d.kind = only_moved(a, b) ? DIFFERENCE_ORDER : DIFFERENCE_VALUE;
		d.control = lines_without_end(a);
		d.candidate = lines_without_end(b);
		cut_to_difference(&d);
	}
	sink.differs(sink.arg, &d);
}

/* Tab, LF, CR and form feed are text; so is ESC, in logs with colours. */
static bool is_text_control(uint8_t c)
{
	return c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == 0x1b;
}

bool text_looks_like(struct slice s)
{
	bool more = s.len > LOOK_BYTES;
	s = slice_cut(s, 0, LOOK_BYTES);
	size_t odd = 0, all = s.len;
	while (s.len) {
		uint8_t c = s.ptr[0];
		if (c == 0)
			return false;
		size_t n = place_character(s);
		if (n == 0 && more && s.len < 4)
			break; /* perhaps a character that was cut */
		odd += n == 0 || (c < 0x20 && !is_text_control(c));
		s = slice_from(s, n ? n : 1);
	}
	return odd * 10 <= all;
}
