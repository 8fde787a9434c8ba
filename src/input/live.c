/* live: one handle per interface, one reassembly for all of them; packets are read in batches, and a quiet wire still moves the
 * clock on, so that holes and idle connections time out. An interface that goes away is waited for. Of several shards each has handles and
 * reassembly of its own, and the kernel spreads the packets among them by connection. */
#include "input/live.h"

#include "base/clock.h"
#include "base/cursor.h"
#include "base/units.h"
#include "input/capture.h"
#include "input/fanout.h"
#include "input/nic_drops.h"
#include "input/packets.h"
#include "input/raw_address.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define HANDLES_MAX       FANOUT_MAX
#define BATCH_PACKETS     512
#define BATCHES_MAX       16 /* without a message: then the outputs get their turn */
#define IGNORED_MAX       64
#define TICK_NS           (100 * NS_PER_MS)
#define DRAIN_MAX_NS      (60 * NS_PER_S) /* a stop takes no longer, even where the system's clock was set back meanwhile */
#define SLOW_TICK_NS      NS_PER_S
#define STATS_NS          (5 * NS_PER_S)
#define BUFFER_TIMEOUT_NS (5 * NS_PER_MS)

struct handle {
	char device[64];
	struct buf filter;
	struct packets *packets; /* NULL while the interface is away */
	uint64_t kernel;         /* dropped by handles of this interface that are closed, and by the open one */
	uint64_t kernel_before;  /* by closed ones */
	struct nic_drops nic;
	int64_t leaving_ns; /* the interface went away: the ring is read until then, for what it still holds; 0: it is there */
	bool for_good;      /* it cannot be opened again */
	bool joined;        /* the sockets that share the interface's packets */
};

struct live {
	struct input base;
	struct fanout *fanout; /* shared by the shards; NULL: alone */
	const struct io_env *env;
	struct raw_options options;
	struct capture *capture;
	struct port_set ports; /* of all addresses: what the filters let through because it may be one */
	struct handle handles[HANDLES_MAX];
	size_t handle_count;
	int epoll;
	bool numbers; /* the handle being read has interface numbers, and some are ignored */
	uint64_t given, taken, ignored;
	int64_t tick_ns;     /* monotonic: the next tick */
	int64_t slow_ns;     /* the next look at what seldom changes */
	int64_t stats_ns;    /* the next line of numbers */
	int64_t handover_ns; /* within that time the kernel hands a packet over: its buffer time-out, doubled */
	int64_t drained_ns;  /* stopping: by then the kernel has handed over all that came before; 0: not yet known */
	int64_t since_ns;    /* Unix time: earlier packets are not taken */
	int64_t stop_ns;     /* Unix time of the stop: later packets are not taken; 0: none */
	bool past_stop;      /* a later packet was seen */
	bool drained;        /* nothing that came before the stop is left in the kernel */
	struct err failure;  /* told once every message has been given out */
	bool stopping, finished;
	unsigned ignored_index[IGNORED_MAX]; /* of --input-raw-ignore-interface; 0: there is none now */
};

enum handle_row { HANDLE_SEEN, HANDLE_TAKEN, HANDLE_IGNORED, HANDLE_KERNEL, HANDLE_INTERFACE, HANDLE_UNREAD, HANDLE_ROWS };
static const struct tally_row handle_rows[HANDLE_ROWS] = {
	[HANDLE_SEEN] = { "seen", "packets matching the filter", TALLY_TOTAL, false },
	[HANDLE_TAKEN] = { "taken", "taken", TALLY_PART, false },
	[HANDLE_IGNORED] = { "ignored", "of interfaces that are ignored", TALLY_PART, false },
	[HANDLE_KERNEL] = { "kernel_dropped", "dropped by the kernel: buffer full", TALLY_PART, true },
	[HANDLE_INTERFACE] = { "interface_dropped", "dropped by the interface", TALLY_PART, true },
	[HANDLE_UNREAD] = { "unread", "left unread in the kernel's buffer when the run was cut short", TALLY_PART, true },
};
static const struct tally_table handle_table = { "interface", handle_rows, HANDLE_ROWS };

static bool is_any(const struct handle *h)
{
	return strcmp(h->device, "any") == 0;
}

