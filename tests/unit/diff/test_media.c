/* media: types and what they compare as. */
#include "diff/media.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

static const struct {
	const char *type;
	enum media media;
} rows[] = {
	{ "", MEDIA_NONE },
	{ "nonsense", MEDIA_NONE },
	{ "application/octet-stream", MEDIA_NONE },
	{ "application/json", MEDIA_JSON },
	{ "Application/JSON ; charset=utf-8", MEDIA_JSON },
	{ "text/json", MEDIA_JSON },
	{ "application/problem+json", MEDIA_JSON },
	{ "application/vnd.api+json;v=1", MEDIA_JSON },
	{ "application/x-ndjson", MEDIA_LINES },
	{ "application/jsonl", MEDIA_LINES },
	{ "application/json-seq", MEDIA_LINES },
	{ "application/stream+json", MEDIA_LINES },
	{ "application/x-www-form-urlencoded", MEDIA_FORM },
	{ "text/html; charset=utf-8", MEDIA_TEXT },
	{ "text/x-anything", MEDIA_TEXT },
	{ "text/event-stream", MEDIA_TEXT },
	{ "application/xml", MEDIA_TEXT },
	{ "application/atom+xml", MEDIA_TEXT },
	{ "image/svg+xml", MEDIA_TEXT },
	{ "application/javascript", MEDIA_TEXT },
	{ "image/png", MEDIA_BYTES },
	{ "application/pdf", MEDIA_BYTES },
	{ "application/x-protobuf", MEDIA_BYTES },
	{ "application/notjson", MEDIA_BYTES },
};

Test(media, table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice s = guard_copy(slice_str(rows[i].type));
		cr_assert_eq(media_of(s), rows[i].media, "%s", rows[i].type);
		guard_free(s);
	}
	cr_assert(slice_eq(media_name(slice_str(" text/html ;q")), slice_str("text/html")));
}
