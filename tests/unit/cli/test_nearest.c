/* nearest: distances, and what counts as a slip. */
#include "cli/nearest.h"

#include <criterion/criterion.h>

Test(nearest, distances)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} rows[] = {
		{ "", "", 0 },
		{ "a", "", 1 },
		{ "", "abc", 3 },
		{ "speed", "speed", 0 },
		{ "sped", "speed", 1 },
		{ "speeed", "speed", 1 },
		{ "spead", "speed", 1 },
		{ "psede", "speed", 2 },
		{ "psed", "sped", 1 },
		{ "output-htpt", "output-http", 1 },
		{ "kitten", "sitting", 3 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		cr_assert_eq(edit_distance(rows[i].a, rows[i].b), rows[i].distance, "%s, %s", rows[i].a, rows[i].b);
		cr_assert_eq(edit_distance(rows[i].b, rows[i].a), rows[i].distance, "%s, %s", rows[i].b, rows[i].a);
	}
}

Test(nearest, long_words_are_far_apart)
{
	char word[200];
	memset(word, 'x', sizeof word - 1);
	word[sizeof word - 1] = 0;
	cr_assert_gt(edit_distance(word, "x"), 100);
	cr_assert_not(edit_is_slip(word, edit_distance(word, "x")));
}

Test(nearest, slips)
{
	cr_assert(edit_is_slip("cta", 1));
	cr_assert_not(edit_is_slip("xyz", 2));
	cr_assert(edit_is_slip("output-fiel", 2));
	cr_assert_not(edit_is_slip("something", 5));
}
