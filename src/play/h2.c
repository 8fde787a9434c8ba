/* h2: see the header.
 *
 * An exchange is one easy handle and the task it carries. `active` is in order of since_ns, which is the send, or the beginning before that:
 * so its head is the first to time out. libcurl's callbacks only take notes; what ends is told from finish(), outside of libcurl. */
#include "play/h2.h"

#include "play/curl_setup.h"
#include "play/h2_inner.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

/* --- exchanges that end ---------------------------------------------------------------------------------------------------------- */

static void count_bytes_sent(const struct exchange *x)
{
	long head = 0;
	curl_off_t content = 0;
	(void)curl_easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &head);
	(void)curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &content);
	x->h->p->counts[TARGET_BYTES_SENT] += (uint64_t)head + (uint64_t)content;
}

static void end(struct exchange *x, enum target_row why)
{
	struct player *p = x->h->p;
	struct lane *l = x->lane;
	long version = 0;
	struct answer a = { .status = x->status, .bytes = buf_slice(&x->response) };
	if (x->sends)
		count_bytes_sent(x);
	(void)curl_easy_getinfo(x->easy, CURLINFO_HTTP_VERSION, &version);
	if (why == TARGET_ANSWERED && version != CURL_HTTP_VERSION_2_0)
		p->counts[TARGET_OLD_VERSION]++;
	struct task *t = exchange_detach(x);
	if (why == TARGET_ANSWERED && redirect_follow(p, t, &a))
		lane_retry(p, l, t);
	else
		outcome_end(p, t, why, why == TARGET_ANSWERED ? &a : NULL);
	exchange_release(x);
	lane_go(p, l);
}

static void connect_failed(struct exchange *x, enum target_row why, const char *text)
{
	struct player *p = x->h->p;
	(void)snprintf(p->last_error, sizeof p->last_error, "%s", text);
	const struct health_failure f = { .began_ns = x->since_ns, .slow = why == TARGET_FAILED_TIMEOUT, .others = p->open > 0 };
	if (health_failed(&p->health, &f, p->now_ns) == HEALTH_WENT_DOWN && p->sink.health)
		p->sink.health(p->sink.arg, 0, p->last_error);
	end(x, why);
}

static enum target_row cause(const struct exchange *x, CURLcode code)
{
	static const struct {
		CURLcode code;
		enum target_row row;
	} rows[] = {
		{ CURLE_OK, TARGET_ANSWERED },
		{ CURLE_OPERATION_TIMEDOUT, TARGET_FAILED_TIMEOUT },
		{ CURLE_OUT_OF_MEMORY, TARGET_FAILED_MEMORY },
		{ CURLE_WEIRD_SERVER_REPLY, TARGET_FAILED_GARBAGE },
		{ CURLE_UNSUPPORTED_PROTOCOL, TARGET_FAILED_GARBAGE },
		{ CURLE_HTTP2, TARGET_FAILED_GARBAGE },
	};
	if (x->over_limit || x->no_memory)
		return x->over_limit ? TARGET_FAILED_TOO_LONG : TARGET_FAILED_MEMORY;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].code == code)
			return rows[i].row;
	return TARGET_FAILED_CLOSED;
}

static void finish(struct exchange *x, CURLcode code)
{
	if (x->sends || code == CURLE_OK) {
		end(x, cause(x, code));
		return;
	}
	char text[CURL_ERROR_SIZE];
	(void)snprintf(text, sizeof text, "%s", x->text[0] ? x->text : curl_easy_strerror(code));
	connect_failed(x, conn_failure_row(curl_setup_failure((int)code)), text);
}

static int on_timer(CURLM *multi, long ms, void *arg)
{
	struct h2 *h = arg;
	(void)multi;
	h->deadline_ns = ms < 0 ? TIME_NEVER : h->p->now_ns + ms * NS_PER_MS;
	return 0;
}

