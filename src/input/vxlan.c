/* vxlan: datagrams in batches; the frame inside of each is a packet like any other. */
#include "input/vxlan.h"

#include "base/clock.h"
#include "base/cursor.h"
#include "base/units.h"
#include "input/capture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT_DEFAULT      4789 /* RFC 7348 §5 */
#define LINKTYPE_ETHERNET 1
#define BATCH             64
#define BATCHES_MAX       16 /* without a message: then the outputs get their turn */
#define DATAGRAM_MAX      65536
#define BUFFER_DEFAULT    (64 << 20)
#define TICK_NS           (100 * NS_PER_MS)
#define VNI_LIMIT         (1 << 24)

enum vxlan_row { VXLAN_SEEN, VXLAN_TAKEN, VXLAN_OTHER, VXLAN_NOT, VXLAN_DROPPED, VXLAN_ROWS };
static const struct tally_row vxlan_rows[VXLAN_ROWS] = {
	[VXLAN_SEEN] = { "seen", "datagrams", TALLY_TOTAL, false },
	[VXLAN_TAKEN] = { "taken", "taken", TALLY_PART, false },
	[VXLAN_OTHER] = { "other_network", "of networks not asked for", TALLY_PART, false },
	[VXLAN_NOT] = { "not_vxlan", "that are no VXLAN", TALLY_PART, false },
	[VXLAN_DROPPED] = { "kernel_dropped", "dropped by the kernel: buffer full", TALLY_PART, true },
};
static const struct tally_table vxlan_table = { "vxlan", vxlan_rows, VXLAN_ROWS };

struct vxlan {
	struct input base;
	const struct io_env *env;
	struct capture *capture;
	struct vni_set networks;
	struct port_set ports; /* of the connections inside */
	int fd;
	uint64_t counts[VXLAN_ROWS];
	uint32_t last_dropped; /* the kernel's counter is 32 bits wide */
	uint64_t given;
	int64_t tick_ns;
	bool stopping, finished;
	struct mmsghdr heads[BATCH];
	struct iovec parts[BATCH];
	uint8_t control[BATCH][CMSG_SPACE(sizeof(struct timespec))];
	uint8_t *bytes; /* BATCH datagrams */
};

bool vxlan_unwrap(struct slice datagram, struct slice *frame, uint32_t *vni)
{
	/* RFC 7348 §5: flags (1; 8: the network is valid) | reserved (3) | network (3) | reserved (1) | frame */
	struct cursor c = cursor_of(datagram);
	uint8_t flags = cursor_u8(&c);
	cursor_skip(&c, 3);
	*vni = cursor_u32be(&c) >> 8;
	*frame = cursor_rest(&c);
	return !c.ran_short && (flags & 0x08) && frame->len > 0;
}

int vni_set_parse(const struct text_list *list, struct vni_set *out, struct err *err)
{
	*out = (struct vni_set){ 0 };
	for (size_t i = 0; i < list->n; i++) {
		const char *text = list->text[i];
		bool but = text[0] == '-';
		uint64_t n;
		if (parse_u64(text + but, &n) != 0 || n >= VNI_LIMIT)
			return err_set(err, ERR_USAGE,
			               "--input-raw-vxlan-vni '%.40s' is no VXLAN network: 0 to %d, with a - before it to leave it out",
			               text, VNI_LIMIT - 1);
		size_t *count = but ? &out->but_n : &out->only_n;
		if (*count == sizeof out->only / sizeof *out->only)
			return err_set(err, ERR_LIMIT, "--input-raw-vxlan-vni: more than %zu", *count);
		(but ? out->but : out->only)[(*count)++] = (uint32_t)n;
	}
	return 0;
}

bool vni_set_has(const struct vni_set *s, uint32_t vni)
{
	for (size_t i = 0; i < s->but_n; i++)
		if (s->but[i] == vni)
			return false;
	for (size_t i = 0; i < s->only_n; i++)
		if (s->only[i] == vni)
			return true;
	return s->only_n == 0;
}

/* When the kernel got it; now where it does not say. */
static int64_t stamp_of(struct msghdr *head, int64_t now_ns)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(head); c; c = CMSG_NXTHDR(head, c)) {
		struct timespec t;
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS || c->cmsg_len < CMSG_LEN(sizeof t))
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof t);
		return t.tv_sec * NS_PER_S + t.tv_nsec;
	}
	return now_ns;
}