/* LINKTYPE_LINUX_SLL2: protocol (2) | reserved (2) | interface (4) | … */
static bool from_ignored(const struct live *in, const struct packet *packet)
{
	struct cursor c = cursor_of(packet->bytes);
	cursor_skip(&c, 4);
	unsigned index = cursor_u32be(&c);
	for (size_t i = 0; i < in->options.ignore_interface.n; i++)
		if (index != 0 && in->ignored_index[i] == index)
			return true;
	return false;
}

static void take_packet(void *arg, const struct packet *packet)
{
	struct live *in = arg;
	if (packet->ts_ns < in->since_ns)
		return;
	if (in->stop_ns && packet->ts_ns > in->stop_ns) {
		in->past_stop = true;
		return;
	}
	if (in->numbers && from_ignored(in, packet)) {
		in->ignored++;
		return;
	}
	in->taken++;
	capture_push(in->capture, packet);
}

static void note(const struct live *in, const char *sentence)
{
	in->env->note(in->env->note_arg, 0, sentence);
}

static int open_handle(struct live *in, struct handle *h, struct err *err)
{
	const struct raw_options *o = &in->options;
	const struct packets_live_options how = {
		.device = h->device,
		.filter = (const char *)h->filter.ptr,
		.snaplen = o->snaplen ? (int)o->snaplen : 256 << 10,
		.buffer_bytes = o->buffer_bytes ? (int)o->buffer_bytes : 64 << 20,
		.timeout_ms =
		        o->buffer_timeout_ns >= NS_PER_MS ? (int)(o->buffer_timeout_ns / NS_PER_MS) : (int)(BUFFER_TIMEOUT_NS / NS_PER_MS),
		.promisc = o->promisc,
		.monitor = o->monitor,
		.timestamp_type = o->timestamp_type,
		/* Without tags a packet seen on eth0 and on eth0.5 is the same one; where tags decide they must be seen. */
		.interface_numbers = is_any(h) && o->capture.vlan_count == 0,
	};
	h->packets = packets_open_live(&how, err);
	if (!h->packets)
		return err->code;
	h->joined = in->fanout && fanout_join(in->fanout, (size_t)(h - in->handles), packets_fd(h->packets), err) == 0;
	if (in->fanout && !h->joined)
		return err->code;
	struct epoll_event event = { .events = EPOLLIN };
	if (epoll_ctl(in->epoll, EPOLL_CTL_ADD, packets_fd(h->packets), &event) != 0)
		return err_set_errno(err, "cannot wait for packets of %s", h->device);
	return 0;
}

static void close_handle(struct live *in, struct handle *h)
{
	if (!h->packets)
		return;
	h->kernel = h->kernel_before += packets_dropped(h->packets);
	(void)epoll_ctl(in->epoll, EPOLL_CTL_DEL, packets_fd(h->packets), NULL);
	packets_close(h->packets);
	if (h->joined)
		fanout_leave(in->fanout, (size_t)(h - in->handles));
	h->joined = false;
	h->packets = NULL;
	h->leaving_ns = 0;
}

/* The kernel hands over what came before, as it would have. */
static void handle_gone(struct live *in, struct handle *h, int64_t now_ns, const struct err *why)
{
	char text[640];
	if (h->leaving_ns)
		return;
	(void)snprintf(text, sizeof text, "%s; capture goes on when %s is back", why->text, h->device);
	note(in, text);
	h->leaving_ns = now_ns + in->handover_ns;
}

/* One batch from each handle. True: some handle had packets. */
static bool read_batch(struct live *in, int64_t now_ns)
{
	bool some = false;
	for (size_t i = 0; i < in->handle_count; i++) {
		struct handle *h = &in->handles[i];
		struct err err = { 0 };
		if (!h->packets)
			continue;
		in->numbers = in->options.ignore_interface.n && packets_have_numbers(h->packets);
		enum packets_read got = packets_read(h->packets, BATCH_PACKETS, take_packet, in, &err);
		some |= got == PACKETS_SOME;
		if (got == PACKETS_FAIL)
			handle_gone(in, h, now_ns, &err);
		if (got != PACKETS_SOME && h->leaving_ns && now_ns >= h->leaving_ns)
			close_handle(in, h);
	}
	return some;
}

static bool all_gone(const struct live *in)
{
	for (size_t i = 0; i < in->handle_count; i++)
		if (!in->handles[i].for_good)
			return false;
	return true;
}

