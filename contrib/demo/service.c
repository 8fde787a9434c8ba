/* service: the small web service that the demo records and replays against: HTTP/1.1 on loopback, one thread a connection.
 *
 *   service [--port N] [--version 1|2]        (port 0, the default: a free one; the first line it prints names it)
 *
 *   POST /square {"x":7}   {"y":49}
 *   GET  /items/ID         a JSON object of known length
 *   GET  /stream           a few lines of JSON, chunked
 *
 * Version 2 is what a release may look like: /items is 4 ms slower, and the square of 13 is wrong. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 8192
#define BODY_MAX 65536

struct service {
	int version;
};

struct client {
	const struct service *service;
	int fd;
};

struct request {
	char method[16], target[1024];
	bool close, http10;
	size_t length; /* of the body */
	char body[BODY_MAX + 1];
};

static bool send_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);
		if (sent <= 0) {
			return false;
		}
		bytes += sent;
		n -= (size_t)sent;
	}
	return true;
}

static void sleep_ms(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	(void)nanosleep(&t, NULL);
}

/* --- reading a request ------------------------------------------------------------------------------------- */

/* What is read and not yet used, between two requests of a connection. */
struct reader {
	int fd;
	size_t used;
	char bytes[HEAD_MAX + 1];
};

static bool read_more(struct reader *r)
{
	if (r->used == HEAD_MAX) {
		return false;
	}
	ssize_t got = recv(r->fd, r->bytes + r->used, HEAD_MAX - r->used, 0);
	if (got <= 0) {
		return false;
	}
	r->used += (size_t)got;
	r->bytes[r->used] = 0;
	return true;
}

static void parse_fields(const char *head, struct request *q)
{
	q->length = 0;
	q->close = q->http10;
	for (const char *line = strstr(head, "\r\n"); line != NULL && line[2] != '\r'; line = strstr(line + 2, "\r\n")) {
		const char *field = line + 2;
		if (strncasecmp(field, "content-length:", 15) == 0) {
			q->length = strtoul(field + 15, NULL, 10);
		}
		if (strncasecmp(field, "connection:", 11) == 0) {
			q->close = strncasecmp(field + 11, " close", 6) == 0;
		}
	}
}

static bool read_request(struct reader *r, struct request *q)
{
	char *end;
	while ((end = strstr(r->bytes, "\r\n\r\n")) == NULL) {
		if (!read_more(r)) {
			return false;
		}
	}
	char version[16] = "";
	if (sscanf(r->bytes, "%15s %1023s %15s", q->method, q->target, version) != 3) {
		return false;
	}
	q->http10 = strcmp(version, "HTTP/1.0") == 0;
	parse_fields(r->bytes, q);
	if (q->length > BODY_MAX) {
		return false;
	}

	size_t head = (size_t)(end + 4 - r->bytes);
	size_t have = r->used - head < q->length ? r->used - head : q->length;
	memcpy(q->body, r->bytes + head, have);
	memmove(r->bytes, r->bytes + head + have, r->used - head - have);
	r->used -= head + have;
	r->bytes[r->used] = 0;
	while (have < q->length) {
		ssize_t got = recv(r->fd, q->body + have, q->length - have, 0);
		if (got <= 0) {
			return false;
		}
		have += (size_t)got;
	}
	q->body[q->length] = 0;
	return true;
}

/* --- answering --------------------------------------------------------------------------------------------- */

static void date(char *out, size_t n)
{
	time_t now = time(NULL);
	struct tm tm;
	gmtime_r(&now, &tm);
	(void)strftime(out, n, "%a, %d %b %Y %H:%M:%S GMT", &tm);
}

static bool answer(int fd, const struct request *q, const char *status, const char *body)
{
	char when[64], out[HEAD_MAX];
	date(when, sizeof when);
	int n = snprintf(out, sizeof out,
	                 "HTTP/1.1 %s\r\nServer: demo\r\nDate: %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s",
	                 status, when, strlen(body), q->close ? "Connection: close\r\n" : "", strcmp(q->method, "HEAD") == 0 ? "" : body);
	return n > 0 && (size_t)n < sizeof out && send_all(fd, out, (size_t)n) && !q->close;
}

static bool square(const struct service *s, int fd, const struct request *q)
{
	const char *x = strstr(q->body, "\"x\":");
	char *end;
	long long value = x == NULL ? 0 : strtoll(x + 4, &end, 10);
	if (x == NULL || end == x + 4 || value > 1000000 || value < -1000000) {
		return answer(fd, q, "400 Bad Request", "{\"error\":\"x is to be a number of at most a million\"}\n");
	}
	long long y = value * value - (s->version == 2 && value == 13 ? 1 : 0);
	char body[64];
	(void)snprintf(body, sizeof body, "{\"y\":%lld}\n", y);
	return answer(fd, q, "200 OK", body);
}

