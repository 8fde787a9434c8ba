/* health: may a connection to a target be tried now, and how many at once? Pure: times in, answers out.
 *
 *   UP --failures and nothing open--> DOWN --pause over, one try begins--> PROBING --it fails--> DOWN, for twice as long (10 ms to 1 s)
 *   any --a connection is made--> UP
 *
 * While DOWN nobody tries, so requests that need a connection end at once instead of one time-out each; while PROBING one does.
 *
 * The number at once follows what the target can accept: a full listen queue drops connection requests, and the system asks again after a
 * second only. So connections that took that long, or timed out, halve the number; each quick one adds one. */
#ifndef REPLAY_PLAY_HEALTH_H
#define REPLAY_PLAY_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define HEALTH_FAILURES     3            /* in a row */
#define HEALTH_PAUSE_MIN_NS 10000000LL   /* 10 ms */
#define HEALTH_PAUSE_MAX_NS 1000000000LL /* 1 s */
#define HEALTH_AT_ONCE_MAX  512          /* each costs a libcurl handle */
#define HEALTH_AT_ONCE_MIN  16
#define HEALTH_SLOW_NS      900000000LL               /* a connection request was lost (RFC 6298 §2: asked again after 1 s) */
#define HEALTH_TELL_NS      (5 * HEALTH_PAUSE_MAX_NS) /* changes are told no oftener: a target may go up and down all day */

enum health_state { HEALTH_UP, HEALTH_DOWN, HEALTH_PROBING };
enum health_news { HEALTH_NO_NEWS, HEALTH_WENT_DOWN, HEALTH_CAME_BACK };

struct health {
	enum health_state state;
	unsigned failures; /* since the last connection was made */
	unsigned at_once;
	int64_t pause_ns;    /* the last one; 0: a connection was made since */
	int64_t until_ns;    /* DOWN: no try before */
	int64_t down_ns;     /* when it went down, for telling */
	int64_t narrowed_ns; /* when at_once was last halved: what began before says nothing new */
	int64_t told_ns;
	bool told_down;
};

struct health_failure {
	int64_t began_ns;
	bool slow;   /* it timed out: one of these is enough */
	bool others; /* other connections are open: the target is not down */
};

void health_init(struct health *h);
bool health_may_try(const struct health *h, int64_t now_ns);
void health_trying(struct health *h);
enum health_news health_connected(struct health *h, int64_t began_ns, int64_t now_ns);
enum health_news health_failed(struct health *h, const struct health_failure *f, int64_t now_ns);

#endif
