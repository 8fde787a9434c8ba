/* own_flows: the connections this process itself has open, so that a capture never records its own replay.
 *
 * The player adds a connection's local endpoint when it connects and removes it when it closes; a capture asks for each new flow.
 * A removed endpoint stays known for OWN_FLOWS_LINGER_NS, since its last packets may still wait in a capture buffer. Shards share one: any thread may
 * call. */
#ifndef REPLAY_MODEL_OWN_FLOWS_H
#define REPLAY_MODEL_OWN_FLOWS_H

#include "model/endpoint.h"

#include <stddef.h>

#define OWN_FLOWS_LINGER_NS 5000000000LL

struct own_flows;

struct own_flows *own_flows_new(void); /* NULL when out of memory */
void own_flows_free(struct own_flows *o);

/* Held from before connect() until the address it chose is added: another thread's capture may meet the connection's first packet in between, and
 * waits then. Pairs; add may be called inside. NULL is allowed. */
void own_flows_hold(struct own_flows *o);
void own_flows_let(struct own_flows *o);

int own_flows_add(struct own_flows *o, const struct endpoint *local); /* 0 or a negative error */
void own_flows_remove(struct own_flows *o, const struct endpoint *local, int64_t now_ns);

/* At once: no connection came of it, so no bytes of ours can follow, and somebody else may get the port next. */
void own_flows_forget(struct own_flows *o, const struct endpoint *local);

/* Is a flow between a and b ours? now_ns: monotonic, to forget removed ones. */
bool own_flows_has(struct own_flows *o, const struct endpoint *a, const struct endpoint *b, int64_t now_ns);

#endif
