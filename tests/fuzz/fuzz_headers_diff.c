/* fuzz_headers_diff: any bytes as two answers' field lines, or as two forms. Whatever they are: equal ones have no difference; what one side lacks the other
 * has more; paths are short and printable; values point into the input or are a copy of it; another order of the fields changes nothing. */
#include "diff/fields.h"
#include "diff/form.h"
#include "diff/headers.h"
#include "diff/place.h"

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
	size_t of[DIFFERENCE_KINDS];
	uint64_t paths; /* a sum over all of them */
};

static void differs(void *arg, const struct difference *d)
{
	struct told *t = arg;
	require(d->path.len > 0 && d->path.len <= DIFFERENCE_PATH_MAX, "a path's length");
	for (struct slice rest = d->path; rest.len; rest = slice_from(rest, place_character(rest)))
		require(rest.ptr[0] > ' ' && rest.ptr[0] != 0x7f && place_character(rest), "a path is printable");
	for (size_t i = 0; i < d->path.len; i++)
		t->paths += d->path.ptr[i] * (i + 1);
	/* Read them: a sanitizer says where one points outside. */
	for (size_t i = 0; i < d->control.len; i++)
		require(d->control.ptr[i] < 256, "a byte");
	for (size_t i = 0; i < d->candidate.len; i++)
		require(d->candidate.ptr[i] < 256, "a byte");
	if (d->kind == DIFFERENCE_MISSING || d->kind == DIFFERENCE_EXTRA || d->kind == DIFFERENCE_VALUE || d->kind == DIFFERENCE_ORDER)
		t->of[d->kind]++;
	else
		require(false, "a kind that fields can have");
}

typedef void (*compare_fn)(struct slice control, struct slice candidate, struct difference_sink sink);

static struct told run(compare_fn compare, struct slice a, struct slice b)
{
	struct told t = { 0 };
	compare(a, b, (struct difference_sink){ &t, differs });
	return t;
}

static bool mirrored(struct told x, struct told y)
{
	return x.of[DIFFERENCE_VALUE] == y.of[DIFFERENCE_VALUE] && x.of[DIFFERENCE_ORDER] == y.of[DIFFERENCE_ORDER] &&
	       x.of[DIFFERENCE_MISSING] == y.of[DIFFERENCE_EXTRA] && x.of[DIFFERENCE_EXTRA] == y.of[DIFFERENCE_MISSING];
}

static bool none(struct told t)
{
	return t.of[DIFFERENCE_VALUE] + t.of[DIFFERENCE_ORDER] + t.of[DIFFERENCE_MISSING] + t.of[DIFFERENCE_EXTRA] == 0;
}

/* The same fields, each name's last first: the order between names is turned round, that within one is not. */
static struct slice turned(struct slice fields, uint8_t *room)
{
	struct slice names[64], rest = fields, name, value;
	size_t n = 0, len = 0;
	while (n < 64 && fields_next(&rest, &name, &value)) {
		size_t i = 0;
		while (i < n && !slice_eq_nocase(names[i], name))
			i++;
		if (i == n)
			names[n++] = name;
	}
	if (rest.len)
		return slice_of(NULL, 0);
	while (n--)
		for (rest = fields; fields_next(&rest, &name, &value);) {
			if (!slice_eq_nocase(name, names[n]))
				continue;
			struct slice parts[] = { name, slice_str(":"), value, slice_str("\n") };
			for (size_t k = 0; k < 4; k++) {
				if (parts[k].len)
					memcpy(room + len, parts[k].ptr, parts[k].len);
				len += parts[k].len;
			}
		}
	return slice_of(room, len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* First byte: which comparison; the sides are parted by a NUL. */
	struct slice all = slice_of(data, size);
	bool forms = size && data[0] & 1;
	all = slice_from(all, 1);
	size_t at = slice_find_byte(all, 0);
	struct slice a = slice_cut(all, 0, at), b = slice_from(all, at + 1);
	compare_fn compare = forms ? form_compare : headers_compare;
	struct told x = run(compare, a, b), y = run(compare, b, a);
	require(mirrored(x, y), "one side says of the other what that says of it");
	require(none(run(compare, a, a)), "equal ones do not differ");
	uint8_t *copy = malloc(a.len * 2 + 256);
	if (!copy)
		return 0;
	if (a.len)
		memcpy(copy, a.ptr, a.len);
	copy[a.len] = '&';
	require(!forms || none(run(compare, a, slice_of(copy, a.len + 1))), "an empty pair is none");
	struct slice other = forms ? slice_of(NULL, 0) : turned(a, copy);
	if (other.len) {
		require(none(run(compare, a, other)), "order between names does not matter");
		struct told z = run(compare, other, b);
		require(mirrored(z, y) && z.paths == x.paths, "nor to the other side");
	}
	free(copy);
	return 0;
}
