/* pcap_file: the two formats. Each has a step that reads one record or block; the first four bytes choose. */
#include "input/pcap_file.h"

#include "base/cursor.h"
#include "input/intake.h"
#include "log/reader.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define INTERFACES_MAX 65536 /* of one section */
#define POWER_MAX      19    /* 10^19 is the largest power within 64 bits */
#define NS_PER_S       1000000000ULL
#define TIME_MAX_NS    (INT64_C(1) << 62) /* the year 2116: differences and time-outs stay within 64 bits whatever the file says */

/* Both formats, as the writer's byte order gives the first four bytes when they are read as little endian. */
enum magic {
	PCAP_MICRO = 0xa1b2c3d4,
	PCAP_NANO = 0xa1b23c4d,
	PCAP_MODIFIED = 0xa1b2cd34, /* Kuznetzov's: eight bytes more before each packet */
	PCAPNG_SECTION = 0x0a0d0d0a,
	PCAPNG_ORDER = 0x1a2b3c4d,
};

enum block { BLOCK_INTERFACE = 1, BLOCK_OLD_PACKET = 2, BLOCK_SIMPLE = 3, BLOCK_STATISTICS = 5, BLOCK_PACKET = 6 };

/* How an interface counts time (if_tsresol): ticks of 10^-power or 2^-power seconds. */
struct interface {
	uint32_t link_type;
	uint32_t snaplen; /* 0: no limit */
	uint8_t power;
	bool binary;
	uint64_t per_second; /* ticks, where they are decimal */
	int64_t offset_s;
	uint64_t dropped;
};

struct pcap_file {
	struct intake in;
	char name[256];
	enum pcap_read (*step)(struct pcap_file *f, struct packet *out, struct err *err);
	bool big; /* byte order of the file, or of the section */
	/* pcap */
	uint32_t link_type;
	uint32_t head_bytes; /* before each packet */
	uint32_t tick_ns;
	uint16_t minor;
	/* pcapng: of the section that is read */
	struct interface *interfaces;
	size_t interface_count, interface_cap;
	int64_t last_ns;        /* for packets without a time stamp */
	uint64_t dropped;       /* by the interfaces of sections before */
	enum pcap_read closing; /* how it ended; PCAP_PACKET: it has not */
	struct err why;
};

static uint16_t u16(const struct pcap_file *f, struct cursor *c)
{
	return f->big ? cursor_u16be(c) : cursor_u16le(c);
}

static uint32_t u32(const struct pcap_file *f, struct cursor *c)
{
	return f->big ? cursor_u32be(c) : cursor_u32le(c);
}

static uint64_t u64(const struct pcap_file *f, struct cursor *c)
{
	uint64_t first = u32(f, c), second = u32(f, c);
	return f->big ? first << 32 | second : second << 32 | first;
}

/* What a place in the file is counted in. */
static const char *unpacked(const struct pcap_file *f)
{
	return f->in.unpacker ? " (unpacked)" : "";
}

static enum pcap_read damaged(const struct pcap_file *f, struct err *err, const char *what, uint64_t number)
{
	char text[128];
	(void)snprintf(text, sizeof text, what, number);
	(void)err_set(err, ERR_FORMAT, "%s is damaged at byte %llu%s: %s; what came before it was read", f->name,
	              (unsigned long long)intake_offset(&f->in), unpacked(f), text);
	return PCAP_DAMAGED;
}

