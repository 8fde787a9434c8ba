/* transport: an open connection's bytes, whatever carries them: a plain socket, or TLS kept by libcurl. Never blocks. */
#ifndef REPLAY_PLAY_TRANSPORT_H
#define REPLAY_PLAY_TRANSPORT_H

#include "base/slice.h"
#include "model/endpoint.h"

#include <sys/types.h>

enum { TRANSPORT_AGAIN = -1, TRANSPORT_BROKEN = -2 };

struct transport;
struct transport_ops {
	ssize_t (*send)(struct transport *t, struct slice bytes);      /* bytes taken, AGAIN or BROKEN */
	ssize_t (*recv)(struct transport *t, void *into, size_t room); /* bytes, 0: the peer closed, AGAIN or BROKEN */
	void (*close)(struct transport *t);
	bool records; /* bytes may wait above the socket: after a read, read on until AGAIN */
};

struct transport {
	const struct transport_ops *ops;
	int fd;                /* for epoll */
	void *handle;          /* the connector's, where libcurl keeps the connection */
	struct endpoint local; /* family 0: not known, or none (unix) */
};

extern const struct transport_ops transport_plain;

bool transport_local(int fd, struct endpoint *out); /* the socket's own address; false: none yet, or no port in it */

#endif
