/* h2: HTTP/2 to a target, by libcurl's ordinary transfers: a carrier (engine.h). Only h2.c and the files of the connector know of libcurl.
 *
 * Each lane has one request in flight, in order; lanes share connections, as HTTP/2 means it (RFC 9113 §9.1). https:// asks for h2 by ALPN,
 * and a target without it gets HTTP/1.1, which is counted; http:// and unix: begin with HTTP/2 (RFC 9113 §3.3). */
#ifndef REPLAY_PLAY_H2_H
#define REPLAY_PLAY_H2_H

struct carrier;
extern const struct carrier carrier_h2;

#endif
