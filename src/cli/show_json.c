/* show_json: {"type":"request","id":…,"time":…,"ts_ns":…,"latency_ns":…,"src":…,"dst":…,"flags":[…],"size":…,"method":…,"target":…,
 * "version":…,"headers":[["Host","a"],…],"body":…,"body_size":…[,"body_encoding":"base64"][,"body_decoded":true|false]}. Without a whole head
 * there are no members for it ("head":false), and all bytes are the body. */
#include "cli/moment.h"
#include "cli/show.h"
#include "http/body.h"
#include "report/json.h"
#include "report/utf8.h"

#define DECODED_BYTES (256u << 20)

static void write_endpoint(struct json *j, const char *key, const struct endpoint *e)
{
	char text[ENDPOINT_TEXT];
	json_key(j, key);
	json_str(j, e->family ? endpoint_format(text, e) : NULL);
}

static void write_title(struct json *j, const struct message *m)
{
	char when[MOMENT_TEXT];
	json_key(j, "type");
	json_str(j, show_type(m));
	json_key(j, "id");
	json_text(j, slice_of(m->id.hex, m->id.len));
	json_key(j, "time");
	json_str(j, moment_format(when, m->ts_ns));
	json_key(j, "ts_ns");
	json_i64(j, m->ts_ns);
	json_key(j, "latency_ns");
	json_i64(j, m->latency_ns);
	write_endpoint(j, "src", &m->src);
	write_endpoint(j, "dst", &m->dst);
	json_key(j, "flags");
	json_open(j, '[');
	const char *flag;
	for (size_t i = 0; (flag = show_flag(m, i)); i++)
		json_str(j, flag);
	json_close(j, ']');
	if (m->type == MESSAGE_REPLAYED) {
		json_key(j, "replayed_to");
		json_u64(j, m->target);
	}
	json_key(j, "size");
	json_u64(j, m->data.len);
}

static void write_text(struct json *j, const char *key, struct slice text)
{
	json_key(j, key);
	json_text(j, text);
}

static void write_head(struct json *j, const struct http_head *head)
{
	if (head->is_response) {
		json_key(j, "status");
		json_i64(j, head->status);
		write_text(j, "reason", head->reason);
	} else {
		write_text(j, "method", head->method);
		write_text(j, "target", head->target);
	}
	write_text(j, "version", head->version);
	json_key(j, "headers");
	json_open(j, '[');
	struct slice rest = head->fields, name, value;
	while (http_field_next(&rest, &name, &value)) {
		json_open(j, '[');
		json_text(j, name);
		json_text(j, value);
		json_close(j, ']');
	}
	json_close(j, ']');
}

static void write_body(struct json *j, struct slice body)
{
	json_key(j, "body");
	if (utf8_valid(body)) {
		json_text(j, body);
	} else {
		json_base64(j, body);
		json_key(j, "body_encoding");
		json_str(j, "base64");
	}
	json_key(j, "body_size");
	json_u64(j, body.len);
}

int show_json(struct buf *out, const struct message *m, bool decoded_body)
{
	struct slice bytes = message_bytes(m);
	struct http_head head;
	struct json j = json_into(out);
	int r = 0;
	json_open(&j, '{');
	write_title(&j, m);
	bool has_head = http_head_parse(bytes, &head);
	if (has_head) {
		write_head(&j, &head);
	} else {
		json_key(&j, "head");
		json_bool(&j, false);
	}
	if (has_head && decoded_body) {
		struct buf decoded;
		buf_init(&decoded, DECODED_BYTES);
		r = http_body_decode(bytes, &head, &decoded);
		write_body(&j, buf_slice(&decoded));
		buf_release(&decoded);
		json_key(&j, "body_decoded");
		json_bool(&j, r == 0);
	} else {
		write_body(&j, has_head ? slice_from(bytes, head.head_len) : bytes);
	}
	json_close(&j, '}');
	if (r == ERR_NOMEM || json_error(&j))
		return r == ERR_NOMEM ? r : json_error(&j);
	return buf_append_str(out, "\n");
}
