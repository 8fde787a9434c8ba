/* fanout: each interface's packets spread over the capture sockets of several shards, both directions of a connection to the same one.
 *
 * What is tunnelled, and what is no TCP, goes to the first; so do IPv6's fragments, whatever their connection. Any thread may join and leave. */
#ifndef REPLAY_INPUT_FANOUT_H
#define REPLAY_INPUT_FANOUT_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define FANOUT_MAX 64 /* interfaces */

struct fanout;

struct fanout *fanout_new(void); /* NULL when out of memory */
struct fanout *fanout_share(struct fanout *f);
void fanout_release(struct fanout *f); /* of the one that made it and of each that shares it; NULL is allowed */

/* fd: a packet socket that is bound to the interface `which`. From then on it has a part of its packets; those it has already may be others'. f
 * NULL: nothing to do. 0 or a negative error. */
int fanout_join(struct fanout *f, size_t which, int fd, struct err *err);
void fanout_leave(struct fanout *f, size_t which); /* the socket is closed */

/* Before any packet is read: all have joined, and what came earlier is not to be taken. */
void fanout_begins(struct fanout *f, int64_t unix_ns);
int64_t fanout_since(const struct fanout *f); /* 0: not said, or f is NULL */

#endif
