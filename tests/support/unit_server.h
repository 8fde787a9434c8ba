/* unit_server: a scripted peer for tests of the player, stepped by the test itself: no thread, no sleep.
 *
 * It speaks lines. A request is a line; its last word says how the server behaves:
 *   ok        "K <request>\n": an answer after which the connection stays
 *   last      "C <request>\n": an answer that says the connection will close; it stays open
 *   lastshut  the same, and closes
 *   okshut    "K <request>\n", and closes (a keep-alive broken in the same breath)
 *   shut      closes without a byte
 *   half      half of an answer, closes          reset   half of an answer, resets
 *   interim   "I\n" twice, then as ok            only1xx "I\n", closes
 *   lead      "R <request>\n"                    leadlast "S <request>\n"
 *   tunnel    "U\n" and bytes behind it          garbage "?\n"
 *   toend     "Z…" that ends with the close      extra   an answer and bytes behind it
 *   hang      says nothing                       long    an answer of 300,000 bytes
 *   endless   an answer that goes on as long as it is read
 *   drip      one more byte of an answer at every step
 *   shutonce  closes at the first such request, later as ok
 * A '|' ends a head. Where it comes without the rest it is logged as it is, and the word before it says what is answered then:
 *   go        "I\n"       deny  "K denied\n"       denylast  "C denied\n"       any other: nothing */
#ifndef REPLAY_TESTS_UNIT_SERVER_H
#define REPLAY_TESTS_UNIT_SERVER_H

#include "base/buf.h"

#include <stdint.h>

struct unit_server;

/* unix_path NULL: TCP on a port of its own on 127.0.0.1. Aborts the test when it cannot. */
struct unit_server *unit_server_new(const char *unix_path);
void unit_server_free(struct unit_server *s);
uint16_t unit_server_port(const struct unit_server *s);
int unit_server_pollfd(const struct unit_server *s);
void unit_server_step(struct unit_server *s); /* does what is ready */

/* Every request in order of arrival: "<connection, from 0>:<request>\n". */
const char *unit_server_log(const struct unit_server *s);
unsigned unit_server_accepted(const struct unit_server *s);
void unit_server_close_all(struct unit_server *s);               /* the connections, as an idle server does */
void unit_server_mute(struct unit_server *s, bool on);           /* reads nothing, accepts nothing */
void unit_server_trickle(struct unit_server *s, size_t n);       /* at most n bytes of an answer in a step; 0: no limit */
void unit_server_greet(struct unit_server *s, const char *text); /* said to every connection now open */

#endif
