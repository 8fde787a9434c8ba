/* The public message: what goes in comes out, and what is no message is refused. */
#include <criterion/criterion.h>
#include <replay/message.h>
#include <string.h>

Test(api_message, accessors)
{
	static const char bytes[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	rp_message *m = rp_message_new(RP_REQUEST, "ABCDEF0123456789abcdef01", 1700000000000000000, bytes, sizeof bytes - 1);
	char id[RP_ID_TEXT], address[RP_ADDRESS_TEXT];
	size_t len;
	cr_assert_not_null(m);
	cr_expect_eq(rp_message_type(m), RP_REQUEST);
	cr_expect_eq(rp_message_flags(m), 0);
	cr_expect_eq(rp_message_time_ns(m), 1700000000000000000);
	cr_expect_eq(rp_message_latency_ns(m), -1);
	cr_expect_str_eq(rp_message_id(m, id), "abcdef0123456789abcdef01");
	cr_expect_str_eq(rp_message_source(m, address), "-");
	cr_expect_str_eq(rp_message_destination(m, address), "-");
	cr_expect_arr_eq(rp_message_bytes(m, &len), bytes, sizeof bytes - 1);
	cr_expect_eq(len, sizeof bytes - 1);
	rp_message_free(m);
	rp_message_free(NULL);
	cr_expect_null(rp_message_new(RP_REQUEST, "not hex", 0, bytes, 1));
	cr_expect_null(rp_message_new((enum rp_message_type)7, "ab", 0, bytes, 1));
}
