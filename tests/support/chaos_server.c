/* chaos_server: an HTTP server that misbehaves, for the end-to-end tests. One process, one epoll loop, no dependency.
 *
 *   chaos_server [--port N] [--unix PATH] [--mode MODE]
 *
 * Port 0 (the default) takes a free one on 127.0.0.1; the first line printed is the port (or the path). SIGTERM and SIGINT end it: the last line
 * is then "accepted=N requests=N". The mode of a request is --mode where given, else the last segment of its path (/any/MODE?…):
 *
 *   normal        200 with a small body, kept alive (also for any path that names no mode)
 *   refuse        closes its listener at once, so that connections are refused (--mode only)
 *   hang          reads the request and says nothing      hang-accept  accepts nothing (--mode only)
 *   close         closes without a byte                   close-mid    closes in the middle of the body
 *   close-head    closes in the middle of the head        close-after  answers with keep-alive, then closes
 *   reset         resets without a byte                   reset-mid    resets in the middle of the body
 *   garbage       bytes that are no HTTP                  binary       zeros and high bytes
 *   endless-body  a chunked body without an end           endless-close  a body to the connection's end, which never comes
 *   endless-head  header lines without an end             endless-line   one header line without an end
 *   drip          the answer, one byte each 100 ms        slow         the answer, after 300 ms
 *   long-length   announces more bytes than it sends      short-length sends more bytes than it announces
 *   bad-length    Content-Length: -5                      bad-chunk    a chunk size that is no number
 *   flood-1xx     100 Continue without an end             early-hints  two 103 before the answer
 *   upgrade       101, then bytes that are no HTTP        no-content   204
 *   error         500, kept alive                         early        answers before the request's body is there, and closes */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PEERS    4096
#define IN_BYTES 65536

enum ending { STAYS, CLOSES, RESETS };

struct mode {
	const char *name, *text; /* said once */
	const char *repeat;      /* said again and again behind it; NULL: nothing */
	enum ending ending;
	bool drip, slow, early;
};

#define OK_BODY "{\"ok\":true,\"from\":\"chaos\"}\n"
#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 27\r\n\r\n"

