/* body: codings made by the libraries and undone again, cut short, damaged, and as bombs. */
#include "http/body.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

static const char plain[] = "The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog.";

/* window_bits: 15 zlib, -15 bare, 31 gzip */
static void deflate_into(struct buf *out, struct slice in, int window_bits)
{
	z_stream z = { 0 };
	cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	size_t room = deflateBound(&z, in.len) + 64;
	cr_assert_eq(buf_reserve(out, room), 0);
	z.next_in = (Bytef *)(uintptr_t)in.ptr;
	z.avail_in = (uInt)in.len;
	z.next_out = out->ptr + out->len;
	z.avail_out = (uInt)room;
	cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	out->len += room - z.avail_out;
	cr_assert_eq(deflateEnd(&z), Z_OK);
}

static void zstd_into(struct buf *out, struct slice in)
{
	size_t room = ZSTD_compressBound(in.len);
	cr_assert_eq(buf_reserve(out, room), 0);
	size_t n = ZSTD_compress(out->ptr + out->len, room, in.ptr, in.len, 3);
	cr_assert_not(ZSTD_isError(n));
	out->len += n;
}

/* An uncompressed meta-block and the empty last one (RFC 7932 §9.2): what a brotli encoder may always send. */
static void brotli_into(struct buf *out, struct slice in)
{
	cr_assert(in.len > 0 && in.len <= 65536);
	uint32_t n = (uint32_t)in.len - 1;
	/* WBITS "0" (16), ISLAST 0, MNIBBLES 0 (4), 16 bits of length, ISUNCOMPRESSED 1: 21 bits, then to the next byte. */
	uint32_t bits = n << 4 | 1u << 20;
	uint8_t head[3] = { (uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16) };
	cr_assert_eq(buf_append(out, slice_of(head, 3)), 0);
	cr_assert_eq(buf_append(out, in), 0);
	cr_assert_eq(buf_append(out, slice_of("\x03", 1)), 0);
}

static void chunk_into(struct buf *out, struct slice in)
{
	for (size_t at = 0; at < in.len; at += 7) {
		struct slice piece = slice_cut(in, at, 7);
		cr_assert_eq(buf_printf(out, "%zx;e=1\r\n", piece.len), 0);
		cr_assert_eq(buf_append(out, piece), 0);
		cr_assert_eq(buf_append_str(out, "\r\n"), 0);
	}
	cr_assert_eq(buf_append_str(out, "0\r\nT: 1\r\n\r\n"), 0);
}

/* Applies one letter's coding: g gzip, d deflate, r bare deflate, z zstd, b brotli, c chunked. */
static void apply(char letter, struct buf *data)
{
	struct buf out;
	buf_init(&out, 1 << 24);
	struct slice in = buf_slice(data);
	switch (letter) {
	case 'g':
		deflate_into(&out, in, 31);
		break;
	case 'd':
		deflate_into(&out, in, 15);
		break;
	case 'r':
		deflate_into(&out, in, -15);
		break;
	case 'z':
		zstd_into(&out, in);
		break;
	case 'b':
		brotli_into(&out, in);
		break;
	default:
		chunk_into(&out, in);
		break;
	}
	buf_release(data);
	*data = out;
}

static const struct {
	const char *codings, *fields;
} cases[] = {
	{ "", "" },
	{ "", "Content-Encoding: identity\r\n" },
	{ "c", "Transfer-Encoding: chunked\r\n" },
	{ "g", "Content-Encoding: gzip\r\n" },
	{ "g", "content-encoding: X-GZIP\r\n" },
	{ "d", "Content-Encoding: deflate\r\n" },
	{ "r", "Content-Encoding: deflate\r\n" },
	{ "z", "Content-Encoding: zstd\r\n" },
	{ "b", "Content-Encoding: br\r\n" },
	{ "gzb", "Content-Encoding: gzip, zstd\r\nContent-Encoding: br\r\n" },
	{ "gc", "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n" },
	{ "dgc", "Content-Encoding: deflate\r\nTransfer-Encoding: gzip,\r\n chunked\r\n" },
};

/* head and body laid against a guard page */
static struct slice message_of(const char *fields, struct slice body)
{
	struct buf m;
	buf_init(&m, 1 << 24);
	cr_assert_eq(buf_printf(&m, "HTTP/1.1 200 OK\r\n%s\r\n", fields), 0);
	cr_assert_eq(buf_append(&m, body), 0);
	struct slice copy = guard_copy(buf_slice(&m));
	buf_release(&m);
	return copy;
}