static void run(struct h2 *h, curl_socket_t fd, int what)
{
	int running, left;
	own_flows_hold(h->p->o.own_flows);
	(void)curl_multi_socket_action(h->multi, fd, what, &running);
	own_flows_let(h->p->o.own_flows);
	for (CURLMsg *msg; (msg = curl_multi_info_read(h->multi, &left));) {
		struct exchange *x = NULL;
		CURLcode code = msg->data.result;
		if (msg->msg == CURLMSG_DONE && curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &x) == CURLE_OK && x)
			finish(x, code);
	}
}

static void run_timer(struct h2 *h)
{
	long ms = -1;
	h->deadline_ns = TIME_NEVER;
	run(h, CURL_SOCKET_TIMEOUT, 0);
	/* libcurl tells a changed time only, and its clock is not ours: where it found nothing to do yet, ask. */
	if (h->deadline_ns == TIME_NEVER && curl_multi_timeout(h->multi, &ms) == CURLM_OK && ms >= 0)
		h->deadline_ns = h->p->now_ns + (ms ? ms : 1) * NS_PER_MS;
}

/* --- lanes ----------------------------------------------------------------------------------------------------------------------- */

/* The lane's first task leaves it: in flight, or at its end. */
static void begin(struct player *p, struct lane *l)
{
	struct h2 *h = p->h2;
	struct exchange *x = exchange_take(h);
	if (!x) {
		lane_fail_first(p, l, TARGET_FAILED_MEMORY);
		return;
	}
	struct task *t = lane_next(p, l);
	task_prepare(p, t);
	x->task = t;
	x->since_ns = p->now_ns;
	int rc = exchange_request(x);
	if (rc == 0 && curl_multi_add_handle(h->multi, x->easy) != CURLM_OK)
		rc = ERR_NOMEM;
	if (rc) {
		x->task = NULL;
		exchange_release(x);
		outcome_end(p, t, rc == ERR_NOMEM ? TARGET_FAILED_MEMORY : TARGET_NOT_IN_VERSION, NULL);
		return;
	}
	x->lane = l;
	l->exchange = x;
	list_append(&h->active, &x->link);
	h->n_active++;
	p->in_flight++;
	if (p->open == 0)
		health_trying(&p->health);
}

static bool may_try(const struct player *p)
{
	return p->open > 0 || health_may_try(&p->health, p->now_ns);
}

static void h2_go(struct player *p, struct lane *l)
{
	while (!l->exchange && !l->wants_slot && l->waiting.first) {
		if (task_early(p, l->waiting.first) && (l->timed || early_lane(p, l) == 0))
			return;
		if (!may_try(p))
			lane_fail_first(p, l, TARGET_NOT_TRIED);
		else if (p->h2->n_active >= p->h2->at_once)
			lane_wait_last(p, l);
		else
			begin(p, l);
	}
	if (!l->exchange && !l->waiting.first)
		lane_end(p, l);
}

static void h2_settle(struct player *p)
{
	for (struct list *first; (first = list_first(&p->slot_waiting));) {
		if (may_try(p) && p->h2->n_active >= p->h2->at_once)
			break;
		struct lane *l = LIST_ENTRY(first, struct lane, slot_link);
		list_remove(&l->slot_link);
		l->wants_slot = false;
		h2_go(p, l);
	}
	if (p->h2->deadline_ns <= p->now_ns) /* what has begun goes now and not at the next tick */
		run_timer(p->h2);
}

/* --- the carrier ----------------------------------------------------------------------------------------------------------------- */

