/* endpoint: text forms. */
#include "model/endpoint.h"

#include "base/units.h"

#include <arpa/inet.h>
#include <stdio.h>

char *endpoint_format(char out[ENDPOINT_TEXT], const struct endpoint *e)
{
	char addr[INET6_ADDRSTRLEN];
	if (e->family == 4 && inet_ntop(AF_INET, e->addr, addr, sizeof addr))
		(void)snprintf(out, ENDPOINT_TEXT, "%s:%u", addr, e->port);
	else if (e->family == 6 && inet_ntop(AF_INET6, e->addr, addr, sizeof addr))
		(void)snprintf(out, ENDPOINT_TEXT, "[%s]:%u", addr, e->port);
	else
		(void)snprintf(out, ENDPOINT_TEXT, "-");
	return out;
}

bool endpoint_parse(const char *text, struct endpoint *out)
{
	struct endpoint e = { 0 };
	const char *colon = strrchr(text, ':');
	uint64_t port;
	char addr[INET6_ADDRSTRLEN];
	if (!colon || parse_u64(colon + 1, &port) || port > 65535)
		return false;
	e.port = (uint16_t)port;
	bool v6 = text[0] == '[' && colon > text + 1 && colon[-1] == ']';
	size_t len = (size_t)(colon - text) - (v6 ? 2 : 0);
	if (len >= sizeof addr)
		return false;
	memcpy(addr, text + (v6 ? 1 : 0), len);
	addr[len] = 0;
	if (inet_pton(v6 ? AF_INET6 : AF_INET, addr, e.addr) != 1)
		return false;
	e.family = v6 ? 6 : 4;
	*out = e;
	return true;
}
