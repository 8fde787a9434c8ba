/* h2_exchange: one request and libcurl: its sockets, what it is told, what it tells. Its callbacks only take notes: see h2.c. */
#include "play/curl_setup.h"
#include "play/h2_inner.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(H2_TEXT_BYTES >= CURL_ERROR_SIZE, "room for what libcurl says");

/* --- sockets --------------------------------------------------------------------------------------------------------------------- */

static struct h2_socket *socket_of(struct h2 *h, int fd)
{
	for (struct list *at = h->sockets.next; at != &h->sockets; at = at->next)
		if (LIST_ENTRY(at, struct h2_socket, link)->fd == fd)
			return LIST_ENTRY(at, struct h2_socket, link);
	return NULL;
}

static void forget(struct h2 *h, struct h2_socket *s)
{
	if (h->p->o.own_flows && s->local.family)
		own_flows_remove(h->p->o.own_flows, &s->local, h->p->now_ns);
	h->p->open -= s->up;
	list_remove(&s->link);
	free(s);
}

void h2_forget_sockets(struct h2 *h)
{
	for (struct list *first; (first = list_first(&h->sockets));)
		forget(h, LIST_ENTRY(first, struct h2_socket, link));
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct exchange *e = arg;
	(void)purpose;
	struct h2_socket *s = calloc(1, sizeof *s);
	int fd = s ? socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol) : -1;
	if (fd < 0) {
		free(s);
		return CURL_SOCKET_BAD;
	}
	struct h2_socket *gone = socket_of(e->h, fd); /* libcurl closes some without a word */
	if (gone)
		forget(e->h, gone);
	s->fd = fd;
	s->owner = e;
	e->opened = true;
	list_init(&s->link);
	list_append(&e->h->sockets, &s->link);
	return fd;
}

/* A connection outlives the exchange that opened it. */
static int on_close(void *arg, curl_socket_t fd)
{
	struct h2 *h = arg;
	struct h2_socket *s = socket_of(h, fd);
	if (s)
		forget(h, s);
	return close(fd);
}

/* connect() chooses the local port: libcurl waits for the connection now, and own_flows is held. */
static void note_own(struct h2 *h, struct h2_socket *s)
{
	if (!h->p->o.own_flows || s->local.family || !transport_local(s->fd, &s->local))
		return;
	if (own_flows_add(h->p->o.own_flows, &s->local) != 0)
		s->local.family = 0;
}

int h2_on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	struct h2 *h = arg;
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		(void)epoll_ctl(h->p->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		(void)curl_multi_assign(h->multi, fd, NULL);
		return 0;
	}
	struct h2_socket *s = socket_of(h, fd);
	if (s)
		note_own(h, s);
	struct epoll_event ev = { .data.fd = fd };
	ev.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	/* A number used again may be known to the one and not to the other. */
	int first = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	if (epoll_ctl(h->p->epoll_fd, first, fd, &ev) != 0)
		(void)epoll_ctl(h->p->epoll_fd, first == EPOLL_CTL_MOD ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &ev);
	(void)curl_multi_assign(h->multi, fd, h);
	return 0;
}

/* --- what libcurl tells of an exchange ------------------------------------------------------------------------------------------- */

static void connection_made(struct h2 *h, struct exchange *e, int64_t now_ns)
{
	struct player *p = h->p;
	for (struct list *at = h->sockets.next; at != &h->sockets; at = at->next) {
		struct h2_socket *s = LIST_ENTRY(at, struct h2_socket, link);
		if (s->owner != e || s->up)
			continue;
		s->up = true;
		p->open++;
	}
	e->opened = false;
	h->open_ns = now_ns;
	p->counts[TARGET_CONNECTIONS]++;
	if (health_connected(&p->health, e->since_ns, p->now_ns) == HEALTH_CAME_BACK && p->sink.health)
		p->sink.health(p->sink.arg, p->now_ns - p->health.down_ns, "");
}

static bool may_send_again(const struct exchange *e)
{
	return e->sends < 2 && e->task->retry;
}

/* The connection is there, and the request is about to be sent; once more where that connection turned out to be dead. */
static int on_send(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	struct exchange *e = arg;
	struct player *p = e->h->p;
	struct task *t = e->task;
	(void)ip, (void)local_ip, (void)port, (void)local_port;
	if (e->sends > 0) {
		if (!may_send_again(e)) {
			e->stopped = true;
			return CURL_PREREQFUNC_ABORT;
		}
		t->retried = true;
		p->counts[TARGET_RETRIED]++;
	}
	int64_t now_ns = player_now(p);
	if (e->opened)
		connection_made(e->h, e, now_ns);
	e->sends++;
	task_sending(p, t, e->lane->free_ns, e->h->open_ns);
	e->since_ns = p->now_ns;
	list_remove(&e->link);
	list_append(&e->h->active, &e->link);
	return CURL_PREREQFUNC_OK;
}

