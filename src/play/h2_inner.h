/* h2_inner: what h2.c (lanes, the carrier) and h2_exchange.c (one request and libcurl) share. */
#ifndef REPLAY_PLAY_H2_INNER_H
#define REPLAY_PLAY_H2_INNER_H

#include "play/engine.h"

#define AT_ONCE_MAX       1000 /* exchanges: each costs an easy handle */
#define STREAMS_EACH      100  /* on one connection: what RFC 9113 §6.5.2 asks servers to grant */
#define CONNECTIONS_MAX   (AT_ONCE_MAX / STREAMS_EACH)
#define EXCHANGES_KEPT    64
#define KEPT_BUFFER_BYTES (256u << 10)
#define LOOK_UP_AGAIN_S   60L
#define H2_TEXT_BYTES     256 /* CURL_ERROR_SIZE */

struct h2_socket {
	struct list link; /* h->sockets */
	int fd;
	struct exchange *owner; /* who opened it, until that one ends */
	bool up;                /* a request went out on it */
	struct endpoint local;
};

struct exchange {
	struct list link; /* h->active or h->free */
	void *easy;       /* libcurl's handles: no header of ours names its types */
	struct h2 *h;
	struct lane *lane;
	struct task *task;
	struct request_parts parts;
	struct curl_slist *fields;
	int64_t since_ns;
	unsigned sends;
	bool opened;     /* a socket, for this one */
	bool in_head;    /* of the answer */
	bool stopped;    /* not to be sent once more */
	bool over_limit; /* of options.response_bytes */
	bool no_memory;
	int status;
	size_t received;
	struct buf response;
	char text[H2_TEXT_BYTES];
};

struct h2 {
	struct player *p;
	void *multi;
	void *share;
	struct curl_slist *pins;
	struct list sockets, active, free;
	size_t n_active, n_free, at_once;
	int64_t deadline_ns;
	int64_t open_ns; /* when the newest connection was made */
	bool tls;
	bool fresh; /* a connection for each request */
	char url[PLAY_URL_HOST_MAX + 32];
	char unix_path[PLAY_URL_UNIX_MAX + 1];
};

/* h2_exchange.c */
int h2_on_socket(void *easy, int fd, int what, void *h2, void *known); /* CURLMOPT_SOCKETFUNCTION */
void h2_forget_sockets(struct h2 *h);
struct exchange *exchange_take(struct h2 *h);     /* a free or a new one; NULL when out of memory */
int exchange_request(struct exchange *x);         /* tells libcurl x->task. 0, ERR_NOMEM or ERR_FORMAT */
struct task *exchange_detach(struct exchange *x); /* out of libcurl and of its lane. The task is the caller's; then release */
void exchange_release(struct exchange *x);
void exchange_destroy(struct exchange *x); /* while it is free */

#endif
