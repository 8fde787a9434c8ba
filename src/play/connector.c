/* connector: libcurl's multi interface on somebody else's epoll.
 *
 * An attempt is one easy handle. Plain: it goes back to a free list as soon as its socket is taken over. TLS: it lives as long as the
 * connection, and libcurl finds a handle's connection by walking all connections of the multi handle, at each send and receive;
 * so there are several multi handles ("hubs"), each with few connections.
 *
 * A name's addresses are learned by an attempt whose sockets are all refused: libcurl then asks for one at each address
 * (every 200 ms the next). */
#include "play/connector.h"

#include "base/clock.h"
#include "base/list.h"
#include "play/curl_setup.h"
#include "play/turns.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define TLS_PER_HUB     64
#define ATTEMPTS_KEPT   64 /* idle easy handles kept for the next connection */
#define SOCKETS_AT_ONCE 4  /* of one attempt: libcurl races two addresses */
#define LOOK_UP_AGAIN_S 60L

struct hub {
	CURLM *multi;
	size_t attempts;
	int64_t deadline_ns;
	struct connector *c;
	uint32_t index;
};

struct attempt_socket {
	int fd; /* -1: free */
	struct endpoint local;
};

struct attempt {
	struct list link; /* c->free, c->active or c->finished */
	CURL *easy;
	struct connector *c;
	struct hub *hub;
	void *token;
	struct attempt_socket sockets[SOCKETS_AT_ONCE];
	int taken_fd; /* not to be closed when libcurl says so */
	bool in_turn;
	bool learning;          /* no connection: which addresses are there? */
	size_t first, tries[2]; /* its turn; sockets asked for, IPv4 and IPv6 */
	bool out_of_descriptors;
	CURLcode code;
	char text[CURL_ERROR_SIZE];
};

struct connector {
	struct connector_sink sink;
	struct own_flows *own_flows;
	int epoll_fd;
	bool tls;   /* to the target */
	bool kept;  /* connections stay with libcurl: TLS to the target or to the proxy */
	bool named; /* the target has a name to be looked up */
	bool learning;
	int64_t learned_ns;
	struct turns turns;
	struct curl_slist *pins;
	struct play_reach reach;
	int64_t now_ns;
	CURLSH *share;
	struct hub **hubs;
	size_t n_hubs;
	struct list free, active, finished;
	size_t n_free;
	char url[PLAY_URL_HOST_MAX + 32];
	char unix_path[PLAY_URL_UNIX_MAX + 1];
	long timeout_ms;
};

/* --- sockets: opened and closed for libcurl, so that their endpoints are known and a connected one can be kept ------------------ */

static struct attempt_socket *socket_slot(struct attempt *a, int fd)
{
	for (size_t i = 0; i < SOCKETS_AT_ONCE; i++)
		if (a->sockets[i].fd == fd)
			return &a->sockets[i];
	return NULL;
}

/* connect() chooses the local port, so this is asked once libcurl waits for the connection: no packet of it has been read yet. */
static void note_own(struct attempt *a, struct attempt_socket *s)
{
	if (!a->c->own_flows || s->local.family || !transport_local(s->fd, &s->local))
		return;
	if (own_flows_add(a->c->own_flows, &s->local) != 0)
		s->local.family = 0;
}

static void forget_own(struct connector *c, const struct endpoint *local)
{
	if (c->own_flows && local->family)
		own_flows_remove(c->own_flows, local, c->now_ns);
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct attempt *a = arg;
	(void)purpose;
	if (a->learning) {
		turns_learn(&a->c->turns, &address->addr, address->addrlen);
		return CURL_SOCKET_BAD;
	}
	if (a->in_turn)
		turns_pick(&a->c->turns, a->first, a->tries[address->family == AF_INET6]++, &address->addr, address->addrlen);
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
	if (fd < 0) {
		a->out_of_descriptors = errno == EMFILE || errno == ENFILE;
		return CURL_SOCKET_BAD;
	}
	struct attempt_socket *s = socket_slot(a, -1);
	if (s)
		*s = (struct attempt_socket){ .fd = fd };
	return fd;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct attempt *a = arg;
	if (fd == a->taken_fd)
		return 0;
	struct attempt_socket *s = socket_slot(a, fd);
	if (s) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		if (a->c->own_flows && s->local.family && getpeername(fd, (struct sockaddr *)&peer, &len) != 0)
			own_flows_forget(a->c->own_flows, &s->local);
		else
			forget_own(a->c, &s->local);
		*s = (struct attempt_socket){ .fd = -1 };
	}
	return close(fd);
}

