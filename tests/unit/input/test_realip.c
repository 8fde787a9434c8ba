/* realip: where the field is put, and where it is not. */
#include "input/realip.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>

static struct message *request(const char *text, const char *from, uint8_t flags)
{
	struct message *m = message_new(MESSAGE_REQUEST, strlen(text));
	cr_assert(m && buf_append_str(&m->data, text) == 0);
	m->flags = flags;
	if (from)
		cr_assert(endpoint_parse(from, &m->src));
	return m;
}

Test(realip, table)
{
	static const struct {
		const char *from, *before, *after;
		uint8_t flags;
	} cases[] = {
		{ "192.0.2.7:1234", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nX-Real-IP: 192.0.2.7\r\nHost: a\r\n\r\n", 0 },
		{ "[2001:db8::5]:80", "POST /x HTTP/1.0\n\nbody", "POST /x HTTP/1.0\nX-Real-IP: 2001:db8::5\r\n\nbody", 0 },
		{ "192.0.2.7:1", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nX-Real-IP: 192.0.2.7\r\n\r\n", MESSAGE_CUT },
		/* Said already, in any case. */
		{ "192.0.2.7:1", "GET / HTTP/1.1\r\nx-real-ip: 10.0.0.1\r\n\r\n", "GET / HTTP/1.1\r\nx-real-ip: 10.0.0.1\r\n\r\n", 0 },
		/* Nothing to say, or no place for it. */
		{ NULL, "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", 0 },
		{ "192.0.2.7:1", "GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n", MESSAGE_CUT },
		{ "192.0.2.7:1", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", MESSAGE_HEAD },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct message *m = request(cases[i].before, cases[i].from, cases[i].flags);
		cr_expect_eq(realip_add(m, "X-Real-IP"), 0);
		cr_expect(slice_eq(message_bytes(m), slice_str(cases[i].after)), "case %zu: %.*s", i, (int)m->data.len, m->data.ptr);
		message_unref(m);
	}
}

Test(realip, no_memory_leaves_it_as_it_was)
{
	static const char text[] = "GET / HTTP/1.1\r\n\r\n";
	struct message *m = request(text, "192.0.2.7:1", 0);
	alloc_fail_at(1);
	cr_expect_eq(realip_add(m, "X-Real-IP"), ERR_NOMEM);
	alloc_fail_at(0);
	cr_expect(slice_eq(message_bytes(m), slice_str(text)));
	message_unref(m);
}

Test(realip, names)
{
	cr_expect(realip_name("X-Real-IP"));
	cr_expect_not(realip_name(""));
	cr_expect_not(realip_name("X Real"));
	cr_expect_not(realip_name("X-Real-IP:"));
	cr_expect_not(realip_name("X\r\nEvil"));
}
