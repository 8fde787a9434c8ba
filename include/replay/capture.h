/* replay/capture.h: packets in, HTTP messages out. Brings no packets of its own: give it those of your capture, in order. */
#ifndef REPLAY_CAPTURE_H
#define REPLAY_CAPTURE_H

#include <replay/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rp_capture rp_capture;

rp_capture *rp_capture_new(void); /* NULL: out of memory */

/* link_type: a LINKTYPE_ value (https://www.tcpdump.org/linktypes.html). wire_len: the packet's length before the capture cut it. */
void rp_capture_packet(rp_capture *c, uint32_t link_type, int64_t time_ns, const void *bytes, size_t len, size_t wire_len);

/* No more packets will come: what is unfinished is given out, flagged. */
void rp_capture_finish(rp_capture *c);

/* The next finished message, the caller's to free; NULL: none yet. */
rp_message *rp_capture_next(rp_capture *c);

void rp_capture_free(rp_capture *c);

#ifdef __cplusplus
}
#endif
#endif