/* --- libcurl's wishes ------------------------------------------------------------------------------------------------------------ */

static uint64_t tag_of(const struct hub *hub, int fd)
{
	return (uint64_t)(uint32_t)fd << 32 | (uint64_t)hub->index << 1 | 1;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct hub *hub = arg;
	struct attempt *a = NULL;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(hub->c->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		(void)curl_multi_assign(hub->multi, fd, NULL);
		return 0;
	}
	if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &a) == CURLE_OK && a) {
		struct attempt_socket *s = socket_slot(a, fd);
		if (s)
			note_own(a, s);
	}
	struct epoll_event ev = { .data.u64 = tag_of(hub, fd) };
	ev.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	/* A socket closed and the next one opened may have the same number, and epoll has forgotten it while libcurl has not. */
	int first = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	if (epoll_ctl(hub->c->epoll_fd, first, fd, &ev) != 0 && (errno == EEXIST || errno == ENOENT))
		(void)epoll_ctl(hub->c->epoll_fd, first == EPOLL_CTL_MOD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &ev);
	(void)curl_multi_assign(hub->multi, fd, hub);
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct hub *hub = arg;
	(void)multi;
	hub->deadline_ns = ms < 0 ? TIME_NEVER : hub->c->now_ns + ms * NS_PER_MS;
	return 0;
}

/* What has ended moves to c->finished; told in connector_tick and connector_event only. */
static void collect(struct hub *hub)
{
	int left;
	for (CURLMsg *msg; (msg = curl_multi_info_read(hub->multi, &left));) {
		struct attempt *a = NULL;
		if (msg->msg != CURLMSG_DONE || curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &a) != CURLE_OK || !a)
			continue;
		a->code = msg->data.result;
		list_remove(&a->link);
		list_append(&hub->c->finished, &a->link);
	}
}

static void run_hub(struct hub *hub, curl_socket_t fd, int what)
{
	int running;
	own_flows_hold(hub->c->own_flows);
	(void)curl_multi_socket_action(hub->multi, fd, what, &running);
	own_flows_let(hub->c->own_flows);
	collect(hub);
}

