/* raw_address: parsing, and the filter that follows from it. */
#include "input/raw_address.h"

#include "base/units.h"

#include <arpa/inet.h>
#include <stdlib.h>

static bool take_port(const char **at, uint16_t *out)
{
	char *end;
	if (**at < '0' || **at > '9')
		return false;
	unsigned long n = strtoul(*at, &end, 10);
	if (n == 0 || n > 65535)
		return false;
	*at = end;
	*out = (uint16_t)n;
	return true;
}

bool port_set_parse(const char *at, struct port_set *out)
{
	for (;;) {
		if (out->n == RAW_PORTS_MAX)
			return false;
		uint16_t from, to;
		if (!take_port(&at, &from))
			return false;
		to = from;
		if (*at == '-') {
			at++;
			if (!take_port(&at, &to) || to < from)
				return false;
		}
		out->range[out->n].from = from;
		out->range[out->n++].to = to;
		if (*at == 0)
			return true;
		if (*at++ != ',')
			return false;
	}
}

int raw_address_parse(const char *text, struct raw_address *out, struct err *err)
{
	static const char form[] = "write it as INTERFACE:PORT, ADDRESS:PORT or :PORT, with ports such as 80, 8000-8010 or 80,443";
	*out = (struct raw_address){ 0 };
	const char *colon = strrchr(text, ':');
	if (!colon)
		return err_set(err, ERR_USAGE, "--input-raw '%s' names no port: %s", text, form);
	size_t len = (size_t)(colon - text);
	const char *where = text;
	if (len >= 2 && where[0] == '[' && where[len - 1] == ']') {
		where++;
		len -= 2;
	}
	if (len >= sizeof out->where)
		return err_set(err, ERR_USAGE, "--input-raw '%s' has a name of over %zu characters: %s", text, sizeof out->where - 1, form);
	memcpy(out->where, where, len);
	out->where[len] = 0;
	if (!port_set_parse(colon + 1, &out->ports))
		return err_set(err, ERR_USAGE, "--input-raw '%s' has no valid ports behind the colon: %s", text, form);
	uint8_t addr[16];
	if (strcmp(out->where, "0.0.0.0") == 0 || strcmp(out->where, "::") == 0)
		out->where[0] = 0;
	else
		out->is_ip = inet_pton(AF_INET, out->where, addr) == 1 || inet_pton(AF_INET6, out->where, addr) == 1;
	return 0;
}

int raw_address_filter(const struct raw_address *a, struct buf *out)
{
	int rc = a->is_ip ? buf_printf(out, "host %s and (", a->where) : buf_append_str(out, "(");
	for (size_t i = 0; i < a->ports.n && rc == 0; i++) {
		const char * or = i ? " or " : "";
		if (a->ports.range[i].from == a->ports.range[i].to)
			rc = buf_printf(out, "%stcp port %u", or, a->ports.range[i].from);
		else
			rc = buf_printf(out, "%stcp portrange %u-%u", or, a->ports.range[i].from, a->ports.range[i].to);
	}
	/* Only the first fragment has the ports: the others are let through and sorted out by reassembly. */
	return rc ? rc : buf_append_str(out, " or (ip proto 6 and ip[6:2] & 0x1fff != 0) or (ip6 and ip6[6] == 44))");
}
