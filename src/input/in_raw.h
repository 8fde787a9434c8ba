/* in_raw: live capture on interfaces, as messages. */
#ifndef REPLAY_INPUT_IN_RAW_H
#define REPLAY_INPUT_IN_RAW_H

#include "input/source.h"

struct raw_options {               /* 0 anywhere: the default */
	const char *bpf_filter;    /* added to the one composed from the address */
	uint64_t buffer_bytes;     /* kernel ring: 64 MiB */
	int64_t buffer_timeout_ns; /* the kernel hands packets over at the latest after: 5 ms */
	uint64_t snaplen;          /* 256 KiB */
	bool promisc;
	struct capture_options capture;
};

/* Each address "[INTERFACE|ADDRESS]:PORTS" ("eth0:80", ":80", "127.0.0.1:8000-8010,9000"). All of them make one input: a connection that
 * two of them see is recorded once. Needs CAP_NET_RAW: ERR_PRIVILEGE names it and how to grant it. */
int in_raw_open(const char *const *addresses, size_t n, const void *raw_options, const struct io_env *env, struct input **out,
                struct err *err);

#endif
