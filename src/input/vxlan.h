/* vxlan: mirrored traffic that arrives in VXLAN datagrams (RFC 7348), as cloud providers send it; the engine of that name. No privilege is
 * needed: it is a UDP listener. */
#ifndef REPLAY_INPUT_VXLAN_H
#define REPLAY_INPUT_VXLAN_H

#include "input/in_raw.h"

int vxlan_open(const char *const *addresses, size_t n, const struct raw_options *options, const struct io_env *env, struct input **out,
               struct err *err);

/* Which networks are read: those listed; with negative numbers in the list, all but these. */
struct vni_set {
	uint32_t only[64], but[64];
	size_t only_n, but_n;
};
int vni_set_parse(const struct text_list *list, struct vni_set *out, struct err *err);
bool vni_set_has(const struct vni_set *s, uint32_t vni);

/* The frame inside of a datagram's payload, and its network. False: it is none. */
bool vxlan_unwrap(struct slice datagram, struct slice *frame, uint32_t *vni);

#endif
