/* substitute: what is replaced and what never is, lengths and chunk sizes that follow; every cut of a request and a failing allocation. */
#include "http/substitute.h"

#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

/* Knows one value, "OLDVALUE"; and the cookie c=1, which becomes 22. */
static bool find(void *arg, struct slice text, size_t from, bool coded, struct substitute_place *out)
{
	const uint8_t *at = from < text.len ? memmem(text.ptr + from, text.len - from, "OLDVALUE", 8) : NULL;
	if (!at)
		return false;
	*out = (struct substitute_place){ (size_t)(at - text.ptr), 8, slice_str(coded && strcmp(arg, "a b") == 0 ? "a%20b" : arg) };
	return true;
}

static bool cookie(void *arg, struct slice name, struct slice value, struct slice *instead)
{
	(void)arg;
	*instead = slice_str("22");
	return slice_eq(name, slice_str("c")) && slice_eq(value, slice_str("1"));
}

static const struct {
	const char *before, *instead, *after;
	size_t changes;
} rows[] = {
	{ "POST /OLDVALUE HTTP/1.1\r\nX: OLDVALUE\r\nContent-Type: Application/x-www-form-urlencoded; charset=x\r\nContent-Length: "
	  "10\r\n\r\nt=OLDVALUE",
	  "a b",
	  "POST /a%20b HTTP/1.1\r\nX: a b\r\nContent-Type: Application/x-www-form-urlencoded; charset=x\r\nContent-Length: "
	  "7\r\n\r\nt=a%20b",
	  3 },
	{ "GET /a?x=OLDVALUE HTTP/1.1\r\nHost: OLDVALUE\r\nX: OLDVALUE OLDVALUE\r\n\r\n", "n",
	  "GET /a?x=n HTTP/1.1\r\nHost: OLDVALUE\r\nX: n n\r\n\r\n", 3 },
	{ "OLDVALUE / HTTP/1.1\r\nOLDVALUE: 1\r\n\r\n", "n", "OLDVALUE / HTTP/1.1\r\nOLDVALUE: 1\r\n\r\n", 0 },
	{ "POST / HTTP/1.1\nContent-Length: 12\n\n[\"OLDVALUE\"]", "longervalue",
	  "POST / HTTP/1.1\nContent-Length: 15\n\n[\"longervalue\"]", 1 },
	{ "POST / HTTP/1.1\r\nContent-Length: 8\r\n\r\nOLDVALUE", "", "POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 1 },
	{ "POST / HTTP/1.1\r\nContent-Length: 30\r\n\r\nOLDVALUE cut", "n", "POST / HTTP/1.1\r\nContent-Length: 23\r\n\r\nn cut", 1 },
	{ "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\nOLDVALUE", "n", "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\nn", 1 },
	{ "POST / HTTP/1.1\r\nContent-Length: 8\r\nContent-Encoding: gzip\r\n\r\nOLDVALUE", "n",
	  "POST / HTTP/1.1\r\nContent-Length: 8\r\nContent-Encoding: gzip\r\n\r\nOLDVALUE", 0 },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA;e=1\r\n[OLDVALUE]\r\n0009\r\n 9 bytes \r\n0\r\nT: OLDVALUE\r\n\r\n", "n",
	  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\n[n]\r\n0009\r\n 9 bytes \r\n0\r\nT: OLDVALUE\r\n\r\n", 1 },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nOLDVALUE", "n",
	  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nOLDVALUE", 0 },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nOLDVALUE", "n",
	  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nOLDVALUE", 0 },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nOLDVALUE", "n",
	  "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nOLDVALUE", 0 },
	{ "GET / HTTP/1.1\r\nCookie: a=1; c=1 ;c=2;x=OLDVALUE; c; =1;\r\nCookie: c=1\r\n\r\n", "n",
	  "GET / HTTP/1.1\r\nCookie: a=1; c=22 ;c=2;x=n; c; =1;\r\nCookie: c=22\r\n\r\n", 3 },
	{ "GET OLDVALUE HTTP/1.1\r\nX:\r\n Y\r\nEmpty:\r\n folded: OLDVALUE\r\n\r\n", "n",
	  "GET n HTTP/1.1\r\nX:\r\n Y\r\nEmpty:\r\n folded: n\r\n\r\n", 2 },
};

Test(substitute, table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct substitute s = { (void *)(uintptr_t)rows[i].instead, find, cookie };
		struct buf out;
		size_t changes;
		buf_init(&out, 4096);
		struct slice request = guard_copy(slice_str(rows[i].before));
		cr_assert_eq(http_substitute(request, &s, &out, &changes), 0, "row %zu", i);
		guard_free(request);
		cr_expect_eq(changes, rows[i].changes, "row %zu: %zu changes", i, changes);
		cr_expect(slice_eq(buf_slice(&out), slice_str(rows[i].after)), "row %zu:\n%.*s", i, (int)out.len, out.ptr);
		buf_release(&out);
	}
}

Test(substitute, every_cut_is_read_within_its_bounds)
{
	struct substitute s = { (void *)(uintptr_t) "new", find, cookie };
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t n = 0; n < strlen(rows[i].before); n++) {
			struct buf out;
			size_t changes;
			buf_init(&out, 4096);
			struct slice request = guard_copy(slice_of(rows[i].before, n));
			int rc = http_substitute(request, &s, &out, &changes);
			guard_free(request);
			cr_expect(rc == 0 || (rc == ERR_FORMAT && out.len == 0), "row %zu cut at %zu: %d", i, n, rc);
			buf_release(&out);
		}
}

Test(substitute, no_request_no_room_no_memory)
{
	struct substitute s = { (void *)(uintptr_t) "new", find, cookie };
	struct buf out;
	size_t changes;
	buf_init(&out, 20);
	cr_expect_eq(http_substitute(slice_str("HTTP/1.1 200 OK\r\n\r\n"), &s, &out, &changes), ERR_FORMAT);
	cr_expect_eq(http_substitute(slice_str(rows[0].before), &s, &out, &changes), ERR_LIMIT);
	cr_expect_eq(out.len, 0);
	buf_release(&out);
	for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
		for (int n = 1; n < 20; n++) {
			buf_init(&out, 4096);
			alloc_fail_at((unsigned long)n);
			int rc = http_substitute(slice_str(rows[row].before), &s, &out, &changes);
			bool failed = alloc_failed();
			alloc_fail_at(0);
			cr_expect_eq(rc, failed ? ERR_NOMEM : 0, "row %zu, allocation %d: %d", row, n, rc);
			buf_release(&out);
		}
}
