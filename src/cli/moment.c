/* moment: RFC 3339 §5.6 without the C library's time zone. */
#include "cli/moment.h"

#include "base/clock.h"
#include "base/units.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Exactly n digits at *at. */
static bool take_digits(const char **at, int n, int *out)
{
	*out = 0;
	for (int i = 0; i < n; i++, (*at)++) {
		if (!isdigit((unsigned char)**at))
			return false;
		*out = *out * 10 + (**at - '0');
	}
	return true;
}

static bool take_char(const char **at, const char *any_of)
{
	if (!**at || !strchr(any_of, **at))
		return false;
	(*at)++;
	return true;
}

/* ".5" as nanoseconds; nothing there is 0. Digits past the ninth are let go. */
static bool take_fraction(const char **at, int64_t *ns)
{
	*ns = 0;
	if (!take_char(at, "."))
		return true;
	if (!isdigit((unsigned char)**at))
		return false;
	int64_t unit = NS_PER_S / 10;
	for (; isdigit((unsigned char)**at); (*at)++, unit /= 10)
		*ns += (**at - '0') * unit;
	return true;
}

/* Seconds east of UTC. */
static bool take_zone(const char **at, int64_t *seconds)
{
	*seconds = 0;
	if (!**at || take_char(at, "zZ"))
		return true;
	int sign = **at == '-' ? -1 : 1, hours, minutes;
	if (!take_char(at, "+-") || !take_digits(at, 2, &hours))
		return false;
	(void)take_char(at, ":");
	if (!take_digits(at, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return true;
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

static int parse_rfc3339(const char *at, int64_t *out_ns)
{
	int year, month, day, hour = 0, minute = 0, second = 0;
	int64_t fraction = 0, zone = 0;
	if (!take_digits(&at, 4, &year) || !take_char(&at, "-") || !take_digits(&at, 2, &month) || !take_char(&at, "-") ||
	    !take_digits(&at, 2, &day))
		return ERR_USAGE;
	if (*at) {
		if (!take_char(&at, "Tt ") || !take_digits(&at, 2, &hour) || !take_char(&at, ":") || !take_digits(&at, 2, &minute))
			return ERR_USAGE;
		if (take_char(&at, ":") && (!take_digits(&at, 2, &second) || !take_fraction(&at, &fraction)))
			return ERR_USAGE;
		if (!take_zone(&at, &zone) || *at)
			return ERR_USAGE;
	}
	/* Nanoseconds of Unix time in 64 bits reach from 1970 to 2262. */
	if (year < 1970 || year > 2261 || month < 1 || month > 12 || day < 1 || day > month_days(year, month) || hour > 23 || minute > 59 ||
	    second > 60)
		return ERR_USAGE;
	struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute, .tm_sec = second };
	*out_ns = ((int64_t)timegm(&tm) - zone) * NS_PER_S + fraction;
	return 0;
}

static int parse_unix(const char *at, int64_t *out_ns)
{
	/* Below 1e11 it can only be seconds (until the year 5138), and so on up. */
	static const struct {
		int64_t below, unit;
	} scales[] = {
		{ 100000000000LL, NS_PER_S }, { 100000000000000LL, NS_PER_MS }, { 100000000000000000LL, NS_PER_US }, { INT64_MAX, 1 }
	};
	int64_t n = 0, fraction = 0;
	int digits = 0;
	for (; isdigit((unsigned char)*at) && digits < 19; at++, digits++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *at - '0', &n))
			return ERR_USAGE;
	if (digits == 0 || !take_fraction(&at, &fraction) || *at)
		return ERR_USAGE;
	size_t i = 0;
	while (n >= scales[i].below && scales[i].unit > 1)
		i++;
	if (i > 0)
		fraction = 0; /* below a nanosecond's worth of meaning: "1714979289123.5" ms is nobody's form */
	return __builtin_mul_overflow(n, scales[i].unit, &n) || __builtin_add_overflow(n, fraction, out_ns) ? ERR_USAGE : 0;
}

int moment_parse(const char *text, struct moment *out)
{
	*out = (struct moment){ .relative = text[0] == '+' };
	if (out->relative)
		return parse_duration_ns(text + 1, &out->ns) ? ERR_USAGE : 0;
	return strlen(text) >= 10 && text[4] == '-' ? parse_rfc3339(text, &out->ns) : parse_unix(text, &out->ns);
}

char *moment_format(char out[MOMENT_TEXT], int64_t unix_ns)
{
	int64_t ns = unix_ns % NS_PER_S;
	time_t seconds = unix_ns / NS_PER_S;
	if (ns < 0) {
		ns += NS_PER_S;
		seconds--;
	}
	struct tm tm;
	char date[24];
	if (!gmtime_r(&seconds, &tm) || !strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm))
		date[0] = 0;
	(void)snprintf(out, MOMENT_TEXT, "%s.%09dZ", date, (int)ns);
	return out;
}
