/* main: runs the tests of a SAN=thread build, each in a fork of its own, and says how each went. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77 };

static struct tsan_test *tests;
static int failures;

void tsan_add(struct tsan_test *t)
{
	t->next = tests;
	tests = t;
}

void tsan_failed(const char *file, int line, const char *what, int fatal, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	printf("  %s:%d: %s ", file, line, what);
	vprintf(format, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
	failures++;
	if (fatal)
		_exit(1);
}

void tsan_skip(void)
{
	_exit(SKIPPED);
}

int main(void)
{
	int failed = 0;
	for (const struct tsan_test *t = tests; t; t = t->next) {
		int status = -1;
		fflush(stdout);
		pid_t child = fork();
		if (child == 0) {
			t->run();
			fflush(stdout);
			exit(failures ? 1 : 0);
		}
		while (waitpid(child, &status, 0) < 0) {
		}
		const char *how = status == 0 ? "ok" : WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED ? "skip" : "not ok";
		failed += how[0] == 'n';
		printf("%s %s::%s%s\n", how, t->suite, t->name, how[0] == 's' ? " # not on this machine" : "");
	}
	return failed ? 1 : 0;
}
