/* unified: a unified diff, for text.h.
 *
 * What both texts begin and end with is passed over as bytes. The lines between are numbered (equal lines, equal numbers) and aligned by Myers' greedy
 * algorithm ("An O(ND) Difference Algorithm and Its Variations", 1986) within bounds on lines, edits and steps; beyond any of them they are one block. */
#include "diff/text.h"

#include "diff/lines.h"

#include "base/hash.h"

#include <stdlib.h>

#define CONTEXT   3
#define LINES_MAX 200000 /* of both texts, to be aligned */
#define EDITS_MAX 2000
#define STEPS_MAX 50000000

struct line {
	struct slice text; /* with its end */
	uint64_t hash;
	uint32_t number; /* equal lines have equal ones */
	bool kept;       /* the other text has it at this place */
};

struct work {
	struct line *a, *b; /* one array: b stands behind a */
	size_t na, nb;
	uint32_t *table;
	int32_t **trace; /* trace[d]: how far each diagonal had come after d edits */
	size_t depth;
};

static size_t count_lines(struct slice s, size_t most)
{
	size_t n = 0;
	while (s.len && n < most) {
		s = slice_from(s, slice_find_byte(s, '\n') + 1);
		n++;
	}
	return n;
}

static void split(struct slice s, struct line *out, size_t n)
{
	static const struct hash_key key = { 0x756e6966696564, 0x6c696e65 };
	for (size_t i = 0; i < n; i++) {
		out[i].text = slice_cut(s, 0, slice_find_byte(s, '\n') + 1);
		out[i].hash = hash_bytes(key, out[i].text);
		out[i].kept = false;
		s = slice_from(s, out[i].text.len);
	}
}

/* Gives equal lines the index of the first such. */
static int number_lines(struct work *w)
{
	size_t n = w->na + w->nb, cap = 64;
	while (cap < n * 2)
		cap *= 2;
	w->table = calloc(cap, sizeof *w->table); /* index + 1 */
	if (!w->table)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		struct line *l = &w->a[i];
		size_t at = (size_t)l->hash & (cap - 1);
		while (w->table[at] && !slice_eq(w->a[w->table[at] - 1].text, l->text))
			at = (at + 1) & (cap - 1);
		if (!w->table[at])
			w->table[at] = (uint32_t)i + 1;
		l->number = w->table[at] - 1;
	}
	return 0;
}

/* One more edit on each diagonal k = x - y; v[k + d]: how far x has come. 1: the end is reached. */
static int advance(struct work *w, int32_t d, uint64_t *steps)
{
	const int32_t *before = d ? w->trace[d - 1] : NULL;
	int32_t *v = malloc(((size_t)d * 2 + 1) * sizeof *v);
	if (!v)
		return ERR_NOMEM;
	w->trace[d] = v;
	w->depth = (size_t)d + 1;
	int32_t na = (int32_t)w->na, nb = (int32_t)w->nb;
	for (int32_t k = -d; k <= d; k += 2) {
		int32_t x = 0;
		if (d) /* before[] is indexed by k + (d - 1): down from k + 1, or right from k - 1 */
			x = k == -d || (k != d && before[k - 2 + d] < before[k + d]) ? before[k + d] : before[k - 2 + d] + 1;
		int32_t y = x - k, from = x;
		while (x < na && y < nb && x >= 0 && y >= 0 && w->a[x].number == w->b[y].number)
			x++, y++;
		v[k + d] = x;
		*steps += (uint64_t)(x - from) + 1;
		if (x >= na && y >= nb)
			return 1;
	}
	return 0;
}

/* Marks the lines on the path that reached the end. */
static void walk_back(struct work *w)
{
	int32_t x = (int32_t)w->na, y = (int32_t)w->nb;
	for (int32_t d = (int32_t)w->depth - 1; d >= 0; d--) {
		int32_t k = x - y, from = 0;
		if (d) {
			const int32_t *before = w->trace[d - 1];
			bool down = k == -d || (k != d && before[k - 2 + d] < before[k + d]);
			from = down ? before[k + d] : before[k - 2 + d] + 1;
			for (; x > from; x--, y--)
				w->a[x - 1].kept = w->b[y - 1].kept = true;
			x = down ? x : x - 1;
			y = down ? y - 1 : y;
			continue;
		}
		for (; x > 0; x--, y--)
			w->a[x - 1].kept = w->b[y - 1].kept = true;
	}
}

