/* fold: which parts of a path are names of one thing among many. */
#include "http/fold.h"
#include "support/unit_alloc.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

static const char *const rows[][2] = {
	{ "/", "/" },
	{ "", "" },
	{ "*", "*" },
	{ "/items/1", "/items/{id}" },
	{ "/items/123456/", "/items/{id}/" },
	{ "/items/12a", "/items/12a" },
	{ "/items//7", "/items//{id}" },
	{ "/a/550e8400-e29b-41d4-a716-446655440000/b", "/a/{id}/b" },
	{ "/a/550E8400-E29B-41D4-A716-446655440000", "/a/{id}" },
	{ "/c/deadbeef", "/c/deadbeef" }, /* a word, as far as can be told */
	{ "/c/deadbee1", "/c/{id}" },
	{ "/c/facade1", "/c/facade1" }, /* too short */
	{ "/c/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "/c/{id}" },
	{ "/t/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "/t/{id}" },
	{ "/t/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/t/{id}" },
	{ "/t/internationalization-settings", "/t/internationalization-settings" },
	{ "/blog/a-post-of-2024-about-many-cats", "/blog/a-post-of-2024-about-many-cats" },
	{ "/v1/users/42/posts?id=7&x=/9", "/v1/users/{id}/posts" },
	{ "/v1.2/x", "/v1.2/x" },
	{ "/files/123.json", "/files/{id}.json" },
	{ "/js/app.3f2a91bc.js", "/js/app.{id}.js" },
	{ "/x#frag/12", "/x" },
	{ "http://example.com/items/5?q", "/items/{id}" },
	{ "http://example.com", "/" },
	{ "example.com:443", "example.com:443" },
	{ "/a?u=http://x/1", "/a" },
};

Test(fold, table)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice at_edge = guard_copy(slice_str(rows[i][0]));
		struct buf out;
		buf_init(&out, 4096);
		cr_assert_eq(fold_path(at_edge, &out), 0);
		cr_assert(slice_eq(buf_slice(&out), slice_str(rows[i][1])), "%s: %.*s", rows[i][0], (int)out.len, out.ptr);
		buf_release(&out);
		guard_free(at_edge);
	}
}

Test(fold, every_prefix_is_safe)
{
	struct slice s = slice_str("http://h/a/550e8400-e29b-41d4-a716-446655440000/x.12345678.y?z#w");
	for (size_t n = 0; n <= s.len; n++) {
		struct slice at_edge = guard_copy(slice_cut(s, 0, n));
		struct buf out;
		buf_init(&out, 4096);
		cr_assert_eq(fold_path(at_edge, &out), 0);
		cr_assert_leq(out.len, n + 3);
		buf_release(&out);
		guard_free(at_edge);
	}
}

Test(fold, long_paths_are_cut)
{
	char path[5000];
	memset(path, 'a', sizeof path);
	path[0] = '/';
	struct buf out;
	buf_init(&out, 4096);
	cr_assert_eq(fold_path(slice_of(path, sizeof path), &out), 0);
	cr_assert_eq(out.len, 259);
	buf_clear(&out);
	alloc_fail_at(1);
	buf_release(&out);
	buf_init(&out, 4096);
	cr_assert_eq(fold_path(slice_of(path, sizeof path), &out), ERR_NOMEM);
	alloc_fail_at(0);
	buf_release(&out);
}
