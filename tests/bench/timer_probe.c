/* timer_probe: how late this machine wakes a program that sleeps to absolute times and does nothing else: what no schedule can be held closer than.
 * For tests/bench/run, beside what is measured.
 *
 *   timer_probe OUT      a wake-up each millisecond until SIGTERM; then OUT gets "P50 P99 MAX" in milliseconds */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

#define WAKES 1000000

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = number;
}

static int by_value(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static long long late[WAKES];
	struct timespec at, now;
	size_t n = 0;
	(void)signal(SIGTERM, on_signal);
	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	while (!stopped && n < WAKES) {
		at.tv_nsec += 1000000;
		if (at.tv_nsec >= 1000000000) {
			at.tv_nsec -= 1000000000;
			at.tv_sec++;
		}
		if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
			break;
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		late[n++] = (now.tv_sec - at.tv_sec) * 1000000000LL + now.tv_nsec - at.tv_nsec;
	}
	FILE *f = argc == 2 ? fopen(argv[1], "w") : NULL;
	if (!f || n == 0)
		return 1;
	qsort(late, n, sizeof *late, by_value);
	(void)fprintf(f, "%.3f %.3f %.3f\n", (double)late[n / 2] / 1e6, (double)late[n * 99 / 100] / 1e6, (double)late[n - 1] / 1e6);
	return fclose(f) == 0 ? 0 : 1;
}
