/* nic_drops: counters that wrap, interfaces that come and go. */
#include "input/nic_drops.h"

#include <criterion/criterion.h>

Test(nic_drops, counters)
{
	struct nic_drops d = { 0 };
	nic_drops_take(&d, 2, UINT32_MAX - 1); /* lost before we looked */
	nic_drops_take(&d, 3, 7);
	d.started = true;
	cr_expect_eq(d.total, 0);
	nic_drops_take(&d, 2, 3); /* over the wrap */
	nic_drops_take(&d, 3, 7);
	cr_expect_eq(d.total, 5);
	nic_drops_take(&d, 9, 4); /* an interface that came since */
	cr_expect_eq(d.total, 9);
	for (int i = 0; i < 3; i++)
		nic_drops_take(&d, 2, d.seen[0].last + 0x80000000U);
	cr_expect_eq(d.total, 9 + 3 * 0x80000000ULL);
}

Test(nic_drops, more_interfaces_than_there_is_room_for)
{
	struct nic_drops d = { .started = true };
	for (unsigned i = 1; i <= NIC_DROPS_INTERFACES + 10; i++)
		nic_drops_take(&d, i, 1);
	cr_expect_eq(d.total, NIC_DROPS_INTERFACES);
}

Test(nic_drops, the_system_is_asked)
{
	struct nic_drops d = { 0 };
	nic_drops_update(&d, "lo");
	cr_expect(d.started && d.n <= 1 && d.total == 0);
	nic_drops_update(&d, "lo");
	cr_expect_eq(d.total, 0);
}