static int decode(struct slice message, struct buf *out)
{
	struct http_head head;
	cr_assert(http_head_parse(message, &head));
	return http_body_decode(message, &head, out);
}

static void encoded(size_t i, struct buf *data)
{
	buf_init(data, 1 << 24);
	cr_assert_eq(buf_append_str(data, plain), 0);
	for (const char *c = cases[i].codings; *c; c++)
		apply(*c, data);
}

Test(body, undoes_every_coding)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf data, out;
		encoded(i, &data);
		struct slice m = message_of(cases[i].fields, buf_slice(&data));
		buf_init(&out, 1 << 20);
		cr_expect_eq(decode(m, &out), 0, "%s", cases[i].fields);
		cr_expect(slice_eq(buf_slice(&out), slice_str(plain)), "%s: %.*s", cases[i].fields, (int)out.len, (const char *)out.ptr);
		guard_free(m);
		/* Cut short it is damaged, and never more than a beginning. */
		for (size_t n = 1; *cases[i].codings && n < data.len; n++) {
			m = message_of(cases[i].fields, slice_cut(buf_slice(&data), 0, n));
			buf_clear(&out);
			int rc = decode(m, &out);
			cr_expect_eq(rc, ERR_FORMAT, "%s cut at %zu of %zu: %d", cases[i].fields, n, data.len, rc);
			cr_expect(slice_starts(slice_str(plain), buf_slice(&out)));
			guard_free(m);
		}
		buf_release(&out);
		buf_release(&data);
	}
}

Test(body, gzip_members_follow_each_other_and_garbage_behind_them_passes)
{
	struct buf data, out;
	buf_init(&data, 1 << 20);
	buf_init(&out, 1 << 20);
	deflate_into(&data, slice_str("one "), 31);
	deflate_into(&data, slice_str("two"), 31);
	cr_assert_eq(buf_append_str(&data, "garbage"), 0);
	struct slice m = message_of("Content-Encoding: gzip\r\n", buf_slice(&data));
	cr_expect_eq(decode(m, &out), 0);
	cr_expect(slice_eq(buf_slice(&out), slice_str("one two")));
	guard_free(m);
	buf_release(&data);
	buf_release(&out);
}

Test(body, says_what_it_cannot_do)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	struct slice m = message_of("Content-Encoding: compress\r\n", slice_str("abc"));
	cr_expect_eq(decode(m, &out), ERR_FORMAT);
	guard_free(m);
	m = message_of("Content-Encoding: gzip\r\n", slice_str(""));
	cr_expect_eq(decode(m, &out), 0);
	guard_free(m);
	m = message_of("Content-Encoding: gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip,gzip\r\n", slice_str("x"));
	cr_expect_eq(decode(m, &out), ERR_FORMAT);
	guard_free(m);
	buf_release(&out);
}

Test(body, a_bomb_stops_at_the_cap)
{
	enum { BIG = 8 << 20, CAP = 10000 };
	uint8_t *zeros = calloc(1, BIG);
	static const char *const fields[] = { "Content-Encoding: gzip\r\n", "Content-Encoding: zstd\r\n",
		                              "Content-Encoding: gzip, gzip\r\n" };
	static const char *const letters[] = { "g", "z", "gg" };
	for (int i = 0; i < 3; i++) {
		struct buf data, out;
		buf_init(&data, 1 << 24);
		buf_init(&out, CAP);
		cr_assert_eq(buf_append(&data, slice_of(zeros, BIG)), 0);
		for (const char *c = letters[i]; *c; c++)
			apply(*c, &data);
		struct slice m = message_of(fields[i], buf_slice(&data));
		cr_expect_eq(decode(m, &out), ERR_LIMIT);
		cr_expect_leq(out.cap, CAP);
		guard_free(m);
		buf_release(&data);
		buf_release(&out);
	}
	free(zeros);
}

Test(body, survives_every_failing_allocation)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf data, out;
		encoded(i, &data);
		struct slice m = message_of(cases[i].fields, buf_slice(&data));
		bool failed;
		unsigned long n = 1;
		do {
			buf_init(&out, 1 << 20);
			alloc_fail_at(n++);
			int rc = decode(m, &out);
			failed = alloc_failed();
			alloc_fail_at(0);
			cr_expect(failed || rc == 0);
			buf_release(&out);
		} while (failed);
		guard_free(m);
		buf_release(&data);
	}
}
