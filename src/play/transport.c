/* transport: the plain socket. */
#include "play/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t outcome(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? TRANSPORT_AGAIN : TRANSPORT_BROKEN;
}

static ssize_t plain_send(struct transport *t, struct slice bytes)
{
	return outcome(send(t->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT));
}

static ssize_t plain_recv(struct transport *t, void *into, size_t room)
{
	return outcome(recv(t->fd, into, room, MSG_DONTWAIT));
}

static void plain_close(struct transport *t)
{
	(void)close(t->fd);
	t->fd = -1;
}

const struct transport_ops transport_plain = { plain_send, plain_recv, plain_close, false };

bool transport_local(int fd, struct endpoint *out)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	*out = (struct endpoint){ 0 };
	if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
		return false;
	if (at.ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)&at;
		out->family = 4;
		out->port = ntohs(in->sin_port);
		memcpy(out->addr, &in->sin_addr, 4);
	} else if (at.ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&at;
		out->family = 6;
		out->port = ntohs(in6->sin6_port);
		memcpy(out->addr, &in6->sin6_addr, 16);
	}
	return out->family && out->port;
}
