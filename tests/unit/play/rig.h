/* rig: a player, a unit_server and a virtual clock, for the tests of play/. Each test runs in a process of its own. */
#ifndef REPLAY_TESTS_PLAY_RIG_H
#define REPLAY_TESTS_PLAY_RIG_H

#include "base/clock.h"
#include "play/player.h"
#include "support/unit_server.h"

#define RIG_REQUESTS 4096

struct rig_request {
	struct message *m;
	unsigned results; /* must become 1 */
	enum target_row outcome;
	int status;
	int64_t due_ns, sent_ns, done_ns;
	uint64_t redirects;
	bool retried;
	char response[64]; /* its beginning */
	size_t response_len;
};

struct rig {
	struct unit_server *server;
	struct player *player;
	struct play_lead (*redirect)(void *arg, const struct message *m, uint64_t nth, int status,
	                             struct slice answer); /* the sink's; arg: this */
	int64_t now_ns;
	size_t n, done;
	struct rig_request *requests; /* in order of submission */
	size_t order[RIG_REQUESTS];   /* of results */
};

/* options: url NULL takes the server's; framing NULL takes line_framing. The server is a new TCP one unless r->server is set before. */
void rig_open(struct rig *r, struct player_options options);
void rig_close(struct rig *r);

/* "text\n" in that lane; gives player_submit's result. retry and last as in the hints. */
int rig_submit(struct rig *r, uint64_t lane, const char *text, struct player_hints hints);
struct message *rig_prepare(struct rig *r, uint64_t lane, const char *text); /* made and numbered, not submitted */
void rig_step(struct rig *r);                                                /* one tick of player and server; the clock goes on by 10 us */
void rig_until(struct rig *r, size_t done); /* steps until so many results are there; fails the test after some seconds */
void rig_idle_steps(struct rig *r, int n);  /* so many steps with a little waiting in between */
void rig_expect(struct rig *r, size_t i, enum target_row outcome);
uint64_t rig_count(struct rig *r, enum target_row row);
void rig_balanced(struct rig *r); /* every request has its one result, and the tally adds up */
size_t rig_open_files(void);      /* descriptors of this process */

#endif