static void update_drops(struct live *in)
{
	for (size_t i = 0; i < in->handle_count; i++) {
		struct handle *h = &in->handles[i];
		if (in->env->shard == 0) /* the interface's, not the handle's */
			nic_drops_update(&h->nic, is_any(h) ? NULL : h->device);
		if (h->packets)
			h->kernel = h->kernel_before + packets_dropped(h->packets);
	}
}

/* Is an interface that was away there again? */
static void reopen(struct live *in)
{
	for (size_t i = 0; i < in->handle_count; i++) {
		struct handle *h = &in->handles[i];
		struct err err = { 0 };
		char text[640];
		if (h->packets || h->for_good || if_nametoindex(h->device) == 0)
			continue;
		if (open_handle(in, h, &err) == 0) {
			(void)snprintf(text, sizeof text, "capture on %s goes on", h->device);
			note(in, text);
			continue;
		}
		close_handle(in, h);
		if (err.code != ERR_PRIVILEGE)
			continue; /* not up yet: in a second */
		h->for_good = true;
		note(in, err.text);
	}
}

static void find_ignored(struct live *in)
{
	for (size_t i = 0; i < in->options.ignore_interface.n; i++)
		in->ignored_index[i] = if_nametoindex(in->options.ignore_interface.text[i]);
}

static void tell_stats(struct live *in, int64_t now_ns)
{
	uint64_t kernel = 0, interface = 0;
	char text[512], taken[UNITS_TEXT], by_kernel[UNITS_TEXT], by_interface[UNITS_TEXT], given[UNITS_TEXT];
	if (!in->options.stats || now_ns < in->stats_ns)
		return;
	in->stats_ns = now_ns + STATS_NS;
	for (size_t i = 0; i < in->handle_count; i++) {
		kernel += in->handles[i].kernel;
		interface += in->handles[i].nic.total;
	}
	(void)snprintf(text, sizeof text, "%s: %s packets, %s dropped by the kernel, %s by the interface, %s messages", in->base.label,
	               format_count(taken, in->taken), format_count(by_kernel, kernel), format_count(by_interface, interface),
	               format_count(given, in->given));
	note(in, text);
}

static void tick(struct live *in, int64_t now_ns)
{
	if (now_ns < in->tick_ns)
		return;
	/* Never ahead of packets that still wait in the kernel. */
	int64_t behind_ns = in->handover_ns > TICK_NS ? in->handover_ns : TICK_NS;
	in->tick_ns = now_ns + TICK_NS;
	capture_tick(in->capture, now_ns + in->env->real_minus_mono_ns - behind_ns);
	if (now_ns < in->slow_ns)
		return;
	in->slow_ns = now_ns + SLOW_TICK_NS;
	update_drops(in);
	reopen(in);
	find_ignored(in);
	tell_stats(in, now_ns);
}

/* After a stop: has the kernel handed over all that came before it? A block of its ring that is not full comes only when its time-out passes; a
 * ring that is full takes as long as it takes, and what came after the stop does not count. */
static bool drained(struct live *in, int64_t now_ns, bool some)
{
	if (in->drained_ns == 0) {
		in->drained_ns = in->tick_ns = now_ns + in->handover_ns;
		in->stop_ns = now_ns + in->env->real_minus_mono_ns;
	}
	in->drained = all_gone(in) || (now_ns >= in->drained_ns && (!some || in->past_stop));
	return in->drained || now_ns >= in->drained_ns + DRAIN_MAX_NS;
}

/* The ring is empty and the user has had enough: what is unfinished comes out, flagged. */
static void end_capture(struct live *in)
{
	update_drops(in);
	capture_finish(in->capture);
	in->finished = true;
}

