/* units: what people write, and what they read. */
#include "base/clock.h"
#include "base/err.h"
#include "base/units.h"

#include <criterion/criterion.h>

Test(units, durations_in_gos_form)
{
	static const struct {
		const char *text;
		int rc;
		int64_t ns;
	} cases[] = {
		{ "0", 0, 0 },
		{ "500ms", 0, 500 * NS_PER_MS },
		{ "2s", 0, 2 * NS_PER_S },
		{ "1m30s", 0, 90 * NS_PER_S },
		{ "1.5h", 0, 5400 * NS_PER_S },
		{ "250us", 0, 250000 },
		{ "7ns", 0, 7 },
		{ "", ERR_USAGE, 0 },
		{ "5", ERR_USAGE, 0 },
		{ "s", ERR_USAGE, 0 },
		{ "-1s", ERR_USAGE, 0 },
		{ "1 s", ERR_USAGE, 0 },
		{ "1e3s", ERR_USAGE, 0 },
		{ "1..5s", ERR_USAGE, 0 },
		{ "99999999999999h", ERR_LIMIT, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t ns = 0;
		cr_expect_eq(parse_duration_ns(cases[i].text, &ns), cases[i].rc, "%s", cases[i].text);
		cr_expect_eq(ns, cases[i].ns, "%s", cases[i].text);
	}
}

Test(units, sizes_in_1024s)
{
	static const struct {
		const char *text;
		int rc;
		uint64_t bytes;
	} cases[] = {
		{ "0", 0, 0 },
		{ "12", 0, 12 },
		{ "32mb", 0, 32u << 20 },
		{ "1KB", 0, 1024 },
		{ "1.5k", 0, 1536 },
		{ "2Gb", 0, 2ull << 30 },
		{ "1tb", 0, 1ull << 40 },
		{ "7b", 0, 7 },
		{ "x", ERR_USAGE, 0 },
		{ "1kk", ERR_USAGE, 0 },
		{ "-1", ERR_USAGE, 0 },
		{ "", ERR_USAGE, 0 },
		{ "9999999999tb", ERR_LIMIT, 0 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		uint64_t bytes = 0;
		cr_expect_eq(parse_size_bytes(cases[i].text, &bytes), cases[i].rc, "%s", cases[i].text);
		cr_expect_eq(bytes, cases[i].bytes, "%s", cases[i].text);
	}
}

Test(units, formats)
{
	char out[UNITS_TEXT];
	cr_expect_str_eq(format_duration(out, 999), "999 ns");
	cr_expect_str_eq(format_duration(out, 1240000), "1.24 ms");
	cr_expect_str_eq(format_duration(out, 999999), "1.00 ms");
	cr_expect_str_eq(format_duration(out, 34500000), "34.5 ms");
	cr_expect_str_eq(format_duration(out, 125 * NS_PER_S), "2m05s");
	cr_expect_str_eq(format_duration(out, 7380 * NS_PER_S), "2h03m");
	cr_expect_str_eq(format_duration(out, -2000), "-2.00 \xc2\xb5s");
	cr_expect_str_eq(format_bytes(out, 1023), "1023 B");
	cr_expect_str_eq(format_bytes(out, 1536 << 10), "1.50 MiB");
	cr_expect_str_eq(format_count(out, 1234567), "1,234,567");
	cr_expect_str_eq(format_count(out, 0), "0");
}
