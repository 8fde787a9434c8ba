/* measure: runs a command and writes what it cost as one JSON object: wall and CPU seconds, peak memory, exit status.
 *
 *   measure OUT.json COMMAND [ARGUMENT...]       (SIGINT and SIGTERM are passed on to the command) */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t child;

static void pass_on(int sig)
{
	if (child > 0) {
		kill(child, sig);
	}
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
	struct timespec a, b;
	struct rusage u = { 0 };
	int status = 0;
	if (argc < 3) {
		fprintf(stderr, "usage: measure OUT.json COMMAND [ARGUMENT...]\n");
		return 2;
	}
	signal(SIGINT, pass_on);
	signal(SIGTERM, pass_on);
	clock_gettime(CLOCK_MONOTONIC, &a);
	child = fork();
	if (child == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while (wait4(child, &status, 0, &u) < 0) {
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	FILE *f = fopen(argv[1], "w");
	if (f == NULL) {
		return 2;
	}
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	fprintf(f, "{\"wall\":%.6f,\"user\":%.6f,\"sys\":%.6f,\"cpu\":%.6f,\"peak_kib\":%ld,\"status\":%d}\n",
	        (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9, seconds_of(u.ru_utime), seconds_of(u.ru_stime),
	        seconds_of(u.ru_utime) + seconds_of(u.ru_stime), u.ru_maxrss, code);
	return fclose(f) == 0 ? code : 2;
}
