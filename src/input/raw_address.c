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

/* What hides the ports from a filter: fragments but the first (and IPv6's all), extension headers, tags, tunnels. Let through, and
 * sorted out by decoding. */
static const char hidden[] = "(ip proto 6 and ip[6:2] & 0x1fff != 0) or ip proto 51 or "
                             "(ip6 and (ip6[6] == 0 or ip6[6] == 43 or ip6[6] == 44 or ip6[6] == 51 or ip6[6] == 60 or ip6[6] == 135))";
static const char wrapped[] = "proto 4 or proto 41 or proto 47 or udp port 6081 or "
                              "ether proto 0x8100 or ether proto 0x88a8 or ether proto 0x9100 or ether proto 0x8864 or "
                              "ether proto 0x8847 or ether proto 0x8848";

static int add_vxlan(const struct port_set *ports, struct buf *out)
{
	/* An overlay may carry a lot: of plain IPv4 inside of IPv4, with TCP's ports at udp[50] and udp[52], only what has one of ours. */
	int rc = buf_append_str(out, " or ((udp port 4789 or udp port 8472) and (ip6 or udp[28:2] != 0x0800 or udp[30] != 0x45 or "
	                             "udp[36:2] & 0x1fff != 0");
	for (size_t i = 0; i < ports->n && rc == 0; i++)
		for (int at = 50; at <= 52 && rc == 0; at += 2)
			rc = buf_printf(out, " or (udp[%d:2] >= %u and udp[%d:2] <= %u)", at, ports->range[i].from, at, ports->range[i].to);
	return rc ? rc : buf_append_str(out, "))");
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
	rc = rc ? rc : buf_printf(out, " or %s", hidden);
	/* An address of this machine is none that a mirrored or tunnelled packet inside has to match. */
	if (!a->is_ip) {
		rc = rc ? rc : buf_printf(out, " or %s", wrapped);
		rc = rc ? rc : add_vxlan(&a->ports, out);
	}
	return rc ? rc : buf_append_str(out, ")");
}
