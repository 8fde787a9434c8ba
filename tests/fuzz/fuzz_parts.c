/* fuzz_parts: any bytes as a recorded request, taken apart for HTTP/2. What comes of it can be said: names and values without what would end them,
 * a target without blanks at its ends, a content that is the request's or what its chunks hold; and the same again from buffers that were used. */
#include "http/head.h"
#include "output/parts.h"

#include <stdio.h>
#include <stdlib.h>

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static bool inside(struct slice part, struct slice whole)
{
	return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static bool has(struct slice s, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (slice_find_byte(s, (uint8_t)bytes[i]) < s.len)
			return true;
	return false;
}

static struct slice take_text(struct slice *rest)
{
	size_t n = slice_find_byte(*rest, 0);
	require(n < rest->len, "a text among the fields has its end");
	struct slice text = slice_cut(*rest, 0, n);
	*rest = slice_from(*rest, n + 1);
	return text;
}

static void check_fields(struct slice fields)
{
	static const char *const never[] = { "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade" };
	unsigned hosts = 0;
	while (fields.len) {
		struct slice name = take_text(&fields), value = take_text(&fields);
		require(name.len > 0, "a field has a name");
		require(!has(name, ":\n", 2), "a name is one");
		require(!has(value, "\r\n", 2), "a value is in one line");
		for (size_t i = 0; i < sizeof never / sizeof *never; i++)
			require(!slice_eq_nocase(name, slice_str(never[i])), "what is of the connection is left out");
		hosts += slice_eq_nocase(name, slice_str("host"));
	}
	require(hosts <= 1, "one host at most");
}

static void check(struct slice request, const struct request_parts *p)
{
	struct http_head head;
	require(http_head_parse(request, &head) && !head.is_response, "what is taken apart is a request");
	require(slice_eq(p->method, head.method), "the method stays");
	require(p->target.len > 0 && !has(p->target, "\0\n", 2), "a target is one");
	require(inside(p->target, request) || slice_eq(p->target, slice_str("/")), "the target is the request's");
	require(inside(p->content, request) || inside(p->content, buf_slice(&p->decoded)), "the content is somewhere");
	require(p->content.len <= request.len - head.head_len, "there is no more content than was sent");
	check_fields(buf_slice(&p->fields));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice request = slice_of(data, size);
	struct request_parts used = { 0 }, fresh = { 0 };
	struct buf *bufs[] = { &used.fields, &used.decoded, &fresh.fields, &fresh.decoded };
	for (size_t i = 0; i < 4; i++)
		buf_init(bufs[i], 0);
	(void)parts_of(slice_str("PUT /x HTTP/1.1\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), &used);
	int rc = parts_of(request, &fresh);
	require(rc == 0 || rc == ERR_FORMAT, "it can be said, or it cannot");
	require(parts_of(request, &used) == rc, "used buffers change nothing");
	if (rc == 0) {
		check(request, &fresh);
		require(slice_eq(buf_slice(&fresh.fields), buf_slice(&used.fields)) && slice_eq(fresh.content, used.content),
		        "twice the same");
	}
	for (size_t i = 0; i < 4; i++)
		buf_release(bufs[i]);
	return 0;
}
