/* raw_server: receives HTTP requests and says which bytes they had, for the end-to-end tests. One process, one poll loop; a framing of its
 * own, of a few lines, so that no mistake of ours is made twice.
 *
 *   raw_server RECEIVED
 *
 * Takes a free port on 127.0.0.1 and prints it. RECEIVED gets a line for each request, when it is whole: the value of its X-Id field, length and
 * FNV-1a hash of its bytes. Answers 200, 100 before a body where Expect asks for it, 101 to Upgrade; closes where HTTP says so. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS    1024
#define IN_BYTES (3u << 20)

static struct peer {
	char *in;
	size_t len;
	bool continued;
} peers[PEERS];
static struct pollfd fds[PEERS + 1];
static FILE *received;

/* The value of a field in the head, up to the line's end; NULL: none. Names are looked for at the beginning of lines only. */
static const char *field(const char *head, size_t head_len, const char *name)
{
	size_t n = strlen(name);
	for (const char *at = head; (at = memchr(at, '\n', head_len - (size_t)(at - head)));) {
		at++;
		if ((size_t)(head + head_len - at) > n && strncasecmp(at, name, n) == 0 && at[n] == ':')
			return at + n + 1 + strspn(at + n + 1, " \t");
	}
	return NULL;
}

static bool says(const char *value, const char *word)
{
	return value && strncasecmp(value, word, strlen(word)) == 0;
}

/* Behind the next line's end, or NULL where it is not there yet. */
static const char *next_line(const char *at, const char *end)
{
	const char *lf = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
	return lf ? lf + 1 : NULL;
}

static bool is_empty_line(const char *line, const char *behind)
{
	return behind - line == 1 || (behind - line == 2 && line[0] == '\r');
}

static const char *end_of_head(const char *at, const char *end)
{
	for (const char *behind; (behind = next_line(at, end)); at = behind)
		if (is_empty_line(at, behind))
			return behind;
	return NULL;
}

static const char *end_of_chunks(const char *at, const char *end)
{
	for (;;) {
		const char *data = next_line(at, end);
		if (!data)
			return NULL;
		size_t n = strtoull(at, NULL, 16);
		if (n == 0)
			return end_of_head(data, end);
		if ((size_t)(end - data) <= n)
			return NULL;
		at = next_line(data + n, end);
		if (!at)
			return NULL;
	}
}

static void answer(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		(void)fprintf(stderr, "raw_server: an answer could not be sent\n");
}

/* One request at the beginning. Gives its length, 0: not whole yet; *closes: the connection ends with it. */
static size_t take_request(struct peer *p, int fd, bool *closes)
{
	const char *end = p->in + p->len, *body = end_of_head(p->in, end), *whole = body;
	if (!body)
		return 0;
	size_t head_len = (size_t)(body - p->in);
	const char *length = field(p->in, head_len, "content-length"), *connection = field(p->in, head_len, "connection");
	bool old = memmem(p->in, (size_t)(next_line(p->in, end) - p->in), " HTTP/1.0", 9) != NULL;
	if (says(field(p->in, head_len, "transfer-encoding"), "chunked"))
		whole = end_of_chunks(body, end);
	else if (length)
		whole = (size_t)(end - body) >= strtoull(length, NULL, 10) ? body + strtoull(length, NULL, 10) : NULL;
	if (!whole) {
		if (!p->continued && !old && says(field(p->in, head_len, "expect"), "100-continue"))
			answer(fd, "HTTP/1.1 100 Continue\r\n\r\n");
		p->continued = true;
		return 0;
	}
	const char *id = field(p->in, head_len, "x-id");
	uint64_t hash = 14695981039346656037u;
	for (const char *at = p->in; at < whole; at++)
		hash = (hash ^ (uint8_t)*at) * 1099511628211u;
	(void)fprintf(received, "%.24s %zu %016" PRIx64 "\n", id ? id : "-", (size_t)(whole - p->in), hash);
	bool upgrade = says(connection, "upgrade"), tunnel = strncmp(p->in, "CONNECT ", 8) == 0;
	*closes = upgrade || tunnel || says(connection, "close") || (old && !says(connection, "keep-alive"));
	answer(fd, upgrade  ? "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello"
	           : tunnel ? "HTTP/1.1 200 OK\r\n\r\nnot http"
	           : old    ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n"
	                    : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	return (size_t)(whole - p->in);
}

/* False: this connection has ended. */
static bool hear(struct peer *p, int fd)
{
	ssize_t n = recv(fd, p->in + p->len, IN_BYTES - 1 - p->len, MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	p->len += (size_t)n;
	p->in[p->len] = 0;
	for (bool closes = false; p->len > 0 && !closes;) {
		size_t used = take_request(p, fd, &closes);
		if (used == 0)
			return p->len < IN_BYTES - 1;
		memmove(p->in, p->in + used, p->len - used);
		p->len -= used;
		p->in[p->len] = 0;
		p->continued = false;
		if (closes) {
			(void)shutdown(fd, SHUT_WR);
			return false;
		}
	}
	return true;
}

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = number;
}

static void welcome(int fd)
{
	for (int i = 1; i <= PEERS; i++)
		if (fds[i].fd < 0) {
			fds[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
			struct peer *p = &peers[i - 1];
			if (!p->in)
				p->in = malloc(IN_BYTES);
			if (!p->in)
				abort();
			p->len = 0;
			p->continued = false;
			return;
		}
	(void)close(fd);
}

int main(int argc, char **argv)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	fds[0] = (struct pollfd){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN };
	received = argc == 2 ? fopen(argv[1], "w") : NULL;
	if (!received || fds[0].fd < 0 || bind(fds[0].fd, (struct sockaddr *)&in, sizeof in) != 0 || listen(fds[0].fd, 1024) != 0 ||
	    getsockname(fds[0].fd, (struct sockaddr *)&in, &len) != 0) {
		perror("raw_server RECEIVED");
		return 1;
	}
	(void)signal(SIGTERM, on_signal);
	(void)signal(SIGINT, on_signal);
	for (int i = 1; i <= PEERS; i++)
		fds[i].fd = -1;
	printf("%u\n", ntohs(in.sin_port));
	(void)fflush(stdout);
	while (!stopped && poll(fds, PEERS + 1, -1) >= 0) {
		if (fds[0].revents)
			welcome(accept(fds[0].fd, NULL, NULL));
		for (int i = 1; i <= PEERS; i++)
			if (fds[i].fd >= 0 && fds[i].revents && !hear(&peers[i - 1], fds[i].fd)) {
				(void)close(fds[i].fd);
				fds[i].fd = -1;
			}
	}
	for (int i = 0; i < PEERS; i++)
		free(peers[i].in);
	return fclose(received) == 0 ? 0 : 1;
}
