/* clones: the ids of copies. What a run makes of them is in test_in_file.c. */
#include "input/clones.h"

#include <criterion/criterion.h>

Test(clones, ids)
{
	struct message_id a = message_id_make(0x1234, 7), b = message_id_make(0x1234, 8), old;
	cr_assert(message_id_parse(slice_str("0123456789abcdef0123456789abcdef01234567"), &old));
	struct message_id same = clone_id(&a, 0);
	cr_expect(message_id_eq(&same, &a));
	for (size_t copy = 1; copy < 100; copy++) {
		struct message_id x = clone_id(&a, copy), y = clone_id(&b, copy), z = clone_id(&old, copy), before = clone_id(&a, copy - 1);
		cr_expect_eq(message_lane(&x), message_lane(&y), "a lane stays together");
		cr_expect_eq(memcmp(x.hex + 16, "00000007", 8), 0, "the ordinal stays");
		cr_expect_neq(message_lane(&x), message_lane(&before));
		cr_expect_eq(z.len, 24);
	}
}
