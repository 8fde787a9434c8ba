/* unit_server: an epoll loop of one step at a time. */
#include "support/unit_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PEERS      1024
#define LINE_BYTES (16u << 20)

struct peer {
	int fd; /* -1: none */
	unsigned number;
	struct buf in;
	struct buf out;
	bool endless, drip, shut_after, reset_after;
	bool head_seen; /* of the request that is coming in */
};

struct unit_server {
	int listener, epoll_fd;
	uint16_t port;
	struct peer peers[PEERS];
	unsigned accepted;
	bool muted, shut_once_done;
	size_t trickle;
	struct buf log;
};

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* A test may have planned for an allocation to fail: that is not meant for us, and fails only once. */
static void append(struct buf *b, struct slice bytes)
{
	must(buf_append(b, bytes) == 0 || buf_append(b, bytes) == 0);
}

static int listen_on(const char *unix_path, uint16_t *port)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int fd = socket(unix_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	must(fd >= 0);
	if (unix_path) {
		(void)snprintf(un.sun_path, sizeof un.sun_path, "%s", unix_path);
		must(bind(fd, (struct sockaddr *)&un, sizeof un) == 0);
	} else {
		must(bind(fd, (struct sockaddr *)&in, sizeof in) == 0);
		must(getsockname(fd, (struct sockaddr *)&in, &len) == 0);
		*port = ntohs(in.sin_port);
	}
	must(listen(fd, 1024) == 0);
	return fd;
}

struct unit_server *unit_server_new(const char *unix_path)
{
	struct unit_server *s = calloc(1, sizeof *s);
	must(s != NULL);
	for (size_t i = 0; i < PEERS; i++)
		s->peers[i].fd = -1;
	buf_init(&s->log, 64u << 20);
	s->listener = listen_on(unix_path, &s->port);
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	must(s->epoll_fd >= 0);
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = NULL };
	must(epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->listener, &ev) == 0);
	return s;
}

static void hang_up(struct peer *p, bool reset)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };
	if (reset)
		(void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
	(void)close(p->fd);
	buf_release(&p->in);
	buf_release(&p->out);
	*p = (struct peer){ .fd = -1 };
}

void unit_server_close_all(struct unit_server *s)
{
	for (size_t i = 0; i < PEERS; i++)
		if (s->peers[i].fd >= 0)
			hang_up(&s->peers[i], false);
}

void unit_server_free(struct unit_server *s)
{
	if (!s)
		return;
	unit_server_close_all(s);
	(void)close(s->listener);
	(void)close(s->epoll_fd);
	buf_release(&s->log);
	free(s);
}

uint16_t unit_server_port(const struct unit_server *s)
{
	return s->port;
}

int unit_server_pollfd(const struct unit_server *s)
{
	return s->epoll_fd;
}

unsigned unit_server_accepted(const struct unit_server *s)
{
	return s->accepted;
}

const char *unit_server_log(const struct unit_server *s)
{
	return s->log.len ? (const char *)s->log.ptr : "";
}

void unit_server_trickle(struct unit_server *s, size_t n)
{
	s->trickle = n;
}

void unit_server_mute(struct unit_server *s, bool on)
{
	s->muted = on;
}

void unit_server_greet(struct unit_server *s, const char *text)
{
	for (size_t i = 0; i < PEERS; i++)
		if (s->peers[i].fd >= 0)
			must(send(s->peers[i].fd, text, strlen(text), MSG_NOSIGNAL) > 0);
}

static void accept_one(struct unit_server *s)
{
	int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	for (size_t i = 0; i < PEERS; i++)
		if (s->peers[i].fd < 0) {
			struct peer *p = &s->peers[i];
			*p = (struct peer){ .fd = fd, .number = s->accepted++ };
			buf_init(&p->in, LINE_BYTES);
			buf_init(&p->out, 64u << 20);
			struct epoll_event ev = { .events = EPOLLIN, .data.ptr = p };
			must(epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0);
			return;
		}
	abort();
}

static void say(struct peer *p, const char *before, struct slice text, const char *after)
{
	append(&p->out, slice_str(before));
	append(&p->out, text);
	append(&p->out, slice_str(after));
}

static void say_long(struct peer *p)
{
	char line[1000];
	memset(line, 'x', sizeof line);
	say(p, "K ", slice_of(NULL, 0), "");
	for (int i = 0; i < 300; i++)
		say(p, "", slice_of(line, sizeof line), "");
	say(p, "", slice_of(NULL, 0), "\n");
}

struct behaviour {
	const char *word, *before, *after; /* the answer is: before, request, after */
	bool bare;                         /* without the request between them */
	bool shut, reset, endless, drip;
};

