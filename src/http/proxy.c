/* proxy: version 1 is a line, version 2 is binary. */
#include "http/proxy.h"

#include "base/cursor.h"

#include <stdio.h>

enum {
	V2_SIGNATURE = 8,           /* without "\r\n\r\n", which passes as empty lines */
	V2_HEAD = V2_SIGNATURE + 4, /* version and command, family and protocol, 2 bytes of length */
	V2_PROXY = 0x21,            /* version 2, command PROXY; 0x20 is LOCAL: the balancer's own health check */
	V2_TCP4 = 0x11,
	V2_TCP6 = 0x21,
};

size_t http_proxy_v2_size(struct slice s)
{
	if (s.len < V2_HEAD)
		return V2_HEAD;
	return V2_HEAD + (size_t)(s.ptr[V2_HEAD - 2] << 8 | s.ptr[V2_HEAD - 1]);
}

/* Source and destination address, source and destination port; then fields of no interest. */
static bool client_of_v2(struct slice header, struct endpoint *client)
{
	struct cursor c = cursor_of(slice_from(header, V2_SIGNATURE));
	uint8_t command = cursor_u8(&c), family = cursor_u8(&c);
	size_t n = family == V2_TCP6 ? 16 : 4;
	cursor_skip(&c, 2);
	struct slice address = cursor_take(&c, n);
	cursor_skip(&c, n);
	uint16_t port = cursor_u16be(&c);
	if (c.ran_short || command != V2_PROXY || (family != V2_TCP4 && family != V2_TCP6))
		return false;
	*client = (struct endpoint){ .family = family == V2_TCP6 ? 6 : 4, .port = port };
	memcpy(client->addr, address.ptr, n);
	return true;
}

static struct slice next_word(struct slice *rest)
{
	struct slice word = slice_cut(*rest, 0, slice_find_byte(*rest, ' '));
	*rest = slice_from(*rest, word.len + 1);
	return word;
}

/* "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n" */
static bool client_of_v1(struct slice line, struct endpoint *client)
{
	char text[ENDPOINT_TEXT];
	(void)next_word(&line);
	bool six = slice_eq(next_word(&line), slice_str("TCP6"));
	struct slice address = next_word(&line);
	(void)next_word(&line);
	struct slice port = next_word(&line);
	if (address.len + port.len + 4 > sizeof text)
		return false;
	(void)snprintf(text, sizeof text, six ? "[%.*s]:%.*s" : "%.*s:%.*s", (int)address.len, (const char *)address.ptr, (int)port.len,
	               (const char *)port.ptr);
	return endpoint_parse(text, client);
}

bool http_proxy_client(struct slice header, struct endpoint *client)
{
	return header.len && header.ptr[0] == 'P' ? client_of_v1(header, client) : client_of_v2(header, client);
}
