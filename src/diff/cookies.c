/* cookies: pairs them by name, then looks into each pair. */
#include "diff/cookies.h"

#include "diff/fields.h"
#include "diff/place.h"

#define ATTRIBUTES_MAX 32

struct cookie {
	struct slice line, name, value, rest; /* rest: the attributes, from behind the first ";" */
	bool paired;
};

struct attribute {
	struct slice text, name, value;
};

static struct slice take_part(struct slice *rest)
{
	size_t n = slice_find_byte(*rest, ';');
	struct slice part = fields_trim(slice_cut(*rest, 0, n));
	*rest = slice_from(*rest, n + 1);
	return part;
}

/* RFC 6265 §5.2: the name ends at the first "="; without one all of it is the value of a cookie without a name. */
static struct cookie parse(struct slice line)
{
	struct cookie c = { .line = line, .rest = line };
	struct slice pair = take_part(&c.rest);
	size_t equals = slice_find_byte(pair, '=');
	bool named = equals < pair.len;
	c.name = named ? fields_trim(slice_cut(pair, 0, equals)) : slice_of(pair.ptr, 0);
	c.value = named ? fields_trim(slice_from(pair, equals + 1)) : pair;
	return c;
}

static bool attribute_next(struct slice *rest, struct attribute *out)
{
	while (rest->len) {
		struct slice part = take_part(rest);
		if (part.len == 0)
			continue;
		size_t equals = slice_find_byte(part, '=');
		out->text = part;
		out->name = fields_trim(slice_cut(part, 0, equals));
		out->value = fields_trim(slice_from(part, equals + 1));
		return true;
	}
	return false;
}

/* RFC 6265 §5.3: of several of one name the last one counts. */
static bool attribute_find(struct slice rest, struct slice name, struct attribute *out)
{
	struct attribute a;
	bool found = false;
	for (unsigned n = 0; n < ATTRIBUTES_MAX && attribute_next(&rest, &a); n++)
		if (slice_eq_nocase(a.name, name)) {
			*out = a;
			found = true;
		}
	return found;
}

/* RFC 6265 §5.2.3: a leading dot of a domain means nothing, nor does its case; SameSite's words have no case either. */
static bool attribute_equal(struct attribute a, struct attribute b)
{
	if (slice_eq_nocase(a.name, slice_str("domain"))) {
		a.value = slice_from(a.value, slice_starts(a.value, slice_str(".")));
		b.value = slice_from(b.value, slice_starts(b.value, slice_str(".")));
		return fields_value_equal(a.value, b.value, VALUE_NOCASE);
	}
	return fields_value_equal(a.value, b.value, slice_eq_nocase(a.name, slice_str("samesite")) ? VALUE_NOCASE : VALUE_EXACT);
}

static bool holds_1970(struct slice date)
{
	for (size_t i = 0; i + 5 <= date.len; i++)
		if ((date.ptr[i] == ' ' || date.ptr[i] == '-') && memcmp(date.ptr + i + 1, "1970", 4) == 0)
			return true;
	return false;
}

/* Does it tell the client to forget the cookie? No clock is asked: servers say so with the epoch or with Max-Age 0. Max-Age goes first (§5.3). */
static bool forgets(const struct cookie *c)
{
	struct attribute a;
	if (attribute_find(c->rest, slice_str("max-age"), &a))
		return a.value.len && (a.value.ptr[0] == '-' || a.value.ptr[0] == '0');
	return attribute_find(c->rest, slice_str("expires"), &a) && holds_1970(a.value);
}

static void tell_cookie(enum difference_kind kind, const struct cookie *control, const struct cookie *candidate,
                        struct difference_sink sink)
{
	struct place path;
	place_start(&path, "header:set-cookie[");
	place_add(&path, control ? control->name : candidate->name);
	place_add_text(&path, "]");
	struct difference d = { .path = place_path(&path), .kind = kind };
	bool whole = kind != DIFFERENCE_VALUE;
	if (control)
		d.control = whole ? control->line : control->value;
	if (candidate)
		d.candidate = whole ? candidate->line : candidate->value;
	sink.differs(sink.arg, &d);
}

static void tell_attribute(struct slice cookie, const struct attribute *control, const struct attribute *candidate,
                           struct difference_sink sink)
{
	struct place path;
	place_start(&path, "header:set-cookie[");
	place_add(&path, cookie);
	place_add_text(&path, "].");
	place_add_lower(&path, control ? control->name : candidate->name);
	struct difference d = { .path = place_path(&path), .kind = DIFFERENCE_VALUE };
	d.kind = !candidate ? DIFFERENCE_MISSING : !control ? DIFFERENCE_EXTRA : DIFFERENCE_VALUE;
	if (control)
		d.control = candidate ? control->value : control->text;
	if (candidate)
		d.candidate = control ? candidate->value : candidate->text;
	sink.differs(sink.arg, &d);
}