/* False: the answer is to be given up. */
static bool take(struct exchange *e, struct slice bytes, bool keep)
{
	struct player *p = e->h->p;
	p->counts[TARGET_BYTES_RECEIVED] += bytes.len;
	p->tick_bytes += bytes.len;
	p->unheard_ns = 0;
	e->received += bytes.len;
	e->over_limit |= e->received > p->o.response_bytes;
	if (!e->over_limit && keep && p->o.keep_response)
		e->no_memory |= buf_append(&e->response, bytes) != 0;
	return !e->over_limit && !e->no_memory;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	return take(arg, slice_of(bytes, size * n), true) ? size * n : 0;
}

static bool begin_head(struct exchange *e, struct slice line)
{
	struct slice rest = slice_from(line, slice_find_byte(line, ' ') + 1);
	e->in_head = true;
	e->status = 0;
	for (size_t i = 0; i < 3 && i < rest.len && rest.ptr[i] >= '0' && rest.ptr[i] <= '9'; i++)
		e->status = e->status * 10 + (rest.ptr[i] - '0');
	buf_clear(&e->response);
	if (e->h->p->o.keep_response)
		e->no_memory |= buf_append_str(&e->response, "HTTP/1.1 ") != 0;
	return take(e, rest, true);
}

/* Lines of heads as HTTP/1.1 has them, then trailer fields, which are not kept. An interim answer is counted: the final one is the result. The
 * kept one ends with its bytes, so no length is needed; what its coding was is gone already. */
static size_t on_field(char *bytes, size_t size, size_t n, void *arg)
{
	struct exchange *e = arg;
	struct slice line = slice_of(bytes, size * n);
	if (slice_starts(line, slice_str("HTTP/")))
		return begin_head(e, line) ? line.len : 0;
	bool blank = slice_trim(line).len == 0, coding = slice_eq_nocase(slice_cut(line, 0, 18), slice_str("transfer-encoding:"));
	bool taken = take(e, line, e->in_head && !coding);
	if (blank && e->in_head) {
		e->in_head = false;
		if (e->status < 200)
			outcome_status(e->h->p, e->status);
	}
	return taken ? line.len : 0;
}

/* --- exchanges ------------------------------------------------------------------------------------------------------------------- */

#define SET(option, value) ok = curl_easy_setopt(e, option, value) == CURLE_OK && ok

static bool set_up(struct exchange *x)
{
	struct h2 *h = x->h;
	CURL *e = x->easy;
	bool ok = true;
	SET(CURLOPT_PRIVATE, x);
	SET(CURLOPT_URL, h->url);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_PIPEWAIT, h->fresh ? 0L : 1L);
	SET(CURLOPT_FRESH_CONNECT, h->fresh ? 1L : 0L);
	SET(CURLOPT_FORBID_REUSE, h->fresh ? 1L : 0L);
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_HTTP_VERSION, h->tls ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(h->p->o.timeout_ns / NS_PER_MS) + 1);
	SET(CURLOPT_MAXAGE_CONN, (long)(h->p->o.idle_ns / NS_PER_S) + 1);
	SET(CURLOPT_ERRORBUFFER, x->text);
	SET(CURLOPT_OPENSOCKETFUNCTION, on_open);
	SET(CURLOPT_OPENSOCKETDATA, x);
	SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
	SET(CURLOPT_CLOSESOCKETDATA, h);
	SET(CURLOPT_PREREQFUNCTION, on_send);
	SET(CURLOPT_PREREQDATA, x);
	SET(CURLOPT_HEADERFUNCTION, on_field);
	SET(CURLOPT_HEADERDATA, x);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_WRITEFUNCTION, on_body);
	SET(CURLOPT_WRITEDATA, x);
	SET(CURLOPT_SHARE, h->share);
	SET(CURLOPT_DNS_CACHE_TIMEOUT, LOOK_UP_AGAIN_S);
	SET(CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L);
	if (h->unix_path[0])
		SET(CURLOPT_UNIX_SOCKET_PATH, h->unix_path);
	if (h->pins)
		SET(CURLOPT_RESOLVE, h->pins);
	return curl_setup_reach(e, &h->p->o.reach) && ok;
}

static int add_line(struct exchange *x, const char *name, const char *value)
{
	char small[512];
	size_t room = strlen(name) + strlen(value) + 4;
	char *line = room <= sizeof small ? small : malloc(room);
	if (!line)
		return ERR_NOMEM;
	(void)snprintf(line, room, *value ? "%s: %s" : "%s;", name, value); /* ';' is libcurl's word for an empty value */
	struct curl_slist *more = curl_slist_append(x->fields, line);
	if (line != small)
		free(line);
	x->fields = more ? more : x->fields;
	return more ? 0 : ERR_NOMEM;
}

