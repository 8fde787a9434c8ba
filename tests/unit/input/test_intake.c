/* intake: captures that are compressed read like those that are not: whole, behind any split, cut anywhere, damaged, without memory. */
#include "input/intake.h"

#include "base/buf.h"
#include "input/pcap_file.h"
#include "support/unit_alloc.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PACKETS = 40, PACKET_BYTES = 20000, CAPTURE_BYTES = 24 + PACKETS * (16 + PACKET_BYTES), BLOCK = 60000 };

static void put(struct buf *b, const void *bytes, size_t n)
{
	cr_assert_eq(buf_append(b, slice_of((const uint8_t *)bytes, n)), 0);
}

static void put_le(struct buf *b, uint64_t n, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++) {
		uint8_t byte = (uint8_t)(n >> (8 * i));
		put(b, &byte, 1);
	}
}

/* Larger than the buffers it is read through. */
static struct buf capture(void)
{
	struct buf b;
	buf_init(&b, CAPTURE_BYTES);
	put_le(&b, 0xa1b2c3d4, 4);
	put_le(&b, 2 | 4 << 16, 4);
	put_le(&b, 0, 8);
	put_le(&b, 65535, 4);
	put_le(&b, 1, 4);
	for (unsigned i = 0; i < PACKETS; i++) {
		static uint8_t packet[PACKET_BYTES];
		memset(packet, (int)('a' + i % 26), sizeof packet);
		put_le(&b, 1000 + i, 4);
		put_le(&b, 0, 4);
		put_le(&b, PACKET_BYTES, 4);
		put_le(&b, PACKET_BYTES, 4);
		put(&b, packet, sizeof packet);
	}
	return b;
}

static uint32_t crc32_of(struct slice s)
{
	uint32_t crc = UINT32_MAX;
	for (size_t i = 0; i < s.len; i++) {
		crc ^= s.ptr[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* One member with stored blocks (RFC 1952 §2.3, RFC 1951 §3.2.4). */
static void put_gzip(struct buf *out, struct slice text)
{
	put(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	for (size_t at = 0; at < text.len; at += BLOCK) {
		struct slice part = slice_cut(text, at, BLOCK);
		put_le(out, at + part.len == text.len, 1);
		put_le(out, part.len, 2);
		put_le(out, ~part.len, 2);
		put(out, part.ptr, part.len);
	}
	put_le(out, crc32_of(text), 4);
	put_le(out, text.len, 4);
}

/* One frame with raw blocks (RFC 8878 §3.1.1), its window 1 MiB. */
static void put_zstd(struct buf *out, struct slice text)
{
	put(out, "\x28\xb5\x2f\xfd\0\x50", 6);
	for (size_t at = 0; at < text.len; at += BLOCK) {
		struct slice part = slice_cut(text, at, BLOCK);
		put_le(out, part.len << 3 | (at + part.len == text.len), 3);
		put(out, part.ptr, part.len);
	}
}

static const struct form {
	const char *name;
	void (*put)(struct buf *out, struct slice text);
} forms[] = { { "gzip", put_gzip }, { "zstd", put_zstd } };
enum { FORMS = sizeof forms / sizeof forms[0] };

/* In one member or frame, or in two. */
static struct buf packed(const struct form *form, bool two)
{
	struct buf plain = capture(), out;
	struct slice text = buf_slice(&plain);
	buf_init(&out, 4 << 20);
	form->put(&out, slice_cut(text, 0, two ? 30000 : text.len));
	if (two)
		form->put(&out, slice_from(text, 30000));
	buf_release(&plain);
	return out;
}

static int file_of(struct slice bytes)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);
	cr_assert(fd >= 0 && write(fd, bytes.ptr, bytes.len) == (ssize_t)bytes.len && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

/* How many packets come, each as it was, and how it ends. */
static unsigned count(struct slice bytes, size_t first, enum pcap_read *end, struct err *err)
{
	unsigned n = 0;
	struct packet p;
	int fd = file_of(slice_from(bytes, first));
	struct pcap_file *f = pcap_file_open(fd, slice_cut(bytes, 0, first), "x", err);
	*end = PCAP_FAIL;
	if (!f)
		return 0;
	while ((*end = pcap_file_next(f, &p, err)) == PCAP_PACKET) {
		cr_assert_eq(p.bytes.len, (size_t)PACKET_BYTES);
		cr_assert_eq(p.bytes.ptr[0], 'a' + n % 26);
		cr_assert_eq(p.bytes.ptr[PACKET_BYTES - 1], 'a' + n % 26);
		n++;
	}
	cr_assert_leq(pcap_file_at(f), bytes.len);
	if (*end == PCAP_END)
		cr_assert_eq(pcap_file_at(f), bytes.len, "all of the file is used");
	pcap_file_close(f);
	return n;
}

Test(intake, a_packed_capture_is_read_like_another)
{
	static const size_t firsts[] = { 0, 1, 2, 3, 4, 10, 100, 70000, 300000 };
	for (size_t i = 0; i < FORMS; i++)
		for (int two = 0; two < 2; two++)
			for (size_t k = 0; k < sizeof firsts / sizeof *firsts; k++) {
				struct buf b = packed(&forms[i], two);
				struct err err = { 0 };
				enum pcap_read end;
				cr_expect_eq(count(buf_slice(&b), firsts[k], &end, &err), (unsigned)PACKETS, "%s", forms[i].name);
				cr_expect_eq(end, PCAP_END, "%s: %s", forms[i].name, err.text);
				buf_release(&b);
			}
}

Test(intake, cut_anywhere_it_gives_what_came_before_and_says_so)
{
	for (size_t i = 0; i < FORMS; i++) {
		struct buf b = packed(&forms[i], false);
		unsigned before = 0;
		for (size_t n = 4; n < b.len; n += n < 100 || n + 100 > b.len ? 1 : 9973) {
			struct err err = { 0 };
			enum pcap_read end;
			unsigned got = count(slice_cut(buf_slice(&b), 0, n), 0, &end, &err);
			cr_expect_eq(end, PCAP_CUT, "%s cut to %zu", forms[i].name, n);
			cr_expect_eq(err.code, ERR_FORMAT);
			cr_expect(got >= before && got <= PACKETS);
			before = got;
		}
		buf_release(&b);
	}
}

Test(intake, damage_is_told)
{
	for (size_t i = 0; i < FORMS; i++) {
		struct buf b = packed(&forms[i], true);
		struct err err = { 0 };
		enum pcap_read end;
		b.ptr[i == 0 ? 10 : 6] ^= 0x07; /* the first block's kind */
		cr_expect_eq(count(buf_slice(&b), 0, &end, &err), 0);
		cr_expect_eq(end, PCAP_DAMAGED, "%s", forms[i].name);
		cr_expect_eq(err.code, ERR_FORMAT);
		buf_release(&b);
	}
}

Test(intake, any_allocation_may_fail)
{
	struct buf b = packed(&forms[0], true);
	for (unsigned long n = 1;; n++) {
		struct err err = { 0 };
		struct packet p;
		int fd = file_of(buf_slice(&b));
		alloc_fail_at(n);
		struct pcap_file *f = pcap_file_open(fd, slice_of(NULL, 0), "x", &err);
		enum pcap_read got = f ? PCAP_PACKET : PCAP_FAIL;
		while (got == PCAP_PACKET)
			got = pcap_file_next(f, &p, &err);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		pcap_file_close(f);
		cr_expect_eq(got, failed ? PCAP_FAIL : PCAP_END, "allocation %lu", n);
		if (!failed)
			break;
	}
	buf_release(&b);
}