/* n bytes in one piece: PCAP_PACKET when they are there. */
static enum pcap_read want(struct pcap_file *f, size_t n, const char *inside, struct err *err)
{
	int rc = intake_want(&f->in, n);
	if (rc == 0)
		return PCAP_PACKET;
	if (rc == ERR_NOMEM) {
		(void)err_set(err, ERR_NOMEM, "out of memory when reading %s", f->name);
		return PCAP_FAIL;
	}
	if (rc == ERR_FORMAT) {
		(void)err_set(err, ERR_FORMAT, "%s cannot be unpacked any further at byte %llu: what came before it was read", f->name,
		              (unsigned long long)intake_file_offset(&f->in));
		return PCAP_DAMAGED;
	}
	if (rc < 0) {
		(void)err_set_errno(err, "cannot read %s", f->name);
		return PCAP_FAIL;
	}
	if (intake_left(&f->in) == 0 && !f->in.cut)
		return PCAP_END;
	(void)err_set(err, ERR_FORMAT, "%s ends inside %s at byte %llu%s: what came before it was read", f->name,
	              intake_left(&f->in) ? inside : "what is compressed", (unsigned long long)intake_offset(&f->in), unpacked(f));
	return PCAP_CUT;
}

static int64_t time_of(uint64_t seconds, uint64_t ns)
{
	if (seconds > (uint64_t)TIME_MAX_NS / NS_PER_S)
		return TIME_MAX_NS;
	uint64_t sum = seconds * NS_PER_S + ns;
	return sum > (uint64_t)TIME_MAX_NS ? TIME_MAX_NS : (int64_t)sum;
}

/* --- pcap: a head of 24 bytes, then packets, each behind a head of its own:
 *
 *     seconds (4) | fraction (4) | captured bytes (4) | bytes on the wire (4) | modified form: 8 more | packet */
static enum pcap_read pcap_step(struct pcap_file *f, struct packet *out, struct err *err)
{
	enum pcap_read got = want(f, f->head_bytes, "a packet", err);
	if (got != PCAP_PACKET)
		return got;
	struct cursor c = cursor_of(intake_peek(&f->in, f->head_bytes));
	uint32_t seconds = u32(f, &c), fraction = u32(f, &c), captured = u32(f, &c), wire = u32(f, &c);
	/* Up to version 2.2 the two lengths stood the other way round, and in 2.3 some programs wrote them so. */
	if (f->minor < 3 || (f->minor == 3 && captured > wire)) {
		uint32_t swap = captured;
		captured = wire;
		wire = swap;
	}
	if (captured > PCAP_FILE_BLOCK_MAX)
		return damaged(f, err, "a packet of %llu bytes", captured);
	got = want(f, (size_t)f->head_bytes + captured, "a packet", err);
	if (got != PCAP_PACKET)
		return got;
	out->bytes = slice_from(intake_peek(&f->in, (size_t)f->head_bytes + captured), f->head_bytes);
	out->wire_len = wire;
	out->link_type = f->link_type;
	out->ts_ns = time_of(seconds, (uint64_t)fraction * f->tick_ns);
	intake_skip(&f->in, (size_t)f->head_bytes + captured);
	return PCAP_PACKET;
}

static enum pcap_read pcap_head(struct pcap_file *f, enum magic magic, struct err *err)
{
	enum pcap_read got = want(f, 24, "its head", err);
	if (got != PCAP_PACKET)
		return got;
	struct cursor c = cursor_of(intake_peek(&f->in, 24));
	cursor_skip(&c, 4);
	uint16_t major = u16(f, &c);
	f->minor = u16(f, &c);
	cursor_skip(&c, 12);                /* time zone, accuracy, snap length: said, never used */
	f->link_type = u32(f, &c) & 0xffff; /* the upper bits tell of a frame check sequence, which IP's length cuts off */
	if (major != 2)
		return damaged(f, err, "version %llu of the format", major);
	f->tick_ns = magic == PCAP_NANO ? 1 : 1000;
	f->head_bytes = magic == PCAP_MODIFIED ? 24 : 16;
	f->step = pcap_step;
	intake_skip(&f->in, 24);
	return PCAP_PACKET;
}

/* --- pcapng: blocks, each: type (4) | length of all of it (4) | body, padded to 4 | length again (4) ------------------ */

