/* flow_table: the flows there are: found by address, opened, aged, closed. flow.c decides; this does. */
#ifndef REPLAY_WIRE_FLOW_TABLE_H
#define REPLAY_WIRE_FLOW_TABLE_H

#include "wire/reassembly.h"

/* The flow of this segment's addresses and VLAN, in any state, or NULL. */
struct flow *flow_find(struct flow_table *t, const struct segment *s);

/* A flow of these addresses in another VLAN, of which only the other direction was seen, or NULL. */
struct flow *flow_find_one_sided(struct flow_table *t, const struct segment *s);

/* A new one, of which the reader has been told; evicts the oldest at the limit. NULL when out of memory. */
struct flow *flow_open(struct flow_table *t, const struct segment *s);

/* Which side sends from src? */
int flow_side(const struct flow *f, const struct endpoint *src);

/* A segment came: the flow is the youngest again. */
void flow_touch(struct flow_table *t, struct flow *f, const struct segment *s);

/* A RST came before the handshake was through: unless more comes, the flow ends soon. */
void flow_refused(struct flow_table *t, struct flow *f);

void flow_end_side(struct flow_table *t, struct flow *f, int side, enum stream_end how);

/* Ends the sides that have not ended and tells the reader; the flow itself stays: bury or replace it. */
void flow_close(struct flow_table *t, struct flow *f, enum stream_end how);

/* Keeps a closed flow for a while. */
void flow_bury(struct flow_table *t, struct flow *f);

/* Another connection takes the addresses: closes the flow, if need be, and frees it. */
void flow_replace(struct flow_table *t, struct flow *f);

#endif
