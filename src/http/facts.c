/* facts: four fields matter, the others pass. */
#include "http/facts.h"

#include "http/start.h"

void http_facts_init(struct http_facts *f, bool is_response, enum http_method method)
{
	*f = (struct http_facts){ .is_response = is_response, .method = (uint8_t)method };
}

enum http_method http_method_of(struct slice token)
{
	if (slice_eq(token, slice_str("HEAD")))
		return METHOD_HEAD;
	return slice_eq(token, slice_str("CONNECT")) ? METHOD_CONNECT : METHOD_OTHER;
}

static void start_line(struct http_facts *f, struct slice line)
{
	f->started = true;
	if (f->is_response) {
		if (line.len >= 12) {
			f->minor = (uint8_t)(line.ptr[7] - '0');
			f->status = (uint16_t)http_start_status(line);
		}
		return;
	}
	line = slice_trim(line);
	f->method = (uint8_t)http_method_of(slice_cut(line, 0, slice_find_byte(line, ' ')));
	f->minor = line.len ? (uint8_t)(line.ptr[line.len - 1] - '0') : 0;
}

static enum http_fact_field field_of(struct slice name)
{
	static const struct {
		const char *name;
		enum http_fact_field field;
	} known[] = {
		{ "content-length", FACT_LENGTH },
		{ "transfer-encoding", FACT_CODING },
		{ "connection", FACT_CONNECTION },
		{ "expect", FACT_EXPECT },
	};
	static const uint8_t by_length[18] = { [14] = 1, [17] = 2, [10] = 3, [6] = 4 };
	uint8_t i = name.len < sizeof by_length ? by_length[name.len] : 0;
	return i && slice_eq_nocase(name, slice_str(known[i - 1].name)) ? known[i - 1].field : FACT_NONE;
}

/* 1*DIGIT that fits (RFC 9110 §8.6). */
static bool parse_size(struct slice s, uint64_t *out)
{
	uint64_t n = 0;
	if (s.len == 0)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9' || n > (INT64_MAX - 9) / 10)
			return false;
		n = n * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	*out = n;
	return true;
}

static void take_size(struct http_facts *f, struct slice item)
{
	uint64_t n;
	if (!parse_size(item, &n)) {
		f->size_bad = true;
	} else if (!f->sized) {
		f->sized = true;
		f->size = n;
	} else if (n != f->size) {
		f->size_bad = true;
	}
}

static void take_coding(struct http_facts *f, struct slice item)
{
	struct slice name = slice_trim(slice_cut(item, 0, slice_find_byte(item, ';')));
	if (slice_eq_nocase(name, slice_str("identity"))) /* RFC 2616's word for none */
		return;
	f->coded = true;
	f->chunked = slice_eq_nocase(name, slice_str("chunked"));
}

static void take_item(struct http_facts *f, struct slice item)
{
	switch ((enum http_fact_field)f->field) {
	case FACT_LENGTH:
		take_size(f, item);
		return;
	case FACT_CODING:
		take_coding(f, item);
		return;
	case FACT_CONNECTION:
		f->close |= slice_eq_nocase(item, slice_str("close"));
		f->keep_alive |= slice_eq_nocase(item, slice_str("keep-alive"));
		return;
	case FACT_EXPECT:
		f->expect_continue |= slice_eq_nocase(item, slice_str("100-continue"));
		return;
	case FACT_NONE:
		return;
	}
}

bool http_facts_line(struct http_facts *f, struct slice line)
{
	if (line.len && line.ptr[line.len - 1] == '\n')
		line.len--;
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (!f->started) {
		start_line(f, line);
		return false;
	}
	if (line.len == 0)
		return true;
	if (line.ptr[0] != ' ' && line.ptr[0] != '\t') {
		size_t colon = slice_find_byte(line, ':');
		f->field = FACT_NONE;
		if (colon < line.len)
			f->field = (uint8_t)field_of(slice_trim(slice_cut(line, 0, colon)));
		line = slice_from(line, colon + 1);
	}
	/* All four are lists of comma-separated items, also across lines (RFC 9110 §5.3), so a fold is one more piece of the list. */
	while (f->field != FACT_NONE && line.len) {
		size_t comma = slice_find_byte(line, ',');
		struct slice item = slice_trim(slice_cut(line, 0, comma));
		if (item.len)
			take_item(f, item);
		line = slice_from(line, comma + 1);
	}
	return false;
}

static enum http_body sized(const struct http_facts *f)
{
	return f->size ? BODY_SIZED : BODY_NONE;
}

enum http_body http_facts_body(const struct http_facts *f)
{
	if (!f->is_response) {
		if (f->coded && f->chunked)
			return BODY_CHUNKED;
		/* A request whose codings do not end in chunked cannot be framed by them: a server answers 400, or goes by the length. */
		return f->sized ? sized(f) : BODY_NONE;
	}
	if (f->status == 101 || (f->method == METHOD_CONNECT && f->status >= 200 && f->status < 300))
		return BODY_TUNNEL;
	if (f->method == METHOD_HEAD || (f->status >= 100 && f->status < 200) || f->status == 204 || f->status == 304)
		return BODY_NONE;
	if (f->coded)
		return f->chunked ? BODY_CHUNKED : BODY_CLOSE;
	return f->sized ? sized(f) : BODY_CLOSE;
}

/* Both fields; lengths that differ or are none; codings that do not end in chunked, in a request; a coding in HTTP/1.0. */
bool http_facts_conflict(const struct http_facts *f)
{
	if (f->size_bad)
		return true;
	return f->coded && (f->sized || f->minor == 0 || (!f->is_response && !f->chunked));
}

bool http_facts_keep_alive(const struct http_facts *f)
{
	if (f->close)
		return false;
	return f->minor >= 1 || f->keep_alive;
}
