/* stop: see the header. */
#include "cli/stop.h"

#include <sys/signalfd.h>
#include <unistd.h>

int stop_descriptor(sigset_t *set)
{
	struct sigaction hup;
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGINT);
	(void)sigaddset(set, SIGTERM);
	if (sigaction(SIGHUP, NULL, &hup) == 0 && hup.sa_handler != SIG_IGN)
		(void)sigaddset(set, SIGHUP);
	/* A shell starts background jobs with SIGINT ignored; whoever sends one still means it. */
	(void)signal(SIGINT, SIG_DFL);
	return signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool stop_asked(int fd)
{
	struct signalfd_siginfo signal;
	return fd >= 0 && read(fd, &signal, sizeof signal) == (ssize_t)sizeof signal;
}
