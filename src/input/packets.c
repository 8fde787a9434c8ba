/* packets: libpcap. Live handles use TPACKET_V3 (libpcap's choice where immediate mode is off) and nanosecond stamps. */
#include "input/packets.h"

#include "wire/decode.h"

#include <arpa/inet.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct packets {
	pcap_t *pcap;
	char name[256];
	uint32_t link_type;
	uint32_t last_kernel; /* libpcap's counter is 32 bits wide: to see it wrap */
	uint64_t kernel;
	uint32_t handed; /* to the callback so far; wraps as ps_recv does */
	/* For the callback of pcap_dispatch. */
	void (*take)(void *arg, const struct packet *packet);
	void *arg;
};

static const char grant[] = "run it as root, or grant it once: sudo setcap cap_net_raw+ep \"$(command -v replay)\"";

static struct packets *packets_new(const char *name, struct err *err)
{
	struct packets *p = calloc(1, sizeof *p);
	if (p)
		(void)snprintf(p->name, sizeof p->name, "%s", name);
	else
		(void)err_set(err, ERR_NOMEM, "out of memory when opening %s", name);
	return p;
}

/* LINKTYPE_ values equal DLT_ values but for a few; the decoder speaks LINKTYPE. */
static uint32_t linktype_of(pcap_t *pcap)
{
	int dlt = pcap_datalink(pcap);
	return dlt == DLT_RAW ? 101u : (uint32_t)dlt;
}

static int activate(struct packets *p, const struct packets_live_options *o, struct err *err)
{
	int rc = pcap_activate(p->pcap);
	if (rc == PCAP_ERROR_PERM_DENIED || rc == PCAP_ERROR_PROMISC_PERM_DENIED)
		return err_set(err, ERR_PRIVILEGE, "capturing on %s needs the capability CAP_NET_RAW, which this process lacks: %s",
		               o->device, grant);
	if (rc == PCAP_ERROR_NO_SUCH_DEVICE)
		return err_set(err, ERR_USAGE, "there is no interface %s: `ip -br link` lists those there are", o->device);
	if (rc < 0)
		return err_set(err, ERR_IO, "cannot capture on %s: %s", o->device, pcap_geterr(p->pcap));
	return 0;
}

