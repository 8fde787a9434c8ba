/* media: a table of media types. */
#include "diff/media.h"

#include "diff/fields.h"

static const struct row {
	const char *type; /* "/…": any type with that subtype; "+…": a structured suffix (RFC 6839); "…/": that type with any subtype */
	enum media media;
} rows[] = {
	{ "application/octet-stream", MEDIA_NONE },
	{ "binary/octet-stream", MEDIA_NONE },
	{ "/json", MEDIA_JSON },
	{ "+json", MEDIA_JSON },
	{ "/ndjson", MEDIA_LINES },
	{ "/x-ndjson", MEDIA_LINES },
	{ "/jsonl", MEDIA_LINES },
	{ "/x-jsonl", MEDIA_LINES },
	{ "/jsonlines", MEDIA_LINES },
	{ "/x-jsonlines", MEDIA_LINES },
	{ "/json-lines", MEDIA_LINES },
	{ "/json-seq", MEDIA_LINES },
	{ "/stream+json", MEDIA_LINES },
	{ "/x-json-stream", MEDIA_LINES },
	{ "application/x-www-form-urlencoded", MEDIA_FORM },
	{ "text/", MEDIA_TEXT },
	{ "message/", MEDIA_TEXT },
	{ "multipart/", MEDIA_TEXT },
	{ "/xml", MEDIA_TEXT },
	{ "+xml", MEDIA_TEXT },
	{ "/javascript", MEDIA_TEXT },
	{ "/x-javascript", MEDIA_TEXT },
	{ "/ecmascript", MEDIA_TEXT },
	{ "/yaml", MEDIA_TEXT },
	{ "/x-yaml", MEDIA_TEXT },
	{ "+yaml", MEDIA_TEXT },
	{ "/toml", MEDIA_TEXT },
	{ "/graphql", MEDIA_TEXT },
	{ "/sql", MEDIA_TEXT },
	{ "/x-sh", MEDIA_TEXT },
	{ "/x-mpegurl", MEDIA_TEXT },
	{ "/vnd.apple.mpegurl", MEDIA_TEXT },
};

struct slice media_name(struct slice content_type)
{
	return fields_trim(slice_cut(content_type, 0, slice_find_byte(content_type, ';')));
}

static bool ends_with(struct slice s, struct slice end)
{
	return s.len >= end.len && slice_eq_nocase(slice_from(s, s.len - end.len), end);
}

/* More than one row may fit: exact and narrow ones, then wide ones. */
static bool fits(struct slice name, const struct row *r)
{
	struct slice type = slice_str(r->type);
	if (type.ptr[0] == '/' || type.ptr[0] == '+')
		return ends_with(name, type);
	if (type.ptr[type.len - 1] == '/')
		return slice_eq_nocase(slice_cut(name, 0, type.len), type);
	return slice_eq_nocase(name, type);
}

enum media media_of(struct slice content_type)
{
	struct slice name = media_name(content_type);
	if (slice_find_byte(name, '/') == name.len)
		return MEDIA_NONE;
	enum media found = MEDIA_BYTES;
	size_t longest = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len = strlen(rows[i].type);
		if (len > longest && fits(name, &rows[i])) {
			found = rows[i].media;
			longest = len;
		}
	}
	return found;
}
