/* timestamp: what a value says, and which two of them name the present. */
#include "diff/timestamp.h"

#include "base/clock.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define NOW_S 1764064268 /* 2025-11-25 09:51:08, a Tuesday */
#define NOW   (NOW_S * NS_PER_S)
#define MS    NS_PER_MS

static const struct {
	const char *value;
	int64_t ns; /* 0: no time stamp */
} stamps[] = {
	/* RFC 3339 and its like */
	{ "2025-11-25T09:51:08Z", NOW },
	{ "\"2025-11-25T09:51:08Z\"", NOW },
	{ "2025-11-25t09:51:08z", NOW },
	{ "2025-11-25 09:51:08", NOW },
	{ "2025/11/25 09:51:08", NOW },
	{ "2025-11-25T09:51:08.25Z", NOW + 250 * MS },
	{ "2025-11-25T09:51:08.123456789123Z", NOW + 123456789 },
	{ "2025-11-25 09:51:08,5 +0000", NOW + 500 * MS },
	{ "2025-11-25T11:51:08+02:00", NOW },
	{ "2025-11-25T04:21:08-0530", NOW },
	{ "2025-11-25T10:51:08+01", NOW },
	{ "2025-11-25 09:51:08 UTC", NOW },
	{ "2025-11-25 09:51:08GMT", NOW },
	{ "1970-01-01T00:00:00Z", 0 }, /* the one that names 0 */
	{ "1970-01-01T00:00:01Z", NS_PER_S },
	{ "2000-02-29T00:00:00Z", 951782400 * NS_PER_S },
	{ "2024-12-31T23:59:60Z", 1735689600 * NS_PER_S },
	{ "2199-12-31T23:59:59Z", 7258118399 * NS_PER_S },
	{ "2025-02-29T00:00:00Z", 0 },
	{ "2025-13-01T00:00:00Z", 0 },
	{ "2025-00-01T00:00:00Z", 0 },
	{ "2025-11-31T00:00:00Z", 0 },
	{ "2025-11-25T24:00:00Z", 0 },
	{ "2025-11-25T09:60:00Z", 0 },
	{ "2025-11-25T09:51:61Z", 0 },
	{ "2025-11-25T09:51Z", 0 },
	{ "2025-11-25", 0 },
	{ "2025-11/25T09:51:08Z", 0 },
	{ "2025-11-25T09:51:08.Z", 0 },
	{ "2025-11-25T09:51:08Z!", 0 },
	{ "2025-11-25T09:51:08+2:00", 0 },
	{ "2025-11-25T09:51:08+02:0", 0 },
	{ "1969-12-31T23:59:59Z", 0 },
	{ "1970-01-01T00:30:00+01:00", 0 },
	{ "2200-01-01T00:00:00Z", 0 },
	{ "x2025-11-25T09:51:08Z", 0 },
	{ "2025-11-25T09:51:08.0000000000000000000000000000000000000000000000000001Z", 0 }, /* too long for one */
	/* HTTP's date */
	{ "Tue, 25 Nov 2025 09:51:08 GMT", NOW },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", 784111777 * NS_PER_S },
	{ "Wed, 25 Nov 2025 09:51:08 GMT", 0 }, /* it was a Tuesday */
	{ "Tue, 25 Nov 2025 09:51:08 UTC", 0 },
	{ "Tue, 25 nov 2025 09:51:08 GMT", 0 },
	{ "Tue, 5 Nov 2025 09:51:08 GMT", 0 },
	{ "Tuesday, 25-Nov-25 09:51:08 GMT", 0 },
	{ "Tue, 25 Nov 2025 09:51:08 GMT ", 0 },
	/* Unix times */
	{ "1764064268", NOW },
	{ "\"1764064268\"", NOW },
	{ "1764064268.5", NOW + 500 * MS },
	{ "1764064268.1234567891", NOW + 123456789 },
	{ "1764064268123", NOW + 123 * MS },
	{ "1764064268123.25", NOW + 123 * MS + 250000 },
	{ "1764064268123456", NOW + 123456000 },
	{ "1764064268123456.789", NOW + 123456789 },
	{ "1764064268123456789", NOW + 123456789 },
	{ "1764064268123456789.5", NOW + 123456789 },
	{ "1.764064268E9", NOW },
	{ "1.764064268123e+12", NOW + 123 * MS },
	{ "1764064268e3", NOW },
	{ "946684800", 946684800 * NS_PER_S },
	{ "4102444799", 4102444799 * NS_PER_S },
	{ "946684799", 0 },
	{ "4102444800", 0 },
	{ "17640642681", 0 },
	{ "01764064268", 0 },
	{ "-1764064268", 0 },
	{ "1764064268.", 0 },
	{ "1764064268 ", 0 },
	{ "1.764064268e", 0 },
	{ "1.764064268e-9", 0 },
	{ "1.764064268e99", 0 },
	{ "17640642681234567890", 0 },
	{ "17640642680000000000000000000000000000000000000000", 0 },
	{ "", 0 },
	{ "\"\"", 0 },
	{ "\"", 0 },
	{ "a word of text", 0 },
};