static bool item(const struct service *s, int fd, const struct request *q)
{
	static const char *const colours[] = { "red", "green", "blue", "white", "black" };
	static const char *const things[] = { "lamp", "chair", "table", "shelf", "clock", "vase", "mirror" };
	char *end;
	unsigned long id = strtoul(q->target + strlen("/items/"), &end, 10);
	if (end == q->target + strlen("/items/") || id == 0 || id > 100000) {
		return answer(fd, q, "404 Not Found", "{\"error\":\"no such item\"}\n");
	}
	if (s->version == 2) {
		sleep_ms(4);
	}
	char body[512];
	(void)snprintf(
	        body, sizeof body,
	        "{\"id\":%lu,\"name\":\"%s %s\",\"price\":%lu.%02lu,\"stock\":%lu,\"tags\":[\"%s\",\"%s\"],\"description\":\"A %s %s, "
	        "number %lu of the catalogue.\"}\n",
	        id, colours[id % 5], things[id % 7], 5 + id * 37 % 400, id * 53 % 100, id * 7919 % 50, colours[id % 5], things[id % 7],
	        colours[id % 5], things[id % 7], id);
	return answer(fd, q, "200 OK", body);
}

static bool stream(int fd, const struct request *q)
{
	char when[64], out[512];
	date(when, sizeof when);
	int n = snprintf(
	        out, sizeof out,
	        "HTTP/1.1 200 OK\r\nServer: demo\r\nDate: %s\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n",
	        when);
	if (n < 0 || !send_all(fd, out, (size_t)n)) {
		return false;
	}
	for (int i = 1; i <= 5; i++) {
		char line[64];
		int length = snprintf(line, sizeof line, "{\"line\":%d,\"of\":5,\"sum\":%d}\n", i, i * (i + 1) / 2);
		n = snprintf(out, sizeof out, "%x\r\n%s\r\n%s", (unsigned)length, line, i == 5 ? "0\r\n\r\n" : "");
		if (!send_all(fd, out, (size_t)n)) {
			return false;
		}
	}
	return !q->close;
}

static bool serve_one(const struct service *s, int fd, const struct request *q)
{
	bool get = strcmp(q->method, "GET") == 0 || strcmp(q->method, "HEAD") == 0;
	if (strcmp(q->method, "POST") == 0 && strcmp(q->target, "/square") == 0) {
		return square(s, fd, q);
	}
	if (get && strncmp(q->target, "/items/", 7) == 0) {
		return item(s, fd, q);
	}
	if (strcmp(q->method, "GET") == 0 && !q->http10 && strcmp(q->target, "/stream") == 0) {
		return stream(fd, q);
	}
	return answer(fd, q, "404 Not Found", "{\"error\":\"no such resource\"}\n");
}

static void *connection(void *arg)
{
	struct client *c = arg;
	struct reader *r = calloc(1, sizeof *r);
	struct request *q = calloc(1, sizeof *q);
	if (r != NULL && q != NULL) {
		r->fd = c->fd;
		while (read_request(r, q) && serve_one(c->service, c->fd, q)) {
		}
	}
	free(q);
	free(r);
	close(c->fd);
	free(c);
	return NULL;
}

/* --- listening --------------------------------------------------------------------------------------------- */

static int listen_on(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    listen(fd, 512) != 0 || getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
		fprintf(stderr, "service: cannot listen on 127.0.0.1:%u: %s\n", port, strerror(errno));
		exit(1);
	}
	printf("%u\n", ntohs(a.sin_port));
	fflush(stdout);
	return fd;
}

int main(int argc, char **argv)
{
	struct service s = { .version = 1 };
	uint16_t port = 0;
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--version") == 0) {
			s.version = atoi(argv[i + 1]);
		} else if (strcmp(argv[i], "--port") == 0) {
			port = (uint16_t)atoi(argv[i + 1]);
		}
	}
	signal(SIGPIPE, SIG_IGN);
	int listener = listen_on(port), one = 1;
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		struct client *c = fd < 0 ? NULL : malloc(sizeof *c);
		pthread_t thread;
		if (c == NULL) {
			continue;
		}
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		*c = (struct client){ .service = &s, .fd = fd };
		if (pthread_create(&thread, NULL, connection, c) != 0) {
			close(fd);
			free(c);
			continue;
		}
		pthread_detach(thread);
	}
}
