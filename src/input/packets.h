/* packets: libpcap behind a small door: live handles. The only file that knows pcap.h.
 *
 * Gives packets with nanosecond stamps. Owns the handle. */
#ifndef REPLAY_INPUT_PACKETS_H
#define REPLAY_INPUT_PACKETS_H

#include "base/err.h"
#include "model/packet.h"

struct packets;

struct packets_live_options {
	const char *device; /* "any" or an interface's name */
	const char *filter; /* BPF text */
	int snaplen;
	int buffer_bytes;
	int timeout_ms;
	bool promisc, monitor;
	const char *timestamp_type; /* NULL: libpcap's choice */
	bool interface_numbers;     /* "any": each packet with its interface's number (LINKTYPE_LINUX_SLL2), and without the VLAN tag */
};

/* ERR_PRIVILEGE names the capability that is missing and how to grant it. */
struct packets *packets_open_live(const struct packets_live_options *options, struct err *err);

enum packets_read {
	PACKETS_SOME, /* at least one was handed over */
	PACKETS_NONE, /* none is there now */
	PACKETS_FAIL, /* the interface went away, a read error */
};
/* Hands up to `max` packets to take(). */
enum packets_read packets_read(struct packets *p, int max, void (*take)(void *arg, const struct packet *packet), void *arg,
                               struct err *err);

int packets_fd(const struct packets *p);
/* Packets the kernel dropped so far because the ring was full, right over its counter's wrap as long as this is called now and then. What
 * the interface itself dropped: nic_drops.h. */
uint64_t packets_dropped(struct packets *p);
/* Packets that the kernel holds for us and that have not been read. */
uint64_t packets_unread(struct packets *p);
void packets_close(struct packets *p);

bool packets_have_numbers(const struct packets *p); /* interface_numbers was granted */

/* The interface that has this IP address: its name into out. False: none has. */
bool packets_device_of_ip(const char *ip, char *out, size_t out_len);

#endif
