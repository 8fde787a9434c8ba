/* replay/player.h: requests to one target. */
#ifndef REPLAY_PLAYER_H
#define REPLAY_PLAYER_H

#include <replay/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct rp_player rp_player;

/* url: http://, https:// or unix:/path. Resolves and connects nothing yet. NULL: *error says why. */
rp_player *rp_player_open(const char *url, rp_error *error);

/* Sends a request as soon as its lane (the recorded client's connection) is free; Host is replaced by the target's. 1: taken. 0: too many wait: call
 * rp_player_wait first. Negative: *error says why. The player keeps what it needs: m stays the caller's. */
int rp_player_send(rp_player *p, const rp_message *m, rp_error *error);

/* Does what is ready, waiting up to that long for something to be. 1: requests are still under way. 0: none is. Negative: *error says why. */
int rp_player_wait(rp_player *p, int timeout_ms, rp_error *error);

typedef struct rp_player_stats {
	uint64_t answered, failed, in_flight;
	int64_t p50_ns, p99_ns, max_ns; /* response times, from the send */
} rp_player_stats;

void rp_player_get_stats(const rp_player *p, rp_player_stats *out);
void rp_player_close(rp_player *p); /* gives up what is under way */

#ifdef __cplusplus
}
#endif
#endif