Test(timestamp, values)
{
	for (size_t i = 0; i < sizeof stamps / sizeof stamps[0]; i++) {
		struct timestamp t = { 0 };
		bool is = timestamp_read(guard_copy(slice_str(stamps[i].value)), &t);
		if (strcmp(stamps[i].value, "1970-01-01T00:00:00Z") == 0) {
			cr_assert(is && t.ns == 0);
			continue;
		}
		cr_assert_eq(is, stamps[i].ns != 0, "%s", stamps[i].value);
		cr_assert(!is || t.ns == stamps[i].ns, "%s: %lld", stamps[i].value, (long long)t.ns);
	}
}

/* Each day of the years it knows is a day after the last. */
Test(timestamp, days)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t day = 0;
	for (int year = 1970; year < 2200; year++) {
		bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
		for (int month = 1; month <= 12; month++) {
			int last = days[month - 1] + (month == 2 && leap);
			for (int d = 1; d <= 32; d++) {
				char text[64];
				struct timestamp t;
				(void)snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, d);
				cr_assert_eq(timestamp_read(slice_str(text), &t), d <= last, "%s", text);
				if (d <= last)
					cr_assert_eq(t.ns, day++ * 86400 * NS_PER_S, "%s", text);
			}
		}
	}
}

/* The answers of two targets, asked 100 ms apart, there after 300 ms. */
static const struct timestamp_span first = { NOW, NOW + 300 * MS }, later = { NOW + 100 * MS, NOW + 400 * MS };

