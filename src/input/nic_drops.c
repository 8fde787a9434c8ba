/* nic_drops: the statistics that getifaddrs(3) brings along (RTM_GETLINK), the same in every network namespace. */
#include "input/nic_drops.h"

#include <ifaddrs.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

void nic_drops_take(struct nic_drops *d, unsigned index, uint32_t counter)
{
	size_t i = 0;
	while (i < d->n && d->seen[i].index != index)
		i++;
	if (i == NIC_DROPS_INTERFACES)
		return;
	if (i == d->n) {
		d->n++;
		d->seen[i].index = index;
		/* One that came later began at 0, and all of it was while we looked. */
		d->seen[i].last = d->started ? 0 : counter;
	}
	d->total += (uint32_t)(counter - d->seen[i].last);
	d->seen[i].last = counter;
}

void nic_drops_update(struct nic_drops *d, const char *device)
{
	struct ifaddrs *all = NULL;
	if (getifaddrs(&all) != 0)
		return;
	for (const struct ifaddrs *a = all; a; a = a->ifa_next) {
		struct rtnl_link_stats s;
		unsigned index;
		if (!a->ifa_addr || a->ifa_addr->sa_family != AF_PACKET || !a->ifa_data || (device && strcmp(device, a->ifa_name) != 0))
			continue;
		index = if_nametoindex(a->ifa_name);
		memcpy(&s, a->ifa_data, sizeof s);
		/* As libpcap counts them: missed because its ring was full, or its queue. */
		if (index)
			nic_drops_take(d, index, s.rx_missed_errors + s.rx_fifo_errors);
	}
	freeifaddrs(all);
	d->started = true;
}
