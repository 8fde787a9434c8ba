/* fuzz_redirects: any bytes as a sent request and its answer, told apart by a byte 0xff. What the answer leads to is a request again, with the same
 * fields or fewer, a target that ends nowhere early, and never to another place than the target. */
#include "http/head.h"
#include "output/redirects.h"
#include "play/location.h"

#include <stdio.h>
#include <stdlib.h>

static void require(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "does not hold: %s\n", what);
	abort();
}

static struct message *make(struct slice bytes)
{
	struct message *m = message_new(MESSAGE_REQUEST, bytes.len);
	if (!m || buf_append(&m->data, bytes) != 0)
		abort();
	m->id = message_id_make(1, 2);
	return m;
}

static size_t fields_of(const struct http_head *head)
{
	struct slice rest = head->fields, name, value;
	size_t n = 0;
	while (http_field_next(&rest, &name, &value))
		n++;
	return n;
}

static void check(const struct message *before, const struct play_lead *lead)
{
	struct http_head was, is;
	require(http_head_parse(message_bytes(before), &was) && !was.is_response, "only a request leads on");
	require(http_head_parse(message_bytes(lead->m), &is) && !is.is_response, "to a request");
	require(is.target.len > 0 && is.target.ptr[0] == '/', "of a path");
	for (size_t i = 0; i < is.target.len; i++)
		require(is.target.ptr[i] != '\n' && is.target.ptr[i] != '\r' && is.target.ptr[i] != 0, "in one line");
	require(slice_eq(is.version, was.version), "the version stays");
	require(slice_eq(is.method, was.method) || slice_eq(is.method, slice_str("GET")), "the method stays, or is GET");
	require(slice_eq(is.method, lead->method), "and is told");
	require(fields_of(&is) <= fields_of(&was), "no field is added");
	struct slice content = slice_from(message_bytes(lead->m), is.head_len);
	require(content.len == 0 || slice_eq(content, slice_from(message_bytes(before), was.head_len)), "the content stays, or goes");
	require(message_id_eq(&before->id, &lead->m->id), "the id stays");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = { 301, 302, 303, 307, 308 };
	struct slice all = slice_of(data, size);
	size_t n = slice_find_byte(all, 0xff);
	struct message *m = make(slice_cut(all, 0, n));
	struct play_lead lead = redirects_lead("https://t.example:8443/base", m, statuses[size % 5], slice_from(all, n + 1));
	require(!lead.m || !lead.elsewhere, "here or elsewhere");
	if (lead.m)
		check(m, &lead);
	message_unref(lead.m);
	message_unref(m);
	return 0;
}