/* Behind the ATTRIBUTES_MAX that are looked at. */
static struct slice attributes_beyond(struct slice rest)
{
	struct attribute a;
	for (unsigned n = 0; n < ATTRIBUTES_MAX && attribute_next(&rest, &a); n++)
		;
	return fields_trim(rest);
}

/* The last of its name; and no moment where an age says when the cookie ends (timed): Max-Age wins (§4.1.2.2), and a moment moves with the clock. */
static bool counts(const struct cookie *c, const struct attribute *a, bool timed)
{
	struct attribute last;
	return attribute_find(c->rest, a->name, &last) && last.name.ptr == a->name.ptr &&
	       !(timed && slice_eq_nocase(a->name, slice_str("expires")));
}

static void compare_attributes(const struct cookie *control, const struct cookie *candidate, struct difference_sink sink)
{
	struct attribute a, b;
	struct slice max_age = slice_str("max-age");
	bool timed = attribute_find(control->rest, max_age, &a) && attribute_find(candidate->rest, max_age, &b);
	struct slice rest = control->rest;
	for (unsigned n = 0; n < ATTRIBUTES_MAX && attribute_next(&rest, &a); n++) {
		if (!counts(control, &a, timed))
			continue;
		bool there = attribute_find(candidate->rest, a.name, &b);
		if (!there || !attribute_equal(a, b))
			tell_attribute(control->name, &a, there ? &b : NULL, sink);
	}
	rest = candidate->rest;
	for (unsigned n = 0; n < ATTRIBUTES_MAX && attribute_next(&rest, &b); n++)
		if (counts(candidate, &b, timed) && !attribute_find(control->rest, b.name, &a))
			tell_attribute(control->name, NULL, &b, sink);
	struct slice star = slice_str("*");
	a = (struct attribute){ .text = attributes_beyond(control->rest), .name = star };
	b = (struct attribute){ .text = attributes_beyond(candidate->rest), .name = star };
	a.value = a.text;
	b.value = b.text;
	if (!slice_eq(a.text, b.text))
		tell_attribute(control->name, &a, &b, sink);
}

static void compare_pair(const struct cookie *control, const struct cookie *candidate, struct difference_sink sink)
{
	bool alike = slice_eq(control->rest, candidate->rest); /* mostly */
	bool gone = !alike && forgets(candidate);
	if (!alike && gone != forgets(control)) {
		tell_cookie(gone ? DIFFERENCE_MISSING : DIFFERENCE_EXTRA, control, candidate, sink);
		return;
	}
	if (!fields_value_equal(control->value, candidate->value, VALUE_EXACT))
		tell_cookie(DIFFERENCE_VALUE, control, candidate, sink);
	if (!alike)
		compare_attributes(control, candidate, sink);
}

/* RFC 6265 §5.3: name, path and domain make one cookie. */
static bool same_place(const struct cookie *a, const struct cookie *b)
{
	static const char *const names[] = { "path", "domain" };
	if (slice_eq(a->rest, b->rest))
		return true;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct attribute x = { 0 }, y = { 0 };
		attribute_find(a->rest, slice_str(names[i]), &x);
		attribute_find(b->rest, slice_str(names[i]), &y);
		x.name = y.name = slice_str(names[i]);
		if (!attribute_equal(x, y))
			return false;
	}
	return true;
}

/* Each cookie's partner: of those of its name one of the same path and domain, and once all of these are found the first that is left. */
static void pair_up(const struct cookie *a, size_t na, struct cookie *b, size_t nb, struct cookie **with)
{
	for (unsigned round = 0; round < 2; round++)
		for (size_t i = 0; i < na; i++)
			for (size_t k = 0; k < nb && !with[i]; k++)
				if (!b[k].paired && slice_eq(a[i].name, b[k].name) && (round || same_place(&a[i], &b[k]))) {
					with[i] = &b[k];
					b[k].paired = true;
				}
}

static size_t parse_all(const struct slice *lines, size_t n, struct cookie *out)
{
	size_t count = n < COOKIES_MAX ? n : COOKIES_MAX;
	for (size_t i = 0; i < count; i++)
		out[i] = parse(lines[i]);
	return count;
}

void cookies_compare(const struct slice *control, size_t control_count, const struct slice *candidate, size_t candidate_count,
                     struct difference_sink sink)
{
	struct cookie a[COOKIES_MAX], b[COOKIES_MAX];
	size_t na = parse_all(control, control_count, a), nb = parse_all(candidate, candidate_count, b);
	struct cookie *with[COOKIES_MAX] = { 0 };
	pair_up(a, na, b, nb, with);
	for (size_t i = 0; i < na; i++) {
		if (with[i])
			compare_pair(&a[i], with[i], sink);
		else
			tell_cookie(DIFFERENCE_MISSING, &a[i], NULL, sink);
	}
	for (size_t i = 0; i < nb; i++)
		if (!b[i].paired)
			tell_cookie(DIFFERENCE_EXTRA, NULL, &b[i], sink);
}
