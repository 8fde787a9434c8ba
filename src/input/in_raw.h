/* in_raw: --input-raw: messages out of packets, by engine: live from interfaces, from a capture file, from mirrored traffic in VXLAN. */
#ifndef REPLAY_INPUT_IN_RAW_H
#define REPLAY_INPUT_IN_RAW_H

#include "input/source.h"
#include "model/text_list.h"

struct raw_options {               /* 0 anywhere: the default */
	const char *engine;        /* "libpcap"; "pcap_file", "vxlan", "raw_socket" */
	const char *protocol;      /* "http" */
	const char *bpf_filter;    /* added to the one composed from the address */
	uint64_t buffer_bytes;     /* kernel ring: 64 MiB */
	int64_t buffer_timeout_ns; /* the kernel hands packets over at the latest after: 5 ms */
	uint64_t snaplen;          /* 256 KiB */
	const char *timestamp_type;
	bool promisc, monitor;
	bool stats; /* numbers as notes every 5 s */
	struct text_list vlan_vid, ignore_interface, vxlan_vni;
	uint64_t vxlan_port; /* 4789 */
	double speed;        /* of a capture file; these three as in struct file_input_options */
	bool max;
	uint64_t loops;
	struct capture_options capture;
};

/* Each address "[INTERFACE|ADDRESS]:PORTS" ("eth0:80", ":80", "127.0.0.1:8000-8010,9000"); "FILE:PORTS" for pcap_file. All of them make one
 * input: a connection that two of them see is recorded once. Live needs CAP_NET_RAW: ERR_PRIVILEGE names it and how to grant it. */
int in_raw_open(const char *const *addresses, size_t n, const void *raw_options, const struct io_env *env, struct input **out,
                struct err *err);

#endif
