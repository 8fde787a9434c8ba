/* in_raw: live capture. One handle per interface, one reassembly for all of them; packets are read in batches, and a quiet wire still moves the
 * clock on, so that holes and idle connections time out. */
#include "input/in_raw.h"

#include "base/clock.h"
#include "input/capture.h"
#include "input/packets.h"
#include "input/raw_address.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define HANDLES_MAX       64
#define BATCH_PACKETS     512
#define TICK_NS           (100 * NS_PER_MS)
#define DRAIN_MAX_NS      (2 * NS_PER_S) /* a stop takes no longer, even where the system's clock was set back meanwhile */
#define BUFFER_TIMEOUT_NS (5 * NS_PER_MS)

struct handle {
	char device[64];
	struct buf filter;
	struct packets *packets;
	uint64_t kernel, interface; /* dropped; kept when the handle is gone */
	bool gone;                  /* the interface went away */
};

struct in_raw {
	struct input base;
	const struct io_env *env;
	struct capture *capture;
	struct handle handles[HANDLES_MAX];
	size_t handle_count;
	int epoll;
	uint64_t given, taken;
	int64_t last_packet_ns; /* Unix time */
	int64_t tick_ns;        /* monotonic: the next tick */
	int64_t handover_ns;    /* within that time the kernel hands a packet over: its buffer time-out, doubled */
	int64_t drained_ns;     /* stopping: by then the kernel has handed over all that came before; 0: not yet known */
	int64_t stop_ns;        /* Unix time of the stop: later packets are not taken; 0: none */
	bool past_stop;         /* a later packet was seen */
	struct err failure;     /* told once every message has been given out */
	bool stopping, finished;
};

enum handle_row { HANDLE_SEEN, HANDLE_TAKEN, HANDLE_KERNEL, HANDLE_INTERFACE, HANDLE_ROWS };
static const struct tally_row handle_rows[HANDLE_ROWS] = {
	[HANDLE_SEEN] = { "seen", "packets matching the filter", TALLY_TOTAL, false },
	[HANDLE_TAKEN] = { "taken", "taken", TALLY_PART, false },
	[HANDLE_KERNEL] = { "kernel_dropped", "dropped by the kernel: buffer full", TALLY_PART, true },
	[HANDLE_INTERFACE] = { "interface_dropped", "dropped by the interface", TALLY_PART, true },
};
static const struct tally_table handle_table = { "interface", handle_rows, HANDLE_ROWS };

static void take_packet(void *arg, const struct packet *packet)
{
	struct in_raw *in = arg;
	if (in->stop_ns && packet->ts_ns > in->stop_ns) {
		in->past_stop = true;
		return;
	}
	in->taken++;
	if (packet->ts_ns > in->last_packet_ns)
		in->last_packet_ns = packet->ts_ns;
	capture_push(in->capture, packet);
}

/* One batch from each handle. True: some handle had packets. */
static bool read_batch(struct in_raw *in)
{
	bool some = false;
	for (size_t i = 0; i < in->handle_count; i++) {
		struct handle *h = &in->handles[i];
		struct err err = { 0 };
		if (h->gone)
			continue;
		enum packets_read got = packets_read(h->packets, BATCH_PACKETS, take_packet, in, &err);
		some |= got == PACKETS_SOME;
		if (got == PACKETS_FAIL) {
			in->env->note(in->env->note_arg, 0, err.text);
			(void)epoll_ctl(in->epoll, EPOLL_CTL_DEL, packets_fd(h->packets), NULL);
			h->gone = true;
		}
	}
	return some;
}

static bool all_gone(const struct in_raw *in)
{
	for (size_t i = 0; i < in->handle_count; i++)
		if (!in->handles[i].gone)
			return false;
	return true;
}

static void update_drops(struct in_raw *in)
{
	for (size_t i = 0; i < in->handle_count; i++) {
		struct handle *h = &in->handles[i];
		if (!h->gone)
			packets_dropped(h->packets, &h->kernel, &h->interface);
	}
}

static void tick(struct in_raw *in, int64_t now_ns)
{
	if (now_ns < in->tick_ns)
		return;
	in->tick_ns = now_ns + TICK_NS;
	/* Never ahead of packets that still wait in the kernel: they are at most one buffer time-out old. */
	capture_tick(in->capture, now_ns + in->env->real_minus_mono_ns - TICK_NS);
	update_drops(in);
}

