/* forms: small scanners, each over the whole value. */
#include "diff/forms.h"

const char *const form_names[FORMS] = {
	[FORM_TIMESTAMP] = "timestamp", [FORM_UUID] = "uuid", [FORM_NUMBER] = "number", [FORM_HEX] = "hex", [FORM_TOKEN] = "token",
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
	return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static bool is_hex(uint8_t c)
{
	return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f');
}

/* Takes one of these bytes. */
static bool take_any(struct slice *s, const char *set)
{
	if (s->len == 0 || s->ptr[0] == 0 || !strchr(set, s->ptr[0]))
		return false;
	*s = slice_from(*s, 1);
	return true;
}

static size_t take_run(struct slice *s, bool (*is)(uint8_t))
{
	size_t n = 0;
	while (n < s->len && is(s->ptr[n]))
		n++;
	*s = slice_from(*s, n);
	return n;
}

/* Exactly n digits, their value from low to high. */
static bool take_digits(struct slice *s, size_t n, unsigned low, unsigned high)
{
	unsigned value = 0;
	if (s->len < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!is_digit(s->ptr[i]))
			return false;
		value = value * 10 + (s->ptr[i] - '0');
	}
	*s = slice_from(*s, n);
	return value >= low && value <= high;
}

/* hh:mm, seconds and their fraction if `seconds` is not forced: 60 is a leap second. */
static bool take_clock(struct slice *s, bool forced)
{
	if (!take_digits(s, 2, 0, 23) || !take_any(s, ":") || !take_digits(s, 2, 0, 59))
		return false;
	if (!take_any(s, ":"))
		return !forced;
	if (!take_digits(s, 2, 0, 60))
		return false;
	return !take_any(s, ".,") || take_run(s, is_digit) > 0;
}

/* Z, GMT, UTC, +hh:mm, +hhmm, +hh. */
static bool take_zone(struct slice *s)
{
	if (take_any(s, "Zz"))
		return true;
	if (slice_starts(*s, slice_str("GMT")) || slice_starts(*s, slice_str("UTC"))) {
		*s = slice_from(*s, 3);
		return true;
	}
	if (!take_any(s, "+-") || !take_digits(s, 2, 0, 23))
		return false;
	bool colon = take_any(s, ":");
	return (!colon && s->len == 0) || take_digits(s, 2, 0, 59);
}

/* RFC 3339 §5.6, and what databases make of it: a space for the T, no zone, the date alone. */
static bool calendar_time(struct slice s)
{
	if (!take_digits(&s, 4, 0, 9999) || !take_any(&s, "-") || !take_digits(&s, 2, 1, 12) || !take_any(&s, "-") ||
	    !take_digits(&s, 2, 1, 31))
		return false;
	if (s.len == 0)
		return true;
	if (!take_any(&s, "Tt ") || !take_clock(&s, false))
		return false;
	(void)take_any(&s, " ");
	return s.len == 0 || (take_zone(&s) && s.len == 0);
}

static bool take_name(struct slice *s, const char *names)
{
	for (; *names; names += 3)
		if (slice_eq_nocase(slice_cut(*s, 0, 3), slice_of(names, 3))) {
			*s = slice_from(*s, 3);
			return true;
		}
	return false;
}

static bool take_month(struct slice *s)
{
	return take_name(s, "janfebmaraprmayjunjulaugsepoctnovdec");
}

static bool take_day(struct slice *s)
{
	(void)take_any(s, " "); /* asctime pads with one */
	struct slice two = *s;
	if (take_digits(&two, 2, 1, 31)) {
		*s = two;
		return true;
	}
	return take_digits(s, 1, 1, 9);
}

/* RFC 9110 §5.6.7: the fixed form, RFC 850's, asctime's. */
static bool http_date(struct slice s)
{
	if (!take_name(&s, "montuewedthufrisatsun"))
		return false;
	(void)take_run(&s, is_letter);
	if (!take_any(&s, ",")) {
		return take_any(&s, " ") && take_month(&s) && take_any(&s, " ") && take_day(&s) && take_any(&s, " ") &&
		       take_clock(&s, true) && take_any(&s, " ") && take_digits(&s, 4, 0, 9999) && s.len == 0;
	}
	if (!take_any(&s, " ") || !take_day(&s) || !take_any(&s, " -") || !take_month(&s) || !take_any(&s, " -"))
		return false;
	struct slice four = s;
	if (take_digits(&four, 4, 0, 9999))
		s = four;
	else if (!take_digits(&s, 2, 0, 99))
		return false;
	return take_any(&s, " ") && take_clock(&s, true) && take_any(&s, " ") && take_zone(&s) && s.len == 0;
}