static struct hub *hub_new(struct connector *c)
{
	struct hub **more = realloc(c->hubs, (c->n_hubs + 1) * sizeof *more);
	if (!more)
		return NULL;
	c->hubs = more;
	struct hub *hub = calloc(1, sizeof *hub);
	if (!hub)
		return NULL;
	hub->multi = curl_multi_init();
	if (!hub->multi) {
		free(hub);
		return NULL;
	}
	hub->c = c;
	hub->index = (uint32_t)c->n_hubs;
	hub->deadline_ns = TIME_NEVER;
	(void)curl_multi_setopt(hub->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	(void)curl_multi_setopt(hub->multi, CURLMOPT_SOCKETDATA, hub);
	(void)curl_multi_setopt(hub->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(hub->multi, CURLMOPT_TIMERDATA, hub);
	c->hubs[c->n_hubs++] = hub;
	return hub;
}

static struct hub *hub_with_room(struct connector *c)
{
	for (size_t i = c->n_hubs; i-- > 0;)
		if (!c->kept || c->hubs[i]->attempts < TLS_PER_HUB)
			return c->hubs[i];
	return hub_new(c);
}

/* --- attempts -------------------------------------------------------------------------------------------------------------------- */

#define SET(option, value) ok = curl_easy_setopt(e, option, value) == CURLE_OK && ok

static bool set_up(struct attempt *a)
{
	struct connector *c = a->c;
	CURL *e = a->easy;
	bool ok = true;
	SET(CURLOPT_PRIVATE, a);
	SET(CURLOPT_URL, c->url);
	SET(CURLOPT_CONNECT_ONLY, 1L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FRESH_CONNECT, 1L);
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* what ALPN offers */
	SET(CURLOPT_CONNECTTIMEOUT_MS, c->timeout_ms);
	SET(CURLOPT_ERRORBUFFER, a->text);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, a);
	SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(CURLOPT_CLOSESOCKETDATA, a);
	SET(CURLOPT_SHARE, c->share);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, LOOK_UP_AGAIN_S);
	SET(CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L);
	if (c->unix_path[0])
		SET(CURLOPT_UNIX_SOCKET_PATH, c->unix_path);
	if (c->pins)
		SET(CURLOPT_RESOLVE, c->pins);
	ok = curl_setup_reach(e, &c->reach) && ok;
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name that is still being looked up must not hold up whoever gives up on it. */
	(void)curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
#endif
	return ok;
}
#undef SET

static struct attempt *attempt_take(struct connector *c)
{
	struct list *first = list_first(&c->free);
	struct attempt *a;
	if (first) {
		a = LIST_ENTRY(first, struct attempt, link);
		list_remove(&a->link);
		c->n_free--;
	} else {
		a = calloc(1, sizeof *a);
		if (!a)
			return NULL;
		list_init(&a->link);
		a->c = c;
		a->easy = curl_easy_init();
		if (!a->easy || !set_up(a)) {
			curl_easy_cleanup(a->easy);
			free(a);
			return NULL;
		}
	}
	for (size_t i = 0; i < SOCKETS_AT_ONCE; i++)
		a->sockets[i] = (struct attempt_socket){ .fd = -1 };
	a->taken_fd = -1;
	a->learning = false;
	a->first = c->turns.next++;
	a->in_turn = c->turns.n > 0; /* from its first try on, or not at all: none is to be tried twice */
	a->tries[0] = a->tries[1] = 0;
	a->out_of_descriptors = false;
	a->code = CURLE_OK;
	a->text[0] = 0;
	return a;
}

static void attempt_destroy(struct attempt *a)
{
	list_remove(&a->link);
	curl_easy_cleanup(a->easy);
	free(a);
}

/* Out of its hub (libcurl then closes the connection, but for a taken socket) and back to the free list. */
static void attempt_end(struct attempt *a)
{
	struct connector *c = a->c;
	(void)curl_multi_remove_handle(a->hub->multi, a->easy);
	a->hub->attempts--;
	list_remove(&a->link);
	if (c->n_free >= ATTEMPTS_KEPT) {
		attempt_destroy(a);
		return;
	}
	list_append(&c->free, &a->link);
	c->n_free++;
}

static struct attempt *start(struct connector *c, void *token, bool learning)
{
	struct hub *hub = hub_with_room(c);
	struct attempt *a = hub ? attempt_take(c) : NULL;
	if (!a)
		return NULL;
	a->token = token;
	a->learning = learning;
	a->hub = hub;
	if (curl_multi_add_handle(hub->multi, a->easy) != CURLM_OK) {
		attempt_destroy(a);
		return NULL;
	}
	hub->attempts++;
	list_append(&c->active, &a->link);
	run_hub(hub, CURL_SOCKET_TIMEOUT, 0); /* so that connect() begins now and not at the next tick */
	return a;
}

struct attempt *connector_start(struct connector *c, void *token, int64_t now_ns)
{
	c->now_ns = now_ns;
	if (c->named && !c->learning && now_ns - c->learned_ns >= LOOK_UP_AGAIN_S * NS_PER_S)
		c->learning = start(c, NULL, true) != NULL;
	return start(c, token, false);
}

