/* The text form: what is written, what is read, and what is called damaged, whole and in pieces. */
#include "log/record.h"
#include "log_support.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define SEP RECORD_SEPARATOR

enum { MAX = 100 };

static const struct {
	const char *what, *bytes;
	bool last;
	enum record_result result;
	const char *body; /* OK */
	size_t left;      /* bytes behind what was used */
	int64_t ts_ns, latency_ns;
	unsigned type, flags;
} cases[] = {
	{ "ours", "1 00ff 12 34 n=3\nabc" SEP, false, RECORD_OK, "abc", 0, 12, 34, 1, 0 },
	{ "a body that holds the separator", "2 a 12 34 n=17\nab" SEP "c" SEP "1 ", false, RECORD_OK, "ab" SEP "c", 2, 12, 34, 2, 0 },
	{ "an empty body", "2 a 12 34 n=0\n" SEP, false, RECORD_OK, "", 0, 12, 34, 2, 0 },
	{ "an empty body without n=", "2 a 12 34\n" SEP, false, RECORD_OK, "", 0, 12, 34, 2, 0 },
	{ "flags", "2 a 12 34 n=1 f=gap,trunc\nx" SEP, false, RECORD_OK, "x", 0, 12, 34, 2, MESSAGE_GAP | MESSAGE_TRUNC },
	{ "a flag of tomorrow's", "2 a 12 34 n=1 f=cut,torn\nx" SEP, false, RECORD_OK, "x", 0, 12, 34, 2, MESSAGE_CUT | MESSAGE_GAP },
	{ "words of others", "1 a 12 34 z=1 hello n=1 x=\nx" SEP, false, RECORD_OK, "x", 0, 12, 34, 1, 0 },
	{ "GoReplay's", "1 a 12 34\nabc" SEP "2", false, RECORD_OK, "abc", 1, 12, 34, 1, 0 },
	{ "three fields", "1 a 12\nabc" SEP, false, RECORD_OK, "abc", 0, 12, -1, 1, 0 },
	{ "three fields and n=", "1 a 12 n=3\nabc" SEP, false, RECORD_OK, "abc", 0, 12, -1, 1, 0 },
	{ "latency -1", "1 a 12 -1\nabc" SEP, false, RECORD_OK, "abc", 0, 12, -1, 1, 0 },
	{ "a time before 1970", "1 a -12 5\nabc" SEP, false, RECORD_OK, "abc", 0, -12, 5, 1, 0 },
	{ "40 digits", "3 0123456789abcdef0123456789ABCDEF01234567 12 3 t=2\nabc" SEP, false, RECORD_OK, "abc", 0, 12, 3, 3, 0 },
	{ "the last, no separator", "1 a 12 34 n=3\nabc", true, RECORD_OK, "abc", 0, 12, 34, 1, 0 },
	{ "the last, no separator nor n=", "1 a 12 34\nabc\n", true, RECORD_OK, "abc\n", 0, 12, 34, 1, 0 },
	{ "the last, half a separator", "1 a 12 34\nabc\n\xf0\x9f\x90", true, RECORD_OK, "abc", 0, 12, 34, 1, 0 },
	{ "the last, half a separator, n=", "1 a 12 34 n=3\nabc\n\xf0", true, RECORD_OK, "abc", 0, 12, 34, 1, 0 },
	{ "the last is cut", "1 a 12 34 n=4\nabc", true, RECORD_DAMAGED, NULL, 0, 0, 0, 0, 0 },
	{ "the last header is cut", "1 a 12", true, RECORD_DAMAGED, NULL, 0, 0, 0, 0, 0 },
	{ "n= too small", "1 a 12 34 n=2\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "n= too large", "1 a 12 34 n=9\nabc" SEP "1 a 12 34 n=1", true, RECORD_DAMAGED, NULL, 13, 0, 0, 0, 0 },
	{ "n= no number", "1 a 12 34 n=x\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "n= empty", "1 a 12 34 n=\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "n= beyond 64 bits", "1 a 12 34 n=99999999999999999999\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "n= of 2^64-1", "1 a 12 34 n=18446744073709551615\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "n= over the limit", "1 a 12 34 n=101\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "type 0", "0 a 12 34\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "type 12", "12 a 12 34\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "no id", "1  12 34\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "an id of 41", "1 01234567890123456789012345678901234567890 12 34\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "an id that is no hex", "1 xyz 12 34\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "no time", "1 a\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "a time beyond 64 bits", "1 a 9223372036854775808 1\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "a target beyond 16 bits", "3 a 1 1 t=65536\nabc" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
	{ "HTTP", "GET / HTTP/1.1\r\n\r\n" SEP "1", false, RECORD_DAMAGED, NULL, 1, 0, 0, 0, 0 },
};

Test(record, table)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice bytes = guard_copy(slice_str(cases[i].bytes));
		size_t used = 0;
		struct message *m = NULL;
		struct record_mark mark;
		enum record_result r = record_read(bytes, cases[i].last, MAX, &used, &m);
		cr_assert_eq(r, cases[i].result, "%s: %d", cases[i].what, r);
		cr_assert_eq(bytes.len - used, cases[i].left, "%s: used %zu of %zu", cases[i].what, used, bytes.len);
		cr_assert_eq(record_scan(bytes, cases[i].last, MAX, &mark), r);
		cr_assert_eq(mark.used, used);
		if (r == RECORD_OK) {
			cr_assert(slice_eq(message_bytes(m), slice_str(cases[i].body)), "%s", cases[i].what);
			cr_assert_eq(m->ts_ns, cases[i].ts_ns, "%s", cases[i].what);
			cr_assert_eq(mark.ts_ns, cases[i].ts_ns, "%s", cases[i].what);
			cr_assert_eq(m->latency_ns, cases[i].latency_ns, "%s", cases[i].what);
			cr_assert_eq(m->type, cases[i].type, "%s", cases[i].what);
			cr_assert_eq(m->flags, cases[i].flags, "%s", cases[i].what);
		} else {
			cr_assert_null(m);
		}
		message_unref(m);
		guard_free(bytes);
	}
}