static const struct mode modes[] = {
	{ .name = "normal", .text = OK_HEAD OK_BODY },
	{ .name = "hang", .text = "" },
	{ .name = "close", .text = "", .ending = CLOSES },
	{ .name = "close-mid", .text = OK_HEAD "{\"ok\"", .ending = CLOSES },
	{ .name = "close-head", .text = "HTTP/1.1 200 OK\r\nContent-Le", .ending = CLOSES },
	{ .name = "close-after", .text = OK_HEAD OK_BODY, .ending = CLOSES },
	{ .name = "reset", .text = "", .ending = RESETS },
	{ .name = "reset-mid", .text = OK_HEAD "{\"ok\"", .ending = RESETS },
	{ .name = "garbage", .text = "220 chaos ESMTP, and this is no HTTP at all\r\n" },
	{ .name = "binary", .text = "\x16\x03\x01\x80\xff\xfe\x01\x02 binary\r\n\r\n" },
	{ .name = "endless-body",
	  .text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	  .repeat = "40\r\n0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n" },
	{ .name = "endless-close", .text = "HTTP/1.1 200 OK\r\n\r\n", .repeat = "and on it goes, and on, and on, and on; " },
	{ .name = "endless-head", .text = "HTTP/1.1 200 OK\r\n", .repeat = "X-More: and more, and more, and more\r\n" },
	{ .name = "endless-line", .text = "HTTP/1.1 200 OK\r\nX-Long: ", .repeat = "longer and longer and longer and " },
	{ .name = "drip", .text = OK_HEAD OK_BODY, .drip = true },
	{ .name = "slow", .text = OK_HEAD OK_BODY, .slow = true },
	{ .name = "long-length", .text = "HTTP/1.1 200 OK\r\nContent-Length: 2700\r\n\r\n" OK_BODY, .ending = CLOSES },
	{ .name = "short-length", .text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" OK_BODY },
	{ .name = "bad-length", .text = "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" OK_BODY },
	{ .name = "bad-chunk", .text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n" },
	{ .name = "flood-1xx", .text = "", .repeat = "HTTP/1.1 100 Continue\r\n\r\n" },
	{ .name = "early-hints",
	  .text = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b.css>\r\n\r\n" OK_HEAD OK_BODY },
	{ .name = "upgrade", .text = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: chaos\r\n\r\n\x81\x02hi" },
	{ .name = "no-content", .text = "HTTP/1.1 204 No Content\r\n\r\n" },
	{ .name = "error", .text = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 6\r\n\r\nsorry\n" },
	{ .name = "early",
	  .text = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	  .ending = CLOSES,
	  .early = true },
};

struct peer {
	int fd; /* -1: free */
	char in[IN_BYTES + 1];
	size_t in_len, body_left;
	const struct mode *mode; /* being said; NULL: a request is being read */
	size_t said;             /* of its text */
	long long next_ms;       /* not before then */
};

struct server {
	int listener, epoll_fd;
	const struct mode *only; /* --mode */
	struct peer *peers;
	bool repeating; /* somebody is, so there is more to say at once */
	unsigned long accepted, requests;
};

static long long now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static const struct mode *mode_named(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (strlen(modes[i].name) == len && memcmp(modes[i].name, name, len) == 0)
			return &modes[i];
	return NULL;
}

/* The last path segment of "METHOD /a/b?c HTTP/1.1". */
static const struct mode *mode_asked(const char *request)
{
	const char *path = strchr(request, ' ');
	if (!path)
		return &modes[0];
	size_t len = strcspn(path + 1, " ?\r\n"), at = len;
	while (at > 0 && path[at] != '/')
		at--;
	const struct mode *m = mode_named(path + 1 + at, len - at);
	return m ? m : &modes[0];
}

static void hang_up(struct peer *p, bool reset)
{
	struct linger l = { .l_onoff = 1, .l_linger = 0 };
	if (reset)
		(void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
	(void)close(p->fd);
	p->fd = -1;
}

static size_t body_length(const char *head)
{
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, "content-length:", 15) == 0)
			return (size_t)strtoul(line + 17, NULL, 10);
	return 0;
}

static void drop_in(struct peer *p, size_t n)
{
	memmove(p->in, p->in + n, p->in_len - n);
	p->in_len -= n;
	p->in[p->in_len] = 0;
}

/* Begins the answer when a request is whole (or, for the mode "early", when its head is). */
static void take_request(struct server *s, struct peer *p)
{
	if (p->body_left) {
		size_t n = p->in_len < p->body_left ? p->in_len : p->body_left;
		drop_in(p, n);
		p->body_left -= n;
	}
	if (p->mode || p->body_left)
		return;
	const char *end = strstr(p->in, "\r\n\r\n");
	if (!end) {
		if (p->in_len == IN_BYTES)
			hang_up(p, false);
		return;
	}
	p->mode = s->only ? s->only : mode_asked(p->in);
	p->said = 0;
	p->next_ms = p->mode->slow ? now_ms() + 300 : 0;
	p->body_left = body_length(p->in);
	s->requests++;
	drop_in(p, (size_t)(end + 4 - p->in));
	if (!p->mode->early)
		take_request(s, p);
}

static void say(const char *text, size_t len, struct peer *p, size_t *said)
{
	ssize_t n = send(p->fd, text, len, MSG_NOSIGNAL);
	if (n > 0)
		*said += (size_t)n;
	else if (n < 0 && errno != EAGAIN)
		hang_up(p, false);
}

static void repeat(struct peer *p)
{
	char block[8192];
	size_t len = strlen(p->mode->repeat), at = 0;
	while (at + len <= sizeof block) {
		memcpy(block + at, p->mode->repeat, len);
		at += len;
	}
	/* A block that is cut short is said on from where it was cut: the repeat must stay well-formed. */
	size_t said = p->said - strlen(p->mode->text);
	size_t from = said % at;
	say(block + from, at - from, p, &p->said);
}

static void speak(struct server *s, struct peer *p)
{
	const struct mode *m = p->mode;
	if (!m || (p->body_left && !m->early) || now_ms() < p->next_ms)
		return;
	size_t len = strlen(m->text);
	if (p->said < len) {
		say(m->text + p->said, m->drip ? 1 : len - p->said, p, &p->said);
		p->next_ms = m->drip ? now_ms() + 100 : 0;
	}
	if (p->fd < 0 || p->said < len)
		return;
	if (m->repeat) {
		s->repeating = true;
		for (size_t before = p->said - 1, rounds = 0; p->fd >= 0 && p->said != before && rounds < 64; rounds++) {
			before = p->said;
			repeat(p);
		}
	} else if (m->ending != STAYS) {
		hang_up(p, m->ending == RESETS);
	} else if (len > 0) {
		p->mode = NULL;
		take_request(s, p);
	}
}

static void hear(struct server *s, struct peer *p)
{
	char waste[IN_BYTES];
	bool full = p->in_len == IN_BYTES;
	ssize_t n = full ? recv(p->fd, waste, sizeof waste, 0) : recv(p->fd, p->in + p->in_len, IN_BYTES - p->in_len, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		hang_up(p, false);
		return;
	}
	if (n < 0 || full)
		return;
	p->in_len += (size_t)n;
	p->in[p->in_len] = 0;
	take_request(s, p);
}

static void accept_all(struct server *s)
{
	for (int fd; (fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
		size_t i = 0;
		while (i < PEERS && s->peers[i].fd >= 0)
			i++;
		if (i == PEERS) {
			(void)close(fd);
			continue;
		}
		struct peer *p = &s->peers[i];
		p->fd = fd;
		p->in_len = p->body_left = p->said = 0;
		p->in[0] = 0;
		p->mode = NULL;
		struct epoll_event ev = { .events = EPOLLIN, .data.u64 = i };
		(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
		s->accepted++;
	}
}

static int listen_tcp(int port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
	socklen_t len = sizeof in;
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&in, sizeof in) != 0 || getsockname(fd, (struct sockaddr *)&in, &len) != 0)
		return -1;
	(void)printf("%u\n", ntohs(in.sin_port));
	return fd;
}

static int listen_unix(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s", path);
	(void)unlink(path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof un) != 0)
		return -1;
	(void)printf("%s\n", path);
	return fd;
}

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
	(void)number;
	stopping = 1;
}

static void loop(struct server *s)
{
	struct epoll_event events[256];
	while (!stopping) {
		int n = epoll_wait(s->epoll_fd, events, 256, s->repeating ? 1 : 20);
		s->repeating = false;
		for (int i = 0; i < n; i++) {
			if (events[i].data.u64 == PEERS)
				accept_all(s);
			else if (s->peers[events[i].data.u64].fd >= 0)
				hear(s, &s->peers[events[i].data.u64]);
		}
		for (size_t i = 0; i < PEERS; i++)
			if (s->peers[i].fd >= 0)
				speak(s, &s->peers[i]);
	}
}

/* hang-accept: with a backlog of 0 and connections that nobody accepts, Linux drops every further SYN. */
static void fill_backlog(int listener)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof at;
	if (getsockname(listener, (struct sockaddr *)&at, &len) != 0)
		return;
	for (int i = 0; i < 2; i++) {
		int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		(void)connect(fd, (struct sockaddr *)&at, len);
	}
}

static void idle_until_stopped(void)
{
	while (!stopping)
		(void)usleep(20000);
}

int main(int argc, char **argv)
{
	const char *mode = NULL, *unix_path = NULL;
	int port = 0;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--port") == 0)
			port = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--unix") == 0)
			unix_path = argv[i + 1];
		else if (strcmp(argv[i], "--mode") == 0)
			mode = argv[i + 1];
	}
	struct server s = { .listener = unix_path ? listen_unix(unix_path) : listen_tcp(port), .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
	struct sigaction stop = { .sa_handler = on_signal };
	(void)sigaction(SIGTERM, &stop, NULL);
	(void)sigaction(SIGINT, &stop, NULL);
	s.peers = malloc(PEERS * sizeof *s.peers);
	if (s.listener < 0 || s.epoll_fd < 0 || !s.peers) {
		(void)fprintf(stderr, "chaos_server: cannot listen: %s\n", strerror(errno));
		return 1;
	}
	for (size_t i = 0; i < PEERS; i++)
		s.peers[i].fd = -1;
	bool refuse = mode && strcmp(mode, "refuse") == 0, deaf = mode && strcmp(mode, "hang-accept") == 0;
	if (mode && !refuse && !deaf && !(s.only = mode_named(mode, strlen(mode)))) {
		(void)fprintf(stderr, "chaos_server: no mode \"%s\"\n", mode);
		return 2;
	}
	if (!refuse && listen(s.listener, deaf ? 0 : 1024) != 0)
		return 1;
	if (deaf)
		fill_backlog(s.listener);
	(void)fflush(stdout);
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = PEERS };
	(void)epoll_ctl(s.epoll_fd, EPOLL_CTL_ADD, s.listener, &ev);
	if (refuse || deaf)
		idle_until_stopped();
	else
		loop(&s);
	(void)printf("accepted=%lu requests=%lu\n", s.accepted, s.requests);
	free(s.peers);
	return 0;
}
