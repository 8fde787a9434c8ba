/* pipe_out: see the header. SIGPIPE is ignored by main. */
#include "cli/pipe_out.h"

#include <errno.h>
#include <unistd.h>

#define HELD_BYTES     (64u << 10)
#define HELD_MAX_BYTES (4ull << 30) /* a record of 1 GiB, escaped */

void pipe_out_init(struct pipe_out *p)
{
	*p = (struct pipe_out){ .closed = false };
	buf_init(&p->buf, HELD_MAX_BYTES);
}

void pipe_out_release(struct pipe_out *p)
{
	buf_release(&p->buf);
}

bool pipe_out_flush(struct pipe_out *p, bool all, struct err *err)
{
	if (p->closed || p->failed)
		return false;
	if (!all && p->buf.len < HELD_BYTES)
		return true;
	size_t at = 0;
	while (at < p->buf.len) {
		ssize_t n = write(STDOUT_FILENO, p->buf.ptr + at, p->buf.len - at);
		if (n > 0) {
			at += (size_t)n;
		} else if (n < 0 && errno == EPIPE) {
			p->closed = true;
			return false;
		} else if (n < 0 && errno != EINTR) {
			err_set_errno(err, "cannot write to standard output");
			p->failed = true;
			return false;
		}
	}
	buf_clear(&p->buf);
	return true;
}
