/* make_pcap: writes a capture of many exchanges over keep-alive connections, with nothing lost in it.
 *
 *   make_pcap FILE EXCHANGES [REORDERED_PERCENT]
 *
 * Sixteen connections at a time, fifty exchanges each, then FIN and a new one. REORDERED_PERCENT of the packets change places with the next. */
#include "bench/traffic.h"

#include <stdlib.h>

#define CONNECTIONS    16
#define PER_CONNECTION 50
#define MSS            1448
#define PACKETS_MAX    4096 /* of one round */

struct connection {
	uint32_t client_seq, server_seq;
	uint16_t port;
	unsigned done;
};

struct packet {
	uint64_t ts_ns;
	unsigned order; /* among equal times */
	uint16_t size;
	uint8_t bytes[54 + MSS];
};

struct round {
	struct packet *packets, **sorted;
	size_t n;
	struct traffic traffic;
};

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

enum { FIN = 1, SYN = 2, PSH = 8, ACK = 16 };

/* Ethernet, IPv4, TCP. Checksums are left at zero, as offload leaves them. */
static void emit(struct round *r, struct connection *c, bool from_client, unsigned flags, struct traffic_text data)
{
	struct packet *p = &r->packets[r->n];
	uint8_t *b = p->bytes;
	memset(b, 0, 54);
	b[5] = from_client ? 2 : 1;
	b[11] = from_client ? 1 : 2;
	b[12] = 8;
	uint8_t *ip = b + 14, *tcp = b + 34;
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(40 + data.n));
	ip[8] = 64;
	ip[9] = 6;
	put32(ip + (from_client ? 12 : 16), 0x0a000100u + c->port % 200);
	put32(ip + (from_client ? 16 : 12), 0x0a000001u);
	put16(tcp, from_client ? c->port : 80);
	put16(tcp + 2, from_client ? 80 : c->port);
	put32(tcp + 4, from_client ? c->client_seq : c->server_seq);
	put32(tcp + 8, (flags & ACK) == 0 ? 0 : from_client ? c->server_seq : c->client_seq);
	tcp[12] = 0x50;
	tcp[13] = (uint8_t)flags;
	put16(tcp + 14, 65535);
	if (data.n > 0) {
		memcpy(b + 54, data.at, data.n);
	}
	p->size = (uint16_t)(54 + data.n);
	p->order = (unsigned)r->n++;
	uint32_t moved = (uint32_t)data.n + ((flags & (SYN | FIN)) != 0);
	*(from_client ? &c->client_seq : &c->server_seq) += moved;
}

static void emit_at(struct round *r, uint64_t *ts, struct connection *c, bool from_client, unsigned flags)
{
	r->packets[r->n].ts_ns = *ts += 3000 + traffic_below(&r->traffic, 20000);
	emit(r, c, from_client, flags, (struct traffic_text){ 0 });
}

static void emit_bytes(struct round *r, uint64_t *ts, struct connection *c, bool from_client, struct traffic_text all)
{
	for (size_t at = 0; at < all.n; at += MSS) {
		size_t n = all.n - at < MSS ? all.n - at : MSS;
		r->packets[r->n].ts_ns = *ts += 1000 + traffic_below(&r->traffic, 4000);
		emit(r, c, from_client, at + n == all.n ? ACK | PSH : ACK, (struct traffic_text){ .at = all.at + at, .n = n });
	}
	emit_at(r, ts, c, !from_client, ACK);
}

/* One exchange of a connection, with the handshake before its first and the end after its last. */
static void exchange(struct round *r, uint64_t start, struct connection *c, uint16_t next_port)
{
	uint64_t ts = start + traffic_below(&r->traffic, 100000);
	if (c->done == 0) {
		c->client_seq = (uint32_t)traffic_random(&r->traffic);
		c->server_seq = (uint32_t)traffic_random(&r->traffic);
		emit_at(r, &ts, c, true, SYN);
		emit_at(r, &ts, c, false, SYN | ACK);
		emit_at(r, &ts, c, true, ACK);
	}
	traffic_next(&r->traffic);
	emit_bytes(r, &ts, c, true, (struct traffic_text){ .at = r->traffic.request, .n = r->traffic.request_size });
	ts += 200000;
	emit_bytes(r, &ts, c, false, (struct traffic_text){ .at = r->traffic.response, .n = r->traffic.response_size });
	if (++c->done == PER_CONNECTION) {
		emit_at(r, &ts, c, true, FIN | ACK);
		emit_at(r, &ts, c, false, FIN | ACK);
		emit_at(r, &ts, c, true, ACK);
		*c = (struct connection){ .port = next_port };
	}
}

