/* proxy: the header of the PROXY protocol, which a load balancer sends before a connection's first byte to say whom it speaks for.
 *
 * Takes the bytes of such a header; gives its length and the client's address. Owns nothing. Format:
 * https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt */
#ifndef REPLAY_HTTP_PROXY_H
#define REPLAY_HTTP_PROXY_H

#include "base/slice.h"
#include "model/endpoint.h"

/* Version 2, from behind the empty lines that it begins with: how long it is, or how many bytes tell. */
size_t http_proxy_v2_size(struct slice s);

/* A whole header of either version. False: it names no client. */
bool http_proxy_client(struct slice header, struct endpoint *client);

#endif