/* Fed byte by byte: MORE until there is enough, never another answer than the whole gives; need never asks for more than there will be. */
Test(record, every_prefix_asks_for_more_or_says_the_same)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice whole = slice_str(cases[i].bytes);
		size_t record = whole.len - cases[i].left;
		for (size_t n = 0; n < record && !cases[i].last; n++) {
			struct slice part = guard_copy(slice_cut(whole, 0, n));
			struct record_mark mark;
			enum record_result r = record_scan(part, false, MAX, &mark);
			if (cases[i].result == RECORD_OK)
				cr_assert_eq(r, RECORD_MORE, "%s: %zu bytes", cases[i].what, n);
			else
				cr_assert(r == RECORD_MORE || r == RECORD_DAMAGED, "%s: %zu bytes", cases[i].what, n);
			if (r == RECORD_MORE)
				cr_assert(mark.need > n && (cases[i].result != RECORD_OK || mark.need <= record), "%s: %zu bytes need %zu",
				          cases[i].what, n, mark.need);
			if (r == RECORD_DAMAGED)
				cr_assert(mark.used > 0 && mark.used <= n, "%s: %zu bytes", cases[i].what, n);
			guard_free(part);
		}
	}
}

Test(record, written_as_it_stands_in_the_format_page)
{
	struct message *m = message_of(MESSAGE_REPLAYED, "5Eaf", 17, "HTTP/1.1 200 OK\r\n\r\n");
	struct buf b;
	buf_init(&b, 1 << 20);
	m->latency_ns = 42;
	m->target = 3;
	m->flags = MESSAGE_HEAD | MESSAGE_CUT;
	cr_assert(endpoint_parse("10.0.0.255:65535", &m->src));
	cr_assert_eq(record_write(&b, m), 0);
	const char *want = "3 5eaf 17 42 n=19 s=10.0.0.255:65535 d=- f=head,cut t=3\nHTTP/1.1 200 OK\r\n\r\n" SEP;
	cr_assert(slice_eq(buf_slice(&b), slice_str(want)), "%.*s", (int)b.len, (const char *)b.ptr);
	buf_clear(&b);
	m->type = 4;
	cr_assert_eq(record_write(&b, m), ERR_USAGE);
	cr_assert_eq(b.len, 0);
	message_unref(m);
	buf_release(&b);
}

Test(record, round_trip_of_many_and_of_extremes)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	for (unsigned i = 0; i < 200; i++) {
		struct message *m = message_for_test(i, i % 7 ? LOG_TS(i) : i % 2 ? INT64_MAX : -INT64_MAX, i * 3), *back = NULL;
		size_t used;
		m->type = (uint8_t)(1 + i % 3);
		m->flags = i & 15;
		m->target = m->type == MESSAGE_REPLAYED ? (uint16_t)(i * 300) : 0;
		m->latency_ns = i % 5 ? i : INT64_MAX;
		if (i % 4 == 0)
			m->src = (struct endpoint){ 0 };
		buf_clear(&b);
		cr_assert_eq(record_write(&b, m), 0);
		cr_assert_eq(record_read(buf_slice(&b), false, 1 << 20, &used, &back), RECORD_OK);
		cr_assert_eq(used, b.len);
		cr_assert(message_same(m, back), "%u", i);
		message_unref(m);
		message_unref(back);
	}
	buf_release(&b);
}

Test(record, addresses_that_make_no_sense_are_not_known)
{
	static const char *const addresses[] = { "1.2.3:4",      "1.2.3.4",
		                                 "256.1.1.1:1",  "1.2.3.4:65536",
		                                 "1.2.3.4:",     "[::1]",
		                                 "[::1:80",      "1.2.3.4:80x",
		                                 "1.2.3.4.5:80", "1111.1.1.1:1",
		                                 "[zz]:1",       "",
		                                 "localhost:80", "-",
		                                 "1.2.3.4:-1",   "::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::::" };
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
		char text[256];
		size_t used;
		struct message *m;
		(void)snprintf(text, sizeof text, "1 a 1 1 n=1 s=%s d=9.9.9.9:9\nx" SEP, addresses[i]);
		cr_assert_eq(record_read(slice_str(text), false, MAX, &used, &m), RECORD_OK, "%s", text);
		cr_assert_eq(m->src.family, 0, "%s", text);
		cr_assert_eq(m->dst.port, 9, "%s", text);
		message_unref(m);
	}
}

Test(record, each_allocation_may_fail)
{
	struct slice bytes = slice_str(cases[0].bytes);
	unsigned long n = 1;
	for (;; n++) {
		size_t used;
		struct message *m;
		alloc_fail_at(n);
		enum record_result r = record_read(bytes, false, MAX, &used, &m);
		bool failed = alloc_failed();
		alloc_fail_at(0);
		message_unref(m);
		if (!failed) {
			cr_assert_eq(r, RECORD_OK);
			break;
		}
		cr_assert_eq(r, RECORD_NOMEM);
		cr_assert_null(m);
	}
	cr_assert_eq(n, 3, "one for the message, one for its bytes");
}
