/* form: sorts both sides' pairs by decoded name, walks them together. */
#include "diff/form.h"

#include "diff/place.h"

#include <stdlib.h>

#define PAIRS_MAX  100000
#define NAME_BYTES 1024 /* of a name, in a path; that is cut at fewer */

struct pair {
	struct slice name, value; /* as they stand: still encoded */
	size_t at;
};

struct pairs {
	struct pair *of;
	size_t n;
};

static int hex(uint8_t c)
{
	uint8_t low = ascii_lower(c);
	return c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* The next byte of an encoded text (WHATWG URL §5.1, §1.3): "%" without two digits behind it stands for itself. -1 at the end. */
static int decoded_next(struct slice *s)
{
	if (s->len == 0)
		return -1;
	uint8_t c = s->ptr[0];
	bool escape = c == '%' && s->len > 2 && hex(s->ptr[1]) >= 0 && hex(s->ptr[2]) >= 0;
	int byte = escape ? hex(s->ptr[1]) << 4 | hex(s->ptr[2]) : c == '+' ? ' ' : c;
	*s = slice_from(*s, escape ? 3 : 1);
	return byte;
}

static int order_texts(struct slice a, struct slice b)
{
	int x, y;
	do {
		x = decoded_next(&a);
		y = decoded_next(&b);
	} while (x == y && x >= 0);
	return x - y;
}

static int order_pairs(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	int by = order_texts(a->name, b->name);
	return by ? by : (a->at > b->at) - (a->at < b->at);
}

/* For a group of one name: values by text. */
static int order_values(const void *x, const void *y)
{
	const struct pair *a = x, *b = y;
	return order_texts(a->value, b->value);
}

static bool same_value(const struct pair *a, const struct pair *b)
{
	return slice_eq(a->value, b->value) || order_values(a, b) == 0;
}

/* The next "name=value"; empty ones are none. */
static bool pair_next(struct slice *rest, struct pair *out)
{
	while (rest->len) {
		size_t n = slice_find_byte(*rest, '&');
		struct slice part = slice_cut(*rest, 0, n);
		*rest = slice_from(*rest, n + 1);
		if (part.len == 0)
			continue;
		size_t equals = slice_find_byte(part, '=');
		out->name = slice_cut(part, 0, equals);
		out->value = slice_from(part, equals + 1);
		return true;
	}
	return false;
}

/* False: more than PAIRS_MAX, or no memory. */
static bool pairs_read(struct pairs *p, struct slice body)
{
	struct pair one;
	struct slice rest = body;
	size_t n = 0;
	while (n <= PAIRS_MAX && pair_next(&rest, &one))
		n++;
	*p = (struct pairs){ .of = n && n <= PAIRS_MAX ? malloc(n * sizeof *p->of) : NULL };
	if (!p->of)
		return n == 0;
	for (rest = body; p->n < n && pair_next(&rest, &one); p->n++) {
		one.at = p->n;
		p->of[p->n] = one;
	}
	qsort(p->of, n, sizeof *p->of, order_pairs);
	return true;
}

static size_t group_size(const struct pairs *p, size_t from)
{
	size_t n = from;
	while (n < p->n && order_texts(p->of[from].name, p->of[n].name) == 0)
		n++;
	return n - from;
}

static void tell(enum difference_kind kind, const struct pair *a, const struct pair *b, struct difference_sink sink)
{
	uint8_t name[NAME_BYTES];
	size_t len = 0;
	struct slice rest = a ? a->name : b->name;
	for (int c; len < sizeof name && (c = decoded_next(&rest)) >= 0; len++)
		name[len] = (uint8_t)c;
	struct place path;
	place_start(&path, "form:");
	place_add(&path, slice_of(name, len));
	struct difference d = { .path = place_path(&path), .kind = kind };
	if (a)
		d.control = a->value;
	if (b)
		d.candidate = b->value;
	sink.differs(sink.arg, &d);
}

/* Where the shorter one's values stand in the longer one in their order: the first that it has more; NULL: they do not. */
static const struct pair *first_left(const struct pair *longer, size_t n, const struct pair *shorter, size_t m)
{
	const struct pair *left = NULL;
	size_t k = 0;
	for (size_t i = 0; i < n; i++) {
		if (k < m && same_value(&longer[i], &shorter[k]))
			k++;
		else if (!left)
			left = &longer[i];
	}
	return k == m ? left : NULL;
}

/* One name's values: one difference at most, since one cause has one. */
static void compare_group(struct pair *a, size_t na, struct pair *b, size_t nb, struct difference_sink sink)
{
	size_t i = 0;
	while (i < na && i < nb && same_value(&a[i], &b[i]))
		i++;
	if (i == na && i == nb)
		return;
	const struct pair *left = na > nb ? first_left(a, na, b, nb) : na < nb ? first_left(b, nb, a, na) : NULL;
	if (left) {
		tell(na > nb ? DIFFERENCE_MISSING : DIFFERENCE_EXTRA, na > nb ? left : NULL, na > nb ? NULL : left, sink);
		return;
	}
	struct pair x = a[i < na ? i : na - 1], y = b[i < nb ? i : nb - 1];
	enum difference_kind kind = DIFFERENCE_VALUE;
	if (na == nb && na > 1) {
		qsort(a, na, sizeof *a, order_values);
		qsort(b, nb, sizeof *b, order_values);
		for (i = 0; i < na && same_value(&a[i], &b[i]); i++)
			;
		kind = i == na ? DIFFERENCE_ORDER : DIFFERENCE_VALUE;
	}
	tell(kind, &x, &y, sink);
}

static void compare_pairs(struct pairs *a, struct pairs *b, struct difference_sink sink)
{
	for (size_t i = 0, k = 0; i < a->n || k < b->n;) {
		int by = i == a->n ? 1 : k == b->n ? -1 : order_texts(a->of[i].name, b->of[k].name);
		size_t na = by <= 0 ? group_size(a, i) : 0, nb = by >= 0 ? group_size(b, k) : 0;
		if (na && nb)
			compare_group(a->of + i, na, b->of + k, nb, sink);
		else
			tell(na ? DIFFERENCE_MISSING : DIFFERENCE_EXTRA, na ? &a->of[i] : NULL, na ? NULL : &b->of[k], sink);
		i += na;
		k += nb;
	}
}

void form_compare(struct slice control, struct slice candidate, struct difference_sink sink)
{
	if (slice_eq(control, candidate))
		return;
	struct pairs a, b = { 0 };
	if (pairs_read(&a, control) && pairs_read(&b, candidate)) {
		compare_pairs(&a, &b, sink);
	} else {
		struct difference d = { .path = slice_str("form:*"), .kind = DIFFERENCE_VALUE, .control = control, .candidate = candidate };
		sink.differs(sink.arg, &d);
	}
	free(a.of);
	free(b.of);
}