static void take_datagram(struct vxlan *in, struct slice datagram, int64_t ts_ns)
{
	struct slice frame;
	uint32_t vni;
	in->counts[VXLAN_SEEN]++;
	if (!vxlan_unwrap(datagram, &frame, &vni)) {
		in->counts[VXLAN_NOT]++;
		return;
	}
	if (!vni_set_has(&in->networks, vni)) {
		in->counts[VXLAN_OTHER]++;
		return;
	}
	in->counts[VXLAN_TAKEN]++;
	const struct packet packet = { .bytes = frame, .wire_len = (uint32_t)frame.len, .link_type = LINKTYPE_ETHERNET, .ts_ns = ts_ns };
	capture_push(in->capture, &packet);
}

/* How many datagrams it was; negative: the socket broke. */
static int read_batch(struct vxlan *in, int64_t now_ns, struct err *err)
{
	for (size_t i = 0; i < BATCH; i++) {
		in->parts[i] = (struct iovec){ in->bytes + i * DATAGRAM_MAX, DATAGRAM_MAX };
		in->heads[i].msg_hdr = (struct msghdr){
			.msg_iov = &in->parts[i], .msg_iovlen = 1, .msg_control = in->control[i], .msg_controllen = sizeof in->control[i]
		};
	}
	int n = recvmmsg(in->fd, in->heads, BATCH, MSG_DONTWAIT, NULL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return err_set_errno(err, "%s: receiving stopped", in->base.label);
	for (int i = 0; i < n; i++)
		take_datagram(in, slice_of(in->parts[i].iov_base, in->heads[i].msg_len), stamp_of(&in->heads[i].msg_hdr, now_ns));
	return n;
}

static void update_drops(struct vxlan *in)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof info;
	if (getsockopt(in->fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0)
		return;
	uint32_t more = info[SK_MEMINFO_DROPS] - in->last_dropped;
	in->last_dropped = info[SK_MEMINFO_DROPS];
	in->counts[VXLAN_DROPPED] += more;
	in->counts[VXLAN_SEEN] += more;
}

static enum input_result vxlan_next(struct input *base, int64_t now_ns, struct message **out, struct err *err)
{
	struct vxlan *in = (struct vxlan *)base;
	int64_t unix_ns = now_ns + in->env->real_minus_mono_ns;
	*out = capture_next(in->capture);
	for (int batches = 0; !*out && !in->finished && batches < BATCHES_MAX; batches++) {
		int n = read_batch(in, unix_ns, err);
		*out = capture_next(in->capture);
		if (*out || n > 0)
			continue;
		update_drops(in);
		if (n == 0 && !in->stopping) {
			if (now_ns >= in->tick_ns)
				capture_tick(in->capture, unix_ns);
			in->tick_ns = now_ns + TICK_NS;
			*out = capture_next(in->capture);
			break;
		}
		capture_finish(in->capture);
		in->finished = true;
		*out = capture_next(in->capture);
	}
	if (*out) {
		in->given++;
		return INPUT_MESSAGE;
	}
	if (!in->finished)
		return INPUT_WAIT;
	return err->code ? INPUT_FAIL : INPUT_END;
}

static int vxlan_pollfd(const struct input *base)
{
	return ((const struct vxlan *)base)->fd;
}

static int64_t vxlan_deadline(const struct input *base)
{
	return ((const struct vxlan *)base)->tick_ns;
}

static void vxlan_stop(struct input *base)
{
	struct vxlan *in = (struct vxlan *)base;
	in->stopping = true;
	in->tick_ns = 0;
}

static void vxlan_status(const struct input *base, struct input_status *s)
{
	const struct vxlan *in = (const struct vxlan *)base;
	*s = (struct input_status){ .messages = in->given, .lost = in->counts[VXLAN_DROPPED], .done = -1 };
}

static void vxlan_tally(const struct input *base, struct tally_sink *sink)
{
	const struct vxlan *in = (const struct vxlan *)base;
	sink->section(sink->arg, &vxlan_table, in->base.label, in->counts);
	capture_tally(in->capture, sink);
}

static void vxlan_close(struct input *base)
{
	struct vxlan *in = (struct vxlan *)base;
	capture_free(in->capture);
	if (in->fd >= 0)
		(void)close(in->fd);
	free(in->bytes);
	free(in);
}

static const struct input_ops vxlan_ops = {
	.next = vxlan_next,
	.pollfd = vxlan_pollfd,
	.deadline = vxlan_deadline,
	.stop = vxlan_stop,
	.status = vxlan_status,
	.tally = vxlan_tally,
	.close = vxlan_close,
};

/* The one place to listen at, and the ports of all addresses. */
static int take_addresses(const char *const *addresses, size_t n, struct raw_address *where, struct err *err)
{
	for (size_t i = 0; i < n; i++) {
		struct raw_address a;
		if (raw_address_parse(addresses[i], &a, err) != 0)
			return ERR_USAGE;
		if (i == 0) {
			*where = a;
			continue;
		}
		if (strcmp(where->where, a.where) != 0)
			return err_set(err, ERR_USAGE, "--input-raw-engine vxlan listens at one address: '%s' names another", addresses[i]);
		for (size_t k = 0; k < a.ports.n; k++) {
			if (where->ports.n == RAW_PORTS_MAX)
				return err_set(err, ERR_LIMIT, "--input-raw: more than %d ports", RAW_PORTS_MAX);
			where->ports.range[where->ports.n++] = a.ports.range[k];
		}
	}
	return 0;
}

static int bind_to(struct vxlan *in, const struct raw_address *where, uint16_t port, struct err *err)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	bool is_v4 = where->is_ip && inet_pton(AF_INET, where->where, &v4.sin_addr) == 1;
	if (where->is_ip && !is_v4)
		(void)inet_pton(AF_INET6, where->where, &v6.sin6_addr);
	int off = 0;
	in->fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (in->fd < 0 && !where->is_ip && errno == EAFNOSUPPORT) { /* a machine without IPv6 */
		is_v4 = true;
		in->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	}
	if (in->fd < 0)
		return err_set_errno(err, "%s: no socket", in->base.label);
	if (!is_v4)
		(void)setsockopt(in->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (where->where[0] && !where->is_ip &&
	    setsockopt(in->fd, SOL_SOCKET, SO_BINDTODEVICE, where->where, (socklen_t)strlen(where->where)) != 0)
		return err_set_errno(err, "%s: cannot listen on interface %s", in->base.label, where->where);
	const struct sockaddr *at = is_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
	if (bind(in->fd, at, is_v4 ? sizeof v4 : sizeof v6) != 0)
		return err_set_errno(err, "%s: cannot listen at UDP port %u", in->base.label, port);
	return 0;
}

static void set_buffer(const struct vxlan *in, uint64_t want)
{
	int bytes = want ? (int)want : BUFFER_DEFAULT, got = 0, on = 1;
	socklen_t len = sizeof got;
	char text[256], human[UNITS_TEXT];
	/* Without CAP_NET_ADMIN the system's limit counts. */
	if (setsockopt(in->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0)
		(void)setsockopt(in->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	(void)setsockopt(in->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	if (getsockopt(in->fd, SOL_SOCKET, SO_RCVBUF, &got, &len) == 0 && got / 2 < bytes) {
		(void)snprintf(text, sizeof text, "%s: the kernel grants a buffer of %s: sysctl net.core.rmem_max raises it",
		               in->base.label, format_bytes(human, (uint64_t)got / 2));
		in->env->note(in->env->note_arg, 1, text);
	}
}

static int open_all(struct vxlan *in, const char *const *addresses, size_t n, const struct raw_options *o, struct err *err)
{
	struct raw_address where = { 0 };
	uint64_t port = o->vxlan_port ? o->vxlan_port : PORT_DEFAULT;
	if (port > 65535)
		return err_set(err, ERR_USAGE, "--input-raw-vxlan-port %llu: a port goes up to 65535", (unsigned long long)port);
	if (o->buffer_bytes > INT32_MAX / 2)
		return err_set(err, ERR_USAGE, "a capture buffer goes up to 1 GiB with --input-raw-engine vxlan");
	if (take_addresses(addresses, n, &where, err) != 0 || vni_set_parse(&o->vxlan_vni, &in->networks, err) != 0)
		return err->code;
	in->ports = where.ports;
	struct capture_options c = o->capture;
	c.ports = &in->ports;
	in->capture = capture_new(&c, in->env);
	in->bytes = malloc((size_t)BATCH * DATAGRAM_MAX);
	if (!in->capture || !in->bytes)
		return err_set(err, ERR_NOMEM, "out of memory");
	if (bind_to(in, &where, (uint16_t)port, err) != 0)
		return err->code;
	set_buffer(in, o->buffer_bytes);
	return 0;
}

int vxlan_open(const char *const *addresses, size_t n, const struct raw_options *options, const struct io_env *env, struct input **out,
               struct err *err)
{
	struct vxlan *in = calloc(1, sizeof *in);
	if (!in)
		return err_set(err, ERR_NOMEM, "out of memory");
	in->base.ops = &vxlan_ops;
	in->base.live = true;
	in->base.whole = true; /* one socket */
	in->env = env;
	in->fd = -1;
	(void)snprintf(in->base.label, sizeof in->base.label, "vxlan %s%s", addresses[0], n > 1 ? " …" : "");
	int rc = open_all(in, addresses, n, options, err);
	if (rc) {
		vxlan_close(&in->base);
		return rc;
	}
	*out = &in->base;
	return 0;
}
