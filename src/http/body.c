/* body: transfer codings off first, then content codings, the last one named first. */
#include "http/body.h"

#include "http/chunked.h"
#include "http/coding.h"

enum { CODINGS_MAX = 8 }; /* nobody stacks more; each costs a pass */

struct codings {
	uint8_t list[CODINGS_MAX]; /* enum coding, as applied */
	uint8_t n;
	bool chunked; /* the last transfer coding */
	bool too_many;
};

static void add_coding(struct codings *c, struct slice name)
{
	enum coding coding = coding_by_name(name);
	if (coding == CODING_IDENTITY)
		return;
	if (c->n == CODINGS_MAX)
		c->too_many = true;
	else
		c->list[c->n++] = (uint8_t)coding;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The next item of a comma-separated list, without blanks, folds and parameters; false at the end. */
static bool next_item(struct slice *list, struct slice *item)
{
	while (list->len) {
		size_t comma = slice_find_byte(*list, ',');
		*item = slice_cut(*list, 0, comma);
		*list = slice_from(*list, comma + 1);
		item->len = slice_find_byte(*item, ';');
		while (item->len && is_blank(item->ptr[0]))
			*item = slice_from(*item, 1);
		while (item->len && is_blank(item->ptr[item->len - 1]))
			item->len--;
		if (item->len)
			return true;
	}
	return false;
}

static void collect(const struct http_head *head, const char *field, bool transfer, struct codings *c)
{
	struct slice rest = head->fields, name, value, item;
	while (http_field_next(&rest, &name, &value)) {
		if (!slice_eq_nocase(name, slice_str(field)))
			continue;
		while (next_item(&value, &item)) {
			if (transfer && slice_eq_nocase(item, slice_str("chunked")))
				c->chunked = true;
			else
				add_coding(c, item);
		}
	}
}

/* 0; ERR_FORMAT: damaged, or ends too early. */
static int undo_chunked(struct slice in, struct buf *out)
{
	struct chunked c;
	chunked_init(&c);
	for (;;) {
		struct slice data = { 0 };
		size_t used;
		enum chunked_result r = chunked_next(&c, in, &used, &data);
		in = slice_from(in, used);
		int rc = r == CHUNKED_DATA ? coding_undo(CODING_IDENTITY, data, out) : 0;
		if (rc)
			return rc;
		if (r == CHUNKED_END)
			return 0;
		if (r == CHUNKED_BAD || (r == CHUNKED_MORE && in.len == 0) || (r == CHUNKED_DATA && in.len == 0))
			return ERR_FORMAT;
	}
}

/* Undoes list[n-1] … list[0]; only the last step writes to out. */
static int undo_all(const struct codings *c, struct slice in, struct buf *out)
{
	int rc = 0;
	struct buf held, next;
	buf_init(&held, out->max);
	for (uint8_t i = c->n; i > 0 && rc == 0; i--) {
		buf_init(&next, out->max);
		rc = coding_undo((enum coding)c->list[i - 1], in, i == 1 ? out : &next);
		buf_release(&held);
		held = next;
		in = buf_slice(&held);
	}
	buf_release(&held);
	return rc;
}

int http_body_decode(struct slice message, const struct http_head *head, struct buf *out)
{
	struct slice body = slice_from(message, head->head_len);
	struct codings c = { 0 };
	if (body.len == 0)
		return 0;
	collect(head, "content-encoding", false, &c);
	collect(head, "transfer-encoding", true, &c);
	if (c.too_many)
		return ERR_FORMAT;
	if (!c.chunked && c.n == 0)
		return coding_undo(CODING_IDENTITY, body, out);
	if (!c.chunked)
		return undo_all(&c, body, out);
	if (c.n == 0)
		return undo_chunked(body, out);
	struct buf plain;
	buf_init(&plain, body.len);
	int rc = undo_chunked(body, &plain);
	int inner = rc == 0 || rc == ERR_FORMAT ? undo_all(&c, buf_slice(&plain), out) : rc;
	buf_release(&plain);
	return rc ? rc : inner;
}
