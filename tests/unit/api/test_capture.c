/* The public capture: packets built by hand, messages out. */
#include <criterion/criterion.h>
#include <replay/capture.h>
#include <string.h>

enum { LINKTYPE_RAW = 101 };

/* An IPv4 TCP packet between 10.0.0.1:4000 and 10.0.0.2:80. */
static size_t packet(unsigned char *out, int from_client, unsigned seq, unsigned ack, unsigned char flags, const char *payload)
{
	size_t len = strlen(payload);
	memset(out, 0, 40);
	out[0] = 0x45;
	out[3] = (unsigned char)(40 + len);
	out[8] = 64;
	out[9] = 6;
	out[12] = out[16] = 10;
	out[15] = from_client ? 1 : 2;
	out[19] = from_client ? 2 : 1;
	unsigned client = 4000, server = 80, src = from_client ? client : server, dst = from_client ? server : client;
	const unsigned words[] = { src << 16 | dst, seq, ack };
	for (size_t i = 0; i < 12; i++)
		out[20 + i] = (unsigned char)(words[i / 4] >> (24 - 8 * (i % 4)));
	out[32] = 5 << 4;
	out[33] = flags;
	memcpy(out + 40, payload, len);
	return 40 + len;
}

Test(api_capture, an_exchange)
{
	static const struct {
		int from_client;
		unsigned seq, ack;
		unsigned char flags;
		const char *payload;
	} wire[] = {
		{ 1, 99, 0, 0x02, "" },
		{ 0, 499, 100, 0x12, "" },
		{ 1, 100, 500, 0x18, "GET /a HTTP/1.1\r\nHost: h\r\n\r\n" },
		{ 0, 500, 128, 0x18, "HTTP/1.1 204 No Content\r\n\r\n" },
	};
	rp_capture *c = rp_capture_new();
	unsigned char bytes[256];
	for (size_t i = 0; i < sizeof wire / sizeof *wire; i++) {
		size_t n = packet(bytes, wire[i].from_client, wire[i].seq, wire[i].ack, wire[i].flags, wire[i].payload);
		rp_capture_packet(c, LINKTYPE_RAW, (int64_t)i * 1000, bytes, n, n);
	}
	rp_capture_finish(c);
	char request_id[RP_ID_TEXT], id[RP_ID_TEXT], address[RP_ADDRESS_TEXT];
	rp_message *m = rp_capture_next(c);
	size_t len;
	cr_assert_not_null(m);
	cr_expect_eq(rp_message_type(m), RP_REQUEST);
	cr_expect_eq(rp_message_time_ns(m), 2000);
	cr_expect_arr_eq(rp_message_bytes(m, &len), wire[2].payload, strlen(wire[2].payload));
	cr_expect_str_eq(rp_message_source(m, address), "10.0.0.1:4000");
	cr_expect_str_eq(rp_message_destination(m, address), "10.0.0.2:80");
	(void)rp_message_id(m, request_id);
	rp_message_free(m);
	m = rp_capture_next(c);
	cr_assert_not_null(m);
	cr_expect_eq(rp_message_type(m), RP_RESPONSE);
	cr_expect_str_eq(rp_message_id(m, id), request_id);
	cr_expect_eq(rp_message_flags(m), 0);
	rp_message_free(m);
	cr_expect_null(rp_capture_next(c));
	rp_capture_free(c);
}
