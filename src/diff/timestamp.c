/* timestamp: small scanners, each over the whole value; the shape is gathered on the way. */
#include "diff/timestamp.h"

#include "base/clock.h"

#define BYTES_MAX 64 /* no stamp is longer */

enum notation { NOTATION_CALENDAR = 1, NOTATION_HTTP, NOTATION_S, NOTATION_MS, NOTATION_US, NOTATION_NS };

/* What a shape is made of; a byte each, 0: not there. */
enum shape_part { PART_NOTATION, PART_DATE, PART_BETWEEN, PART_FRACTION, PART_SPACE, PART_ZONE, PART_EXPONENT, PART_QUOTES };

static void shape_set(struct timestamp *t, enum shape_part part, unsigned what)
{
	t->shape |= (uint64_t)what << (8 * part);
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Takes one of these bytes; 0: it is none of them. */
static uint8_t take_any(struct slice *s, const char *set)
{
	if (s->len == 0 || s->ptr[0] == 0 || !strchr(set, s->ptr[0]))
		return 0;
	uint8_t c = s->ptr[0];
	*s = slice_from(*s, 1);
	return c;
}

static bool take_text(struct slice *s, const char *text)
{
	struct slice wanted = slice_str(text);
	if (!slice_starts(*s, wanted))
		return false;
	*s = slice_from(*s, wanted.len);
	return true;
}

/* Exactly n digits, their value from low to high. */
static bool take_digits(struct slice *s, size_t n, unsigned low, unsigned high, unsigned *value)
{
	if (s->len < n)
		return false;
	*value = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(s->ptr[i]))
			return false;
		*value = *value * 10 + (unsigned)(s->ptr[i] - '0');
	}
	*s = slice_from(*s, n);
	return *value >= low && *value <= high;
}

/* A run of digits as that many behind the point, the rest let go. False: there is none. */
static bool take_fraction(struct slice *s, unsigned places, int64_t *value)
{
	size_t n = 0;
	*value = 0;
	for (; n < s->len && is_digit(s->ptr[n]); n++)
		if (n < places)
			*value = *value * 10 + (s->ptr[n] - '0');
	for (size_t i = n; i < places; i++)
		*value *= 10;
	*s = slice_from(*s, n);
	return n > 0;
}

/* --- the calendar ------------------------------------------------------------------------------------------------------------------- */

struct civil {
	unsigned year, month, day, hour, minute, second;
};

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool day_exists(const struct civil *c)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return c->day <= (c->month == 2 && is_leap(c->year) ? 29u : days[c->month - 1]);
}

