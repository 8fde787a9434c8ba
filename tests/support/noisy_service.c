/* noisy_service: an HTTP/1.1 service whose answers are full of noise, in two builds, the second with twelve regressions that a comparison has to find.
 * What it answers stands in noisy_answers.h; this is the server: one thread, epoll, keep-alive, pipelining, delays by timer.
 *
 *   noisy_service [--port N] [--build 1|2] [--seed N] [--quiet-noise]      (port 0, the default: a free one; the first line it prints names it)
 *   noisy_service --list-regressions       name, endpoint, path, kind, percent of the answers, by, what: a line each, with tabs
 *
 * The same seed gives the same noise for the same request asked as often, whatever else is asked meanwhile; so two services with one seed differ by time stamps
 * only, and with two seeds as two real ones do. Without --seed the system gives one. */
#include "support/noisy_answers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#define PEERS      65536
#define IN_MAX     (1u << 20)
#define SEEN_SLOTS (1u << 18)

struct peer {
	struct text in, out;
	size_t sent;
	size_t pause_at; /* an answer in two pieces: what stands behind goes a moment later. 0: none */
	uint32_t turn;   /* tells a connection from the one that had its descriptor before */
	bool open, delayed, closes;
};

/* An answer that is ready and waits for its time. */
struct due {
	int64_t ns;
	int fd;
	uint32_t turn;
};

static struct service {
	int build, epoll;
	uint64_t seed;
	bool quiet;
	struct peer *peers[PEERS];
	struct due *heap;
	size_t due_count, due_cap;
	struct {
		uint64_t key;
		uint32_t times;
	} seen[SEEN_SLOTS];
	struct reply reply;
	struct text packed;
	z_stream deflater;
} service;

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = number;
}

static int64_t now_ns(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* --- delays: a heap by time ---------------------------------------------------------------------------------------------------- */

static void heap_swap(size_t a, size_t b)
{
	struct due old = service.heap[a];
	service.heap[a] = service.heap[b];
	service.heap[b] = old;
}

static void heap_push(struct due d)
{
	if (service.due_count == service.due_cap) {
		service.due_cap = service.due_cap * 2 + 64;
		service.heap = realloc(service.heap, service.due_cap * sizeof *service.heap);
		if (!service.heap)
			abort();
	}
	size_t i = service.due_count++;
	service.heap[i] = d;
	for (; i > 0 && service.heap[i].ns < service.heap[(i - 1) / 2].ns; i = (i - 1) / 2)
		heap_swap(i, (i - 1) / 2);
}

static struct due heap_pop(void)
{
	struct due first = service.heap[0];
	size_t n = --service.due_count;
	service.heap[0] = service.heap[n];
	for (size_t i = 0;;) {
		size_t least = i, left = 2 * i + 1;
		if (left < n && service.heap[left].ns < service.heap[least].ns)
			least = left;
		if (left + 1 < n && service.heap[left + 1].ns < service.heap[least].ns)
			least = left + 1;
		if (least == i)
			return first;
		heap_swap(i, least);
		i = least;
	}
}

/* --- a request --------------------------------------------------------------------------------------------------------------------- */

/* A field's value in a head that ends with a NUL; NULL: none. */
static const char *field(const char *head, const char *name)
{
	size_t n = strlen(name);
	for (const char *at = strchr(head, '\n'); at; at = strchr(at + 1, '\n'))
		if (strncasecmp(at + 1, name, n) == 0 && at[1 + n] == ':')
			return at + 2 + n + strspn(at + 2 + n, " \t");
	return NULL;
}

/* Whether a comma-separated value names this word. */
static bool lists(const char *value, const char *word)
{
	size_t n = strlen(word);
	for (; value && *value && *value != '\r' && *value != '\n'; value++)
		if (strncasecmp(value, word, n) == 0)
			return true;
	return false;
}

/* How often this request was asked before. */
static uint32_t times_seen(uint64_t key)
{
	size_t slot = key % SEEN_SLOTS;
	for (size_t i = 0; i < 32; i++, slot = (slot + 1) % SEEN_SLOTS)
		if (service.seen[slot].times == 0 || service.seen[slot].key == key)
			break;
	service.seen[slot].key = key;
	return service.seen[slot].times++;
}

static uint64_t fnv(uint64_t hash, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (uint8_t)bytes[i]) * 1099511628211u;
	return hash;
}