/* Seconds or milliseconds, with a fraction perhaps. */
static bool unix_time(struct slice s)
{
	const uint64_t low = 946684800, high = 4102444800; /* 2000-01-01, 2100-01-01 */
	struct slice whole = s;
	size_t n = take_run(&s, is_digit);
	if (n < 9 || n > 13 || (take_any(&s, ".") && take_run(&s, is_digit) == 0) || s.len)
		return false;
	uint64_t value = 0;
	for (size_t i = 0; i < n; i++)
		value = value * 10 + (uint64_t)(whole.ptr[i] - '0');
	return (value >= low && value < high) || (value >= low * 1000 && value < high * 1000);
}

static bool is_timestamp(struct slice s)
{
	return calendar_time(s) || http_date(s) || unix_time(s);
}

static bool is_uuid(struct slice s)
{
	static const size_t groups[] = { 8, 4, 4, 4, 12 };
	bool brace = take_any(&s, "{");
	if (slice_eq_nocase(slice_cut(s, 0, 9), slice_str("urn:uuid:")))
		s = slice_from(s, 9);
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		if ((i && !take_any(&s, "-")) || take_run(&s, is_hex) != groups[i])
			return false;
	return brace == take_any(&s, "}") && s.len == 0;
}

/* RFC 8259 §6. */
static bool is_number(struct slice s)
{
	(void)take_any(&s, "-");
	if (!take_any(&s, "0") && take_run(&s, is_digit) == 0)
		return false;
	if (take_any(&s, ".") && take_run(&s, is_digit) == 0)
		return false;
	if (take_any(&s, "eE")) {
		(void)take_any(&s, "+-");
		if (take_run(&s, is_digit) == 0)
			return false;
	}
	return s.len == 0;
}

static bool is_hex_digits(struct slice s)
{
	if (slice_eq_nocase(slice_cut(s, 0, 2), slice_str("0x")))
		s = slice_from(s, 2);
	return take_run(&s, is_hex) >= 8 && s.len == 0;
}

/* One alphabet or the other: "/" and "+" are Base64's (RFC 4648 §4), "-" and "_" (§5), "." and "~" go unescaped in URLs. */
static bool is_token(struct slice s)
{
	size_t digits = 0, letters = 0, base64 = 0, safe = 0, at = 0;
	while (at < s.len && s.ptr[at] != '=') {
		/* A slash behind a backslash is how some write it in JSON. */
		if (s.ptr[at] == '\\' && at + 1 < s.len && s.ptr[at + 1] == '/')
			at++;
		uint8_t c = s.ptr[at++];
		digits += is_digit(c);
		letters += is_letter(c);
		base64 += c == '/' || c == '+';
		safe += c && strchr("-_.~", c);
		if (!is_digit(c) && !is_letter(c) && !(c && strchr("/+-_.~", c)))
			return false;
	}
	struct slice padding = slice_from(s, at);
	while (take_any(&padding, "="))
		;
	return padding.len == 0 && s.len - at <= 2 && digits + letters + base64 + safe >= 16 && digits && letters && !(base64 && safe);
}

static bool (*const scanners[FORMS])(struct slice) = {
	[FORM_TIMESTAMP] = is_timestamp, [FORM_UUID] = is_uuid,   [FORM_NUMBER] = is_number,
	[FORM_HEX] = is_hex_digits,      [FORM_TOKEN] = is_token,
};

static struct slice unquoted(struct slice s)
{
	bool quoted = s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"';
	return quoted ? slice_cut(s, 1, s.len - 2) : s;
}

bool form_fits(enum known_form form, struct slice value)
{
	return scanners[form](unquoted(value));
}

unsigned forms_of(struct slice value)
{
	unsigned forms = 0;
	value = unquoted(value);
	for (unsigned i = 0; i < FORMS; i++)
		if (scanners[i](value))
			forms |= 1u << i;
	return forms;
}

const char *forms_name(unsigned forms)
{
	for (unsigned i = 0; i < FORMS; i++)
		if (forms & 1u << i)
			return form_names[i];
	return NULL;
}
