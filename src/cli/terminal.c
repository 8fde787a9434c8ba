/* terminal: see the header. NO_COLOR as no-color.org has it. */
#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

size_t terminal_columns(int fd)
{
	struct winsize w;
	return ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col : 0;
}

bool terminal_colour(int fd)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");
	return isatty(fd) && !(no && no[0]) && !(term && strcmp(term, "dumb") == 0);
}