static int by_time(const void *a, const void *b)
{
	const struct packet *x = *(struct packet *const *)a, *y = *(struct packet *const *)b;
	return x->ts_ns != y->ts_ns ? (x->ts_ns < y->ts_ns ? -1 : 1) : (x->order < y->order ? -1 : 1);
}

static void put_le32(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 4; i++) {
		p[i] = (uint8_t)(v >> (8 * i));
	}
}

static void write_round(struct round *r, FILE *f, unsigned reordered_percent)
{
	for (size_t i = 0; i < r->n; i++) {
		r->sorted[i] = &r->packets[i];
	}
	qsort(r->sorted, r->n, sizeof *r->sorted, by_time);
	for (size_t i = 0; i + 1 < r->n; i++) {
		struct packet *a = r->sorted[i], *b = r->sorted[i + 1];
		if (traffic_below(&r->traffic, 100) < reordered_percent) {
			uint64_t ts = a->ts_ns;
			a->ts_ns = b->ts_ns;
			b->ts_ns = ts;
			r->sorted[i] = b;
			r->sorted[i + 1] = a;
			i++;
		}
	}
	for (size_t i = 0; i < r->n; i++) {
		const struct packet *p = r->sorted[i];
		uint8_t head[16];
		put_le32(head, p->ts_ns / 1000000000);
		put_le32(head + 4, p->ts_ns % 1000000000);
		put_le32(head + 8, p->size);
		put_le32(head + 12, p->size);
		(void)fwrite(head, 1, sizeof head, f);
		(void)fwrite(p->bytes, 1, p->size, f);
	}
	r->n = 0;
}

int main(int argc, char **argv)
{
	static struct round r;
	static char buffer[1 << 20];
	struct connection connections[CONNECTIONS];
	uint16_t port = 20000;
	uint64_t now = 1760400000000000000;
	FILE *f = argc < 3 ? NULL : fopen(argv[1], "wb");
	unsigned long exchanges = argc < 3 ? 0 : strtoul(argv[2], NULL, 10);
	unsigned reordered = argc < 4 ? 0 : (unsigned)strtoul(argv[3], NULL, 10);
	r.packets = calloc(PACKETS_MAX, sizeof *r.packets);
	r.sorted = calloc(PACKETS_MAX, sizeof *r.sorted);
	r.traffic.state = 88172645463325252u;
	if (f == NULL || r.packets == NULL || r.sorted == NULL) {
		fprintf(stderr, "usage: make_pcap FILE EXCHANGES [REORDERED_PERCENT]\n");
		return 2;
	}
	setvbuf(f, buffer, _IOFBF, sizeof buffer);
	uint8_t head[24] = { 0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0 };
	put_le32(head + 16, 262144);
	put_le32(head + 20, 1);
	(void)fwrite(head, 1, sizeof head, f);
	for (int i = 0; i < CONNECTIONS; i++) {
		connections[i] = (struct connection){ .port = port++, .done = 0 };
	}
	for (unsigned long n = 0; n < exchanges; now += 2000000) {
		for (int i = 0; i < CONNECTIONS && n < exchanges; i++, n++) {
			uint16_t next_port = port;
			exchange(&r, now, &connections[i], next_port);
			if (connections[i].done == 0) {
				port = port == 60000 ? 20000 : (uint16_t)(port + 1);
			}
		}
		write_round(&r, f, reordered);
	}
	return fclose(f) == 0 ? 0 : 1;
}