/* --- an answer --------------------------------------------------------------------------------------------------------------------- */

static void pack(struct reply *r)
{
	z_stream *z = &service.deflater;
	(void)deflateReset(z);
	service.packed.len = 0;
	text_room(&service.packed, deflateBound(z, r->body.len) + 32);
	z->next_in = (Bytef *)r->body.ptr;
	z->avail_in = (uInt)r->body.len;
	z->next_out = (Bytef *)service.packed.ptr;
	z->avail_out = (uInt)service.packed.cap;
	if (deflate(z, Z_FINISH) != Z_STREAM_END)
		abort();
	service.packed.len = service.packed.cap - z->avail_out;
	struct text body = r->body;
	r->body = service.packed;
	service.packed = body;
	text_say(&r->fields, "Content-Encoding: gzip\r\n");
}

static const char *reason(int status)
{
	return status == 200   ? "OK"
	       : status == 201 ? "Created"
	       : status == 404 ? "Not Found"
	       : status == 503 ? "Service Unavailable"
	                       : "Bad Request";
}

/* The body in chunks of at most 200 bytes. */
static void say_chunks(struct text *out, const struct text *body)
{
	for (size_t at = 0; at < body->len;) {
		size_t n = body->len - at < 200 ? body->len - at : 200;
		say(out, "%zx\r\n", n);
		text_bytes(out, body->ptr + at, n);
		text_say(out, "\r\n");
		at += n;
	}
	text_say(out, "0\r\n\r\n");
}

static void say_answer(struct text *out, struct reply *r, bool head_only, bool closes)
{
	char when[64];
	time_t seconds = time(NULL);
	struct tm tm;
	(void)gmtime_r(&seconds, &tm);
	(void)strftime(when, sizeof when, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (r->gzip)
		pack(r);
	say(out, "HTTP/1.1 %d %s\r\nServer: noisy/%d\r\nDate: %s\r\nContent-Type: %s\r\n", r->status, reason(r->status), service.build,
	    when, r->type);
	if (r->chunked)
		text_say(out, "Transfer-Encoding: chunked\r\n");
	else
		say(out, "Content-Length: %zu\r\n", r->body.len);
	text_bytes(out, r->fields.ptr, r->fields.len);
	say(out, "%s\r\n", closes ? "Connection: close\r\n" : "");
	if (head_only)
		return;
	if (r->chunked)
		say_chunks(out, &r->body);
	else
		text_bytes(out, r->body.ptr, r->body.len);
}

/* --- a connection ------------------------------------------------------------------------------------------------------------------ */

static void watch(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };
	(void)epoll_ctl(service.epoll, EPOLL_CTL_MOD, fd, &e);
}

static void end_peer(int fd)
{
	struct peer *p = service.peers[fd];
	p->open = false;
	p->turn++;
	(void)close(fd);
}

static void delay(int fd, unsigned us)
{
	struct peer *p = service.peers[fd];
	p->delayed = true;
	heap_push((struct due){ .ns = now_ns() + (int64_t)us * 1000, .fd = fd, .turn = p->turn });
}

/* False: the connection has ended. */
static bool flush_out(int fd)
{
	struct peer *p = service.peers[fd];
	while (p->sent < p->out.len) {
		if (p->pause_at && p->sent == p->pause_at) {
			p->pause_at = 0;
			delay(fd, 300);
			return true;
		}
		ssize_t n = send(fd, p->out.ptr + p->sent, (p->pause_at ? p->pause_at : p->out.len) - p->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			watch(fd, EPOLLOUT);
			return true;
		}
		if (n <= 0) {
			end_peer(fd);
			return false;
		}
		p->sent += (size_t)n;
	}
	p->out.len = p->sent = 0;
	if (p->closes)
		end_peer(fd);
	return !p->closes;
}

