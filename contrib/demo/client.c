/* client: the demo's users: a few keep-alive connections that ask the service for squares, items and streams.
 *
 *   client PORT [REQUESTS [CONNECTIONS [MILLISECONDS]]]      (400 requests on 8 connections within about 4,000 ms)
 *
 * What is asked, and when, depends on the numbers alone. Prints how many requests were answered; exits 1 when one was not. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct user {
	pthread_t thread;
	uint16_t port;
	unsigned number, requests, answered;
	unsigned pause_us; /* between two requests, on average */
};

static unsigned next(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*state >> 33);
}

static size_t compose(char *out, size_t room, unsigned which, uint64_t *state)
{
	char body[64] = "";
	const char *const host = "Host: demo.example\r\nUser-Agent: demo-client/1\r\nAccept: application/json\r\n";
	int n;
	switch (which % 10) {
	case 0:
		n = snprintf(out, room, "GET /stream HTTP/1.1\r\n%s\r\n", host);
		break;
	case 1:
	case 2:
	case 3:
	case 4:
		(void)snprintf(body, sizeof body, "{\"x\":%u}", 1 + next(state) % 40);
		n = snprintf(out, room, "POST /square HTTP/1.1\r\n%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", host,
		             strlen(body), body);
		break;
	case 5:
		n = snprintf(out, room, "HEAD /items/%u HTTP/1.1\r\n%s\r\n", 1 + next(state) % 500, host);
		break;
	default:
		n = snprintf(out, room, "GET /items/%u HTTP/1.1\r\n%s\r\n", 1 + next(state) % 520, host);
		break;
	}
	return (size_t)n;
}

/* Reads one answer whole: head, then the length it names or chunks up to the last. */
static bool read_answer(int fd, bool head_only)
{
	char bytes[16384];
	size_t n = 0;
	for (;;) {
		ssize_t got = recv(fd, bytes + n, sizeof bytes - 1 - n, 0);
		if (got <= 0) {
			return false;
		}
		n += (size_t)got;
		bytes[n] = 0;
		const char *end = strstr(bytes, "\r\n\r\n");
		if (end == NULL) {
			continue;
		}
		const char *length = strcasestr(bytes, "\r\ncontent-length:");
		if (head_only) {
			return true;
		}
		if (length != NULL ? n >= (size_t)(end + 4 - bytes) + strtoul(length + 17, NULL, 10)
		                   : strstr(end, "\r\n0\r\n\r\n") != NULL) {
			return true;
		}
	}
}

static int connect_to(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		return -1;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static void *run(void *arg)
{
	struct user *u = arg;
	uint64_t state = u->number * 977 + 1;
	int fd = -1;
	for (unsigned i = 0; i < u->requests; i++) {
		unsigned us = next(&state) % (2 * u->pause_us + 1);
		struct timespec pause = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
		(void)nanosleep(&pause, NULL);
		if (fd < 0 && (fd = connect_to(u->port)) < 0) {
			break;
		}
		char out[1024];
		size_t n = compose(out, sizeof out, u->number + i, &state);
		if (send(fd, out, n, MSG_NOSIGNAL) != (ssize_t)n || !read_answer(fd, out[0] == 'H')) {
			break;
		}
		u->answered++;
		if (i % 25 == 24) { /* a user comes back on a new connection now and then */
			close(fd);
			fd = -1;
		}
	}
	if (fd >= 0) {
		close(fd);
	}
	return NULL;
}

static unsigned argument(int argc, char **argv, int i, unsigned otherwise)
{
	return i < argc ? (unsigned)strtoul(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	unsigned port = argument(argc, argv, 1, 0), requests = argument(argc, argv, 2, 400), users = argument(argc, argv, 3, 8);
	unsigned ms = argument(argc, argv, 4, 4000), answered = 0;
	if (port == 0 || port > 65535 || users == 0 || users > 100 || requests < users) {
		fprintf(stderr, "usage: client PORT [REQUESTS [CONNECTIONS [MILLISECONDS]]]\n");
		return 2;
	}
	struct user *u = calloc(users, sizeof *u);
	if (u == NULL) {
		return 1;
	}
	for (unsigned i = 0; i < users; i++) {
		u[i] = (struct user){ .port = (uint16_t)port, .number = i, .requests = requests / users + (i < requests % users ? 1 : 0) };
		u[i].pause_us = ms * 1000 / u[i].requests;
		if (pthread_create(&u[i].thread, NULL, run, &u[i]) != 0) {
			return 1;
		}
	}
	for (unsigned i = 0; i < users; i++) {
		pthread_join(u[i].thread, NULL);
		answered += u[i].answered;
	}
	free(u);
	printf("%u of %u requests answered\n", answered, requests);
	return answered == requests ? 0 : 1;
}
