/* fuzz_http_head: any bytes as a message: read its head, walk its fields, edit it, decode its body. An edited request must read back
 * as the same request with another Host. */
#include "http/body.h"

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

static void check_edit(struct slice m, const struct http_head *head)
{
	struct buf out;
	buf_init(&out, m.len + 65536);
	require(http_edit_request(m, slice_str(""), slice_str(""), &out) == 0 && slice_eq(buf_slice(&out), m),
	        "nothing to change, nothing changed");
	buf_clear(&out);
	if (http_edit_request(m, slice_str("new.example:8"), slice_str("/base"), &out) == 0) {
		struct http_head again;
		require(http_head_parse(buf_slice(&out), &again), "an edited request is a request");
		require(slice_eq(again.method, head->method) && slice_eq(again.version, head->version), "the request line's rest stays");
		require(slice_eq(slice_from(buf_slice(&out), again.head_len), slice_from(m, head->head_len)), "the body stays");
		struct slice rest = again.fields, name, value;
		while (http_field_next(&rest, &name, &value))
			require(!slice_eq_nocase(name, slice_str("host")) || slice_eq(value, slice_str("new.example:8")),
			        "each Host is the new one");
	}
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice m = slice_of(data, size);
	struct http_head head;
	if (!http_head_parse(m, &head))
		return 0;
	require(head.head_len <= size && inside(head.fields, m) && inside(head.target, m) && inside(head.reason, m),
	        "slices point into the input");
	struct slice rest = head.fields, name, value;
	while (http_field_next(&rest, &name, &value))
		require(inside(name, m) && inside(value, m), "fields point into the input");
	struct buf out;
	buf_init(&out, 65536);
	(void)http_body_decode(m, &head, &out);
	require(out.len <= 65536, "the cap holds");
	buf_release(&out);
	if (!head.is_response)
		check_edit(m, &head);
	return 0;
}
