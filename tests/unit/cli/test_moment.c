/* moment: all forms of a time, and what is none. */
#include "cli/moment.h"

#include <criterion/criterion.h>

#define S 1000000000LL

Test(moment, parses)
{
	static const struct {
		const char *text;
		bool relative;
		int64_t ns;
	} rows[] = {
		{ "1970-01-01T00:00:00Z", false, 0 },
		{ "2024-05-06T07:08:09Z", false, 1714979289 * S },
		{ "2024-05-06T07:08:09.123456789Z", false, 1714979289 * S + 123456789 },
		{ "2024-05-06T07:08:09.1234567894Z", false, 1714979289 * S + 123456789 },
		{ "2024-05-06T07:08:09.5+02:00", false, 1714979289 * S - 7200 * S + S / 2 },
		{ "2024-05-06T07:08:09-0130", false, 1714979289 * S + 5400 * S },
		{ "2024-05-06 07:08:09", false, 1714979289 * S },
		{ "2024-05-06t07:08z", false, 1714979280 * S },
		{ "2024-05-06", false, 1714953600 * S },
		{ "2024-02-29", false, 1709164800 * S },
		{ "1714979289", false, 1714979289 * S },
		{ "1714979289.25", false, 1714979289 * S + S / 4 },
		{ "1714979289123", false, 1714979289123LL * 1000000 },
		{ "1714979289123456", false, 1714979289123456LL * 1000 },
		{ "1714979289123456789", false, 1714979289123456789LL },
		{ "0", false, 0 },
		{ "+10s", true, 10 * S },
		{ "+1m30s", true, 90 * S },
		{ "+0", true, 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct moment m;
		cr_assert_eq(moment_parse(rows[i].text, &m), 0, "%s", rows[i].text);
		cr_assert_eq(m.relative, rows[i].relative, "%s", rows[i].text);
		cr_assert_eq(m.ns, rows[i].ns, "%s: %lld", rows[i].text, (long long)m.ns);
	}
}

Test(moment, refuses)
{
	static const char *const rows[] = { "",
		                            "x",
		                            "-1",
		                            "+",
		                            "+x",
		                            "+5",
		                            "2024-13-01",
		                            "2024-00-01",
		                            "2024-02-30",
		                            "2023-02-29",
		                            "2024-05-06T",
		                            "2024-05-06T07",
		                            "2024-05-06T25:00Z",
		                            "2024-05-06T07:60Z",
		                            "2024-05-06T07:08:09.Z",
		                            "2024-05-06T07:08:09+2",
		                            "2024-05-06T07:08:09Zx",
		                            "1969-12-31",
		                            "2300-01-01",
		                            "2024-5-6",
		                            "99999999999999999999",
		                            "1.",
		                            "1e9",
		                            "2024-05-06Z" };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct moment m;
		cr_assert_eq(moment_parse(rows[i], &m), ERR_USAGE, "'%s' is taken", rows[i]);
	}
}

Test(moment, formats)
{
	static const struct {
		int64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },         { 1714979289 * S + 5, "2024-05-06T07:08:09.000000005Z" },
		{ -1, "1969-12-31T23:59:59.999999999Z" },        { INT64_MAX, "2262-04-11T23:47:16.854775807Z" },
		{ INT64_MIN, "1677-09-21T00:12:43.145224192Z" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[MOMENT_TEXT];
		cr_assert_str_eq(moment_format(out, rows[i].ns), rows[i].text);
	}
}
