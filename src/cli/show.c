/* show: the readable form.
 *
 *     # request 0123456789abcdef00000001  2024-05-06T07:08:09.000000000Z  1.24 ms  127.0.0.1:5000 -> 127.0.0.1:80  123 B  gap,cut
 *     POST /a HTTP/1.1
 *     Host: a
 *
 *     {"x":7}
 */
#include "cli/show.h"

#include "base/units.h"
#include "cli/moment.h"
#include "http/body.h"
#include "report/utf8.h"

#include <stdio.h>

#define TEXT_BYTES    4096 /* of a body, without --body */
#define HEX_BYTES     256
#define HEX_WHOLE     (1u << 20)   /* a few KiB of gzip hold hundreds of MiB */
#define DECODED_BYTES (256u << 20) /* what a compressed body may grow to */

const char *show_type(const struct message *m)
{
	return m->type == MESSAGE_REQUEST ? "request" : m->type == MESSAGE_RESPONSE ? "response" : "replayed";
}

const char *show_flag(const struct message *m, size_t n)
{
	static const struct {
		enum message_flag flag;
		const char *name;
	} names[] = { { MESSAGE_GAP, "gap" }, { MESSAGE_HEAD, "head" }, { MESSAGE_CUT, "cut" }, { MESSAGE_TRUNC, "trunc" } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if ((m->flags & names[i].flag) && n-- == 0)
			return names[i].name;
	return NULL;
}

static int put_title(struct buf *out, const struct message *m)
{
	char when[MOMENT_TEXT], took[UNITS_TEXT], size[UNITS_TEXT], src[ENDPOINT_TEXT], dst[ENDPOINT_TEXT];
	int r = buf_printf(out, "# %s %.*s  %s  %s  %s -> %s  %s", show_type(m), m->id.len, m->id.hex, moment_format(when, m->ts_ns),
	                   m->latency_ns < 0 ? "-" : format_duration(took, m->latency_ns), endpoint_format(src, &m->src),
	                   endpoint_format(dst, &m->dst), format_bytes(size, m->data.len));
	if (m->type == MESSAGE_REPLAYED)
		r = r ? r : buf_printf(out, "  target %u", m->target);
	const char *flag;
	for (size_t i = 0; (flag = show_flag(m, i)) && r == 0; i++)
		r = buf_printf(out, "%s%s", i ? "," : "  ", flag);
	return r ? r : buf_append_str(out, "\n");
}

/* 16 bytes a line: "00000010  48 65 …  |He…|" */
static int put_hex(struct buf *out, struct slice s)
{
	int r = 0;
	for (size_t at = 0; at < s.len && r == 0; at += 16) {
		char text[17] = { 0 };
		r = buf_printf(out, "%08zx ", at);
		for (size_t i = 0; i < 16 && r == 0; i++) {
			if (at + i >= s.len) {
				r = buf_append_str(out, "   ");
				continue;
			}
			uint8_t c = s.ptr[at + i];
			r = buf_printf(out, " %02x", c);
			text[i] = c >= 0x20 && c < 0x7f ? (char)c : '.';
		}
		r = r ? r : buf_printf(out, "  |%s|\n", text);
	}
	return r;
}

/* UTF-8 without NUL: what is worth printing as text. */
static bool is_text(struct slice s)
{
	return utf8_valid(s) && slice_find_byte(s, 0) == s.len;
}

static int put_rest_note(struct buf *out, size_t shown, size_t all, bool whole)
{
	char n[UNITS_TEXT];
	return shown == all ? 0
	                    : buf_printf(out, "# ... %s bytes more%s\n", format_count(n, all - shown), whole ? "" : ": --body shows them");
}

static int put_text(struct buf *out, struct slice body, size_t most)
{
	struct slice part = slice_cut(body, 0, most);
	/* Not in the middle of a code point. */
	while (part.len < body.len && part.len && (body.ptr[part.len] & 0xc0) == 0x80)
		part.len--;
	int r = utf8_visible(out, part, true);
	if (part.len && part.ptr[part.len - 1] != '\n')
		r = r ? r : buf_append_str(out, "\n");
	return r ? r : put_rest_note(out, part.len, body.len, false);
}

static int put_body(struct buf *out, struct slice body, bool whole)
{
	if (body.len == 0)
		return 0;
	if (is_text(body))
		return put_text(out, body, whole ? SIZE_MAX : TEXT_BYTES);
	char n[UNITS_TEXT];
	struct slice part = slice_cut(body, 0, whole ? HEX_WHOLE : HEX_BYTES);
	int r = buf_printf(out, "# %s bytes that are no text\n", format_count(n, body.len));
	r = r ? r : put_hex(out, part);
	return r ? r : put_rest_note(out, part.len, body.len, whole);
}

static int put_decoded(struct buf *out, struct slice bytes, const struct http_head *head)
{
	struct buf decoded;
	buf_init(&decoded, DECODED_BYTES);
	int coding = http_body_decode(bytes, head, &decoded);
	int r = put_body(out, buf_slice(&decoded), true);
	buf_release(&decoded);
	if (coding == ERR_FORMAT)
		r = r ? r : buf_append_str(out, "# the body's coding is damaged or unknown: this is what could be decoded\n");
	else if (coding == ERR_LIMIT)
		r = r ? r : buf_append_str(out, "# the decoded body is larger than 256 MiB: this is its beginning\n");
	return r ? r : (coding == ERR_NOMEM ? ERR_NOMEM : 0);
}

int show_text(struct buf *out, const struct message *m, bool whole_body)
{
	struct slice bytes = message_bytes(m);
	struct http_head head;
	int r = put_title(out, m);
	if (!http_head_parse(bytes, &head)) {
		r = r ? r : put_body(out, bytes, whole_body);
		return r ? r : buf_append_str(out, "\n");
	}
	r = r ? r : utf8_visible(out, slice_cut(bytes, 0, head.head_len), true);
	if (head.head_len == bytes.len) /* the head's own empty line parts it from the next record */
		return r;
	if (whole_body)
		r = r ? r : put_decoded(out, bytes, &head);
	else
		r = r ? r : put_body(out, slice_from(bytes, head.head_len), false);
	return r ? r : buf_append_str(out, "\n");
}