/* After a stop: has the kernel handed over all that came before it? A block of its ring that is not full comes only when its time-out passes; a
 * ring that is full takes as long as it takes, and what came after the stop does not count. */
static bool drained(struct in_raw *in, int64_t now_ns, bool some)
{
	if (in->drained_ns == 0) {
		in->drained_ns = in->tick_ns = now_ns + in->handover_ns;
		in->stop_ns = now_ns + in->env->real_minus_mono_ns;
	}
	return all_gone(in) || now_ns >= in->drained_ns + DRAIN_MAX_NS || (now_ns >= in->drained_ns && (!some || in->past_stop));
}

/* The ring is empty and the user has had enough: what is unfinished comes out, flagged. */
static void end_capture(struct in_raw *in)
{
	update_drops(in);
	capture_finish(in->capture);
	in->finished = true;
}

/* Reads until a message is there, or nothing more can be read for now. */
static struct message *read_on(struct in_raw *in, int64_t now_ns)
{
	struct message *m = capture_next(in->capture);
	while (!m && !in->finished) {
		bool some = read_batch(in);
		if (in->stopping && drained(in, now_ns, some))
			end_capture(in);
		else if (!some && !in->stopping)
			tick(in, now_ns);
		m = capture_next(in->capture);
		if (!some)
			break;
	}
	return m;
}

static enum input_result raw_next(struct input *base, int64_t now_ns, struct message **out, struct err *err)
{
	struct in_raw *in = (struct in_raw *)base;
	if (all_gone(in) && !in->stopping) {
		(void)err_set(&in->failure, ERR_IO, "%s: no interface is left to capture on", in->base.label);
		in->stopping = true;
	}
	*out = read_on(in, now_ns);
	if (*out) {
		in->given++;
		return INPUT_MESSAGE;
	}
	if (!in->finished)
		return INPUT_WAIT;
	(void)err_set(err, in->failure.code, "%s", in->failure.text);
	return in->failure.code ? INPUT_FAIL : INPUT_END;
}

static int raw_pollfd(const struct input *base)
{
	return ((const struct in_raw *)base)->epoll;
}

static int64_t raw_deadline(const struct input *base)
{
	return ((const struct in_raw *)base)->tick_ns;
}

static void raw_stop(struct input *base)
{
	((struct in_raw *)base)->stopping = true;
}

static void raw_status(const struct input *base, struct input_status *s)
{
	const struct in_raw *in = (const struct in_raw *)base;
	*s = (struct input_status){ .messages = in->given, .done = -1 };
	for (size_t i = 0; i < in->handle_count; i++)
		s->lost += in->handles[i].kernel + in->handles[i].interface;
}

static void raw_tally(const struct input *base, struct tally_sink *sink)
{
	const struct in_raw *in = (const struct in_raw *)base;
	uint64_t counts[HANDLE_ROWS] = { [HANDLE_TAKEN] = in->taken };
	for (size_t i = 0; i < in->handle_count; i++) {
		counts[HANDLE_KERNEL] += in->handles[i].kernel;
		counts[HANDLE_INTERFACE] += in->handles[i].interface;
	}
	counts[HANDLE_SEEN] = counts[HANDLE_TAKEN] + counts[HANDLE_KERNEL] + counts[HANDLE_INTERFACE];
	sink->section(sink->arg, &handle_table, in->base.label, counts);
	capture_tally(in->capture, sink);
}

static void raw_close(struct input *base)
{
	struct in_raw *in = (struct in_raw *)base;
	for (size_t i = 0; i < in->handle_count; i++) {
		if (in->handles[i].packets)
			packets_close(in->handles[i].packets);
		buf_release(&in->handles[i].filter);
	}
	capture_free(in->capture);
	if (in->epoll >= 0)
		(void)close(in->epoll);
	free(in);
}

static const struct input_ops raw_ops = {
	.next = raw_next,
	.pollfd = raw_pollfd,
	.deadline = raw_deadline,
	.stop = raw_stop,
	.status = raw_status,
	.tally = raw_tally,
	.close = raw_close,
};

static struct handle *handle_for(struct in_raw *in, const char *device)
{
	for (size_t i = 0; i < in->handle_count; i++)
		if (strcmp(in->handles[i].device, device) == 0)
			return &in->handles[i];
	if (in->handle_count == HANDLES_MAX)
		return NULL;
	struct handle *h = &in->handles[in->handle_count++];
	(void)snprintf(h->device, sizeof h->device, "%s", device);
	buf_init(&h->filter, 1 << 16);
	return h;
}

