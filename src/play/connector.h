/* connector: makes connections to one target, by libcurl. Only connector.c, curl_setup.c and h2*.c know of libcurl.
 *
 * Takes a URL; gives transports. DNS, IPv4/IPv6 racing, TLS, proxies and unix sockets are libcurl's work (CURLOPT_CONNECT_ONLY), on the
 * caller's epoll descriptor. A plain connection's socket is taken over once connected and libcurl forgets it; a TLS connection
 * stays with its libcurl handle. A name with several addresses is used in turn, and looked up again after a minute. A proxy is asked for a
 * tunnel (CONNECT), so that bytes stay as they are; proxies named in the environment are not used: load goes where its user said.
 *
 * Every socket's local endpoint is in own_flows from connect() to close. */
#ifndef REPLAY_PLAY_CONNECTOR_H
#define REPLAY_PLAY_CONNECTOR_H

#include "model/own_flows.h"
#include "play/reach.h"
#include "play/transport.h"
#include "play/url.h"

enum connect_failure {
	CONNECT_OK,
	CONNECT_RESOLVE,
	CONNECT_REFUSED, /* or unreachable, or any cause without a name of its own */
	CONNECT_TLS,
	CONNECT_TIMEOUT,
	CONNECT_NO_MEMORY,
	CONNECT_NO_DESCRIPTOR, /* the process or the system has none left */
};

struct connector_options {
	const struct play_url *url;     /* borrowed until connector_new returns */
	const struct play_reach *reach; /* its texts are borrowed for as long as the connector lives */
	int64_t timeout_ns;
	struct own_flows *own_flows; /* may be NULL */
	int epoll_fd;                /* borrowed */
};

/* Calls of connector_event and connector_tick only; never from within connector_start. */
struct connector_sink {
	void *arg;
	void (*connected)(void *arg, void *token, struct transport t); /* takes the transport: connector_close ends it */
	void (*failed)(void *arg, void *token, enum connect_failure why, const char *text);
};

struct connector;
struct attempt;

struct connector *connector_new(const struct connector_options *options, struct connector_sink sink, struct err *err);
void connector_free(struct connector *c); /* transports must be closed before; attempts end without a call */

/* Begins; NULL when out of memory. The attempt lives until one of the sink's calls, or connector_cancel. */
struct attempt *connector_start(struct connector *c, void *token, int64_t now_ns);
void connector_cancel(struct connector *c, struct attempt *a, int64_t now_ns);
void connector_close(struct connector *c, struct transport *t, int64_t now_ns);

/* epoll_data.u64 of the connector's own descriptors has its lowest bit set; pointers have not. */
static inline bool connector_owns(uint64_t tag)
{
	return tag & 1;
}
void connector_event(struct connector *c, uint64_t tag, uint32_t events, int64_t now_ns);
void connector_tick(struct connector *c, int64_t now_ns); /* at the deadline */
int64_t connector_deadline(const struct connector *c);

#endif