static void h2_event(struct player *p, const struct epoll_event *event)
{
	int what = (event->events & EPOLLIN ? CURL_CSELECT_IN : 0) | (event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
	if (event->events & (EPOLLERR | EPOLLHUP))
		what |= CURL_CSELECT_ERR;
	run(p->h2, event->data.fd, what);
}

static void overdue(struct player *p, struct exchange *x)
{
	if (!x->sends) {
		connect_failed(x, TARGET_FAILED_TIMEOUT, "no connection within the time-out");
		return;
	}
	if (p->unheard_ns && p->now_ns - p->unheard_ns >= 2 * p->o.timeout_ns) /* see timeouts.c */
		lane_fail_overdue(p, x->lane);
	end(x, TARGET_FAILED_TIMEOUT);
}

static void h2_tick(struct player *p)
{
	if (p->h2->deadline_ns <= p->now_ns)
		run_timer(p->h2);
	for (struct list *first; (first = list_first(&p->h2->active));) {
		struct exchange *x = LIST_ENTRY(first, struct exchange, link);
		if (x->since_ns + p->o.timeout_ns > p->now_ns)
			break;
		overdue(p, x);
	}
}

static int64_t h2_deadline(const struct player *p)
{
	const struct list *first = list_first(&p->h2->active);
	int64_t a = p->h2->deadline_ns;
	int64_t b = first ? LIST_ENTRY(first, struct exchange, link)->since_ns + p->o.timeout_ns : TIME_NEVER;
	return a < b ? a : b;
}

static void h2_end_all(struct player *p, bool with_results)
{
	for (struct list *first; p->h2 && (first = list_first(&p->h2->active));) {
		struct exchange *x = LIST_ENTRY(first, struct exchange, link);
		struct task *t = exchange_detach(x);
		if (with_results)
			outcome_end(p, t, TARGET_UNFINISHED, NULL);
		else
			task_free(p, t);
		exchange_release(x);
	}
}

static void h2_close(struct player *p)
{
	struct h2 *h = p->h2;
	if (!h)
		return;
	for (struct list *first; (first = list_first(&h->free));)
		exchange_destroy(LIST_ENTRY(first, struct exchange, link));
	if (h->multi)
		(void)curl_multi_cleanup(h->multi);
	h2_forget_sockets(h);
	if (h->share)
		(void)curl_share_cleanup(h->share);
	curl_slist_free_all(h->pins);
	free(h);
	p->h2 = NULL;
	curl_global_cleanup();
}

static bool multi_set_up(struct h2 *h)
{
	struct player *p = h->p;
	if (!h->multi || !h->share)
		return false;
	(void)curl_share_setopt(h->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
	(void)curl_share_setopt(h->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	(void)curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, h2_on_socket);
	(void)curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	(void)curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	(void)curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	(void)curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	(void)curl_multi_setopt(h->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS_EACH);
	/* Else those that find the streams of the first connection taken would open one each. */
	size_t most = h->fresh ? AT_ONCE_MAX : CONNECTIONS_MAX;
	(void)curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)(p->o.connections < most ? p->o.connections : most));
	return curl_setup_pins(&p->o.reach, &h->pins);
}

static int h2_open(struct player *p, const struct play_url *u, struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, ERR_NOMEM, "libcurl could not be set up");
	const curl_version_info_data *have = curl_version_info(CURLVERSION_NOW);
	struct h2 *h = have->features & CURL_VERSION_HTTP2 ? calloc(1, sizeof *h) : NULL;
	if (!h) {
		curl_global_cleanup();
		if (!(have->features & CURL_VERSION_HTTP2))
			return err_set(err, ERR_USAGE, "this machine's libcurl has no HTTP/2");
		return err_set(err, ERR_NOMEM, "no memory for the connections");
	}
	p->h2 = h;
	h->p = p;
	h->tls = u->scheme == PLAY_HTTPS;
	/* libcurl 7.88 begins HTTP/2 anew on a connection that speaks it already, where no TLS says so. */
	h->fresh = !h->tls && have->version_num >= 0x075800 && have->version_num < 0x080000;
	h->deadline_ns = TIME_NEVER;
	h->at_once = p->o.connections < CONNECTIONS_MAX ? p->o.connections * STREAMS_EACH : AT_ONCE_MAX;
	list_init(&h->sockets);
	list_init(&h->active);
	list_init(&h->free);
	(void)snprintf(h->url, sizeof h->url, "%s://%s:%u/", h->tls ? "https" : "http", u->host, u->port);
	(void)snprintf(h->unix_path, sizeof h->unix_path, "%s", u->unix_path);
	h->multi = curl_multi_init();
	h->share = curl_share_init();
	return multi_set_up(h) ? 0 : err_set(err, ERR_NOMEM, "no memory for the connections");
}

const struct carrier carrier_h2 = { h2_open, h2_go, h2_event, h2_tick, h2_settle, h2_deadline, h2_end_all, h2_close };
