/* json: a writer; strings are escaped as RFC 8259 §7 asks, and DEL and C1 controls beyond that, so that output shown on a terminal is harmless. */
#include "report/json.h"

#include "report/utf8.h"

#include <inttypes.h>
#include <math.h>

static void put(struct json *j, struct slice s)
{
	if (j->error == 0)
		j->error = buf_append(j->out, s);
}

static void put_str(struct json *j, const char *text)
{
	put(j, slice_str(text));
}

static void before_value(struct json *j)
{
	if (j->comma)
		put_str(j, ",");
	j->comma = true;
}

void json_open(struct json *j, char bracket)
{
	before_value(j);
	put(j, slice_of(&bracket, 1));
	j->comma = false;
}

void json_close(struct json *j, char bracket)
{
	put(j, slice_of(&bracket, 1));
	j->comma = true;
}

void json_key(struct json *j, const char *name)
{
	json_str(j, name);
	put_str(j, ":");
	j->comma = false;
}

static void put_escape(struct json *j, uint32_t point)
{
	static const char *const named[] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f", ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"
	};
	if (j->error)
		return;
	if (point == UTF8_BAD)
		j->error = buf_append_str(j->out, "\xef\xbf\xbd");
	else if (point < sizeof named / sizeof *named && named[point])
		j->error = buf_append_str(j->out, named[point]);
	else
		j->error = buf_printf(j->out, "\\u%04x", point);
}

/* The first bytes that stand for themselves in a JSON string: printable ASCII but for quote and backslash. */
static size_t plain_run(struct slice s)
{
	size_t n = 0;
	while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f && s.ptr[n] != '"' && s.ptr[n] != '\\')
		n++;
	return n;
}

void json_text(struct json *j, struct slice text)
{
	before_value(j);
	put_str(j, "\"");
	struct slice run = slice_of(text.ptr, 0);
	while (text.len && j->error == 0) {
		size_t plain = plain_run(text);
		if (plain) {
			run.len += plain;
			text = slice_from(text, plain);
			continue;
		}
		size_t left = text.len;
		uint32_t point = utf8_next(&text);
		if (point != UTF8_BAD && point >= 0x20 && point != '"' && point != '\\' && !(point >= 0x7f && point <= 0x9f)) {
			run.len += left - text.len;
			continue;
		}
		put(j, run);
		put_escape(j, point);
		run = slice_of(text.ptr, 0);
	}
	put(j, run);
	put_str(j, "\"");
}

void json_str(struct json *j, const char *text)
{
	if (text) {
		json_text(j, slice_str(text));
		return;
	}
	before_value(j);
	put_str(j, "null");
}

void json_u64(struct json *j, uint64_t n)
{
	before_value(j);
	if (j->error == 0)
		j->error = buf_printf(j->out, "%" PRIu64, n);
}

void json_i64(struct json *j, int64_t n)
{
	before_value(j);
	if (j->error == 0)
		j->error = buf_printf(j->out, "%" PRId64, n);
}

void json_number(struct json *j, double n, int decimals)
{
	if (!isfinite(n)) {
		json_str(j, NULL);
		return;
	}
	before_value(j);
	if (j->error == 0)
		j->error = buf_printf(j->out, "%.*f", decimals, n);
}

void json_bool(struct json *j, bool yes)
{
	before_value(j);
	put_str(j, yes ? "true" : "false");
}

void json_raw(struct json *j, struct slice value)
{
	before_value(j);
	put(j, value);
}

void json_base64(struct json *j, struct slice bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	before_value(j);
	put_str(j, "\"");
	for (size_t at = 0; at < bytes.len && j->error == 0; at += 3) {
		struct slice part = slice_cut(bytes, at, 3);
		uint32_t bits = (uint32_t)part.ptr[0] << 16;
		if (part.len > 1)
			bits |= (uint32_t)part.ptr[1] << 8;
		if (part.len > 2)
			bits |= part.ptr[2];
		char four[4] = { digits[bits >> 18], digits[bits >> 12 & 63], part.len > 1 ? digits[bits >> 6 & 63] : '=',
			         part.len > 2 ? digits[bits & 63] : '=' };
		put(j, slice_of(four, sizeof four));
	}
	put_str(j, "\"");
}
