/* proxy_server: an HTTP proxy that knows CONNECT only, for the end-to-end tests. A thread a connection.
 *
 *   proxy_server [--refuse]
 *
 * Takes a free port on 127.0.0.1 and prints it; then one line a tunnel, "CONNECT host:port". --refuse answers 403 instead. */
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static bool refuses;

static bool send_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

/* The head of the request, byte by byte, so that nothing behind it is taken. */
static bool read_head(int fd, char *head, size_t room)
{
	size_t len = 0;
	while (len + 1 < room && recv(fd, head + len, 1, 0) == 1) {
		head[++len] = 0;
		if (len >= 4 && memcmp(head + len - 4, "\r\n\r\n", 4) == 0)
			return true;
	}
	return false;
}

static int dial(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	if (getaddrinfo(host, port, &hints, &found) != 0)
		return -1;
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
		(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

static void splice_both(int a, int b)
{
	struct pollfd fds[2] = { { .fd = a, .events = POLLIN }, { .fd = b, .events = POLLIN } };
	char bytes[65536];
	while (poll(fds, 2, -1) > 0)
		for (int i = 0; i < 2; i++) {
			if (!fds[i].revents)
				continue;
			ssize_t n = recv(fds[i].fd, bytes, sizeof bytes, 0);
			if (n <= 0 || !send_all(fds[1 - i].fd, bytes, (size_t)n))
				return;
		}
}

static void *tunnel(void *arg)
{
	int client = (int)(intptr_t)arg, target = -1;
	char head[8192], host[256], port[8];
	if (read_head(client, head, sizeof head) && sscanf(head, "CONNECT %255[^: ]:%7[0-9] ", host, port) == 2) {
		printf("CONNECT %s:%s\n", host, port);
		(void)fflush(stdout);
		target = refuses ? -1 : dial(host, port);
		const char *answer =
		        target < 0 ? "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n" : "HTTP/1.1 200 Connection established\r\n\r\n";
		if (send_all(client, answer, strlen(answer)) && target >= 0)
			splice_both(client, target);
	}
	if (target >= 0)
		(void)close(target);
	(void)close(client);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof in;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	refuses = argc > 1 && strcmp(argv[1], "--refuse") == 0;
	if (listener < 0 || bind(listener, (struct sockaddr *)&in, sizeof in) != 0 || listen(listener, 1024) != 0 ||
	    getsockname(listener, (struct sockaddr *)&in, &len) != 0) {
		perror("proxy_server");
		return 1;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	printf("%u\n", ntohs(in.sin_port));
	(void)fflush(stdout);
	for (;;) {
		pthread_t thread;
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			continue;
		if (pthread_create(&thread, NULL, tunnel, (void *)(intptr_t)fd) == 0)
			(void)pthread_detach(thread);
		else
			(void)close(fd);
	}
}