void connector_cancel(struct connector *c, struct attempt *a, int64_t now_ns)
{
	c->now_ns = now_ns;
	attempt_end(a);
}

/* --- TLS: bytes through libcurl -------------------------------------------------------------------------------------------------- */

static ssize_t tls_send(struct transport *t, struct slice bytes)
{
	struct attempt *a = t->handle;
	size_t n = 0;
	CURLcode code = curl_easy_send(a->easy, bytes.ptr, bytes.len, &n);
	if (code == CURLE_OK || (code == CURLE_AGAIN && n > 0))
		return n > 0 ? (ssize_t)n : TRANSPORT_AGAIN;
	return code == CURLE_AGAIN ? TRANSPORT_AGAIN : TRANSPORT_BROKEN;
}

static ssize_t tls_recv(struct transport *t, void *into, size_t room)
{
	struct attempt *a = t->handle;
	size_t n = 0;
	CURLcode code = curl_easy_recv(a->easy, into, room, &n);
	if (code == CURLE_OK)
		return (ssize_t)n;
	return code == CURLE_AGAIN ? TRANSPORT_AGAIN : TRANSPORT_BROKEN;
}

static void tls_close(struct transport *t)
{
	attempt_end(t->handle);
	t->handle = NULL;
	t->fd = -1;
}

static const struct transport_ops transport_tls = { tls_send, tls_recv, tls_close, true };

void connector_close(struct connector *c, struct transport *t, int64_t now_ns)
{
	c->now_ns = now_ns;
	if (t->ops == &transport_plain)
		forget_own(c, &t->local); /* else on_close does it */
	t->ops->close(t);
}

/* --- outcomes -------------------------------------------------------------------------------------------------------------------- */

static void tell_connected(struct connector *c, struct attempt *a)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	void *token = a->token;
	if (curl_easy_getinfo(a->easy, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK || fd == CURL_SOCKET_BAD) {
		attempt_end(a);
		c->sink.failed(c->sink.arg, token, CONNECT_REFUSED, "the connection was lost as soon as it was made");
		return;
	}
	struct transport t = { .ops = c->kept ? &transport_tls : &transport_plain, .fd = fd };
	struct attempt_socket *s = socket_slot(a, fd);
	if (s) {
		note_own(a, s);
		t.local = s->local;
	}
	if (c->kept) {
		t.handle = a;
		list_remove(&a->link);
		list_append(&c->active, &a->link);
	} else {
		a->taken_fd = fd;
		attempt_end(a);
	}
	c->sink.connected(c->sink.arg, token, t);
}

static void tell_finished(struct connector *c)
{
	for (struct list *first; (first = list_first(&c->finished));) {
		struct attempt *a = LIST_ENTRY(first, struct attempt, link);
		enum connect_failure why = a->out_of_descriptors ? CONNECT_NO_DESCRIPTOR : curl_setup_failure(a->code);
		if (a->learning) {
			attempt_end(a);
			turns_learned(&c->turns);
			c->learning = false;
			c->learned_ns = c->now_ns;
			continue;
		}
		if (why == CONNECT_OK) {
			tell_connected(c, a);
			continue;
		}
		char text[CURL_ERROR_SIZE];
		void *token = a->token;
		(void)snprintf(text, sizeof text, "%s", a->text[0] ? a->text : curl_easy_strerror(a->code));
		attempt_end(a);
		c->sink.failed(c->sink.arg, token, why, text);
	}
}