/* Since 1970-01-01. Years begin in March, so that the leap day is their last. */
static int64_t days_of(const struct civil *c)
{
	int64_t year = (int64_t)c->year - (c->month < 3), month = (c->month + 9) % 12;
	int64_t of_year = (153 * month + 2) / 5 + c->day - 1;
	return year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

static int64_t seconds_of(const struct civil *c)
{
	return days_of(c) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
}

/* 60 is a leap second. */
static bool take_clock(struct slice *s, struct civil *c)
{
	return take_digits(s, 2, 0, 23, &c->hour) && take_any(s, ":") && take_digits(s, 2, 0, 59, &c->minute) && take_any(s, ":") &&
	       take_digits(s, 2, 0, 60, &c->second);
}

/* Z, GMT, UTC, +hh:mm, +hhmm, +hh, nothing. */
static bool take_zone(struct slice *s, struct timestamp *t, int64_t *east_s)
{
	unsigned hours, minutes = 0;
	uint8_t c;
	*east_s = 0;
	if (s->len == 0)
		return true;
	if ((c = take_any(s, "Zz")) || (take_text(s, "GMT") && (c = 'G')) || (take_text(s, "UTC") && (c = 'U'))) {
		shape_set(t, PART_ZONE, c);
		return true;
	}
	uint8_t sign = take_any(s, "+-");
	if (!sign || !take_digits(s, 2, 0, 23, &hours))
		return false;
	c = take_any(s, ":") ? ':' : s->len ? '4' : '2';
	shape_set(t, PART_ZONE, c);
	if (c != '2' && !take_digits(s, 2, 0, 59, &minutes))
		return false;
	*east_s = (int64_t)(hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
	return true;
}

static bool read_calendar(struct slice s, struct timestamp *t)
{
	struct civil c;
	int64_t fraction = 0, east_s;
	if (!take_digits(&s, 4, 1970, 2199, &c.year))
		return false;
	uint8_t of_date = take_any(&s, "-/");
	if (!of_date || !take_digits(&s, 2, 1, 12, &c.month) || take_any(&s, "-/") != of_date || !take_digits(&s, 2, 1, 31, &c.day))
		return false;
	uint8_t between = take_any(&s, "Tt ");
	if (!between || !day_exists(&c) || !take_clock(&s, &c))
		return false;
	uint8_t point = take_any(&s, ".,");
	if (point && !take_fraction(&s, 9, &fraction))
		return false;
	shape_set(t, PART_NOTATION, NOTATION_CALENDAR);
	shape_set(t, PART_DATE, of_date);
	shape_set(t, PART_BETWEEN, between);
	shape_set(t, PART_FRACTION, point);
	shape_set(t, PART_SPACE, take_any(&s, " "));
	if (!take_zone(&s, t, &east_s) || s.len)
		return false;
	t->ns = (seconds_of(&c) - east_s) * NS_PER_S + fraction;
	return t->ns >= 0;
}

/* Which name of three letters comes next; -1: none. */
static int take_name(struct slice *s, const char *names)
{
	for (int i = 0; names[i * 3]; i++)
		if (slice_eq(slice_cut(*s, 0, 3), slice_of(names + i * 3, 3))) {
			*s = slice_from(*s, 3);
			return i;
		}
	return -1;
}

static bool read_http(struct slice s, struct timestamp *t)
{
	struct civil c;
	int weekday = take_name(&s, "ThuFriSatSunMonTueWed"); /* as 1970 began */
	if (weekday < 0 || !take_text(&s, ", ") || !take_digits(&s, 2, 1, 31, &c.day) || !take_any(&s, " "))
		return false;
	int month = take_name(&s, "JanFebMarAprMayJunJulAugSepOctNovDec");
	if (month < 0 || !take_any(&s, " ") || !take_digits(&s, 4, 1970, 2199, &c.year) || !take_any(&s, " ") || !take_clock(&s, &c))
		return false;
	c.month = (unsigned)month + 1;
	/* A weekday that is wrong makes it no date. */
	if (!take_text(&s, " GMT") || s.len || !day_exists(&c) || days_of(&c) % 7 != weekday)
		return false;
	shape_set(t, PART_NOTATION, NOTATION_HTTP);
	t->ns = seconds_of(&c) * NS_PER_S;
	return true;
}

/* --- Unix times --------------------------------------------------------------------------------------------------------------------- */

#define DIGITS_MAX 40

/* A decimal number's digits, `whole` of them before the point. */
struct decimal {
	uint8_t digit[DIGITS_MAX];
	size_t n, whole;
};

static bool take_run(struct slice *s, struct decimal *d)
{
	size_t n = 0;
	for (; n < s->len && is_digit(s->ptr[n]); n++) {
		if (d->n == DIGITS_MAX)
			return false;
		d->digit[d->n++] = (uint8_t)(s->ptr[n] - '0');
	}
	*s = slice_from(*s, n);
	return n > 0;
}

static bool read_decimal(struct slice s, struct decimal *d, struct timestamp *t)
{
	d->n = 0;
	if (!take_run(&s, d) || d->digit[0] == 0)
		return false;
	d->whole = d->n;
	uint8_t point = take_any(&s, ".");
	if (point && !take_run(&s, d))
		return false;
	if (!take_any(&s, "eE")) {
		shape_set(t, PART_FRACTION, point);
		return s.len == 0;
	}
	/* Of a number that is written so, the exponent says where the point is: whether digits follow it is chance. */
	unsigned exponent;
	(void)take_any(&s, "+");
	if (s.len == 0 || s.len > 2 || !take_digits(&s, s.len, 0, 18, &exponent))
		return false;
	shape_set(t, PART_EXPONENT, 'e');
	d->whole += exponent;
	return true;
}

static bool read_unix(struct slice s, struct timestamp *t)
{
	static const struct {
		int64_t ns;
		unsigned places; /* of a fraction, down to the nanosecond */
		enum notation notation;
	} units[] = { { NS_PER_S, 9, NOTATION_S }, { NS_PER_MS, 6, NOTATION_MS }, { NS_PER_US, 3, NOTATION_US }, { 1, 0, NOTATION_NS } };
	const int64_t low = 946684800, high = 4102444800; /* 2000-01-01, 2100-01-01 */
	struct decimal d;
	if (!read_decimal(s, &d, t) || d.whole > 19)
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < d.whole; i++)
		value = value * 10 + (i < d.n ? d.digit[i] : 0u);
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		uint64_t each = (uint64_t)(NS_PER_S / units[i].ns);
		if (value < (uint64_t)low * each || value >= (uint64_t)high * each)
			continue;
		int64_t fraction = 0;
		for (size_t k = 0; k < units[i].places; k++)
			fraction = fraction * 10 + (d.whole + k < d.n ? d.digit[d.whole + k] : 0);
		shape_set(t, PART_NOTATION, units[i].notation);
		t->ns = (int64_t)value * units[i].ns + fraction;
		return true;
	}
	return false;
}

/* --- values ------------------------------------------------------------------------------------------------------------------------- */

bool timestamp_read(struct slice value, struct timestamp *t)
{
	static bool (*const notations[])(struct slice, struct timestamp *) = { read_unix, read_calendar, read_http };
	bool quoted = value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"';
	if (quoted)
		value = slice_cut(value, 1, value.len - 2);
	if (value.len < 9 || value.len > BYTES_MAX)
		return false;
	for (size_t i = 0; i < sizeof notations / sizeof notations[0]; i++) {
		*t = (struct timestamp){ 0 };
		shape_set(t, PART_QUOTES, quoted);
		if (notations[i](value, t))
			return true;
	}
	return false;
}

/* Of a span that is known. */
static bool within(int64_t ns, struct timestamp_span of)
{
	int64_t until_ns = of.until_ns > of.from_ns ? of.until_ns : of.from_ns;
	return ns - of.from_ns >= -TIMESTAMP_PRESENT_NS && ns - until_ns <= TIMESTAMP_PRESENT_NS;
}

bool timestamps_present(struct slice a, struct timestamp_span of_a, struct slice b, struct timestamp_span of_b)
{
	struct timestamp at, bt;
	if (!timestamp_read(a, &at) || !timestamp_read(b, &bt) || at.shape != bt.shape)
		return false;
	bool a_known = of_a.from_ns > 0, b_known = of_b.from_ns > 0;
	if ((a_known && !within(at.ns, of_a)) || (b_known && !within(bt.ns, of_b)))
		return false;
	int64_t apart = at.ns > bt.ns ? at.ns - bt.ns : bt.ns - at.ns;
	return (a_known && b_known) || apart <= TIMESTAMP_PRESENT_NS;
}
