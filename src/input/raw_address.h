/* raw_address: what --input-raw was told: an interface or an address, and ports. */
#ifndef REPLAY_INPUT_RAW_ADDRESS_H
#define REPLAY_INPUT_RAW_ADDRESS_H

#include "base/buf.h"

#define RAW_PORTS_MAX 32

/* Ports, as ranges. */
struct port_set {
	struct {
		uint16_t from, to;
	} range[RAW_PORTS_MAX];
	size_t n;
};

static inline bool port_set_has(const struct port_set *s, uint16_t port)
{
	for (size_t i = 0; i < s->n; i++)
		if (port >= s->range[i].from && port <= s->range[i].to)
			return true;
	return false;
}

/* Adds what "80,8000-8010" names. False: it is not of that form, or too many. */
bool port_set_parse(const char *text, struct port_set *out);

struct raw_address {
	char where[64]; /* interface name or IP address; "" for all interfaces */
	bool is_ip;
	struct port_set ports;
};

/* "[INTERFACE|ADDRESS]:PORTS", PORTS a list of numbers and ranges; "[::1]:80" for IPv6. 0 or ERR_USAGE with a sentence. */
int raw_address_parse(const char *text, struct raw_address *out, struct err *err);

/* Appends the BPF expression (pcap-filter(7)) for it: TCP with one of the ports, either way, and whatever may hide them: fragments,
 * extension headers; where no IP address is named, also tags and tunnels. Exact only together with the ports asked of decoded segments. */
int raw_address_filter(const struct raw_address *a, struct buf *out);

#endif
