/* share: what is a percentage and what is not. */
#include "cli/share.h"

#include <criterion/criterion.h>

Test(share, table)
{
	static const struct {
		const char *text;
		double share; /* negative: refused */
	} rows[] = {
		{ "0", 0 },
		{ "0%", 0 },
		{ "0.1%", 0.001 },
		{ "5%", 0.05 },
		{ "100%", 1 },
		{ "100", 1 },
		{ ".5%", 0.005 },
		{ "1.%", 0.01 },
		{ "", -1 },
		{ "%", -1 },
		{ ".", -1 },
		{ "101%", -1 },
		{ "-1%", -1 },
		{ "1%%", -1 },
		{ "1 %", -1 },
		{ "x", -1 },
		{ "1e1%", -1 },
		{ "0x1%", -1 },
		{ "inf", -1 },
		{ "1.2.3%", -1 },
		{ "nan", -1 },
		{ "1,5%", -1 },
		{ "12345678901234567890123%", -1 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = { .code = ERR_NONE };
		double share = -1;
		int rc = share_parse("max-loss", rows[i].text, &share, &err);
		cr_expect_eq(rc, rows[i].share < 0 ? ERR_USAGE : 0, "\"%s\"", rows[i].text);
		cr_expect_float_eq(share, rows[i].share < 0 ? -1 : rows[i].share, 1e-12, "\"%s\": %g", rows[i].text, share);
	}
}

Test(share, more_than_another)
{
	struct err err = { .code = ERR_NONE };
	double share = -1;
	cr_expect_eq(share_parse_more("diff-latency", "250%", &share, &err), 0);
	cr_expect_float_eq(share, 2.5, 1e-12);
	cr_expect_eq(share_parse_more("diff-latency", "100001%", &share, &err), ERR_USAGE);
}
