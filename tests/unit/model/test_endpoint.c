/* endpoint: text forms both ways. */
#include "model/endpoint.h"

#include <criterion/criterion.h>

Test(endpoint, text_goes_both_ways)
{
	static const char *const good[] = { "192.0.2.1:80", "[2001:db8::1]:443", "0.0.0.0:0", "[::]:65535" };
	char text[ENDPOINT_TEXT];
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct endpoint e;
		cr_assert(endpoint_parse(good[i], &e), "%s", good[i]);
		cr_expect_str_eq(endpoint_format(text, &e), good[i]);
	}
	static const char *const bad[] = { "",
		                           ":",
		                           "1.2.3.4",
		                           "1.2.3.4:",
		                           "1.2.3.4:x",
		                           "1.2.3.4:65536",
		                           "[::1:80",
		                           "::1:80",
		                           "[::1]",
		                           "[1.2.3.4]:80",
		                           "[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:1" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct endpoint e = { 0 };
		cr_expect_not(endpoint_parse(bad[i], &e), "%s", bad[i]);
		cr_expect_str_eq(endpoint_format(text, &e), "-");
	}
}
