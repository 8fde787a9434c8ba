/* vxlan: which datagrams are read, and what is in them. */
#include "input/vxlan.h"
#include "support/unit_guard.h"

#include <criterion/criterion.h>

Test(vxlan, unwrap)
{
	static const uint8_t whole[] = { 0x08, 0, 0, 0, 0x01, 0x02, 0x03, 0, 'f', 'r', 'a', 'm', 'e' };
	struct slice frame;
	uint32_t vni;
	for (size_t len = 0; len <= sizeof whole; len++) {
		struct slice s = guard_copy(slice_of(whole, len));
		bool is = vxlan_unwrap(s, &frame, &vni);
		cr_expect_eq(is, len > 8, "%zu bytes", len);
		if (is)
			cr_expect(vni == 0x010203 && slice_eq(frame, slice_of("frame", len - 8)));
		guard_free(s);
	}
	static const uint8_t without[] = { 0x00, 0, 0, 0, 0, 0, 1, 0, 'x' };
	cr_expect_not(vxlan_unwrap(slice_of(without, sizeof without), &frame, &vni), "the flag that the network is valid");
}

Test(vxlan, networks)
{
	static const struct {
		const char *list[4];
		size_t n;
		bool has_1, has_5, has_9;
	} cases[] = {
		{ { NULL }, 0, true, true, true },         { { "5" }, 1, false, true, false },
		{ { "5", "9" }, 2, false, true, true },    { { "-5" }, 1, true, false, true },
		{ { "-5", "-1" }, 2, false, false, true }, { { "5", "9", "-9" }, 3, false, true, false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct vni_set s;
		struct text_list list = { cases[i].list, cases[i].n };
		cr_assert_eq(vni_set_parse(&list, &s, NULL), 0);
		cr_expect_eq(vni_set_has(&s, 1), cases[i].has_1, "case %zu", i);
		cr_expect_eq(vni_set_has(&s, 5), cases[i].has_5, "case %zu", i);
		cr_expect_eq(vni_set_has(&s, 9), cases[i].has_9, "case %zu", i);
	}
	static const char *const bad[] = { "", "-", "x", "--5", "16777216", "5x" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct vni_set s;
		struct err err = { 0 };
		struct text_list list = { &bad[i], 1 };
		cr_expect_eq(vni_set_parse(&list, &s, &err), ERR_USAGE, "%s", bad[i]);
	}
}
