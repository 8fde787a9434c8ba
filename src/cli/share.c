/* share: digits and one point, no more: strtod alone would take 0x1p3, inf and a locale's comma. */
#include "cli/share.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int parse(const char *option, const char *text, double most, double *out, struct err *err)
{
	size_t number = strspn(text, "0123456789."), digits = strspn(text, "0123456789");
	bool one_point = digits == number || strspn(text + digits + 1, "0123456789") == number - digits - 1;
	const char *rest = text + number;
	double percent = number && one_point && number < 20 ? strtod(text, NULL) : -1;
	if ((digits == 0 && number < 2) || (*rest && strcmp(rest, "%") != 0) || percent < 0 || percent > most)
		return err_set(err, ERR_USAGE, "--%s: '%.40s' is no share like 0.1%%, 5%% or 0", option, text);
	*out = percent / 100;
	return 0;
}

int share_parse(const char *option, const char *text, double *out, struct err *err)
{
	return parse(option, text, 100, out, err);
}

int share_parse_more(const char *option, const char *text, double *out, struct err *err)
{
	return parse(option, text, 100000, out, err);
}