/* Where nothing sensible came: one answer, and the end. */
static void refuse(struct peer *p)
{
	text_say(&p->out, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	p->closes = true;
	p->in.len = 0;
}

/* One request of `used` bytes whose head is cut into its words. */
static void answer_one(int fd, const char *words_of_start[3], const char *head, const char *body, size_t body_len)
{
	struct peer *p = service.peers[fd];
	struct reply *r = &service.reply;
	struct ask q = {
		.method = words_of_start[0], .target = words_of_start[1], .body = body, .build = service.build, .quiet = service.quiet
	};
	uint64_t key = fnv(fnv(fnv(14695981039346656037u, q.method, strlen(q.method)), q.target, strlen(q.target)), body, body_len);
	q.random = mix64(mix64(service.seed ^ mix64(key)) + times_seen(key));
	q.gzip_allowed = lists(field(head, "accept-encoding"), "gzip");
	p->closes = lists(field(head, "connection"), "close") || strcmp(words_of_start[2], "HTTP/1.0") == 0;
	make_answer(&q, r);
	size_t begin = p->out.len;
	say_answer(&p->out, r, strcmp(q.method, "HEAD") == 0, p->closes);
	if (r->in_pieces)
		p->pause_at = begin + (p->out.len - begin) / 2;
	if (r->delay_us)
		delay(fd, r->delay_us);
}

/* Cuts the start line into its words; false: it is none. */
static bool cut_start(char *line, char *words_of_start[3])
{
	char *rest = line;
	for (int i = 0; i < 3; i++)
		words_of_start[i] = strtok_r(i ? NULL : line, " ", &rest);
	return words_of_start[2] && strncmp(words_of_start[2], "HTTP/1.", 7) == 0 && !strtok_r(NULL, " ", &rest);
}

/* Answers what has come, up to an answer that has to wait. */
static void take_requests(int fd)
{
	struct peer *p = service.peers[fd];
	size_t at = 0;
	while (!p->delayed && !p->closes && !p->pause_at && p->out.len < IN_MAX && at < p->in.len) {
		char *begin = p->in.ptr + at, *end = memmem(begin, p->in.len - at, "\r\n\r\n", 4), *cut[3];
		if (!end) {
			if (p->in.len - at > 65536)
				refuse(p);
			break;
		}
		char *body = end + 4, *line_end = strstr(begin, "\r\n");
		end[2] = 0; /* the head, with its last line's end */
		const char *length = field(begin, "content-length");
		size_t body_len = length ? strtoull(length, NULL, 10) : 0;
		if (body_len > IN_MAX / 2 || field(begin, "transfer-encoding") || strlen(begin) != (size_t)(end + 2 - begin)) {
			refuse(p);
			break;
		}
		if (body_len > (size_t)(p->in.ptr + p->in.len - body)) {
			end[2] = '\r';
			break;
		}
		const char *fields = line_end + 1; /* begins with the line's end, as field() wants it */
		char after = body[body_len];
		*line_end = 0;
		body[body_len] = 0;
		if (cut_start(begin, cut))
			answer_one(fd, (const char *[]){ cut[0], cut[1], cut[2] }, fields, body, body_len);
		else
			refuse(p);
		body[body_len] = after;
		at = (size_t)(body + body_len - p->in.ptr);
	}
	if (at > 0 && p->in.len >= at) {
		memmove(p->in.ptr, p->in.ptr + at, p->in.len - at);
		p->in.len -= at;
	}
}

/* Answers and sends until there is nothing to answer, a delay runs or the peer does not read. */
static void work_on(int fd)
{
	struct peer *p = service.peers[fd];
	for (;;) {
		take_requests(fd);
		if (p->out.len == 0 || p->delayed)
			return;
		if (!flush_out(fd) || p->out.len > 0) /* also where it pauses */
			return;
	}
}

static void hear(int fd)
{
	struct peer *p = service.peers[fd];
	text_room(&p->in, 16384);
	ssize_t n = recv(fd, p->in.ptr + p->in.len, p->in.cap - p->in.len - 1, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0 || p->in.len > 2 * IN_MAX) {
		end_peer(fd);
		return;
	}
	p->in.len += (size_t)n;
	p->in.ptr[p->in.len] = 0;
	work_on(fd);
}

static void welcome(int listener)
{
	int fd, one = 1;
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (fd >= PEERS || (!service.peers[fd] && !(service.peers[fd] = calloc(1, sizeof(struct peer))))) {
			(void)close(fd);
			continue;
		}
		struct peer *p = service.peers[fd];
		*p = (struct peer){ .in = p->in, .out = p->out, .turn = p->turn, .open = true };
		p->in.len = p->out.len = 0;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
		(void)epoll_ctl(service.epoll, EPOLL_CTL_ADD, fd, &e);
	}
}