static int filter(struct packets *p, const char *text, struct err *err)
{
	struct bpf_program program;
	if (pcap_compile(p->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return err_set(err, ERR_USAGE, "the capture filter '%s' is not valid: %s (see man pcap-filter)", text,
		               pcap_geterr(p->pcap));
	int rc = pcap_setfilter(p->pcap, &program);
	pcap_freecode(&program);
	if (rc != 0)
		return err_set(err, ERR_IO, "cannot set the capture filter on %s: %s", p->name, pcap_geterr(p->pcap));
	return 0;
}

static int set_timestamps(struct packets *p, const char *name, struct err *err)
{
	int type = pcap_tstamp_type_name_to_val(name);
	if (type < 0)
		return err_set(err, ERR_USAGE,
		               "--input-raw-timestamp-type '%s': man pcap-tstamp lists those there are, host and adapter among them", name);
	int rc = pcap_set_tstamp_type(p->pcap, type);
	if (rc != 0)
		return err_set(err, ERR_USAGE, "--input-raw-timestamp-type %s: %s cannot stamp packets so", name, p->name);
	return 0;
}

static int set_monitor(struct packets *p, struct err *err)
{
	if (pcap_can_set_rfmon(p->pcap) != 1 || pcap_set_rfmon(p->pcap, 1) != 0)
		return err_set(err, ERR_USAGE, "--input-raw-monitor: %s has no monitor mode", p->name);
	return 0;
}

/* What the handle can still be told once it is open. */
static int settle(struct packets *p, const struct packets_live_options *o, struct err *err)
{
	char text[PCAP_ERRBUF_SIZE];
	if (o->interface_numbers)
		(void)pcap_set_datalink(p->pcap, DLT_LINUX_SLL2);
	p->link_type = linktype_of(p->pcap);
	if (!decoder_knows_link(p->link_type))
		return err_set(err, ERR_UNSUPPORTED, "packets of %s come with link type %u (%s), which is not known here", o->device,
		               p->link_type, pcap_datalink_val_to_description_or_dlt(pcap_datalink(p->pcap)));
	if (filter(p, o->filter, err) != 0)
		return err->code;
	if (pcap_setnonblock(p->pcap, 1, text) != 0)
		return err_set(err, ERR_IO, "cannot capture on %s without blocking: %s", o->device, text);
	return 0;
}

struct packets *packets_open_live(const struct packets_live_options *o, struct err *err)
{
	char text[PCAP_ERRBUF_SIZE];
	struct packets *p = packets_new(o->device, err);
	if (!p)
		return NULL;
	p->pcap = pcap_create(o->device, text);
	if (!p->pcap) {
		(void)err_set(err, ERR_IO, "cannot capture on %s: %s", o->device, text);
		packets_close(p);
		return NULL;
	}
	(void)pcap_set_snaplen(p->pcap, o->snaplen);
	(void)pcap_set_promisc(p->pcap, o->promisc);
	(void)pcap_set_timeout(p->pcap, o->timeout_ms);
	(void)pcap_set_buffer_size(p->pcap, o->buffer_bytes);
	(void)pcap_set_tstamp_precision(p->pcap, PCAP_TSTAMP_PRECISION_NANO);
	int rc = o->timestamp_type ? set_timestamps(p, o->timestamp_type, err) : 0;
	if (rc == 0 && o->monitor)
		rc = set_monitor(p, err);
	if (rc || activate(p, o, err) != 0 || settle(p, o, err) != 0) {
		packets_close(p);
		return NULL;
	}
	return p;
}

bool packets_have_numbers(const struct packets *p)
{
	return p->link_type == DLT_LINUX_SLL2;
}

static void hand_over(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct packets *p = (struct packets *)(void *)user;
	const struct packet packet = {
		.bytes = slice_of(bytes, h->caplen),
		.wire_len = h->len,
		.link_type = p->link_type,
		.ts_ns = (int64_t)h->ts.tv_sec * 1000000000 + h->ts.tv_usec, /* tv_usec holds nanoseconds here */
	};
	p->take(p->arg, &packet);
}

enum packets_read packets_read(struct packets *p, int max, void (*take)(void *arg, const struct packet *packet), void *arg, struct err *err)
{
	p->take = take;
	p->arg = arg;
	int n = pcap_dispatch(p->pcap, max, hand_over, (u_char *)p);
	if (n > 0) {
		p->handed += (uint32_t)n;
		return PACKETS_SOME;
	}
	if (n == 0)
		return PACKETS_NONE;
	(void)err_set(err, ERR_IO, "reading packets of %s stopped: %s", p->name, pcap_geterr(p->pcap));
	return PACKETS_FAIL;
}

int packets_fd(const struct packets *p)
{
	return pcap_get_selectable_fd(p->pcap);
}

uint64_t packets_dropped(struct packets *p)
{
	struct pcap_stat stat;
	if (pcap_stats(p->pcap, &stat) == 0) {
		p->kernel += (uint32_t)(stat.ps_drop - p->last_kernel);
		p->last_kernel = stat.ps_drop;
	}
	return p->kernel;
}

uint64_t packets_unread(struct packets *p)
{
	struct pcap_stat stat;
	if (pcap_stats(p->pcap, &stat) != 0)
		return 0;
	/* libpcap's ps_recv counts what passed the filter, dropped or not. */
	int32_t unread = (int32_t)(stat.ps_recv - stat.ps_drop - p->handed);
	return unread > 0 ? (uint64_t)unread : 0;
}

void packets_close(struct packets *p)
{
	if (p->pcap)
		pcap_close(p->pcap);
	free(p);
}

static bool same_ip(const struct sockaddr *a, int family, const uint8_t *addr)
{
	if (!a || a->sa_family != family)
		return false;
	if (family == AF_INET) {
		struct sockaddr_in v4;
		memcpy(&v4, a, sizeof v4);
		return memcmp(&v4.sin_addr, addr, 4) == 0;
	}
	struct sockaddr_in6 v6;
	memcpy(&v6, a, sizeof v6);
	return memcmp(&v6.sin6_addr, addr, 16) == 0;
}

bool packets_device_of_ip(const char *ip, char *out, size_t out_len)
{
	char text[PCAP_ERRBUF_SIZE];
	uint8_t addr[16];
	int family = inet_pton(AF_INET, ip, addr) == 1 ? AF_INET : AF_INET6;
	if (family == AF_INET6 && inet_pton(AF_INET6, ip, addr) != 1)
		return false;
	pcap_if_t *all = NULL;
	if (pcap_findalldevs(&all, text) != 0)
		return false;
	bool found = false;
	for (pcap_if_t *d = all; d && !found; d = d->next)
		for (pcap_addr_t *a = d->addresses; a && !found; a = a->next)
			found = same_ip(a->addr, family, addr) && (size_t)snprintf(out, out_len, "%s", d->name) < out_len;
	/* The whole of 127/8 is the loopback interface's (RFC 1122 §3.2.1.3), though it lists one address. */
	if (!found && family == AF_INET && addr[0] == 127)
		found = (size_t)snprintf(out, out_len, "lo") < out_len;
	pcap_freealldevs(all);
	return found;
}