/* Where aligning is too much work: only what both begin and end with. */
static void keep_ends(struct work *w)
{
	size_t most = w->na < w->nb ? w->na : w->nb, n = 0;
	for (; n < most && w->a[n].number == w->b[n].number; n++)
		w->a[n].kept = w->b[n].kept = true;
	for (size_t k = 1; k <= most - n && w->a[w->na - k].number == w->b[w->nb - k].number; k++)
		w->a[w->na - k].kept = w->b[w->nb - k].kept = true;
}

static int align(struct work *w)
{
	uint64_t steps = 0;
	w->trace = calloc(EDITS_MAX + 1, sizeof *w->trace);
	int r = w->trace ? number_lines(w) : ERR_NOMEM;
	for (int32_t d = 0; r == 0 && d <= EDITS_MAX && steps < STEPS_MAX; d++)
		r = advance(w, d, &steps);
	if (r == 1)
		walk_back(w);
	else if (r == 0)
		keep_ends(w);
	return r < 0 ? r : 0;
}

static void work_release(struct work *w)
{
	for (size_t i = 0; i < w->depth; i++)
		free(w->trace[i]);
	free(w->trace);
	free(w->table);
	free(w->a);
}

/* A whole line of the diff, or nothing of it. */
static int put_line(struct buf *out, char sign, struct slice text)
{
	static const char open_end[] = "\n\\ No newline at end of file\n";
	bool open = text.len == 0 || text.ptr[text.len - 1] != '\n';
	struct slice end = open ? slice_str(open_end) : slice_str("");
	if (text.len > out->max)
		return ERR_LIMIT;
	int r = buf_reserve(out, 1 + text.len + end.len);
	if (r)
		return r;
	out->ptr[out->len++] = (uint8_t)sign;
	r = buf_append(out, text);
	return r ? r : buf_append(out, end);
}

/* "12,3"; a range of none begins a line earlier. */
static int put_range(struct buf *out, char sign, size_t from, size_t n)
{
	return n == 1 ? buf_printf(out, "%c%zu", sign, from + 1) : buf_printf(out, "%c%zu,%zu", sign, n ? from + 1 : from, n);
}

struct hunk {
	size_t a, a_end, b, b_end; /* lines of the work's arrays */
};

static int put_head(struct buf *out, const struct hunk *h, size_t before)
{
	size_t was = out->len;
	int r = buf_append_str(out, "@@ ");
	r = r ? r : put_range(out, '-', before + h->a, h->a_end - h->a);
	r = r ? r : buf_append_str(out, " ");
	r = r ? r : put_range(out, '+', before + h->b, h->b_end - h->b);
	r = r ? r : buf_append_str(out, " @@\n");
	if (r)
		out->len = was;
	return r;
}

/* The next hunk from there on; false: there is none. Changes with no more than 2 * CONTEXT equal lines between them share one. */
static bool next_hunk(const struct work *w, size_t a, size_t b, struct hunk *h)
{
	size_t equal = 0;
	while (a < w->na && b < w->nb && w->a[a].kept && w->b[b].kept)
		a++, b++, equal++;
	if (a == w->na && b == w->nb)
		return false;
	size_t lead = equal < CONTEXT ? equal : CONTEXT;
	*h = (struct hunk){ a - lead, a, b - lead, b };
	while (h->a_end < w->na || h->b_end < w->nb) {
		size_t x = h->a_end, y = h->b_end;
		while (x < w->na && y < w->nb && w->a[x].kept && w->b[y].kept)
			x++, y++;
		size_t run = x - h->a_end;
		bool last = x == w->na && y == w->nb;
		if (last || run > 2 * CONTEXT) {
			run = run < CONTEXT ? run : CONTEXT;
			h->a_end += run;
			h->b_end += run;
			return true;
		}
		while (x < w->na && !w->a[x].kept)
			x++;
		while (y < w->nb && !w->b[y].kept)
			y++;
		h->a_end = x;
		h->b_end = y;
	}
	return true;
}

