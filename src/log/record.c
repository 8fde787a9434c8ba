/* record: the header line, the bytes, the separator; written in one go, read by slices.
 *
 * Where n= is there, nothing is searched for: the separator must stand right behind the n bytes, or the record is damaged. Without it
 * (GoReplay's own files) the first separator ends the record. */
#include "log/record.h"

#include <stdio.h>

static const struct flag_name {
	uint8_t flag;
	const char *name;
} flag_names[] = {
	{ MESSAGE_GAP, "gap" },
	{ MESSAGE_HEAD, "head" },
	{ MESSAGE_CUT, "cut" },
	{ MESSAGE_TRUNC, "trunc" },
};
enum { FLAGS = sizeof flag_names / sizeof *flag_names };

/* --- writing: the caller has made room for RECORD_HEAD_WRITTEN bytes ------------------------------------------ */

static char *put_text(char *at, const char *text)
{
	size_t n = strlen(text);
	memcpy(at, text, n);
	return at + n;
}

static char *put_u64(char *at, uint64_t n)
{
	char digits[20];
	int i = 20;
	do
		digits[--i] = (char)('0' + n % 10);
	while (n /= 10);
	memcpy(at, digits + i, (size_t)(20 - i));
	return at + (20 - i);
}

static char *put_i64(char *at, int64_t n)
{
	if (n < 0)
		*at++ = '-';
	return put_u64(at, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

static char *put_endpoint(char *at, const struct endpoint *e)
{
	char text[ENDPOINT_TEXT];
	if (e->family != 4)
		return put_text(at, endpoint_format(text, e));
	for (int i = 0; i < 4; i++) {
		at = put_u64(at, e->addr[i]);
		*at++ = i < 3 ? '.' : ':';
	}
	return put_u64(at, e->port);
}

static char *put_flags(char *at, uint8_t flags)
{
	const char *before = " f=";
	for (int i = 0; i < FLAGS; i++)
		if (flags & flag_names[i].flag) {
			at = put_text(put_text(at, before), flag_names[i].name);
			before = ",";
		}
	return at;
}

static char *put_head(char *at, const struct message *m)
{
	*at++ = (char)('0' + m->type);
	*at++ = ' ';
	if (m->id.len == 0)
		*at++ = '0';
	memcpy(at, m->id.hex, m->id.len);
	at += m->id.len;
	*at++ = ' ';
	at = put_i64(at, m->ts_ns);
	*at++ = ' ';
	at = put_i64(at, m->latency_ns);
	at = put_u64(put_text(at, " n="), m->data.len);
	if (m->src.family || m->dst.family) {
		at = put_endpoint(put_text(at, " s="), &m->src);
		at = put_endpoint(put_text(at, " d="), &m->dst);
	}
	at = put_flags(at, m->flags);
	if (m->type == MESSAGE_REPLAYED)
		at = put_u64(put_text(at, " t="), m->target);
	*at++ = '\n';
	return at;
}

int record_write(struct buf *out, const struct message *m)
{
	if (m->type < MESSAGE_REQUEST || m->type > MESSAGE_REPLAYED || m->id.len > MESSAGE_ID_MAX)
		return ERR_USAGE;
	if (m->data.len > SIZE_MAX - RECORD_HEAD_WRITTEN - RECORD_SEPARATOR_BYTES)
		return ERR_LIMIT;
	int rc = buf_reserve(out, m->data.len + RECORD_HEAD_WRITTEN + RECORD_SEPARATOR_BYTES);
	if (rc)
		return rc;
	char *at = put_head((char *)out->ptr + out->len, m);
	if (m->data.len)
		memcpy(at, m->data.ptr, m->data.len);
	at += m->data.len;
	memcpy(at, RECORD_SEPARATOR, RECORD_SEPARATOR_BYTES);
	out->len = (size_t)((uint8_t *)at - out->ptr) + RECORD_SEPARATOR_BYTES;
	return 0;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

struct head {
	uint8_t type, flags;
	uint16_t target;
	struct message_id id;
	int64_t ts_ns, latency_ns;
	bool sized;
	uint64_t length;
	struct slice src, dst; /* text */
};

static bool get_u64(struct slice s, uint64_t *out)
{
	uint64_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		unsigned digit = (unsigned)(s.ptr[i] - '0');
		if (digit > 9 || __builtin_mul_overflow(n, 10u, &n) || __builtin_add_overflow(n, digit, &n))
			return false;
	}
	*out = n;
	return s.len > 0;
}

static bool get_i64(struct slice s, int64_t *out)
{
	bool minus = s.len && s.ptr[0] == '-';
	uint64_t n;
	if (!get_u64(slice_from(s, minus), &n) || n > (uint64_t)INT64_MAX)
		return false;
	*out = minus ? -(int64_t)n : (int64_t)n;
	return true;
}

static struct slice next_word(struct slice *rest)
{
	struct slice word = slice_cut(*rest, 0, slice_find_byte(*rest, ' '));
	*rest = slice_from(*rest, word.len + 1);
	return word;
}

/* A name that a later version may have added still says that something is missing. */
static uint8_t get_flags(struct slice list)
{
	uint8_t flags = 0;
	while (list.len) {
		struct slice name = slice_cut(list, 0, slice_find_byte(list, ','));
		list = slice_from(list, name.len + 1);
		uint8_t flag = MESSAGE_GAP;
		for (int i = 0; i < FLAGS; i++)
			if (slice_eq(name, slice_str(flag_names[i].name)))
				flag = flag_names[i].flag;
		flags |= flag;
	}
	return flags;
}

/* One of the words after the third. False: it is one of ours and makes no sense. */
static bool get_word(struct head *h, struct slice word)
{
	if (word.len < 2 || word.ptr[1] != '=')
		return true;
	struct slice value = slice_from(word, 2);
	uint64_t n;
	switch (word.ptr[0]) {
	case 'n':
		h->sized = true;
		return get_u64(value, &h->length);
	case 's':
		h->src = value;
		return true;
	case 'd':
		h->dst = value;
		return true;
	case 'f':
		h->flags = get_flags(value);
		return true;
	case 't':
		if (!get_u64(value, &n) || n > UINT16_MAX)
			return false;
		h->target = (uint16_t)n;
		return true;
	default:
		return true;
	}
}

static bool get_head(struct slice line, struct head *h)
{
	*h = (struct head){ .latency_ns = -1 };
	struct slice type = next_word(&line);
	if (type.len != 1 || type.ptr[0] < '1' || type.ptr[0] > '3')
		return false;
	h->type = (uint8_t)(type.ptr[0] - '0');
	if (!message_id_parse(next_word(&line), &h->id) || !get_i64(next_word(&line), &h->ts_ns))
		return false;
	/* Old files stop here; the fourth word is the latency where it is a number. */
	struct slice word = next_word(&line);
	if (word.len && !get_i64(word, &h->latency_ns) && !get_word(h, word))
		return false;
	while (line.len)
		if (!get_word(h, next_word(&line)))
			return false;
	return true;
}

/* Index of the first separator from `from` on, or bytes.len. */
static size_t find_separator(struct slice bytes, size_t from)
{
	struct slice rest = slice_from(bytes, from);
	const uint8_t *hit = rest.len ? memmem(rest.ptr, rest.len, RECORD_SEPARATOR, RECORD_SEPARATOR_BYTES) : NULL;
	return hit ? (size_t)(hit - bytes.ptr) : bytes.len;
}

static enum record_result more(struct record_mark *mark, size_t need)
{
	mark->need = need;
	return RECORD_MORE;
}

/* Skips to behind the next separator; where there is none yet, all but what may be the beginning of one. */
static enum record_result damaged(struct slice bytes, size_t from, bool last, struct record_mark *mark)
{
	size_t hit = find_separator(bytes, from);
	mark->resynced = hit < bytes.len;
	if (mark->resynced)
		mark->used = hit + RECORD_SEPARATOR_BYTES;
	else if (last)
		mark->used = bytes.len;
	else if (bytes.len < RECORD_SEPARATOR_BYTES)
		return more(mark, RECORD_SEPARATOR_BYTES);
	else
		mark->used = bytes.len - (RECORD_SEPARATOR_BYTES - 1);
	return RECORD_DAMAGED;
}

static enum record_result scan_sized(struct slice bytes, bool last, const struct head *h, struct slice *body, struct record_mark *mark)
{
	size_t start = (size_t)(body->ptr - bytes.ptr);
	if (h->length > SIZE_MAX - start - RECORD_SEPARATOR_BYTES)
		return damaged(bytes, start, last, mark);
	size_t end = start + (size_t)h->length;
	struct slice tail = slice_cut(bytes, end, RECORD_SEPARATOR_BYTES);
	if (!slice_eq(tail, slice_of(RECORD_SEPARATOR, tail.len)))
		return damaged(bytes, start, last, mark);
	if (tail.len < RECORD_SEPARATOR_BYTES && !last)
		return more(mark, end + RECORD_SEPARATOR_BYTES);
	if (bytes.len < end)
		return damaged(bytes, start, last, mark);
	body->len = (size_t)h->length;
	mark->used = end + tail.len;
	return RECORD_OK;
}

/* How many of the last bytes are the beginning of a separator that was cut off. One LF alone is taken for a body's. */
static size_t torn_separator(struct slice s)
{
	for (size_t n = RECORD_SEPARATOR_BYTES - 1; n > 1; n--)
		if (s.len >= n && memcmp(s.ptr + s.len - n, RECORD_SEPARATOR, n) == 0)
			return n;
	return 0;
}

static enum record_result scan_unsized(struct slice bytes, bool last, size_t max_bytes, struct slice *body, struct record_mark *mark)
{
	size_t start = (size_t)(body->ptr - bytes.ptr);
	size_t hit = find_separator(bytes, start);
	bool found = hit < bytes.len;
	if (found) {
		body->len = hit - start;
		mark->used = hit + RECORD_SEPARATOR_BYTES;
	} else if (last) {
		body->len -= torn_separator(*body);
		mark->used = bytes.len;
	} else if (body->len <= RECORD_SEPARATOR_BYTES || body->len - RECORD_SEPARATOR_BYTES <= max_bytes) {
		/* Searched again from the start next time: twice the bytes keep that linear. */
		return more(mark, bytes.len < 65536 ? bytes.len + 1 : bytes.len * 2);
	}
	return body->len > max_bytes ? damaged(bytes, start, last, mark) : RECORD_OK;
}

static enum record_result scan(struct slice bytes, bool last, size_t max_bytes, struct head *h, struct slice *body,
                               struct record_mark *mark)
{
	*mark = (struct record_mark){ 0 };
	struct slice window = slice_cut(bytes, 0, RECORD_HEAD_MAX);
	size_t eol = slice_find_byte(window, '\n');
	if (eol == window.len) {
		if (!last && window.len < RECORD_HEAD_MAX)
			return more(mark, bytes.len + 1);
		return damaged(bytes, 0, last, mark);
	}
	if (!get_head(slice_cut(window, 0, eol), h))
		return damaged(bytes, 0, last, mark);
	mark->ts_ns = h->ts_ns;
	*body = slice_from(bytes, eol + 1);
	if (!h->sized)
		return scan_unsized(bytes, last, max_bytes, body, mark);
	if (h->length > max_bytes)
		return damaged(bytes, eol + 1, last, mark);
	return scan_sized(bytes, last, h, body, mark);
}

enum record_result record_scan(struct slice bytes, bool last, size_t max_bytes, struct record_mark *mark)
{
	struct head h;
	struct slice body;
	return scan(bytes, last, max_bytes, &h, &body, mark);
}

/* "192.0.2.1:80" without a copy: the common case by far. */
static bool get_ipv4(struct slice s, struct endpoint *out)
{
	struct endpoint e = { .family = 4 };
	size_t at = 0;
	for (int part = 0; part < 5; part++) {
		unsigned n = 0;
		size_t start = at;
		for (; at < s.len && at - start < 5 && s.ptr[at] >= '0' && s.ptr[at] <= '9'; at++)
			n = n * 10 + (unsigned)(s.ptr[at] - '0');
		if (at == start || n > (part < 4 ? 255u : 65535u))
			return false;
		if (part == 4) {
			e.port = (uint16_t)n;
			break;
		}
		e.addr[part] = (uint8_t)n;
		if (at == s.len || s.ptr[at++] != (part < 3 ? '.' : ':'))
			return false;
	}
	if (at != s.len)
		return false;
	*out = e;
	return true;
}

/* An address that cannot be read is one that is not known: the bytes are whole all the same. */
static struct endpoint get_endpoint(struct slice s)
{
	struct endpoint e = { 0 };
	char text[ENDPOINT_TEXT];
	if (s.len == 0 || get_ipv4(s, &e) || s.len >= sizeof text)
		return e;
	memcpy(text, s.ptr, s.len);
	text[s.len] = 0;
	if (!endpoint_parse(text, &e))
		e = (struct endpoint){ 0 };
	return e;
}

enum record_result record_read(struct slice bytes, bool last, size_t max_bytes, size_t *used, struct message **out)
{
	struct head h;
	struct slice body;
	struct record_mark mark;
	enum record_result result = scan(bytes, last, max_bytes, &h, &body, &mark);
	*used = mark.used;
	*out = NULL;
	if (result != RECORD_OK)
		return result;
	struct message *m = message_new((enum message_type)h.type, body.len);
	if (!m || buf_reserve(&m->data, body.len) || buf_append(&m->data, body)) {
		message_unref(m);
		return RECORD_NOMEM;
	}
	m->data.max = max_bytes; /* allocated to measure, but a rewrite may let it grow */
	m->flags = h.flags;
	m->target = h.target;
	m->id = h.id;
	m->ts_ns = h.ts_ns;
	m->latency_ns = h.latency_ns;
	m->src = get_endpoint(h.src);
	m->dst = get_endpoint(h.dst);
	*out = m;
	return RECORD_OK;
}
