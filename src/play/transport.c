/* transport: the plain socket. */
#include "play/transport.h"

#include <errno.h>
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
