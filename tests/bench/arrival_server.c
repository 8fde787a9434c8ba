/* arrival_server: a target that says when each request arrived, by the kernel's stamp of its packet (SO_TIMESTAMPNS), not by when it came round to
 * reading it. For tests/bench/run.
 *
 *   arrival_server ARRIVALS
 *
 * Takes a free port on 127.0.0.1 and 127.0.0.2 and prints it. Answers each "GET /NUMBER …" with 200 on a connection that stays. At SIGTERM writes ARRIVALS: a line
 * "NUMBER SECONDS NANOSECONDS" for each request, in order of reading, and last "peak CONNECTIONS". */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct arrival {
	unsigned long number;
	struct timespec at;
};

static struct arrival *arrivals;
static size_t n_arrivals, room;
static unsigned open_now, open_peak;
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = number;
}

static void note_arrival(unsigned long number, struct timespec at)
{
	if (n_arrivals == room) {
		room = room ? room * 2 : 1 << 16;
		arrivals = realloc(arrivals, room * sizeof *arrivals);
		if (!arrivals)
			abort();
	}
	arrivals[n_arrivals++] = (struct arrival){ number, at };
}

/* One read is one request: who sends waits for its answer. False: the connection has ended. */
static int hear(int fd)
{
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
	char bytes[4096], control[256];
	struct iovec part = { bytes, sizeof bytes - 1 };
	struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);
	if (n <= 0)
		return 0;
	struct timespec at = { 0, 0 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
			memcpy(&at, CMSG_DATA(c), sizeof at);
	if (at.tv_sec == 0) /* no stamp: the clock is what there is */
		(void)clock_gettime(CLOCK_REALTIME, &at);
	bytes[n] = 0;
	const char *slash = strchr(bytes, '/');
	note_arrival(slash ? strtoul(slash + 1, NULL, 10) : 0, at);
	return send(fd, answer, sizeof answer - 1, MSG_NOSIGNAL) > 0;
}

static void welcome(int listener, int epoll)
{
	int fd, on = 1;
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
		(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		(void)epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
		if (++open_now > open_peak)
			open_peak = open_now;
	}
}

static int write_arrivals(const char *path)
{
	FILE *f = fopen(path, "w");
	if (!f)
		return 1;
	for (size_t i = 0; i < n_arrivals; i++)
		(void)fprintf(f, "%lu %lld %09ld\n", arrivals[i].number, (long long)arrivals[i].at.tv_sec, arrivals[i].at.tv_nsec);
	(void)fprintf(f, "peak %u\n", open_peak);
	return fclose(f) == 0 ? 0 : 1;
}

/* The port's listening socket at one address; port 0: any. */
static int listen_at(const char *address, struct sockaddr_in *in)
{
	socklen_t len = sizeof *in;
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = inet_addr(address);
	/* Stamped here too: the first packet may be there before accept. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0 || bind(fd, (struct sockaddr *)in, sizeof *in) != 0 ||
	    listen(fd, 4096) != 0 || getsockname(fd, (struct sockaddr *)in, &len) != 0) {
		perror("arrival_server");
		exit(1);
	}
	return fd;
}

static void serve(int epoll, const int listeners[2], int fd)
{
	if (fd == listeners[0] || fd == listeners[1]) {
		welcome(fd, epoll);
	} else if (!hear(fd)) {
		(void)close(fd);
		open_now--;
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in in = { .sin_port = 0 };
	struct epoll_event events[256];
	struct rlimit limit;
	if (argc != 2) {
		fprintf(stderr, "usage: arrival_server ARRIVALS\n");
		return 2;
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	(void)signal(SIGTERM, on_signal);
	(void)signal(SIGINT, on_signal);
	int epoll = epoll_create1(EPOLL_CLOEXEC), listeners[2];
	listeners[0] = listen_at("127.0.0.1", &in);
	listeners[1] = listen_at("127.0.0.2", &in);
	for (size_t i = 0; i < 2; i++)
		(void)epoll_ctl(epoll, EPOLL_CTL_ADD, listeners[i], &(struct epoll_event){ .events = EPOLLIN, .data.fd = listeners[i] });
	printf("%u\n", ntohs(in.sin_port));
	(void)fflush(stdout);
	while (!stopped) {
		int n = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < n; i++)
			serve(epoll, listeners, events[i].data.fd);
	}
	return write_arrivals(argv[1]);
}