static int64_t ticks_to_ns(const struct interface *i, uint64_t ticks)
{
	uint64_t seconds, ns;
	if (i->binary && i->power >= 64) {
		seconds = 0;
		ns = (uint64_t)((unsigned __int128)ticks * NS_PER_S >> i->power);
	} else if (i->binary) {
		seconds = ticks >> i->power;
		ns = (uint64_t)((unsigned __int128)(ticks - (seconds << i->power)) * NS_PER_S >> i->power);
	} else {
		for (int n = POWER_MAX; n < i->power; n++)
			ticks /= 10;
		seconds = ticks / i->per_second;
		ns = ticks % i->per_second;
		ns = i->power <= 9 ? ns * (NS_PER_S / i->per_second) : (uint64_t)((unsigned __int128)ns * NS_PER_S / i->per_second);
	}
	int64_t whole;
	if (seconds > INT64_MAX || __builtin_add_overflow((int64_t)seconds, i->offset_s, &whole))
		return TIME_MAX_NS;
	return whole < 0 ? 0 : time_of((uint64_t)whole, ns);
}

/* The value of the option with that code, empty where there is none. Options: code (2) | length (2) | value, padded to 4. */
static struct slice option(const struct pcap_file *f, struct cursor c, uint16_t code)
{
	while (cursor_left(&c) >= 4) {
		uint16_t has = u16(f, &c), len = u16(f, &c);
		struct slice value = cursor_take(&c, len);
		if (has == code && !c.ran_short)
			return value;
		cursor_skip(&c, (4U - len % 4U) % 4);
		if (has == 0)
			break;
	}
	return slice_of(NULL, 0);
}

static enum pcap_read add_interface(struct pcap_file *f, struct cursor c, struct err *err)
{
	if (f->interface_count == INTERFACES_MAX)
		return damaged(f, err, "more than %llu interfaces in a section", INTERFACES_MAX);
	if (f->interface_count == f->interface_cap) {
		size_t cap = f->interface_cap ? f->interface_cap * 2 : 4;
		struct interface *more = realloc(f->interfaces, cap * sizeof *more);
		if (!more) {
			(void)err_set(err, ERR_NOMEM, "out of memory when reading %s", f->name);
			return PCAP_FAIL;
		}
		f->interfaces = more;
		f->interface_cap = cap;
	}
	struct interface *i = &f->interfaces[f->interface_count];
	*i = (struct interface){ .power = 6 };
	i->link_type = u16(f, &c);
	cursor_skip(&c, 2);
	i->snaplen = u32(f, &c);
	if (c.ran_short)
		return damaged(f, err, "an interface block without its fields", 0);
	struct slice resolution = option(f, c, 9), offset = option(f, c, 14);
	if (resolution.len == 1) {
		i->binary = resolution.ptr[0] & 0x80;
		i->power = resolution.ptr[0] & 0x7f;
	}
	i->per_second = 1;
	for (int n = 0; n < i->power && n < POWER_MAX; n++)
		i->per_second *= 10;
	if (offset.len == 8) {
		struct cursor o = cursor_of(offset);
		i->offset_s = (int64_t)u64(f, &o);
	}
	f->interface_count++;
	return PCAP_PACKET;
}

/* Counters run from the start of the capture: the last block has them all. */
static void take_statistics(struct pcap_file *f, struct cursor c)
{
	uint32_t id = u32(f, &c);
	cursor_skip(&c, 8);
	if (c.ran_short || id >= f->interface_count)
		return;
	struct slice by_interface = option(f, c, 5), by_system = option(f, c, 7);
	uint64_t dropped = 0;
	struct cursor n = cursor_of(by_interface);
	if (by_interface.len == 8)
		dropped += u64(f, &n);
	n = cursor_of(by_system);
	if (by_system.len == 8)
		dropped += u64(f, &n);
	f->interfaces[id].dropped = dropped;
}

static void end_section(struct pcap_file *f)
{
	for (size_t i = 0; i < f->interface_count; i++)
		f->dropped += f->interfaces[i].dropped;
	f->interface_count = 0;
}

