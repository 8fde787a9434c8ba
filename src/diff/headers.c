/* headers: line by line where both sides have the same names in the same order; otherwise sorts both by name and walks them together. */
#include "diff/headers.h"

#include "diff/cookies.h"
#include "diff/fields.h"
#include "diff/place.h"

#include <stdlib.h>

#define FIELDS_MAX   1000
#define FIELDS_FEW   64 /* as many need no memory but the stack */
#define PAIRS_FEW    16
#define MEMBERS_MAX  256 /* of one field's list; longer ones compare line by line */
#define JOINED_BYTES 1024

struct field {
	uint64_t first; /* eight bytes of the name in lower case, most significant first: most names are told apart by it */
	struct slice name, value;
	size_t at; /* its place among the lines */
};

struct side {
	struct field few[FIELDS_FEW];
	struct field *all; /* few, or allocated */
	size_t n;
	struct slice rest; /* beyond FIELDS_MAX, or beyond FIELDS_FEW when there is no memory */
};

/* What is known of a field's values. */
enum field_kind {
	FIELD_LIST,   /* nothing: a comma may part members, whose order may matter */
	FIELD_SINGLE, /* one value, whose commas are its own */
	FIELD_SET,    /* a list whose order does not matter */
};

static const struct known {
	const char *name;
	enum field_kind kind;
	unsigned form; /* enum value_form */
} known_fields[] = {
	{ "accept-ranges", FIELD_SET, VALUE_NOCASE },
	{ "access-control-allow-headers", FIELD_SET, VALUE_NOCASE },
	{ "access-control-allow-methods", FIELD_SET, VALUE_EXACT },
	{ "access-control-expose-headers", FIELD_SET, VALUE_NOCASE },
	{ "allow", FIELD_SET, VALUE_EXACT },
	{ "cache-control", FIELD_SET, VALUE_NOCASE },
	{ "clear-site-data", FIELD_SET, VALUE_EXACT },
	{ "connection", FIELD_SET, VALUE_NOCASE },
	{ "content-disposition", FIELD_SINGLE, VALUE_EXACT },
	{ "content-encoding", FIELD_LIST, VALUE_NOCASE },
	{ "content-language", FIELD_SET, VALUE_NOCASE },
	{ "content-location", FIELD_SINGLE, VALUE_EXACT },
	{ "content-range", FIELD_SINGLE, VALUE_EXACT },
	{ "content-type", FIELD_SINGLE, VALUE_NOCASE | VALUE_PARAMETERS },
	{ "date", FIELD_SINGLE, VALUE_EXACT },
	{ "etag", FIELD_SINGLE, VALUE_EXACT },
	{ "expires", FIELD_SINGLE, VALUE_EXACT },
	{ "last-modified", FIELD_SINGLE, VALUE_EXACT },
	{ "link", FIELD_SET, VALUE_EXACT },
	{ "location", FIELD_SINGLE, VALUE_EXACT },
	{ "pragma", FIELD_SET, VALUE_NOCASE },
	{ "refresh", FIELD_SINGLE, VALUE_EXACT },
	{ "retry-after", FIELD_SINGLE, VALUE_EXACT },
	{ "server", FIELD_SINGLE, VALUE_EXACT },
	{ "timing-allow-origin", FIELD_SET, VALUE_EXACT },
	{ "trailer", FIELD_SET, VALUE_NOCASE },
	{ "transfer-encoding", FIELD_LIST, VALUE_NOCASE },
	{ "vary", FIELD_SET, VALUE_NOCASE },
};

static struct known known_of(struct slice name)
{
	for (size_t i = 0; i < sizeof known_fields / sizeof *known_fields; i++)
		if (slice_eq_nocase(name, slice_str(known_fields[i].name)))
			return known_fields[i];
	return (struct known){ .kind = FIELD_LIST };
}