static void send_what_is_due(void)
{
	for (int64_t now = now_ns(); service.due_count > 0 && service.heap[0].ns <= now;) {
		struct due d = heap_pop();
		struct peer *p = service.peers[d.fd];
		if (!p->open || p->turn != d.turn)
			continue;
		p->delayed = false;
		if (flush_out(d.fd) && p->out.len == 0)
			work_on(d.fd);
	}
}

static void serve(int listener)
{
	static struct epoll_event events[256];
	struct epoll_event e = { .events = EPOLLIN, .data.fd = listener };
	(void)epoll_ctl(service.epoll, EPOLL_CTL_ADD, listener, &e);
	while (!stopped) {
		int n, wait = -1;
		if (service.due_count > 0) { /* epoll_wait's milliseconds are too coarse */
			int64_t left = service.heap[0].ns - now_ns();
			struct timespec t = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
			struct pollfd ready = { .fd = service.epoll, .events = POLLIN };
			if (left > 0)
				(void)ppoll(&ready, 1, &t, NULL);
			wait = 0;
		}
		n = epoll_wait(service.epoll, events, 256, wait);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			if (fd == listener) {
				welcome(listener);
			} else if (events[i].events & EPOLLOUT) {
				watch(fd, EPOLLIN);
				if (flush_out(fd) && service.peers[fd]->out.len == 0)
					work_on(fd);
			} else {
				hear(fd);
			}
		}
		send_what_is_due();
	}
}

/* --- the program ------------------------------------------------------------------------------------------------------------------- */

static int list_regressions(void)
{
	for (int i = 0; i < REGRESSIONS; i++)
		printf("%s\t%s\t%s\t%s\t%g\t%s\t%s\n", regressions[i].name, regressions[i].endpoint, regressions[i].path,
		       regressions[i].kind, 100.0 * regressions[i].hits / regressions[i].of, regressions[i].random ? "chance" : "request",
		       regressions[i].what);
	return fflush(stdout) == 0 ? 0 : 1;
}

static int usage(void)
{
	(void)fprintf(stderr, "usage: noisy_service [--port N] [--build 1|2] [--seed N] [--quiet-noise] | --list-regressions\n");
	return 2;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 || bind(fd, (struct sockaddr *)&in, sizeof in) != 0 ||
	    listen(fd, 4096) != 0 || getsockname(fd, (struct sockaddr *)&in, &len) != 0) {
		perror("noisy_service");
		return -1;
	}
	printf("%u\n", ntohs(in.sin_port));
	(void)fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	unsigned long port = 0;
	struct rlimit files;
	service.build = 1;
	if (getrandom(&service.seed, sizeof service.seed, 0) != sizeof service.seed)
		service.seed = (uint64_t)now_ns();
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--list-regressions") == 0)
			return list_regressions();
		else if (strcmp(argv[i], "--quiet-noise") == 0)
			service.quiet = true;
		else if (i + 1 < argc && strcmp(argv[i], "--port") == 0)
			port = strtoul(argv[++i], NULL, 10);
		else if (i + 1 < argc && strcmp(argv[i], "--build") == 0)
			service.build = atoi(argv[++i]);
		else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0)
			service.seed = strtoull(argv[++i], NULL, 10);
		else
			return usage();
	}
	if (port > 65535 || service.build < 1 || service.build > 2)
		return usage();
	(void)signal(SIGTERM, on_signal);
	(void)signal(SIGINT, on_signal);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	int listener = listen_on((uint16_t)port);
	service.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (listener < 0 || service.epoll < 0 || deflateInit2(&service.deflater, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return 1;
	serve(listener);
	return 0;
}
