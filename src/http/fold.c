/* fold: by segment, and within a segment by its parts between dots, so that 123.json and app.3f2a91bc.js fold too. */
#include "http/fold.h"

#define PATH_MAX_BYTES 256
#define HEX_LEAST      8  /* shorter ones may be words: "cafe" */
#define TOKEN_LEAST    20 /* with digits and letters: base64, ULID, nanoid */

struct kinds {
	size_t digits, hex_letters, other_letters, dashes, others;
};

static struct kinds count_kinds(struct slice s)
{
	struct kinds k = { 0 };
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = ascii_lower(s.ptr[i]);
		if (c >= '0' && c <= '9')
			k.digits++;
		else if (c >= 'a' && c <= 'f')
			k.hex_letters++;
		else if (c >= 'g' && c <= 'z')
			k.other_letters++;
		else if (c == '-' || c == '_')
			k.dashes++;
		else
			k.others++;
	}
	return k;
}

/* 8-4-4-4-12 (RFC 9562 §4), hexadecimal by the counts. */
static bool is_uuid(struct slice s, const struct kinds *k)
{
	return s.len == 36 && k->dashes == 4 && k->digits + k->hex_letters == 32 && s.ptr[8] == '-' && s.ptr[13] == '-' &&
	       s.ptr[18] == '-' && s.ptr[23] == '-';
}

static bool is_id(struct slice s, bool first)
{
	struct kinds k = count_kinds(s);
	if (s.len == 0 || k.digits == 0)
		return false;
	if (k.digits == s.len) /* behind a dot a few digits are a version: v1.2 */
		return first || s.len >= HEX_LEAST;
	if (is_uuid(s, &k))
		return true;
	if (k.digits + k.hex_letters == s.len)
		return s.len >= HEX_LEAST;
	/* Words joined by dashes ("blog-post-of-2024-about-cats") are names: a token has few joints for its length. */
	return s.len >= TOKEN_LEAST && k.others == 0 && k.dashes * 8 <= s.len && k.digits >= 2;
}

static int fold_segment(struct slice segment, struct buf *out)
{
	int r = 0;
	for (bool first = true; r == 0; first = false) {
		size_t dot = slice_find_byte(segment, '.');
		struct slice part = slice_cut(segment, 0, dot);
		r = is_id(part, first) ? buf_append_str(out, "{id}") : buf_append(out, part);
		if (dot == segment.len)
			return r;
		r = r ? r : buf_append_str(out, ".");
		segment = slice_from(segment, dot + 1);
	}
	return r;
}

/* What stands before the path in an absolute-form target (RFC 9112 §3.2.2). */
static struct slice without_authority(struct slice target)
{
	if (target.len == 0 || target.ptr[0] == '/')
		return target;
	for (size_t i = 0; i + 2 < target.len && target.ptr[i] != '/'; i++) {
		if (memcmp(target.ptr + i, "://", 3) != 0)
			continue;
		struct slice rest = slice_from(target, i + 3);
		struct slice path = slice_from(rest, slice_find_byte(rest, '/'));
		return path.len ? path : slice_str("/");
	}
	return target;
}

int fold_path(struct slice target, struct buf *out)
{
	struct slice path = without_authority(target);
	path = slice_cut(path, 0, slice_find_byte(path, '#'));
	path = slice_cut(path, 0, slice_find_byte(path, '?'));
	bool longer = path.len > PATH_MAX_BYTES;
	path = slice_cut(path, 0, PATH_MAX_BYTES);
	int r = 0;
	while (path.len && r == 0) {
		size_t slash = slice_find_byte(path, '/');
		r = fold_segment(slice_cut(path, 0, slash), out);
		if (r == 0 && slash < path.len)
			r = buf_append_str(out, "/");
		path = slice_from(path, slash + 1);
	}
	return r || !longer ? r : buf_append_str(out, "...");
}