/* A packet out of one of the three blocks that hold one. */
static enum pcap_read take_packet(struct pcap_file *f, uint32_t type, struct cursor c, struct packet *out, struct err *err)
{
	uint32_t id = type == BLOCK_PACKET ? u32(f, &c) : 0;
	if (type == BLOCK_OLD_PACKET) {
		id = u16(f, &c);
		cursor_skip(&c, 2); /* drops */
	}
	if (id >= f->interface_count)
		return damaged(f, err, "a packet of interface %llu, which is not described", id);
	const struct interface *i = &f->interfaces[id];
	uint32_t captured;
	if (type == BLOCK_SIMPLE) {
		out->wire_len = captured = u32(f, &c);
		if (i->snaplen && captured > i->snaplen)
			captured = i->snaplen;
		/* It says not how much was captured: at most what is there. */
		if (captured > cursor_left(&c))
			captured = (uint32_t)cursor_left(&c);
	} else {
		uint64_t high = u32(f, &c), low = u32(f, &c);
		f->last_ns = ticks_to_ns(i, high << 32 | low);
		captured = u32(f, &c);
		out->wire_len = u32(f, &c);
	}
	out->bytes = cursor_take(&c, captured);
	if (c.ran_short)
		return damaged(f, err, "a packet of %llu bytes in a block that is shorter", captured);
	out->link_type = i->link_type;
	out->ts_ns = f->last_ns;
	return PCAP_PACKET;
}

/* The order of bytes is in the body, so the length can only be read behind it: type (4) | length (4) | order (4) | major (2) | minor (2) | … */
static enum pcap_read section_head(struct pcap_file *f, struct err *err)
{
	enum pcap_read got = want(f, 16, "a section's head", err);
	if (got != PCAP_PACKET)
		return got;
	struct cursor c = cursor_of(intake_peek(&f->in, 16));
	cursor_skip(&c, 8);
	struct cursor order = c;
	f->big = cursor_u32be(&order) == PCAPNG_ORDER;
	if (u32(f, &c) != PCAPNG_ORDER)
		return damaged(f, err, "a section without its byte order", 0);
	uint16_t major = u16(f, &c);
	if (major != 1)
		return damaged(f, err, "version %llu of the format", major);
	end_section(f);
	return PCAP_PACKET;
}

/* The next block whole: its type and body; the intake still stands at its start. */
static enum pcap_read peek_block(struct pcap_file *f, uint32_t *type, struct cursor *body, size_t *length, struct err *err)
{
	enum pcap_read got = want(f, 12, "a block", err);
	if (got != PCAP_PACKET)
		return got;
	struct cursor c = cursor_of(intake_peek(&f->in, 4));
	if (u32(f, &c) == PCAPNG_SECTION) { /* reads the same in both orders */
		got = section_head(f, err);
		if (got != PCAP_PACKET)
			return got;
	}
	c = cursor_of(intake_peek(&f->in, 8));
	*type = u32(f, &c);
	*length = u32(f, &c);
	if (*length < 12 || *length % 4 != 0 || *length > PCAP_FILE_BLOCK_MAX)
		return damaged(f, err, "a block that claims %llu bytes", *length);
	got = want(f, *length, "a block", err);
	if (got != PCAP_PACKET)
		return got;
	struct slice block = intake_peek(&f->in, *length);
	struct cursor tail = cursor_of(slice_from(block, *length - 4));
	if (u32(f, &tail) != *length)
		return damaged(f, err, "a block of %llu bytes that ends with another length", *length);
	*body = cursor_of(slice_cut(block, 8, *length - 12));
	return PCAP_PACKET;
}

