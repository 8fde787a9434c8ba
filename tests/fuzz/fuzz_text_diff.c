/* fuzz_text_diff: any bytes as two texts: what differs is told once, the same from both sides, and a unified diff applied to the one gives the other; then as
 * two answers' bodies of some media type, with a coding that may fail. */
#include "diff/compare.h"
#include "diff/text.h"

#include <stdio.h>
#include <stdlib.h>

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

struct told {
	size_t n;
	enum difference_kind kind;
	uint64_t bytes;
};

static void differs(void *arg, const struct difference *d)
{
	struct told *t = arg;
	t->n++;
	t->kind = d->kind;
	require(d->path.len > 0 && d->path.len <= DIFFERENCE_PATH_MAX, "a path's length");
	/* Read them: a sanitizer says where one points outside. */
	for (size_t i = 0; i < d->control.len; i++)
		t->bytes += d->control.ptr[i];
	for (size_t i = 0; i < d->candidate.len; i++)
		t->bytes += d->candidate.ptr[i];
}

static struct difference_sink sink(struct told *t)
{
	*t = (struct told){ 0 };
	return (struct difference_sink){ t, differs };
}

static void check_compare(struct slice a, struct slice b)
{
	struct told x, y;
	text_compare(a, b, sink(&x));
	text_compare(b, a, sink(&y));
	require(x.n == !slice_eq(a, b) && y.n == x.n, "once where they differ");
	bool gone = x.kind == DIFFERENCE_MISSING, more = x.kind == DIFFERENCE_EXTRA;
	require(x.n == 0 || (gone   ? y.kind == DIFFERENCE_EXTRA
	                     : more ? y.kind == DIFFERENCE_MISSING
	                            : y.kind == x.kind),
	        "one side says of the other what that says of it");
}

static size_t take_number(struct slice *s)
{
	size_t n = 0;
	for (; s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9'; *s = slice_from(*s, 1))
		n = n * 10 + (size_t)(s->ptr[0] - '0');
	return n;
}

static struct slice take_line(struct slice *s)
{
	struct slice line = slice_cut(*s, 0, slice_find_byte(*s, '\n') + 1);
	*s = slice_from(*s, line.len);
	return line;
}

/* "@@ -FROM[,N] …": copies what stands before it. */
static void skip_to_hunk(struct slice head, struct slice *a, size_t *line, struct buf *made)
{
	head = slice_from(head, 4);
	size_t from = take_number(&head), n = 1;
	if (head.len && head.ptr[0] == ',') {
		head = slice_from(head, 1);
		n = take_number(&head);
	}
	for (from += n == 0; *line < from && a->len; ++*line)
		require(buf_append(made, take_line(a)) == 0, "room");
	require(*line == from, "a hunk's line is there");
}

static void check_unified(struct slice a, struct slice b)
{
	static const char open_end[] = "\\ No newline at end of file\n";
	struct buf diff, made;
	buf_init(&diff, (a.len + b.len) * 4 + 4096);
	buf_init(&made, b.len + a.len + 1);
	require(text_unified(a, b, "a", "b", &diff) == 0, "a diff");
	require((diff.len == 0) == slice_eq(a, b), "a diff where they differ");
	struct slice rest = buf_slice(&diff), left = a;
	size_t line = 1;
	if (rest.len) {
		require(slice_eq(take_line(&rest), slice_str("--- a\n")), "the control's name");
		require(slice_eq(take_line(&rest), slice_str("+++ b\n")), "the candidate's name");
	}
	while (rest.len) {
		struct slice one = take_line(&rest), text = slice_from(one, 1);
		if (one.ptr[0] == '@') {
			skip_to_hunk(one, &left, &line, &made);
			continue;
		}
		if (slice_starts(rest, slice_str(open_end))) {
			text.len--;
			take_line(&rest);
		}
		require(one.ptr[0] == ' ' || one.ptr[0] == '-' || one.ptr[0] == '+', "a sign");
		if (one.ptr[0] != '+') {
			require(slice_eq(take_line(&left), text), "a line of the control");
			line++;
		}
		if (one.ptr[0] != '-')
			require(buf_append(&made, text) == 0, "room");
	}
	require(buf_append(&made, left) == 0 && slice_eq(buf_slice(&made), b), "the diff gives the candidate");
	buf_release(&diff);
	buf_release(&made);
}

/* A coding as no other: bytes turned over; what begins with 0xff is damaged, with 0xfe beyond a limit. */
static int decode(struct slice message, struct buf *out)
{
	if (message.len && message.ptr[0] >= 0xfe)
		return message.ptr[0] == 0xff ? ERR_FORMAT : ERR_LIMIT;
	int r = buf_reserve(out, message.len);
	for (size_t i = message.len; r == 0 && i-- > 0;)
		out->ptr[out->len++] = message.ptr[i];
	return r;
}

static void check_answers(struct slice a, struct slice b, uint8_t how)
{
	static const char *const types[] = {
		"",          "application/json", "application/x-ndjson",     "application/x-www-form-urlencoded",
		"text/html", "image/png",        "application/octet-stream", "application/problem+json"
	};
	struct comparer *c = comparer_new(decode, 1 << 20);
	require(c != NULL, "memory");
	struct answer x = { 200, slice_str(""), slice_str(types[how & 7]), a, a, how & 64 };
	struct answer y = { 200, slice_str(""), slice_str(types[how >> 3 & 7]), b, b, how & 128 };
	struct told t;
	bool same = compare_answers(c, &x, &y, NULL, sink(&t));
	require(same == (t.n == 0), "the same where nothing is told");
	require(!slice_eq(a, b) || x.coded != y.coded || same, "equal bodies");
	struct told u;
	require(compare_answers(c, &y, &x, NULL, sink(&u)) == same, "from either side");
	x.message = slice_of(NULL, 0);
	x.coded = false;
	require(compare_answers(c, &x, &x, NULL, sink(&t)) && t.n == 0, "none to itself");
	comparer_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* First byte: media types and codings; the texts are parted by 0x1e. */
	struct slice all = slice_of(data, size);
	uint8_t how = size ? data[0] : 0;
	all = slice_from(all, 1);
	size_t at = slice_find_byte(all, 0x1e);
	struct slice a = slice_cut(all, 0, at), b = slice_from(all, at + 1);
	check_compare(a, b);
	check_unified(a, b);
	check_answers(a, b, how);
	(void)text_looks_like(a);
	return 0;
}
