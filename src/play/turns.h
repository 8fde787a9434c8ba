/* turns: a target's several addresses, each new connection beginning with the next one. Pure.
 *
 * libcurl takes the first address of a name for every connection until it looks it up again. Here the list is learned (see connector.c)
 * and each connection's n-th try is given the n-th address from its own beginning, within the family libcurl asks for. */
#ifndef REPLAY_PLAY_TURNS_H
#define REPLAY_PLAY_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define TURNS_MAX 32 /* addresses; more are not used in turn */

struct turns_address {
	struct sockaddr_storage at;
	socklen_t len;
};

struct turns {
	struct turns_address list[TURNS_MAX], fresh[TURNS_MAX];
	size_t n, n_fresh;
	size_t next; /* where the next connection begins */
};

void turns_learn(struct turns *t, const struct sockaddr *at, socklen_t len); /* one more of the list that is coming in */
void turns_learned(struct turns *t);                                         /* that was all: used from now on, unless none came */

/* Replaces *at by the address for the try'th try (from 0) in its family of a connection that began at `first`; as it is where none is known. */
void turns_pick(const struct turns *t, size_t first, size_t try, struct sockaddr *at, socklen_t len);

#endif
