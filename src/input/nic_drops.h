/* nic_drops: packets that interfaces themselves lost since one began to look: the ring of the card was full before the kernel came.
 *
 * libpcap counts these in promiscuous mode alone, and never for all interfaces. Here: of one interface by name, or of all there are. */
#ifndef REPLAY_INPUT_NIC_DROPS_H
#define REPLAY_INPUT_NIC_DROPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NIC_DROPS_INTERFACES 256

struct nic_drops {
	struct {
		unsigned index;
		uint32_t last; /* the kernel's counter, 32 bits wide here: differences live through its wrap */
	} seen[NIC_DROPS_INTERFACES];
	size_t n;
	uint64_t total;
	bool started;
};

/* Asks the kernel: *total goes on. device NULL: all interfaces. What an interface lost before the first call does not count. */
void nic_drops_update(struct nic_drops *d, const char *device);

/* The part without the kernel: an interface's counter now. */
void nic_drops_take(struct nic_drops *d, unsigned index, uint32_t counter);

#endif
