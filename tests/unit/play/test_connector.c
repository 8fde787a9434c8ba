/* connector: names, unix sockets, own flows, through the player that uses it. TLS has a file of its own. */
#include "unit/play/rig.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct player_hints none;

Test(connector, an_unknown_name_is_its_own_cause)
{
	struct rig r = { 0 };
	/* RFC 6761 §6.4. Long enough for a resolver that nobody answers to give up by itself. */
	rig_open(&r, (struct player_options){ .url = "http://no-such-name.invalid", .timeout_ns = 60 * NS_PER_S });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_FAILED_RESOLVE);
	rig_balanced(&r);
	rig_close(&r);
}

Test(connector, speaks_through_a_unix_socket)
{
	char path[64], url[80];
	(void)snprintf(path, sizeof path, "/tmp/replay-unit-%d.sock", (int)getpid());
	(void)snprintf(url, sizeof url, "unix:%s", path);
	struct rig r = { .server = unit_server_new(path) };
	struct own_flows *own = own_flows_new();
	rig_open(&r, (struct player_options){ .url = url, .keep_response = true, .own_flows = own });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	cr_assert_eq(rig_submit(&r, 1, "b ok", none), 0);
	rig_until(&r, 2);
	cr_expect_str_eq(r.requests[1].response, "K b ok\n");
	cr_expect_eq(unit_server_accepted(r.server), 1);
	rig_close(&r);
	own_flows_free(own);
	(void)unlink(path);
}

Test(connector, a_unix_socket_that_is_not_there_is_refused)
{
	struct rig r = { 0 };
	rig_open(&r, (struct player_options){ .url = "unix:/nonexistent/replay.sock" });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_FAILED_CONNECT);
	rig_balanced(&r);
	rig_close(&r);
}

/* A capture must know a connection as ours before it can have read a packet of it. */
Test(connector, its_connections_are_known_as_own_flows)
{
	struct rig r = { 0 };
	struct own_flows *own = own_flows_new();
	rig_open(&r, (struct player_options){ .own_flows = own });
	cr_assert_eq(rig_submit(&r, 1, "a hang", none), 0);
	/* No tick yet: connect() has begun within submit. */
	int fd = -1;
	struct sockaddr_in in = { 0 };
	for (int i = 3; i < 64 && fd < 0; i++) {
		socklen_t len = sizeof in;
		if (getpeername(i, (struct sockaddr *)&in, &len) == 0 && in.sin_family == AF_INET)
			fd = i;
	}
	cr_assert_geq(fd, 0);
	socklen_t len = sizeof in;
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	struct endpoint local = { .family = 4, .port = ntohs(in.sin_port), .addr = { 127, 0, 0, 1 } }, other = { .family = 4 };
	cr_expect(own_flows_has(own, &local, &other, r.now_ns));
	rig_idle_steps(&r, 5);
	cr_expect(own_flows_has(own, &other, &local, r.now_ns));
	player_give_up(r.player, r.now_ns);
	cr_expect(own_flows_has(own, &local, &other, r.now_ns), "its last packets may still wait in a capture buffer");
	cr_expect_not(own_flows_has(own, &local, &other, r.now_ns + OWN_FLOWS_LINGER_NS + 1));
	rig_close(&r);
	own_flows_free(own);
}

Test(connector, may_go_while_a_name_is_looked_up)
{
	size_t files = rig_open_files();
	for (int i = 0; i < 5; i++) {
		struct rig r = { 0 };
		rig_open(&r, (struct player_options){ .url = "http://another-no-such-name.invalid" });
		cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
		if (i % 2)
			player_give_up(r.player, r.now_ns);
		rig_close(&r);
	}
	/* The resolver's threads hold descriptors until the look-up is through. */
	for (int i = 0; i < 2000 && rig_open_files() > files; i++)
		(void)usleep(10000);
	cr_expect_leq(rig_open_files(), files);
}

/* Load goes where its user said, whatever the environment holds. */
Test(connector, uses_no_proxy_of_the_environment)
{
	struct rig r = { 0 };
	static const char *const names[] = { "http_proxy", "https_proxy", "all_proxy", "ALL_PROXY" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_assert_eq(setenv(names[i], "http://127.0.0.1:1", 1), 0);
	rig_open(&r, (struct player_options){ 0 });
	cr_assert_eq(rig_submit(&r, 1, "a ok", none), 0);
	rig_until(&r, 1);
	rig_expect(&r, 0, TARGET_ANSWERED);
	cr_expect_str_eq(unit_server_log(r.server), "0:a ok\n");
	rig_close(&r);
}