static enum pcap_read pcapng_step(struct pcap_file *f, struct packet *out, struct err *err)
{
	for (;;) {
		uint32_t type;
		size_t length;
		struct cursor body;
		enum pcap_read got = peek_block(f, &type, &body, &length, err);
		if (got != PCAP_PACKET)
			return got;
		bool packet = type == BLOCK_PACKET || type == BLOCK_SIMPLE || type == BLOCK_OLD_PACKET;
		if (packet)
			got = take_packet(f, type, body, out, err);
		else if (type == BLOCK_INTERFACE)
			got = add_interface(f, body, err);
		else if (type == BLOCK_STATISTICS)
			take_statistics(f, body);
		if (got != PCAP_PACKET)
			return got;
		intake_skip(&f->in, length);
		if (packet)
			return PCAP_PACKET;
	}
}

/* The first four bytes, unpacked. */
static enum pcap_read want_magic(struct pcap_file *f, struct err *err)
{
	enum pcap_read got = want(f, 4, "its head", err);
	if (got != PCAP_PACKET)
		return got;
	enum log_kind kind = log_kind_of(intake_peek(&f->in, intake_left(&f->in)));
	if (kind != LOG_KIND_GZIP && kind != LOG_KIND_ZSTD)
		return PCAP_PACKET;
	if (intake_unpack(&f->in, kind == LOG_KIND_GZIP ? UNPACK_GZIP : UNPACK_ZSTD) == 0)
		return want(f, 4, "its head", err);
	(void)err_set(err, ERR_NOMEM, "out of memory when reading %s", f->name);
	return PCAP_FAIL;
}

static enum pcap_read first_step(struct pcap_file *f, struct packet *out, struct err *err)
{
	enum pcap_read got = want_magic(f, err);
	if (got != PCAP_PACKET)
		return got;
	static const enum magic pcaps[] = { PCAP_MICRO, PCAP_NANO, PCAP_MODIFIED };
	struct cursor little = cursor_of(intake_peek(&f->in, 4)), big = little;
	uint32_t as_little = cursor_u32le(&little), as_big = cursor_u32be(&big);
	f->step = NULL;
	if (as_little == PCAPNG_SECTION) {
		f->step = pcapng_step;
	} else {
		for (size_t i = 0; i < sizeof pcaps / sizeof *pcaps && !f->step; i++) {
			if (as_little != pcaps[i] && as_big != pcaps[i])
				continue;
			f->big = as_big == pcaps[i];
			got = pcap_head(f, pcaps[i], err);
			if (got != PCAP_PACKET)
				return got;
		}
	}
	if (!f->step)
		return damaged(f, err, "no pcap and no pcapng file begins with 0x%08llx", as_big);
	return f->step(f, out, err);
}

struct pcap_file *pcap_file_open(int fd, struct slice first, const char *name, struct err *err)
{
	struct pcap_file *f = calloc(1, sizeof *f);
	if (!f || intake_init(&f->in, fd, first) != 0) {
		(void)err_set(err, ERR_NOMEM, "out of memory when opening %s", name);
		free(f);
		(void)close(fd);
		return NULL;
	}
	(void)snprintf(f->name, sizeof f->name, "%s", name);
	f->step = first_step;
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return f;
}

enum pcap_read pcap_file_next(struct pcap_file *f, struct packet *out, struct err *err)
{
	if (f->closing == PCAP_PACKET) {
		enum pcap_read got = f->step(f, out, &f->why);
		if (got == PCAP_PACKET)
			return got;
		f->closing = got;
	}
	if (f->why.code)
		(void)err_set(err, f->why.code, "%s", f->why.text);
	return f->closing;
}

uint64_t pcap_file_at(const struct pcap_file *f)
{
	return intake_file_offset(&f->in);
}

uint64_t pcap_file_dropped(const struct pcap_file *f)
{
	uint64_t sum = f->dropped;
	for (size_t i = 0; i < f->interface_count; i++)
		sum += f->interfaces[i].dropped;
	return sum;
}

void pcap_file_close(struct pcap_file *f)
{
	if (!f)
		return;
	(void)close(f->in.fd);
	intake_release(&f->in);
	free(f->interfaces);
	free(f);
}
