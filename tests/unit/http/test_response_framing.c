/* response_framing: where responses end, whole and cut at every place; garbage and endless heads. */
#include "http/response_framing.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static const struct framing_ops *const ops = &http1_response_framing;

struct given {
	const char *method;
	const char *bytes;
	bool then_end; /* the connection ends behind them */
	/* One word for each result: I interim, D done, T tunnel, B bad, m more at the end of the bytes; with the status, the bytes of this
	 * message that were used, and + where the connection may be used again. */
	const char *expect;
};

static const struct given given[] = {
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1", false, "D200:40+ " },
	{ "GET", "HTTP/1.1 200\nContent-Length: 0\n\n", false, "D200:32+ " },
	{ "GET", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false, "D200:38 " },
	{ "GET", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", false, "D200:62+ " },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nconnection: x, close\r\n\r\n", false, "D200:60 " },
	{ "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nH", false, "D200:39+ " },
	{ "GET", "HTTP/1.1 304 x\r\nContent-Length: 99\r\n\r\n", false, "D304:38+ " },
	{ "GET", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", false, "D204:46+ " },
	{ "GET", "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 103 y\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nz", false,
	  "I100:18 I103:24 D200:39+ " },
	{ "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHT", false, "D200:60+ " },
	{ "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n3;x=y\nabc\n0\nT: 1\n\n", false, "D200:84+ " },
	{ "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", false, "B200:53 " },
	{ "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz", false, "B200:47 " },
	{ "GET", "HTTP/1.1 200 OK\r\n\r\nabc", true, "m200:22 D200:0 " },
	{ "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc", true, "m200:47 D200:0 " },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", true, "m200:41 B200:0 " },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Len", true, "m0:28 B0:0 " },
	{ "GET", "", true, "B0:0 " },
	{ "GET", "HTTP/1.1 101 x\r\n\r\n\x01", false, "T101:18 " },
	{ "CONNECT", "HTTP/1.1 200 x\r\nContent-Length: 9\r\n\r\n\x16", false, "T200:37 " },
	{ "CONNECT", "HTTP/1.1 403 x\r\nContent-Length: 1\r\n\r\nz", false, "D403:38+ " },
	{ "GET", "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, "D200:42+ " },
	{ "GET", "HTTP/2.0 200 OK\r\n\r\n", false, "B0:* " },
	{ "GET", "\x16\x03\x01", false, "B0:* " },
	{ "GET", "<html>", false, "B0:* " },
	{ "GET", "HTTP/1.1 2000 x\r\n", false, "B0:* " },
	/* A length that is none, or two: not a body to the connection's end (RFC 9112 §6.3). */
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc", false, "B200:39 " },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\nabc", true, "B200:40 B200:0 " },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", false, "B200:57 " },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", false, "B200:57 " },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc", false, "D200:44+ " },
	{ "GET", "HTTP/1.1 200 OK\r\nContent-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false, "D200:71+ " },
	{ "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", false, "D200:39+ " },
};

static void say(char *text, enum framing r, const void *state, size_t used)
{
	static const char letters[] = {
		[FRAMING_MORE] = 'm', [FRAMING_INTERIM] = 'I', [FRAMING_DONE] = 'D', [FRAMING_TUNNEL] = 'T', [FRAMING_BAD] = 'B'
	};
	char word[48];
	(void)snprintf(word, sizeof word, "%c%d:%zu%s ", letters[r], ops->status(state), used, ops->keep_alive(state) ? "+" : "");
	strcat(text, word);
}

/* In pieces of that many bytes, the first of `first`. */
static void frame(const struct given *g, size_t first, size_t piece, char text[256])
{
	void *state = aligned_alloc(16, (ops->size + 15) / 16 * 16);
	ops->init(state, slice_str(g->method));
	text[0] = 0;
	struct slice rest = slice_str(g->bytes);
	size_t used_in_all = 0, n = first;
	enum framing r = FRAMING_MORE;
	while (rest.len && (r == FRAMING_MORE || r == FRAMING_INTERIM)) {
		struct slice in = guard_copy(slice_cut(rest, 0, n));
		size_t at = 0;
		do {
			size_t used = 0;
			r = ops->push(state, slice_from(in, at), &used);
			cr_assert_leq(used, in.len - at);
			cr_assert(r != FRAMING_MORE || used == in.len - at);
			at += used;
			used_in_all += used;
			if (r != FRAMING_MORE) {
				say(text, r, state, used_in_all);
				used_in_all = 0;
			}
		} while (r == FRAMING_INTERIM && at < in.len);
		rest = slice_from(rest, in.len);
		guard_free(in);
		n = piece;
	}
	if (r == FRAMING_MORE && used_in_all)
		say(text, r, state, used_in_all);
	if (g->then_end)
		say(text, ops->finish(state), state, 0);
	free(state);
}

/* "*" stands for a number that may depend on the cuts: how much of garbage was looked at. */
static bool matches(const char *got, const char *expect)
{
	const char *star = strchr(expect, '*');
	return star ? strncmp(got, expect, (size_t)(star - expect)) == 0 : strcmp(got, expect) == 0;
}

Test(response_framing, finds_the_end_however_the_bytes_are_cut)
{
	char text[256];
	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		size_t n = strlen(given[i].bytes);
		for (size_t piece = 1; piece <= 3; piece++) {
			frame(&given[i], piece, piece, text);
			cr_expect(matches(text, given[i].expect), "%s by %zu: %s, not %s", given[i].bytes, piece, text, given[i].expect);
		}
		for (size_t cut = 1; cut <= n; cut++) {
			frame(&given[i], cut, SIZE_MAX, text);
			cr_expect(matches(text, given[i].expect), "%s cut at %zu: %s, not %s", given[i].bytes, cut, text, given[i].expect);
		}
	}
}

Test(response_framing, bounds_what_is_endless)
{
	static const char *const endless[][2] = {
		{ "HTTP/1.1 200 OK\r\n", "A: b\r\n" },
		{ "HTTP/1.1 200 ", "reason reason" },
		{ "", "\r\n" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n" },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", "xxxxxx" },
	};
	for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
		void *state = aligned_alloc(16, (ops->size + 15) / 16 * 16);
		size_t used, total = 0;
		ops->init(state, slice_str("GET"));
		enum framing r = ops->push(state, slice_str(endless[i][0]), &used);
		while (r == FRAMING_MORE && total < 4 * 1024 * 1024) {
			r = ops->push(state, slice_str(endless[i][1]), &used);
			total += used;
		}
		cr_expect_eq(r, FRAMING_BAD, "%s", endless[i][1]);
		cr_expect_eq(ops->push(state, slice_str("x"), &used), FRAMING_BAD);
		free(state);
	}
	cr_expect_leq(ops->size, 4096);
}
