/* own_flows: known while open and a little longer, then forgotten. */
#include "model/own_flows.h"

#include <criterion/criterion.h>
#include <pthread.h>

static struct endpoint at(uint16_t port)
{
	return (struct endpoint){ .family = 4, .port = port, .addr = { 127, 0, 0, 1 } };
}

Test(own_flows, lingers_and_forgets)
{
	struct own_flows *o = own_flows_new();
	struct endpoint mine = at(40000), other = at(40001), server = at(80);
	cr_expect_not(own_flows_has(o, &mine, &server, 0));
	cr_assert_eq(own_flows_add(o, &mine), 0);
	cr_expect(own_flows_has(o, &mine, &server, 0));
	cr_expect(own_flows_has(o, &server, &mine, 0));
	cr_expect_not(own_flows_has(o, &other, &server, 0));
	own_flows_remove(o, &mine, 100);
	cr_expect(own_flows_has(o, &mine, &server, 100 + OWN_FLOWS_LINGER_NS - 1));
	/* The same port again while it lingers: open, not forgotten. */
	cr_assert_eq(own_flows_add(o, &mine), 0);
	cr_expect(own_flows_has(o, &mine, &server, 100 + 2 * OWN_FLOWS_LINGER_NS));
	own_flows_remove(o, &mine, 100 + 2 * OWN_FLOWS_LINGER_NS);
	cr_expect_not(own_flows_has(o, &mine, &server, 100 + 3 * OWN_FLOWS_LINGER_NS));
	/* A connection that was never made: the port may be another client's next. */
	cr_assert_eq(own_flows_add(o, &mine), 0);
	own_flows_forget(o, &mine);
	cr_expect_not(own_flows_has(o, &mine, &server, 100 + 3 * OWN_FLOWS_LINGER_NS));
	own_flows_forget(o, &other);
	own_flows_free(o);
}

static void *ask(void *arg)
{
	struct endpoint mine = at(40000), server = at(80);
	return own_flows_has(arg, &mine, &server, 0) ? arg : NULL;
}

/* A capture in another thread that meets the first packet before connect() has told its port waits for it. */
Test(own_flows, who_asks_while_a_connection_is_made_waits)
{
	struct own_flows *o = own_flows_new();
	struct endpoint mine = at(40000);
	pthread_t capture;
	void *known;
	own_flows_hold(o);
	cr_assert_eq(pthread_create(&capture, NULL, ask, o), 0);
	cr_assert_eq(own_flows_add(o, &mine), 0);
	own_flows_let(o);
	cr_assert_eq(pthread_join(capture, &known), 0);
	cr_expect_eq(known, o);
	own_flows_free(o);
}
