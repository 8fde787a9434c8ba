/* redirects: see the header. Method and content by RFC 9110 §15.4; all other bytes of the request stay as they are. */
#include "output/redirects.h"

#include "http/head.h"
#include "output/parts.h"
#include "play/location.h"

/* RFC 9110 §15.4: what goes with the content, where that is left out. */
static bool of_content(struct slice name)
{
	static const char *const fields[] = {
		"content-length",   "transfer-encoding", "content-type",   "content-encoding", "content-language",
		"content-location", "content-md5",       "content-digest", "repr-digest",      "digest",
		"content-range",    "last-modified",     "trailer",        "expect",
	};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (slice_eq_nocase(name, slice_str(fields[i])))
			return true;
	return false;
}

/* 303 is answered by a GET, or HEAD; that a POST becomes one behind 301 and 302 is what user agents do. */
static bool becomes_get(int status, struct slice method)
{
	if (status == 303)
		return !slice_eq(method, slice_str("GET")) && !slice_eq(method, slice_str("HEAD"));
	return (status == 301 || status == 302) && slice_eq(method, slice_str("POST"));
}

static int append_fields(const struct http_head *head, bool no_content, struct buf *out)
{
	struct slice rest = head->fields, name, value;
	for (;;) {
		const uint8_t *at = rest.ptr;
		if (!http_field_next(&rest, &name, &value)) /* lines that are no field are left */
			return buf_append(out, slice_of(at, (size_t)(head->fields.ptr + head->fields.len - at)));
		int rc = no_content && of_content(name) ? 0 : buf_append(out, slice_of(at, (size_t)(rest.ptr - at)));
		if (rc)
			return rc;
	}
}

static int append_request(struct slice request, const struct http_head *head, struct slice target, bool get, struct buf *out)
{
	const uint8_t *behind_method = head->method.ptr + head->method.len, *behind_target = head->target.ptr + head->target.len;
	const struct slice parts[] = {
		slice_cut(request, 0, (size_t)(head->method.ptr - request.ptr)), /* blanks */
		get ? slice_str("GET") : head->method,
		slice_of(behind_method, (size_t)(head->target.ptr - behind_method)),
		target,
		slice_of(behind_target, (size_t)(head->fields.ptr - behind_target)), /* version and line end */
	};
	int rc = 0;
	for (size_t i = 0; i < sizeof parts / sizeof *parts && rc == 0; i++)
		rc = buf_append(out, parts[i]);
	rc = rc ? rc : append_fields(head, get, out);
	/* The empty line, and the content. */
	const uint8_t *behind_fields = head->fields.ptr + head->fields.len;
	size_t at = (size_t)(behind_fields - request.ptr);
	return rc ? rc : buf_append(out, slice_cut(request, at, (get ? head->head_len : request.len) - at));
}

static struct message *lead_to(const struct message *was, const struct http_head *head, struct slice target, bool get)
{
	struct message *m = message_new(MESSAGE_REQUEST, was->data.len + target.len + 3);
	if (!m)
		return NULL;
	m->flags = was->flags;
	m->id = was->id;
	m->ts_ns = was->ts_ns;
	m->due_ns = was->due_ns;
	m->src = was->src;
	m->dst = was->dst;
	if (append_request(message_bytes(was), head, target, get, &m->data) == 0)
		return m;
	message_unref(m);
	return NULL;
}

struct play_lead redirects_lead(const char *url, const struct message *request, int status, struct slice answer)
{
	struct play_lead lead = { 0 };
	struct http_head of_request, of_answer;
	if (!http_head_parse(answer, &of_answer) || !of_answer.is_response)
		return lead;
	if (!http_head_parse(message_bytes(request), &of_request) || of_request.is_response)
		return lead;
	struct slice location = http_field(&of_answer, "location");
	if (!location.ptr)
		return lead;
	struct buf target;
	buf_init(&target, LOCATION_BYTES_MAX * 3);
	int rc = play_location(url, parts_origin_form(of_request.target), location, &target);
	lead.elsewhere = rc == ERR_FORMAT;
	bool get = becomes_get(status, of_request.method);
	if (rc == 0)
		lead.m = lead_to(request, &of_request, buf_slice(&target), get);
	buf_release(&target);
	if (lead.m) {
		size_t at = (size_t)(of_request.method.ptr - request->data.ptr);
		lead.method = slice_cut(message_bytes(lead.m), at, get ? 3 : of_request.method.len);
		lead.retry = http_method_idempotent(lead.method);
	}
	return lead;
}