static uint64_t first_bytes(struct slice name)
{
	uint64_t word = 0;
	for (size_t i = 0; i < 8; i++)
		word = word << 8 | (i < name.len ? ascii_lower(name.ptr[i]) : 0);
	return word;
}

/* By name, whatever its case. */
static int order_names(const struct field *a, const struct field *b)
{
	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	size_t n = a->name.len < b->name.len ? a->name.len : b->name.len;
	for (size_t i = 8; i < n; i++) {
		int by = ascii_lower(a->name.ptr[i]) - ascii_lower(b->name.ptr[i]);
		if (by)
			return by;
	}
	return (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

static int order_fields(const void *x, const void *y)
{
	const struct field *a = x, *b = y;
	int by = order_names(a, b);
	return by ? by : (a->at > b->at) - (a->at < b->at);
}

/* Room for more than FIELDS_FEW. False: there is no memory. */
static bool side_grow(struct side *s)
{
	struct field *all = s->all == s->few ? malloc(FIELDS_MAX * sizeof *all) : NULL;
	if (!all)
		return false;
	memcpy(all, s->few, sizeof s->few);
	s->all = all;
	return true;
}

static void side_read(struct side *s, struct slice lines, size_t max)
{
	s->all = s->few;
	s->n = 0;
	s->rest = slice_of(NULL, 0);
	struct slice name, value, behind = lines;
	for (struct slice at = lines; fields_next(&behind, &name, &value); at = behind) {
		if (s->n == max || (s->n == FIELDS_FEW && s->all == s->few && !side_grow(s))) {
			s->rest = fields_trim(at);
			break;
		}
		s->all[s->n] = (struct field){ first_bytes(name), name, value, s->n };
		s->n++;
	}
	qsort(s->all, s->n, sizeof *s->all, order_fields);
}

static void side_release(struct side *s)
{
	if (s->all != s->few)
		free(s->all);
}

/* How many fields from `from` on bear one name. */
static size_t group_size(const struct side *s, size_t from)
{
	size_t n = from;
	while (n < s->n && order_names(&s->all[from], &s->all[n]) == 0)
		n++;
	return n - from;
}

/* Up to the next comma that is in no quoted-string (RFC 9110 §5.6.4). */
static struct slice take_member(struct slice *rest)
{
	bool quoted = false;
	size_t n = 0;
	for (; n < rest->len && (quoted || rest->ptr[n] != ','); n++) {
		if (rest->ptr[n] == '"')
			quoted = !quoted;
		else if (quoted && rest->ptr[n] == '\\' && n + 1 < rest->len)
			n++;
	}
	struct slice member = fields_trim(slice_cut(*rest, 0, n));
	*rest = slice_from(*rest, n + 1);
	return member;
}

struct members {
	struct slice of[MEMBERS_MAX];
	size_t n;
	bool all; /* none was left out */
};

/* A sender may leave members empty, which means nothing (RFC 9110 §5.6.1.2): dropped where the field is known to be a list. */
static void members_read(struct members *m, const struct field *f, size_t n, enum field_kind kind)
{
	m->n = 0;
	m->all = true;
	for (size_t i = 0; i < n; i++) {
		struct slice rest = f[i].value;
		do {
			struct slice member = kind == FIELD_SINGLE ? rest : take_member(&rest);
			if (kind == FIELD_SINGLE)
				rest.len = 0;
			if (member.len == 0 && kind == FIELD_SET)
				continue;
			m->all = m->n < MEMBERS_MAX;
			if (!m->all)
				return;
			m->of[m->n++] = member;
		} while (rest.len);
	}
}

static bool members_same(const struct members *a, const struct members *b, unsigned form)
{
	if (a->n != b->n || !a->all || !b->all)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!fields_value_equal(a->of[i], b->of[i], form))
			return false;
	return true;
}

/* The same members in whatever order. */
static bool members_shuffled(const struct members *a, const struct members *b, unsigned form)
{
	if (a->n != b->n || !a->all || !b->all)
		return false;
	bool used[MEMBERS_MAX] = { 0 };
	for (size_t i = 0; i < a->n; i++) {
		size_t k = 0;
		while (k < b->n && (used[k] || !fields_value_equal(a->of[i], b->of[k], form)))
			k++;
		if (k == b->n)
			return false;
		used[k] = true;
	}
	return true;
}

static bool lines_same(const struct field *a, const struct field *b, size_t n, unsigned form)
{
	for (size_t i = 0; i < n; i++)
		if (!fields_value_equal(a[i].value, b[i].value, form))
			return false;
	return true;
}

/* The values of several lines as one (RFC 9110 §5.3), as far as there is room. */
static struct slice joined(const struct field *f, size_t n, uint8_t room[JOINED_BYTES])
{
	if (n == 1)
		return f->value;
	size_t len = 0;
	for (size_t i = 0; i < n; i++) {
		struct slice parts[] = { i ? slice_str(", ") : slice_str(""), f[i].value };
		for (size_t k = 0; k < 2; k++) {
			struct slice part = slice_cut(parts[k], 0, JOINED_BYTES - len);
			if (part.len)
				memcpy(room + len, part.ptr, part.len);
			len += part.len;
		}
	}
	return slice_of(room, len);
}

/* Fields of one name. */
struct group {
	const struct field *f;
	size_t n;
};

/* place NULL: the field's own name. */
static void tell(enum difference_kind kind, const char *place, struct group a, struct group b, struct difference_sink sink)
{
	uint8_t control[JOINED_BYTES], candidate[JOINED_BYTES];
	struct place path;
	place_start(&path, "header:");
	if (place)
		place_add_text(&path, place);
	else
		place_add_lower(&path, a.n ? a.f->name : b.f->name);
	struct difference d = { .path = place_path(&path), .kind = kind };
	if (a.n)
		d.control = joined(a.f, a.n, control);
	if (b.n)
		d.candidate = joined(b.f, b.n, candidate);
	sink.differs(sink.arg, &d);
}

static size_t cookie_lines(struct group *g, struct slice out[COOKIES_MAX])
{
	size_t n = g->n < COOKIES_MAX ? g->n : COOKIES_MAX;
	for (size_t i = 0; i < n; i++)
		out[i] = g->f[i].value;
	g->f += n;
	g->n -= n;
	return n;
}

/* More than COOKIES_MAX: the rest as one field, as it is. */
static void compare_cookies(struct group a, struct group b, struct difference_sink sink)
{
	struct slice control[COOKIES_MAX], candidate[COOKIES_MAX];
	size_t na = cookie_lines(&a, control), nb = cookie_lines(&b, candidate);
	cookies_compare(control, na, candidate, nb, sink);
	if (a.n == b.n && lines_same(a.f, b.f, a.n, VALUE_EXACT))
		return;
	tell(b.n == 0 ? DIFFERENCE_MISSING : a.n == 0 ? DIFFERENCE_EXTRA : DIFFERENCE_VALUE, "set-cookie[*]", a, b, sink);
}

static void compare_group(struct group a, struct group b, struct difference_sink sink)
{
	if (a.n == b.n && lines_same(a.f, b.f, a.n, VALUE_EXACT))
		return;
	struct slice name = a.n ? a.f->name : b.f->name;
	if (slice_eq_nocase(name, slice_str("set-cookie"))) {
		compare_cookies(a, b, sink);
		return;
	}
	if (a.n == 0 || b.n == 0) {
		tell(a.n ? DIFFERENCE_MISSING : DIFFERENCE_EXTRA, NULL, a, b, sink);
		return;
	}
	struct known as = known_of(name);
	struct members x, y;
	members_read(&x, a.f, a.n, as.kind);
	members_read(&y, b.f, b.n, as.kind);
	if ((a.n == b.n && lines_same(a.f, b.f, a.n, as.form)) || members_same(&x, &y, as.form))
		return;
	if (!members_shuffled(&x, &y, as.form))
		tell(DIFFERENCE_VALUE, NULL, a, b, sink);
	else if (as.kind != FIELD_SET)
		tell(DIFFERENCE_ORDER, NULL, a, b, sink);
}

static void compare_rest(struct slice control, struct slice candidate, struct difference_sink sink)
{
	if (slice_eq(control, candidate))
		return;
	struct difference d = { .path = slice_str("header:*"), .control = control, .candidate = candidate };
	d.kind = control.len == 0 ? DIFFERENCE_EXTRA : candidate.len == 0 ? DIFFERENCE_MISSING : DIFFERENCE_VALUE;
	sink.differs(sink.arg, &d);
}

static void compare_sides(const struct side *a, const struct side *b, struct difference_sink sink)
{
	for (size_t i = 0, k = 0; i < a->n || k < b->n;) {
		int by = i == a->n ? 1 : k == b->n ? -1 : order_names(&a->all[i], &b->all[k]);
		size_t na = by <= 0 ? group_size(a, i) : 0, nb = by >= 0 ? group_size(b, k) : 0;
		compare_group((struct group){ a->all + i, na }, (struct group){ b->all + k, nb }, sink);
		i += na;
		k += nb;
	}
	compare_rest(a->rest, b->rest, sink);
}

/* Two lines of one name that stand at the same place. */
struct pair {
	struct field a, b;
};

/* Is it the only field of that name? Lines whose first byte tells are passed over quickly; a blank one tells nothing. */
static bool is_only(struct slice fields, struct slice wanted)
{
	struct slice name, value, line;
	unsigned n = 0;
	while (fields.len && n < 2) {
		line = fields_take_line(&fields);
		if (line.ptr[0] <= ' ')
			return false;
		if (ascii_lower(line.ptr[0]) == ascii_lower(wanted.ptr[0]) && fields_next(&line, &name, &value))
			n += slice_eq_nocase(name, wanted);
	}
	return n == 1;
}

/* What nearly all answers are: the same names in the same order, few values differ. Then only these are looked at. False: it is not so, nothing is told. */
static bool compare_in_order(struct slice control, struct slice candidate, struct difference_sink sink)
{
	struct pair pairs[PAIRS_FEW];
	struct slice rest_a = control, rest_b = candidate;
	size_t n = 0, lines = 0;
	for (; rest_a.len && rest_b.len; lines++) {
		struct slice x = fields_take_line(&rest_a), y = fields_take_line(&rest_b);
		if (slice_eq(x, y))
			continue;
		struct pair p = { 0 };
		bool fields = fields_next(&x, &p.a.name, &p.a.value) && fields_next(&y, &p.b.name, &p.b.value);
		if (!fields || n == PAIRS_FEW || p.a.name.len == 0 || !slice_eq_nocase(p.a.name, p.b.name))
			return false;
		pairs[n++] = p;
	}
	if (rest_a.len || rest_b.len || lines > FIELDS_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!is_only(control, pairs[i].a.name))
			return false;
	for (size_t i = 0; i < n; i++)
		compare_group((struct group){ &pairs[i].a, 1 }, (struct group){ &pairs[i].b, 1 }, sink);
	return true;
}

void headers_compare(struct slice control, struct slice candidate, struct difference_sink sink)
{
	if (slice_eq(control, candidate) || compare_in_order(control, candidate, sink))
		return;
	struct side a, b;
	side_read(&a, control, FIELDS_MAX);
	/* Where there was no memory for one, both are cut at the same place. */
	side_read(&b, candidate, a.rest.len && a.n == FIELDS_FEW ? FIELDS_FEW : FIELDS_MAX);
	if (b.rest.len && b.n == FIELDS_FEW && a.n > FIELDS_FEW) {
		side_release(&a);
		side_read(&a, control, FIELDS_FEW);
	}
	compare_sides(&a, &b, sink);
	side_release(&a);
	side_release(&b);
}