void connector_event(struct connector *c, uint64_t tag, uint32_t events, int64_t now_ns)
{
	size_t index = (size_t)((uint32_t)tag >> 1);
	if (index >= c->n_hubs)
		return;
	c->now_ns = now_ns;
	int what = (events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
	if (events & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	run_hub(c->hubs[index], (curl_socket_t)(tag >> 32), what);
	tell_finished(c);
}

static void run_timer(struct hub *hub)
{
	long ms = -1;
	hub->deadline_ns = TIME_NEVER;
	run_hub(hub, CURL_SOCKET_TIMEOUT, 0);
	/* libcurl tells a changed time only, and its clock is not ours: where it found nothing to do yet, ask. */
	if (hub->deadline_ns == TIME_NEVER && curl_multi_timeout(hub->multi, &ms) == CURLM_OK && ms >= 0)
		hub->deadline_ns = hub->c->now_ns + (ms ? ms : 1) * NS_PER_MS;
}

void connector_tick(struct connector *c, int64_t now_ns)
{
	c->now_ns = now_ns;
	for (size_t i = 0; i < c->n_hubs; i++)
		if (c->hubs[i]->deadline_ns <= now_ns)
			run_timer(c->hubs[i]);
	tell_finished(c);
}

int64_t connector_deadline(const struct connector *c)
{
	if (!list_empty(&c->finished))
		return 0;
	int64_t at = TIME_NEVER;
	for (size_t i = 0; i < c->n_hubs; i++)
		if (c->hubs[i]->deadline_ns < at)
			at = c->hubs[i]->deadline_ns;
	return at;
}

/* --- life ------------------------------------------------------------------------------------------------------------------------ */

static bool is_literal(const char *host)
{
	struct in_addr v4;
	return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

/* curl_global_init counts its calls, and is safe from any thread since 7.84. */
struct connector *connector_new(const struct connector_options *options, struct connector_sink sink, struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		(void)err_set(err, ERR_NOMEM, "libcurl could not be set up");
		return NULL;
	}
	struct connector *c = calloc(1, sizeof *c);
	if (!c) {
		(void)err_set(err, ERR_NOMEM, "no memory for the connections");
		curl_global_cleanup();
		return NULL;
	}
	const struct play_url *u = options->url;
	c->sink = sink;
	c->own_flows = options->own_flows;
	c->epoll_fd = options->epoll_fd;
	c->tls = u->scheme == PLAY_HTTPS;
	c->reach = *options->reach;
	c->kept = c->tls || (c->reach.proxy && strncasecmp(c->reach.proxy, "https:", 6) == 0);
	c->named = u->scheme != PLAY_UNIX && !c->reach.proxy && !is_literal(u->host);
	c->learned_ns = INT64_MIN / 2;
	c->timeout_ms = (long)(options->timeout_ns / NS_PER_MS) + 1;
	list_init(&c->free);
	list_init(&c->active);
	list_init(&c->finished);
	(void)snprintf(c->url, sizeof c->url, "%s://%s:%u/", c->tls ? "https" : "http", u->host, u->port);
	(void)snprintf(c->unix_path, sizeof c->unix_path, "%s", u->unix_path);
	c->share = curl_share_init();
	if (c->share) {
		(void)curl_share_setopt(c->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
		(void)curl_share_setopt(c->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	}
	if (!c->share || !hub_new(c) || !curl_setup_pins(&c->reach, &c->pins)) {
		(void)err_set(err, ERR_NOMEM, "no memory for the connections");
		connector_free(c);
		return NULL;
	}
	return c;
}

static void drop_all(struct list *l, bool in_hub)
{
	for (struct list *first; (first = list_first(l));) {
		struct attempt *a = LIST_ENTRY(first, struct attempt, link);
		if (in_hub)
			(void)curl_multi_remove_handle(a->hub->multi, a->easy);
		attempt_destroy(a);
	}
}

void connector_free(struct connector *c)
{
	if (!c)
		return;
	drop_all(&c->active, true);
	drop_all(&c->finished, true);
	drop_all(&c->free, false);
	for (size_t i = 0; i < c->n_hubs; i++) {
		(void)curl_multi_cleanup(c->hubs[i]->multi);
		free(c->hubs[i]);
	}
	free(c->hubs);
	if (c->share)
		(void)curl_share_cleanup(c->share);
	curl_slist_free_all(c->pins);
	free(c);
	curl_global_cleanup();
}
