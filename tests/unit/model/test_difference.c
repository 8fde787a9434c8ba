/* difference: each kind has a name of its own. */
#include "model/difference.h"

#include <criterion/criterion.h>

Test(difference, kinds_have_names)
{
	for (int i = 0; i < DIFFERENCE_KINDS; i++) {
		cr_assert(difference_kind_name((enum difference_kind)i));
		for (int k = 0; k < i; k++)
			cr_assert_str_neq(difference_kind_name((enum difference_kind)i), difference_kind_name((enum difference_kind)k));
	}
}