/* The recorded fields, and a word to libcurl for each it would add of its own. */
static int set_fields(struct exchange *x)
{
	static const char *const own[] = { "Accept", "Content-Type", "Expect", "User-Agent" };
	bool there[sizeof own / sizeof *own] = { false };
	const char *at = (const char *)x->parts.fields.ptr, *end = at ? at + x->parts.fields.len : at;
	while (at < end) {
		const char *name = at, *value = name + strlen(name) + 1;
		at = value + strlen(value) + 1;
		for (size_t i = 0; i < sizeof own / sizeof *own; i++)
			there[i] |= slice_eq_nocase(slice_str(name), slice_str(own[i]));
		if (add_line(x, name, value) != 0)
			return ERR_NOMEM;
	}
	for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
		char none[32];
		(void)snprintf(none, sizeof none, "%s:", own[i]);
		struct curl_slist *more = there[i] ? x->fields : curl_slist_append(x->fields, none);
		if (!there[i] && !more)
			return ERR_NOMEM;
		x->fields = more;
	}
	return curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->fields) == CURLE_OK ? 0 : ERR_NOMEM;
}

static int set_text(CURL *e, CURLoption option, struct slice text)
{
	char small[1024];
	char *copy = text.len < sizeof small ? small : malloc(text.len + 1);
	if (!copy)
		return ERR_NOMEM;
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = 0;
	CURLcode code = curl_easy_setopt(e, option, copy);
	if (copy != small)
		free(copy);
	return code == CURLE_OK ? 0 : code == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_FORMAT;
}

int exchange_request(struct exchange *x)
{
	CURL *e = x->easy;
	bool ok = true;
	int rc = x->h->p->o.parts(message_bytes(x->task->m), &x->parts);
	if (rc)
		return rc;
	bool head = slice_eq(x->parts.method, slice_str("HEAD"));
	if (head && x->parts.content.len) /* libcurl would leave it out */
		return ERR_FORMAT;
	SET(CURLOPT_POSTFIELDS, x->parts.content.len ? (const void *)x->parts.content.ptr : NULL);
	SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->parts.content.len);
	if (head)
		SET(CURLOPT_NOBODY, 1L);
	else if (!x->parts.content.len)
		SET(CURLOPT_HTTPGET, 1L);
	else
		SET(CURLOPT_POST, 1L);
	rc = ok ? set_text(e, CURLOPT_CUSTOMREQUEST, x->parts.method) : ERR_NOMEM;
	rc = rc ? rc : set_text(e, CURLOPT_REQUEST_TARGET, x->parts.target);
	return rc ? rc : set_fields(x);
}
#undef SET

void exchange_destroy(struct exchange *x)
{
	list_remove(&x->link);
	curl_easy_cleanup(x->easy);
	curl_slist_free_all(x->fields);
	buf_release(&x->parts.fields);
	buf_release(&x->parts.decoded);
	buf_release(&x->response);
	free(x);
}

static struct exchange *exchange_new(struct h2 *h)
{
	struct exchange *x = calloc(1, sizeof *x);
	if (!x)
		return NULL;
	x->h = h;
	list_init(&x->link);
	buf_init(&x->parts.fields, 0);
	buf_init(&x->parts.decoded, 0);
	buf_init(&x->response, h->p->o.response_bytes + 64);
	x->easy = curl_easy_init();
	if (x->easy && set_up(x))
		return x;
	exchange_destroy(x);
	return NULL;
}

struct exchange *exchange_take(struct h2 *h)
{
	struct list *first = list_first(&h->free);
	if (!first)
		return exchange_new(h);
	h->n_free--;
	list_remove(first);
	return LIST_ENTRY(first, struct exchange, link);
}

static void shrink(struct buf *b)
{
	size_t max = b->max;
	if (b->cap > KEPT_BUFFER_BYTES) {
		buf_release(b);
		buf_init(b, max);
	}
	buf_clear(b);
}

void exchange_release(struct exchange *x)
{
	struct h2 *h = x->h;
	curl_slist_free_all(x->fields);
	x->fields = NULL;
	(void)curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, NULL);
	struct buf *bufs[] = { &x->parts.fields, &x->parts.decoded, &x->response };
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		shrink(bufs[i]);
	x->sends = 0;
	x->status = 0;
	x->received = 0;
	x->opened = x->in_head = x->stopped = x->over_limit = x->no_memory = false;
	x->text[0] = 0;
	if (h->n_free >= EXCHANGES_KEPT) {
		exchange_destroy(x);
		return;
	}
	h->n_free++;
	list_append(&h->free, &x->link);
}

struct task *exchange_detach(struct exchange *x)
{
	struct h2 *h = x->h;
	struct task *t = x->task;
	(void)curl_multi_remove_handle(h->multi, x->easy);
	for (struct list *at = h->sockets.next; at != &h->sockets; at = at->next)
		if (LIST_ENTRY(at, struct h2_socket, link)->owner == x)
			LIST_ENTRY(at, struct h2_socket, link)->owner = NULL;
	list_remove(&x->link);
	h->n_active--;
	h->p->in_flight--;
	x->lane->exchange = NULL;
	x->lane->free_ns = h->p->now_ns;
	x->lane = NULL;
	x->task = NULL;
	return t;
}
