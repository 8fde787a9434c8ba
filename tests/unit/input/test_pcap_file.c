/* pcap_file: both formats, both byte orders, every resolution; every split, every cut, what is damaged, and no memory. */
#include "input/pcap_file.h"

#include "base/buf.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a file in the making ------------------------------------------------------------------------------------------ */

struct maker {
	struct buf out;
	bool big;
};

static struct maker maker(bool big)
{
	struct maker m = { .big = big };
	buf_init(&m.out, 64 << 20);
	return m;
}

static void put(struct maker *m, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		unsigned shift = 8 * (m->big ? bytes - 1 - i : i);
		uint8_t byte = shift < 64 ? (uint8_t)(n >> shift) : 0;
		cr_assert_eq(buf_append(&m->out, slice_of(&byte, 1)), 0);
	}
}

static void put_text(struct maker *m, const char *text)
{
	cr_assert_eq(buf_append_str(&m->out, text), 0);
}

static void pcap_start(struct maker *m, uint32_t magic, unsigned minor, uint32_t link_type)
{
	put(m, magic, 4);
	put(m, 2, 2);
	put(m, minor, 2);
	put(m, 0, 8);
	put(m, 65535, 4);
	put(m, link_type, 4);
}

static void pcap_packet(struct maker *m, uint32_t seconds, uint32_t fraction, const char *text, uint32_t wire, unsigned more)
{
	put(m, seconds, 4);
	put(m, fraction, 4);
	put(m, strlen(text), 4);
	put(m, wire, 4);
	put(m, 0, more);
	put_text(m, text);
}

/* A block's body is written between these two. */
static size_t block_start(struct maker *m, uint32_t type)
{
	put(m, type, 4);
	put(m, 0, 4);
	return m->out.len - 8;
}

static void block_end(struct maker *m, size_t start)
{
	while (m->out.len % 4)
		put(m, 0, 1);
	size_t length = m->out.len - start + 4;
	put(m, length, 4);
	memcpy(m->out.ptr + start + 4, m->out.ptr + m->out.len - 4, 4);
}

static void section(struct maker *m, bool big)
{
	m->big = big;
	size_t at = block_start(m, 0x0a0d0d0a);
	put(m, 0x1a2b3c4d, 4);
	put(m, 1, 2);
	put(m, 0, 2);
	put(m, UINT64_MAX, 8);
	block_end(m, at);
}

static void interface(struct maker *m, unsigned link_type, uint32_t snaplen, int tsresol, int64_t offset_s)
{
	size_t at = block_start(m, 1);
	put(m, link_type, 2);
	put(m, 0, 2);
	put(m, snaplen, 4);
	put(m, 2, 2); /* if_name, a length that needs padding */
	put(m, 4, 2);
	put_text(m, "eth0");
	if (tsresol >= 0) {
		put(m, 9, 2);
		put(m, 1, 2);
		put(m, (uint64_t)tsresol, 1);
		put(m, 0, 3);
	}
	if (offset_s) {
		put(m, 14, 2);
		put(m, 8, 2);
		put(m, (uint64_t)offset_s, 8);
	}
	put(m, 0, 4);
	block_end(m, at);
}

static void packet(struct maker *m, uint32_t id, uint64_t ticks, const char *text, uint32_t wire)
{
	size_t at = block_start(m, 6);
	put(m, id, 4);
	put(m, ticks >> 32, 4);
	put(m, ticks & 0xffffffff, 4);
	put(m, strlen(text), 4);
	put(m, wire, 4);
	put_text(m, text);
	block_end(m, at);
}

static void old_packet(struct maker *m, unsigned id, uint64_t ticks, const char *text)
{
	size_t at = block_start(m, 2);
	put(m, id, 2);
	put(m, 7, 2);
	put(m, ticks >> 32, 4);
	put(m, ticks & 0xffffffff, 4);
	put(m, strlen(text), 4);
	put(m, strlen(text), 4);
	put_text(m, text);
	block_end(m, at);
}

static void simple_packet(struct maker *m, const char *text, uint32_t wire)
{
	size_t at = block_start(m, 3);
	put(m, wire, 4);
	put_text(m, text);
	block_end(m, at);
}

