/* units: durations in Go's form, sizes in 1024s. */
#include "base/units.h"

#include "base/clock.h"
#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	double factor;
};

static const struct unit time_units[] = {
	{ "ns", 1e0 }, { "us", 1e3 }, { "\xc2\xb5s", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },
};

static const struct unit size_units[] = {
	{ "b", 1 },          { "k", 1024 },        { "kb", 1024 },         { "m", 1048576 },        { "mb", 1048576 },
	{ "g", 1073741824 }, { "gb", 1073741824 }, { "t", 1099511627776 }, { "tb", 1099511627776 },
};

/* A plain decimal number at *at, without sign, exponent, hex or blanks. */
static bool take_number(const char **at, double *out)
{
	size_t digits = strspn(*at, "0123456789.");
	char text[32];
	if (digits == 0 || digits >= sizeof text)
		return false;
	memcpy(text, *at, digits);
	text[digits] = 0;
	char *end;
	*out = strtod(text, &end);
	*at += digits;
	return *end == 0;
}

int parse_duration_ns(const char *text, int64_t *out_ns)
{
	if (strcmp(text, "0") == 0) {
		*out_ns = 0;
		return 0;
	}
	double total = 0;
	const char *at = text;
	do {
		double n;
		if (!take_number(&at, &n))
			return ERR_USAGE;
		size_t name = strcspn(at, "0123456789.");
		const struct unit *unit = NULL;
		for (size_t i = 0; i < sizeof time_units / sizeof *time_units; i++)
			if (strlen(time_units[i].name) == name && memcmp(at, time_units[i].name, name) == 0)
				unit = &time_units[i];
		if (!unit)
			return ERR_USAGE;
		total += n * unit->factor;
		at += name;
	} while (*at);
	if (total >= 9.2e18)
		return ERR_LIMIT;
	*out_ns = (int64_t)llround(total);
	return 0;
}

int parse_size_bytes(const char *text, uint64_t *out_bytes)
{
	double n, factor = 1;
	const char *at = text;
	if (!take_number(&at, &n))
		return ERR_USAGE;
	if (*at) {
		factor = 0;
		for (size_t i = 0; i < sizeof size_units / sizeof *size_units; i++)
			if (strcasecmp(at, size_units[i].name) == 0)
				factor = size_units[i].factor;
		if (factor == 0)
			return ERR_USAGE;
	}
	if (n * factor >= 9.2e18)
		return ERR_LIMIT;
	*out_bytes = (uint64_t)(n * factor);
	return 0;
}

int parse_u64(const char *text, uint64_t *out)
{
	if (!isdigit((unsigned char)text[0]))
		return ERR_USAGE;
	char *end;
	errno = 0;
	*out = strtoull(text, &end, 10);
	if (*end)
		return ERR_USAGE;
	return errno ? ERR_LIMIT : 0;
}

/* Three significant digits, and a space before the unit. */
static char *three_digits(char *out, double n, const char *unit)
{
	int decimals = n >= 99.95 ? 0 : n >= 9.995 ? 1 : 2;
	(void)snprintf(out, UNITS_TEXT, "%.*f %s", decimals, n, unit);
	return out;
}

char *format_duration(char out[UNITS_TEXT], int64_t ns)
{
	double n = (double)ns;
	if (ns < 0) {
		out[0] = '-';
		char rest[UNITS_TEXT];
		(void)snprintf(out + 1, UNITS_TEXT - 1, "%.*s", UNITS_TEXT - 2, format_duration(rest, ns == INT64_MIN ? INT64_MAX : -ns));
		return out;
	}
	if (ns < NS_PER_US)
		(void)snprintf(out, UNITS_TEXT, "%d ns", (int)ns);
	else if (n < 999.5e3)
		return three_digits(out, n / 1e3, "\xc2\xb5s");
	else if (n < 999.5e6)
		return three_digits(out, n / 1e6, "ms");
	else if (ns < 60 * NS_PER_S)
		return three_digits(out, n / 1e9, "s");
	else if (ns < 3600 * NS_PER_S)
		(void)snprintf(out, UNITS_TEXT, "%dm%02ds", (int)(ns / (60 * NS_PER_S)), (int)(ns / NS_PER_S % 60));
	else
		(void)snprintf(out, UNITS_TEXT, "%lldh%02dm", (long long)(ns / (3600 * NS_PER_S)), (int)(ns / (60 * NS_PER_S) % 60));
	return out;
}

char *format_bytes(char out[UNITS_TEXT], uint64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double n = (double)bytes;
	size_t i = 0;
	while (n >= 1023.5 && i + 1 < sizeof names / sizeof *names) {
		n /= 1024;
		i++;
	}
	if (i == 0)
		(void)snprintf(out, UNITS_TEXT, "%d B", (int)bytes);
	else
		return three_digits(out, n, names[i]);
	return out;
}

char *format_count(char out[UNITS_TEXT], uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
	char *at = out;
	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = 0;
	return out;
}
