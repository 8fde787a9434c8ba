/* place: escapes and cuts. */
#include "diff/place.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

Test(place, escapes)
{
	static const char *const rows[][2] = {
		{ "plain-Name_1.x[0]", "plain-Name_1.x[0]" },
		{ "a b%\t\x7f", "a%20b%25%09%7F" },
		{ "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xb5", "gr\xc3\xbc\xc3\x9f%20\xe2\x82\xac%20\xf0\x9f\x90\xb5" },
		{ "\xc3", "%C3" },
		{ "\xc0\xaf\xed\xa0\x80\xf5", "%C0%AF%ED%A0%80%F5" },
		{ "\xe2\x80\xae\xc2\x85\xef\xbb\xbf", "%E2%80%AE%C2%85%EF%BB%BF" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct slice s = guard_copy(slice_str(rows[i][0]));
		struct place p;
		place_start(&p, "x:");
		place_add(&p, s);
		cr_assert(slice_eq(slice_from(place_path(&p), 2), slice_str(rows[i][1])), "%.*s", (int)p.len, p.text);
		guard_free(s);
	}
	struct place p;
	place_start(&p, "H:");
	place_add_lower(&p, slice_str("X-\xc3\x84"));
	place_add_text(&p, ".Y");
	cr_assert(slice_eq(place_path(&p), slice_str("H:x-\xc3\x84.Y")));
}

Test(place, cuts_at_whole_characters)
{
	static const char *const pieces[] = { "a", "\xc3\xbc", " ", "\xf0\x9f\x90\xb5" };
	for (size_t k = 0; k < 4; k++)
		for (size_t lead = 0; lead < 6; lead++) {
			struct place p;
			place_start(&p, "");
			for (size_t i = 0; i < lead; i++)
				place_add_text(&p, "x");
			for (size_t i = 0; i < 600; i++)
				place_add(&p, slice_str(pieces[k]));
			struct slice path = place_path(&p);
			cr_assert(p.cut && path.len <= DIFFERENCE_PATH_MAX && path.len > DIFFERENCE_PATH_MAX - 4);
			cr_assert(slice_eq(slice_from(path, path.len - 3), slice_str("...")));
			for (path.len -= 3; path.len; path = slice_from(path, place_character(path)))
				cr_assert(place_character(path));
		}
}