static void statistics(struct maker *m, uint32_t id, uint64_t by_interface, uint64_t by_system)
{
	size_t at = block_start(m, 5);
	put(m, id, 4);
	put(m, 0, 8);
	put(m, 5, 2);
	put(m, 8, 2);
	put(m, by_interface, 8);
	put(m, 7, 2);
	put(m, 8, 2);
	put(m, by_system, 8);
	put(m, 0, 4);
	block_end(m, at);
}

/* --- reading it, as text: one line a packet, then how it ended ------------------------------------------------------- */

static int file_of(struct slice bytes)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	cr_assert(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static const char *const endings[] = { [PCAP_END] = "end", [PCAP_CUT] = "cut", [PCAP_DAMAGED] = "damaged", [PCAP_FAIL] = "failed" };

static enum pcap_read read_all(int fd, struct slice first, struct buf *lines, struct err *err)
{
	struct packet p;
	enum pcap_read got;
	struct pcap_file *f = pcap_file_open(fd, first, "x.pcap", err);
	buf_init(lines, 8 << 20);
	if (!f)
		return PCAP_FAIL;
	while ((got = pcap_file_next(f, &p, err)) == PCAP_PACKET)
		cr_assert_eq(buf_printf(lines, "%lld.%09lld %u %.*s/%u\n", (long long)(p.ts_ns / 1000000000),
		                        (long long)(p.ts_ns % 1000000000), p.link_type, (int)(p.bytes.len < 40 ? p.bytes.len : 40),
		                        p.bytes.ptr, p.wire_len),
		             0);
	cr_assert_eq(pcap_file_next(f, &p, err), got, "an end stays");
	if (pcap_file_dropped(f))
		cr_assert_eq(buf_printf(lines, "dropped %llu\n", (unsigned long long)pcap_file_dropped(f)), 0);
	cr_assert_eq(buf_append_str(lines, endings[got]), 0);
	pcap_file_close(f);
	return got;
}

static void expect(struct slice bytes, const char *want)
{
	struct buf lines;
	struct err err = { 0 };
	enum pcap_read got = read_all(file_of(bytes), slice_of(NULL, 0), &lines, &err);
	cr_expect(slice_eq(buf_slice(&lines), slice_str(want)), "got:\n%.*s\n%s", (int)lines.len, lines.ptr, err.text);
	cr_expect_eq(err.code != ERR_NONE, got != PCAP_END);
	buf_release(&lines);
}

/* A section of each order, interfaces that differ in everything, each kind of packet, blocks nobody knows. */
static struct maker everything(void)
{
	struct maker m = maker(false);
	section(&m, false);
	interface(&m, 1, 0, -1, 0);
	interface(&m, 113, 6, 9, 0);
	packet(&m, 1, 1700000000123456789, "nano", 4);
	packet(&m, 0, 1700000000123456, "micro", 1500);
	size_t at = block_start(&m, 0x80000bad);
	put_text(&m, "whatever this is");
	block_end(&m, at);
	interface(&m, 101, 0, 0x80 | 20, -100);
	packet(&m, 2, (1700000000ULL << 20) + (1 << 19), "binary", 6);
	old_packet(&m, 0, 1700000001000001, "old");
	simple_packet(&m, "simple", 6);
	statistics(&m, 1, 3, 4);
	statistics(&m, 1, 5, 4);
	section(&m, true);
	interface(&m, 276, 4, 3, 1000);
	packet(&m, 0, 1699999000042, "milli", 5);
	simple_packet(&m, "cut to four", 11);
	statistics(&m, 0, 1, 0);
	return m;
}

static const char everything_text[] = "1700000000.123456789 113 nano/4\n1700000000.123456000 1 micro/1500\n"
                                      "1699999900.500000000 101 binary/6\n1700000001.000001000 1 old/3\n1700000001.000001000 1 simple/6\n"
                                      "1700000000.042000000 276 milli/5\n1700000000.042000000 276 cut /11\ndropped 10\nend";

Test(pcap_file, pcapng)
{
	struct maker m = everything();
	expect(buf_slice(&m.out), everything_text);
	buf_release(&m.out);
}

Test(pcap_file, pcap)
{
	static const struct {
		uint32_t magic;
		unsigned minor, more;
		const char *text;
	} cases[] = {
		{ 0xa1b2c3d4, 4, 0, "1.000002000 113 one/3\n4294967295.999999000 113 two/99\nend" },
		{ 0xa1b23c4d, 4, 0, "1.000000002 113 one/3\n4294967295.000999999 113 two/99\nend" },
		{ 0xa1b2cd34, 4, 8, "1.000002000 113 one/3\n4294967295.999999000 113 two/99\nend" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		for (int big = 0; big < 2; big++) {
			struct maker m = maker(big);
			pcap_start(&m, cases[i].magic, cases[i].minor, 0xf4000000 | 113);
			pcap_packet(&m, 1, 2, "one", 3, cases[i].more);
			pcap_packet(&m, UINT32_MAX, 999999, "two", 99, cases[i].more);
			expect(buf_slice(&m.out), cases[i].text);
			buf_release(&m.out);
		}
	}
	struct maker m = maker(true);
	pcap_start(&m, 0xa1b2c3d4, 2, 1); /* lengths the other way round */
	put(&m, 1, 4);
	put(&m, 0, 4);
	put(&m, 60, 4);
	put(&m, 3, 4);
	put_text(&m, "old");
	expect(buf_slice(&m.out), "1.000000000 1 old/60\nend");
	buf_release(&m.out);
}

Test(pcap_file, times)
{
	static const struct {
		int tsresol;
		int64_t offset_s;
		uint64_t ticks;
		const char *time;
	} cases[] = {
		{ 0, 0, 7, "7.000000000" },
		{ 6, 5, 1500000, "6.500000000" },
		{ 12, 0, 1999999999999, "1.999999999" },
		{ 19, 0, 15000000000000000000ULL, "1.500000000" },
		{ 21, 0, 15000000000000000000ULL, "0.015000000" },
		{ 127, 0, UINT64_MAX, "0.000000000" },
		{ 0x80, 0, 3, "3.000000000" },
		{ 0x80 | 32, 0, 3ULL << 31, "1.500000000" },
		{ 0x80 | 63, 0, 3ULL << 62, "1.500000000" },
		{ 0x80 | 64, 0, 1ULL << 63, "0.500000000" },
		{ 0xff, 0, UINT64_MAX, "0.000000000" },
		{ 6, -5, 1500000, "0.000000000" },
		/* Farther than any clock: held where differences still fit. */
		{ 0, 0, UINT64_MAX, "4611686018.427387904" },
		{ 0, INT64_MAX, 1, "4611686018.427387904" },
		{ 0, INT64_MIN, UINT64_MAX, "4611686018.427387904" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct maker m = maker(false);
		char want[80];
		section(&m, i % 2);
		interface(&m, 1, 0, cases[i].tsresol, cases[i].offset_s);
		packet(&m, 0, cases[i].ticks, "x", 1);
		(void)snprintf(want, sizeof want, "%s 1 x/1\nend", cases[i].time);
		expect(buf_slice(&m.out), want);
		buf_release(&m.out);
	}
}

Test(pcap_file, every_split_is_the_same)
{
	struct maker m = everything();
	struct slice all = buf_slice(&m.out);
	for (size_t cut = 0; cut <= all.len; cut++) {
		struct buf lines;
		struct err err = { 0 };
		cr_assert_eq(read_all(file_of(slice_from(all, cut)), slice_cut(all, 0, cut), &lines, &err), PCAP_END, "%s", err.text);
		cr_assert(slice_eq(buf_slice(&lines), slice_str(everything_text)), "split at %zu", cut);
		buf_release(&lines);
	}
	buf_release(&m.out);
}

/* A pipe in packet mode gives each byte to a read of its own. */
Test(pcap_file, byte_by_byte)
{
	struct maker m = everything();
	int ends[2];
	cr_assert_eq(pipe2(ends, O_DIRECT | O_CLOEXEC), 0);
	pid_t writer = fork();
	if (writer == 0) {
		bool fine = true;
		for (size_t i = 0; i < m.out.len && fine; i++)
			fine = write(ends[1], m.out.ptr + i, 1) == 1;
		_exit(!fine);
	}
	(void)close(ends[1]);
	struct buf lines;
	struct err err = { 0 };
	cr_expect_eq(read_all(ends[0], slice_of(NULL, 0), &lines, &err), PCAP_END, "%s", err.text);
	cr_expect(slice_eq(buf_slice(&lines), slice_str(everything_text)), "%.*s", (int)lines.len, lines.ptr);
	(void)waitpid(writer, NULL, 0);
	buf_release(&lines);
	buf_release(&m.out);
}

/* However much of it there is: the packets that are whole, and one sentence. */
Test(pcap_file, cut_anywhere)
{
	struct maker pcap = maker(false), ng = everything();
	pcap_start(&pcap, 0xa1b2c3d4, 4, 1);
	pcap_packet(&pcap, 1, 0, "one", 3, 0);
	pcap_packet(&pcap, 2, 0, "two", 3, 0);
	const struct slice files[] = { buf_slice(&pcap.out), buf_slice(&ng.out) };
	for (size_t k = 0; k < 2; k++) {
		struct buf whole;
		(void)read_all(file_of(files[k]), slice_of(NULL, 0), &whole, NULL);
		size_t before = 0;
		for (size_t cut = 1; cut < files[k].len; cut++) {
			struct buf lines;
			struct err err = { 0 };
			enum pcap_read got = read_all(file_of(slice_cut(files[k], 0, cut)), slice_of(NULL, 0), &lines, &err);
			cr_assert(got == PCAP_END || (got == PCAP_CUT && strstr(err.text, "ends inside")), "%zu of file %zu: %s", cut, k,
			          err.text);
			size_t packets = lines.len - strlen(endings[got]);
			const uint8_t *dropped = memmem(lines.ptr, lines.len, "dropped", 7);
			if (dropped)
				packets = (size_t)(dropped - lines.ptr);
			cr_assert(slice_starts(buf_slice(&whole), slice_cut(buf_slice(&lines), 0, packets)), "%zu of file %zu", cut, k);
			cr_assert(packets >= before);
			before = packets;
			buf_release(&lines);
		}
		buf_release(&whole);
	}
	buf_release(&pcap.out);
	buf_release(&ng.out);
}

Test(pcap_file, great_packets)
{
	struct maker m = maker(false);
	char *great = malloc(3000001);
	struct buf lines;
	struct err err = { 0 };
	memset(great, 'g', 3000000);
	great[3000000] = 0;
	pcap_start(&m, 0xa1b2c3d4, 4, 1);
	for (int i = 0; i < 3; i++) {
		pcap_packet(&m, 1, 0, "small", 5, 0);
		pcap_packet(&m, 2, 0, great, 3000000, 0);
	}
	cr_expect_eq(read_all(file_of(buf_slice(&m.out)), slice_of(NULL, 0), &lines, &err), PCAP_END);
	static const char pair[] = "1.000000000 1 small/5\n2.000000000 1 gggggggggggggggggggggggggggggggggggggggg/3000000\n";
	cr_expect_eq(lines.len, 3 * strlen(pair) + 3);
	cr_expect(slice_starts(buf_slice(&lines), slice_str(pair)));
	buf_release(&lines);
	buf_release(&m.out);
	free(great);
}

/* Each writes a beginning that is right and something behind it that is not. */
static void packet_too_long(struct maker *m)
{
	pcap_start(m, 0xa1b2c3d4, 4, 1);
	pcap_packet(m, 1, 0, "one", 3, 0);
	put(m, 0, 8);
	put(m, 0x7fffffff, 8);
}
static void version(struct maker *m)
{
	put(m, 0xa1b2c3d4, 4);
	put(m, 9, 2);
	put(m, 0, 18);
}
static void magic(struct maker *m)
{
	put_text(m, "GET / HTTP/1.1\r\n\r\n");
}
static void block_too_long(struct maker *m)
{
	section(m, false);
	put(m, 6, 4);
	put(m, 0xfffffffc, 4);
	put(m, 0, 8);
}
static void block_too_short(struct maker *m)
{
	section(m, true);
	put(m, 6, 4);
	put(m, 8, 4);
	put(m, 8, 4);
}
static void block_odd(struct maker *m)
{
	section(m, true);
	put(m, 6, 4);
	put(m, 13, 4);
	put(m, 0, 8);
}
static void block_tail(struct maker *m)
{
	section(m, true);
	put(m, 77, 4);
	put(m, 16, 4);
	put(m, 0, 4);
	put(m, 20, 4);
}
static void no_interface(struct maker *m)
{
	section(m, false);
	interface(m, 1, 0, -1, 0);
	section(m, false);
	packet(m, 0, 1, "whose?", 6);
}
static void packet_in_short_block(struct maker *m)
{
	section(m, false);
	interface(m, 1, 0, -1, 0);
	size_t at = block_start(m, 6);
	put(m, 0, 12);
	put(m, 100, 4);
	put(m, 100, 4);
	block_end(m, at);
}
static void empty_packet_block(struct maker *m)
{
	section(m, false);
	interface(m, 1, 0, -1, 0);
	block_end(m, block_start(m, 6));
}
static void empty_interface(struct maker *m)
{
	section(m, false);
	block_end(m, block_start(m, 1));
}
static void no_order(struct maker *m)
{
	size_t at = block_start(m, 0x0a0d0d0a);
	put(m, 0, 16);
	block_end(m, at);
}
static void section_version(struct maker *m)
{
	size_t at = block_start(m, 0x0a0d0d0a);
	put(m, 0x1a2b3c4d, 4);
	put(m, 2, 2);
	put(m, 0, 10);
	block_end(m, at);
}
static void short_section(struct maker *m)
{
	size_t at = block_start(m, 0x0a0d0d0a);
	put(m, 0x1a2b3c4d, 4);
	block_end(m, at);
	put(m, 0, 4);
}

Test(pcap_file, damage_is_told_with_its_place)
{
	static const struct {
		void (*write)(struct maker *m);
		const char *at, *words;
	} cases[] = {
		{ packet_too_long, "byte 43:", "a packet of 2147483647 bytes" },
		{ version, "byte 0:", "version 9" },
		{ magic, "byte 0:", "no pcap" },
		{ block_too_long, "byte 28:", "claims 4294967292 bytes" },
		{ block_too_short, "byte 28:", "claims 8 bytes" },
		{ block_odd, "byte 28:", "claims 13 bytes" },
		{ block_tail, "byte 28:", "ends with another length" },
		{ no_interface, "byte 88:", "interface 0" },
		{ packet_in_short_block, "byte 60:", "a packet of 100 bytes" },
		{ empty_packet_block, "byte 60:", "in a block that is shorter" },
		{ empty_interface, "byte 28:", "an interface block without" },
		{ no_order, "byte 0:", "byte order" },
		{ section_version, "byte 0:", "version 2" },
		{ short_section, "byte 0:", "version 16" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct maker m = maker(false);
		struct buf lines;
		struct err err = { 0 };
		cases[i].write(&m);
		cr_expect_eq(read_all(file_of(buf_slice(&m.out)), slice_of(NULL, 0), &lines, &err), PCAP_DAMAGED, "case %zu: %s", i,
		             err.text);
		cr_expect(strstr(err.text, cases[i].words) && strstr(err.text, cases[i].at) && strstr(err.text, "x.pcap"), "case %zu: %s",
		          i, err.text);
		buf_release(&lines);
		buf_release(&m.out);
	}
}

Test(pcap_file, what_cannot_be_read)
{
	struct buf lines;
	struct err err = { 0 };
	cr_expect_eq(read_all(open("/", O_RDONLY | O_CLOEXEC), slice_of(NULL, 0), &lines, &err), PCAP_FAIL);
	cr_expect_eq(err.code, ERR_IO);
	buf_release(&lines);
}

Test(pcap_file, no_memory)
{
	struct maker m = everything();
	for (unsigned long n = 1;; n++) {
		struct err err = { 0 };
		struct packet p;
		int fd = file_of(buf_slice(&m.out));
		alloc_fail_at(n);
		struct pcap_file *f = pcap_file_open(fd, slice_of(NULL, 0), "x", &err);
		enum pcap_read got = f ? PCAP_PACKET : PCAP_FAIL;
		while (got == PCAP_PACKET)
			got = pcap_file_next(f, &p, &err);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		pcap_file_close(f);
		cr_expect_eq(got, failed ? PCAP_FAIL : PCAP_END, "allocation %lu", n);
		cr_expect_eq(err.code, failed ? ERR_NOMEM : ERR_NONE);
		if (!failed)
			break;
	}
	buf_release(&m.out);
}
