/* exchange_view: see the header. */
#include "output/exchange_view.h"

#include "http/body.h"
#include "http/fold.h"
#include "http/head.h"

#include <stdlib.h>

#define PATTERNS_MAX 256

struct endpoint_names {
	size_t n;
	struct pattern {
		struct slice method, path; /* method empty: any */
	} pattern[PATTERNS_MAX];
	struct buf text;
};

static int read_pattern(struct endpoint_names *names, struct slice text, struct pattern *p, struct err *err)
{
	size_t space = slice_find_byte(text, ' ');
	*p = (struct pattern){ .path = text };
	if (space < text.len) {
		p->method = slice_cut(text, 0, space);
		p->path = slice_trim(slice_from(text, space));
	}
	if (p->path.len == 0 || p->path.ptr[0] != '/')
		return err_set(err, ERR_USAGE, "--endpoint '%.*s': a path was expected, like /api/items/{id} or \"GET /api/items/{id}\"",
		               (int)(text.len < 80 ? text.len : 80), (const char *)text.ptr);
	names->n++;
	return 0;
}

struct endpoint_names *endpoint_names_new(const struct text_list *patterns, struct err *err)
{
	struct endpoint_names *names = calloc(1, sizeof *names);
	if (!names) {
		(void)err_set(err, ERR_NOMEM, "out of memory");
		return NULL;
	}
	if (patterns->n > PATTERNS_MAX)
		(void)err_set(err, ERR_USAGE, "--endpoint: at most %d", PATTERNS_MAX);
	size_t bytes = 0;
	for (size_t i = 0; i < patterns->n; i++)
		bytes += strlen(patterns->text[i]);
	buf_init(&names->text, bytes + 1);
	int rc = patterns->n > PATTERNS_MAX ? ERR_USAGE : buf_reserve(&names->text, bytes + 1);
	if (rc == ERR_NOMEM)
		(void)err_set(err, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < patterns->n && rc == 0; i++) {
		size_t at = names->text.len;
		(void)buf_append_str(&names->text, patterns->text[i]); /* fits: nothing moves */
		rc = read_pattern(names, slice_from(buf_slice(&names->text), at), &names->pattern[i], err);
	}
	if (rc == 0)
		return names;
	endpoint_names_free(names);
	return NULL;
}

void endpoint_names_free(struct endpoint_names *n)
{
	if (!n)
		return;
	buf_release(&n->text);
	free(n);
}

static struct slice take_segment(struct slice *path)
{
	struct slice from = slice_from(*path, 1); /* behind the slash */
	size_t end = slice_find_byte(from, '/');
	*path = slice_from(from, end);
	return slice_cut(from, 0, end);
}

static bool segment_fits(struct slice pattern, struct slice segment)
{
	bool any = slice_eq(pattern, slice_str("*")) || (pattern.len > 2 && pattern.ptr[0] == '{' && pattern.ptr[pattern.len - 1] == '}');
	return any ? segment.len > 0 : slice_eq(pattern, segment);
}

static bool path_fits(struct slice pattern, struct slice path)
{
	while (pattern.len && path.len && path.ptr[0] == '/') {
		if (slice_eq(pattern, slice_str("/**")))
			return true;
		struct slice want = take_segment(&pattern), have = take_segment(&path);
		if (!segment_fits(want, have))
			return false;
	}
	return pattern.len == 0 && path.len == 0;
}

static const struct pattern *name_of(const struct endpoint_names *names, const struct request_view *v)
{
	for (size_t i = 0; names && i < names->n; i++) {
		const struct pattern *p = &names->pattern[i];
		if ((p->method.len == 0 || slice_eq(p->method, v->method)) && path_fits(p->path, v->path))
			return p;
	}
	return NULL;
}

bool view_request(const struct endpoint_names *names, struct slice request, struct buf *buffer, struct request_view *out)
{
	struct http_head head;
	if (!http_head_parse(request, &head) || head.is_response)
		return false;
	out->method = head.method;
	out->path = slice_cut(head.target, 0, slice_find_byte(head.target, '?'));
	buf_clear(buffer);
	const struct pattern *named = name_of(names, out);
	if ((named ? buf_append(buffer, named->path) : fold_path(head.target, buffer)) != 0)
		return false;
	out->folded = buf_slice(buffer);
	return true;
}

bool view_answer(struct slice message, struct answer *out)
{
	struct http_head head;
	*out = (struct answer){ .message = message };
	if (!http_head_parse(message, &head) || !head.is_response)
		return false;
	*out = (struct answer){
		.status = head.status,
		.fields = head.fields,
		.message = message,
		.body = slice_from(message, head.head_len),
	};
	struct slice rest = head.fields, name, value;
	while (http_field_next(&rest, &name, &value)) {
		if (slice_eq_nocase(name, slice_str("content-type")) && !out->content_type.ptr)
			out->content_type = value;
		else if (slice_eq_nocase(name, slice_str("transfer-encoding")) || slice_eq_nocase(name, slice_str("content-encoding")))
			out->coded = true;
	}
	return true;
}

void view_kept_answer(const struct message *request, const struct message *answer, struct book_answer *out)
{
	*out = (struct book_answer){ .latency_ns = -1 };
	if (!answer)
		return;
	out->there = view_answer(message_bytes(answer), &out->answer);
	if (answer->type == MESSAGE_REPLAYED) {
		out->sent_ns = answer->ts_ns;
		out->latency_ns = answer->latency_ns;
		return;
	}
	int64_t end_ns = answer->ts_ns + (answer->latency_ns > 0 ? answer->latency_ns : 0);
	out->sent_ns = request->ts_ns;
	if (end_ns >= request->ts_ns)
		out->latency_ns = end_ns - request->ts_ns;
}

int view_decode(struct slice message, struct buf *out)
{
	struct http_head head;
	return http_head_parse(message, &head) ? http_body_decode(message, &head, out) : ERR_FORMAT;
}