static int put_hunk(struct buf *out, const struct work *w, const struct hunk *h, size_t before)
{
	int r = put_head(out, h, before);
	size_t a = h->a, b = h->b;
	while (r == 0 && (a < h->a_end || b < h->b_end)) {
		if (a < h->a_end && !w->a[a].kept) {
			r = put_line(out, '-', w->a[a++].text);
		} else if (b < h->b_end && !w->b[b].kept) {
			r = put_line(out, '+', w->b[b++].text);
		} else {
			r = put_line(out, ' ', w->a[a++].text);
			b++;
		}
	}
	return r;
}

static int put_names(struct buf *out, const char *control, const char *candidate)
{
	size_t was = out->len;
	int r = buf_append_str(out, "--- ");
	r = r ? r : buf_append_str(out, control);
	r = r ? r : buf_append_str(out, "\n+++ ");
	r = r ? r : buf_append_str(out, candidate);
	r = r ? r : buf_append_str(out, "\n");
	if (r)
		out->len = was;
	return r;
}

/* How many bytes the last few lines take. */
static size_t last_lines(struct slice s, unsigned n)
{
	struct slice line, rest = s;
	while (n-- && lines_last(&rest, &line))
		;
	return s.len - rest.len;
}

static size_t first_lines(struct slice s, unsigned n)
{
	struct slice line, rest = s;
	while (n-- && lines_next(&rest, &line))
		;
	return s.len - rest.len;
}

/* Too many lines to align: each text's as one, with no context. */
static int put_block(struct buf *out, struct slice a, struct slice b, size_t before)
{
	struct hunk h = { 0, count_lines(a, SIZE_MAX), 0, count_lines(b, SIZE_MAX) };
	int r = put_head(out, &h, before);
	for (; r == 0 && a.len; a = slice_from(a, slice_find_byte(a, '\n') + 1))
		r = put_line(out, '-', slice_cut(a, 0, slice_find_byte(a, '\n') + 1));
	for (; r == 0 && b.len; b = slice_from(b, slice_find_byte(b, '\n') + 1))
		r = put_line(out, '+', slice_cut(b, 0, slice_find_byte(b, '\n') + 1));
	return r;
}

static int put_aligned(struct buf *out, struct slice a, struct slice b, size_t before)
{
	struct work w = { .na = count_lines(a, SIZE_MAX), .nb = count_lines(b, SIZE_MAX) };
	w.a = malloc((w.na + w.nb) * sizeof *w.a);
	if (!w.a)
		return ERR_NOMEM;
	w.b = w.a + w.na;
	split(a, w.a, w.na);
	split(b, w.b, w.nb);
	int r = align(&w);
	struct hunk h = { 0 };
	while (r == 0 && next_hunk(&w, h.a_end, h.b_end, &h))
		r = put_hunk(out, &w, &h, before);
	work_release(&w);
	return r;
}

int text_unified(struct slice control, struct slice candidate, const char *control_name, const char *candidate_name, struct buf *out)
{
	if (slice_eq(control, candidate))
		return 0;
	int r = put_names(out, control_name, candidate_name);
	if (r)
		return r;
	size_t start, end, ignored;
	lines_common_start(control, candidate, true, &start, &ignored);
	lines_common_end(slice_from(control, start), slice_from(candidate, start), true, &end, &ignored);
	struct slice a = slice_cut(control, start, control.len - end - start);
	struct slice b = slice_cut(candidate, start, candidate.len - end - start);
	if (count_lines(a, LINES_MAX) + count_lines(b, LINES_MAX) >= LINES_MAX)
		return put_block(out, a, b, count_lines(slice_cut(control, 0, start), SIZE_MAX));
	/* The lines of context that stand in what both have are taken along. */
	end -= first_lines(slice_from(control, control.len - end), CONTEXT);
	start -= last_lines(slice_cut(control, 0, start), CONTEXT);
	a = slice_cut(control, start, control.len - end - start);
	b = slice_cut(candidate, start, candidate.len - end - start);
	return put_aligned(out, a, b, count_lines(slice_cut(control, 0, start), SIZE_MAX));
}