/* Reads until a message is there, or nothing more can be read for now. */
static struct message *read_on(struct live *in, int64_t now_ns)
{
	struct message *m = capture_next(in->capture);
	for (int batches = 0; !m && !in->finished && batches < BATCHES_MAX; batches++) {
		bool some = read_batch(in, now_ns);
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

static enum input_result live_next(struct input *base, int64_t now_ns, struct message **out, struct err *err)
{
	struct live *in = (struct live *)base;
	in->since_ns = fanout_since(in->fanout);
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

static int live_pollfd(const struct input *base)
{
	return ((const struct live *)base)->epoll;
}

static int64_t live_deadline(const struct input *base)
{
	return ((const struct live *)base)->tick_ns;
}

static void live_stop(struct input *base)
{
	((struct live *)base)->stopping = true;
}

static void live_status(const struct input *base, struct input_status *s)
{
	const struct live *in = (const struct live *)base;
	*s = (struct input_status){ .messages = in->given, .done = -1 };
	for (size_t i = 0; i < in->handle_count; i++)
		s->lost += in->handles[i].kernel + in->handles[i].nic.total;
}

static void live_tally(const struct input *base, struct tally_sink *sink)
{
	const struct live *in = (const struct live *)base;
	uint64_t counts[HANDLE_ROWS] = { [HANDLE_TAKEN] = in->taken, [HANDLE_IGNORED] = in->ignored };
	for (size_t i = 0; i < in->handle_count; i++) {
		counts[HANDLE_KERNEL] += in->handles[i].kernel;
		counts[HANDLE_INTERFACE] += in->handles[i].nic.total;
		if (!in->drained && in->handles[i].packets)
			counts[HANDLE_UNREAD] += packets_unread(in->handles[i].packets);
	}
	for (int row = HANDLE_TAKEN; row < HANDLE_ROWS; row++)
		counts[HANDLE_SEEN] += counts[row];
	sink->section(sink->arg, &handle_table, in->base.label, counts);
	capture_tally(in->capture, sink);
}

static void live_close(struct input *base)
{
	struct live *in = (struct live *)base;
	for (size_t i = 0; i < in->handle_count; i++) {
		close_handle(in, &in->handles[i]);
		buf_release(&in->handles[i].filter);
	}
	capture_free(in->capture);
	fanout_release(in->fanout);
	if (in->epoll >= 0)
		(void)close(in->epoll);
	free(in);
}

static int live_another(struct input *first, const struct io_env *env, struct input **out, struct err *err);

static const struct input_ops live_ops = {
	.next = live_next,
	.pollfd = live_pollfd,
	.deadline = live_deadline,
	.stop = live_stop,
	.status = live_status,
	.tally = live_tally,
	.close = live_close,
	.another = live_another,
};

static struct handle *handle_for(struct live *in, const char *device)
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
static int add_address(struct live *in, const char *text, struct err *err)
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
	for (size_t i = 0; i < a.ports.n; i++) {
		if (in->ports.n == RAW_PORTS_MAX)
			return err_set(err, ERR_LIMIT, "--input-raw names more than %d ports and ranges", RAW_PORTS_MAX);
		in->ports.range[in->ports.n++] = a.ports.range[i];
	}
	if (rc == 0)
		rc = raw_address_filter(&a, &h->filter);
	return rc ? err_set(err, ERR_LIMIT, "--input-raw '%s': too many addresses for one interface", text) : 0;
}

/* The filter as a text, with what all handles have in common round it. */
static int finish_filter(const struct raw_options *o, struct handle *h, struct err *err)
{
	struct buf all;
	buf_init(&all, 1 << 18);
	int rc = o->bpf_filter ? buf_printf(&all, "(%s) and ", o->bpf_filter) : 0;
	rc = rc ? rc : buf_printf(&all, "(%.*s)", (int)h->filter.len, (const char *)h->filter.ptr);
	rc = rc ? rc : buf_append(&all, slice_of("", 1));
	if (rc) {
		buf_release(&all);
		return err_set(err, ERR_LIMIT, "the capture filter for %s is too long", h->device);
	}
	buf_release(&h->filter);
	h->filter = all;
	return 0;
}

static void set_label(struct live *in, const char *const *addresses, size_t n)
{
	size_t used = 0;
	for (size_t i = 0; i < n && used < sizeof in->base.label; i++)
		used += (size_t)snprintf(in->base.label + used, sizeof in->base.label - used, "%s%s", i ? " " : "raw ", addresses[i]);
}

static int check_options(const struct raw_options *o, struct err *err)
{
	if (o->snaplen > 1 << 18 || o->buffer_bytes > INT32_MAX)
		return err_set(err, ERR_USAGE, "a snap length goes up to 256 KiB, a capture buffer up to 2 GiB");
	if (o->ignore_interface.n > IGNORED_MAX)
		return err_set(err, ERR_LIMIT, "--input-raw-ignore-interface: more than %d", IGNORED_MAX);
	if (o->ignore_interface.n && o->capture.vlan_count)
		return err_set(err, ERR_UNSUPPORTED,
		               "--input-raw-ignore-interface and --input-raw-vlan-vid do not go together: name the interfaces");
	return 0;
}

/* Where the kernel cannot spread packets, one shard takes them all. */
static int open_first(struct live *in, struct handle *h, struct err *err)
{
	struct err why = { 0 };
	int rc = open_handle(in, h, in->fanout ? &why : err);
	if (!in->fanout || rc == 0)
		return rc;
	if (!h->packets || h->joined || h != in->handles)
		return err_set(err, why.code, "%s", why.text);
	note(in, why.text);
	close_handle(in, h);
	fanout_release(in->fanout);
	in->fanout = NULL;
	in->base.whole = true;
	return open_handle(in, h, err);
}

static int open_all(struct live *in, const char *const *addresses, size_t n, struct err *err)
{
	int rc = check_options(&in->options, err);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_address(in, addresses[i], err);
	for (size_t i = 0; i < in->handle_count && rc == 0; i++) {
		struct handle *h = &in->handles[i];
		in->base.captures |= !is_any(h);
		rc = finish_filter(&in->options, h, err);
		if (rc == 0)
			rc = open_first(in, h, err);
	}
	update_drops(in);
	find_ignored(in);
	return rc;
}

/* Takes the fanout, also on failure. NULL: no memory or no descriptor. */
static struct live *live_new(const struct raw_options *options, const struct io_env *env, struct fanout *fanout)
{
	struct live *in = calloc(1, sizeof *in);
	if (!in) {
		fanout_release(fanout);
		return NULL;
	}
	in->fanout = fanout;
	in->base.ops = &live_ops;
	in->base.live = true;
	in->env = env;
	in->options = *options;
	in->handover_ns = 2 * (options->buffer_timeout_ns > BUFFER_TIMEOUT_NS ? options->buffer_timeout_ns : BUFFER_TIMEOUT_NS);
	in->stats_ns = env->mono_ns() + STATS_NS;
	in->options.capture.ports = &in->ports;
	in->capture = capture_new(&in->options.capture, env);
	in->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (in->capture && in->epoll >= 0)
		return in;
	live_close(&in->base);
	return NULL;
}

static int opened(struct live *in, int rc, struct input **out)
{
	if (rc)
		live_close(&in->base);
	else
		*out = &in->base;
	return rc;
}

int live_open(const char *const *addresses, size_t n, const struct raw_options *options, const struct io_env *env, struct input **out,
              struct err *err)
{
	struct fanout *fanout = env->shards > 1 ? fanout_new() : NULL;
	struct live *in = env->shards > 1 && !fanout ? NULL : live_new(options, env, fanout);
	if (!in)
		return err_set(err, ERR_NOMEM, "there is no memory, or no descriptor, for a capture");
	set_label(in, addresses, n);
	return opened(in, open_all(in, addresses, n, err), out);
}

static int copy_handles(struct live *in, const struct live *from, struct err *err)
{
	int rc = 0;
	for (size_t i = 0; i < from->handle_count && rc == 0; i++) {
		struct handle *h = handle_for(in, from->handles[i].device);
		rc = buf_append(&h->filter, buf_slice(&from->handles[i].filter));
		rc = rc ? err_set(err, ERR_NOMEM, "out of memory") : open_handle(in, h, err);
	}
	return rc;
}

/* Does that clock tell the same time as ours? man pcap-tstamp */
static bool host_stamps(const struct raw_options *o)
{
	return !o->timestamp_type || strncmp(o->timestamp_type, "host", 4) == 0;
}

static int live_another(struct input *first, const struct io_env *env, struct input **out, struct err *err)
{
	const struct live *from = (const struct live *)first;
	struct live *in = live_new(&from->options, env, fanout_share(from->fanout));
	if (!in)
		return err_set(err, ERR_NOMEM, "there is no memory, or no descriptor, for a capture");
	in->ports = from->ports;
	in->base.captures = from->base.captures;
	(void)strcpy(in->base.label, from->base.label);
	int rc = copy_handles(in, from, err);
	find_ignored(in);
	/* A connection that began while shards were still joining would be torn apart, or seen by two: for all of them it is later that it begins. */
	if (host_stamps(&from->options))
		fanout_begins(in->fanout, env->mono_ns() + env->real_minus_mono_ns);
	return opened(in, rc, out);
}