static const struct behaviour behaviours[] = {
	{ .word = "ok", .before = "K ", .after = "\n" },
	{ .word = "last", .before = "C ", .after = "\n" },
	{ .word = "lastshut", .before = "C ", .after = "\n", .shut = true },
	{ .word = "okshut", .before = "K ", .after = "\n", .shut = true },
	{ .word = "shut", .bare = true, .before = "", .after = "", .shut = true },
	{ .word = "half", .before = "K ", .after = "", .shut = true },
	{ .word = "reset", .before = "K ", .after = "", .reset = true },
	{ .word = "lead", .before = "R ", .after = "\n" },
	{ .word = "leadlast", .before = "S ", .after = "\n" },
	{ .word = "interim", .before = "I\nI\nK ", .after = "\n" },
	{ .word = "only1xx", .bare = true, .before = "I\n", .after = "", .shut = true },
	{ .word = "tunnel", .bare = true, .before = "U\n", .after = "behind" },
	{ .word = "garbage", .bare = true, .before = "?\n", .after = "" },
	{ .word = "toend", .before = "Z ", .after = "", .shut = true },
	{ .word = "extra", .before = "K ", .after = "\nmore" },
	{ .word = "hang", .bare = true, .before = "", .after = "" },
	{ .word = "endless", .bare = true, .before = "K ", .after = "", .endless = true },
	{ .word = "drip", .bare = true, .before = "K ", .after = "", .drip = true },
};

static void answer(struct unit_server *s, struct peer *p, struct slice request)
{
	size_t at = request.len;
	while (at > 0 && request.ptr[at - 1] != ' ')
		at--;
	struct slice word = slice_from(request, at);
	if (slice_eq(word, slice_str("long"))) {
		say_long(p);
		return;
	}
	if (slice_eq(word, slice_str("shutonce"))) {
		word = slice_str(s->shut_once_done ? "ok" : "shut");
		s->shut_once_done = true;
	}
	for (size_t i = 0; i < sizeof behaviours / sizeof *behaviours; i++) {
		const struct behaviour *b = &behaviours[i];
		if (!slice_eq(word, slice_str(b->word)))
			continue;
		say(p, b->before, b->bare ? slice_of(NULL, 0) : request, b->after);
		p->shut_after |= b->shut;
		p->reset_after |= b->reset;
		p->endless |= b->endless;
		p->drip |= b->drip;
		return;
	}
}

/* A head ends with '|'; its last word says what is answered before the rest is there. */
static void answer_head(struct unit_server *s, struct peer *p, struct slice in)
{
	static const struct {
		const char *word, *text;
	} heads[] = { { "go", "I\n" }, { "deny", "K denied\n" }, { "denylast", "C denied\n" } };
	size_t bar = slice_find_byte(in, '|'), at = bar;
	if (bar == in.len || p->head_seen)
		return;
	p->head_seen = true;
	while (at > 0 && in.ptr[at - 1] != ' ')
		at--;
	append(&s->log, slice_cut(in, 0, bar + 1));
	append(&s->log, slice_of("", 1)); /* as in take_requests */
	s->log.len--;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
		if (slice_eq(slice_cut(in, at, bar - at), slice_str(heads[i].word)))
			say(p, heads[i].text, slice_of(NULL, 0), "");
}

static void take_requests(struct unit_server *s, struct peer *p)
{
	for (;;) {
		struct slice in = buf_slice(&p->in);
		size_t end = slice_find_byte(in, '\n');
		if (end == in.len)
			answer_head(s, p, in);
		if (end == in.len || p->shut_after || p->reset_after)
			return;
		struct slice request = slice_cut(in, 0, end);
		char number[16];
		(void)snprintf(number, sizeof number, "%u:", p->number);
		append(&s->log, slice_str(number));
		append(&s->log, slice_cut(request, 0, 200));
		append(&s->log, slice_of("\n", 2)); /* its zero ends the text… */
		s->log.len--;                       /* … and is written over by the next */
		answer(s, p, request);
		buf_consume(&p->in, end + 1);
		p->head_seen = false;
	}
}

static bool hear(struct unit_server *s, struct peer *p)
{
	char bytes[65536];
	ssize_t n = recv(p->fd, bytes, sizeof bytes, 0);
	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	append(&p->in, slice_of(bytes, (size_t)n));
	take_requests(s, p);
	return true;
}

static void speak(const struct unit_server *s, struct peer *p)
{
	if (p->endless && p->out.len < 100000)
		say(p, "", slice_of((char[50000]){ 'x' }, 50000), "");
	if (p->drip)
		say(p, "", slice_of("x", 1), "");
	if (p->out.len) {
		size_t most = s->trickle && s->trickle < p->out.len ? s->trickle : p->out.len;
		ssize_t n = send(p->fd, p->out.ptr, most, MSG_NOSIGNAL);
		if (n > 0)
			buf_consume(&p->out, (size_t)n);
		else if (n < 0 && errno != EAGAIN)
			p->shut_after = true, buf_clear(&p->out);
	}
	if (p->out.len == 0 && (p->shut_after || p->reset_after))
		hang_up(p, p->reset_after);
}

void unit_server_step(struct unit_server *s)
{
	struct epoll_event events[64];
	if (s->muted)
		return;
	int n = epoll_wait(s->epoll_fd, events, 64, 0);
	for (int i = 0; i < n; i++) {
		struct peer *p = events[i].data.ptr;
		if (!p)
			accept_one(s);
		else if (p->fd >= 0 && !hear(s, p))
			hang_up(p, false);
	}
	for (size_t i = 0; i < PEERS; i++)
		if (s->peers[i].fd >= 0)
			speak(s, &s->peers[i]);
}
