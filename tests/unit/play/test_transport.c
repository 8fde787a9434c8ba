/* transport: the plain socket's four outcomes. */
#include "play/transport.h"

#include <criterion/criterion.h>
#include <sys/socket.h>
#include <unistd.h>

static struct transport pair_up(int *peer)
{
	int fds[2];
	cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	*peer = fds[1];
	return (struct transport){ .ops = &transport_plain, .fd = fds[0] };
}

Test(transport, carries_bytes_and_never_blocks)
{
	int peer;
	struct transport t = pair_up(&peer);
	char in[8] = { 0 };
	cr_expect_eq(t.ops->recv(&t, in, sizeof in), TRANSPORT_AGAIN);
	cr_expect_eq(t.ops->send(&t, slice_str("there")), 5);
	cr_expect_eq(read(peer, in, sizeof in), 5);
	cr_expect_eq(write(peer, "back", 4), 4);
	cr_expect_eq(t.ops->recv(&t, in, sizeof in), 4);
	static char block[65536];
	ssize_t n, all = 0;
	while ((n = t.ops->send(&t, slice_of(block, sizeof block))) > 0)
		all += n;
	cr_expect_eq(n, TRANSPORT_AGAIN, "a full socket is no reason to wait");
	cr_expect_gt(all, 0);
	t.ops->close(&t);
	cr_expect_eq(t.fd, -1);
	(void)close(peer);
}

Test(transport, tells_an_end_from_a_break)
{
	int peer;
	struct transport t = pair_up(&peer);
	char in[8];
	cr_assert_eq(shutdown(peer, SHUT_WR), 0);
	cr_expect_eq(t.ops->recv(&t, in, sizeof in), 0);
	(void)close(peer);
	cr_expect_eq(t.ops->send(&t, slice_str("late")), TRANSPORT_BROKEN, "and no SIGPIPE");
	t.ops->close(&t);
}