/* Adds an address to the filter of the interface it is on. */
static int add_address(struct in_raw *in, const char *text, struct err *err)
{
	struct raw_address a;
	if (raw_address_parse(text, &a, err) != 0)
		return ERR_USAGE;
	char device[64] = "any";
	if (a.is_ip && !packets_device_of_ip(a.where, device, sizeof device))
		return err_set(err, ERR_USAGE, "--input-raw '%s': no interface of this machine has the address %s", text, a.where);
	if (!a.is_ip && a.where[0])
		(void)snprintf(device, sizeof device, "%s", a.where);
	struct handle *h = handle_for(in, device);
	if (!h)
		return err_set(err, ERR_LIMIT, "--input-raw names more than %d interfaces", HANDLES_MAX);
	int rc = h->filter.len ? buf_append_str(&h->filter, " or ") : 0;
	if (rc == 0)
		rc = raw_address_filter(&a, &h->filter);
	return rc ? err_set(err, ERR_LIMIT, "--input-raw '%s': too many addresses for one interface", text) : 0;
}

static int open_handle(struct in_raw *in, struct handle *h, const struct raw_options *o, struct err *err)
{
	struct buf filter;
	buf_init(&filter, 1 << 17);
	int rc = buf_printf(&filter, o->bpf_filter ? "(%.*s) and (%s)" : "%.*s%s", (int)h->filter.len, (const char *)h->filter.ptr,
	                    o->bpf_filter ? o->bpf_filter : "");
	rc = rc ? rc : buf_append(&filter, slice_of("", 1));
	if (rc) {
		buf_release(&filter);
		return err_set(err, ERR_LIMIT, "the capture filter for %s is too long", h->device);
	}
	const struct packets_live_options live = {
		.device = h->device,
		.filter = (const char *)filter.ptr,
		.snaplen = o->snaplen ? (int)o->snaplen : 256 << 10,
		.buffer_bytes = o->buffer_bytes ? (int)o->buffer_bytes : 64 << 20,
		.timeout_ms =
		        o->buffer_timeout_ns >= NS_PER_MS ? (int)(o->buffer_timeout_ns / NS_PER_MS) : (int)(BUFFER_TIMEOUT_NS / NS_PER_MS),
		.promisc = o->promisc,
	};
	h->packets = packets_open_live(&live, err);
	buf_release(&filter);
	if (!h->packets)
		return err->code;
	struct epoll_event event = { .events = EPOLLIN };
	if (epoll_ctl(in->epoll, EPOLL_CTL_ADD, packets_fd(h->packets), &event) != 0)
		return err_set_errno(err, "cannot wait for packets of %s", h->device);
	return 0;
}

static void set_label(struct in_raw *in, const char *const *addresses, size_t n)
{
	size_t used = 0;
	for (size_t i = 0; i < n && used < sizeof in->base.label; i++)
		used += (size_t)snprintf(in->base.label + used, sizeof in->base.label - used, "%s%s", i ? " " : "raw ", addresses[i]);
}

int in_raw_open(const char *const *addresses, size_t n, const void *raw_options, const struct io_env *env, struct input **out,
                struct err *err)
{
	const struct raw_options *o = raw_options;
	struct in_raw *in = calloc(1, sizeof *in);
	if (!in)
		return err_set(err, ERR_NOMEM, "out of memory");
	in->base.ops = &raw_ops;
	in->base.live = true;
	in->env = env;
	in->handover_ns = 2 * (o->buffer_timeout_ns > BUFFER_TIMEOUT_NS ? o->buffer_timeout_ns : BUFFER_TIMEOUT_NS);
	in->capture = capture_new(&o->capture, env);
	in->epoll = epoll_create1(EPOLL_CLOEXEC);
	set_label(in, addresses, n);
	int rc = in->capture ? 0 : err_set(err, ERR_NOMEM, "out of memory");
	if (rc == 0 && in->epoll < 0)
		rc = err_set_errno(err, "epoll_create1");
	if (o->snaplen > 1 << 18 || o->buffer_bytes > INT32_MAX)
		rc = err_set(err, ERR_USAGE, "a snap length goes up to 256 KiB, a capture buffer up to 2 GiB");
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_address(in, addresses[i], err);
	for (size_t i = 0; i < in->handle_count && rc == 0; i++)
		rc = open_handle(in, &in->handles[i], o, err);
	if (rc) {
		raw_close(&in->base);
		return rc;
	}
	*out = &in->base;
	return 0;
}
