/* pattern: which paths a pattern covers. */
#include "diff/pattern.h"

#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

Test(pattern, globs)
{
	static const struct {
		const char *pattern, *text;
		bool match;
	} cases[] = {
		{ "", "", true },          { "", "a", false },       { "*", "", true },           { "*", "a/b", true },
		{ "a*", "a", true },       { "a*c", "abbc", true },  { "a*c", "abcb", false },    { "*a*b*", "xxaxxb", true },
		{ "a", "A", false },       { "**", "x", true },      { "/api/*", "/api/", true }, { "/api/*", "/api", false },
		{ "*/x", "/a/b/x", true }, { "{id}", "{id}", true }, { "{id}", "42", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice pattern = guard_copy(slice_str(cases[i].pattern)), text = guard_copy(slice_str(cases[i].text));
		cr_expect_eq(glob_match(pattern, text), cases[i].match, "'%s' of '%s'", cases[i].pattern, cases[i].text);
		guard_free(pattern);
		guard_free(text);
	}
}

static const struct {
	const char *pattern, *path;
	enum path_match match;
} covers[] = {
	{ "$.a", "$.a", PATH_ITSELF },
	{ "$.a", "$.a.b", PATH_BENEATH },
	{ "$.a", "$.a[*]", PATH_BENEATH },
	{ "$.a", "$.ab", PATH_OTHER },
	{ "$.a", "$", PATH_OTHER },
	{ "$.a", "$.b.a", PATH_OTHER },
	{ "$", "$", PATH_ITSELF },
	{ "$", "$[*].x", PATH_BENEATH },
	{ "$", "body", PATH_OTHER },
	{ "$.meta", "$.meta.ts", PATH_BENEATH },
	/* [*] is any element, and no other thing */
	{ "$.items[*].price", "$.items[*].price", PATH_ITSELF },
	{ "$.items[*].price", "$.items[*].price.net", PATH_BENEATH },
	{ "$.items[*].price", "$.items[*].prices", PATH_OTHER },
	{ "$.items[*].price", "$.items.x.price", PATH_OTHER },
	{ "$.items[*]", "$.items", PATH_OTHER },
	{ "$[*]", "$[\"*\"]", PATH_OTHER },
	/* * stays within a segment */
	{ "$.*", "$.a", PATH_ITSELF },
	{ "$.*", "$[\"odd key\"]", PATH_ITSELF },
	{ "$.*", "$[*]", PATH_OTHER },
	{ "$.*.ts", "$.a.ts", PATH_ITSELF },
	{ "$.*.ts", "$.a.b.ts", PATH_OTHER },
	{ "$.*.ts", "$.ts", PATH_OTHER },
	{ "$.*_at", "$.created_at", PATH_ITSELF },
	{ "$.*_at", "$.created_at.x", PATH_BENEATH },
	{ "$.users.*.name", "$.users.*.name", PATH_ITSELF },
	/* ** goes through them, and may be nothing */
	{ "$.**.ts", "$.ts", PATH_ITSELF },
	{ "$.**.ts", "$.a[*].b.ts", PATH_ITSELF },
	{ "$.**.ts", "$.ts.x.ts", PATH_ITSELF },
	{ "$.**.ts", "$.a.ts.x", PATH_BENEATH },
	{ "$.**.ts", "$.a.tsx", PATH_OTHER },
	{ "$**.ts", "$[*].ts", PATH_ITSELF },
	{ "$.a.**.b.**.c", "$.a.x.b.y.z.c", PATH_ITSELF },
	{ "$.a.**.b.**.c", "$.a.b.c", PATH_ITSELF },
	{ "$.a.**.b.**.c", "$.a.c.b", PATH_OTHER },
	{ "$.**[*].id", "$.a.b[*].id", PATH_ITSELF },
	{ "$.**", "$.a", PATH_ITSELF },
	{ "**", "$.a", PATH_ITSELF },
	{ "**", "status 200>503", PATH_ITSELF },
	{ "**", "something else", PATH_ITSELF },
	/* keys, quoted or not */
	{ "$[\"price\"]", "$.price", PATH_ITSELF },
	{ "$[\"odd key\"]", "$[\"odd key\"]", PATH_ITSELF },
	{ "$[\"odd key\"]", "$[\"odd key\"].x", PATH_BENEATH },
	{ "$[\"a.b\"]", "$.a.b", PATH_OTHER },
	{ "$.a.b", "$[\"a.b\"]", PATH_OTHER },
	{ "$[\"q\\\"]x\"].y", "$[\"q\\\"]x\"].y", PATH_ITSELF },
	{ "$[\"odd *\"]", "$[\"odd key\"]", PATH_ITSELF },
	{ "$.a-b", "$[\"a-b\"]", PATH_ITSELF },
	{ "$[\"**\"].x", "$.a.b.x", PATH_OTHER },
	{ "$[\"**\"].x", "$.a.x", PATH_ITSELF },
	/* headers */
	{ "header:etag", "header:etag", PATH_ITSELF },
	{ "header:etag", "header:etag-x", PATH_OTHER },
	{ "header:x-*", "header:x-request-id", PATH_ITSELF },
	{ "header:x-*", "header:etag", PATH_OTHER },
	{ "header:set-cookie", "header:set-cookie[sid].path", PATH_BENEATH },
	{ "header:set-cookie[sid]", "header:set-cookie[sid]", PATH_ITSELF },
	{ "header:set-cookie[sid]", "header:set-cookie[sid].path", PATH_BENEATH },
	{ "header:set-cookie[sid]", "header:set-cookie[sid2]", PATH_OTHER },
	{ "header:set-cookie[*]", "header:set-cookie[connect.sid]", PATH_ITSELF },
	{ "header:set-cookie[*].path", "header:set-cookie[a].path", PATH_ITSELF },
	{ "header:set-cookie[*].path", "header:set-cookie[a].max-age", PATH_OTHER },
	{ "header:set-cookie[*]", "header:set-cookie", PATH_OTHER },
	/* the others */
	{ "form:page", "form:page", PATH_ITSELF },
	{ "form:page", "form:page.x", PATH_OTHER },
	{ "form:filter[*", "form:filter[name]", PATH_ITSELF },
	{ "status", "status 200>503", PATH_BENEATH },
	{ "status 200>503", "status 200>503", PATH_ITSELF },
	{ "status 200>503", "status 503>200", PATH_OTHER },
	{ "status 2*>5*", "status 201>500", PATH_ITSELF },
	{ "body", "body", PATH_ITSELF },
	{ "body", "bodyguard", PATH_OTHER },
	{ "answer", "answer", PATH_ITSELF },
	{ "latency", "latency", PATH_ITSELF },
	{ "latency", "answer", PATH_OTHER },
	/* paths that were cut */
	{ "$.a[\"long...", "$.a[\"long...", PATH_ITSELF },
	{ "$.a[\"long...", "$.a[\"longer...", PATH_OTHER },
	{ "$.a", "$.a[\"long...", PATH_BENEATH },
	{ "$.a", "$.a...", PATH_BENEATH },
	{ "$.a.b", "$.a[", PATH_OTHER },
	{ "$.a", "$x.a", PATH_OTHER },
	{ "$.a", "", PATH_OTHER },
};

Test(pattern, what_is_covered)
{
	for (size_t i = 0; i < sizeof covers / sizeof covers[0]; i++) {
		struct slice text = guard_copy(slice_str(covers[i].pattern)), path = guard_copy(slice_str(covers[i].path));
		struct path_pattern p;
		const char *why = NULL;
		cr_assert_eq(path_pattern_init(&p, text, &why), 0, "%s: %s", covers[i].pattern, why ? why : "");
		cr_expect_eq(path_pattern_match(&p, path), covers[i].match, "'%s' of '%s': %d", covers[i].pattern, covers[i].path,
		             path_pattern_match(&p, path));
		for (size_t n = 0; n < path.len; n++) {
			struct slice part = guard_copy(slice_cut(path, 0, n));
			cr_expect_leq(path_pattern_match(&p, part), PATH_ITSELF);
			guard_free(part);
		}
		path_pattern_release(&p);
		guard_free(text);
		guard_free(path);
	}
}

Test(pattern, what_is_no_pattern_is_told)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "a path begins with" },        { "foo", "a path begins with" },     { "**.x", "a path begins with" },
		{ "body.x", "a path begins with" },  { "$.items[3].x", "[*] is any" },    { "$.a..b", "behind $ stand" },
		{ "$.", "behind $ stand" },          { "$a", "behind $ stand" },          { "$[x]", "behind $ stand" },
		{ "$[\"a", "a quoted key ends" },    { "$[\"a\"", "a quoted key ends" },  { "$[", "behind $ stand" },
		{ "$[]", "behind $ stand" },         { "header:", "stands a name" },      { "form:", "stands a name" },
		{ "header:[a]", "name is missing" }, { "status 200", "with its change" }, { "status x>y", "with its change" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct slice text = guard_copy(slice_str(cases[i].text));
		struct path_pattern p;
		const char *why = NULL;
		cr_expect_eq(path_pattern_init(&p, text, &why), ERR_USAGE, "'%s'", cases[i].text);
		cr_expect(why && strstr(why, cases[i].says), "'%s': %s", cases[i].text, why ? why : "(nothing)");
		path_pattern_release(&p);
		guard_free(text);
	}
}

Test(pattern, as_many_segments_as_there_may_be)
{
	char text[2 + 2 * (PATTERN_SEGMENTS_MAX + 1)] = "$";
	struct path_pattern p;
	const char *why = NULL;
	for (int i = 0; i < PATTERN_SEGMENTS_MAX; i++)
		strcat(text, ".a");
	cr_expect_eq(path_pattern_init(&p, slice_str(text), &why), 0);
	cr_expect_eq(path_pattern_match(&p, slice_str(text)), PATH_ITSELF);
	path_pattern_release(&p);
	strcat(text, ".a");
	cr_expect_eq(path_pattern_init(&p, slice_str(text), &why), ERR_USAGE);
	path_pattern_release(&p);
}

Test(pattern, no_memory)
{
	struct path_pattern p;
	const char *why = NULL;
	alloc_fail_at(1);
	cr_expect_eq(path_pattern_init(&p, slice_str("$.a.b"), &why), ERR_NOMEM);
	alloc_fail_at(0);
	path_pattern_release(&p);
}