static const struct {
	const char *a, *b;
	bool present;
} pairs[] = {
	/* alike, and now */
	{ "2025-11-25T09:51:08Z", "2025-11-25T09:51:09Z", true },
	{ "\"2025-11-25T09:51:08.999Z\"", "\"2025-11-25T09:51:09.01Z\"", true },
	{ "1764064268", "1764064269", true },
	{ "1764064268.9", "1764064269.123456", true },
	{ "1764064268999", "1764064269001", true },
	{ "1764064268999999", "1764064269000001", true },
	{ "1764064268999999999", "1764064269000000001", true },
	{ "1.764064268999E9", "1.76406426E9", true },
	{ "Tue, 25 Nov 2025 09:51:08 GMT", "Tue, 25 Nov 2025 09:51:09 GMT", true },
	{ "2025-11-25T11:51:08+02:00", "2025-11-25T09:51:08+00:00", true }, /* one moment, one kind of zone */
	{ "2025-11-25T09:50:59Z", "2025-11-25T09:51:17Z", true },           /* clocks that differ, by so much */
	/* another shape */
	{ "2025-11-25T09:51:08Z", "2025-11-25T09:51:08.5Z", false },
	{ "2025-11-25T09:51:08Z", "2025-11-25 09:51:08Z", false },
	{ "2025-11-25T09:51:08Z", "2025-11-25t09:51:08Z", false },
	{ "2025-11-25T09:51:08Z", "2025-11-25T09:51:08", false },
	{ "2025-11-25T09:51:08Z", "2025-11-25T09:51:08z", false },
	{ "2025-11-25T09:51:08Z", "2025-11-25T09:51:08+00:00", false },
	{ "2025-11-25T09:51:08+0000", "2025-11-25T09:51:08+00:00", false },
	{ "2025-11-25T09:51:08+00", "2025-11-25T09:51:08+0000", false },
	{ "2025-11-25T09:51:08 UTC", "2025-11-25T09:51:08UTC", false },
	{ "2025-11-25T09:51:08.5Z", "2025-11-25T09:51:08,5Z", false },
	{ "2025-11-25 09:51:08", "2025/11/25 09:51:08", false },
	{ "2025-11-25T09:51:08Z", "Tue, 25 Nov 2025 09:51:08 GMT", false },
	{ "1764064268", "1764064268000", false },
	{ "1764064268", "1764064268.5", false },
	{ "1764064268", "\"1764064268\"", false },
	{ "1764064268", "1.764064268e9", false },
	{ "1764064268", "2025-11-25T09:51:08Z", false },
	/* another time */
	{ "2025-11-25T09:51:08Z", "2025-11-25T10:51:08Z", false },           /* a zone left out */
	{ "2025-11-25T11:51:08+02:00", "2025-11-25T11:51:08+00:00", false }, /* a wrong one */
	{ "2025-11-25T09:51:08Z", "2025-11-26T09:51:08Z", false },
	{ "2025-11-25T09:50:57Z", "2025-11-25T09:51:08Z", false },
	{ "2025-11-25T09:51:08Z", "2025-11-25T09:51:19Z", false },
	{ "2025-11-20T09:51:08Z", "2025-11-20T09:51:09Z", false }, /* near each other, and past */
	{ "1764060000", "1764060001", false },
	{ "Tue, 25 Nov 2025 09:51:08 GMT", "Tue, 25 Nov 2025 10:51:08 GMT", false },
	/* not both */
	{ "2025-11-25T09:51:08Z", "none", false },
	{ "19.99", "19.9", false },
};

Test(timestamp, the_present)
{
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		struct slice a = slice_str(pairs[i].a), b = slice_str(pairs[i].b);
		cr_assert_eq(timestamps_present(a, first, b, later), pairs[i].present, "%s %s", pairs[i].a, pairs[i].b);
		cr_assert_eq(timestamps_present(b, first, a, later), pairs[i].present, "%s %s, the other way round", pairs[i].a,
		             pairs[i].b);
	}
}

/* A recorded answer's present is another one. */
Test(timestamp, each_its_own_time)
{
	const struct timestamp_span recorded = { NOW - 86400 * NS_PER_S, NOW - 86400 * NS_PER_S + MS }, none = { 0, 0 },
	                            hostile = { INT64_MAX, INT64_MIN }, slow = { NOW, NOW + 60 * NS_PER_S };
	struct slice then = slice_str("2025-11-24T09:51:08Z"), now = slice_str("2025-11-25T09:51:08Z"),
	             soon = slice_str("2025-11-25T09:51:10Z"), minute = slice_str("2025-11-25T09:52:17Z"),
	             over = slice_str("2025-11-25T09:52:19Z");
	cr_assert(timestamps_present(then, recorded, now, later));
	cr_assert_not(timestamps_present(then, recorded, then, later));
	cr_assert_not(timestamps_present(now, recorded, now, later));
	/* One that took a minute may name any moment of it. */
	cr_assert(timestamps_present(now, first, minute, slow));
	cr_assert_not(timestamps_present(now, first, over, slow));
	/* Not known: near each other. */
	cr_assert(timestamps_present(now, none, soon, none));
	cr_assert_not(timestamps_present(then, none, now, none));
	cr_assert(timestamps_present(now, none, soon, later));
	cr_assert_not(timestamps_present(then, none, now, later));
	cr_assert_not(timestamps_present(then, none, then, later));
	cr_assert_not(timestamps_present(now, hostile, now, later));
	cr_assert_not(timestamps_present(now, later, now, hostile));
}
