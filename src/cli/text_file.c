/* text_file: see the header. */
#include "cli/text_file.h"

#include "base/units.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define CHUNK 65536

/* The next piece: its length; 0 at the end; a negative error. One byte beyond the cap is asked for, to see that there is no more. */
static int read_piece(int fd, struct buf *out)
{
	size_t room = out->max - out->len < CHUNK ? out->max - out->len : CHUNK;
	uint8_t beyond;
	if (room && buf_reserve(out, room) != 0)
		return ERR_NOMEM;
	ssize_t n;
	do
		n = read(fd, room ? out->ptr + out->len : &beyond, room ? room : 1);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return ERR_IO;
	if (n > 0 && room == 0)
		return ERR_LIMIT;
	out->len += (size_t)n;
	return (int)n;
}

int text_file_read(const char *path, const char *what, struct buf *out, struct err *err)
{
	char limit[UNITS_TEXT];
	buf_clear(out);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, "%s: cannot open %.200s", what, path);
	int n;
	while ((n = read_piece(fd, out)) > 0)
		;
	if (n == ERR_IO)
		(void)err_set_errno(err, "%s: cannot read %.200s", what, path);
	else if (n == ERR_LIMIT)
		(void)err_set(err, ERR_USAGE, "%s: %.200s is larger than %s: is it the right file?", what, path,
		              format_bytes(limit, out->max));
	else if (n < 0)
		(void)err_set(err, ERR_NOMEM, "out of memory");
	(void)close(fd);
	return n < 0 ? (n == ERR_LIMIT ? ERR_USAGE : n) : 0;
}
