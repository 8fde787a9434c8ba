/* turns: addresses in turn, by themselves and through the player. */
#include "play/turns.h"

#include "unit/play/rig.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <stdio.h>

static struct sockaddr_in v4(uint8_t last)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(0x7f000000u + last) };
}

static unsigned picked(const struct turns *t, size_t first, size_t try)
{
	struct sockaddr_in in = v4(99);
	turns_pick(t, first, try, (struct sockaddr *)&in, sizeof in);
	return ntohl(in.sin_addr.s_addr) & 0xff;
}

Test(turns, each_connection_begins_with_the_next)
{
	struct turns t = { 0 };
	struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
	cr_expect_eq(picked(&t, 0, 0), 99, "nothing learned yet");
	for (uint8_t i = 1; i <= 3; i++) {
		struct sockaddr_in in = v4(i);
		turns_learn(&t, (struct sockaddr *)&in, sizeof in);
		turns_learn(&t, (struct sockaddr *)&in, sizeof in); /* twice the same is one */
	}
	turns_learn(&t, (struct sockaddr *)&six, sizeof six);
	cr_expect_eq(picked(&t, 0, 0), 99, "the list is not whole");
	turns_learned(&t);
	for (size_t first = 0; first < 9; first++)
		for (size_t try = 0; try < 3; try++)
			cr_expect_eq(picked(&t, first, try), (first + try) % 3 + 1);
	turns_learned(&t); /* a look-up that found nothing changes nothing */
	cr_expect_eq(picked(&t, 1, 0), 2);
	struct sockaddr_in6 other = { .sin6_family = AF_INET6, .sin6_port = 7 };
	turns_pick(&t, 0, 0, (struct sockaddr *)&other, sizeof other);
	cr_expect_eq(other.sin6_port, 7, "the only one of its family is not touched");
	for (unsigned i = 0; i < 300; i++) {
		struct sockaddr_in in = v4((uint8_t)i);
		turns_learn(&t, (struct sockaddr *)&in, sizeof in);
	}
	turns_learned(&t);
	cr_expect_eq(t.n, TURNS_MAX);
}

/* libcurl goes on to the next address by a timer, and its clock is the real one. */
static void until(struct rig *r, size_t done)
{
	int64_t ahead_ns = r->now_ns - clock_mono_ns();
	for (int i = 0; i < 20000 && r->done < done; i++) {
		rig_idle_steps(r, 1);
		r->now_ns = clock_mono_ns() + ahead_ns;
	}
	cr_assert_eq(r->done, done);
}

/* 127.0.0.2 refuses, 127.0.0.1 answers: every other connection begins with the first, and all get through. */
Test(turns, a_name_with_several_addresses)
{
	struct rig r = { .server = unit_server_new(NULL) };
	char url[64], pin[96];
	const char *pins[] = { pin };
	(void)snprintf(url, sizeof url, "http://many.test:%u", unit_server_port(r.server));
	(void)snprintf(pin, sizeof pin, "many.test:%u:127.0.0.1,127.0.0.2", unit_server_port(r.server));
	size_t files = rig_open_files();
	rig_open(&r, (struct player_options){ .url = url, .reach = { .resolve = { pins, 1 } } });
	for (int i = 0; i < 40; i++)
		cr_assert_eq(rig_submit(&r, (uint64_t)i, "a ok", (struct player_hints){ 0 }), 0);
	until(&r, 40);
	struct player_numbers now;
	player_numbers(r.player, &now);
	cr_expect_eq(rig_count(&r, TARGET_ANSWERED), 40, "%s", now.last_error);
	r.now_ns += 61 * NS_PER_S; /* looked up again, nothing breaks */
	for (int i = 0; i < 40; i++)
		cr_assert_eq(rig_submit(&r, (uint64_t)i, "a ok", (struct player_hints){ 0 }), 0);
	until(&r, 80);
	cr_expect_eq(rig_count(&r, TARGET_ANSWERED), 80);
	rig_balanced(&r);
	rig_close(&r);
	cr_expect_leq(rig_open_files(), files);
}
