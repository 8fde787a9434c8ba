/* told: a sink that writes differences down, one line each: "KIND PATH CONTROL|CANDIDATE". */
#ifndef REPLAY_TESTS_TOLD_H
#define REPLAY_TESTS_TOLD_H

#include "model/difference.h"

struct told {
	unsigned n;
	size_t len;
	char text[8192];
};

struct difference_sink told_sink(struct told *t); /* clears it */

/* Fails the test unless what was told is that text, lines separated by "\n"; name: for the message. */
void told_is(const struct told *t, const char *expected, const char *name);

#endif
